import { Tabs } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/session";
import { Empty } from "@/parts/Loaded";
import { Page } from "@/parts/Page";
import { Brand } from "./Brand";
import { Keys } from "./Keys";
import classes from "./settings.module.css";
import { Users } from "./Users";
import { Workspace } from "./Workspace";
import { You } from "./You";

const route = getRouteApi("/settings");

const TABS = ["you", "users", "keys", "brand", "workspace"] as const;

export function Settings() {
  const { t } = useTranslation("settings");
  const { tab } = route.useSearch();
  const navigate = useNavigate();
  const open = TABS.find((one) => one === tab) ?? "you";
  return (
    <Page title={t("title")} help={t("help")}>
      <Tabs
        value={open}
        onChange={(value) =>
          value && navigate({ to: "/settings", search: { tab: value }, replace: true })
        }
        keepMounted={false}
      >
        <div className={classes.tabs}>
          <Tabs.List style={{ flexWrap: "nowrap" }}>
            {TABS.map((name) => (
              <Tabs.Tab key={name} value={name}>
                {t(`tab.${name}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </div>
        <Tabs.Panel value="you" pt="lg">
          <You />
        </Tabs.Panel>
        <Tabs.Panel value="users" pt="lg">
          <ForOwners what="users">
            <Users />
          </ForOwners>
        </Tabs.Panel>
        <Tabs.Panel value="keys" pt="lg">
          <ForOwners what="keys">
            <Keys />
          </ForOwners>
        </Tabs.Panel>
        <Tabs.Panel value="brand" pt="lg">
          <Brand />
        </Tabs.Panel>
        <Tabs.Panel value="workspace" pt="lg">
          <Workspace />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function ForOwners({ what, children }: { what: "users" | "keys"; children: ReactNode }) {
  const { t } = useTranslation("settings");
  if (useMay("owner")) return children;
  return (
    <div className="card">
      <Empty title={t(`${what}.owners`)} hint={t("ownersHint")} />
    </div>
  );
}
