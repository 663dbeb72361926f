import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  parseSearchWith,
  stringifySearchWith,
} from "@tanstack/react-router";
import { NotFound } from "./NotFound";
import { Root } from "./Root";

/** A search parameter that may be given several times. */
export function list(value: unknown): string[] | undefined {
  const found = (Array.isArray(value) ? value : [value]).filter(
    (one): one is string | number => typeof one === "string" || typeof one === "number",
  );
  return found.length > 0 ? found.map(String) : undefined;
}

export function one(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** Ids have more digits than a JavaScript number holds: what is only digits stays text. */
function parsed(text: string): unknown {
  if (/^\s*[\d.+-]/.test(text)) throw new SyntaxError("not JSON here");
  return JSON.parse(text);
}

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("@/screens/overview/Overview"), "Overview"),
});

const people = createRoute({
  getParentRoute: () => root,
  path: "/people",
  component: lazyRouteComponent(() => import("@/screens/people/People"), "People"),
  validateSearch: (
    search: Record<string, unknown>,
  ): {
    q?: string;
    segment?: string;
    journey?: string;
    step?: string;
    contacts?: string;
    days?: string;
    pressure?: true;
    at_cap?: true;
    from?: string;
    to?: string;
    sort?: "oldest";
  } => ({
    q: one(search.q),
    segment: one(search.segment),
    journey: one(search.journey),
    step: one(search.step),
    contacts: one(search.contacts),
    days: one(search.days),
    pressure: search.pressure === true || undefined,
    at_cap: search.at_cap === true || undefined,
    from: one(search.from),
    to: one(search.to),
    sort: search.sort === "oldest" ? "oldest" : undefined,
  }),
});

const person = createRoute({
  getParentRoute: () => root,
  path: "/people/$who",
  component: lazyRouteComponent(() => import("@/screens/people/PersonPage"), "PersonPage"),
  validateSearch: (
    search: Record<string, unknown>,
  ): { days?: string; hide?: string[]; open?: string } => ({
    days: one(search.days),
    hide: list(search.hide),
    open: one(search.open),
  }),
});

const account = createRoute({
  getParentRoute: () => root,
  path: "/accounts/$group",
  component: lazyRouteComponent(() => import("@/screens/people/AccountPage"), "AccountPage"),
  validateSearch: (search: Record<string, unknown>): { days?: string; open?: string } => ({
    days: one(search.days),
    open: one(search.open),
  }),
});

const segments = createRoute({
  getParentRoute: () => root,
  path: "/segments",
  component: lazyRouteComponent(() => import("@/screens/segments/Segments"), "Segments"),
  validateSearch: (
    search: Record<string, unknown>,
  ): { name?: string; view?: string; edit?: string } => ({
    name: one(search.name),
    view: one(search.view),
    edit: one(search.edit),
  }),
});

const journeys = createRoute({
  getParentRoute: () => root,
  path: "/journeys",
  component: lazyRouteComponent(() => import("@/screens/journeys/Journeys"), "Journeys"),
  validateSearch: (search: Record<string, unknown>): { edit?: string } => ({
    edit: one(search.edit),
  }),
});

const journey = createRoute({
  getParentRoute: () => root,
  path: "/journeys/$name",
  component: lazyRouteComponent(() => import("@/screens/journeys/JourneyPage"), "JourneyPage"),
  validateSearch: (
    search: Record<string, unknown>,
  ): { version?: string; days?: string; step?: string; view?: string; edit?: string } => ({
    version: one(search.version),
    days: one(search.days),
    step: one(search.step),
    view: one(search.view),
    edit: one(search.edit),
  }),
});

const backtest = createRoute({
  getParentRoute: () => root,
  path: "/backtest",
  component: lazyRouteComponent(() => import("@/screens/backtest/Backtest"), "Backtest"),
  validateSearch: (
    search: Record<string, unknown>,
  ): { run?: string; against?: string; journey?: string } => ({
    run: one(search.run),
    against: one(search.against),
    journey: one(search.journey),
  }),
});

const ledger = createRoute({
  getParentRoute: () => root,
  path: "/ledger",
  component: lazyRouteComponent(() => import("@/screens/ledger/Ledger"), "Ledger"),
  validateSearch: (
    search: Record<string, unknown>,
  ): {
    outcome?: string[];
    rule?: string[];
    rival?: string;
    journey?: string[];
    step?: string;
    channel?: string[];
    class?: string[];
    template?: string[];
    person?: string;
    from?: string;
    to?: string;
    order?: "oldest";
    open?: string;
  } => ({
    outcome: list(search.outcome),
    rule: list(search.rule),
    rival: one(search.rival),
    journey: list(search.journey),
    step: one(search.step),
    channel: list(search.channel),
    class: list(search.class),
    template: list(search.template),
    person: one(search.person),
    from: one(search.from),
    to: one(search.to),
    order: search.order === "oldest" ? "oldest" : undefined,
    open: one(search.open),
  }),
});

const measurement = createRoute({
  getParentRoute: () => root,
  path: "/measurement",
  component: lazyRouteComponent(() => import("@/screens/measurement/Measurement"), "Measurement"),
});

const mails = createRoute({
  getParentRoute: () => root,
  path: "/mails",
  component: lazyRouteComponent(() => import("@/screens/mails/Mails"), "Mails"),
  validateSearch: (search: Record<string, unknown>): { q?: string; open?: string } => ({
    q: one(search.q),
    open: one(search.open),
  }),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/screens/settings/Settings"), "Settings"),
  validateSearch: (search: Record<string, unknown>): { tab?: string } => ({ tab: one(search.tab) }),
});

const welcome = createRoute({
  getParentRoute: () => root,
  path: "/welcome",
  component: lazyRouteComponent(() => import("@/screens/access/Welcome"), "Welcome"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    people,
    person,
    account,
    segments,
    journeys,
    journey,
    backtest,
    ledger,
    measurement,
    mails,
    settings,
    welcome,
  ]),
  parseSearch: parseSearchWith(parsed),
  stringifySearch: stringifySearchWith(JSON.stringify, parsed),
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingMs: 200,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
