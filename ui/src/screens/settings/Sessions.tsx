import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import type { components } from "@/api/schema";
import { useFormats } from "@/parts/format";
import { Failed, Loaded, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { deviceOf } from "./device";
import classes from "./settings.module.css";

type Session = components["schemas"]["SessionOut"];

const KEY = ["sessions"] as const;

/** Where one is signed in, and a way out of each. */
export function Sessions() {
  const { t } = useTranslation("settings");
  const cache = useQueryClient();
  const query = useQuery({ queryKey: KEY, queryFn: () => ask(client.GET("/api/v1/sessions")) });
  const end = useMutation({
    mutationFn: async (ids: string[]) => {
      for (const id of ids)
        await ask(
          client.DELETE("/api/v1/sessions/{session_id}", { params: { path: { session_id: id } } }),
        );
    },
    onSettled: () => cache.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <section className="card" aria-labelledby="st-sessions">
      <Loaded query={query} waiting={<Waiting rows={4} height={40} />}>
        {(sessions) => {
          const others = sessions.filter((session) => !session.is_current);
          return (
            <Stack gap="sm">
              <Group justify="space-between" gap="sm">
                <h2 id="st-sessions" className={classes.heading}>
                  {t("sessions.title")}
                </h2>
                {others.length > 1 && (
                  <Button
                    size="xs"
                    variant="default"
                    loading={end.isPending}
                    onClick={() => end.mutate(others.map((session) => session.id))}
                  >
                    {t("sessions.endOthers")}
                  </Button>
                )}
              </Group>
              {end.isError && <Failed error={end.error} />}
              <ul className={classes.list}>
                {sessions.map((session) => (
                  <One
                    key={session.id}
                    session={session}
                    isBusy={end.isPending}
                    onEnd={() => end.mutate([session.id])}
                  />
                ))}
              </ul>
            </Stack>
          );
        }}
      </Loaded>
    </section>
  );
}

function One({ session, isBusy, onEnd }: { session: Session; isBusy: boolean; onEnd: () => void }) {
  const { t } = useTranslation("settings");
  const f = useFormats();
  const device = deviceOf(session.agent);
  const name = device
    ? t("sessions.device", { browser: device.browser, system: device.system })
    : session.agent || t("sessions.unknown");
  return (
    <li className={classes.item}>
      <div style={{ minWidth: 0, flex: "1 1 200px" }}>
        <Group gap={8}>
          <Text size="sm" fw={500} title={session.agent} style={{ overflowWrap: "anywhere" }}>
            <Name>{name}</Name>
          </Text>
          {session.is_current && (
            <span className={classes.tag} data-on>
              {t("sessions.current")}
            </span>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          <Name>{session.address}</Name> · {t("sessions.seen", { when: f.ago(session.seen_at) })}
        </Text>
      </div>
      {!session.is_current && (
        <Button
          size="xs"
          variant="default"
          disabled={isBusy}
          onClick={onEnd}
          aria-label={t("sessions.endOne", { name })}
        >
          {t("sessions.end")}
        </Button>
      )}
    </li>
  );
}
