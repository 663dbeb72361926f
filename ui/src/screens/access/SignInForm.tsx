import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, ask, client } from "@/api/client";
import { useSetMe } from "@/api/session";

/** The same form at the door and where a session ends mid-work. */
export function SignInForm({ onDone }: { onDone?: () => void }) {
  const { t } = useTranslation("access");
  const setMe = useSetMe();
  const [said, setSaid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (value.includes("@") ? null : t("needEmail")),
      password: (value) => (value ? null : t("needPassword")),
    },
  });

  const submit = form.onSubmit(async (values) => {
    setBusy(true);
    setSaid(null);
    try {
      setMe(await ask(client.POST("/api/v1/session", { body: values }), { silent: true }));
      onDone?.();
    } catch (error) {
      if (!(error instanceof ApiError)) setSaid(t("common:error.unreachable"));
      else if (error.problem.status === 429)
        setSaid(t("throttled", { count: error.problem.retryAfter ?? 1 }));
      else if (error.problem.status === 401) setSaid(t("wrong"));
      else setSaid(error.problem.detail);
      form.setFieldValue("password", "");
    } finally {
      setBusy(false);
    }
  });

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {said && (
          <Alert color="orange" variant="light" role="alert">
            {said}
          </Alert>
        )}
        <TextInput
          label={t("email")}
          type="email"
          autoComplete="username"
          dir="ltr"
          {...form.getInputProps("email")}
        />
        <PasswordInput
          label={t("password")}
          autoComplete="current-password"
          dir="ltr"
          visibilityToggleButtonProps={{ "aria-label": t("showPassword") }}
          {...form.getInputProps("password")}
        />
        <Button type="submit" loading={busy} fullWidth>
          {t("signIn")}
        </Button>
      </Stack>
    </form>
  );
}
