/** The text editor: typed and marked by keyboard and buttons, cleaned of what could run, in both languages. */
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { openForm, speak } from "../testing/open";

beforeAll(() => {
  // The parts of a browser's layout that the editor asks for.
  const nowhere = () => [] as unknown as DOMRectList;
  Range.prototype.getClientRects = nowhere;
  Element.prototype.getClientRects = nowhere;
  Range.prototype.getBoundingClientRect = () => new DOMRect();
  document.elementFromPoint = () => null;
});
beforeEach(() => speak("zh-CN"));

const properties = { intro: { title: "介绍", "x-kind": "rich_text" } };

it("shows what is stored without what could run, and sends what is marked", async () => {
  const store = openForm(properties, { stored: { intro: '<p>你好<script>alert(1)</script></p><p><a href="javascript:alert(1)">链接</a></p>' } });
  const text = await screen.findByRole("textbox", { name: "介绍" });
  expect(text).toHaveTextContent("你好");
  expect(text.querySelector("script, a[href^=javascript]")).toBeNull();
  expect(store.changes()).toEqual({});
  const tools = screen.getByRole("toolbar", { name: "介绍的格式" });
  await userEvent.click(within(tools).getByRole("button", { name: "项目列表" }));
  await waitFor(() => expect(store.changes()["intro"]).toMatch(/^<ul><li><p>你好<\/p><\/li>/));
  await userEvent.click(within(tools).getByRole("button", { name: "撤销" }));
  await waitFor(() => expect(String(store.changes()["intro"] ?? "")).not.toContain("<ul>"));
});

it("keeps tables and pictures that came in another way, and takes a value restored from elsewhere (en)", async () => {
  await speak("en");
  const table = '<table><tbody><tr><td><p>50 ml</p></td></tr></tbody></table><img src="/api/files/f1" alt="cream">';
  const store = openForm({ intro: { title: "Intro", "x-kind": "rich_text" } }, { stored: { intro: table }, required: ["intro"] });
  const text = await screen.findByRole("textbox", { name: "Intro" });
  expect(text.querySelector("td")).toHaveTextContent("50 ml");
  expect(text.querySelector("img")).toHaveAttribute("src", "/api/files/f1");
  expect(text).toHaveAttribute("aria-required", "true");
  act(() => store.restore({ intro: "<p>restored</p>" }));
  await waitFor(() => expect(text).toHaveTextContent("restored"));
  act(() => store.refuse([{ code: "record.too_long", pointer: "/intro", message: "too long" }]));
  await waitFor(() => expect(screen.getByRole("textbox", { name: "Intro" })).toHaveAccessibleDescription("too long"));
});
