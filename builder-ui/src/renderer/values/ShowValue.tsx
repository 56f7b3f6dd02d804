/** One value as people read it, by its kind. */
import { Tag } from "antd";
import { Fragment, lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useDepartments } from "@/api/hooks";
import { formatDate, formatDecimal, formatInstant, formatMoney } from "@/lib/format";
import { formatLunar } from "@/lib/lunar";
import { isEmpty } from "@/definition/compare";
import type { AddressValue, FieldSchema, FileRef, PlaceValue } from "@/definition/schema";
import { parseDuration } from "@/definition/time";
import { wordsOf } from "@/lib/words";
import type { GradeValue } from "@/api/types";
import { GradeBadge } from "@/ui/GradeBadge";
import { useNames, useRendering } from "../context";
import "../renderer.css";
import { Covered } from "./Covered";
import { effective, guessKind } from "./effective";
import { Files, Pictures } from "./Files";
import { Colour, Place, Stars } from "./small";
import { ShowRows } from "./ShowRows";

const Markup = lazy(() => import("./Markup"));
const Address = lazy(() => import("./Address"));

type ShowValueProps = {
  field: FieldSchema;
  /** The field's key, where the record's covered values may be asked for. */
  name?: string;
  value: unknown;
  /** In a table cell: one line, no links inside links. */
  compact?: boolean;
};

export function ShowValue({ field: authored, name, value, compact = false }: ShowValueProps): ReactNode {
  const { app } = useRendering();
  if (isEmpty(value)) return <Nothing />;
  const field = effective(authored, app.entities);
  const kind = field["x-kind"] === "guess" ? guessKind(value) : field["x-kind"];
  const text = String(value);
  switch (kind) {
    case "boolean":
      return <YesNo value={value === true} />;
    case "choice":
      return field["x-labels"]?.[text] ?? text;
    case "choices":
    case "tags":
      return <Chips field={field} values={value as string[]} />;
    case "cascade":
      if (field.enum === undefined) return <Later><Address value={{ region: asList(value) }} /></Later>;
      return asList(value).map((code) => field["x-labels"]?.[code] ?? code).join(" / ");
    case "money":
      return <span className="kz-figure">{formatMoney(value as string, field["x-currency"] ?? app.currency)}</span>;
    case "integer":
    case "decimal":
      return <span className="kz-figure">{formatDecimal(value as string)}</span>;
    case "percent":
      return <span className="kz-figure">{formatDecimal(value as string)}%</span>;
    case "rating":
      return <Stars given={Number(value)} max={field["x-max"] ?? 5} />;
    case "date":
      return formatDate(text);
    case "datetime":
      return <time dateTime={text}>{formatInstant(text, app.zone)}</time>;
    case "time":
      return text.replace(/^(\d+:\d+):00$/, "$1");
    case "duration":
      return <Span text={text} />;
    case "lunar_date":
      return formatLunar(text);
    case "grade":
      return <Grade value={value as GradeValue} title={field.title} />;
    case "person":
      return <Named id={text} />;
    case "people":
      return <Several ids={asList(value)} draw={(id) => <Named id={id} />} />;
    case "department":
    case "departments":
      return <Several ids={asList(value)} draw={(id) => <DepartmentName id={id} />} />;
    case "relation":
    case "relations":
      return <Several ids={asList(value)} draw={(id) => <Related entity={field["x-relation"]?.entity} id={id} compact={compact} />} />;
    case "table":
      return compact ? <Count rows={value as unknown[]} /> : <ShowRows field={field} rows={value as Record<string, unknown>[]} />;
    case "email":
      return compact ? text : <a href={`mailto:${text}`}>{text}</a>;
    case "url":
      return compact ? text : <SafeLink address={text} />;
    case "id_card":
    case "company_code":
    case "barcode":
      return <span className="kz-code">{text}</span>;
    case "color":
      return <Colour value={text} />;
    case "secret":
      return <Covered field={field} name={compact ? undefined : name} />;
    case "long_text":
      return compact ? <span className="kz-clip">{text}</span> : <span className="kz-lines">{text}</span>;
    case "rich_text":
      return compact ? <span className="kz-clip">{wordsOf(text)}</span> : <Later><Markup markup={text} /></Later>;
    case "address":
      return <Later><Address value={value as AddressValue} /></Later>;
    case "location":
      return <Place value={value as PlaceValue} compact={compact} />;
    case "attachment":
      return <Files files={value as FileRef[]} compact={compact} />;
    case "image":
      return <Pictures files={value as FileRef[]} compact={compact} />;
    case "signature":
      return <Pictures files={[value as FileRef]} compact={compact} isWhole />;
    case "json":
      return compact ? <span className="kz-code kz-clip">{JSON.stringify(value)}</span> : <pre className="kz-json">{JSON.stringify(value, null, 2)}</pre>;
    default:
      return typeof value === "object" ? JSON.stringify(value) : text;
  }
}

function asList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

function Later({ children }: { children: ReactNode }) {
  return <Suspense fallback={<span className="kz-nothing" aria-hidden>…</span>}>{children}</Suspense>;
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

function Several({ ids, draw }: { ids: string[]; draw: (id: string) => ReactNode }) {
  const { t } = useTranslation("workspace");
  return ids.map((id, index) => <Fragment key={id}>{index > 0 && t("value.and")}{draw(id)}</Fragment>);
}

/** Lists bring names along; where one is missing, all departments are asked for once. */
function DepartmentName({ id }: { id: string }) {
  const name = useNames()[id];
  const departments = useDepartments(name === undefined);
  return name ?? departments.data?.items.find((each) => each.id === id)?.title ?? id.slice(0, 8);
}

function Span({ text }: { text: string }) {
  const { t } = useTranslation("workspace");
  const span = parseDuration(text);
  return <span className="kz-figure">{span ? t(`duration.${span.unit}`, { count: span.amount }) : text}</span>;
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
