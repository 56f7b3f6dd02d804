/** Somebody comes and goes: invited by a link, placed in a department, frozen, and their work handed over. */
import { choose, chooseAlso, narrow, same, sound, until } from "../lib/browser.mjs";
import { Caller } from "../lib/server.mjs";
import { PASSWORD } from "../lib/world.mjs";

const NAME = "何青";
const CHOSEN = "He-Qing-2026-own";

/** `admin` is signed in, `newcomer` and `phone` are pages of their own. */
export function peopleStory({ admin, newcomer, phone, base }) {
  const notes = {};
  const drawer = () => admin.locator(".ant-drawer:visible");
  return [
    ["the administrator finds people by their initials", async () => {
      await admin.goto("/people");
      await admin.getByRole("heading", { level: 1, name: "人员与部门" }).waitFor();
      await admin.getByRole("searchbox").fill("lt");
      await admin.getByText("共 1 人").waitFor();
      await admin.getByRole("button", { name: "李婷" }).waitFor();
      await sound(admin, "people");
    }],
    ["somebody is added, and a link is there to be handed over", async () => {
      await admin.goto("/people");
      await admin.getByRole("button", { name: "添加人员" }).click();
      const dialog = admin.getByRole("dialog");
      await dialog.getByLabel("姓名").fill(NAME);
      await dialog.getByLabel("登录名").fill("heqing");
      await chooseAlso(dialog.getByLabel("角色"), "店员");
      await choose(dialog.getByLabel("部门"), "南京新街口店");
      await sound(admin, "people-new");
      await dialog.getByRole("button", { name: "添加并邀请" }).click();
      notes.link = await dialog.getByLabel("一次性链接").inputValue();
      await dialog.getByRole("button", { name: "完成" }).click();
      await admin.getByText("待激活").first().waitFor();
    }],
    ["the newcomer opens it, chooses a password and is in", async () => {
      await newcomer.goto(notes.link);
      await newcomer.getByRole("heading", { name: `欢迎，${NAME}` }).waitFor();
      await sound(newcomer, "welcome");
      await newcomer.getByLabel("密码", { exact: true }).fill(CHOSEN);
      await newcomer.getByLabel("再输一遍").fill(CHOSEN);
      await newcomer.getByRole("button", { name: "保存并登录" }).click();
      await newcomer.getByRole("heading", { level: 1, name: new RegExp(NAME) }).waitFor();
      same(await newcomer.getByRole("link", { name: "人员与部门" }).count(), 0, "the way to people");
    }],
    ["the link opens nothing a second time", async () => {
      await phone.goto(notes.link);
      await phone.getByText("这个链接不能用了").waitFor();
      await narrow(phone, "welcome-over");
      await phone.goto("/forgot");
      await narrow(phone, "forgot");
      await sound(phone, "phone-forgot");
    }],
    ["a department gets a head", async () => {
      await admin.goto("/people?tab=departments");
      await admin.getByRole("button", { name: "在“总部”下新建部门" }).click();
      const dialog = admin.getByRole("dialog");
      await dialog.getByLabel("名称").fill("客服部");
      await choose(dialog.getByLabel("负责人"), NAME);
      await dialog.getByRole("button", { name: "保存" }).click();
      await admin.getByText(`负责人 ${NAME}`).waitFor();
      await sound(admin, "departments");
    }],
    ["what the newcomer leaves behind is handed over", async () => {
      const caller = await new Caller(base).signIn("heqing", CHOSEN);
      for (const name of ["钱一", "钱二"]) await caller.call("POST", "/api/entities/customer/records", { name, category: "personal" }).catch(() => caller.call("POST", "/api/entities/customer/records", { name }));
      await admin.goto("/people");
      await admin.getByRole("searchbox").fill("heqing");
      await admin.getByText("共 1 人").waitFor();
      await admin.getByRole("button", { name: NAME }).click();
      await drawer().getByRole("button", { name: "离职交接" }).click();
      const dialog = admin.getByRole("dialog", { name: `交接 ${NAME} 的工作` });
      await dialog.getByText("负责的部门：客服部").waitFor();
      await dialog.getByText(/2 条/).first().waitFor();
      await chooseAlso(dialog.getByLabel("接手人"), "王海燕");
      await sound(admin, "handover");
      await dialog.getByRole("button", { name: "离职并交接" }).click();
      await dialog.getByText("交接完成").waitFor();
      await dialog.getByRole("button", { name: "完成" }).click();
      await drawer().getByText("已离职").first().waitFor();
    }],
    ["and the newcomer is at the door", async () => {
      await newcomer.goto("/");
      await newcomer.getByRole("button", { name: "登录" }).waitFor();
    }],
    ["a phone has room for all of it", async () => {
      await phone.goto("/login");
      await phone.getByLabel("账号").fill("admin");
      await phone.locator("input[type=password]").fill(PASSWORD);
      await phone.getByRole("button", { name: "登录" }).click();
      await phone.waitForURL((url) => url.pathname !== "/login");
      for (const tab of ["", "?tab=departments", "?tab=teams", "?tab=positions"]) {
        await phone.goto(`/people${tab}`);
        await phone.getByRole("heading", { level: 1 }).waitFor();
        await narrow(phone, `people${tab}`);
      }
      await phone.goto("/people");
      await phone.getByRole("button", { name: /王海燕/ }).tap();
      await phone.getByLabel("姓名").waitFor();
      await until(() => phone.evaluate(() => document.querySelector(".ant-drawer-content-wrapper")?.getBoundingClientRect().width ?? 0), (width) => width > 0 && width <= 360, "the width of the drawer");
      await narrow(phone, "person");
      await sound(phone, "phone-person");
    }],
  ];
}
