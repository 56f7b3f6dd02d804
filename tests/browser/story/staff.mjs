/** The day of a clerk: a customer, her grade, the tasks that follow, an order that lifts her, and a complaint's approvals. */
import { choose, field, same, signIn, sound, unsent, until } from "../lib/browser.mjs";
import { PASSWORD } from "../lib/world.mjs";

const NAME = "周敏";
const TASK = `欢迎新会员 ${NAME}`;
const VIP_TASK = `${NAME} 升为 A 级，请致电`;
const COMPLAINT = "面霜使用后过敏";

/** The pages of three people; `notes.customer` keeps the address of the customer for the stories after. */
export function staffStory({ clerk, manager, headquarters }, notes) {
  return [
    ["the sign-in page is sound", async () => {
      await clerk.goto("/login");
      await clerk.getByRole("heading", { name: "登录" }).waitFor();
      await sound(clerk, "sign-in");
    }],
    ["a wrong password is refused in words", async () => {
      await clerk.getByLabel("账号").fill("li");
      await clerk.locator("input[type=password]").fill("not-this-one");
      await clerk.getByRole("button", { name: "登录" }).click();
      await clerk.getByRole("alert").getByText("账号或密码不对").waitFor();
    }],
    ["the clerk signs in and sees an empty home", async () => {
      await signIn(clerk, "li", PASSWORD);
      await clerk.getByRole("heading", { level: 1, name: /李婷/ }).waitFor();
      await clerk.getByText("手头没有待办").waitFor();
    }],
    ...customerSteps(clerk, notes),
    ...taskSteps(clerk, notes),
    ...orderSteps(clerk, notes),
    ...complaintSteps(clerk, manager, headquarters),
    ...importSteps(headquarters),
  ];
}

function customerSteps(page, notes) {
  return [
    ["the generated form opens from the list", async () => {
      await page.goto("/e/customer");
      await page.getByRole("link", { name: "新建", exact: true }).click();
      await page.getByRole("heading", { level: 1, name: "新建会员" }).waitFor();
      await field(page, "name").getByRole("textbox").waitFor();
      await sound(page, "form");
    }],
    ["fields that are hidden from a clerk are not on the form", async () => {
      await choose(field(page, "category").getByRole("combobox"), "企业团购");
      await field(page, "homepage").waitFor();
      same([await field(page, "credit_limit").count(), await field(page, "discount_rate").count()], [0, 0], "hidden fields");
    }],
    ["fields come and go while she chooses", async () => {
      same(await field(page, "gender").count(), 0, "gender of a company");
      await choose(field(page, "category").getByRole("combobox"), "个人会员");
      await field(page, "gender").waitFor();
      await field(page, "homepage").waitFor({ state: "detached" });
      await choose(field(page, "birthday_calendar").getByRole("combobox"), "农历");
      await field(page, "lunar_birthday").waitFor();
      await field(page, "birthday").waitFor({ state: "detached" });
    }],
    ["a missing name is told at the field", async () => {
      await field(page, "phone").getByRole("textbox").fill("13900000001");
      await page.getByRole("button", { name: "保存" }).click();
      await field(page, "name").locator(".kz-error").waitFor();
      same(await field(page, "name").getByRole("textbox").getAttribute("aria-invalid"), "true", "aria-invalid");
    }],
    ["what she typed survives a reload", async () => {
      await field(page, "name").getByRole("textbox").fill(NAME);
      await until(() => unsent(page), (kept) => kept.some(({ name }) => name === NAME), "what the browser keeps");
      await page.reload();
      await page.getByText(/已恢复您.*没有保存的内容/).waitFor();
      same(await field(page, "name").getByRole("textbox").inputValue(), NAME, "name after a reload");
    }],
    ["the customer is saved, with her grade and its reasons", async () => {
      await choose(field(page, "shop").getByRole("combobox"), "南京新街口店", "南京");
      await page.getByRole("button", { name: "保存" }).click();
      await page.getByRole("heading", { level: 1, name: NAME }).waitFor();
      notes.customer = new URL(page.url()).pathname;
      const grade = page.getByRole("region", { name: "客户等级" });
      await grade.locator(".kz-grade", { hasText: "C" }).waitFor();
      await grade.getByText("0 分").waitFor();
      await grade.getByRole("button", { name: "为什么" }).click();
      await grade.getByText("消费两次以上").waitFor();
      await grade.getByText(/按第 \d+ 版规则评定/).waitFor();
    }],
    ["the record page is sound, with its timeline", async () => {
      await page.getByText("李婷 新建了记录").waitFor();
      await sound(page, "record");
    }],
    ["the list shows her and is sound", async () => {
      await page.goto("/e/customer");
      await page.getByRole("link", { name: NAME }).or(page.getByRole("cell", { name: NAME })).first().waitFor();
      await sound(page, "list");
    }],
  ];
}

