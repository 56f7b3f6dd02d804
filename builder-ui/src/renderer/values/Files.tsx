/** Files and pictures as people find them: names with sizes, thumbnails that open the whole. In a table cell a line of them. */
import { FileOutlined } from "@ant-design/icons";
import { lazy, type MouseEvent, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { fileAddress, thumbAddress } from "@/api/files";
import type { FileRef } from "@/definition/schema";
import { formatBytes } from "@/lib/format";

const Viewer = lazy(() => import("./Viewer"));

type FilesProps = { files: FileRef[]; compact: boolean };

/** What the server shows as a picture; any other kind of image is saved like a document. */
const SHOWN = ["image/png", "image/jpeg", "image/gif", "image/webp"];

function isPicture(file: FileRef): boolean {
  return SHOWN.includes(file.type);
}

export function Files({ files, compact }: FilesProps) {
  const { t } = useTranslation("workspace");
  if (compact) return files.length === 1 ? files[0]?.name : t("file.some", { name: files[0]?.name, count: files.length });
  return <ul className="kz-files">{files.map((file) => <li key={file.id}><FileName file={file} all={files} /></li>)}</ul>;
}

type OneProps = { file: FileRef; all: readonly FileRef[] };

/** A file by name and size; a picture among attachments is looked at, anything else is saved. */
export function FileName({ file, all }: OneProps) {
  if (isPicture(file)) return <><Thumb file={file} all={all.filter(isPicture)} isSmall /> <span>{file.name}</span> <span className="kz-quiet">{formatBytes(file.size)}</span></>;
  return <><FileOutlined aria-hidden /> <a href={fileAddress(file.id)} target="_blank" rel="noreferrer">{file.name}</a> <span className="kz-quiet">{formatBytes(file.size)}</span></>;
}

/** A thumbnail that opens the picture on the page, beside its siblings; with Ctrl or the wheel in a tab of its own. */
export function Thumb({ file, all, isSmall = false, isWhole = false }: OneProps & { isSmall?: boolean; isWhole?: boolean }) {
  const [isOpen, setOpen] = useState(false);
  // A picture that is too large to be made small has no thumbnail.
  const [hasNone, setNone] = useState(false);
  const open = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    setOpen(true);
  };
  return (
    <>
      <a href={fileAddress(file.id)} target="_blank" rel="noreferrer" className={isSmall ? "kz-thumb-small" : undefined} onClick={open}>
        {hasNone
          ? <><FileOutlined aria-hidden /> {file.name}</>
          : <img src={isWhole ? fileAddress(file.id) : thumbAddress(file.id)} alt={file.name} loading="lazy" onError={() => setNone(true)} />}
      </a>
      {isOpen && <Suspense><Viewer files={all} first={file.id} onClose={() => setOpen(false)} /></Suspense>}
    </>
  );
}

/** `isWhole` draws the picture itself, for signatures, which are small. */
export function Pictures({ files, compact, isWhole = false }: FilesProps & { isWhole?: boolean }) {
  const address = isWhole ? fileAddress : thumbAddress;
  if (compact) return <span className="kz-pictures-row">{files.slice(0, 3).map((file) => <img key={file.id} src={address(file.id)} alt={file.name} loading="lazy" />)}{files.length > 3 && ` +${files.length - 3}`}</span>;
  return (
    <ul className={isWhole ? "kz-pictures kz-pictures-whole" : "kz-pictures"}>
      {files.map((file) => <li key={file.id}><Thumb file={file} all={files} isWhole={isWhole} /></li>)}
    </ul>
  );
}
