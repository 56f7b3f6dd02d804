/** A place on the map: two numbers in degrees, or where this device is. */
import { AimOutlined } from "@ant-design/icons";
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PlaceValue } from "@/definition/schema";
import { plainNumber } from "./numbers";
import { aria, type InputProps } from "./types";

type Parts = { [part in keyof PlaceValue]?: unknown };
type Finding = "idle" | "busy" | "refused" | "failed";
const DECIMALS = 1e6;
const PATIENCE_MS = 15_000;

export function LocationInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { id, field, value, onChange, invalid, describedBy } = props;
  const parts = (typeof value === "object" && value !== null ? value : {}) as Parts;
  const [typing, setTyping] = useState<{ [part in keyof PlaceValue]?: string }>({});
  const [finding, setFinding] = useState<Finding>("idle");
  const type = (part: keyof PlaceValue, text: string) => {
    setTyping({ ...typing, [part]: text });
    const next: Parts = { ...parts, [part]: degrees(text) };
    if (next[part] === undefined) delete next[part];
    onChange(Object.keys(next).length === 0 ? null : next);
  };
  const find = () => {
    setFinding("busy");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setFinding("idle");
        setTyping({});
        onChange({ lat: rounded(coords.latitude), lng: rounded(coords.longitude) });
      },
      (error) => setFinding(error.code === 1 ? "refused" : "failed"),
      { enableHighAccuracy: true, timeout: PATIENCE_MS },
    );
  };
  return (
    <div className="kz-location" role="group" aria-label={field.title} aria-describedby={describedBy}>
      {(["lat", "lng"] as const).map((part, index) => (
        <Input key={part} {...(index === 0 ? aria(props) : {})} className="kz-number" aria-label={t(`location.${part}`)} inputMode="decimal" autoComplete="off" prefix={<span className="kz-quiet">{t(`location.${part}`)}</span>}
          value={typing[part] ?? (parts[part] === undefined ? "" : String(parts[part]))} status={invalid ? "error" : undefined}
          onChange={(event) => type(part, event.target.value)} onBlur={() => setTyping({})} />
      ))}
      {"geolocation" in navigator && <Button icon={<AimOutlined aria-hidden />} loading={finding === "busy"} onClick={find}>{t("location.here")}</Button>}
      {(finding === "refused" || finding === "failed") && <p id={`${id}-found`} className="kz-error" role="alert">{t(`location.${finding}`)}</p>}
    </div>
  );
}

/** A number where it is one; what is none stays as typed and is refused by its shape. */
function degrees(text: string): unknown {
  const plain = plainNumber(text);
  if (plain === "") return undefined;
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : plain;
}

function rounded(value: number): number {
  return Math.round(value * DECIMALS) / DECIMALS;
}
