import { Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ask, client } from "@/api/client";
import { Loaded, Waiting } from "@/parts/Loaded";
import { DecisionView } from "./DecisionView";
import classes from "./ledger.module.css";

interface Props {
  /** The decision that is open. */
  id: string | undefined;
  /** Another decision that this one speaks of. */
  onOpen: (id: string) => void;
  onClose: () => void;
}

/** One decision whole, at the end side of whatever page it was opened from. */
export function DecisionDrawer({ id, onOpen, onClose }: Props) {
  const { t, i18n } = useTranslation("ledger");
  const lang = i18n.language as "en" | "ur";
  const query = useQuery({
    queryKey: ["decision", id, lang],
    queryFn: () =>
      ask(
        client.GET("/api/v1/ledger/{decision}", {
          params: { path: { decision: id ?? "" }, query: { lang } },
        }),
      ),
    enabled: id !== undefined,
  });
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      // the kit mirrors it: the end side in both directions
      position="right"
      size={540}
      title={t("decision.title")}
      closeButtonProps={{ "aria-label": t("common:close") }}
      classNames={{
        content: classes.drawer,
        header: classes.drawerHead,
        title: classes.drawerTitle,
      }}
    >
      <div className={classes.drawerBody}>
        <Loaded query={query} waiting={<Waiting rows={7} height={30} />}>
          {(decision) => <DecisionView key={decision.row.id} decision={decision} onOpen={onOpen} />}
        </Loaded>
      </div>
    </Drawer>
  );
}
