/**
 * An administrator changes the application while a clerk has a form open: a field that is shown only for cosmetics, drawn in
 * the builder, published, and there after a reload of that form, with no restart.
 */
import { choose, field, same, signIn, sound, until } from "../lib/browser.mjs";
import { PASSWORD } from "../lib/world.mjs";

const FIELD = "皮肤类型";

/** The pages of the administrator and of the clerk, who is signed in. */
export function builderStory({ admin, clerk }, notes) {
  return [
    ["the clerk has an edit form open and finds no such field", async () => {
      await clerk.goto(notes.customer);
      await clerk.getByRole("link", { name: "编辑" }).click();
      await choose(field(clerk, "preference").getByRole("combobox"), "化妆品");
      await clerk.waitForTimeout(600);
      same(await clerk.getByText(FIELD).count(), 0, FIELD);
    }],
    ["a clerk is not let into the builder", async () => {
      same(await clerk.getByRole("link", { name: "搭建" }).count(), 0, "door to the builder");
    }],
    ["the administrator opens 搭建", async () => {
      await signIn(admin, "admin", PASSWORD);
      await admin.getByRole("link", { name: "搭建" }).click();
      await admin.getByRole("link", { name: "会员", exact: true }).first().waitFor();
      await sound(admin, "builder-overview");
    }],
    ...fieldSteps(admin),
    ...otherEditors(admin),
    ...publishSteps(admin),
    ["the clerk's open page has the field after a reload", async () => {
      await clerk.reload();
      await choose(field(clerk, "preference").getByRole("combobox"), "休闲食品");
      await field(clerk, "skin_type").waitFor({ state: "detached" });
      await choose(field(clerk, "preference").getByRole("combobox"), "化妆品");
      await field(clerk, "skin_type").waitFor();
      await choose(field(clerk, "skin_type").getByRole("combobox"), "油性");
      await clerk.getByRole("button", { name: "保存" }).click();
      await clerk.getByRole("link", { name: "编辑" }).waitFor();
      await clerk.locator("main").getByText("油性").first().waitFor();
    }],
    ...renameSteps(admin),
    ["what the clerk entered is still there under the new key", async () => {
      await clerk.reload();
      await clerk.locator("main").getByText("油性").first().waitFor();
      await clerk.getByRole("link", { name: "编辑" }).click();
      await field(clerk, "skin_kind").waitFor();
      await clerk.getByRole("button", { name: "取消" }).click();
    }],
  ];
}

/** A published field gets another key; its values go along. */
function renameSteps(page) {
  const panel = page.getByRole("complementary", { name: FIELD });
  return [
    ["a published field gets another key", async () => {
      await page.getByRole("link", { name: "会员", exact: true }).first().click();
      await page.getByRole("button", { name: FIELD, exact: true }).click();
      await panel.getByRole("button", { name: "更改标识…" }).click();
      await panel.getByLabel("标识").fill("skin_kind");
      await panel.getByRole("button", { name: "用这个标识" }).click();
      await panel.getByText("取自一个已有字段").waitFor();
      await sound(page, "field-renamed");
    }],
    ["the draft says that its values go along, and is published", async () => {
      await page.getByRole("link", { name: /发布 \d+ 处改动/ }).click();
      await page.getByRole("region", { name: "已有的值会怎样" }).getByText(/皮肤类型：取原字段“.*”的值，\d+ 条可转换/).waitFor();
      await sound(page, "evolution");
      await page.getByRole("button", { name: "发布", exact: true }).click();
      await page.getByText("第 3 版已发布").waitFor();
    }],
  ];
}

