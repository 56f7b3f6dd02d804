/** Recovery codes, shown this once: to be copied, kept as a file, or printed. */
import { App, Button, Modal } from "antd";
import { useTranslation } from "react-i18next";

type CodesDialogProps = { codes: string[]; onClose: () => void };

export function CodesDialog({ codes, onClose }: CodesDialogProps) {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const text = `${codes.join("\n")}\n`;
  const copy = () => navigator.clipboard.writeText(text).then(() => message.success(t("security.copied")), () => message.error(t("problem.unexpected")));
  return (
    <Modal open={codes.length > 0} title={t("security.codesTitle")} onCancel={onClose} mask={{ closable: false }} footer={<Button type="primary" onClick={onClose}>{t("security.codesKept")}</Button>}>
      <p>{t("security.codesHint")}</p>
      <ul className="kz-codes">{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ul>
      <div className="kz-actions">
        {navigator.clipboard && <Button onClick={() => void copy()}>{t("security.copy")}</Button>}
        <Button href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`} download="kezhi-recovery-codes.txt">{t("security.download")}</Button>
      </div>
    </Modal>
  );
}
