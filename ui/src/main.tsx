import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@/app/fonts";
import "@/app/style.css";
import { DirectionProvider, MantineProvider, useDirection } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, useEffect, useMemo } from "react";
import { createRoot } from "react-dom/client";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/client";
import { sessionQuery } from "@/api/session";
import { router } from "@/app/router";
import { themeFor, variables } from "@/app/theme";
import { firstLocale, startI18n } from "@/i18n";

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
// the dialogs' lock on scrolling is a style sheet of its own, which looks for its nonce here
if (nonce) Object.assign(globalThis, { __webpack_nonce__: nonce });

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // what the API refused stays refused; a server that does not answer is asked again, ever slower
      retry: (failures, error) => !(error instanceof ApiError) && failures < 4,
      retryDelay: (failures) => Math.min(500 * 2 ** failures, 8_000),
      refetchOnWindowFocus: true,
    },
  },
});

function App() {
  const { i18n } = useTranslation();
  const locale = i18n.language;
  const theme = useMemo(() => themeFor(locale), [locale]);
  return (
    <DirectionProvider initialDirection={locale === "ur" ? "rtl" : "ltr"} detectDirection={false}>
      <Direction locale={locale} />
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        defaultColorScheme="auto"
        getStyleNonce={nonce ? () => nonce : undefined}
      >
        <QueryClientProvider client={cache}>
          <Notifications position="bottom-center" />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}

/** Turns the layout around where it stands: a change of language loses nothing that was typed. */
function Direction({ locale }: { locale: string }) {
  const { setDirection } = useDirection();
  useEffect(() => setDirection(locale === "ur" ? "rtl" : "ltr"), [locale, setDirection]);
  return null;
}

document.documentElement.dir = firstLocale() === "ur" ? "rtl" : "ltr";
// the session, the screen's own script and the language's words come at the same time
void cache.prefetchQuery(sessionQuery);
void router.load();
await startI18n();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
