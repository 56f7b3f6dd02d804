/** The builder's screens over a server in memory: what a person does becomes the right file. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "antd";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { MemoryRouter, Route, Routes } from "react-router";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadTexts, startLanguage } from "@/lib/i18n";
import Builder from "./index";
import { type FakeServer, startFakeServer } from "./testing/fakeServer";

const CUSTOMER = {
  title: "Customer",
  type: "object",
  "x-owner": true,
  required: ["name"],
  properties: {
    name: { title: "Name", "x-kind": "text" },
    preference: { title: "Preference", "x-kind": "choice", enum: ["food", "cosmetics"], "x-labels": { food: "Food", cosmetics: "Cosmetics" } },
    value: { title: "Value", "x-kind": "grade", "x-grade": "value" },
  },
};
const control = (field: string) => ({ type: "Control", scope: `#/properties/${field}` });
const FORM = { title: "Customer form", entity: "customer", layout: { type: "VerticalLayout", elements: [control("name"), control("preference")] } };
const GRADE = {
  title: "Customer value",
  entity: "customer",
  field: "value",
  method: { table: [{ when: { field: "name", op: "not_empty" }, points: 10, reason: "has a name" }] },
  bands: [{ letter: "A", at_least: 70 }, { letter: "B", at_least: 0 }],
};
const WORKFLOW = {
  title: "Welcome",
  entity: "customer",
  trigger: { on: "record_created" },
  start: "call",
  nodes: { call: { type: "task", title: "Call them", assignees: [{ field: "owner" }], next: "end" }, end: { type: "end", outcome: "done" } },
};

// Whole screens on a busy machine; a person would not notice, a clock would.
vi.setConfig({ testTimeout: 60_000 });

let server: FakeServer;
const person = userEvent.setup();

beforeAll(async () => {
  configure({ asyncUtilTimeout: 10_000 });
  i18next.use(initReactI18next);
  await startLanguage("en");
  await loadTexts("en", "builder");
});

beforeEach(() => {
  server = startFakeServer({ "entities/customer.json": CUSTOMER, "forms/customer.json": FORM, "grades/value.json": GRADE, "workflows/welcome.json": WORKFLOW });
});

function open(path: string): void {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <App>
        <MemoryRouter initialEntries={[`/builder/${path}`]}>
          <Routes>
            <Route path="/builder/*" element={<Builder />} />
          </Routes>
        </MemoryRouter>
      </App>
    </QueryClientProvider>,
  );
}

/** Opens a select and picks an option, as antd draws them. */
async function pick(select: HTMLElement, option: string): Promise<void> {
  fireEvent.mouseDown(select);
  const found = await screen.findAllByText(option, { selector: ".ant-select-item-option-content" });
  fireEvent.click(found.at(-1)!);
}

describe("an entity", () => {
  it("gets a choice that is shown for one preference, on its form too", async () => {
    open("entities/customer");
    fireEvent.click(await screen.findByText("Add field"));
    const dialog = await screen.findByRole("dialog");
    fireEvent.change(within(dialog).getByLabelText("Title"), { target: { value: "Skin type" } });
    expect(within(dialog).getByLabelText("Key")).toHaveValue("skin_type");
    fireEvent.click(within(dialog).getByLabelText("Choice"));
    fireEvent.click(within(dialog).getByText("Add"));
    const panel = (await screen.findByText("Skin type", { selector: "aside h2" })).closest("aside")!;
    for (const [index, label] of ["Dry", "Oily"].entries()) {
      fireEvent.click(within(panel).getByText("Add choice"));
      expect(within(panel).getByLabelText(`Label of choice ${index + 1}`)).toHaveFocus();
      expect(within(panel).getByText(/an option without one is not saved/)).toBeVisible();
      fireEvent.change(within(panel).getByLabelText(`Label of choice ${index + 1}`), { target: { value: label } });
    }
    const shown = within(panel).getByLabelText("Shown when");
    fireEvent.click(within(shown).getByText("Add condition"));
    await pick(within(shown).getByLabelText("Field"), "Preference");
    await pick(within(shown).getByLabelText("Value"), "Cosmetics");
    await waitFor(() => expect(server.json("entities/customer.json")["properties"]).toMatchObject({
      skin_type: { title: "Skin type", "x-kind": "choice", enum: ["dry", "oily"], "x-labels": { dry: "Dry", oily: "Oily" }, "x-show": { field: "preference", op: "eq", value: "cosmetics" } },
    }));
    expect(server.json("forms/customer.json")["layout"]).toMatchObject({ elements: [{}, {}, control("skin_type")] });
    expect(server.files.get("entities/customer.json")).toMatch(/^\{\n {2}"title": "Customer",\n[^]*\}\n$/);
  });
});

describe("a finding of a field", () => {
  it("stands where it can be put right: at the options, at a condition, at the name", async () => {
    const at = (pointer: string, message: string) => ({ severity: "error", code: "x", message, path: "entities/customer.json", pointer: `/properties/preference${pointer}` });
    server.findings = [at("/enum", "No option."), at("/x-show/field", "No such field."), at("", "The field is wrong."), at("/default", "The default is wrong.")];
    open("entities/customer");
    fireEvent.click(await screen.findByText("Preference"));
    const panel = (await screen.findByText("Preference", { selector: "aside h2" })).closest("aside")!;
    const options = within(panel).getByRole("group", { name: "Choices" });
    await waitFor(() => expect(options).toHaveTextContent("No option."));
    expect(within(panel).getByLabelText("Title").closest(".kzb-field")).toHaveTextContent(/^TitleThe field is wrong\.$/);
    for (const message of ["No option.", "No such field.", "The default is wrong."]) expect(within(panel).getAllByText(message)).toHaveLength(1);
  });
});

