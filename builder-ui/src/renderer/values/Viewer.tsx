/** One picture as large as the screen has room, with the way to its siblings and to the file. A chunk of its own. */
import { LeftOutlined, RightOutlined } from "@ant-design/icons";
import { Button, Modal } from "antd";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { fileAddress } from "@/api/files";
import type { FileRef } from "@/definition/schema";
import { formatBytes } from "@/lib/format";

type ViewerProps = { files: readonly FileRef[]; first: string; onClose: () => void };

export default function Viewer({ files, first, onClose }: ViewerProps) {
  const { t } = useTranslation("workspace");
  const [at, setAt] = useState(() => Math.max(0, files.findIndex(({ id }) => id === first)));
  const file = files[at];
  if (!file) return null;
  const go = (to: number) => to >= 0 && to < files.length && setAt(to);
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") go(at - 1);
    if (event.key === "ArrowRight") go(at + 1);
  };
  return (
    <Modal open centered width="min(1100px, 96vw)" title={<span className="kz-file-name">{file.name}</span>} footer={null} onCancel={onClose}>
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- the keys are a shortcut for the buttons below */}
      <div className="kz-viewer" onKeyDown={keys}>
        <img src={fileAddress(file.id)} alt={file.name} />
        <div className="kz-actions">
          {files.length > 1 && (
            <>
              <Button icon={<LeftOutlined aria-hidden />} aria-label={t("file.before")} disabled={at === 0} onClick={() => go(at - 1)} />
              <span role="status" className="kz-quiet">{t("file.place", { at: at + 1, count: files.length })}</span>
              <Button icon={<RightOutlined aria-hidden />} aria-label={t("file.after")} disabled={at === files.length - 1} onClick={() => go(at + 1)} />
            </>
          )}
          <span className="kz-spring" />
          <a href={fileAddress(file.id)} download={file.name}>{t("file.download")} <span className="kz-quiet">{formatBytes(file.size)}</span></a>
        </div>
      </div>
    </Modal>
  );
}
