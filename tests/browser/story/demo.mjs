/** `kezhi serve --demo`: the sample chain is there, and its people sign in. */
import { look, signIn } from "../lib/browser.mjs";
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
  }]];
}
