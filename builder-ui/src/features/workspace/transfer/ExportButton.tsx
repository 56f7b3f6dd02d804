/** What a list finds as a file: every page of it, with the view's filter, the words and the sort that are on. */
import { DownloadOutlined } from "@ant-design/icons";
import { App, Button, Popover } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { checkExport, exportAddress, type ExportFormat } from "@/api/transfer";
import type { ListQuery } from "@/api/types";
import { problemWords } from "../ProblemNotice";

const FORMATS: ExportFormat[] = ["xlsx", "csv"];

type ExportButtonProps = { entityKey: string; query: ListQuery };

export function ExportButton({ entityKey, query }: ExportButtonProps) {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const [isOpen, setOpen] = useState(false);
  const fetchFile = async (format: ExportFormat) => {
    setOpen(false);
    try {
      await checkExport(entityKey, query, format);
      const link = document.createElement("a");
      Object.assign(link, { href: exportAddress(entityKey, query, format), download: "" }).click();
    } catch (problem) {
      void message.error(problemWords(problem, t).detail ?? problemWords(problem, t).title);
    }
  };
  return (
    <Popover trigger="click" placement="bottomRight" open={isOpen} onOpenChange={setOpen} destroyOnHidden
      content={
        <div className="kz-formats">
          {FORMATS.map((format) => (
            <a key={format} href={exportAddress(entityKey, query, format)} download onClick={(event) => { event.preventDefault(); void fetchFile(format); }}>{t(`transfer.format.${format}`)}</a>
          ))}
          <span className="kz-quiet">{t("transfer.exportHint")}</span>
        </div>
      }>
      <Button icon={<DownloadOutlined aria-hidden />} aria-expanded={isOpen}>{t("transfer.export")}</Button>
    </Popover>
  );
}
