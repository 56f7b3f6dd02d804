/** The door: a passkey, an authenticator app, its recovery codes, and where one is signed in; at a desk and on a phone. */
import { createHmac } from "node:crypto";
import { narrow, same, signIn, sound } from "../lib/browser.mjs";
import { PASSWORD } from "../lib/world.mjs";

/** `desk` and `phone` are pages of their own. */
export function doorStory(desk, phone) {
  const notes = {};
  return [
    ["an authenticator that holds passkeys is plugged in", async () => {
      const devtools = await desk.context().newCDPSession(desk);
      await devtools.send("WebAuthn.enable");
      const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
      await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
    }],
    ["a passkey is added", async () => {
      await signIn(desk, "wang", PASSWORD);
      await desk.getByRole("link", { name: "账号安全" }).click();
      await desk.getByRole("heading", { level: 1, name: "账号安全" }).waitFor();
      await sound(desk, "security");
      await desk.getByRole("button", { name: "添加通行密钥" }).click();
      const codes = desk.getByRole("dialog");
      await codes.getByText("每个只能用一次").waitFor();
      same(await codes.locator(".kz-codes li").count(), 10, "recovery codes");
      await codes.getByRole("button", { name: "我已保存" }).click();
      await desk.getByRole("button", { name: /^删除通行密钥/ }).waitFor();
    }],
    ["and signs in without a password", async () => {
      await desk.getByRole("button", { name: "退出登录" }).click();
      await desk.getByRole("button", { name: "用通行密钥" }).click();
      await desk.waitForURL((url) => url.pathname !== "/login");
      await desk.getByRole("heading", { level: 1, name: /王海燕/ }).waitFor();
    }],
    ["an app is set up on a phone", async () => {
      await signIn(phone, "zhao", PASSWORD);
      await phone.goto("/me/security");
      await phone.getByRole("button", { name: "设置验证器" }).click();
      notes.secret = (await phone.locator(".kz-secret").textContent()).replaceAll(" ", "");
      await narrow(phone, "totp");
      await sound(phone, "phone-totp");
      await phone.getByLabel("验证码").fill(codeOf(notes.secret, 0));
      await phone.getByRole("button", { name: "确认" }).click();
      const codes = phone.getByRole("dialog");
      notes.code = await codes.locator("code").first().textContent();
      await narrow(phone, "recovery-codes");
      await codes.getByRole("button", { name: "我已保存" }).click();
      await phone.getByText("还剩 10 个恢复码").waitFor();
      await narrow(phone, "security");
    }],
    ["its code is asked for, and a recovery code opens too", async () => {
      await phone.getByRole("button", { name: "退出登录" }).click();
      await enter(phone);
      await narrow(phone, "second-step");
      await sound(phone, "phone-second-step");
      await phone.getByLabel("验证码").fill(codeOf(notes.secret, 1));
      await phone.getByRole("button", { name: "验证", exact: true }).click();
      await phone.waitForURL((url) => url.pathname !== "/login");
      await phone.getByRole("button", { name: "退出登录" }).click();
      await enter(phone);
      await phone.getByRole("button", { name: "改用恢复码" }).click();
      await phone.getByLabel("恢复码").fill(notes.code);
      await phone.getByRole("button", { name: "验证", exact: true }).click();
      await phone.waitForURL((url) => url.pathname !== "/login");
      await phone.goto("/me/security");
      await phone.getByText("还剩 9 个恢复码").waitFor();
    }],
  ];
}

/** The first half of a sign-in. */
async function enter(page) {
  await page.goto("/login");
  await page.getByLabel("账号").fill("zhao");
  await page.locator("input[type=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await page.getByRole("heading", { name: "第二步验证" }).waitFor();
}

/** The code of an app so many steps of 30 seconds from now (RFC 6238). */
function codeOf(secret, steps) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const tag = createHmac("sha1", key).update(step).digest();
  const number = tag.readUInt32BE(tag[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
