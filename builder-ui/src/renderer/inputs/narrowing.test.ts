/** A relation's condition is asked with the values of the record at hand. */
import { expect, it } from "vitest";
import type { FieldSchema } from "@/definition/schema";
import { narrowing } from "./narrowing";

const field: FieldSchema = { title: "订单", "x-kind": "relation", "x-options": { where: { all: [{ field: "customer", op: "eq", value: { ref: "record.customer" } }, { field: "owner", op: "eq", value: { ref: "caller.id" } }] } } };

it("puts in what the record says and leaves the caller to the server", () => {
  expect(narrowing(field, () => "c1")).toEqual({ all: [{ field: "customer", op: "eq", value: "c1" }, { field: "owner", op: "eq", value: { ref: "caller.id" } }] });
});

it("finds nothing while what it needs is empty, and everything where nothing narrows", () => {
  expect(narrowing(field, () => null)).toBe("none");
  expect(narrowing({ title: "", "x-kind": "relation" }, undefined)).toBeUndefined();
});
