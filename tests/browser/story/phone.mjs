/** The other language, and a screen of 360 px where nothing may need to be moved sideways. */
import { field, look, narrow, same, signIn, sound } from "../lib/browser.mjs";
import { PASSWORD } from "../lib/world.mjs";

/** `phone` is a page of its own, `clerk` one that is signed in. */
export function phoneStory(phone, clerk, notes) {
  const fits = (name, path, ready) => [`${name} fits a phone`, async () => {
    await phone.goto(typeof path === "function" ? path() : path);
    await ready();
    await narrow(phone, name);
    await sound(phone, `phone-${name}`);
  }];
  return [
    ["the language is switched to English, and stays", async () => {
      await clerk.goto("/");
      await clerk.getByRole("button", { name: "Switch to English" }).click();
      await clerk.getByText("My tasks").first().waitFor();
      same(await clerk.locator("html").getAttribute("lang"), "en", "language of the page");
      await clerk.reload();
      await clerk.getByRole("link", { name: "Home" }).waitFor();
      await clerk.getByRole("link", { name: "New Customer" }).waitFor();
      await sound(clerk, "home-en");
    }],
    ["a refusal is told in English", async () => {
      await clerk.goto("/e/customer/new");
      await clerk.getByRole("button", { name: "Save" }).click();
      await field(clerk, "name").locator(".kz-error", { hasText: "is required" }).waitFor();
      await clerk.getByRole("button", { name: "Cancel" }).click();
      await clerk.getByRole("heading", { level: 1, name: "New Customer" }).waitFor({ state: "detached" });
    }],
    ["and back to 中文", async () => {
      await clerk.getByRole("button", { name: "切换到中文" }).click();
      await clerk.getByRole("link", { name: "首页" }).waitFor();
    }],
    ["the sign-in page fits a phone", async () => {
      await phone.goto("/login");
      await narrow(phone, "sign-in");
      await signIn(phone, "li", PASSWORD);
    }],
    fits("home", "/", () => phone.getByText("我的待办").waitFor()),
    fits("list", "/e/customer", () => phone.getByText("周敏").first().waitFor()),
    fits("form", "/e/customer/new", () => field(phone, "name").waitFor()),
    fits("order", "/e/order/new", async () => {
      await phone.getByRole("button", { name: "添加一行" }).click();
      await phone.getByLabel("单价").waitFor();
    }),
    fits("duplicates", "/e/customer/duplicates", () => phone.getByRole("button", { name: "开始查重" }).waitFor()),
    ["records are picked on a phone", async () => {
      await phone.goto("/e/customer");
      await phone.getByRole("button", { name: "选择", exact: true }).tap();
      await phone.getByRole("checkbox", { name: "选择“周敏”" }).check();
      await phone.getByRole("region", { name: "对选中的记录" }).waitFor();
      await narrow(phone, "list-picked");
      await sound(phone, "phone-list-picked");
    }],
    fits("record", () => notes.customer, () => phone.getByRole("heading", { name: "客户等级" }).waitFor()),
    fits("work-centre", "/tasks", () => phone.getByText("没有待办").first().waitFor()),
    ["a customer is entered with a thumb", async () => {
      await phone.goto("/e/customer/new");
      await field(phone, "name").getByRole("textbox").fill("吴倩");
      await field(phone, "phone").getByRole("textbox").fill("13900000002");
      await phone.getByRole("button", { name: "保存" }).tap();
      await phone.getByRole("heading", { level: 1, name: "吴倩" }).waitFor();
    }],
    ["her task is worked on the phone", async () => {
      await phone.getByRole("navigation").getByRole("link", { name: /待办/ }).tap();
      await phone.getByRole("button", { name: "欢迎新会员 吴倩" }).tap();
      await phone.getByRole("heading", { level: 2, name: "欢迎新会员 吴倩" }).waitFor();
      await narrow(phone, "task");
      await phone.getByRole("button", { name: "未联系上" }).tap();
      await phone.getByText("没有待办").first().waitFor();
    }],
    ["English, which is longer, fits a phone too", async () => {
      await phone.goto("/");
      await phone.getByRole("button", { name: "Switch to English" }).tap();
      await phone.getByText("My tasks").waitFor();
      for (const [name, path] of [["home", "/"], ["list", "/e/customer"], ["form", "/e/customer/new"], ["record", notes.customer], ["work-centre", "/tasks?box=done"]]) {
        await phone.goto(path);
        await phone.locator("main h1, main h2").first().waitFor();
        await narrow(phone, name);
        await look(phone, `phone-en-${name}`);
      }
    }],
  ];
}
