/** The routes that the builder calls, over a folder of files in memory. The outside of the builder's tests. */
import { vi } from "vitest";

export type FakeServer = {
  files: Map<string, string>;
  /** Requests other than GET, in order, with their bodies as sent. */
  sent: { method: string; path: string; body: string }[];
  json: (path: string) => Record<string, unknown>;
  /** What checking the draft finds. */
  findings: Finding[];
  /** Answers of one test, by `GET /api/…` without the query, before any other; `[status, body]` is another status. */
  answers: Record<string, (server: FakeServer, url: URL) => unknown>;
  /** What the live release has where that is not what the draft has. */
  live: Record<string, unknown>;
};

type Finding = { severity: string; code: string; message: string; path: string; pointer: string };

const ASSIGNEES: Finding = { severity: "error", code: "x", message: "Something is wrong here.", path: "workflows/welcome.json", pointer: "/nodes/call/assignees" };

export function startFakeServer(definitions: Record<string, unknown>): FakeServer {
  const files = new Map(Object.entries(definitions).map(([path, value]) => [path, typeof value === "string" ? value : JSON.stringify(value)]));
  const server: FakeServer = { files, sent: [], json: (path) => JSON.parse(files.get(path) ?? "null") as Record<string, unknown>, findings: [ASSIGNEES], answers: {}, live: {} };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => answer(server, url, init));
  return server;
}

async function answer(server: FakeServer, url: string, init: RequestInit): Promise<Response> {
  const method = init.method ?? "GET";
  const address = new URL(url, "http://localhost");
  const path = address.pathname;
  const body = typeof init.body === "string" ? init.body : "";
  if (method !== "GET") server.sent.push({ method, path, body });
  const own = server.answers[`${method} ${path}`]?.(server, address);
  if (own !== undefined) return Array.isArray(own) ? reply(own[1], own[0] as number) : reply(own);
  const [, folder, file] = /^\/api\/draft\/(\w+)\/([\w.]+)$/.exec(path) ?? [];
  if (folder && file) return draftFile(server, method, `${folder}/${file.includes(".") ? file : `${file}.json`}`, body);
  const fixed = FIXED[`${method} ${path}`];
  if (fixed) return reply(fixed(server));
  if (path.endsWith("/records")) return reply({ items: [{ id: "r1", name: "周敏" }], next: null, count: { value: 1, kind: "exact" }, titles: {} });
  return reply({ code: "not_found" }, 404);
}

function draftFile(server: FakeServer, method: string, path: string, body: string): Response {
  if (method === "PUT") server.files.set(path, body);
  const text = server.files.get(path);
  if (text === undefined) return reply({ code: "not_found" }, 404);
  if (method === "PUT") return reply({ etag: `"${text.length}"`, diagnostics: [] }, 200, `"${text.length}"`);
  return new Response(text, { headers: { "content-type": "application/json", etag: `"${text.length}"` } });
}

function reply(data: unknown, status = 200, etag?: string): Response {
  return new Response(JSON.stringify(data), { status, headers: { "content-type": "application/json", ...(etag ? { etag } : {}) } });
}

const FIXED: Record<string, ((server: FakeServer) => unknown) | undefined> = {
  "GET /api/me": () => ({ id: "u1", login: "admin", name: "Admin", roles: ["admin"], may: ["use_builder"], csrf_token: "t" }),
  "GET /api/app": (server) => ({ release: 1, title: "App", language: "en", zone: "Asia/Shanghai", currency: "CNY", demo: true, entities: { customer: { title: "Customer", schema: server.live["entities/customer.json"] ?? server.json("entities/customer.json"), actions: {}, fields: {}, forms: [], views: [] } }, forms: {}, views: {}, menus: {}, grades: {}, workflows: {} }),
  "GET /api/users": () => ({ items: [], next: null, count: null }),
  "GET /api/sample": () => ({ records: 0 }),
  "GET /api/draft": ({ files }) => ({ base: 1, items: [...files.keys()].map((path) => ({ path, state: "same" })) }),
  "POST /api/draft/check": ({ findings }) => ({ diagnostics: findings }),
  "GET /api/releases": () => ({ items: [{ number: 1, at: "2026-11-20T08:00:00.000Z", note: "Installed" }], next: null }),
  "POST /api/draft/plan": () => ({ changes: [], affected: { records: 1, runs: 0, references: 0 }, destructive: [] }),
  "GET /api/jobs": () => ({ items: [] }),
  "POST /api/grades/value/try": () => ({ letter: "A", score: 90, reasons: ["big"], rows: [{ points: 90, reason: "big", matched: true }], inputs: { spent: "900.00" } }),
};
