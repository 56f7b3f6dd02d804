/** The door and what one proves with, as the server would answer. */
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Route, Routes } from "react-router";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { rememberCsrf, request } from "@/api/client";
import { toBytes, toText } from "@/api/passkey";
import { keys } from "@/api/keys";
import { draw, startTexts } from "@/renderer/testing/render";
import SignInPage from "../SignInPage";
import { APP, type Asked, server, signedIn } from "../testing/world";
import ProveDialog from "./ProveDialog";
import SecurityPage from "./SecurityPage";
import { deviceName, networksIn, toldProblem } from "./words";

const NONE = { password: true, totp: false, recovery_codes: 0, passkeys: [], identities: [], demanded: false, passkeys_here: false, sessions: [] };
const CODES = ["aaaaaa-bbbbbb-cccccc-dddddd", "eeeeee-ffffff-gggggg-hhhhhh"];
const CLOSED = { "GET /api/setup": [404, { code: "page.not_found" }], "GET /api/session": { ways: { passkey: false, oidc: [] } } };

beforeAll(startTexts);
beforeEach(() => rememberCsrf("t", "li"));
afterEach(() => vi.unstubAllGlobals());

function door(at: string) {
  draw(<Routes><Route path="/login" element={<SignInPage />} /><Route path="*" element={<p>inside</p>} /></Routes>, { at, queries: signedIn(), app: APP });
}

async function signIn() {
  await userEvent.type(await screen.findByLabelText("账号"), "li");
  await userEvent.type(screen.getByLabelText("密码"), "a long enough phrase 1");
  await userEvent.click(screen.getByRole("button", { name: "登录" }));
}

it("asks for the second factor that a password owes, and goes on where one wanted to go", async () => {
  const codes: unknown[] = [[422, { code: "session.wrong_code", detail: "验证码不对，或已经用过" }], { csrf_token: "whole" }];
  const sent = server({ ...CLOSED, "POST /api/session": { csrf_token: "half", second_factor: ["totp", "recovery"] }, "POST /api/session/second": () => codes.shift() });
  door("/login?next=%2Fe%2Fcustomer");
  await signIn();
  const code = await screen.findByLabelText("验证码");
  expect(screen.getByRole("heading", { name: "第二步验证" })).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "用通行密钥" })).toBeNull();
  await userEvent.type(code, "123456");
  await userEvent.click(screen.getByRole("button", { name: "验证" }));
  expect(await screen.findByText("验证码不对，或已经用过")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "改用恢复码" }));
  await userEvent.type(screen.getByLabelText("恢复码"), CODES[0]!);
  await userEvent.click(screen.getByRole("button", { name: "验证" }));
  expect(await screen.findByText("inside")).toBeInTheDocument();
  expect(sent.filter(({ path }) => path.endsWith("/second")).map(({ body, headers }) => [body["code"], headers["X-CSRF-Token"]])).toEqual([["123456", "half"], [CODES[0], "half"]]);
});

it("offers accounts elsewhere, tells why one came back, and asks for what such an account owes", async () => {
  server({ ...CLOSED, "GET /api/session": { ways: { passkey: true, oidc: [{ key: "company", title: "企业账号" }] } } });
  door("/login?problem=oidc.unlinked");
  expect(await screen.findByRole("button", { name: "用企业账号登录" })).toBeInTheDocument();
  expect(screen.getByRole("alert")).toHaveTextContent("还没有关联");
});

it("begins with the second step where an account elsewhere owes it", async () => {
  const sent = server({ ...CLOSED, "GET /api/session": { ways: { passkey: false, oidc: [] }, second_factor: ["totp", "recovery"], csrf_token: "half" }, "POST /api/session/second": { csrf_token: "whole" } });
  door("/login?next=/tasks");
  await userEvent.type(await screen.findByLabelText("验证码"), "123456");
  await userEvent.click(screen.getByRole("button", { name: "验证" }));
  expect(await screen.findByText("inside")).toBeInTheDocument();
  expect(sent.find(({ path }) => path.endsWith("/second"))?.headers["X-CSRF-Token"]).toBe("half");
});

