/** What stands between a form and its being saved: someone saved in between, or a rule asks to confirm. */
import { Alert, Button, Space } from "antd";
import { useTranslation } from "react-i18next";
import type { RecordBody } from "@/api/types";
import { ruleNamed } from "@/definition/duplicates";
import type { FormStore } from "@/renderer/form/store";
import { ShowValue } from "@/renderer/values/ShowValue";
import { AlikeList } from "../alike/AlikeList";
import type { Duplicates } from "./useDuplicates";
import type { Obstacle } from "./useSaving";

type ObstaclesProps = {
  obstacle: Obstacle | undefined;
  store: FormStore;
  entityKey: string;
  /** What was found that may be the same record. */
  duplicates: Duplicates;
  onConfirm: (rules: string[]) => void;
  /** Save what was typed over the version that is stored now. */
  onOverwrite: (version: number) => void;
  onTakeStored: () => void;
};

export function Obstacles({ obstacle, store, entityKey, duplicates, onConfirm, onOverwrite, onTakeStored }: ObstaclesProps) {
  const { t } = useTranslation("workspace");
  if (!obstacle) return null;
  if (obstacle.kind === "confirm") {
    const rules = obstacle.questions.flatMap((question) => (question.rule ? [question.rule] : []));
    return (
      <Alert type="warning" showIcon role="alert" title={t("form.confirm")}
        description={
          <ul className="kz-problems">
            {obstacle.questions.map((question) => (
              <li key={question.rule}>
                {question.message}
                <AlikeList entityKey={entityKey} records={duplicates.found.find(({ rule }) => rule === ruleNamed(question.rule))?.records ?? []} />
              </li>
            ))}
          </ul>
        }
        action={<Button type="primary" onClick={() => onConfirm(rules)}>{t("form.saveAnyway")}</Button>} />
    );
  }
  return (
    <Alert type="warning" showIcon role="alert" title={t("form.conflict")}
      description={<Differences store={store} stored={obstacle.stored} />}
      action={
        <Space orientation="vertical">
          <Button type="primary" onClick={() => onOverwrite(obstacle.stored.version)}>{t("form.keepMine")}</Button>
          <Button onClick={onTakeStored}>{t("form.takeTheirs")}</Button>
        </Space>
      } />
  );
}

function Differences({ store, stored }: { store: FormStore; stored: RecordBody }) {
  const { t } = useTranslation("workspace");
  const changes = store.changes();
  const before = store.setup.stored ?? {};
  const moved = Object.keys(store.setup.schema.properties).filter((key) => !same(before[key], stored[key]) || key in changes);
  return (
    <div className="kz-scroll">
      <table className="kz-table">
        <thead>
          <tr><th scope="col">{t("form.field")}</th><th scope="col">{t("form.mine")}</th><th scope="col">{t("form.theirs")}</th></tr>
        </thead>
        <tbody>
          {moved.map((key) => {
            const field = store.setup.schema.properties[key]!;
            return (
              <tr key={key}>
                <th scope="row">{field.title ?? key}</th>
                <td><ShowValue field={field} value={key in changes ? changes[key] : before[key]} compact /></td>
                <td><ShowValue field={field} value={stored[key]} compact /></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
