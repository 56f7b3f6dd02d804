/** The shape of values, judged as the engine judges it: the cases of the engine's own tests, and every kind beyond them. */
import { describe, expect, it } from "vitest";
import { companyCodeFault, idCardFault, readIdCard } from "./checkDigits";
import type { FieldSchema } from "./entity";
import { faultsOf } from "./shape";

function code(field: Partial<FieldSchema>, value: unknown): string | undefined {
  return faultsOf({ title: "字段", "x-kind": "text", ...field }, value)[0]?.code;
}

describe("numbers", () => {
  it.each([
    ["12.5", undefined], [12, undefined], ["-0.00", undefined], ["0007", undefined], ["9999999999999.99", undefined],
    ["99999999999999.99", "record.too_many_digits"], ["12.345", "record.scale"], [12.5, "record.wrong_type"],
    ["1e3", "record.wrong_type"], ["+1", "record.wrong_type"], [".5", "record.wrong_type"], [true, "record.wrong_type"],
  ])("money %s", (value, expected) => expect(code({ "x-kind": "money" }, value)).toBe(expected));

  it("keep to their bounds", () => {
    expect(code({ "x-kind": "money", "x-minimum": "0" }, "-0.01")).toBe("record.too_small");
    expect(code({ "x-kind": "percent", "x-maximum": "100" }, 101)).toBe("record.too_large");
    expect(code({ "x-kind": "decimal", "x-scale": 6 }, "1.5")).toBeUndefined();
    expect(code({ "x-kind": "integer" }, 2 ** 53)).toBe("record.too_large");
    expect(code({ "x-kind": "integer", minimum: 1 }, 0)).toBe("record.too_small");
    expect(code({ "x-kind": "integer" }, "1")).toBe("record.wrong_type");
    expect(code({ "x-kind": "rating", "x-max": 10 }, 10)).toBeUndefined();
    expect(code({ "x-kind": "rating" }, 6)).toBe("record.too_large");
  });
});

describe("times", () => {
  it.each([
    ["date", "2024-02-29", undefined], ["date", "2026-02-29", "record.format"], ["date", "2026-3-1", "record.format"],
    ["datetime", "2026-03-01T16:00:00+08:00", undefined], ["datetime", "2026-03-01T16:00:00", "record.format"],
    ["time", "08:30:00", undefined], ["time", "24:00:00", "record.format"], ["time", "8:30", undefined], ["time", "8:5", "record.format"],
    ["duration", "30d", undefined], ["duration", "1month", undefined], ["duration", "1 day", "record.format"],
    ["lunar_date", "1990-05-15", undefined], ["lunar_date", "1990-L05-15", undefined], ["lunar_date", "1990-13-01", "record.format"],
  ])("%s %s", (kind, value, expected) => expect(code({ "x-kind": kind }, value)).toBe(expected));
});

describe("texts", () => {
  it.each([
    [{ "x-kind": "text" }, "  Ω 客户\n", undefined], [{ "x-kind": "text" }, "a\0b", "record.text"], [{ "x-kind": "text" }, 1, "record.wrong_type"],
    [{ maxLength: 2 }, "客户", undefined], [{ maxLength: 2 }, "客户们", "record.too_long"], [{ maxLength: 1 }, "😀", undefined],
    [{ minLength: 3 }, "ab", "record.too_short"], [{ pattern: "^[A-Z]{2}$" }, "ab", "record.pattern"], [{ pattern: "((" }, "ab", undefined],
    [{ "x-kind": "phone" }, " 138-0013-8000 ", undefined], [{ "x-kind": "phone" }, "call me", "record.format"],
    [{ "x-kind": "email" }, "ada@acme.example", undefined], [{ "x-kind": "email" }, "ada@acme", "record.format"], [{ "x-kind": "email" }, "a b@acme.example", "record.format"],
    [{ "x-kind": "url" }, "https://acme.example/a?b", undefined], [{ "x-kind": "url" }, "javascript:alert(1)", "record.format"],
    [{ "x-kind": "color" }, "#1F6f5c", undefined], [{ "x-kind": "color" }, "green", "record.format"],
    [{ "x-kind": "id_card" }, "11010519491231002X", undefined], [{ "x-kind": "id_card" }, "11010519491231002x", undefined], [{ "x-kind": "id_card" }, "110105194912310021", "record.id_card_check"],
    [{ "x-kind": "company_code" }, "91350100M000100Y43", undefined], [{ "x-kind": "company_code" }, "91350100M000100Y44", "record.company_code_check"],
    [{ "x-kind": "barcode" }, " 6901234567892 ", undefined], [{ "x-kind": "barcode" }, "a\nb", "record.format"],
    [{ "x-kind": "rich_text", maxLength: 2 }, "<p>客户</p>", undefined], [{ "x-kind": "rich_text", maxLength: 2 }, "<p>客户们</p>", "record.too_long"],
  ])("%j %s", (field, value, expected) => expect(code(field, value)).toBe(expected));
});

