/** Entries of the audit, each with what there is to know of it, opened where somebody wants to know. */
import { CheckCircleOutlined, ClockCircleOutlined } from "@ant-design/icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type AuditEntry, useAuditEntry } from "@/api/audit";
import { formatInstant } from "@/lib/format";
import { paths } from "../paths";
import { useSession } from "../session";
import { detailText, objectText, plain } from "./question";

export function Entries({ entries }: { entries: AuditEntry[] }) {
  const { t } = useTranslation("audit");
  return (
    <ul className="kz-cards kz-audit" aria-label={t("title")}>
      {entries.map((entry) => <li key={entry.id}><Entry entry={entry} /></li>)}
    </ul>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation("audit");
  const { app } = useSession();
  const [isOpen, setOpen] = useState(false);
  const object = objectText(entry, app);
  const toggle = (event: React.MouseEvent) => {
    event.preventDefault();
    setOpen(!isOpen);
  };
  return (
    <details className="kz-card" open={isOpen}>
      <summary onClick={toggle}>
        <span className="kz-audit-line">
          <strong>{t(`action.${entry.action}`, { defaultValue: entry.action })}</strong>
          {object && <span>{object}</span>}
          <span className="kz-quiet">{nameOf(entry, t("unknown"))}</span>
          <time className="kz-quiet" dateTime={entry.at}>{formatInstant(entry.at, app.zone)}</time>
          <span className="kz-quiet">
            {entry.sealed ? <CheckCircleOutlined aria-label={t("sealed")} title={t("sealed")} /> : <ClockCircleOutlined aria-label={t("waiting")} title={t("waiting")} />}
          </span>
        </span>
      </summary>
      {isOpen && <Details entry={entry} />}
    </details>
  );
}

function nameOf({ by }: AuditEntry, unknown: string): string {
  if (by.name === "unknown") return unknown;
  return by.name ?? by.login ?? by.id.slice(0, 8);
}

function Details({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation("audit");
  const { app } = useSession();
  const { entity, record, subject } = entry;
  const block = useAuditEntry(entry.id).data?.block;
  const said = Object.entries(entry.personal ?? {});
  return (
    <dl className="kz-audit-facts">
      <Fact name={t("number")}>{entry.id}</Fact>
      {entry.by.login !== null && <Fact name={t("login")}>{entry.by.login}</Fact>}
      {subject !== null && <Fact name={t("subject")}>{[subject.name, subject.login].filter(Boolean).join(" · ") || subject.id}</Fact>}
      {entity !== null && record !== null && (
        <Fact name={t("record")}>{app.entities[entity] ? <Link to={paths.record(entity, record)}>{record}</Link> : record}</Fact>
      )}
      {Object.keys(entry.detail).map((key) => <Fact key={key} name={t(`detail.${key}`, { defaultValue: key })}>{detailText(entry, key, app)}</Fact>)}
      {said.map(([key, value]) => <Fact key={key} name={t(`personal.${key}`, { defaultValue: key })}>{plain(value)}</Fact>)}
      {entry.erased && <Fact name={t("personal.all")}>{t("erased")}</Fact>}
      {block && <Fact name={t("block")}>{t("blockOf", { number: block.number, at: formatInstant(block.at, app.zone) })}<br /><code>{block.hash}</code></Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}
