/** A one-time link that was made: gone by mail, or to be handed over by whoever made it. */
import { Alert, Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AccountLink } from "@/api/people";
import { basePath } from "@/lib/base";
import { formatInstant } from "@/lib/format";
import { useSession } from "../session";

export function LinkNotice({ link, name }: { link: AccountLink; name: string }) {
  const { t } = useTranslation("people");
  const [isCopied, setCopied] = useState(false);
  const { app } = useSession();
  const until = formatInstant(link.expires_at, app.zone);
  if (link.link === undefined) return <Alert type="success" showIcon role="status" title={t("link.sent", { address: link.sent_to })} description={t("link.until", { until })} />;
  const address = `${window.location.origin}${basePath()}${link.link}`;
  const copy = () => void navigator.clipboard?.writeText(address).then(() => setCopied(true), () => undefined);
  return (
    <Alert type="info" showIcon role="status" title={t("link.handOver", { name })}
      description={
        <div className="kz-sheet-form">
          <Input readOnly aria-label={t("link.address")} value={address} onFocus={(event) => event.target.select()} />
          <div className="kz-actions"><Button size="small" onClick={copy}>{t(isCopied ? "link.copied" : "link.copy")}</Button></div>
          <span className="kz-quiet">{t("link.once", { until })}</span>
        </div>
      } />
  );
}