function fieldSteps(page) {
  const panel = page.getByRole("complementary", { name: FIELD });
  return [
    [`the field ${FIELD} is added to the entity`, async () => {
      await page.getByRole("link", { name: "会员", exact: true }).first().click();
      await page.getByRole("heading", { level: 1, name: "会员" }).waitFor();
      await page.getByRole("button", { name: "添加字段", exact: true }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("名称").fill(FIELD);
      await dialog.getByText("单选", { exact: true }).click();
      same(await dialog.getByLabel("标识").inputValue(), "skin_type", "key");
      await dialog.getByRole("button", { name: "添加" }).click();
      await panel.waitFor();
    }],
    ["it gets two choices", async () => {
      await panel.getByRole("button", { name: "添加选项" }).click();
      await panel.getByLabel("选项 1 的名称").fill("干性");
      await panel.getByRole("button", { name: "添加选项" }).click();
      await panel.getByLabel("选项 2 的名称").fill("油性");
    }],
    ["it is shown only for cosmetics", async () => {
      const show = panel.getByRole("group", { name: "何时显示" });
      await show.getByRole("button", { name: "添加条件" }).click();
      await choose(show.getByRole("combobox", { name: "字段" }), "主要偏好");
      await choose(show.getByRole("combobox", { name: "值" }), "化妆品");
      await page.getByRole("link", { name: /发布 \d+ 处改动/ }).waitFor();
      await page.getByText("已保存").waitFor();
      await page.getByText(/^\d+ 个错误$/).waitFor({ state: "detached" });
      await sound(page, "entity-editor");
    }],
    ["the form designer has it on the form, and its preview obeys the condition", async () => {
      await page.getByRole("link", { name: "会员档案", exact: true }).first().click();
      await page.getByRole("button", { name: /^皮肤类型 单选/ }).waitFor();
      const preview = page.getByRole("region", { name: "电脑" });
      same(await preview.getByText(FIELD).count(), 0, "shown too early");
      await choose(preview.getByLabel("主要偏好"), "化妆品");
      await preview.getByText(FIELD).waitFor();
      await sound(page, "form-designer");
    }],
    ["it is moved beside another with the mouse", () => moveField(page)],
  ];
}

/** Drags the field before 标签; what the canvas shows must have changed. */
async function moveField(page) {
  const names = () => page.locator(".kzb-box-name").allTextContents();
  const before = await names();
  // Tall enough that neither end of the way is out of sight.
  const size = page.viewportSize();
  await page.setViewportSize({ ...size, height: 3000 });
  const handle = page.getByLabel(`拖动 ${FIELD}`);
  const target = page.getByRole("button", { name: /^标签 标签/ });
  await handle.scrollIntoViewIfNeeded();
  const [from, to] = [await handle.boundingBox(), await target.boundingBox()];
  await page.mouse.move(from.x + 6, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(from.x + 30, from.y - 20, { steps: 5 });
  await page.mouse.move(to.x + 60, to.y - 3, { steps: 12 });
  await page.mouse.up();
  const is = (wanted) => (found) => JSON.stringify(found) === JSON.stringify(wanted);
  const after = await until(names, (found) => found.length === before.length && !is(before)(found), "after dropping");
  await page.keyboard.press("Control+z");
  await until(names, is(before), "undone");
  await page.keyboard.press("Control+Shift+z");
  await until(names, is(after), "done again");
  await page.setViewportSize(size);
}

function otherEditors(page) {
  return [
    ["a grade is tried on a real record", async () => {
      await page.getByRole("link", { name: "客户价值", exact: true }).first().click();
      await page.getByLabel("第 1 行的分数").waitFor();
      await choose(page.getByRole("combobox", { name: "记录" }), "周敏");
      await page.getByRole("button", { name: "评分", exact: true }).click();
      await page.locator(".kzb-trial").getByText("累计消费一万元以上").waitFor();
      await sound(page, "grade-editor");
    }],
    ["the chart of a workflow is drawn, and a node can be put on an edge", async () => {
      await page.getByRole("link", { name: "投诉处理", exact: true }).first().click();
      await page.locator(".kzb-node").first().waitFor();
      const before = await page.locator(".kzb-node").count();
      await page.locator(".kzb-edge button").first().click();
      await page.getByRole("menuitem", { name: "任务" }).click();
      same(await page.locator(".kzb-node").count(), before + 1, "nodes");
      await sound(page, "workflow-designer");
      await page.locator("h1").click();
      await page.keyboard.press("Control+z");
      same(await page.locator(".kzb-node").count(), before, "nodes after undoing");
      await page.getByText("已保存").waitFor();
    }],
  ];
}

function publishSteps(page) {
  return [
    ["the draft says what it would change", async () => {
      await page.getByRole("link", { name: /发布 \d+ 处改动/ }).click();
      await page.getByLabel("说明").fill("加皮肤类型");
      await page.locator("main").getByText(/skin_type|皮肤类型/).first().waitFor();
      await sound(page, "draft");
    }],
    ["it is published as release 2", async () => {
      await page.getByRole("button", { name: "发布", exact: true }).click();
      await page.getByText("第 2 版已发布").waitFor();
    }],
  ];
}
