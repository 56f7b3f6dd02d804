/** Texts with a form of their own: entered, refused with the reason at the field, by keyboard, in both languages. */
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openForm, speak } from "../testing/open";

beforeEach(() => speak("zh-CN"));
afterEach(() => vi.unstubAllGlobals());

describe("an identity card number", () => {
  const properties = { id: { title: "身份证号", "x-kind": "id_card" } };

  it("is made plain on leaving, and read back", async () => {
    const store = openForm(properties);
    await userEvent.type(screen.getByLabelText("身份证号"), "１１０１０５ 19491231002x{Tab}");
    expect(store.changes()).toEqual({ id: "11010519491231002X" });
    expect(screen.getByText("1949年12月31日出生 · 女")).toBeInTheDocument();
    expect(screen.getByLabelText("身份证号")).toHaveAccessibleDescription("1949年12月31日出生 · 女");
  });

  it.each([
    ["zh-CN", "“身份证号”：校验码不对，请核对每一位"],
    ["en", "“身份证号”: the check digit does not fit; compare every digit"],
  ] as const)("is refused where its check digit is wrong (%s)", async (language, sentence) => {
    await speak(language);
    openForm(properties);
    await userEvent.type(screen.getByLabelText("身份证号"), "110105194912310021{Tab}");
    await waitFor(() => expect(screen.getByLabelText("身份证号")).toHaveAccessibleDescription(sentence));
    expect(screen.getByLabelText("身份证号")).toBeInvalid();
  });
});

it("a company code is refused with its reason, and taken once it is right", async () => {
  const store = openForm({ code: { title: "信用代码", "x-kind": "company_code" } });
  const input = screen.getByLabelText("信用代码");
  await userEvent.type(input, "91350100M000100Y44{Tab}");
  await waitFor(() => expect(input).toHaveAccessibleDescription("“信用代码”：校验码不对，请核对每一位"));
  await userEvent.type(input, "{Backspace}3{Tab}");
  expect(input).not.toBeInvalid();
  expect(store.check()).toEqual([]);
  expect(store.changes()).toEqual({ code: "91350100M000100Y43" });
});

describe("a colour", () => {
  it("is picked or pasted, and both show the same", async () => {
    const store = openForm({ color: { title: "品牌色", "x-kind": "color" } });
    await userEvent.type(screen.getByLabelText("品牌色"), "#1677FF");
    expect(screen.getByLabelText("选取品牌色")).toHaveValue("#1677ff");
    expect(store.changes()).toEqual({ color: "#1677FF" });
  });

  it("that is none is refused at the field (en)", async () => {
    await speak("en");
    openForm({ color: { title: "Brand", "x-kind": "color" } });
    await userEvent.type(screen.getByLabelText("Brand"), "green{Tab}{Tab}");
    await waitFor(() => expect(screen.getByLabelText("Brand")).toHaveAccessibleDescription("“Brand” is not a valid colour such as #1677ff"));
  });
});

describe("a barcode", () => {
  const properties = { code: { title: "条码", "x-kind": "barcode" } };

  it("takes what a hand scanner types, whose Enter saves nothing", async () => {
    const store = openForm(properties);
    await userEvent.type(screen.getByLabelText("条码"), "6901234567892{Enter}");
    expect(store.changes()).toEqual({ code: "6901234567892" });
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("is read with the camera where the browser can", async () => {
    const stop = vi.fn();
    vi.stubGlobal("BarcodeDetector", class { detect = () => Promise.resolve([{ rawValue: "42" }]); });
    vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { mediaDevices: { getUserMedia: () => Promise.resolve({ getTracks: () => [{ stop }] }) } }));
    HTMLMediaElement.prototype.play = () => Promise.resolve();
    Object.defineProperty(HTMLMediaElement.prototype, "readyState", { value: 4, configurable: true });
    const store = openForm(properties);
    await userEvent.click(screen.getByRole("button", { name: "扫描条码" }));
    await waitFor(() => expect(store.changes()).toEqual({ code: "42" }));
    await waitFor(() => expect(stop).toHaveBeenCalled());
  });

  it("says what to do where the camera is refused", async () => {
    vi.stubGlobal("BarcodeDetector", class { detect = () => Promise.resolve([]); });
    vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { mediaDevices: { getUserMedia: () => Promise.reject(new Error("no")) } }));
    openForm(properties);
    await userEvent.click(screen.getByRole("button", { name: "扫描条码" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("无法使用相机");
  });
});

describe("a secret", () => {
  const properties = { secret: { title: "口令", "x-kind": "secret" } };

  it("is written and never kept in the browser", async () => {
    const store = openForm(properties);
    await userEvent.type(screen.getByLabelText("口令"), "芝麻开门");
    expect(screen.getByLabelText("口令")).toHaveAttribute("type", "password");
    expect(store.changes()).toEqual({ secret: "芝麻开门" });
    expect(store.typed()).toEqual({});
  });

  it("that is stored stays covered, is kept when left alone, replaced or cleared when asked", async () => {
    const store = openForm(properties, { stored: { secret: "***" }, setup: { masked: ["secret"] } });
    const input = screen.getByLabelText("口令");
    expect(input).toHaveValue("");
    expect(input).toHaveAccessibleDescription("已保存，不显示。输入新内容即替换。");
    await userEvent.type(input, "x");
    expect(store.changes()).toEqual({ secret: "x" });
    await userEvent.clear(input);
    expect(store.changes()).toEqual({});
    await userEvent.click(screen.getByRole("button", { name: "清除" }));
    expect(store.changes()).toEqual({ secret: null });
    await userEvent.click(screen.getByRole("button", { name: "保留原来的" }));
    expect(store.changes()).toEqual({});
  });
});