function taskSteps(page, notes) {
  return [
    ["the workflow's task is on the home page", async () => {
      await page.goto("/");
      await page.getByRole("link", { name: TASK }).waitFor();
      await sound(page, "home");
    }],
    ["the task is in the work centre", async () => {
      await page.getByRole("link", { name: TASK }).click();
      await page.getByRole("heading", { level: 2, name: TASK }).waitFor();
      await page.getByRole("button", { name: "已联系上" }).waitFor();
      await sound(page, "work-centre");
    }],
    ["she works the task", async () => {
      await field(page, "contact_note").getByRole("textbox").fill("已加微信，周末来店试用。");
      await page.getByRole("button", { name: "已联系上" }).click();
      await page.getByText("没有待办").first().waitFor();
    }],
    ["it is done, and the call is on the record", async () => {
      await page.goto("/tasks?box=done");
      await page.getByRole("button", { name: TASK }).waitFor();
      await page.goto(notes.customer);
      await page.getByText("入会回访").first().waitFor();
      await page.getByText(/流程“新会员欢迎回访”结束/).waitFor();
    }],
  ];
}

function orderSteps(page, notes) {
  const order = async (ticket, quantity, price) => {
    await page.goto("/e/order/new");
    await field(page, "ticket_no").getByRole("textbox").fill(ticket);
    await choose(field(page, "customer").getByRole("combobox"), NAME, NAME);
    await page.getByRole("button", { name: "添加一行" }).click();
    const row = field(page, "lines").getByRole("group", { name: "第 1 行" });
    await row.getByLabel("商品").fill("礼盒套装");
    await row.getByLabel("数量").fill(quantity);
    await row.getByLabel("单价").fill(price);
  };
  return [
    ["an order is reckoned while she types", async () => {
      await order("NJ90001", "2", "99");
      await field(page, "amount").getByText("198.00").waitFor();
      await page.getByRole("button", { name: "保存" }).click();
      await page.getByRole("heading", { level: 1, name: "NJ90001" }).waitFor();
    }],
    ["an order without a line is refused at the lines", async () => {
      await page.goto("/e/order/new");
      await field(page, "ticket_no").getByRole("textbox").fill("NJ90003");
      await choose(field(page, "customer").getByRole("combobox"), NAME, NAME);
      await page.getByRole("button", { name: "保存" }).click();
      await field(page, "lines").getByText("订单至少要有一行商品。").waitFor();
      await page.getByRole("button", { name: "取消" }).click();
      await page.getByRole("heading", { level: 1, name: "新建订单" }).waitFor({ state: "detached" });
    }],
    ["a large order arrives", async () => {
      await order("NJ90002", "12", "899");
      await page.getByRole("button", { name: "保存" }).click();
      await page.getByRole("heading", { level: 1, name: "NJ90002" }).waitFor();
    }],
    ["the customer is lifted to grade A, with reasons", async () => {
      await page.goto(notes.customer);
      const grade = page.getByRole("region", { name: "客户等级" });
      await grade.locator(".kz-grade", { hasText: "A" }).waitFor();
      await grade.getByText("80 分").waitFor();
      await grade.getByText("累计消费一万元以上").waitFor();
      await grade.getByText("最近 30 天内消费过").waitFor();
    }],
    ["the task for an A customer appears, and is worked on her page", async () => {
      const task = page.getByRole("region", { name: VIP_TASK });
      await task.getByRole("button", { name: "处理" }).click();
      await field(task, "contact_note").getByRole("textbox").fill("很高兴，预约下周护理。");
      await task.getByRole("button", { name: "已联系上" }).click();
      await task.waitFor({ state: "detached" });
      await page.getByText("升级祝贺").first().waitFor();
    }],
  ];
}

