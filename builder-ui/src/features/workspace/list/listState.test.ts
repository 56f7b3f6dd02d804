/** A list's address is its state, there and back. */
import { describe, expect, it } from "vitest";
import { listQuery, type ListState, readState, writeState } from "./listState";

const EMPTY: ListState = { view: undefined, q: "", filters: [], sort: undefined, after: undefined };

describe("the address", () => {
  it("holds nothing of an untouched list", () => {
    expect(writeState(EMPTY).toString()).toBe("");
    expect(readState(new URLSearchParams())).toEqual(EMPTY);
  });

  it("holds everything, there and back", () => {
    const state: ListState = { view: "vip", q: "张", filters: [{ field: "value", op: "in", value: ["A"] }, { field: "phone", op: "empty" }], sort: "-spent", after: "c1" };
    expect(readState(writeState(state))).toEqual(state);
  });

  it("reads one condition that stands alone, and nothing from what is no condition", () => {
    expect(readState(new URLSearchParams({ where: '{"field":"a","op":"eq","value":1}' })).filters).toHaveLength(1);
    expect(readState(new URLSearchParams({ where: "{nonsense" })).filters).toEqual([]);
    expect(readState(new URLSearchParams({ where: '{"all":[{"any":[]}]}' })).filters).toEqual([]);
  });
});

describe("what is asked of the server", () => {
  const view = { entity: "customer", where: { field: "owner", op: "eq", value: { ref: "caller.id" } }, sort: ["-spent", "name"] } as const;

  it("is the view's own condition and sort", () => {
    expect(listQuery(EMPTY, { ...view, sort: [...view.sort] })).toMatchObject({ where: view.where, sort: "-spent,name", limit: 50 });
  });

  it("adds filters to the view's condition", () => {
    const filter = { field: "value", op: "eq", value: "A" } as const;
    expect(listQuery({ ...EMPTY, filters: [filter] }, { ...view, sort: undefined }).where).toEqual({ all: [view.where, filter] });
    expect(listQuery({ ...EMPTY, filters: [filter] }, undefined).where).toEqual(filter);
  });

  it("leaves found words in their rank unless a sort was chosen", () => {
    expect(listQuery({ ...EMPTY, q: "张" }, { ...view, sort: "name" }).sort).toBeUndefined();
    expect(listQuery({ ...EMPTY, q: "张", sort: "name" }, undefined).sort).toBe("name");
  });
});
