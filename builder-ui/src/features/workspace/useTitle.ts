/** The window's title: the screen's name first, so that tabs can be told apart. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

export function useTitle(title: string | undefined): void {
  const { t } = useTranslation("common");
  useEffect(() => {
    document.title = title ? `${title} · ${t("product")}` : t("product");
  }, [title, t]);
}