describe("check digits", () => {
  it.each([
    ["11010519491231002X", undefined], [" 11010519491231002x ", undefined], ["440524188001010014", undefined],
    ["110105491231002", "length"], ["1101051949123100２X", "letters"], ["11010519491231Y02X", "letters"], ["00010519491231002X", "region"],
    ["110105194902300027", "birth"], ["110105084912310027", "birth"], ["110105194912310021", "check"],
  ])("identity card %s", (text, fault) => expect(idCardFault(text)).toBe(fault && `record.id_card_${fault}`));

  it.each([
    ["91350100M000100Y43", undefined], [" 91350100m000100y43 ", undefined], ["9135010", "length"], ["91350100M000100I43", "letters"],
    ["91990100M000100Y43", "region"], ["9135A100M000100Y43", "region"], ["91350100M000100Y44", "check"],
  ])("company %s", (text, fault) => expect(companyCodeFault(text)).toBe(fault && `record.company_code_${fault}`));

  it("an identity card tells birthday and sex", () => {
    expect(readIdCard("11010519491231002X")).toEqual({ birthday: "1949-12-31", sex: "female" });
    expect(readIdCard("110105194912310021")).toBeUndefined();
  });
});

describe("lists and objects", () => {
  const file = { id: "f1", name: "a.pdf", type: "application/pdf", size: 3 };
  it.each([
    [{ "x-kind": "choice", enum: ["a"] }, "b", "record.not_an_option"],
    [{ "x-kind": "choices", enum: ["red", "blue"] }, ["blue", "red"], undefined],
    [{ "x-kind": "choices", enum: ["red", "blue"] }, ["blue", "blue"], "record.duplicate_item"],
    [{ "x-kind": "choices", enum: ["red"] }, ["green"], "record.not_an_option"],
    [{ "x-kind": "choices", enum: ["red"] }, "red", "record.wrong_type"],
    [{ "x-kind": "tags", maxItems: 1 }, ["a", "b"], "record.too_many"],
    [{ "x-kind": "tags", minItems: 2 }, ["a"], "record.too_few"],
    [{ "x-kind": "cascade" }, ["33", "3301"], undefined], [{ "x-kind": "cascade" }, "33", "record.wrong_type"],
    [{ "x-kind": "people" }, ["u1", "u1"], "record.duplicate_item"], [{ "x-kind": "relations" }, [1], "record.wrong_type"],
    [{ "x-kind": "attachment" }, [file], undefined], [{ "x-kind": "image" }, ["f1"], "record.wrong_type"],
    [{ "x-kind": "signature" }, file, undefined], [{ "x-kind": "signature" }, "f1", "record.wrong_type"],
    [{ "x-kind": "address" }, { region: ["33"], detail: "路" }, undefined], [{ "x-kind": "address" }, "杭州", "record.wrong_type"],
    [{ "x-kind": "address" }, { detail: "路".repeat(501) }, "record.too_long"],
    [{ "x-kind": "location" }, { lat: 31.23, lng: 121.47 }, undefined], [{ "x-kind": "location" }, { lat: 91, lng: 0 }, "record.format"], [{ "x-kind": "location" }, { lat: "1", lng: 0 }, "record.wrong_type"],
    [{ "x-kind": "json" }, { a: [1, null] }, undefined], [{ "x-kind": "json" }, { $unreadable: "{" }, "record.format"], [{ "x-kind": "json" }, "x".repeat(65_536), "record.too_large_bytes"],
    [{ "x-kind": "boolean" }, "true", "record.wrong_type"],
  ])("%j %j", (field, value, expected) => expect(code(field, value)).toBe(expected));

  it("points at the cell of a row", () => {
    const items = { properties: { price: { title: "单价", "x-kind": "money" } } };
    const faults = faultsOf({ title: "明细", "x-kind": "table", items }, [{ price: "1.00" }, { price: "1.234" }]);
    expect(faults).toMatchObject([{ below: "/1/price", code: "record.scale", args: { scale: 2 } }]);
  });
});
