/** The weighted table: when a row holds, its points count and its reason is shown. */
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, InputNumber } from "antd";
import { memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { addRow, changeRow, type GradeDef, type GradeRow, moveRow, removeRow, rowsOf } from "@/definition/grade";
import { ConditionEditor, firstLeaf } from "../condition/ConditionEditor";
import type { Subject } from "../condition/subjects";
import { useSubjects } from "../condition/useSubjects";
import { isBelow, useDiagnosticsAt, useRun } from "../draft/context";
import { PlainText } from "../parts/fields";

export function RowsEditor({ grade, path }: { grade: GradeDef; path: string }) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const all = useSubjects(grade.entity);
  const { field } = grade;
  const subjects = useMemo(() => all.filter((subject) => subject.path !== field && !subject.path.startsWith(`${field}.`)), [all, field]);
  const rows = rowsOf(grade);
  return (
    <>
      <ol className="kzb-rows">
        {rows.map((row, index) => (
          <Row key={index} row={row} index={index} count={rows.length} path={path} subjects={subjects} />
        ))}
      </ol>
      <Button type="dashed" icon={<PlusOutlined aria-hidden />} onClick={() => run(addRow(grade, { when: firstLeaf(subjects), points: 10, reason: "" }))}>
        {t("grade.addRow")}
      </Button>
    </>
  );
}

type RowProps = { row: GradeRow; index: number; count: number; path: string; subjects: readonly Subject[] };

/** Drawn anew only when the row itself changes: a table of points has many selects. */
const Row = memo(function Row({ row, index, count, path, subjects }: RowProps) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const what = t("grade.row", { number: index + 1 });
  const problems = useDiagnosticsAt(path, "/method/table").filter((each) => isBelow(each.pointer ?? "", `/method/table/${index}`));
  return (
    <li data-invalid={problems.some((each) => each.severity === "error") || undefined} aria-label={what}>
      <div className="kzb-row-when">
        <span className="kzb-word">{t("grade.when")}</span>
        <ConditionEditor label={t("grade.whenOf", { number: index + 1 })} value={row.when} subjects={subjects} onChange={(when) => run(changeRow(row, index, { when: when ?? { all: [] } }))} emptyText={t("condition.always")} />
      </div>
      <div className="kzb-row-then">
        <span className="kzb-word">{t("grade.points")}</span>
        <InputNumber aria-label={t("grade.pointsOf", { number: index + 1 })} precision={0} value={row.points} onChange={(points) => run(changeRow(row, index, { points: points ?? 0 }))} />
        <PlainText ariaLabel={t("grade.reasonOf", { number: index + 1 })} placeholder={t("grade.reason")} value={row.reason} onChange={(reason) => run(changeRow(row, index, { reason }))} />
        <span className="kzb-moves">
          <Button size="small" type="text" icon={<ArrowUpOutlined aria-hidden />} disabled={index === 0} aria-label={t("moveUp", { what })} onClick={() => run(moveRow(count, index, index - 1))} />
          <Button size="small" type="text" icon={<ArrowDownOutlined aria-hidden />} disabled={index === count - 1} aria-label={t("moveDown", { what })} onClick={() => run(moveRow(count, index, index + 1))} />
          <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} aria-label={t("remove", { what })} onClick={() => run(removeRow(index))} />
        </span>
      </div>
      {problems.map((each, at) => (
        <p key={at} className="kzb-problem" data-severity={each.severity}>
          {each.message}
        </p>
      ))}
    </li>
  );
});
