/** People or departments from a file: tried first, row by row, then stored. A chunk of its own. */
import { Alert, Button, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type RosterReport, useSendRoster } from "@/api/people";
import type { ToldRow } from "@/api/transfer";
import { formatDecimal } from "@/lib/format";
import { type DataColumn, DataTable } from "@/ui/DataTable";
import { ProblemNotice } from "../ProblemNotice";
import { FileChooser } from "../transfer/FileChooser";

type RosterDialogProps = { kind: "users" | "departments"; onClose: () => void };

export default function RosterDialog({ kind, onClose }: RosterDialogProps) {
  const { t } = useTranslation("people");
  const [file, setFile] = useState<File>();
  const send = useSendRoster(kind);
  const report = send.data;
  const take = (next: File) => {
    setFile(next);
    send.mutate({ file: next, dryRun: true });
  };
  const isStored = report?.dry_run === false;
  const count = report ? report.created + report.updated : 0;
  const footer = isStored
    ? <Button type="primary" onClick={onClose}>{t("action.done")}</Button>
    : <><Button onClick={onClose}>{t("action.cancel")}</Button><Button type="primary" disabled={!file || !report || count === 0} loading={send.isPending} onClick={() => file && send.mutate({ file, dryRun: false })}>{t("roster.go", { count })}</Button></>;
  return (
    <Modal open title={t(`roster.${kind === "users" ? "people" : "departments"}`)} onCancel={onClose} footer={footer} width={720} mask={{ closable: false }}>
      <div className="kz-sheet-form">
        {!isStored && <><p className="kz-quiet">{t(`roster.hint.${kind}`)}</p><FileChooser file={file} onFile={take} /></>}
        {send.isError && <ProblemNotice problem={send.error} />}
        {report && <Report report={report} />}
      </div>
    </Modal>
  );
}

type Line = { key: string; row: number; place: string; message: string };

function Report({ report }: { report: RosterReport }) {
  const { t } = useTranslation("people");
  const number = formatDecimal;
  const lines = report.refused.flatMap(({ row, problems }: ToldRow) => problems.map((one, index): Line => ({ key: `${row}.${index}`, row, place: [one.header, one.value].filter(Boolean).join("："), message: one.message })));
  const columns: DataColumn<Line>[] = [
    { key: "row", title: t("roster.row"), width: 56, align: "end", render: ({ row }) => number(row) },
    { key: "why", title: t("roster.why"), width: 260, render: ({ place, message }) => [place, message].filter(Boolean).join(" · ") },
  ];
  return (
    <>
      <Alert type={report.errors > 0 ? "warning" : "success"} showIcon role="status" title={t(report.dry_run ? "roster.tried" : "roster.stored")}
        description={t("roster.counts", { created: number(report.created), updated: number(report.updated), unchanged: number(report.unchanged), errors: number(report.errors) })} />
      {report.ignored.length > 0 && <p className="kz-quiet">{t("roster.ignored", { titles: report.ignored.join(t("and")) })}</p>}
      {lines.length > 0 && <DataTable<Line> label={t("roster.wrong")} columns={columns} rows={lines} rowKey={({ key }) => key} />}
    </>
  );
}
