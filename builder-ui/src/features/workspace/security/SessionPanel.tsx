/** Where one is signed in; each can be ended, and all others at once. */
import { Button, Tag } from "antd";
import { useTranslation } from "react-i18next";
import { request } from "@/api/client";
import { type SessionRow, useSecurityChange } from "@/api/security";
import { formatAgo } from "@/lib/format";
import { Panel } from "@/ui/Panel";
import { ProblemNotice } from "../ProblemNotice";
import { deviceName } from "./words";

export function SessionPanel({ sessions }: { sessions: SessionRow[] }) {
  const { t } = useTranslation("workspace");
  const end = useSecurityChange((id: string | undefined) => request<void>("DELETE", id === undefined ? "/api/me/sessions" : `/api/me/sessions/${id}`));
  const others = sessions.filter((session) => !session.current);
  return (
    <Panel title={t("security.sessions")} extra={others.length > 0 && <Button size="small" onClick={() => end.mutate(undefined)} loading={end.isPending && end.variables === undefined}>{t("security.endOthers")}</Button>}>
      {end.isError && <ProblemNotice problem={end.error} />}
      <ul className="kz-keys">
        {sessions.map((session) => (
          <li key={session.id}>
            <span>
              <b>{deviceName(session.agent) || t("security.unknownDevice")}</b> {session.current && <Tag color="success">{t("security.thisOne")}</Tag>}
              <br />
              <span className="kz-quiet">{t("security.seen", { ago: formatAgo(session.seen_at), network: session.network })}</span>
            </span>
            {!session.current && <Button size="small" onClick={() => end.mutate(session.id)} aria-label={t("security.endOne", { device: deviceName(session.agent) })}>{t("security.end")}</Button>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
