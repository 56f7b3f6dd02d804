/** A grade: its table of points, the bands that make letters of them, and a trial on a record. */
import { Segmented } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { command } from "@/definition/commands";
import { setAt } from "@/definition/entity";
import type { GradeDef } from "@/definition/grade";
import type { Json } from "@/definition/json";
import { Panel } from "@/ui/Panel";
import { useDraftFiles, useEntities, useRun } from "../draft/context";
import type { OpenFile } from "../draft/draftFiles";
import { SelectField, TextField } from "../parts/fields";
import { routeOf } from "../routes";
import { BandsEditor } from "./BandsEditor";
import { RowsEditor } from "./RowsEditor";
import { TryPanel } from "./TryPanel";

export function GradeEditor({ file }: { file: OpenFile }) {
  const { t } = useTranslation("builder");
  const grade = file.history.document as unknown as GradeDef;
  return (
    <div className="kzb-split">
      <div className="kzb-split-main">
        <GradeSettings grade={grade} file={file} />
        {"table" in grade.method ? (
          <Panel title={t("grade.table")}>
            <p className="kz-quiet">{t("grade.tableHelp")}</p>
            <RowsEditor grade={grade} path={file.path} />
          </Panel>
        ) : (
          <ScriptPanel script={"script" in grade.method ? grade.method.script : ""} />
        )}
        <Panel title={t("grade.bands")}>
          <p className="kz-quiet">{t("grade.bandsHelp")}</p>
          <BandsEditor bands={grade.bands} path={file.path} />
        </Panel>
      </div>
      <div className="kzb-side-static">
        <TryPanel gradeKey={file.name.file} grade={grade} />
      </div>
    </div>
  );
}

function GradeSettings({ grade, file }: { grade: GradeDef; file: OpenFile }) {
  const { t } = useTranslation("builder");
  const run = useRun(file.path);
  const entities = useEntities();
  const files = useDraftFiles();
  const set = (name: string, value: Json | undefined) => run(setAt(grade as unknown as Json, [name], value, { text: "command.gradeSettings" }));
  const gradeFields = Object.entries(entities[grade.entity]?.properties ?? {}).filter(([, field]) => field["x-kind"] === "grade");
  const method = "table" in grade.method ? "table" : "script";
  const setMethod = (next: string) => {
    if (next === method) return;
    const script = `${file.name.file}.rhai`;
    if (next === "script") void openScript(files, script, grade.title);
    run(command({ text: "command.gradeMethod" }, [{ op: "put", path: ["method"], value: next === "table" ? { table: [] } : { script } }]));
  };
  return (
    <Panel title={t("grade.settings")}>
      <div className="kzb-columns">
        <TextField label={t("field.title")} value={grade.title} onChange={(title) => set("title", title)} />
        <SelectField label={t("one.entities")} value={grade.entity} options={Object.entries(entities).map(([value, each]) => ({ value, label: each.title }))} onChange={(value) => set("entity", value)} />
        <SelectField label={t("grade.field")} value={grade.field} options={gradeFields.map(([value, field]) => ({ value, label: field.title }))} onChange={(value) => set("field", value)} />
      </div>
      <Segmented aria-label={t("grade.method")} value={method} onChange={setMethod} options={(["table", "script"] as const).map((value) => ({ value, label: t(`grade.${value}`) }))} />
    </Panel>
  );
}

/** The script beside the grade; a first one that compiles where there is none yet. */
async function openScript(files: ReturnType<typeof useDraftFiles>, script: string, title: string): Promise<void> {
  const name = { folder: "grades", file: script };
  if (await files.load(name)) return;
  files.create(name, STARTER.replace("{title}", title));
}

const STARTER = `//! {title}
//!
//! In:   record   — fields as stored; a missing field is ()
//!       today    — date, given by the engine
//! Out:  #{ score, reasons }   The engine picks the letter from the bands.
//! Pure: reads nothing else, changes nothing.

let score = 0;
let reasons = [];

#{ score: score, reasons: reasons }
`;

function ScriptPanel({ script }: { script: string }) {
  const { t } = useTranslation("builder");
  return (
    <Panel title={t("grade.script")}>
      <p className="kz-quiet">{t("grade.scriptHelp")}</p>
      <Link to={routeOf({ folder: "grades", file: script })}>{t("grade.openScript", { script })}</Link>
    </Panel>
  );
}
