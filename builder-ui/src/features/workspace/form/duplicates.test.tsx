/** While a form is filled in, records that may be the same are told at their field; saving asks, refuses, and loses nothing. */
/* oxlint-disable unicorn/no-thenable -- `then` is a key of the contract, and nobody awaits a rule. */
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { dropAllKept } from "@/lib/kept";
import { draw, startTexts } from "@/renderer/testing/render";
import { APP, type Asked, CUSTOMER, customer, server, signedIn } from "../testing/world";
import { placesOf } from "./DuplicateNotes";
import RecordForm from "./RecordForm";

const FOUND = { rule: "phone", title: "手机号相同", then: "confirm", hidden: false, records: [{ id: "c9", title: "张三", score: 1, fields: { name: "张三", level: "a" } }] };
const ASK = "POST /api/entities/customer/duplicates";
const SAVE = "POST /api/forms/customer/submissions";
const EVALUATE = { "POST /api/forms/customer/evaluate": { values: {}, visible: {}, required: {}, readonly: {}, options: {}, violations: [], warnings: [] } };

beforeAll(startTexts);
beforeEach(() => {
  window.scrollTo = () => undefined;
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  await dropAllKept("default", "li");
});

function open() {
  const onSaved = vi.fn();
  draw(<RecordForm entity="customer" onSaved={onSaved} onCancel={() => undefined} />, { queries: signedIn(), app: APP });
  return onSaved;
}

const asks = (sent: readonly Asked[]) => sent.filter(({ path }) => path.endsWith("/duplicates"));
const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });

it("asks once typing rests, and tells what it found below the field", async () => {
  const sent = server({ ...EVALUATE, [ASK]: { items: [FOUND, { ...FOUND, rule: "name", title: "名字相似", hidden: true, records: [] }] } });
  open();
  for (const text of ["1380", "13800", "13800000001"]) type("手机", text);
  type("姓名", "张三");
  const note = await screen.findByRole("group", { name: "手机号相同" });
  expect(asks(sent)).toHaveLength(1);
  expect(asks(sent)[0]?.body).toEqual({ record: { phone: "13800000001", name: "张三" } });
  expect(note.closest("[data-field]")).toHaveAttribute("data-field", "phone");
  const link = within(note).getByRole("link", { name: /张三/ });
  expect(link).toHaveAttribute("href", "/e/customer/c9");
  expect(link).toHaveAttribute("target", "_blank");
  expect(note).toHaveTextContent("级别 金卡");
  const other = screen.getByRole("group", { name: "名字相似" });
  expect(other.closest("[data-field]")).toHaveAttribute("data-field", "name");
  expect(other).toHaveTextContent("已有一条您无权查看的记录");
});

it("drops an answer to older values, and is quiet about what goes wrong", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  let release: (answer: unknown) => void = () => undefined;
  const sent = server({ ...EVALUATE, [ASK]: ({ body }: Asked) => ((body["record"] as { phone: string }).phone === "13800000001" ? new Promise((settle) => (release = settle)) : [500, { code: "server.failed" }]) });
  open();
  type("手机", "13800000001");
  await act(() => vi.advanceTimersByTimeAsync(600));
  expect(asks(sent)).toHaveLength(1);
  type("手机", "13800000002");
  await act(() => vi.advanceTimersByTimeAsync(600));
  expect(asks(sent)).toHaveLength(2);
  await act(async () => release({ items: [FOUND] }));
  expect(screen.queryByRole("group", { name: "手机号相同" })).toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
  expect(screen.getByLabelText("手机")).toHaveValue("13800000002");
  type("手机", "");
  await act(() => vi.advanceTimersByTimeAsync(600));
  expect(asks(sent)).toHaveLength(2);
});

it("lists the records when saving asks back, and saves once that is confirmed", async () => {
  const question = { code: "rule.confirm", pointer: "/phone", rule: "duplicates.phone", message: "请确认：手机号相同" };
  const answers: unknown[] = [[422, { code: "record.invalid", violations: [question] }], customer("c1", { name: "王五" })];
  const sent = server({ ...EVALUATE, [ASK]: { items: [FOUND] }, [SAVE]: () => answers.shift() });
  const onSaved = open();
  type("姓名", "王五");
  type("手机", "13800000001");
  await userEvent.click(screen.getByRole("button", { name: "保存" }));
  const alert = (await screen.findByText("保存之前请确认")).closest<HTMLElement>("[role=alert]")!;
  await waitFor(() => expect(within(alert).getByRole("link", { name: /张三/ })).toHaveAttribute("href", "/e/customer/c9"));
  expect(screen.getByLabelText("姓名")).toHaveValue("王五");
  await userEvent.click(screen.getByRole("button", { name: "仍然保存" }));
  await waitFor(() => expect(onSaved).toHaveBeenCalled());
  expect(sent.filter(({ path }) => path.endsWith("/submissions"))[1]?.headers["X-Kezhi-Confirm"]).toBe("duplicates.phone");
});

it("shows a refusal at the field, with the record that is there", async () => {
  const refusal = { code: "record.duplicate", pointer: "/phone", rule: "duplicates.phone", message: "已有手机号相同的会员" };
  server({ ...EVALUATE, [ASK]: { items: [{ ...FOUND, then: "refuse" }] }, [SAVE]: [422, { code: "record.invalid", violations: [refusal] }] });
  open();
  type("姓名", "王五");
  type("手机", "13800000001");
  await userEvent.click(screen.getByRole("button", { name: "保存" }));
  await waitFor(() => expect(screen.getByLabelText("手机")).toHaveAccessibleDescription("已有手机号相同的会员"));
  expect(await screen.findByRole("group", { name: "手机号相同" })).toHaveTextContent("不能保存");
});

it("puts a rule on top of the form where none of its fields is on it", () => {
  const rules = CUSTOMER.schema["x-duplicates"]!;
  const found = [{ ...FOUND, then: "warn" as const }];
  expect([...placesOf(found, rules, () => false).keys()]).toEqual([""]);
  expect([...placesOf(found, rules, (field) => field === "phone").keys()]).toEqual(["phone"]);
});
