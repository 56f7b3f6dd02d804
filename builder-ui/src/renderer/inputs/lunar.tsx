/** A lunar date by year, month (with the leap month of that year) and day (29 or 30 of them); shows the solar day that it is. */
import { Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatDate } from "@/lib/format";
import { type LunarDate, lunarDay, lunarMonth, parseLunar, writeLunar } from "@/lib/lunar";
import { daysIn, leapMonthOf, solarOf } from "./lunarCalendar";
import { aria, type InputProps } from "./types";

const OLDEST = 1900;
const YEARS_AHEAD = 10;
const LONG_MONTH = 30;

type Parts = Partial<LunarDate>;

export function LunarInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { id, field, value, onChange, invalid, describedBy, required } = props;
  const [parts, setParts] = useState<Parts>(() => parseLunar(value) ?? {});
  const shown: Parts = parseLunar(value) ?? parts;
  const change = (part: Parts) => {
    const next = fitting({ ...shown, ...part });
    setParts(next);
    onChange(isWhole(next) ? writeLunar(next) : null);
  };
  const month = shown.month === undefined ? undefined : `${shown.leap ? "L" : ""}${shown.month}`;
  const status = invalid ? "error" : undefined;
  const solar = isWhole(shown) ? solarOf(shown) : undefined;
  const described = [describedBy, solar && `${id}-solar`].filter(Boolean).join(" ") || undefined;
  return (
    <div role="group" aria-label={field.title} aria-describedby={described}>
      <div className="kz-parts">
        <Select {...aria(props)} className="kz-grow" showSearch aria-label={t("lunar.year")} placeholder={t("lunar.year")} status={status} allowClear={!required}
          value={shown.year} options={years(shown.year)} onChange={(year) => (year === undefined ? change({ year, month: undefined, leap: false, day: undefined }) : change({ year }))} />
        <Select className="kz-grow" aria-label={t("lunar.month")} placeholder={t("lunar.month")} status={status} value={month} popupMatchSelectWidth={false}
          options={months(shown.year, t)} onChange={(text) => change({ month: Number(text.replace("L", "")), leap: text.startsWith("L") })} />
        <Select className="kz-grow" aria-label={t("lunar.day")} placeholder={t("lunar.day")} status={status} value={shown.day}
          options={days(shown)} onChange={(day) => change({ day })} />
      </div>
      {solar && <p id={`${id}-solar`} className="kz-help">{t("lunar.solar", { date: formatDate(solar) })}</p>}
    </div>
  );
}

function isWhole(parts: Parts): parts is LunarDate {
  return parts.leap !== undefined && parts.year !== undefined && parts.month !== undefined && parts.day !== undefined;
}

/** Another year may not have the leap month chosen, another month not the thirtieth. */
function fitting(parts: Parts): Parts {
  const { year, month, day } = parts;
  if (year === undefined || month === undefined) return { leap: false, ...parts };
  const leap = parts.leap === true && leapMonthOf(year) === month;
  const isThere = day === undefined || day <= daysIn({ year, month, leap });
  return { year, month, leap, day: isThere ? day : undefined };
}

function years(chosen: number | undefined) {
  const last = new Date().getFullYear() + YEARS_AHEAD;
  const all = Array.from({ length: last - OLDEST + 1 }, (_, index) => last - index);
  // A year beyond the usual ones stays readable.
  const known = chosen === undefined || all.includes(chosen) ? all : [chosen, ...all];
  return known.map((year) => ({ value: year, label: String(year) }));
}

type Translate = (key: string) => string;

function months(year: number | undefined, t: Translate) {
  const leap = year === undefined ? undefined : leapMonthOf(year);
  return Array.from({ length: 12 }, (_, index) => index + 1).flatMap((month) => [
    { value: String(month), label: <MonthName year={year} month={month} leap={false} t={t} /> },
    ...(month === leap ? [{ value: `L${month}`, label: <MonthName year={year} month={month} leap t={t} /> }] : []),
  ]);
}

type MonthNameProps = { year: number | undefined; month: number; leap: boolean; t: Translate };

/** 五月, and whether it is a long or a short one in that year. */
function MonthName({ year, month, leap, t }: MonthNameProps) {
  if (year === undefined) return lunarMonth(month, leap);
  const length = daysIn({ year, month, leap }) === LONG_MONTH ? "lunar.long" : "lunar.short";
  return <span>{lunarMonth(month, leap)}<small className="kz-quiet kz-aside">{t(length)}</small></span>;
}

function days({ year, month, leap = false }: Parts) {
  const count = year === undefined || month === undefined ? LONG_MONTH : daysIn({ year, month, leap });
  return Array.from({ length: count }, (_, index) => ({ value: index + 1, label: lunarDay(index + 1) }));
}
