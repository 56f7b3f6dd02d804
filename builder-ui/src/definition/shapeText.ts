/** What texts of every kind must look like: the rules of the engine's `kind/text`, one for one. */
import { companyCodeFault, idCardFault } from "./checkDigits";
import type { FieldSchema } from "./entity";
import { isObject } from "./json";
import type { Fault } from "./shape";
import { isTime, parseDuration } from "./time";

const BARCODE = 256;
const MARKUP_BYTES = 256 * 1024;

const FORMS: Record<string, ((text: string) => boolean) | undefined> = {
  phone: (text) => isPhone(text.trim()),
  email: isEmail,
  url: isUrl,
  time: (text) => isTime(text.trim()),
  duration: (text) => parseDuration(text.trim()) !== null,
  color: (text) => /^#([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(text.trim()),
  barcode: (text) => text.trim() !== "" && codePoints(text.trim()) <= BARCODE && !/\p{Cc}/u.test(text.trim()),
};

/** A fault of a kind that is text; `value` is not empty. */
export function textFault(field: FieldSchema, value: unknown): Fault | undefined {
  const kind = field["x-kind"];
  if (kind === "signature") return isObject(value) && typeof value["id"] === "string" ? undefined : { code: "record.wrong_type", args: { expected: "file" } };
  if (typeof value !== "string") return { code: "record.wrong_type", args: { expected: "text" } };
  if (value.includes("\0")) return { code: "record.text" };
  if (FORMS[kind]?.(value) === false) return { code: "record.format", args: { expected: kind } };
  if (kind === "choice") return optionFault(field, value);
  const coded = kind === "id_card" ? idCardFault(value) : kind === "company_code" ? companyCodeFault(value) : undefined;
  if (coded) return { code: coded };
  return kind === "rich_text" ? markupFault(field, value) : lengthFault(field, value);
}

function lengthFault(field: FieldSchema, value: string): Fault | undefined {
  const length = codePoints(value);
  const { maxLength: max, minLength: min, pattern } = field;
  if (max !== undefined && length > max) return { code: "record.too_long", args: { max } };
  if (min !== undefined && length < min) return { code: "record.too_short", args: { min } };
  return pattern !== undefined && !matches(pattern, value) ? { code: "record.pattern" } : undefined;
}

/** Of markup the characters that people read are counted, roughly as the engine does. */
function markupFault(field: FieldSchema, value: string): Fault | undefined {
  const bytes = new TextEncoder().encode(value).length;
  if (bytes > MARKUP_BYTES) return { code: "record.too_large_bytes", args: { max: MARKUP_BYTES / 1024 } };
  const read = codePoints(value.replace(/<[^>]*>/g, "").replace(/&\w+;/g, " ").trim());
  return field.maxLength !== undefined && read > field.maxLength ? { code: "record.too_long", args: { max: field.maxLength } } : undefined;
}

/** Characters as the engine counts them: one for an emoji, not two. */
export function codePoints(text: string): number {
  return Array.from(text).length;
}

export function optionFault(field: FieldSchema, value: string): Fault | undefined {
  if (field.enum === undefined) return codePoints(value) > 64 ? { code: "record.too_long", args: { max: 64 } } : undefined;
  return field.enum.includes(value) ? undefined : { code: "record.not_an_option", args: { value } };
}

/** A pattern that this browser cannot read decides nothing. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}

function isPhone(text: string): boolean {
  const digits = text.replace(/\D/g, "").length;
  return digits >= 5 && digits <= 20 && text.length <= 40 && /^[\d+\-–—() .#*/xX转,;]*$/.test(text);
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  const dots = (part: string) => !/^\.|\.$|\.\./.test(part);
  const isLabel = (label: string) => /^[\p{L}\p{N}-]{1,63}$/u.test(label) && !/^-|-$/.test(label);
  return at > 0 && local.length <= 64 && text.length <= 254 && !/[\s\p{Cc}<>()[\],;:\\"@]/u.test(local) && dots(local) && domain.includes(".") && dots(domain) && domain.split(".").every(isLabel);
}

function isUrl(text: string): boolean {
  const host = /^https?:\/\/([^/?#]*)/i.exec(text)?.[1]?.split("@").at(-1) ?? "";
  return text.length <= 2048 && host !== "" && !/^[:.]/.test(host) && !/[\s\p{Cc}]/u.test(text);
}
