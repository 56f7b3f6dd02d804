/** One file of the draft: its title, its problems, and the editor that suits it. */
import { DeleteOutlined } from "@ant-design/icons";
import { Button, Popconfirm, Segmented, Skeleton } from "antd";
import { type ComponentType, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { isEntity } from "@/definition/entity";
import { isCode, isFolder, pathOf } from "@/definition/files";
import { isForm } from "@/definition/form";
import { isGrade } from "@/definition/grade";
import { isWorkflow } from "@/definition/workflow";
import { EmptyState } from "@/ui/EmptyState";
import { titleOf, useDiagnosticsAt, useDraftFiles, useFile } from "../draft/context";
import type { OpenFile } from "../draft/draftFiles";
import { EntityEditor } from "../entity/EntityEditor";
import { FormDesigner } from "../form/FormDesigner";
import { GradeEditor } from "../grade/GradeEditor";
import { RolePanel } from "../role/RolePanel";
import { HOME } from "../routes";
import { WorkflowDesigner } from "../workflow/WorkflowDesigner";
import { ProblemStrip } from "./ProblemStrip";
import { TextFile } from "./TextFile";

/** The editors beyond text, by folder, and what a file must be for one to show it. */
const DESIGNERS: Record<string, { fits: (document: unknown) => boolean; Designer: ComponentType<{ file: OpenFile }> } | undefined> = {
  entities: { fits: isEntity, Designer: EntityEditor },
  forms: { fits: isForm, Designer: FormDesigner },
  grades: { fits: isGrade, Designer: GradeEditor },
  workflows: { fits: isWorkflow, Designer: WorkflowDesigner },
};

export function EditorPage() {
  const { t } = useTranslation("builder");
  const { folder = "", file = "" } = useParams();
  const found = useFile({ folder, file });
  if (!isFolder(folder) || found === null) return <EmptyState title={t("file.missing")} hint={t("file.missingHint", { path: pathOf({ folder, file }) })} />;
  if (found === undefined) return <Skeleton active title paragraph={{ rows: 8 }} />;
  return <Editor key={found.path} file={found} />;
}

function Editor({ file }: { file: OpenFile }) {
  const { t } = useTranslation("builder");
  const [search, setSearch] = useSearchParams();
  const { name, path } = file;
  const { document } = file.history;
  const designer = isCode(name.file) ? undefined : DESIGNERS[name.folder];
  const fits = designer?.fits(document) ?? false;
  const asText = search.get("as") === "text" || !designer || !fits;
  const title = isCode(name.file) ? name.file : titleOf(document, name.file);
  const problems = useDiagnosticsAt(path);
  useEffect(() => {
    window.document.title = `${title} · ${t("brand")}`;
  }, [title, t]);
  return (
    <article className="kzb-page">
      <header className="kzb-page-head">
        <div>
          <h1>{title}</h1>
          <p className="kz-quiet">
            {t(`one.${name.folder}`)} · <code>{path}</code>
          </p>
        </div>
        {designer && fits && (
          <Segmented
            aria-label={t("file.as")}
            value={asText ? "text" : "design"}
            options={(["design", "text"] as const).map((value) => ({ value, label: t(`file.${value}`) }))}
            onChange={(value) => setSearch(value === "text" ? { as: "text" } : {}, { replace: true })}
          />
        )}
        {name.folder !== "manifest" && <DeleteButton path={path} title={title} />}
      </header>
      <ProblemStrip problems={problems} />
      {asText || !designer ? <TextFile file={file} /> : <designer.Designer file={file} />}
      {name.folder === "roles" && <RolePanel />}
    </article>
  );
}

function DeleteButton({ path, title }: { path: string; title: string }) {
  const { t } = useTranslation("builder");
  const files = useDraftFiles();
  const navigate = useNavigate();
  const remove = async () => {
    await files.remove(path);
    await navigate(HOME);
  };
  return (
    <Popconfirm title={t("file.deleteSure", { title })} description={t("file.deleteHelp")} okText={t("delete")} cancelText={t("cancel")} onConfirm={remove}>
      <Button icon={<DeleteOutlined aria-hidden />} aria-label={t("file.delete", { title })} />
    </Popconfirm>
  );
}
