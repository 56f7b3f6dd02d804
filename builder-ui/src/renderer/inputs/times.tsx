/** A time of day, and a span of time as an amount and a unit; a chunk of its own, loaded when a form has one. */
import { Input, Select, Space, TimePicker } from "antd";
import dayjs from "dayjs";
import customParseFormat from "dayjs/plugin/customParseFormat";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type DurationUnit, isTime, parseDuration } from "@/definition/time";
import { plainNumber } from "./numbers";
import { aria, type InputProps } from "./types";

dayjs.extend(customParseFormat);

const STORED = "HH:mm:ss";

/** Seconds are shown only where the stored value has some. */
export function TimeInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { value, onChange, invalid } = props;
  const shown = isTime(value) && value.length > 5 && !value.endsWith(":00") ? STORED : "HH:mm";
  return (
    <TimePicker
      {...aria(props)}
      className="kz-wide"
      value={isTime(value) ? dayjs(value, value.length > 5 ? STORED : "HH:mm") : null}
      format={shown}
      needConfirm={false}
      changeOnScroll
      placeholder={t("input.chooseClock")}
      status={invalid ? "error" : undefined}
      onChange={(next) => onChange(next ? (Array.isArray(next) ? next[0] : next)?.format(STORED) : null)}
    />
  );
}

const UNITS: readonly DurationUnit[] = ["min", "h", "d", "w", "month", "y"];

export function DurationInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { field, value, onChange, invalid } = props;
  const read = parseDuration(value);
  const [unit, setUnit] = useState<DurationUnit>(read?.unit ?? "d");
  const [typing, setTyping] = useState<string>();
  const chosen = read?.unit ?? unit;
  const amount = typing ?? (read ? String(read.amount) : typeof value === "string" ? value.replace(/[a-z]*$/i, "") : "");
  const write = (text: string, in_: DurationUnit) => onChange(plainNumber(text) === "" ? null : `${plainNumber(text)}${in_}`);
  return (
    <Space.Compact className="kz-wide">
      <Input
        {...aria(props)}
        className="kz-number"
        inputMode="numeric"
        autoComplete="off"
        value={amount}
        status={invalid ? "error" : undefined}
        onChange={(event) => {
          setTyping(event.target.value);
          write(event.target.value, chosen);
        }}
        onBlur={() => setTyping(undefined)}
      />
      <Select
        aria-label={t("input.unitOf", { field: field.title })}
        className="kz-unit"
        value={chosen}
        options={(UNITS.includes(chosen) ? UNITS : [chosen, ...UNITS]).map((each) => ({ value: each, label: t(`unit.${each}`) }))}
        onChange={(next) => {
          setUnit(next);
          if (amount !== "") write(amount, next);
        }}
      />
    </Space.Compact>
  );
}
