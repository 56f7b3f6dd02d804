/** One value as people read it, by its kind. */
import { Tag } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { formatDate, formatDecimal, formatInstant, formatMoney } from "@/lib/format";
import { formatLunar } from "@/lib/lunar";
import { isEmpty } from "@/definition/compare";
import type { FieldSchema } from "@/definition/schema";
import type { GradeValue } from "@/api/types";
import { GradeBadge } from "@/ui/GradeBadge";
import { useNames, useRendering } from "../context";
import "../renderer.css";
import { effective, guessKind } from "./effective";
import { ShowRows } from "./ShowRows";

type ShowValueProps = {
  field: FieldSchema;
  value: unknown;
  /** In a table cell: one line, no links inside links. */
  compact?: boolean;
};

export function ShowValue({ field: authored, value, compact = false }: ShowValueProps): ReactNode {
  const { app } = useRendering();
  if (isEmpty(value)) return <Nothing />;
  const field = effective(authored, app.entities);
  const kind = field["x-kind"] === "guess" ? guessKind(value) : field["x-kind"];
  switch (kind) {
    case "boolean":
      return <YesNo value={value === true} />;
    case "choice":
      return field["x-labels"]?.[String(value)] ?? String(value);
    case "choices":
    case "tags":
      return <Chips field={field} values={value as string[]} />;
    case "money":
      return <span className="kz-figure">{formatMoney(value as string, field["x-currency"] ?? app.currency)}</span>;
    case "integer":
    case "decimal":
      return <span className="kz-figure">{formatDecimal(value as string)}</span>;
    case "percent":
      return <span className="kz-figure">{formatDecimal(value as string)}%</span>;
    case "date":
      return formatDate(String(value));
    case "datetime":
      return <time dateTime={String(value)}>{formatInstant(String(value), app.zone)}</time>;
    case "lunar_date":
      return formatLunar(String(value));
    case "grade":
      return <Grade value={value as GradeValue} title={field.title} />;
    case "person":
      return <Named id={String(value)} />;
    case "relation":
      return <Related entity={field["x-relation"]?.entity} id={String(value)} compact={compact} />;
    case "table":
      return compact ? <Count rows={value as unknown[]} /> : <ShowRows field={field} rows={value as Record<string, unknown>[]} />;
    case "email":
      return compact ? String(value) : <a href={`mailto:${String(value)}`}>{String(value)}</a>;
    case "url":
      return compact ? String(value) : <SafeLink address={String(value)} />;
    case "long_text":
      return compact ? String(value) : <span className="kz-lines">{String(value)}</span>;
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

function Nothing() {
  const { t } = useTranslation("workspace");
  return (
    <span className="kz-nothing">
      <span aria-hidden>—</span>
      <span className="kz-sr">{t("value.none")}</span>
    </span>
  );
}

function YesNo({ value }: { value: boolean }) {
  const { t } = useTranslation("workspace");
  return value ? t("value.yes") : t("value.no");
}

function Chips({ field, values }: { field: FieldSchema; values: string[] }) {
  return (
    <span className="kz-chips">
      {values.map((value) => (
        <Tag key={value}>{field["x-labels"]?.[value] ?? value}</Tag>
      ))}
    </span>
  );
}

function Grade({ value, title }: { value: GradeValue; title: string }) {
  const { t } = useTranslation("workspace");
  return (
    <span className="kz-grade-value">
      <GradeBadge letter={value.letter} label={title} />
      <span className="kz-quiet">{t("grade.points", { score: value.score })}</span>
    </span>
  );
}

function Named({ id }: { id: string }) {
  return useNames()[id] ?? id.slice(0, 8);
}

function Related({ entity, id, compact }: { entity: string | undefined; id: string; compact: boolean }) {
  const { linkTo } = useRendering();
  const name = useNames()[id] ?? id.slice(0, 8);
  if (compact || !linkTo || !entity) return name;
  return <Link to={linkTo(entity, id)}>{name}</Link>;
}

function Count({ rows }: { rows: unknown[] }) {
  const { t } = useTranslation("workspace");
  return t("table.count", { count: rows.length });
}

/** Only web addresses become links; anything else could be a script. */
function SafeLink({ address }: { address: string }) {
  if (!/^https?:\/\//i.test(address)) return address;
  return (
    <a href={address} target="_blank" rel="noreferrer noopener">
      {address}
    </a>
  );
}
