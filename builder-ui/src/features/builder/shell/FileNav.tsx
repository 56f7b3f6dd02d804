/** Every definition of the app by folder, with what has changed and what is wrong. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Input } from "antd";
import { memo, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type FileName, FOLDERS, type Folder, isCode, nameOf, pathOf } from "@/definition/files";
import type { DraftItem } from "../api";
import { titleOf, useDiagnostics, useDraftItems, useOpenFiles } from "../draft/context";
import { HOME, RELEASE, routeOf } from "../routes";
import { NewFileDialog } from "./NewFileDialog";

type FileNavProps = { active: FileName | null; onPick?: () => void };
type Entry = { name: FileName; path: string; title: string; state: string };

export function FileNav({ active, onPick }: FileNavProps) {
  const { t } = useTranslation("builder");
  const [wanted, setWanted] = useState("");
  const [adding, setAdding] = useState<Folder>();
  const entries = useEntries();
  const errors = useDiagnostics().filter((each) => each.severity === "error");
  const needle = wanted.toLowerCase();
  const shown = entries.filter(({ title, path }) => title.toLowerCase().includes(needle) || path.includes(needle));
  return (
    <nav className="kzb-nav" aria-label={t("nav.title")}>
      <Input.Search allowClear value={wanted} onChange={(event) => setWanted(event.target.value)} placeholder={t("nav.filter")} aria-label={t("nav.filter")} />
      <Link to={HOME} className="kzb-nav-top" onClick={onPick}>
        {t("nav.overview")}
      </Link>
      <Link to={RELEASE} className="kzb-nav-top" onClick={onPick}>
        {t("nav.release")}
      </Link>
      {FOLDERS.map((folder) => (
        <div key={folder} className="kzb-nav-group">
          <h2>
            <span>{t(`folder.${folder}`)}</span>
            {folder !== "manifest" && (
              <Button size="small" type="text" icon={<PlusOutlined aria-hidden />} aria-label={t("nav.add", { kind: t(`one.${folder}`) })} onClick={() => setAdding(folder)} />
            )}
          </h2>
          <ul>
            {shown
              .filter(({ name }) => name.folder === folder)
              .map((entry) => (
                <NavItem key={entry.path} folder={folder} file={entry.name.file} title={entry.title} state={entry.state} current={active !== null && pathOf(active) === entry.path} wrong={errors.some((each) => each.path === entry.path)} onPick={onPick} />
              ))}
          </ul>
        </div>
      ))}
      {adding && <NewFileDialog folder={adding} onClose={() => setAdding(undefined)} onCreated={onPick} />}
    </nav>
  );
}

type NavItemProps = FileName & { title: string; state: string; current: boolean; wrong: boolean; onPick?: () => void };

/** Drawn anew only when something about this file changes, not at each key that is typed elsewhere. */
const NavItem = memo(function NavItem({ folder, file, title, state, current, wrong, onPick }: NavItemProps) {
  const { t } = useTranslation("builder");
  return (
    <li data-code={isCode(file) || undefined}>
      <Link to={routeOf({ folder, file })} aria-current={current ? "page" : undefined} onClick={onPick}>
        <span className="kzb-nav-title">{title}</span>
        {wrong && (
          <span className="kzb-mark" data-kind="error" title={t("nav.wrong")}>
            <span className="kz-sr">{t("nav.wrong")}</span>
          </span>
        )}
        {state !== "same" && (
          <span className="kzb-mark" data-kind="changed" title={t(`state.${state}`)}>
            <span className="kz-sr">{t(`state.${state}`)}</span>
          </span>
        )}
      </Link>
    </li>
  );
});

/** What the server lists and what was created here a moment ago, sorted by title. */
function useEntries(): Entry[] {
  const items = useDraftItems().data?.items;
  const open = useOpenFiles();
  return useMemo(() => {
    const states = new Map<string, DraftItem["state"]>(items?.filter((item) => item.state !== "removed").map((item) => [item.path, item.state]));
    for (const path of open.keys()) if (!states.has(path)) states.set(path, "added");
    return [...states]
      .flatMap(([path, state]) => {
        const name = nameOf(path);
        if (!name) return [];
        const title = isCode(name.file) ? name.file : titleOf(open.get(path)?.history.document, name.file);
        return [{ name, path, title, state }];
      })
      .sort((a, b) => a.name.file.localeCompare(b.name.file));
  }, [items, open]);
}