it("sets up an app: the picture, the key, the first code, and the recovery codes once", async () => {
  let known: unknown = NONE;
  const sent = server({
    "GET /api/me/security": () => known,
    "GET /api/me": { id: "li", login: "li", name: "李婷", roles: [], may: [], csrf_token: "t" },
    "GET /api/session": { ways: { passkey: false, oidc: [] } },
    "POST /api/me/totp": { secret: "JBSWY3DPEHPK3PXP", url: "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP" },
    "POST /api/me/totp/confirm": () => {
      known = { ...NONE, totp: true, recovery_codes: 10 };
      return { recovery_codes: CODES };
    },
  });
  draw(<SecurityPage />, { at: "/me/security", queries: signedIn(), app: APP });
  await userEvent.click(await screen.findByRole("button", { name: "设置验证器" }));
  expect(await screen.findByText("JBSW Y3DP EHPK 3PXP")).toBeInTheDocument();
  expect(screen.getByRole("img", { name: "验证器的二维码" })).toBeInTheDocument();
  await userEvent.type(screen.getByLabelText("验证码"), "123456");
  await userEvent.click(screen.getByRole("button", { name: "确认" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(CODES[1]!)).toBeInTheDocument();
  await userEvent.click(dialog.getByRole("button", { name: "我已保存" }));
  await waitFor(() => expect(screen.getByText(/还剩 10 个恢复码/)).toBeInTheDocument());
  expect(screen.getByRole("button", { name: "停用验证器" })).toBeInTheDocument();
  expect(sent.find(({ path }) => path.endsWith("/confirm"))?.body).toEqual({ code: "123456" });
});

it("lists where one is signed in and ends one or all others", async () => {
  const row = (id: string, current: boolean, agent: string) => ({ id, current, way: "password", created_at: "2026-11-20T00:00:00Z", seen_at: "2026-11-22T00:00:00Z", expires_at: "2026-11-23T00:00:00Z", network: "203.0.113.7", agent });
  const sent = server({
    "GET /api/me/security": { ...NONE, sessions: [row("a", true, "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0"), row("b", false, "Mozilla/5.0 (iPhone) MicroMessenger/8.0")] },
    "GET /api/session": { ways: { passkey: false, oidc: [] } },
    "DELETE /api/me/sessions/b": {}, "DELETE /api/me/sessions": {},
  });
  draw(<SecurityPage />, { at: "/me/security", queries: signedIn(), app: APP });
  expect(await screen.findByText("Edge · Windows")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "结束“微信 · iOS”的登录" }));
  await userEvent.click(screen.getByRole("button", { name: "结束其他所有登录" }));
  await waitFor(() => expect(sent.filter(({ method }) => method === "DELETE").map(({ path }) => path)).toEqual(["/api/me/sessions/b", "/api/me/sessions"]));
});

it("asks once more who one is, sends the request again, and lets go where one declines", async () => {
  const proofs: unknown[] = [[401, { code: "session.wrong_password", detail: "登录名或密码不对" }], { csrf_token: "proved" }];
  let isProved = false;
  const sent = server({
    "GET /api/me/security": { ...NONE, totp: true },
    "POST /api/session/proof": () => {
      isProved = proofs.length === 1;
      return proofs.shift();
    },
    "POST /api/users": ({ body }: Asked) => (isProved ? { made: body["login"] } : [403, { code: "session.prove_again", detail: "请再次验证身份" }]),
  });
  const queries = signedIn();
  queries.setQueryData(keys.security, undefined);
  draw(<ProveDialog />, { at: "/", queries, app: APP });
  const made = request("POST", "/api/users", { body: { login: "zoe" } });
  const password = await screen.findByLabelText("密码");
  await userEvent.type(password, "guess");
  await userEvent.click(screen.getByRole("button", { name: "验证" }));
  expect(await screen.findByText("登录名或密码不对")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "改用验证码" }));
  await userEvent.type(await screen.findByLabelText("验证码"), "123456");
  await userEvent.click(screen.getByRole("button", { name: "验证" }));
  expect(await made).toEqual({ made: "zoe" });
  expect(sent.filter(({ path }) => path.endsWith("/proof")).map(({ body }) => body)).toEqual([{ password: "guess" }, { code: "123456" }]);
  expect(sent.filter(({ path }) => path === "/api/users").map(({ headers }) => headers["X-CSRF-Token"])).toEqual(["t", "proved"]);

  isProved = false;
  const again = request("POST", "/api/users", { body: { login: "yan" } }).catch((problem: { code: string }) => problem.code);
  await userEvent.click(await screen.findByRole("button", { name: /close|关闭/i }));
  expect(await again).toBe("session.prove_again");
});

describe("words", () => {
  it("takes from an address nothing but what it knows", () => {
    const t = (key: string) => key;
    expect(toldProblem("oidc.step", t)).toBe("security.told.oidc_step");
    expect(toldProblem("<b>", t)).toBe("security.told.other");
    expect(toldProblem(null, t)).toBeUndefined();
  });

  it("knows devices by what they call themselves", () => {
    expect(deviceName("Mozilla/5.0 (Linux; Android 14) AppleWebKit Chrome/130 Mobile Safari/537.36 wxwork/4.1")).toBe("企业微信 · Android");
    expect(deviceName("curl/8.5")).toBe("curl/8.5");
    expect(deviceName("")).toBe("");
  });

  it("reads networks as people write them", () => {
    expect(networksIn(" 10.0.0.0/8，203.0.113.7\n2001:db8::/32 ")).toEqual(["10.0.0.0/8", "203.0.113.7", "2001:db8::/32"]);
    expect(networksIn("")).toEqual([]);
  });

  it("turns bytes into text and back", () => {
    const bytes = Uint8Array.from([0, 250, 251, 252, 253, 254, 255]);
    expect(toText(bytes.buffer)).toBe("APr7_P3-_w");
    expect(toBytes("APr7_P3-_w")).toEqual(bytes);
  });
});
