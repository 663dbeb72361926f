import {
  ActionIcon,
  Alert,
  AppShell,
  Burger,
  Group,
  Menu,
  Modal,
  ScrollArea,
  Stack,
  Text,
  Tooltip,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import {
  IconAdjustmentsHorizontal,
  IconChartHistogram,
  IconChevronDown,
  IconHistory,
  IconListDetails,
  IconLogout,
  IconMail,
  IconMoon,
  IconRoute,
  IconSun,
  IconSunrise,
  IconTargetArrow,
  IconUsers,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { ask, client, whenSignedOut } from "@/api/client";
import { useLive } from "@/api/live";
import { useKeepChoice, useMe, useSetMe } from "@/api/session";
import { setLocale } from "@/i18n";
import { useFormats } from "@/parts/format";
import { Name } from "@/parts/Name";

const SignInForm = lazy(() =>
  import("@/screens/access/SignInForm").then((m) => ({ default: m.SignInForm })),
);

const SCREENS = [
  ["/", "overview", IconSunrise, "o"],
  ["/people", "people", IconUsers, "p"],
  ["/segments", "segments", IconTargetArrow, "s"],
  ["/journeys", "journeys", IconRoute, "j"],
  ["/backtest", "backtest", IconHistory, "b"],
  ["/ledger", "ledger", IconListDetails, "l"],
  ["/measurement", "measurement", IconChartHistogram, "m"],
] as const;

const BELOW = [
  ["/mails", "mails", IconMail, "e"],
  ["/settings", "settings", IconAdjustmentsHorizontal, ","],
] as const;

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const me = useMe();
  const [open, { toggle, close }] = useDisclosure(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the drawer
  useEffect(close, [path]);
  useJumps();
  const live = useLive();

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: "md", collapsed: { mobile: !open } }}
      padding={{ base: "md", sm: "xl" }}
    >
      <a className="skip" href="#main">
        {t("skip")}
      </a>
      <AppShell.Header style={{ background: "var(--mantine-color-body)" }}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
            <Burger
              opened={open}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={t("nav.menu")}
              aria-expanded={open}
            />
            <Link to="/" className="plain" aria-label={t("app")}>
              <Group gap={10} wrap="nowrap">
                <img src="/mark.svg" width={26} height={26} alt="" />
                <Text fw={600} visibleFrom="xs" style={{ fontFamily: "var(--prose)" }} size="lg">
                  {t("app")}
                </Text>
              </Group>
            </Link>
            <Text c="dimmed" size="sm" truncate>
              <Name>{me.workspace.name}</Name>
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LiveMark live={live} />
            <LanguageSwitch />
            <SchemeSwitch />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar component="div" p="sm" style={{ background: "var(--mantine-color-body)" }}>
        <AppShell.Section grow component={ScrollArea}>
          <nav aria-label={t("nav.screens")}>
            <Stack gap={2}>
              {SCREENS.map(([to, name, Icon, key]) => (
                <NavLink key={to} to={to} label={t(`nav.${name}`)} hint={`g ${key}`}>
                  <Icon size={18} stroke={1.6} aria-hidden />
                </NavLink>
              ))}
            </Stack>
          </nav>
        </AppShell.Section>
        <AppShell.Section>
          <nav aria-label={t("nav.more")}>
            <Stack gap={2}>
              {BELOW.map(([to, name, Icon, key]) => (
                <NavLink key={to} to={to} label={t(`nav.${name}`)} hint={`g ${key}`}>
                  <Icon size={18} stroke={1.6} aria-hidden />
                </NavLink>
              ))}
            </Stack>
          </nav>
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: "none" }}>
        <div style={{ maxWidth: 1320, marginInline: "auto" }}>
          {live.isDown && (
            <Alert color="gray" variant="light" mb="md" role="status">
              {t("error.unreachableHint")}
            </Alert>
          )}
          {live.error && (
            <Alert color="orange" variant="light" mb="md" role="alert" title={t("error.engine")}>
              <Name>{live.error}</Name>
            </Alert>
          )}
          {children}
        </div>
      </AppShell.Main>
      <SessionEnded />
    </AppShell>
  );
}

function NavLink({
  to,
  label,
  hint,
  children,
}: {
  to: string;
  label: string;
  hint: string;
  children: ReactNode;
}) {
  return (
    <Link
      to={to}
      className="nav-link"
      activeOptions={{ exact: to === "/" }}
      aria-keyshortcuts={hint}
    >
      {children}
      <span>{label}</span>
    </Link>
  );
}