function complaintSteps(clerk, manager, headquarters) {
  const approve = async (page, login, task) => {
    await signIn(page, login, PASSWORD);
    await page.getByRole("link", { name: task }).click();
    await page.getByRole("heading", { level: 2, name: task }).waitFor();
  };
  return [
    ["a complaint above the limit is refused in words", async () => {
      await clerk.goto("/e/complaint/new");
      await field(clerk, "subject").getByRole("textbox").fill(COMPLAINT);
      await choose(field(clerk, "customer").getByRole("combobox"), NAME, NAME);
      await choose(field(clerk, "order").getByRole("combobox"), "NJ90002", "NJ90002");
      await choose(field(clerk, "shop").getByRole("combobox"), "南京新街口店", "南京");
      await choose(field(clerk, "severity").getByRole("combobox"), "严重");
      await field(clerk, "description").getByRole("textbox").fill("使用两天后脸颊泛红。");
      await field(clerk, "compensation").getByRole("textbox").fill("20000");
      await clerk.getByRole("button", { name: "保存" }).click();
      await field(clerk, "compensation").locator(".kz-error").waitFor();
    }],
    ["a complaint with a high compensation is entered", async () => {
      await field(clerk, "compensation").getByRole("textbox").fill("800");
      await clerk.getByRole("button", { name: "保存" }).click();
      await clerk.getByRole("heading", { level: 1, name: COMPLAINT }).waitFor();
      await clerk.getByText(/等待 王海燕 处理/).waitFor();
    }],
    ["the shop manager lowers it and approves", async () => {
      await approve(manager, "wang", `店长审批：${COMPLAINT}`);
      await field(manager, "compensation").getByRole("textbox").fill("600");
      await manager.getByLabel("意见").fill("情况属实。");
      await sound(manager, "approval");
      await manager.getByRole("button", { name: "同意", exact: true }).click();
      await manager.getByText("没有待办").first().waitFor();
    }],
    ["headquarters sees why, and approves", async () => {
      await approve(headquarters, "zhao", `总部审批：${COMPLAINT}`);
      same(await field(headquarters, "compensation").getByRole("textbox").inputValue(), "600.00", "compensation");
      await headquarters.getByRole("button", { name: "同意", exact: true }).click();
      await headquarters.getByText("没有待办").first().waitFor();
    }],
    ["the chart of the run shows the way it took", async () => {
      await clerk.reload();
      await clerk.getByRole("link", { name: "投诉处理" }).first().click();
      await clerk.getByText("王海燕").first().waitFor();
      await clerk.getByText("赵敏").first().waitFor();
      await sound(clerk, "run");
      await clerk.goBack();
    }],
    ["the complaint is approved, handled by the clerk and closed", async () => {
      await clerk.locator("main").getByText("同意赔付").first().waitFor();
      const task = clerk.getByRole("region", { name: `处理并回访：${COMPLAINT}` });
      await task.getByRole("button", { name: "处理" }).click();
      await field(task, "resolution").getByRole("textbox").fill("已退货并赔付 600 元。");
      await task.getByRole("button", { name: "完成" }).click();
      await clerk.locator("main").getByText("已结案").first().waitFor();
    }],
  ];
}

/** A file with one wrong row: tried, imported, taken back, and what the list finds as a file. */
function importSteps(page) {
  const rows = "姓名,手机号,电子邮件\n钱多多,13900000021,\n孙小小,13900000022,nobody\n";
  let imported = "";
  return [
    ["headquarters tries a file and sees which cell is wrong", async () => {
      await page.goto("/e/customer");
      await page.getByRole("link", { name: "导入" }).click();
      await page.getByLabel("选择文件").setInputFiles({ name: "会员.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
      await page.getByText("可以新建 1 条，更新 0 条，0 条没有变化，1 行有问题。").waitFor();
      await page.getByRole("cell", { name: "nobody" }).waitFor();
      await sound(page, "import");
    }],
    ["she imports it without workflows, and downloads the wrong row", async () => {
      await page.getByRole("checkbox", { name: "触发流程" }).uncheck();
      await page.getByRole("button", { name: "再试一遍" }).click();
      await page.getByRole("button", { name: "导入 1 条" }).click();
      await page.getByText("新建 1 条，更新 0 条，0 条没有变化，1 行没有导入。").waitFor();
      imported = page.url();
      const download = page.waitForEvent("download");
      await page.getByRole("link", { name: "下载有问题的行（Excel）" }).click();
      same(/^errors-.*\.xlsx$/.test((await download).suggestedFilename()), true, "the name of the workbook");
    }],
    ["the list finds the new customer, and goes out as a file", async () => {
      await page.getByRole("link", { name: "返回列表" }).click();
      await page.getByRole("searchbox").fill("钱多多");
      await page.getByRole("link", { name: "钱多多" }).waitFor();
      await page.getByRole("button", { name: "导出" }).click();
      const download = page.waitForEvent("download");
      await page.getByRole("link", { name: "CSV" }).click();
      same((await download).suggestedFilename(), "会员.csv", "the name of the file");
    }],
    ["she takes the import back", async () => {
      await page.goto(imported);
      await page.getByRole("button", { name: "撤销这次导入" }).click();
      await page.getByRole("tooltip").getByRole("button", { name: "撤销这次导入" }).click();
      await page.getByText("移入回收站 1 条，恢复 0 条，0 条保持现状。").waitFor();
    }],
  ];
}
