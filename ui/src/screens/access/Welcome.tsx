import { Alert, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, ask, client } from "@/api/client";
import { useSetMe } from "@/api/session";
import { Failed, Waiting } from "@/parts/Loaded";
import { Name } from "@/parts/Name";
import { Door } from "./Door";

const SHORTEST = 10;

/** The page behind a one-time link: who it is for, and a password of their own. */
export function Welcome() {
  const { t, i18n } = useTranslation("access");
  const [token] = useState(() => window.location.hash.slice(1));
  const navigate = useNavigate();
  const setMe = useSetMe();
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const invitation = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => ask(client.POST("/api/v1/invitation", { body: { token } }), { silent: true }),
    enabled: token !== "",
    retry: false,
  });
  useEffect(() => {
    document.title = `${t("welcome")} · ${t("common:app")}`;
  }, [t]);
  const form = useForm({
    initialValues: { name: "", email: "", password: "" },
    validate: {
      name: (value) => (value.trim() ? null : t("needName")),
      email: (value) => (value.includes("@") ? null : t("needEmail")),
      password: (value) => (value.length >= SHORTEST ? null : t("tooShort", { count: SHORTEST })),
    },
  });
  const invited = invitation.data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: filled once, when the invitation is known
  useEffect(() => {
    if (invited) form.setValues({ name: invited.name ?? "", email: invited.email ?? "" });
  }, [invited]);

  const submit = form.onSubmit(async (values) => {
    setBusy(true);
    setSaid(null);
    try {
      const body = { token, locale: i18n.language as "en" | "ur", ...values };
      setMe(await ask(client.POST("/api/v1/invitation/accept", { body }), { silent: true }));
      window.history.replaceState(null, "", "/welcome");
      await navigate({ to: "/" });
    } catch (error) {
      setSaid(error instanceof ApiError ? error.problem.detail : t("common:error.unreachable"));
    } finally {
      setBusy(false);
    }
  });

  if (!token || (invitation.error instanceof ApiError && invitation.error.problem.status === 404))
    return (
      <Door title={t("linkUsed")} hint={t("linkUsedHint")}>
        <Button component={Link} to="/" variant="default">
          {t("signIn")}
        </Button>
      </Door>
    );
  return (
    <Door
      title={t("welcome")}
      hint={
        invited
          ? t(invited.is_first_owner ? "firstOwner" : "invited", {
              role: t(`common:role.${invited.role}`),
            })
          : undefined
      }
    >
      {invitation.isError && <Failed error={invitation.error} retry={() => invitation.refetch()} />}
      {!invited && !invitation.isError && <Waiting rows={4} />}
      {invited && (
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            {said && (
              <Alert color="orange" variant="light" role="alert">
                {said}
              </Alert>
            )}
            <TextInput label={t("name")} autoComplete="name" {...form.getInputProps("name")} />
            {invited.is_first_owner ? (
              <TextInput
                label={t("email")}
                type="email"
                autoComplete="username"
                dir="ltr"
                {...form.getInputProps("email")}
              />
            ) : (
              <Text size="sm">
                {t("email")}: <Name>{invited.email}</Name>
              </Text>
            )}
            <PasswordInput
              label={t("newPassword")}
              description={t("passwordHint", { count: SHORTEST })}
              autoComplete="new-password"
              dir="ltr"
              visibilityToggleButtonProps={{ "aria-label": t("showPassword") }}
              {...form.getInputProps("password")}
            />
            <Button type="submit" loading={busy}>
              {t("begin")}
            </Button>
          </Stack>
        </form>
      )}
    </Door>
  );
}
