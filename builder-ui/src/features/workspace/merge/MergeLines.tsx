/** The values of several records side by side, one of each line to be taken: a table, or on a phone field after field. */
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { ShowValue } from "@/renderer/values/ShowValue";
import { type Choices, chosen, type Line } from "./choice";

export type MergeLinesProps = {
  lines: readonly Line[];
  ids: readonly string[];
  titles: Readonly<Record<string, string>>;
  into: string;
  from: readonly string[];
  choices: Choices;
  onChoose: (field: string, id: string) => void;
};

export function MergeTable({ lines, ids, titles, ...choice }: MergeLinesProps) {
  const { t } = useTranslation("workspace");
  if (lines.length === 0) return null;
  return (
    <div className="kz-scroll" role="region" aria-label={t("merge.fields")} tabIndex={0}>
      <table className="kz-table kz-merge-table">
        <thead>
          <tr><th scope="col">{t("form.field")}</th>{ids.map((id) => <th key={id} scope="col" data-chosen={id === choice.into || undefined}>{titles[id]}</th>)}</tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.key} data-differs={line.differs || undefined}>
              <th scope="row">{line.field.title ?? line.key}</th>
              {ids.map((id) => <td key={id}><Value line={line} id={id} title={titles[id] ?? ""} {...choice} /></td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function MergeFields({ lines, ids, titles, ...choice }: MergeLinesProps) {
  return lines.map((line) => (
    <fieldset key={line.key} className="kz-merge-field">
      <legend>{line.field.title ?? line.key}</legend>
      {ids.map((id) => (
        <div key={id}>
          <Value line={line} id={id} title={titles[id] ?? ""} {...choice} />
          <span className="kz-quiet">{titles[id]}</span>
        </div>
      ))}
    </fieldset>
  ));
}

type ValueProps = Pick<MergeLinesProps, "into" | "from" | "choices" | "onChoose"> & { line: Line; id: string; title: string };

/** One value, with the button that takes it where it may be taken. */
function Value({ line, id, title, into, from, choices, onChoose }: ValueProps) {
  const { t } = useTranslation("workspace");
  const value = useId();
  const shown = <span id={value}><ShowValue field={line.field} value={line.values[id]} compact /></span>;
  const isTaken = chosen(line, choices, into, from) === id;
  if (!line.differs) return shown;
  if (!line.mayChoose) return <span data-chosen={isTaken || undefined}>{shown}</span>;
  return (
    <label className="kz-merge-value" data-chosen={isTaken || undefined}>
      <input type="radio" name={`merge-${line.key}`} checked={isTaken} aria-label={t("merge.take", { field: line.field.title ?? line.key, title })} aria-describedby={value} onChange={() => onChoose(line.key, id)} />
      {shown}
    </label>
  );
}
