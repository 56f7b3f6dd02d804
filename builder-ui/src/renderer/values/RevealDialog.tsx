/** Asks why, shows the covered value for half a minute, and forgets it. */
import { App, Button, Input, Modal } from "antd";
import { type FormEvent, useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/client";
import { reveal } from "@/api/records";

const SHOWN_S = 30;
const REASON_LONGEST = 200;

type RevealDialogProps = { title: string; entity: string; record: string; field: string; onClose: () => void };

export default function RevealDialog({ title, entity, record, field, onClose }: RevealDialogProps) {
  const { t } = useTranslation("workspace");
  const id = useId();
  const [reason, setReason] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [value, setValue] = useState<string>();
  const ask = async (event: FormEvent) => {
    event.preventDefault();
    // A form around this dialog hears of it through React, though it is not around it in the page.
    event.stopPropagation();
    if (reason.trim() === "") return setProblem(t("secret.reasonNeeded"));
    setBusy(true);
    setProblem(undefined);
    try {
      const found = await reveal({ entity, record, field, reason: reason.trim() });
      setValue(typeof found === "string" ? found : JSON.stringify(found ?? ""));
    } catch (refused) {
      setProblem(refused instanceof Problem ? refused.violations[0]?.message || refused.detail || refused.title || t("problem.unreachable") : t("problem.unexpected"));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal open title={t("secret.showField", { field: title })} footer={null} onCancel={onClose} width="min(420px, 96vw)" destroyOnHidden>
      {value === undefined ? (
        <form className="kz-reveal" onSubmit={(event) => void ask(event)}>
          <div className="kz-field">
            <label htmlFor={id} className="kz-required">{t("secret.reason")}</label>
            <Input.TextArea id={id} autoFocus rows={2} maxLength={REASON_LONGEST} value={reason} status={problem ? "error" : undefined} aria-required aria-invalid={problem !== undefined || undefined}
              aria-describedby={`${id}-help${problem ? ` ${id}-error` : ""}`} onChange={(event) => setReason(event.target.value)} />
            <p id={`${id}-help`} className="kz-help">{t("secret.recorded")}</p>
            {problem && <p id={`${id}-error`} className="kz-error" role="alert">{problem}</p>}
          </div>
          <div className="kz-actions">
            <Button type="primary" htmlType="submit" loading={isBusy}>{t("secret.show")}</Button>
            <Button onClick={onClose}>{t("action.cancel")}</Button>
          </div>
        </form>
      ) : (
        <Shown value={value} onGone={onClose} />
      )}
    </Modal>
  );
}

function Shown({ value, onGone }: { value: string; onGone: () => void }) {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const [left, setLeft] = useState(SHOWN_S);
  useEffect(() => {
    const timer = setInterval(() => setLeft((seconds) => seconds - 1), 1000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    if (left <= 0) onGone();
  }, [left, onGone]);
  const copy = () => navigator.clipboard.writeText(value).then(() => message.success(t("secret.copied")), () => message.error(t("secret.notCopied")));
  return (
    <div className="kz-reveal">
      <output className="kz-code kz-revealed">{value}</output>
      <p className="kz-help" role="timer">{t("secret.gone", { count: left })}</p>
      <div className="kz-actions">
        <Button onClick={() => void copy()}>{t("secret.copy")}</Button>
        <Button type="primary" onClick={onGone}>{t("secret.hide")}</Button>
      </div>
    </div>
  );
}
