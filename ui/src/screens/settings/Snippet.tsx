import { Tabs, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Made } from "./Keys";
import classes from "./settings.module.css";

/** A call that works as it stands, with the new key in it. */
export function Snippet({ made }: { made: Made }) {
  const { t } = useTranslation("settings");
  const origin = window.location.origin;
  const ways = made.kind === "write" ? writes(origin, made.token) : manages(origin, made.token);
  return (
    <div>
      <Text size="sm" fw={500} mb={4}>
        {t("keys.snippet")}
      </Text>
      <Tabs defaultValue={ways[0]?.[0]}>
        <Tabs.List mb="xs">
          {ways.map(([name]) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {ways.map(([name, text]) => (
          <Tabs.Panel key={name} value={name}>
            <pre className={classes.code} dir="ltr" tabIndex={0}>
              {text}
            </pre>
          </Tabs.Panel>
        ))}
      </Tabs>
    </div>
  );
}

function writes(origin: string, token: string): [string, string][] {
  return [
    [
      "curl",
      `curl -u ${token}: ${origin}/v1/track \\
  -H 'content-type: application/json' \\
  -d '{"userId": "customer-1", "event": "Order Completed", "properties": {"total": 42.5}}'`,
    ],
    [
      "Segment, Node.js",
      `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${token}", host: "${origin}" });
analytics.track({
  userId: "customer-1",
  event: "Order Completed",
  properties: { total: 42.5 },
});`,
    ],
    [
      "Segment, Python",
      `import segment.analytics as analytics

analytics.write_key = "${token}"
analytics.host = "${origin}"
analytics.track("customer-1", "Order Completed", {"total": 42.5})`,
    ],
  ];
}

function manages(origin: string, token: string): [string, string][] {
  return [["curl", `curl -H 'authorization: Bearer ${token}' ${origin}/api/v1/summary`]];
}
