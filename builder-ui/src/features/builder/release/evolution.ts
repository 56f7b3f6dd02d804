/** What becomes of the values of fields, as sentences: “金额：文本 → 金额，1,204 条可转换，3 条不能”. */
import { isKind } from "@/definition/kinds";
import { formatDecimal } from "@/lib/format";
import type { Evolving } from "../api";

type Translate = (key: string, args?: Record<string, unknown>) => string;

/** What fields are called: in the draft, and in the release before for those that go. */
export type FieldTitles = (entity: string, field: string) => string;

export function evolutionText(one: Evolving, titleOf: FieldTitles, t: Translate): string {
  const field = one.title || titleOf(one.entity, one.field);
  const counts = { count: one.converts, converts: formatDecimal(one.converts), refused: formatDecimal(one.refused), total: formatDecimal(one.total) };
  if (one.change === "drop") return t("evolution.drop", { field, ...counts });
  const sources = (one.sources ?? []).map((key) => titleOf(one.entity, key)).join(t("condition.comma"));
  const kinds = { from: kindText(one.from, t), to: kindText(one.to, t) };
  const isOther = one.change === "rename" && kinds.from !== kinds.to;
  const how = t(isOther ? "evolution.renameKind" : `evolution.${one.change}`, { field, sources, ...kinds });
  return t("evolution.sentence", { how, result: t(one.refused > 0 ? "evolution.some" : "evolution.all", counts) });
}

function kindText(kind: string | null | undefined, t: Translate): string {
  return isKind(kind ?? undefined) ? t(`kind.${kind}`) : (kind ?? "");
}

/** What changing a published field's kind will do to the values that are there; a text key. */
export function kindChangeText(from: string, to: string): string {
  if (from === to) return "evolution.hint.same";
  if (DERIVED.has(to)) return "evolution.hint.derived";
  if (from === "computed" || from === "rollup") return "evolution.hint.fromDerived";
  return becomes(from, to) ? "evolution.hint.converted" : "evolution.hint.refused";
}

const DERIVED = new Set(["computed", "rollup", "lookup", "grade", "serial"]);
const TEXTS = ["text", "long_text", "phone", "email", "url", "time", "duration", "color", "barcode", "id_card", "company_code", "serial"];
const NUMBERS = ["integer", "decimal", "money", "percent", "rating"];
const LISTED = ["choice", "choices", "tags"];
/** What a text can be read as. */
const READ = [...TEXTS, ...NUMBERS, ...LISTED, "boolean", "date", "datetime", "lunar_date", "cascade", "address", "location", "json", "rich_text"];
/** Kinds that name others, one and several of them. */
const SEVERAL = [["person", "people"], ["department", "departments"], ["relation", "relations"]];

/** Which kinds the engine has a rule for; `docs/evolution.md` has the whole table. */
function becomes(from: string, to: string): boolean {
  if (TEXTS.includes(from) || from === "rich_text" || LISTED.includes(from)) return READ.includes(to);
  if (NUMBERS.includes(from)) return [...NUMBERS, ...TEXTS, "choice", "boolean"].includes(to);
  if (from === "boolean") return ["integer", "decimal", ...TEXTS, "choice"].includes(to);
  if (SEVERAL.some((pair) => pair.includes(from) && pair.includes(to))) return true;
  if (["date", "datetime", "lunar_date"].includes(from) && ["date", "datetime", "lunar_date"].includes(to)) return true;
  return ["date", "datetime", "lunar_date", "cascade", "address", "location", "json", "grade"].includes(from) && TEXTS.includes(to);
}
