import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import { Failed } from "@/parts/Loaded";
import classes from "./settings.module.css";
import { ROLES, type Role, useInvite } from "./users";

const FIELDS = ["email", "name", "role"];

export function Invite({
  onInvited,
}: {
  onInvited: (user: { name: string; link: string; expires_at: string }) => void;
}) {
  const { t } = useTranslation("settings");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const invite = useInvite();
  const problem = invite.error instanceof ApiError ? invite.error.problem : null;
  const isPlaced = problem?.field !== undefined && FIELDS.includes(problem.field);
  const wrong = (field: string) =>
    problem?.field === field ? `${problem.detail}. ${problem.remedy ?? ""}` : null;
  return (
    <section className="card" aria-labelledby="st-invite">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate(
            { name: name.trim(), email: email.trim(), role },
            {
              onSuccess: (user) => {
                setName("");
                setEmail("");
                onInvited(user);
              },
            },
          );
        }}
      >
        <Stack gap="md">
          <div>
            <h2 id="st-invite" className={classes.heading}>
              {t("invite.title")}
            </h2>
            <Text size="sm" c="dimmed">
              {t("invite.hint")}
            </Text>
          </div>
          {invite.isError && !isPlaced && <Failed error={invite.error} />}
          <div className={classes.pair}>
            <TextInput
              label={t("users.name")}
              value={name}
              error={wrong("name")}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <TextInput
              label={t("invite.email")}
              type="email"
              dir="ltr"
              value={email}
              error={wrong("email")}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
          </div>
          <Select
            label={t("users.role")}
            description={t(`role.${role}`)}
            maw={420}
            value={role}
            allowDeselect={false}
            error={wrong("role")}
            data={ROLES.map((one) => ({ value: one, label: t(`common:role.${one}`) }))}
            onChange={(value) => value && setRole(value as Role)}
          />
          <Group>
            <Button
              type="submit"
              loading={invite.isPending}
              disabled={!name.trim() || !email.includes("@")}
            >
              {t("invite.send")}
            </Button>
          </Group>
        </Stack>
      </form>
    </section>
  );
}
