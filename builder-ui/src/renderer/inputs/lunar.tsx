/** A lunar date by year, month (with the leap month of that year) and day. */
import { Select, Space } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { leapMonthOf, type LunarDate, lunarDay, lunarMonth, parseLunar, writeLunar } from "@/lib/lunar";
import { aria, type InputProps } from "./types";

const OLDEST = 1900;

export function LunarInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { value, onChange, invalid } = props;
  const [parts, setParts] = useState<Partial<LunarDate>>(() => parseLunar(value) ?? {});
  const shown = parseLunar(value) ?? parts;
  const change = (part: Partial<LunarDate>) => {
    const next = { ...shown, ...part };
    setParts(next);
    const isWhole = next.year !== undefined && next.month !== undefined && next.day !== undefined;
    onChange(isWhole ? writeLunar({ leap: false, ...next } as LunarDate) : null);
  };
  const month = shown.month === undefined ? undefined : `${shown.leap ? "L" : ""}${shown.month}`;
  const status = invalid ? "error" : undefined;
  return (
    <Space.Compact className="kz-wide">
      <Select {...aria(props)} className="kz-grow" showSearch aria-label={t("lunar.year")} placeholder={t("lunar.year")} status={status}
        value={shown.year} options={years()} onChange={(year) => change({ year, ...leapLost(shown, year) })} />
      <Select className="kz-grow" aria-label={t("lunar.month")} placeholder={t("lunar.month")} status={status} value={month}
        options={months(shown.year)} onChange={(text) => change({ month: Number(text.replace("L", "")), leap: text.startsWith("L") })} />
      <Select className="kz-grow" aria-label={t("lunar.day")} placeholder={t("lunar.day")} status={status} value={shown.day}
        options={days()} onChange={(day) => change({ day })} />
    </Space.Compact>
  );
}

/** Another year may not have the leap month chosen. */
function leapLost(parts: Partial<LunarDate>, year: number): Partial<LunarDate> {
  return parts.leap && leapMonthOf(year) !== parts.month ? { leap: false } : {};
}

function years() {
  const last = new Date().getFullYear();
  return Array.from({ length: last - OLDEST + 1 }, (_, index) => ({ value: last - index, label: String(last - index) }));
}

function months(year: number | undefined) {
  const leap = year === undefined ? undefined : leapMonthOf(year);
  return Array.from({ length: 12 }, (_, index) => index + 1).flatMap((month) => [
    { value: String(month), label: lunarMonth(month, false) },
    ...(month === leap ? [{ value: `L${month}`, label: lunarMonth(month, true) }] : []),
  ]);
}

function days() {
  return Array.from({ length: 30 }, (_, index) => ({ value: index + 1, label: lunarDay(index + 1) }));
}
