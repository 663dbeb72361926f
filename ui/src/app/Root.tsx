import { Center, Loader, useMantineColorScheme } from "@mantine/core";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/api/session";
import { isLocale, setLocale } from "@/i18n";
import { Failed } from "@/parts/Loaded";
import { Shell } from "./Shell";

const SignIn = lazy(() => import("@/screens/access/SignIn").then((m) => ({ default: m.SignIn })));

/** Signed in: the shell. Not signed in: the door. A one-time link has its own page. */
export function Root() {
  const session = useSession();
  const { t } = useTranslation();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const { locale, theme } = session.data?.user ?? {};
  const { setColorScheme } = useMantineColorScheme();
  useEffect(() => {
    if (isLocale(locale)) void setLocale(locale);
  }, [locale]);
  useEffect(() => {
    if (theme) setColorScheme(theme);
  }, [theme, setColorScheme]);

  const waiting = (
    <Center mih="60vh">
      <Loader size="sm" aria-label={t("loading")} />
    </Center>
  );
  if (path === "/welcome")
    return (
      <Suspense fallback={waiting}>
        <Outlet />
      </Suspense>
    );
  if (session.data === undefined) {
    if (session.isError)
      return (
        <Center mih="60vh" p="md">
          <Failed error={session.error} retry={() => session.refetch()} />
        </Center>
      );
    return waiting;
  }
  if (session.data === null) return <Suspense fallback={waiting}>{<SignIn />}</Suspense>;
  return (
    <Shell>
      <Suspense fallback={waiting}>
        <Outlet />
      </Suspense>
    </Shell>
  );
}
