/** Where the file comes in: chosen, or dropped. */
import "@/renderer/renderer.css";
import { UploadOutlined } from "@ant-design/icons";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

const READ = ".csv,.txt,.tsv,.xlsx,.xls";

type FileChooserProps = { file: File | undefined; onFile: (file: File) => void };

export function FileChooser({ file, onFile }: FileChooserProps) {
  const { t } = useTranslation("workspace");
  const id = useId();
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const [first] = files ?? [];
    if (first) onFile(first);
  };
  return (
    <div className="kz-drop" data-over={isOver ? "" : undefined}
      onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
      onDrop={(event) => { event.preventDefault(); setOver(false); take(event.dataTransfer.files); }}>
      <span className="kz-choose">
        <input id={id} type="file" accept={READ} aria-label={t("transfer.choose")}
          onChange={(event) => {
            take(event.target.files);
            event.target.value = "";
          }} />
        <span className="kz-choose-face" aria-hidden><UploadOutlined /> {t(file ? "transfer.chooseOther" : "transfer.choose")}</span>
        <span className="kz-quiet kz-drop-hint">{file?.name ?? t("transfer.orDrop")}</span>
      </span>
      <p className="kz-quiet">{t("transfer.hint")}</p>
    </div>
  );
}
