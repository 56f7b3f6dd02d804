/** What a person may do with a record, and which role, rule or share says so or is missing. */
import { CheckCircleTwoTone, CloseCircleOutlined } from "@ant-design/icons";
import { useTranslation } from "react-i18next";
import type { AccessItem } from "@/api/rights";

export function AccessList({ items }: { items: AccessItem[] }) {
  const { t } = useTranslation("common");
  return (
    <ul className="kz-access">
      {items.map((item) => (
        <li key={item.action} data-allowed={item.allowed || undefined}>
          <details>
            <summary>
              {item.allowed ? <CheckCircleTwoTone twoToneColor="#389e0d" aria-hidden /> : <CloseCircleOutlined aria-hidden />}
              <span className="kz-access-action">{t(`access.action.${item.action}`, { defaultValue: item.action })}</span>
              <span className="kz-sr">{t(item.allowed ? "access.allowed" : "access.refused")}</span>
              <span className="kz-quiet">{item.says}</span>
            </summary>
            <ul>
              {item.because.map((one) => (
                <li key={`${one.kind}${one.key ?? ""}`}>
                  {one.allows ? "✓" : "✗"} {t(`access.kind.${one.kind}`)} {one.kind === "unlimited" ? "" : `“${one.title}”`} <span className="kz-quiet">{one.rows}</span>
                </li>
              ))}
              {item.missing.map((role) => <li key={role.key}>{t("access.missing", { role: role.title })}</li>)}
            </ul>
          </details>
        </li>
      ))}
    </ul>
  );
}
