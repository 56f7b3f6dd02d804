/** Files and pictures as people find them: names with sizes, thumbnails that open the whole. In a table cell only how many. */
import { FileOutlined } from "@ant-design/icons";
import { useTranslation } from "react-i18next";
import { fileAddress, thumbAddress } from "@/api/files";
import type { FileRef } from "@/definition/schema";
import { formatBytes } from "@/lib/format";

type FilesProps = { files: FileRef[]; compact: boolean };

export function Files({ files, compact }: FilesProps) {
  const { t } = useTranslation("workspace");
  if (compact) return files.length === 1 ? files[0]?.name : t("file.count", { count: files.length });
  return (
    <ul className="kz-files">
      {files.map((file) => (
        <li key={file.id}>
          <FileOutlined aria-hidden /> <a href={fileAddress(file.id)} target="_blank" rel="noreferrer">{file.name}</a> <span className="kz-quiet">{formatBytes(file.size)}</span>
        </li>
      ))}
    </ul>
  );
}

/** `isWhole` draws the picture itself, for signatures, which are small. */
export function Pictures({ files, compact, isWhole = false }: FilesProps & { isWhole?: boolean }) {
  const address = isWhole ? fileAddress : thumbAddress;
  if (compact) return <span className="kz-pictures-row">{files.slice(0, 3).map((file) => <img key={file.id} src={address(file.id)} alt={file.name} loading="lazy" />)}{files.length > 3 && ` +${files.length - 3}`}</span>;
  return (
    <ul className={isWhole ? "kz-pictures kz-pictures-whole" : "kz-pictures"}>
      {files.map((file) => (
        <li key={file.id}>
          <a href={fileAddress(file.id)} target="_blank" rel="noreferrer"><img src={address(file.id)} alt={file.name} loading="lazy" /></a>
        </li>
      ))}
    </ul>
  );
}