describe("a sub-table", () => {
  it("has its columns edited whole: required, decimals, what is reckoned", async () => {
    const items = { type: "object", properties: { price: { title: "Price", "x-kind": "money" }, sum: { title: "Sum", "x-kind": "computed", "x-result": "money", "x-compute": "price" } } };
    server = startFakeServer({ "entities/customer.json": { ...CUSTOMER, properties: { ...CUSTOMER.properties, lines: { title: "Lines", "x-kind": "table", items } } } });
    open("entities/customer");
    fireEvent.click(await screen.findByText("Lines"));
    fireEvent.click(await screen.findByRole("button", { name: "Settings of Price" }));
    const price = await screen.findByRole("group", { name: "Settings of Price" });
    fireEvent.click(within(price).getByRole("switch", { name: "Required" }));
    fireEvent.change(within(price).getByLabelText("Decimals"), { target: { value: "4" } });
    fireEvent.blur(within(price).getByLabelText("Decimals"));
    fireEvent.click(screen.getByRole("button", { name: "Settings of Sum" }));
    const sum = await screen.findByRole("group", { name: "Settings of Sum" });
    expect(within(sum).queryByRole("switch", { name: "Required" })).toBeNull();
    fireEvent.change(within(sum).getByLabelText("Expression"), { target: { value: "price * 2" } });
    await waitFor(() => expect(server.json("entities/customer.json")["properties"]).toMatchObject({
      lines: { items: { type: "object", required: ["price"], properties: { price: { "x-scale": 4 }, sum: { "x-compute": "price * 2" } } } },
    }));
  });
});

describe("findings", () => {
  it("stand in one line, and open as a list", async () => {
    open("workflows/welcome");
    const strip = await screen.findByRole("region", { name: "Findings" });
    expect(strip).toHaveTextContent("Something is wrong here.");
    fireEvent.click(within(strip).getByRole("button", { name: /Show it/, expanded: false }));
    expect(within(strip).getByRole("listitem")).toHaveTextContent("Something is wrong here.");
  });
});

describe("a form", () => {
  it("is rearranged with the keyboard's buttons, undone and redone with keys", async () => {
    open("forms/customer");
    fireEvent.click(await screen.findByText(/^Preference/, { selector: ".kzb-box-name" }));
    fireEvent.click(await screen.findByLabelText("Move Preference up"));
    const names = () => screen.getAllByText(/^(Name|Preference)/, { selector: ".kzb-box-name" }).map((button) => button.textContent);
    expect(names()).toEqual(["Preference Choice", "Name Text"]);
    fireEvent.keyDown(document.body, { key: "z", ctrlKey: true });
    expect(names()).toEqual(["Name Text", "Preference Choice"]);
    fireEvent.keyDown(document.body, { key: "z", ctrlKey: true, shiftKey: true });
    expect(names()).toEqual(["Preference Choice", "Name Text"]);
    await waitFor(() => expect(server.json("forms/customer.json")["layout"]).toMatchObject({ elements: [control("preference"), control("name")] }));
  });

  it("ignores the undo keys while an input method composes", async () => {
    open("forms/customer");
    fireEvent.click(await screen.findByText(/^Preference/, { selector: ".kzb-box-name" }));
    fireEvent.click(await screen.findByLabelText("Move Preference up"));
    fireEvent.keyDown(document.body, { key: "z", ctrlKey: true, isComposing: true });
    expect(screen.getAllByText(/^(Name|Preference)/, { selector: ".kzb-box-name" })[0]).toHaveTextContent("Preference");
  });
});

describe("a grade", () => {
  it("is tried on a record as it stands on screen, saved or not", async () => {
    open("grades/value");
    const points = await screen.findByLabelText("Points of row 1");
    fireEvent.change(points, { target: { value: "90" } });
    fireEvent.blur(points);
    await pick(await screen.findByRole("combobox", { name: "Record" }), "周敏");
    await person.click(screen.getByRole("button", { name: "Grade it" }));
    expect(await screen.findByText(/90 points/)).toBeInTheDocument();
    const trial = server.sent.find(({ path }) => path === "/api/grades/value/try");
    expect(JSON.parse(trial?.body ?? "{}")).toMatchObject({ record: "r1", grade: { method: { table: [{ points: 90 }] } } });
  });
});

describe("a workflow", () => {
  it("shows a finding on its node and takes a node on any line", async () => {
    open("workflows/welcome");
    const node = await screen.findByRole("button", { name: /Call them/, pressed: false });
    await waitFor(() => expect(node).toHaveAttribute("data-severity", "error"));
    await person.click(screen.getByRole("button", { name: "Add a node between Call them and end" }));
    await person.click(await screen.findByRole("menuitem", { name: "Wait" }));
    await waitFor(() => expect(server.json("workflows/welcome.json")["nodes"]).toMatchObject({ call: { next: "wait" }, wait: { type: "wait", for: "1d", next: "end" } }));
    fireEvent.keyDown(screen.getByRole("button", { name: /^Wait/, pressed: true }), { key: "Delete" });
    await waitFor(() => expect(server.json("workflows/welcome.json")["nodes"]).toEqual(WORKFLOW.nodes));
  });
});
