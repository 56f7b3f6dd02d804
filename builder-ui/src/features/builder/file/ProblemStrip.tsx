/**
 * What the compiler finds in the file on screen, in one line whose room is there from the start: findings come late and
 * must not move what a person is about to click. The whole list opens when asked for.
 */
import { CheckOutlined, DownOutlined, UpOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Diagnostic } from "../api";
import { useIsChecked } from "../draft/context";
import { bySeverity, ProblemList } from "./ProblemList";

type ProblemStripProps = { problems: readonly Diagnostic[] };

export function ProblemStrip({ problems }: ProblemStripProps) {
  const { t } = useTranslation("builder");
  const isChecked = useIsChecked();
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [worst] = bySeverity(problems);
  if (!worst) {
    return (
      <p className="kzb-strip">
        {isChecked ? <><CheckOutlined aria-hidden /> {t("problems.none")}</> : t("problems.checking")}
      </p>
    );
  }
  return (
    <section aria-label={t("problems.title")}>
      <div className="kzb-strip" data-severity={worst.severity}>
        <span className="kzb-severity">{t(`severity.${worst.severity}`)}</span>
        <span className="kzb-strip-text" title={worst.message}>
          {worst.message}
        </span>
        <Button size="small" type="text" aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={() => setOpen(!isOpen)}>
          {t("problems.all", { count: problems.length })} {isOpen ? <UpOutlined aria-hidden /> : <DownOutlined aria-hidden />}
        </Button>
      </div>
      {isOpen && (
        <div id={id} className="kzb-strip-list">
          <ProblemList problems={problems} />
        </div>
      )}
    </section>
  );
}
