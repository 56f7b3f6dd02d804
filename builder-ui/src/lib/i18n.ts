/**
 * The two languages of the interface: which one is on, how it is switched, and one typed way
 * to translate outside components. Texts come in namespaces: `common` and `workspace` at once,
 * `builder`, `people` and `audit` with their screens; each language is loaded only when it is used.
 */
import i18next from "i18next";

export type Language = "zh-CN" | "en";
export const LANGUAGES: readonly Language[] = ["zh-CN", "en"];

const STORED = "kezhi.language";

/** The language chosen earlier on this device, else the browser's, else Chinese. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "zh-CN" || stored === "en") return stored;
  const browser = navigator.languages?.[0] ?? navigator.language ?? "zh-CN";
  return browser.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

/** Namespaces that come with the screens that need them. */
const LATER = ["builder", "people", "audit"];

type Texts = Record<string, unknown>;

/** One dynamic import for each file, so that a language and the builder's texts are chunks. */
const FILES: Record<Language, Record<string, () => Promise<{ default: Texts }>>> = {
  "zh-CN": {
    common: () => import("../locales/zh/common.json"),
    workspace: () => import("../locales/zh/workspace.json"),
    builder: () => import("../locales/zh/builder.json"),
    audit: () => import("../locales/zh/audit.json"),
    people: () => import("../locales/zh/people.json"),
  },
  en: {
    common: () => import("../locales/en/common.json"),
    workspace: () => import("../locales/en/workspace.json"),
    builder: () => import("../locales/en/builder.json"),
    audit: () => import("../locales/en/audit.json"),
    people: () => import("../locales/en/people.json"),
  },
};

/** Loads one namespace of a language; loading twice costs nothing. */
export async function loadTexts(language: Language, namespace: string): Promise<void> {
  if (i18next.hasResourceBundle(language, namespace)) return;
  const texts = await FILES[language][namespace]?.();
  if (texts) i18next.addResourceBundle(language, namespace, texts.default);
}

/** Starts i18next in the preferred language with the workspace's texts loaded. */
export async function startLanguage(language: Language = preferredLanguage()): Promise<void> {
  await i18next.init({
    lng: language,
    fallbackLng: false,
    ns: ["common", "workspace", ...LATER],
    defaultNS: "common",
    resources: {},
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await Promise.all([loadTexts(language, "common"), loadTexts(language, "workspace")]);
  document.documentElement.lang = language;
}

/** Switches, remembers the choice, and loads every namespace in use before it shows. */
export async function switchLanguage(language: Language): Promise<void> {
  const used = ["common", "workspace", ...LATER].filter(
    (namespace) => !LATER.includes(namespace) || i18next.hasResourceBundle(currentLanguage(), namespace),
  );
  await Promise.all(used.map((namespace) => loadTexts(language, namespace)));
  localStorage.setItem(STORED, language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

/** The language that is on. */
export function currentLanguage(): Language {
  return i18next.language === "en" ? "en" : "zh-CN";
}
