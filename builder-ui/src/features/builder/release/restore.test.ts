/** Before an older release is made live again one sees what comes, what goes, and what is lost. */
import { expect, it } from "vitest";
import { restorePlan } from "./restore";

const entity = (properties: Record<string, unknown>) => JSON.stringify({ title: "会员", type: "object", properties });
const name = { title: "名称", "x-kind": "text" };

it("names fields and entities that go, with a kind that changes among them", () => {
  const live = { "entities/customer.json": entity({ name, skin: { title: "皮肤类型", "x-kind": "choice" }, age: { title: "年龄", "x-kind": "integer" } }), "entities/visit.json": JSON.stringify({ title: "到店", properties: {} }) };
  const old = { "entities/customer.json": entity({ name, age: { title: "年龄", "x-kind": "text" } }) };
  expect(restorePlan(live, old).losses).toEqual([{ kind: "field", entity: "会员", field: "皮肤类型" }, { kind: "field", entity: "会员", field: "年龄" }, { kind: "entity", entity: "到店" }]);
});

it("lists the files by what happens to them, and leaves data alone", () => {
  const live = { "forms/customer.json": '{"title":"档案"}', "views/all.json": '{"title":"全部"}', "data/customer.csv": "a", "rules/x.rhai": "true" };
  const old = { "forms/customer.json": '{"title":"会员档案"}', "menus/main.json": '{"title":"菜单"}', "data/customer.csv": "b", "rules/x.rhai": "true" };
  expect(restorePlan(live, old)).toEqual({
    losses: [],
    changes: [
      { path: "forms/customer.json", state: "changed", title: "会员档案" },
      { path: "menus/main.json", state: "added", title: "菜单" },
      { path: "views/all.json", state: "removed", title: "全部" },
    ],
  });
});
