/** Values of several parts, and those that are picked: happy, wrong, by keyboard, in both languages. */
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openForm, speak } from "../testing/open";

beforeEach(() => speak("zh-CN"));
afterEach(() => vi.unstubAllGlobals());

async function choose(name: string, option: string) {
  fireEvent.mouseDown(await screen.findByRole("combobox", { name }));
  fireEvent.click((await screen.findAllByText(option)).at(-1)!);
}

describe("a duration", () => {
  it("is an amount and a unit", async () => {
    const store = openForm({ span: { title: "保修期", "x-kind": "duration" } });
    await userEvent.type(await screen.findByLabelText("保修期"), "２４");
    expect(store.changes()).toEqual({ span: "24d" });
    await choose("保修期的单位", "个月");
    expect(store.changes()).toEqual({ span: "24month" });
  });

  it("of no whole number is refused (en)", async () => {
    await speak("en");
    openForm({ span: { title: "Warranty", "x-kind": "duration" } });
    await userEvent.type(await screen.findByLabelText("Warranty"), "1.5{Tab}{Tab}");
    await waitFor(() => expect(screen.getByLabelText("Warranty")).toHaveAccessibleDescription("“Warranty” is not a valid span of time such as 30 days"));
  });
});

it("a time is typed by keyboard and stored with seconds", async () => {
  const store = openForm({ at: { title: "开门时间", "x-kind": "time" } });
  const input = await screen.findByLabelText("开门时间");
  fireEvent.mouseDown(input);
  fireEvent.change(input, { target: { value: "08:30" } });
  fireEvent.keyDown(input, { key: "Enter", code: "Enter", keyCode: 13 });
  await waitFor(() => expect(store.changes()).toEqual({ at: "08:30:00" }));
});

describe("a rating", () => {
  it("goes by arrow keys up to x-max, and away again", async () => {
    const store = openForm({ stars: { title: "满意度", "x-kind": "rating", "x-max": 3 } });
    expect(screen.getByText("尚未评分")).toBeInTheDocument();
    expect(screen.getAllByRole("radio")).toHaveLength(3);
    await userEvent.click(screen.getByRole("radio", { name: "1 星" }));
    await userEvent.keyboard("{ArrowRight}");
    expect(screen.getByRole("radio", { name: "2 星" })).toHaveFocus();
    expect(store.changes()).toEqual({ stars: 2 });
    expect(screen.getByText("2 / 3")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "清除" }));
    expect(store.changes()).toEqual({});
  });
});

describe("a lunar date", () => {
  it("says the solar day, and takes another month", async () => {
    const store = openForm({ day: { title: "农历生日", "x-kind": "lunar_date" } }, { stored: { day: "2020-L04-29" } });
    expect(await screen.findByText("公历 2020年6月20日")).toBeInTheDocument();
    await choose("月", "五月");
    expect(store.changes()).toEqual({ day: "2020-05-29" });
  });

  it("asks for the day again where the new month is shorter (en)", async () => {
    await speak("en");
    const store = openForm({ day: { title: "Birthday", "x-kind": "lunar_date" } }, { stored: { day: "2020-04-30" } });
    expect(await screen.findByText("May 22, 2020 in the solar calendar")).toBeInTheDocument();
    await choose("Month", "4 (leap)");
    expect(store.changes()).toEqual({ day: null });
  });
});

describe("an address", () => {
  const properties = { address: { title: "收货地址", "x-kind": "address" } };

  it("is a division from the cascader and a detail", async () => {
    const store = openForm(properties);
    fireEvent.mouseDown(await screen.findByRole("combobox", { name: "省 / 市 / 区" }));
    fireEvent.click(await screen.findByText("浙江省"));
    fireEvent.click(await screen.findByText("杭州市"));
    fireEvent.click(await screen.findByText("西湖区"));
    await userEvent.type(screen.getByLabelText("详细地址"), "文三路 1 号");
    expect(store.changes()).toEqual({ address: { region: ["33", "3301", "330106"], detail: "文三路 1 号" } });
    await userEvent.clear(screen.getByLabelText("详细地址"));
    expect(store.changes()).toEqual({ address: { region: ["33", "3301", "330106"] } });
  });

  it("keeps to its label in English, and shows what was refused", async () => {
    await speak("en");
    const store = openForm(properties);
    await screen.findByLabelText("Street and number");
    act(() => store.refuse([{ code: "record.too_long", pointer: "/address/detail", message: "too long" }]));
    expect(screen.getByText("too long")).toBeInTheDocument();
  });
});

