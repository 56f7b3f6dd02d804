/** The builder's bar: undo and redo, whether all is saved, what is wrong, publish. */
import { RedoOutlined, UndoOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { CommandTitle } from "@/definition/commands";
import { type FileName, pathOf } from "@/definition/files";
import { useDiagnostics, useDraftFiles, useDraftItems, useOpenFiles } from "../draft/context";
import { RELEASE } from "../routes";
import { SaveState } from "./SaveState";

export function Toolbar({ active, children }: { active: FileName | null; children: ReactNode }) {
  const { t } = useTranslation("builder");
  const changed = useDraftItems().data?.items.filter((item) => item.state !== "same").length ?? 0;
  const errors = useDiagnostics().filter((each) => each.severity === "error").length;
  return (
    <div className="kzb-bar" role="toolbar" aria-label={t("bar.title")}>
      {children}
      <UndoButtons active={active} />
      <SaveState active={active} />
      <span className="kzb-spacer" />
      {errors > 0 && (
        <Link to={RELEASE} className="kzb-errors">
          {t("bar.errors", { count: errors })}
        </Link>
      )}
      <Link to={RELEASE} className="kzb-publish" data-changed={changed > 0 || undefined}>
        {changed > 0 ? t("bar.publishCount", { count: changed }) : t("bar.publish")}
      </Link>
    </div>
  );
}

function UndoButtons({ active }: { active: FileName | null }) {
  const { t } = useTranslation("builder");
  const files = useDraftFiles();
  const path = active ? pathOf(active) : "";
  const history = useOpenFiles().get(path)?.history;
  const back = history?.past.at(-1)?.command.title;
  const forth = history?.future[0]?.command.title;
  const say = (label: string, title: CommandTitle | undefined) => (title ? t("bar.of", { act: t(label), what: t(title.text, title.args ?? {}) }) : t(label));
  return (
    <span className="kzb-undo">
      <Tooltip title={say("bar.undo", back)}>
        <Button type="text" icon={<UndoOutlined aria-hidden />} aria-label={say("bar.undo", back)} disabled={!back} onClick={() => files.undo(path)} />
      </Tooltip>
      <Tooltip title={say("bar.redo", forth)}>
        <Button type="text" icon={<RedoOutlined aria-hidden />} aria-label={say("bar.redo", forth)} disabled={!forth} onClick={() => files.redo(path)} />
      </Tooltip>
    </span>
  );
}
