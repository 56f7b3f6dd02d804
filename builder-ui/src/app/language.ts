/** What a language brings for Ant Design and dayjs; Chinese is a chunk, English is built in. */
import type { Locale } from "antd/es/locale";
import dayjs from "dayjs";
import type { Language } from "@/lib/i18n";

export async function loadLocale(language: Language): Promise<Locale> {
  if (language === "en") {
    dayjs.locale("en");
    return (await import("antd/es/locale/en_US")).default;
  }
  const [locale] = await Promise.all([import("antd/es/locale/zh_CN"), import("dayjs/locale/zh-cn")]);
  dayjs.locale("zh-cn");
  return locale.default;
}
