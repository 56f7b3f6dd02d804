/** The navigation of a phone: the two places one is in all day, and everything else in a drawer. */
import { AppstoreOutlined, CheckSquareOutlined, HomeOutlined } from "@ant-design/icons";
import { Badge } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";
import { useTasks } from "@/api/hooks";
import { SideNav } from "./SideNav";

const Drawer = lazy(() => import("./NavDrawer"));

export function BottomBar() {
  const { t } = useTranslation("common");
  const location = useLocation();
  const tasks = useTasks("todo");
  // The drawer belongs to the address it was opened at: following a link closes it.
  const [openAt, setOpenAt] = useState<string>();
  const isOpen = openAt === location.key;
  const current = (path: string) => (location.pathname === path && !isOpen ? "page" : undefined);
  return (
    <nav className="kz-bottom" aria-label={t("navigation")}>
      <Link to="/" aria-current={current("/")}><HomeOutlined aria-hidden />{t("home")}</Link>
      <Link to="/tasks" aria-current={current("/tasks")}>
        <Badge count={tasks.data?.count?.value ?? tasks.data?.items.length ?? 0} size="small" color="#1f6f5c"><CheckSquareOutlined aria-hidden /></Badge>{t("tasks")}
      </Link>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpenAt(location.key)}><AppstoreOutlined aria-hidden />{t("menu")}</button>
      {openAt !== undefined && <Suspense><Drawer isOpen={isOpen} onClose={() => setOpenAt(undefined)}><SideNav /></Drawer></Suspense>}
    </nav>
  );
}
