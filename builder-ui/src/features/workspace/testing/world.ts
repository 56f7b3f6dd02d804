/** The session of a test: one person, an app with customers and orders, and a server whose answers the test writes. */
/* oxlint-disable unicorn/no-thenable -- `then` is a key of the contract, and nobody awaits a rule. */
import { QueryClient } from "@tanstack/react-query";
import { vi } from "vitest";
import { keys } from "@/api/keys";
import type { AppModel, EntityModel, RecordBody } from "@/api/types";

const MAY = { create: true, update: true, delete: true, export: true, import: true, merge: true };

export const CUSTOMER = {
  title: "会员", forms: [], views: [], actions: MAY, fields: { name: "write", phone: "write", level: "write", shop: "read", spent: "read" },
  schema: {
    "x-title-field": "name", required: ["name"],
    "x-duplicates": [
      { key: "phone", title: "手机号相同", all: [{ field: "phone", by: "normalised" }], then: "confirm", show: ["name", "level"] },
      { key: "name", title: "名字相似", all: [{ field: "name", by: "similar" }, { field: "phone", by: "exact" }] },
    ],
    properties: {
      name: { title: "姓名", "x-kind": "text" },
      phone: { title: "手机", "x-kind": "phone" },
      level: { title: "级别", "x-kind": "choice", enum: ["a", "b"], "x-labels": { a: "金卡", b: "银卡" } },
      shop: { title: "门店", "x-kind": "text" },
      spent: { title: "累计", "x-kind": "rollup" },
    },
  },
} as unknown as EntityModel;

export const ORDER = {
  title: "订单", forms: [], views: [], actions: MAY, fields: { number: "write", customer: "write" },
  schema: { "x-title-field": "number", properties: { number: { title: "单号", "x-kind": "text" }, customer: { title: "会员", "x-kind": "relation", "x-relation": { entity: "customer" } } } },
} as unknown as EntityModel;

export const APP: AppModel = {
  release: 1, title: "", language: "zh-CN", zone: "Asia/Shanghai", currency: "CNY", demo: false, forms: {}, views: {}, menus: {}, grades: {}, workflows: {},
  entities: { customer: CUSTOMER, order: ORDER },
};

export function customer(id: string, fields: Record<string, unknown>): RecordBody {
  return { id, version: 3, created_at: "2026-11-01T00:00:00Z", created_by: null, updated_at: "2026-11-02T00:00:00Z", updated_by: null, ...fields } as RecordBody;
}

/** Server state of somebody who is signed in. */
export function signedIn(): QueryClient {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } } });
  queries.setQueryData(keys.me, { id: "li", login: "li", name: "李婷", roles: [], may: [], csrf_token: "t" });
  queries.setQueryData(keys.app("zh-CN"), APP);
  return queries;
}

export type Asked = { method: string; path: string; query: URLSearchParams; body: Record<string, unknown>; headers: Record<string, string> };
type Reply = unknown | ((asked: Asked) => unknown);

/**
 * Answers by `POST /api/…`, without the query; a reply `[status, body]` is that status. What nobody answers is 404. The list that
 * comes back holds what was asked, in order.
 */
export function server(replies: Record<string, Reply>): Asked[] {
  const sent: Asked[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    const asked = { method: init.method ?? "GET", path: pathname, query: searchParams, body: typeof init.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {}, headers: init.headers as Record<string, string> };
    sent.push(asked);
    init.signal?.throwIfAborted();
    const reply = replies[`${asked.method} ${pathname}`];
    const answer: unknown = typeof reply === "function" ? await (reply as (asked: Asked) => unknown)(asked) : reply;
    const [status, body] = answer === undefined ? [404, { code: "not_found" }] : Array.isArray(answer) ? (answer as [number, unknown]) : [200, answer];
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  });
  return sent;
}
