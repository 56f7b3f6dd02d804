/** Chromium, one context for each person, and what the stories look at on a page. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const RESULTS = fileURLToPath(new URL("../results/", import.meta.url));
const PATIENCE_MS = 15_000;
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic"];

/** Every page that is open, with what went wrong in it. */
export class Browser {
  #browser;
  #pages = new Map();
  problems = [];

  static async start() {
    const self = new Browser();
    self.#browser = await chromium.launch({ executablePath: process.env.KEZHI_CHROMIUM ?? "/usr/bin/chromium", args: QUIET });
    return self;
  }

  /** A page of a person of their own, at `base`. */
  async page(name, { base, language = "zh-CN", width = 1280, height = 900 }) {
    const context = await this.#browser.newContext({ baseURL: base, locale: language, timezoneId: "Asia/Shanghai", viewport: { width, height }, hasTouch: width < 600 });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.problems.push(`${name}: ${error.message}`));
    page.on("response", (answer) => {
      if (answer.status() >= 500) this.problems.push(`${name}: ${answer.status()} ${answer.request().method()} ${answer.url()}`);
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(base) && /^https?:/.test(request.url())) this.problems.push(`${name}: asks ${request.url()}`);
    });
    this.#pages.set(name, page);
    return page;
  }

  /** Pictures of all pages, named after what happened. */
  async picture(what) {
    await mkdir(RESULTS, { recursive: true });
    for (const [name, page] of this.#pages) {
      if (page.isClosed()) continue;
      const file = `${what} ${name}.png`.replace(/[^\p{Letter}\p{Number}.-]+/gu, "_");
      await page.screenshot({ path: join(RESULTS, file), animations: "disabled" }).catch((error) => console.log(`  no picture of ${name}: ${error.message}`));
    }
  }

  async close() {
    await this.#browser.close();
  }
}

/** A picture of one page when the pictures are wanted: `KEZHI_PICTURES=1`. */
export async function look(page, name) {
  if (!process.env.KEZHI_PICTURES) return;
  await mkdir(RESULTS, { recursive: true });
  await page.screenshot({ path: join(RESULTS, `look-${name}.png`), animations: "disabled", fullPage: true });
}

/** Throws when axe finds something serious or critical on the page. */
export async function sound(page, name) {
  await settled(page);
  await look(page, name);
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = grave.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join(" · ")}`);
  if (told.length > 0) throw new Error(`axe on ${name}: ${told.join("\n")}`);
}

/** Throws when the page can be moved sideways. */
export async function narrow(page, name) {
  await settled(page);
  const { wide, inner } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, inner: innerWidth }));
  if (wide > inner) throw new Error(`${name} is ${wide} px wide on a screen of ${inner} px`);
}

/** Nothing loads, nothing moves. */
async function settled(page) {
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity).map((one) => one.finished)));
}

/** Signs in at the door. */
export async function signIn(page, login, password, go = "登录") {
  await page.goto("/login");
  await page.getByLabel(/^(账号|Account|Login|Login name)$/).fill(login);
  await page.locator("input[type=password]").fill(password);
  await page.getByRole("button", { name: go }).click();
  await page.waitForURL((url) => url.pathname !== "/login");
}

/** The field of a form by its key. */
export const field = (page, key) => page.locator(`.kz-field[data-field="${key}"]`);

/** Picks an entry of a list of options; types `search` first where the list is asked from the server. */
export async function choose(box, name, search) {
  const page = box.page();
  await box.click();
  if (search) await box.fill(search);
  const option = page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: name }).first();
  await option.click();
  // A page that moves under the mouse takes the click elsewhere; a person would click again.
  await option.waitFor({ state: "hidden", timeout: 2_000 }).catch(() => option.click());
}

/** Chooses one of several in a box of a dialog, whose list stays open meanwhile, and leaves the box. */
export async function chooseAlso(box, name) {
  const page = box.page();
  await box.click();
  const list = page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)");
  await list.locator(".ant-select-item-option", { hasText: name }).first().click();
  await page.locator(".ant-modal-title:visible").click();
  await list.waitFor({ state: "hidden" });
}

/** Throws with both when they differ. */
export function same(found, wanted, what) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
}

/** Waits until `find()` gives something that `accept` takes, and gives it back; throws with the last one found. */
export async function until(find, accept, what) {
  const end = Date.now() + PATIENCE_MS;
  let found = await find();
  while (!accept(found)) {
    if (Date.now() > end) throw new Error(`${what}: still ${JSON.stringify(found)}`);
    await new Promise((next) => setTimeout(next, 50));
    found = await find();
  }
  return found;
}

/** What the browser keeps of unsent forms, the field values only. */
export function unsent(page) {
  return page.evaluate(() => new Promise((resolve, reject) => {
    const request = indexedDB.open("kezhi");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      const all = database.transaction("unsent", "readonly").objectStore("unsent").getAll();
      all.onerror = () => reject(all.error);
      all.onsuccess = () => {
        database.close();
        resolve(all.result.map(({ value }) => value));
      };
    };
  }));
}