/** `g` and a letter go to a screen, `/` to the search, as people know it from mail programs. */
function useJumps() {
  const navigate = useNavigate();
  const [pending, setPending] = useState(false);
  useEffect(() => {
    if (!pending) return;
    const timer = setTimeout(() => setPending(false), 1200);
    return () => clearTimeout(timer);
  }, [pending]);
  useHotkeys([
    ["g", () => setPending(true)],
    [
      "/",
      () => {
        const field = document.querySelector<HTMLInputElement>("[data-search]");
        if (field) field.focus();
        else void navigate({ to: "/people" });
      },
    ],
    ...[...SCREENS, ...BELOW].map(
      ([to, , , key]) =>
        [
          key,
          () => {
            if (pending) void navigate({ to });
            setPending(false);
          },
        ] as [string, () => void],
    ),
  ]);
}

function LiveMark({ live }: { live: ReturnType<typeof useLive> }) {
  const { t } = useTranslation();
  const f = useFormats();
  const label = live.isDown
    ? t("live.down")
    : live.behind > 0
      ? t("live.behind", { count: live.behind, n: f.number(live.behind) })
      : t("live.on");
  return (
    <Tooltip label={live.reached ? `${label} · ${f.dateTime(live.reached)}` : label}>
      <Group gap={6} wrap="nowrap" role="status" aria-label={label}>
        <span
          style={{
            width: 8,
            height: 8,
            borderRadius: 4,
            background: live.isDown
              ? "var(--staff)"
              : live.behind > 0
                ? "var(--warn)"
                : "var(--accent)",
          }}
        />
        <Text size="xs" c="dimmed" visibleFrom="sm">
          {live.reached ? f.dateTime(live.reached) : label}
        </Text>
      </Group>
    </Tooltip>
  );
}

export function LanguageSwitch() {
  const { t, i18n } = useTranslation();
  const keep = useKeepChoice();
  const other = i18n.language === "ur" ? "en" : "ur";
  const change = () => {
    void setLocale(other);
    keep({ locale: other });
  };
  return (
    <UnstyledButton
      onClick={change}
      lang={other}
      px={8}
      py={4}
      style={{ borderRadius: 4 }}
      aria-label={t("language.switch")}
    >
      <Text
        size="sm"
        fw={500}
        style={
          other === "ur"
            ? { fontFamily: "Noto Nastaliq Urdu Variable, serif", lineHeight: 1.6 }
            : undefined
        }
      >
        {other === "ur" ? "اردو" : "English"}
      </Text>
    </UnstyledButton>
  );
}

export function SchemeSwitch() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const keep = useKeepChoice();
  const scheme = useComputedColorScheme("light");
  const next = scheme === "dark" ? "light" : "dark";
  const label = t(next === "dark" ? "scheme.dark" : "scheme.light");
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        onClick={() => {
          setColorScheme(next);
          keep({ theme: next });
        }}
        aria-label={label}
      >
        {next === "dark" ? (
          <IconMoon size={17} stroke={1.6} aria-hidden />
        ) : (
          <IconSun size={17} stroke={1.6} aria-hidden />
        )}
      </ActionIcon>
    </Tooltip>
  );
}

function UserMenu() {
  const { t } = useTranslation();
  const me = useMe();
  const cache = useQueryClient();
  const setMe = useSetMe();
  const signOut = async () => {
    await ask(client.DELETE("/api/v1/session"), { silent: true }).catch(() => undefined);
    cache.clear();
    setMe(null);
  };
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <UnstyledButton px={8} py={4} aria-label={t("user.menu", { name: me.user.name })}>
          <Group gap={6} wrap="nowrap">
            <Text size="sm" fw={500} maw={140} truncate visibleFrom="sm">
              <Name>{me.user.name}</Name>
            </Text>
            <IconChevronDown size={14} aria-hidden />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Name>{me.user.email ?? me.user.name}</Name> · {t(`role.${me.user.role}`)}
        </Menu.Label>
        <Menu.Item
          component={Link}
          to="/settings"
          search={{ tab: "you" } as never}
          leftSection={<IconAdjustmentsHorizontal size={15} aria-hidden />}
        >
          {t("user.settings")}
        </Menu.Item>
        <Menu.Item onClick={signOut} leftSection={<IconLogout size={15} aria-hidden />}>
          {t("user.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** A session that ends in the middle of the work: sign in on the spot, and nothing typed is lost. */
function SessionEnded() {
  const { t } = useTranslation();
  const [ended, setEnded] = useState(false);
  const cache = useQueryClient();
  useEffect(() => {
    whenSignedOut(() => setEnded(true));
    return () => whenSignedOut(() => undefined);
  }, []);
  return (
    <Modal
      opened={ended}
      onClose={() => undefined}
      withCloseButton={false}
      title={t("session.ended")}
      centered
    >
      <Text size="sm" c="dimmed" mb="md">
        {t("session.endedHint")}
      </Text>
      <Suspense>
        <SignInForm
          onDone={() => {
            setEnded(false);
            void cache.invalidateQueries();
          }}
        />
      </Suspense>
    </Modal>
  );
}
