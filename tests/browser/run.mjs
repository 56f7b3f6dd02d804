/**
 * Tells the story of one company in Chromium, against the real binary on a fresh data folder, and fails when a step is missing.
 *
 *   node run.mjs                 every story
 *   KEZHI_BIN=…                  the binary; target/debug/kezhi when absent
 *   KEZHI_CHROMIUM=…             the browser; /usr/bin/chromium when absent
 *   KEZHI_PICTURES=1             keeps a picture of every screen in results/, not only of those that failed
 */
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Browser } from "./lib/browser.mjs";
import { Report } from "./lib/report.mjs";
import { startServer } from "./lib/server.mjs";
import { foundCompany } from "./lib/world.mjs";
import { builderStory } from "./story/builder.mjs";
import { composingStory } from "./story/composing.mjs";
import { demoStory } from "./story/demo.mjs";
import { peopleStory } from "./story/people.mjs";
import { doorStory } from "./story/door.mjs";
import { phoneStory } from "./story/phone.mjs";
import { recordsStory } from "./story/records.mjs";
import { staffStory } from "./story/staff.mjs";

await rm(fileURLToPath(new URL("results", import.meta.url)), { recursive: true, force: true });
const browser = await Browser.start();
const report = new Report((what) => browser.picture(what));
const server = await startServer();
let isBad = true;
try {
  await foundCompany(server.base);
  const open = (name, more) => browser.page(name, { base: server.base, ...more });
  const notes = {};
  const people = { clerk: await open("clerk"), manager: await open("manager"), headquarters: await open("headquarters"), admin: await open("admin") };
  await report.story("A clerk's day", staffStory(people, notes));
  await report.story("Many records at once", recordsStory(people.headquarters, notes));
  await report.story("An administrator changes the application", builderStory(people, notes));
  await report.story("中文 is composed", composingStory(people, notes));
  await report.story("Somebody comes and goes", peopleStory({ admin: people.admin, newcomer: await open("newcomer"), phone: await open("small", { width: 360, height: 740 }), base: server.base }));
  await report.story("English, and a phone", phoneStory(await open("phone", { width: 360, height: 740 }), people.clerk, notes));
  await report.story("The door", doorStory(await open("desk", { base: server.base.replace("127.0.0.1", "localhost") }), await open("door-phone", { width: 360, height: 740 })));
  await report.story("The demo", demoStory(browser));
  await report.story("Afterwards", [["no page broke, nothing was asked from outside", async () => {
    if (browser.problems.length > 0) throw new Error(browser.problems.join("\n"));
  }]]);
  isBad = report.end();
} finally {
  await browser.close();
  await server.stop();
}
process.exit(isBad ? 1 : 0);
