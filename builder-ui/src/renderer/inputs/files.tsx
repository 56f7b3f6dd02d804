/** Attachments and pictures: chosen, dropped or pasted, sent at once, and taken off again. A chunk of its own. */
import { CloseOutlined, FileOutlined, LoadingOutlined, PictureOutlined, RedoOutlined, UploadOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { type ClipboardEvent, type DragEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { fileAddress, thumbAddress } from "@/api/files";
import type { FileRef } from "@/definition/schema";
import { formatBytes } from "@/lib/format";
import { useLatest } from "@/ui/useLatest";
import { aria, type InputProps } from "./types";
import { type Upload, useUploads } from "./useUploads";

export function AttachmentInput(props: InputProps) {
  return <FilesInput {...props} isPicture={false} />;
}

export function ImageInput(props: InputProps) {
  return <FilesInput {...props} isPicture />;
}

function FilesInput({ isPicture, ...props }: InputProps & { isPicture: boolean }) {
  const { t } = useTranslation("workspace");
  const { field, value, onChange, onBusy } = props;
  const files = Array.isArray(value) ? (value as FileRef[]) : [];
  // Several uploads end between two drawings; each must see what the one before added.
  const latestRef = useLatest(files);
  const put = (next: FileRef[]) => {
    latestRef.current = next;
    onChange(next.length > 0 ? next : null);
  };
  const { uploads, start, retry, stop } = useUploads({ onDone: (file) => put([...latestRef.current, file]), onBusy });
  const room = (field.maxItems ?? Number.POSITIVE_INFINITY) - files.length - uploads.length;
  const take = (chosen: Iterable<File>) => {
    const fitting = [...chosen].filter((file) => !isPicture || file.type.startsWith("image/"));
    start(fitting.slice(0, Math.max(0, room)).map((file) => ({ file, name: file.name })));
  };
  return (
    <DropZone label={field.title} describedBy={props.describedBy} onFiles={take}>
      {files.length + uploads.length > 0 && (
        <ul className={isPicture ? "kz-pictures" : "kz-files"}>
          {files.map((file) => (
            <li key={file.id}>
              {isPicture ? <a href={fileAddress(file.id)} target="_blank" rel="noreferrer"><img src={thumbAddress(file.id)} alt={file.name} loading="lazy" /></a>
                : <><FileOutlined aria-hidden /> <a href={fileAddress(file.id)} target="_blank" rel="noreferrer">{file.name}</a> <span className="kz-quiet">{formatBytes(file.size)}</span></>}
              <Button size="small" type="text" icon={<CloseOutlined aria-hidden />} aria-label={t("file.remove", { name: file.name })} onClick={() => put(files.filter(({ id }) => id !== file.id))} />
            </li>
          ))}
          {uploads.map((upload) => <UploadLine key={upload.key} upload={upload} onRetry={() => retry(upload)} onStop={() => stop(upload)} />)}
        </ul>
      )}
      {room > 0 && <ChooseButton {...props} isPicture={isPicture} onFiles={take} />}
    </DropZone>
  );
}

type ChooseButtonProps = InputProps & { isPicture: boolean; onFiles: (files: Iterable<File>) => void };

/** The browser's own file input does the work; it is covered, never removed, so that labels and keys reach it. */
function ChooseButton({ isPicture, onFiles, ...props }: ChooseButtonProps) {
  const { t } = useTranslation("workspace");
  return (
    <span className="kz-choose">
      <input {...aria(props)} type="file" multiple={props.field.maxItems !== 1} accept={isPicture ? "image/*" : undefined}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }} />
      <span className="kz-choose-face" aria-hidden>{isPicture ? <PictureOutlined /> : <UploadOutlined />} {t(isPicture ? "file.choosePictures" : "file.choose")}</span>
      <span className="kz-quiet kz-drop-hint">{t("file.orDrop")}</span>
    </span>
  );
}

function UploadLine({ upload, onRetry, onStop }: { upload: Upload; onRetry: () => void; onStop: () => void }) {
  const { t } = useTranslation("workspace");
  const { name, share, problem } = upload;
  return (
    <li data-problem={problem ? "" : undefined}>
      {problem ? <FileOutlined aria-hidden /> : <LoadingOutlined aria-hidden />} <span className="kz-file-name">{name}</span>
      {problem
        ? <span className="kz-error" role="alert">{problem.detail || problem.title || t(problem.status === 0 ? "problem.unreachable" : "file.failed")}</span>
        : <progress aria-label={t("file.sending", { name })} max={1} value={share} />}
      {problem && <Button size="small" type="text" icon={<RedoOutlined aria-hidden />} aria-label={t("file.retry", { name })} onClick={onRetry} />}
      <Button size="small" type="text" icon={<CloseOutlined aria-hidden />} aria-label={t("file.remove", { name })} onClick={onStop} />
    </li>
  );
}

type DropZoneProps = { label: string; describedBy: string | undefined; onFiles: (files: Iterable<File>) => void; children: React.ReactNode };

function DropZone({ label, describedBy, onFiles, children }: DropZoneProps) {
  const [isOver, setOver] = useState(false);
  const over = (event: DragEvent, on: boolean) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setOver(on);
  };
  const paste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    onFiles([...event.clipboardData.files]);
  };
  return (
    <div className="kz-drop" role="group" aria-label={label} aria-describedby={describedBy} data-over={isOver || undefined} onPaste={paste}
      onDragOver={(event) => over(event, true)} onDragLeave={(event) => over(event, false)}
      onDrop={(event) => {
        over(event, false);
        onFiles([...event.dataTransfer.files]);
      }}>
      {children}
    </div>
  );
}
