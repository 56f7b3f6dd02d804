/** Every kind as people read it, on a page and in a cell, in both languages. */
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FieldSchema } from "@/definition/schema";
import { RenderingProvider } from "../context";
import { speak } from "../testing/open";
import { APP, draw } from "../testing/render";
import { ShowValue } from "./ShowValue";

beforeEach(() => speak("zh-CN"));
afterEach(() => vi.unstubAllGlobals());

const FILE = { id: "f1", name: "合同.pdf", type: "application/pdf", size: 1536 };
const field = (kind: string, more: Partial<FieldSchema> = {}): FieldSchema => ({ title: "字段", "x-kind": kind, ...more });

describe("reads", () => {
  it.each([
    ["time", field("time"), "08:30:00", "08:30", "08:30"],
    ["a duration", field("duration"), "1month", "1 个月", "1 month"],
    ["a colour", field("color"), "#1f6f5c", "#1f6f5c", "#1f6f5c"],
    ["a rating", field("rating", { "x-max": 5 }), 4, /评分 4\/5/, /Rated 4\/5/],
    ["a cascade", field("cascade", { enum: ["10", "1010"], "x-labels": { "10": "护肤", "1010": "面霜" } }), ["10", "1010"], "护肤 / 面霜", "护肤 / 面霜"],
    ["an address", field("address"), { region: ["11", "1101", "110105"], detail: "建国路 1 号" }, "北京市朝阳区 建国路 1 号", "北京市朝阳区 建国路 1 号"],
    ["a place", field("location"), { lat: 31.23, lng: 121.47 }, /31.23, 121.47 地图/, /31.23, 121.47 Map/],
    ["people", field("people"), ["u1", "u2"], "李婷、王强", "李婷, 王强"],
    ["relations", field("relations", { "x-relation": { entity: "shop" } }), ["s1"], "静安店", "静安店"],
    ["attachments", field("attachment"), [FILE], /合同.pdf 1.5 kB/, /合同.pdf 1.5 kB/],
    ["json", field("json"), { a: 1 }, '{ "a": 1 }', '{ "a": 1 }'],
    ["an identity card", field("id_card"), "11010519491231002X", "11010519491231002X", "11010519491231002X"],
  ] as const)("%s", async (_, shape, value, chinese, english) => {
    const titles = { u1: "李婷", u2: "王强", s1: "静安店" };
    const { container, unmount } = draw(<ShowValue field={shape as FieldSchema} value={value} />, { titles });
    await waitFor(() => expect(container).toHaveTextContent(chinese));
    unmount();
    await speak("en");
    const again = draw(<ShowValue field={shape as FieldSchema} value={value} />, { titles });
    await waitFor(() => expect(again.container).toHaveTextContent(english));
  });

  it("rich text cleaned, and in a cell its words only", async () => {
    const markup = '<h2>面霜</h2><p>50 ml <img src=x onerror="alert(1)"><a href="https://a.example">看</a></p>';
    const { container, unmount } = draw(<ShowValue field={field("rich_text")} value={markup} />);
    expect(await screen.findByRole("heading", { name: "面霜" })).toBeInTheDocument();
    expect(container.querySelector("[onerror], img[src]")).toBeNull();
    expect(screen.getByRole("link", { name: "看" })).toHaveAttribute("rel", "noopener noreferrer nofollow");
    unmount();
    const cell = draw(<ShowValue field={field("rich_text")} value={markup} compact />);
    expect(cell.container).toHaveTextContent("面霜 50 ml 看");
    expect(cell.container.querySelector("h2")).toBeNull();
  });

  it("pictures small, with a way to the whole, and a signature whole", () => {
    draw(<><ShowValue field={field("image")} value={[{ ...FILE, name: "a.jpg" }]} /><ShowValue field={field("signature")} value={{ ...FILE, id: "s1", name: "签名" }} /></>);
    expect(screen.getByRole("img", { name: "a.jpg" })).toHaveAttribute("src", "/api/files/f1?thumb=1");
    expect(screen.getByRole("img", { name: "签名" })).toHaveAttribute("src", "/api/files/s1");
  });

  it("a lookup as the field that it reads", () => {
    const lookup = field("lookup", { "x-lookup": { via: "customer", field: "level" } });
    const entity = (properties: Record<string, FieldSchema>) => ({ title: "", schema: { properties }, actions: {} as never, fields: {}, forms: [], views: [] });
    const entities = {
      order: entity({ customer: field("relation", { "x-relation": { entity: "customer" } }), level: lookup }),
      customer: entity({ level: field("choice", { enum: ["a"], "x-labels": { a: "金卡" } }) }),
    };
    const { container } = draw(<ShowValue field={lookup} value="a" />, { app: { ...APP, entities } });
    expect(container).toHaveTextContent("金卡");
  });

  it("a department by its name, asked for once", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ items: [{ id: "d1", key: "hq", title: "总部", parent: null, head: null }], next: null, count: null })));
    const { container } = draw(<ShowValue field={field("departments")} value={["d1"]} />);
    await waitFor(() => expect(container).toHaveTextContent("总部"));
  });
});

describe("a secret", () => {
  const page = (
    <RenderingProvider app={APP} record={{ entity: "customer", id: "c1" }}>
      <ShowValue field={field("secret", { title: "口令" })} name="pin" value="***" />
    </RenderingProvider>
  );

  it("is covered, and shown for a reason", async () => {
    const sent: unknown[] = [];
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
      sent.push([url, JSON.parse(String(init.body))]);
      return Promise.resolve(Response.json({ value: "芝麻开门" }));
    });
    const saved = vi.fn();
    draw(<form onSubmit={saved}>{page}</form>);
    expect(screen.queryByText("***")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "查看口令" }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.click(within(dialog).getByRole("button", { name: "查看" }));
    expect(within(dialog).getByRole("alert")).toHaveTextContent("请填写原因");
    await userEvent.type(within(dialog).getByLabelText("查看原因"), "客户来电核对");
    await userEvent.click(within(dialog).getByRole("button", { name: "查看" }));
    expect(await within(dialog).findByText("芝麻开门")).toBeInTheDocument();
    expect(saved).not.toHaveBeenCalled();
    expect(sent).toEqual([["/api/entities/customer/records/c1/reveal", { field: "pin", reason: "客户来电核对" }]]);
    await userEvent.click(within(dialog).getByRole("button", { name: "隐藏" }));
    await waitFor(() => expect(screen.queryByText("芝麻开门")).toBeNull());
  });

  it("that may not be seen says so (en)", async () => {
    await speak("en");
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify({ code: "access.denied", title: "You may not see this" }), { status: 403, headers: { "content-type": "application/problem+json" } })));
    draw(page);
    await userEvent.click(screen.getByRole("button", { name: "Show 口令" }));
    await userEvent.type(await screen.findByLabelText("Why you need it"), "a call");
    await act(() => userEvent.keyboard("{Tab}{Enter}"));
    expect(await screen.findByRole("alert")).toHaveTextContent("You may not see this");
  });

  it("in a cell has no way to ask", () => {
    draw(<ShowValue field={field("secret")} value="***" compact />);
    expect(screen.queryByRole("button")).toBeNull();
  });
});
