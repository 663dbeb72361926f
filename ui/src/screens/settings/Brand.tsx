import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import { useMay } from "@/api/session";
import { Empty, Failed, Loaded, Waiting } from "@/parts/Loaded";
import { BrandFields } from "./BrandFields";
import { BrandPreview } from "./BrandPreview";
import { type Body, type Kit, saidOf, useKit, useSaveKit } from "./brandKit";
import classes from "./settings.module.css";

const DRAFT = "raabta.draft.brand";

/** Who speaks in the mails, and in which colours. */
export function Brand() {
  const { t } = useTranslation("settings");
  const query = useKit();
  return (
    <Loaded
      query={query}
      waiting={
        <div className="card">
          <Waiting rows={8} height={36} />
        </div>
      }
    >
      {(kit) =>
        kit ? (
          <Form kit={kit} key={`${kit.name} ${kit.version}`} reload={() => query.refetch()} />
        ) : (
          <div className="card">
            <Empty title={t("brand.none")} hint={t("brand.noneHint")} />
          </div>
        )
      }
    </Loaded>
  );
}

interface Draft {
  version: number;
  body: Body;
}

function kept(kit: Kit): Draft | null {
  try {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null") as Draft | null;
    if (!draft || draft.body.brand !== kit.body.brand) return null;
    return JSON.stringify(draft.body) === JSON.stringify(kit.body) ? null : draft;
  } catch {
    return null;
  }
}

function Form({ kit, reload }: { kit: Kit; reload: () => void }) {
  const { t } = useTranslation("settings");
  const mayEdit = useMay("editor");
  const [found] = useState(() => kept(kit));
  const [body, setBody] = useState<Body>(found?.body ?? kit.body);
  const isChanged = JSON.stringify(body) !== JSON.stringify(kit.body);
  // a draft kept from before rests on the version it was begun with
  const base = found?.version ?? kit.version;
  useEffect(() => {
    if (isChanged) sessionStorage.setItem(DRAFT, JSON.stringify({ version: base, body }));
    else sessionStorage.removeItem(DRAFT);
  }, [isChanged, base, body]);
  const save = useSaveKit(kit.name, base, () => {
    sessionStorage.removeItem(DRAFT);
    notifications.show({ message: t("brand.saved"), color: "gray" });
  });
  const form = useRef<HTMLFormElement>(null);
  // the field that was refused may stand far above the button
  useEffect(() => {
    if (save.isError) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [save.isError]);
  const problem = save.error instanceof ApiError ? save.error.problem : null;
  const said = saidOf(problem);
  const drop = () => {
    sessionStorage.removeItem(DRAFT);
    setBody(kit.body);
    save.reset();
    reload();
  };
  return (
    <div className={classes.columns}>
      <form
        ref={form}
        noValidate
        className="card"
        aria-label={t("brand.title")}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(body);
        }}
      >
        <Stack gap="lg">
          <div>
            <h2 className={classes.heading}>{t("brand.title")}</h2>
            <Text size="sm" c="dimmed">
              {t(mayEdit ? "brand.hint" : "brand.viewer")}
            </Text>
          </div>
          {problem?.status === 409 ? (
            <Alert color="orange" variant="light" role="alert" title={t("brand.movedOn")}>
              <Stack gap="sm">
                <Text size="sm">{t("brand.movedOnHint")}</Text>
                <Group>
                  <Button size="xs" variant="default" onClick={drop}>
                    {t("brand.reload")}
                  </Button>
                </Group>
              </Stack>
            </Alert>
          ) : (
            save.isError && <Failed error={save.error} />
          )}
          <BrandFields body={body} onChange={setBody} said={said} isReadOnly={!mayEdit} />
          {mayEdit && (
            <Group>
              <Button type="submit" loading={save.isPending} disabled={!isChanged}>
                {t("common:save")}
              </Button>
              {isChanged && (
                <Button variant="subtle" color="gray" onClick={drop}>
                  {t("brand.drop")}
                </Button>
              )}
            </Group>
          )}
        </Stack>
      </form>
      <BrandPreview body={body} />
    </div>
  );
}
