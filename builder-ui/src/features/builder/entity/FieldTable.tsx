/** The fields of an entity, one a row: moved with the buttons, opened with a click or Enter. */
import { ArrowDownOutlined, ArrowUpOutlined } from "@ant-design/icons";
import { Button, Tag } from "antd";
import { useTranslation } from "react-i18next";
import { type EntityDef, isRequired } from "@/definition/entity";
import { sentence } from "../condition/sentence";
import { useSubjects } from "../condition/useSubjects";
import { isBelow, useDiagnosticsAt } from "../draft/context";

type FieldTableProps = {
  entityKey: string;
  entity: EntityDef;
  path: string;
  selected: string | undefined;
  onSelect: (key: string) => void;
  onMove: (key: string, to: number) => void;
};

export function FieldTable({ entityKey, entity, path, selected, onSelect, onMove }: FieldTableProps) {
  const { t } = useTranslation("builder");
  const subjects = useSubjects(entityKey);
  const problems = useDiagnosticsAt(path, "/properties");
  const fields = Object.entries(entity.properties);
  return (
    <div className="kzb-scroll">
      <table className="kzb-table">
        <thead>
          <tr>
            <th scope="col">{t("field.title")}</th>
            <th scope="col">{t("field.key")}</th>
            <th scope="col">{t("field.kind")}</th>
            <th scope="col">{t("entity.holds")}</th>
            <th scope="col">
              <span className="kz-sr">{t("entity.order")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {fields.map(([key, field], index) => {
            const own = problems.filter((each) => isBelow(each.pointer ?? "", `/properties/${key}`));
            return (
              <tr key={key} aria-selected={key === selected} data-invalid={own.some((each) => each.severity === "error") || undefined}>
                <td>
                  <button type="button" className="kzb-row-button" title={own[0]?.message} onClick={() => onSelect(key)}>
                    {field.title || key}
                  </button>
                </td>
                <td>
                  <code>{key}</code>
                </td>
                <td>{t(`kind.${field["x-kind"]}`)}</td>
                <td className="kzb-tags">
                  {isRequired(entity, key) && <Tag>{t("field.required")}</Tag>}
                  {field["x-unique"] && <Tag>{t("field.unique")}</Tag>}
                  {field["x-show"] && <span className="kz-quiet">{t("entity.shownWhen", { what: sentence(field["x-show"], subjects, t) })}</span>}
                </td>
                <td>
                  <span className="kzb-moves">
                  <Button size="small" type="text" icon={<ArrowUpOutlined aria-hidden />} disabled={index === 0} aria-label={t("moveUp", { what: field.title || key })} onClick={() => onMove(key, index - 1)} />
                  <Button size="small" type="text" icon={<ArrowDownOutlined aria-hidden />} disabled={index === fields.length - 1} aria-label={t("moveDown", { what: field.title || key })} onClick={() => onMove(key, index + 1)} />
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
