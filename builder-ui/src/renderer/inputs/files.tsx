/** Attachments and pictures: chosen, taken with the camera, dropped or pasted, sent at once, and taken off again. A chunk of its own. */
import { CameraOutlined, CloseOutlined, FileOutlined, LoadingOutlined, PictureOutlined, RedoOutlined, UploadOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { type ClipboardEvent, type DragEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FileRef } from "@/definition/schema";
import { formatBytes } from "@/lib/format";
import { useLatest } from "@/ui/useLatest";
import { FileName, Thumb } from "../values/Files";
import { fileFault, type FileLimits, limitsOf, typeNames } from "./fileLimits";
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
  const { id, field, value, onChange, onBusy } = props;
  const files = Array.isArray(value) ? (value as FileRef[]) : [];
  // Several uploads end between two drawings; each must see what the one before added.
  const latestRef = useLatest(files);
  const put = (next: FileRef[]) => {
    latestRef.current = next;
    onChange(next.length > 0 ? next : null);
  };
  const { uploads, start, refuse, retry, stop } = useUploads({ onDone: (file) => put([...latestRef.current, file]), onBusy });
  const [left, setLeft] = useState(0);
  const limits = limitsOf(field, isPicture);
  const room = (field.maxItems ?? Number.POSITIVE_INFINITY) - files.length - uploads.filter(({ wrong }) => wrong === undefined).length;
  const take = (chosen: Iterable<File>) => {
    const all = [...chosen];
    const fitting = all.filter((file) => fileFault(file, limits) === undefined);
    for (const file of all) {
      const fault = fileFault(file, limits);
      if (fault) refuse(file, t(`file.fault.${fault}`, { max: limits.size === undefined ? "" : formatBytes(limits.size), types: typesText(limits, t) }));
    }
    start(fitting.slice(0, Math.max(0, room)).map((file) => ({ file, name: file.name })));
    setLeft(Math.max(0, fitting.length - Math.max(0, room)));
  };
  const hint = hintText(limits, field.maxItems, t);
  const describedBy = [props.describedBy, hint && `${id}-limits`].filter(Boolean).join(" ") || undefined;
  return (
    <DropZone label={field.title} describedBy={describedBy} onFiles={take}>
      {files.length + uploads.length > 0 && (
        <ul className={isPicture ? "kz-pictures" : "kz-files"}>
          {files.map((file) => (
            <li key={file.id}>
              {isPicture ? <Thumb file={file} all={files} /> : <FileName file={file} all={files} />}
              <Button size="small" type="text" icon={<CloseOutlined aria-hidden />} aria-label={t("file.remove", { name: file.name })} onClick={() => put(files.filter((each) => each.id !== file.id))} />
            </li>
          ))}
          {uploads.map((upload) => <UploadLine key={upload.key} upload={upload} onRetry={() => retry(upload)} onStop={() => stop(upload)} />)}
        </ul>
      )}
      {room > 0 && <ChooseButtons {...props} describedBy={describedBy} isPicture={isPicture} limits={limits} onFiles={take} />}
      {left > 0 && <p className="kz-error" role="alert">{t("file.tooMany", { max: field.maxItems, count: left })}</p>}
      {hint && <p id={`${id}-limits`} className="kz-help">{hint}</p>}
    </DropZone>
  );
}

type Translate = (key: string, values?: Record<string, unknown>) => string;

function typesText({ types }: FileLimits, t: Translate): string {
  return types ? typeNames(types, (family) => t(`file.family.${family}`, { defaultValue: family })).join(t("value.and")) : "";
}

/** The limits of a field in one line; empty where it has none. */
function hintText(limits: FileLimits, most: number | undefined, t: Translate): string {
  const parts = [
    limits.types && t("file.limit.types", { types: typesText(limits, t) }),
    limits.size !== undefined && t("file.limit.size", { max: formatBytes(limits.size) }),
    most !== undefined && t("file.limit.count", { count: most }),
  ];
  return parts.filter(Boolean).join(" · ");
}

type ChooseButtonsProps = InputProps & { isPicture: boolean; limits: FileLimits; onFiles: (files: Iterable<File>) => void };

/** The browser's own file input does the work; it is covered, never removed, so that labels and keys reach it. */
function ChooseButtons({ isPicture, limits, onFiles, ...props }: ChooseButtonsProps) {
  const { t } = useTranslation("workspace");
  const take = (input: HTMLInputElement) => {
    onFiles([...(input.files ?? [])]);
    input.value = "";
  };
  const mayShoot = !limits.types || limits.types.some((type) => type.startsWith("image/"));
  return (
    <span className="kz-beside">
      <span className="kz-choose">
        <input {...aria(props)} type="file" multiple={props.field.maxItems !== 1} accept={limits.types?.join(",")} onChange={(event) => take(event.target)} />
        <span className="kz-choose-face" aria-hidden>{isPicture ? <PictureOutlined /> : <UploadOutlined />} {t(isPicture ? "file.choosePictures" : "file.choose")}</span>
        <span className="kz-quiet kz-drop-hint">{t("file.orDrop")}</span>
      </span>
      {mayShoot && (
        <span className="kz-choose kz-camera">
          <input type="file" accept="image/*" capture="environment" aria-label={t("file.shootFor", { field: props.field.title })} onChange={(event) => take(event.target)} />
          <span className="kz-choose-face" aria-hidden><CameraOutlined /> {t("file.shoot")}</span>
        </span>
      )}
    </span>
  );
}

function UploadLine({ upload, onRetry, onStop }: { upload: Upload; onRetry: () => void; onStop: () => void }) {
  const { t } = useTranslation("workspace");
  const { name, share, problem, wrong } = upload;
  const told = wrong ?? (problem && (problem.detail || problem.title || t(problem.status === 0 ? "problem.unreachable" : "file.failed")));
  return (
    <li data-problem={told ? "" : undefined}>
      {told ? <FileOutlined aria-hidden /> : <LoadingOutlined aria-hidden />} <span className="kz-file-name">{name}</span>
      {told
        ? <span className="kz-error" role="alert">{told}</span>
        : <progress aria-label={t("file.sending", { name })} max={1} value={share} />}
      {problem && <Button size="small" type="text" icon={<RedoOutlined aria-hidden />} aria-label={t("file.retry", { name })} onClick={onRetry} />}
      <Button size="small" type="text" icon={<CloseOutlined aria-hidden />} aria-label={t(told ? "file.remove" : "file.stop", { name })} onClick={onStop} />
    </li>
  );
}

type DropZoneProps = { label: string; describedBy: string | undefined; onFiles: (files: Iterable<File>) => void; children: ReactNode };

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
