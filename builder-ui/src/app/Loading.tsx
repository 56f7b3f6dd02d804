/** Shown while a screen's chunk or the session is on its way; quiet, because it is mostly brief. */
import { Spin } from "antd";
import { useTranslation } from "react-i18next";

export function Loading() {
  const { t } = useTranslation("common");
  return (
    <div className="kz-loading" role="status">
      <Spin delay={250} />
      <span className="kz-sr">{t("loading")}</span>
    </div>
  );
}
