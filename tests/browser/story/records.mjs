/**
 * Many records at once: a namesake is noticed while she is entered, two records are changed together and that is taken back,
 * they are merged and parted again, and a deletion says what stands against it.
 */
import { choose, field, same, sound } from "../lib/browser.mjs";

const NAME = "周敏";
/** Read like her, in the same shop. */
const NAMESAKE = "周闽";

/** `page` is headquarters, signed in; `notes.customer` is the address of the customer. */
export function recordsStory(page, notes) {
  return [...entrySteps(page, notes), ...batchSteps(page), ...mergeSteps(page), ...deletionSteps(page, notes)];
}

function entrySteps(page, notes) {
  return [
    ["a namesake is noticed while she is entered", async () => {
      await page.goto("/e/customer/new");
      await field(page, "name").getByRole("textbox").fill(NAMESAKE);
      await choose(field(page, "shop").getByRole("combobox"), "南京新街口店", "南京");
      const note = field(page, "name").getByRole("group", { name: "同店同音的名字" });
      const link = note.getByRole("link", { name: NAME });
      same(await link.getAttribute("href"), notes.customer, "where the note leads");
      await sound(page, "duplicate-at-entry");
    }],
    ["she is saved all the same, for the rule only warns", async () => {
      await page.getByRole("button", { name: "保存" }).click();
      await page.getByRole("heading", { level: 1, name: NAMESAKE }).waitFor();
      notes.namesake = new URL(page.url()).pathname;
    }],
  ];
}

function batchSteps(page) {
  const dialog = page.getByRole("dialog");
  return [
    ["two records are picked in the list", async () => {
      await page.goto("/e/customer");
      for (const name of [NAME, NAMESAKE]) await page.getByRole("checkbox", { name: `选择“${name}”` }).check();
      await page.getByRole("region", { name: "对选中的记录" }).getByText("已选 2 条").waitFor();
      await sound(page, "list-picked");
    }],
    ["a change of both is tried, and then made", async () => {
      await page.getByRole("button", { name: "批量修改" }).click();
      await choose(dialog.getByLabel("字段"), "备注", "备注");
      await dialog.getByLabel("改为").fill("老客户");
      await dialog.getByRole("button", { name: "先试一遍" }).click();
      await dialog.getByText("可以修改 2 条，不能修改 0 条。还没有写入。").waitFor();
      await sound(page, "batch-tried");
      await dialog.getByRole("button", { name: "修改 2 条" }).click();
      await page.getByText("已修改 2 条").waitFor();
    }],
    ["it is taken back as a whole", async () => {
      await page.getByRole("button", { name: "撤销", exact: true }).click();
      await page.getByText("已撤销 2 条").waitFor();
    }],
  ];
}

function mergeSteps(page) {
  return [
    ["all customers are searched for duplicates", async () => {
      await page.getByRole("link", { name: "查重" }).click();
      await page.getByRole("button", { name: "开始查重" }).click();
      const group = page.getByRole("group", { name: "同店同音的名字" });
      await group.getByRole("link", { name: NAMESAKE }).waitFor();
      await sound(page, "duplicates");
      await group.getByRole("link", { name: "合并" }).click();
    }],
    ["the merge shows what differs and what goes along", async () => {
      await page.getByRole("radio", { name: NAME, exact: true }).check();
      await page.getByRole("radio", { name: `客户名称取“${NAME}”的值` }).waitFor();
      await page.getByRole("button", { name: `全部取“${NAME}”的值` }).click();
      await page.getByText(`以下内容转到“${NAME}”：`).waitFor();
      await sound(page, "merge");
    }],
    ["the two become one", async () => {
      await page.getByRole("button", { name: "合并这 2 条" }).click();
      await page.getByText(`已合并为“${NAME}”`).waitFor();
      await page.getByRole("link", { name: "打开记录" }).click();
      await page.getByRole("region", { name: "合并记录" }).getByText(new RegExp(`合并进了 ${NAMESAKE}`)).waitFor();
    }],
    ["and two again", async () => {
      const past = page.getByRole("region", { name: "合并记录" });
      await past.getByRole("button", { name: "撤销合并" }).click();
      await page.getByRole("tooltip").getByRole("button", { name: "撤销合并" }).click();
      await past.getByText("已撤销").waitFor();
    }],
  ];
}

function deletionSteps(page, notes) {
  const dialog = page.getByRole("dialog");
  return [
    ["a customer with orders is not deleted, and the dialog says why", async () => {
      await page.goto(notes.customer);
      await page.getByRole("button", { name: "删除" }).click();
      await dialog.getByText("不能删除，还有记录关联着它").waitFor();
      await dialog.getByText(/订单（/).waitFor();
      same(await dialog.getByRole("button", { name: "删除" }).isDisabled(), true, "the button is off");
      await sound(page, "deletion");
      await dialog.getByRole("button", { name: "取消" }).click();
    }],
    ["her namesake is", async () => {
      await page.goto(notes.namesake);
      await page.getByRole("button", { name: "删除" }).click();
      await dialog.getByRole("button", { name: "删除" }).click();
      await page.waitForURL((url) => url.pathname === "/e/customer");
      await page.getByRole("link", { name: NAME }).first().waitFor();
      same(await page.getByRole("link", { name: NAMESAKE }).count(), 0, NAMESAKE);
    }],
  ];
}
