/** 中文 typed through an input method: nothing is searched, computed or saved while a composition is open. */
import { field, same } from "../lib/browser.mjs";

const REST_MS = 900;

/** The clerk composes in the search box and in a form, the administrator in a script. */
export function composingStory({ clerk, admin }, notes) {
  return [
    ["nothing is searched while a word is composed", async () => {
      await clerk.goto("/e/customer");
      await clerk.getByRole("cell", { name: "周敏" }).first().waitFor();
      const box = clerk.getByRole("searchbox");
      await box.click();
      const sent = await sentWhile(clerk, () => compose(clerk, ["z", "zh", "zhou", "周min"]));
      same(sent, [], "sent while composing");
      same(new URL(clerk.url()).search, "", "address while composing");
      const after = await sentWhile(clerk, () => commit(clerk, "周敏"));
      same(after.filter((url) => url.includes(encodeURIComponent("周敏"))).length, 1, "searches afterwards");
      same(await box.inputValue(), "周敏", "search box");
      await clerk.getByRole("cell", { name: "周敏" }).first().waitFor();
    }],
    ["nothing is computed while a field of a form is composed", async () => {
      await clerk.goto("/e/order/new");
      const box = field(clerk, "note").getByRole("textbox");
      await box.waitFor();
      await clerk.waitForTimeout(REST_MS);
      await box.click();
      const sent = await sentWhile(clerk, () => compose(clerk, ["l", "li", "lihe"]));
      same(sent, [], "sent while composing");
      await commit(clerk, "礼盒");
      same(await box.inputValue(), "礼盒", "note");
    }],
    ["a script takes 中文 whole", async () => {
      await admin.goto("/builder/rules/compensation_limit.rhai");
      const editor = admin.locator(".cm-content");
      await editor.click();
      await admin.keyboard.press("Control+End");
      await admin.keyboard.press("Enter");
      await admin.keyboard.type("// ");
      await compose(admin, ["s", "sh", "shangxian"]);
      await commit(admin, "上限");
      await editor.getByText("// 上限", { exact: true }).waitFor();
      await admin.getByText("已保存").waitFor();
    }],
    ["a node of a chart is named in 中文", async () => {
      await admin.goto("/builder/workflows/complaint_approval");
      await admin.locator(".kzb-node").nth(2).click();
      const name = admin.getByRole("complementary").getByLabel("名称").first();
      await name.fill("");
      await name.click();
      await compose(admin, ["d", "dian", "dianzhang"]);
      await commit(admin, "店长复核");
      same(await name.inputValue(), "店长复核", "name of the node");
      await admin.locator(".kzb-node", { hasText: "店长复核" }).waitFor();
    }],
  ];
}

async function compose(page, stages) {
  const client = await page.context().newCDPSession(page);
  for (const text of stages) {
    await client.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
    await page.waitForTimeout(60);
  }
  await client.detach();
}

async function commit(page, text) {
  const client = await page.context().newCDPSession(page);
  await client.send("Input.insertText", { text });
  await client.detach();
}

/** What was asked of the API while something was done, and until typing would have rested. */
async function sentWhile(page, act) {
  const sent = [];
  const note = (request) => {
    if (request.url().includes("/api/") && !/\/api\/(tasks|me)\b/.test(request.url())) sent.push(request.url());
  };
  page.on("request", note);
  await act();
  await page.waitForTimeout(REST_MS);
  page.off("request", note);
  return sent;
}
