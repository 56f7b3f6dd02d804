/** Says, wherever one is, that one looks with somebody else's eyes, and ends it. */
import { EyeOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useApp, useMe } from "@/api/hooks";
import { useEndSeeAs } from "@/api/rights";
import { formatInstant } from "@/lib/format";

export function SeenAs() {
  const { t } = useTranslation("common");
  const me = useMe().data;
  const zone = useApp().data?.zone ?? "UTC";
  const navigate = useNavigate();
  const end = useEndSeeAs();
  const viewing = me?.see_as;
  if (!me || !viewing) return null;
  return (
    <div className="kz-seen-as" role="status">
      <EyeOutlined aria-hidden />
      <span>{t("seeAs.banner", { name: me.name, until: formatInstant(viewing.expires, zone) })}</span>
      <Button size="small" loading={end.isPending} onClick={() => end.mutate(viewing.id, { onSettled: () => void navigate("/builder") })}>{t("seeAs.end")}</Button>
    </div>
  );
}