it("a cascade is picked level by level", async () => {
  const store = openForm({ kind: { title: "分类", "x-kind": "cascade", enum: ["10", "1010", "20"], "x-labels": { "10": "护肤", "1010": "面霜", "20": "彩妆" } } });
  fireEvent.mouseDown(await screen.findByRole("combobox", { name: "分类" }));
  fireEvent.click(await screen.findByText("护肤"));
  fireEvent.click(await screen.findByText("面霜"));
  expect(store.changes()).toEqual({ kind: ["10", "1010"] });
});

describe("a place", () => {
  const properties = { place: { title: "门店位置", "x-kind": "location" } };

  it("is two numbers, and one that is none is refused", async () => {
    const store = openForm(properties);
    await userEvent.type(screen.getByLabelText("纬度"), "31.23");
    await userEvent.type(screen.getByLabelText("经度"), "121.47");
    expect(store.changes()).toEqual({ place: { lat: 31.23, lng: 121.47 } });
    await userEvent.type(screen.getByLabelText("经度"), "x");
    act(() => store.leave("place"));
    expect(screen.getByLabelText("纬度")).toHaveAccessibleDescription(/应为位置/);
  });

  it("is where the device is, or says why not (en)", async () => {
    await speak("en");
    let answer: (kind: "yes" | "no") => void = () => undefined;
    const geolocation = { getCurrentPosition: (found: (at: unknown) => void, failed: (why: unknown) => void) => { answer = (kind) => (kind === "yes" ? found({ coords: { latitude: 31.23045678, longitude: 121.4737 } }) : failed({ code: 1 })); } };
    vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { geolocation }));
    const store = openForm(properties);
    await userEvent.click(screen.getByRole("button", { name: /Use my position/ }));
    act(() => answer("no"));
    expect(screen.getByRole("alert")).toHaveTextContent("does not allow your position");
    await userEvent.click(screen.getByRole("button", { name: /Use my position/ }));
    act(() => answer("yes"));
    expect(store.changes()).toEqual({ place: { lat: 31.230457, lng: 121.4737 } });
  });
});

describe("json", () => {
  it("is checked while typed; what is none yet is kept and refused with its place", async () => {
    const store = openForm({ extra: { title: "扩展数据", "x-kind": "json" } });
    const input = await screen.findByLabelText("扩展数据");
    fireEvent.change(input, { target: { value: '{\n  "a": 1,\n  b\n}' } });
    expect(input).toBeInvalid();
    expect(input).toHaveAccessibleDescription("第 3 行第 3 列不是合法的 JSON");
    expect(store.check().map(({ code }) => code)).toEqual(["record.format"]);
    fireEvent.change(input, { target: { value: '{"a":[1,null]}' } });
    expect(store.changes()).toEqual({ extra: { a: [1, null] } });
    await userEvent.click(screen.getByRole("button", { name: "整理格式" }));
    expect(input).toHaveValue(JSON.stringify({ a: [1, null] }, null, 2));
  });
});

describe("people, departments and relations", () => {
  const answers: Record<string, unknown> = {
    "/api/users": { items: [{ id: "u1", login: "li", name: "李婷" }, { id: "u2", login: "wang", name: "王强" }], next: null, count: null },
    "/api/departments": { items: [{ id: "d2", key: "sh", title: "上海", parent: "d1", head: null }, { id: "d1", key: "hq", title: "总部", parent: null, head: null }], next: null, count: null },
    "/api/entities/shop/records": { items: [{ id: "s1", version: 1, name: "徐家汇店" }, { id: "s2", version: 1, name: "静安店" }], next: null, count: null },
  };
  beforeEach(() => vi.stubGlobal("fetch", (url: string) => Promise.resolve(Response.json(answers[url.split("?")[0]!]))));

  it("are picked one after the other", async () => {
    const store = openForm({ team: { title: "协作人", "x-kind": "people" }, shops: { title: "门店", "x-kind": "relations", "x-relation": { entity: "shop" } } });
    await choose("协作人", "李婷");
    await choose("协作人", "王强");
    await choose("门店", "静安店");
    expect(store.changes()).toEqual({ team: ["u1", "u2"], shops: ["s2"] });
  });

  it("show a department with those above it", async () => {
    const store = openForm({ dept: { title: "部门", "x-kind": "department" }, depts: { title: "可见部门", "x-kind": "departments" } });
    await choose("部门", "总部 / 上海");
    await choose("可见部门", "总部");
    expect(store.changes()).toEqual({ dept: "d2", depts: ["d1"] });
  });
});
