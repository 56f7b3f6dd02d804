/** `kezhi serve --demo`: the sample chain is there, and its people sign in. */
import { look, narrow, same, signIn, sound } from "../lib/browser.mjs";
import { startServer } from "../lib/server.mjs";

/** Starts a server of its own and stops it. */
export function demoStory(browser) {
  return [["a clerk of the demo finds the customers of the shop", async () => {
    const server = await startServer(["--demo"]);
    try {
      const page = await browser.page("demo", { base: server.base });
      await signIn(page, "li", "demo");
      await look(page, "demo-home");
      await page.goto("/e/customer");
      await page.locator("tbody tr").nth(20).waitFor();
      await look(page, "demo-list");
      await page.locator("tbody tr").nth(3).click();
      await page.locator(".kz-grade").first().waitFor();
      await look(page, "demo-record");
      await page.close();
    } finally {
      await server.stop();
    }
  }], ["an auditor proves the audit on a phone, and takes it away", async () => {
    const server = await startServer(["--demo"]);
    try {
      const page = await browser.page("audit", { base: server.base, width: 360, height: 780 });
      await signIn(page, "admin", "demo");
      await page.goto("/audit");
      const first = page.locator(".kz-audit details").first();
      await first.locator("summary").tap();
      await first.getByText("编号", { exact: true }).waitFor();
      await narrow(page, "audit");
      await sound(page, "phone-audit");
      await page.getByRole("button", { name: "校验全部" }).tap();
      await page.getByText("全部一致，没有被改动").waitFor();
      await page.goto("/audit?action=session");
      await page.getByText("登录", { exact: true }).first().waitFor();
      await page.getByRole("button", { name: "导出为 CSV" }).tap();
      const file = page.getByRole("link", { name: /^下载（/ });
      await file.waitFor();
      const [download] = await Promise.all([page.waitForEvent("download"), file.tap()]);
      same(await download.failure(), null, "the file came");
      await page.getByRole("button", { name: "Switch to English" }).tap();
      await page.getByRole("heading", { level: 1, name: "Audit" }).waitFor();
      await page.getByText("Signed in").first().waitFor();
      await narrow(page, "audit-en");
      await page.close();
    } finally {
      await server.stop();
    }
  }]];
}
