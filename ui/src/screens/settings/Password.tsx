import { Alert, Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import { useMe } from "@/api/session";
import { Failed } from "@/parts/Loaded";
import classes from "./settings.module.css";
import { useChangeMe } from "./You";

const SHORTEST = 10;

export function Password() {
  const { t } = useTranslation("settings");
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const [done, setDone] = useState(false);
  const me = useMe();
  const change = useChangeMe();
  const cache = useQueryClient();
  const problem = change.error instanceof ApiError ? change.error.problem : null;
  const field = problem?.field?.split(".").at(-1);
  const said = problem ? `${problem.detail}. ${problem.remedy ?? ""}` : null;
  const isPlaced = field === "current" || field === "new";
  const tooShort = wanted !== "" && wanted.length < SHORTEST;
  const submit = () => {
    setDone(false);
    change.mutate(
      { password: { current, new: wanted } },
      {
        onSuccess: () => {
          setCurrent("");
          setWanted("");
          setDone(true);
          void cache.invalidateQueries({ queryKey: ["sessions"] });
        },
      },
    );
  };
  return (
    <section className="card" aria-labelledby="st-password">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack gap="md">
          <div>
            <h2 id="st-password" className={classes.heading}>
              {t("password.title")}
            </h2>
            <Text size="sm" c="dimmed">
              {t("password.hint")}
            </Text>
          </div>
          {change.isError && !isPlaced && <Failed error={change.error} />}
          {done && (
            <Alert color="peacock" variant="light" role="status">
              {t("password.done")}
            </Alert>
          )}
          {/* password managers ask whose password this is */}
          <input type="text" autoComplete="username" value={me.user.email ?? ""} readOnly hidden />
          <PasswordInput
            label={t("password.current")}
            autoComplete="current-password"
            dir="ltr"
            value={current}
            error={field === "current" ? said : null}
            visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <PasswordInput
            label={t("password.new")}
            description={t("password.rule", { count: SHORTEST })}
            autoComplete="new-password"
            dir="ltr"
            value={wanted}
            error={field === "new" ? said : null}
            visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
          <Group>
            <Button
              type="submit"
              variant="default"
              loading={change.isPending}
              disabled={!current || !wanted || tooShort}
            >
              {t("password.change")}
            </Button>
          </Group>
        </Stack>
      </form>
    </section>
  );
}
