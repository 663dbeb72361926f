import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./schema";

/** What the API says when it cannot do what was asked (RFC 9457). */
export interface Problem {
  status: number;
  title: string;
  detail: string;
  field?: string;
  remedy?: string;
  problems?: { message: string; field?: string; line?: number; remedy?: string; file?: string }[];
  retryAfter?: number;
}

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }
}

/** Nothing came back at all: the server is down, or the way to it. */
export class Unreachable extends Error {}

let csrf = "";
let onSignedOut: () => void = () => {};

export function setCsrf(token: string): void {
  csrf = token;
}

/** Who is told when a session has ended in the middle of the work. */
export function whenSignedOut(tell: () => void): void {
  onSignedOut = tell;
}

const guard: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET" && csrf) request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
  onError() {
    return new Unreachable("unreachable");
  },
};

export const client = createClient<paths>({
  baseUrl: "",
  credentials: "same-origin",
  // `?rule=a&rule=b`, as FastAPI reads lists
  querySerializer: { array: { style: "form", explode: true } },
});
client.use(guard);

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's body, or an ApiError that says what to do. */
export async function ask<T>(
  pending: Promise<Answer<T>>,
  { silent = false }: { silent?: boolean } = {},
): Promise<T> {
  const { data, error, response } = await pending;
  if (response.ok) return data as T;
  const said = (typeof error === "object" && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  const problem: Problem = {
    status: response.status,
    title: String(said.title ?? response.statusText),
    detail: String(said.detail ?? ""),
    field: said.field as string | undefined,
    remedy: said.remedy as string | undefined,
    problems: said.problems as Problem["problems"],
    retryAfter: Number(response.headers.get("retry-after")) || undefined,
  };
  if (response.status === 401 && !silent) onSignedOut();
  if (response.status >= 502 && response.status <= 504) throw new Unreachable(problem.detail);
  throw new ApiError(problem);
}
