/**
 * The one way to speak with the server: JSON in and out, the session's CSRF token on every unsafe
 * request, `If-Match` and `Idempotency-Key` where asked, and every failure as a [`Problem`].
 */
import { basePath } from "@/lib/base";
import { currentLanguage } from "@/lib/i18n";

export type Violation = { code: string; pointer: string; message: string; rule?: string };

/** What the server said instead of yes; `body` holds further keys, such as `stored` of a 412. */
export class Problem extends Error {
  override readonly name = "Problem";
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly violations: Violation[] = [],
    readonly body: Record<string, unknown> = {},
  ) {
    super(detail || title);
  }
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type RequestOptions = {
  /** Sent as JSON; `raw` text is sent as it is. */
  body?: unknown;
  raw?: string;
  /** `undefined` and empty values are left out. */
  query?: Record<string, string | number | undefined>;
  /** A version or an entity tag; quotes are added to a bare number. */
  ifMatch?: number | string;
  /** One key for all attempts of one act, so that a retry does not do it twice. */
  idempotencyKey?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/** The body, already parsed, and the entity tag if there was one. */
export type Answer<T> = { data: T; etag: string | undefined; status: number };

let csrfToken: string | undefined;
/** Whose the token is, where that is known. */
let person: string | undefined;
const VIEWING = "kezhi.viewing";
let signedOut: () => void = () => undefined;
let prove: (() => Promise<boolean>) | undefined;
/** The question that is being answered, shared by all requests that wait for it. */
let proving: Promise<boolean> | undefined;

/** Remembers the token that unsafe requests carry; given by sign-in and by `/api/me`, which also says whose it is (`null`: nobody knows yet). */
export function rememberCsrf(token: string | undefined, whose?: string | null): void {
  csrfToken = token;
  if (whose !== undefined || token === undefined) person = whose ?? undefined;
}

/**
 * Says who asks the person to prove once more who they are; `true` when they did. The request that needed it is then sent again,
 * so that nothing that was typed is lost. Gives back what stops asking.
 */
export function onProofAsked(listener: () => Promise<boolean>): () => void {
  prove = listener;
  return () => {
    if (prove === listener) prove = undefined;
  };
}

function provenAgain(): Promise<boolean> {
  if (!prove) return Promise.resolve(false);
  proving ??= prove().finally(() => {
    proving = undefined;
  });
  return proving;
}

/** Remembers with whose eyes this tab looks, until it is closed; `undefined` is one's own. */
export function rememberViewing(viewing: string | undefined): void {
  if (viewing === undefined) sessionStorage.removeItem(VIEWING);
  else sessionStorage.setItem(VIEWING, viewing);
}

/** With whose eyes this tab looks, where it is not one's own. */
function viewing(): string | null {
  return typeof sessionStorage === "undefined" ? null : sessionStorage.getItem(VIEWING);
}

/** Says what happens when the server no longer knows the session. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

/** As [`ask`], the body alone. */
export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  return (await ask<T>(method, path, options)).data;
}

/**
 * Sends one request to `/api…`.
 *
 * # Errors
 * A [`Problem`] for every status outside 2xx, and with status 0 when the server cannot be reached.
 */
export async function ask<T>(method: Method, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
  const token = csrfToken;
  let response = await send(method, path, options);
  let data = await parsed(response);
  if (!response.ok && (await isWorthAnother(problemFrom(response.status, data), path, token))) {
    response = await send(method, path, options);
    data = await parsed(response);
  }
  if (response.ok) return { data: data as T, etag: response.headers.get("etag") ?? undefined, status: response.status };
  const problem = problemFrom(response.status, data);
  // A wrong token means that another tab has signed in since, as somebody else.
  const isStale = problem.status === 401 || problem.code === "session.csrf";
  // Seeing as somebody else has ended: from the next question on one sees with one's own eyes.
  if (problem.code === "see_as.over" && viewing()) {
    rememberViewing(undefined);
    signedOut();
  }
  if (isStale && !path.startsWith("/api/session")) signedOut();
  throw problem;
}

/** Whether the same request may be answered now: the person proved who they are, or the session goes on under another token. */
async function isWorthAnother(problem: Problem, path: string, token: string | undefined): Promise<boolean> {
  if (problem.code === "session.prove_again") return provenAgain();
  if (path.startsWith("/api/session")) return false;
  // It was under way while the session got another token.
  if (problem.status === 401) return token !== undefined && csrfToken !== undefined && token !== csrfToken;
  if (problem.code !== "session.csrf" || person === undefined) return false;
  if (token !== csrfToken) return true;
  const response = await send("GET", "/api/me", {});
  const me = (await parsed(response)) as { id?: string; csrf_token?: string } | undefined;
  if (!response.ok || me?.id !== person || me.csrf_token === undefined) return false;
  rememberCsrf(me.csrf_token);
  return true;
}

async function send(method: Method, path: string, options: RequestOptions): Promise<Response> {
  try {
    return await fetch(`${basePath()}${path}${queryText(options.query)}`, {
      method,
      credentials: "same-origin",
      headers: headersOf(method, options),
      body: options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw problemFrom(0, undefined);
  }
}

/** What every unsafe request carries, for the one that is not sent by [`ask`]. */
export function unsafeHeaders(idempotencyKey?: string): Record<string, string> {
  return headersOf("POST", { idempotencyKey });
}

function headersOf(method: Method, options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": currentLanguage(), ...options.headers };
  const seenAs = viewing();
  if (seenAs) headers["X-Kezhi-See-As"] = seenAs;
  if (options.body !== undefined) headers["Content-Type"] = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  if (method !== "GET" && csrfToken) headers["X-CSRF-Token"] = csrfToken;
  if (options.ifMatch !== undefined) headers["If-Match"] = typeof options.ifMatch === "number" ? `"${options.ifMatch}"` : options.ifMatch;
  if (options.idempotencyKey) headers["Idempotency-Key"] = options.idempotencyKey;
  return headers;
}

function queryText(query: RequestOptions["query"]): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== "") search.set(key, String(value));
  }
  return search.size > 0 ? `?${search}` : "";
}

async function parsed(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!(response.headers.get("content-type") ?? "").includes("json")) return text;
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** What an answer outside 2xx says; status 0 is a server that cannot be reached. */
export function problemFrom(status: number, data: unknown): Problem {
  const body = typeof data === "object" && data !== null ? (data as Record<string, unknown>) : {};
  const text = (key: string) => (typeof body[key] === "string" ? (body[key] as string) : "");
  const violations = Array.isArray(body["violations"]) ? (body["violations"] as Violation[]) : [];
  const code = text("code") || (status === 0 ? "network.unreachable" : `http.${status}`);
  return new Problem(status, code, text("title"), text("detail"), violations, body);
}

/** Where a request that is not sent by [`ask`] finds out that the session is over, everybody hears of it. */
export function noteSignedOut({ status, code }: Problem): void {
  if (status === 401 || code === "session.csrf") signedOut();
}

/** A key for one act of a person; new for every act, the same for its retries. */
export function newIdempotencyKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Names the rules that a person has confirmed. */
export function confirming(rules: string[] | undefined): Record<string, string> {
  return rules?.length ? { "X-Kezhi-Confirm": rules.join(",") } : {};
}
