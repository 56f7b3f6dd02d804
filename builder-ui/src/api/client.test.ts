/** What goes out with a request, and what comes back as a problem. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ask, onProofAsked, onSignedOut, Problem, rememberCsrf, request } from "./client";

let sent: { url: string; init: RequestInit }[] = [];
let answer: () => Response | Promise<Response>;

beforeEach(() => {
  sent = [];
  answer = () => Response.json({ ok: true }, { headers: { etag: '"3"' } });
  rememberCsrf("token");
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    sent.push({ url, init });
    return Promise.resolve(answer());
  });
});
afterEach(() => vi.unstubAllGlobals());

const headers = () => sent[0]!.init.headers as Record<string, string>;

describe("what goes out", () => {
  it("carries the CSRF token on unsafe requests only", async () => {
    await request("GET", "/api/app");
    expect(headers()["X-CSRF-Token"]).toBeUndefined();
    sent = [];
    await request("POST", "/api/x", { body: {} });
    expect(headers()["X-CSRF-Token"]).toBe("token");
  });

  it("quotes a version for If-Match and leaves an entity tag as it is", async () => {
    await request("DELETE", "/api/x", { ifMatch: 7 });
    expect(headers()["If-Match"]).toBe('"7"');
    sent = [];
    await request("PUT", "/api/x", { ifMatch: '"abc"', raw: "text" });
    expect(headers()["If-Match"]).toBe('"abc"');
    expect(sent[0]!.init.body).toBe("text");
  });

  it("names the key of an act and the language", async () => {
    await request("POST", "/api/x", { body: { a: 1 }, idempotencyKey: "k1" });
    expect(headers()).toMatchObject({ "Idempotency-Key": "k1", "Accept-Language": "zh-CN", "Content-Type": "application/json" });
    expect(sent[0]!.init.body).toBe('{"a":1}');
  });

  it("leaves empty parameters out", async () => {
    await request("GET", "/api/x", { query: { q: "", limit: 5, after: undefined } });
    expect(sent[0]!.url).toBe("/api/x?limit=5");
  });
});

describe("what comes back", () => {
  it("gives the body and its entity tag", async () => {
    expect(await ask("GET", "/api/x")).toEqual({ data: { ok: true }, etag: '"3"', status: 200 });
  });

  it("reads a problem with its violations", async () => {
    const body = { title: "Invalid", status: 422, code: "record.invalid", detail: "1 problem", violations: [{ code: "record.required", pointer: "/name", message: "请填写" }] };
    answer = () => new Response(JSON.stringify(body), { status: 422, headers: { "content-type": "application/problem+json" } });
    const problem = await request("POST", "/api/x", { body: {} }).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ status: 422, code: "record.invalid", violations: [{ pointer: "/name" }] });
  });

  it("keeps what a conflict tells", async () => {
    answer = () => new Response(JSON.stringify({ code: "record.stale", stored: { version: 4 }, given: 3 }), { status: 412, headers: { "content-type": "application/problem+json" } });
    await expect(request("PATCH", "/api/x", { body: {} })).rejects.toMatchObject({ status: 412, body: { stored: { version: 4 } } });
  });

  it("understands an answer without a body, and one that is no JSON", async () => {
    answer = () => new Response(null, { status: 204 });
    expect(await request("DELETE", "/api/x")).toBe("");
    answer = () => new Response("<html>bad gateway", { status: 502, headers: { "content-type": "text/html" } });
    await expect(request("GET", "/api/x")).rejects.toMatchObject({ status: 502, code: "http.502" });
  });

  it("calls an unreachable server by its name", async () => {
    answer = () => Promise.reject(new TypeError("failed"));
    await expect(request("GET", "/api/x")).rejects.toMatchObject({ status: 0, code: "network.unreachable" });
  });

  it("tells when the session is gone, but not when a sign-in is refused", async () => {
    const gone = vi.fn();
    onSignedOut(gone);
    answer = () => new Response("{}", { status: 401, headers: { "content-type": "application/problem+json" } });
    await request("POST", "/api/session", { body: {} }).catch(() => undefined);
    expect(gone).not.toHaveBeenCalled();
    await request("GET", "/api/app").catch(() => undefined);
    expect(gone).toHaveBeenCalledOnce();
  });
});

describe("what is asked once more", () => {
  const problem = (status: number, code: string) => new Response(JSON.stringify({ code }), { status, headers: { "content-type": "application/problem+json" } });
  /** Answers in turn; the last one stays. */
  const inTurn = (...answers: (() => Response)[]) => {
    answer = () => (answers.length > 1 ? answers.shift()! : answers[0]!)();
  };

  it("sends the request again, as it was, once the person has proved who they are", async () => {
    const stop = onProofAsked(() => {
      rememberCsrf("another");
      return Promise.resolve(true);
    });
    inTurn(() => problem(403, "session.prove_again"), () => Response.json({ ok: true }));
    expect(await request("POST", "/api/users", { body: { login: "zoe" }, idempotencyKey: "k1" })).toEqual({ ok: true });
    expect(sent.map(({ init }) => [init.body, (init.headers as Record<string, string>)["Idempotency-Key"], (init.headers as Record<string, string>)["X-CSRF-Token"]])).toEqual([
      ['{"login":"zoe"}', "k1", "token"],
      ['{"login":"zoe"}', "k1", "another"],
    ]);
    stop();
  });

  it("asks one question for all that wait, and tells the refusal where the person declines", async () => {
    const asked = vi.fn(() => Promise.resolve(false));
    const stop = onProofAsked(asked);
    answer = () => problem(403, "session.prove_again");
    const refused = await Promise.all([1, 2].map((n) => request("POST", `/api/${n}`, { body: {} }).catch((error: Problem) => error.code)));
    expect(refused).toEqual(["session.prove_again", "session.prove_again"]);
    expect(asked).toHaveBeenCalledOnce();
    expect(sent).toHaveLength(2);
    stop();
    await expect(request("POST", "/api/x", { body: {} })).rejects.toMatchObject({ code: "session.prove_again" });
  });

  it("goes on under the token of another tab where the same person is signed in, and under nobody else's", async () => {
    rememberCsrf("token", "li");
    inTurn(() => problem(403, "session.csrf"), () => Response.json({ id: "li", csrf_token: "fresh" }), () => Response.json({ ok: true }));
    expect(await request("POST", "/api/x", { body: {} })).toEqual({ ok: true });
    expect((sent[2]!.init.headers as Record<string, string>)["X-CSRF-Token"]).toBe("fresh");
    const gone = vi.fn();
    onSignedOut(gone);
    inTurn(() => problem(403, "session.csrf"), () => Response.json({ id: "wang", csrf_token: "hers" }));
    await expect(request("POST", "/api/x", { body: {} })).rejects.toMatchObject({ code: "session.csrf" });
    expect(gone).toHaveBeenCalledOnce();
  });

  it("repeats what was under way while the session got another token", async () => {
    inTurn(
      () => {
        rememberCsrf("fresh");
        return problem(401, "session.required");
      },
      () => Response.json({ ok: true }),
    );
    expect(await request("GET", "/api/app")).toEqual({ ok: true });
    inTurn(() => problem(401, "session.required"));
    await expect(request("GET", "/api/app")).rejects.toMatchObject({ status: 401 });
  });
});
