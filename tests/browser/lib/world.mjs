/** The company of the stories: the retail template without its sample data, three people of one shop and the shop. */
import { Caller } from "./server.mjs";

export const PASSWORD = "Kezhi-2026-test";

/** Sets a fresh workspace up; answers with the administrator as a caller. */
export async function foundCompany(base) {
  const unknown = new Caller(base);
  await unknown.call("POST", "/api/setup", { title: "清和百货", login: "admin", password: PASSWORD });
  const admin = await new Caller(base).signIn("admin", PASSWORD);
  await admin.call("POST", "/api/templates/retail-membership/install", { sample: false });
  await people(admin);
  await admin.call("POST", "/api/entities/shop/records", { code: "NJ", name: "南京新街口店", region: "east", manager: await idOf(admin, "wang") });
  return admin;
}

async function people(admin) {
  await admin.call("POST", "/api/departments", { key: "headquarters", title: "总部" });
  await admin.call("POST", "/api/departments", { key: "shop_nanjing", title: "南京新街口店", parent: "headquarters" });
  const hire = (login, name, role, department, manager) =>
    admin.call("POST", "/api/users", { login, name, password: PASSWORD, must_change: false, roles: [role], department, manager });
  await hire("zhao", "赵敏", "headquarters", "headquarters");
  await hire("wang", "王海燕", "shop_manager", "shop_nanjing", "zhao");
  await hire("li", "李婷", "clerk", "shop_nanjing", "wang");
}

async function idOf(admin, login) {
  const { items } = await admin.call("GET", "/api/users");
  return items.find((user) => user.login === login).id;
}
