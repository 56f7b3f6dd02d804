/** The builder's own frame within the application's: a bar with undo, state and publish, and the files of the app at the side. */
import { Button, Drawer } from "antd";
import { MenuOutlined } from "@ant-design/icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, useLocation } from "react-router";
import { useIsNarrow } from "@/ui/useIsNarrow";
import { nameOfRoute } from "../routes";
import { ConflictDialog } from "./ConflictDialog";
import { FileNav } from "./FileNav";
import { Toolbar } from "./Toolbar";
import { useUndoKeys } from "./useUndoKeys";

export function BuilderLayout() {
  const { t } = useTranslation("builder");
  const { pathname } = useLocation();
  const narrow = useIsNarrow();
  const [open, setOpen] = useState(false);
  const active = nameOfRoute(pathname);
  useUndoKeys(active);
  return (
    <div className="kzb">
      {!narrow && <FileNav active={active} />}
      {narrow && (
        <Drawer title={t("nav.title")} placement="left" open={open} onClose={() => setOpen(false)} size={300} styles={{ body: { padding: 0 } }}>
          <FileNav active={active} onPick={() => setOpen(false)} />
        </Drawer>
      )}
      <div className="kzb-work">
        <Toolbar active={active}>
          {narrow && <Button type="text" icon={<MenuOutlined aria-hidden />} aria-label={t("nav.open")} aria-expanded={open} onClick={() => setOpen(true)} />}
        </Toolbar>
        <Outlet />
      </div>
      {active && <ConflictDialog name={active} />}
    </div>
  );
}
