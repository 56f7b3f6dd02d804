/** Numbers, dates, lunar dates and kept input as people meet them. */
import i18next from "i18next";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { formatAgo, formatDate, formatDecimal, formatInstant, formatMoney, todayIn } from "./format";
import { countKept, dropAllKept, dropKept, keep, keptKey, readKept } from "./kept";
import { formatLunar, parseLunar, writeLunar } from "./lunar";

beforeAll(() => i18next.init({ lng: "zh-CN", resources: {} }));
beforeEach(() => i18next.changeLanguage("zh-CN"));

describe("figures", () => {
  it.each([["1234567.50", "1,234,567.50"], ["-1234", "-1,234"], ["0.1", "0.1"], [1200, "1,200"], ["12x", "12x"], ["123456789012345.67", "123,456,789,012,345.67"]])("%s → %s", (value, shown) => {
    expect(formatDecimal(value)).toBe(shown);
  });

  it("money stands after its sign, and a minus before both", () => {
    expect(formatMoney("1234.50", "CNY")).toBe("¥1,234.50");
    expect(formatMoney("-5.00", "USD")).toBe("-$5.00");
    expect(formatMoney("5.00", "nonsense")).toBe("nonsense 5.00");
  });
});

describe("days and instants", () => {
  it("follow the language", async () => {
    expect(formatDate("2026-03-01")).toBe("2026年3月1日");
    await i18next.changeLanguage("en");
    expect(formatDate("2026-03-01")).toBe("Mar 1, 2026");
  });

  it("an instant is read in the workspace's zone", () => {
    expect(formatInstant("2026-03-01T16:30:00.000Z", "Asia/Shanghai")).toContain("3月2日");
    expect(todayIn("Asia/Shanghai", Date.parse("2026-03-01T16:30:00Z"))).toBe("2026-03-02");
  });

  it("ago takes the largest unit", () => {
    const now = Date.parse("2026-03-01T00:00:00Z");
    expect(formatAgo("2026-02-26T00:00:00Z", now)).toBe("3天前");
    expect(formatAgo("2026-03-01T02:00:00Z", now)).toBe("2小时后");
  });
});

describe("lunar dates", () => {
  it("are read aloud, leap months too", () => {
    expect(formatLunar("1990-05-15")).toBe("农历1990年五月十五");
    expect(formatLunar("1990-L05-30")).toBe("农历1990年闰五月三十");
    expect(formatLunar("1990-12-21")).toBe("农历1990年腊月廿一");
    expect(formatLunar("soon")).toBe("soon");
  });

  it("there and back", () => {
    expect(writeLunar(parseLunar("1990-L05-05")!)).toBe("1990-L05-05");
    expect(parseLunar("1990-5-5")).toBeUndefined();
  });
});

describe("kept input", () => {
  const mine = keptKey("default", "li", "customer/new");

  it("belongs to one person and goes at sign-out", async () => {
    await keep(mine, { name: "张" });
    await keep(keptKey("default", "chen", "customer/new"), { name: "王" });
    expect((await readKept(mine))?.value).toEqual({ name: "张" });
    expect(await countKept("default", "li")).toBe(1);
    await dropAllKept("default", "li");
    expect(await readKept(mine)).toBeUndefined();
    expect(await countKept("default", "chen")).toBe(1);
    await dropKept(keptKey("default", "chen", "customer/new"));
  });

  it("is forgotten after 30 days", async () => {
    await keep(mine, { name: "张" }, 0);
    expect(await readKept(mine, 31 * 86_400_000)).toBeUndefined();
  });
});
