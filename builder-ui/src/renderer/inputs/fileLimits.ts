/** What a field takes of files, told before anything is sent. The engine judges again by the content. */
import type { FieldSchema } from "@/definition/schema";

/** What every browser shows and the engine takes as a picture. */
export const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** `types` are media types, `image/*` among them; `size` is in bytes. */
export type FileLimits = { types: readonly string[] | undefined; size: number | undefined };

export function limitsOf(field: FieldSchema, isPicture: boolean): FileLimits {
  return { types: field["x-types"] ?? (isPicture ? PICTURES : undefined), size: field["x-max-size"] };
}

export type FileFault = "empty" | "size" | "type";

/** What is wrong with a file; a type that the browser cannot tell is left to the engine. */
export function fileFault(file: Pick<File, "type" | "size">, { types, size }: FileLimits): FileFault | undefined {
  if (types && file.type !== "" && !types.some((pattern) => fits(file.type, pattern))) return "type";
  if (file.size === 0) return "empty";
  return size !== undefined && file.size > size ? "size" : undefined;
}

function fits(type: string, pattern: string): boolean {
  return pattern.endsWith("/*") ? type.startsWith(pattern.slice(0, -1)) : type.toLowerCase() === pattern.toLowerCase();
}

/** Media types whose last part nobody would recognise. */
const NAMES: [RegExp, string][] = [
  [/spreadsheet|excel/, "Excel"],
  [/wordprocessing|msword/, "Word"],
  [/presentation|powerpoint/, "PowerPoint"],
  [/^text\/plain$/, "TXT"],
];

/** What people call media types, each once: `image/*` by its family under `families`, `application/pdf` as PDF. */
export function typeNames(types: readonly string[], familyName: (family: string) => string): string[] {
  const nameOf = (type: string) => {
    const [family = "", part = ""] = type.split("/");
    return part === "*" ? familyName(family) : (NAMES.find(([pattern]) => pattern.test(type))?.[1] ?? part.split("+")[0]!.toUpperCase());
  };
  return [...new Set(types.map(nameOf))];
}
