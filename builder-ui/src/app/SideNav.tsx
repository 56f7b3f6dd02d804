/** The navigation at the side of a wide screen, and inside the drawer of a phone. */
import { Badge } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";
import { useApp, useMe, useTasks } from "@/api/hooks";
import { isHere, type NavItem, navigationOf } from "./navigation";

export function SideNav() {
  const { t } = useTranslation("common");
  const app = useApp().data;
  const may = useMe().data?.may ?? [];
  const [mayAudit, managesPeople] = [may.includes("view_audit"), may.includes("manage_users")];
  const tasks = useTasks("todo");
  const waiting = tasks.data?.count?.value ?? tasks.data?.items.length ?? 0;
  return (
    <nav className="kz-nav" aria-label={t("navigation")}>
      <ul>
        <Line item={{ key: "home", title: t("home"), to: "/", items: [] }} />
        <Line item={{ key: "tasks", title: t("tasks"), to: "/tasks", items: [] }} extra={<Badge count={waiting} size="small" color="#1f6f5c" title={t("waiting", { count: waiting })} />} />
      </ul>
      <ul>{app && navigationOf(app).map((item) => <Line key={item.key} item={item} />)}</ul>
      {mayAudit && <ul><Line item={{ key: "audit", title: t("audit"), to: "/audit", items: [] }} /></ul>}
      {managesPeople && <ul><Line item={{ key: "people", title: t("people"), to: "/people", items: [] }} /></ul>}
    </nav>
  );
}

function Line({ item, extra }: { item: NavItem; extra?: React.ReactNode }) {
  const { pathname, search } = useLocation();
  if (item.to === undefined) {
    return (
      <li>
        <p className="kz-nav-group">{item.title}</p>
        <ul>{item.items.map((child) => <Line key={child.key} item={child} />)}</ul>
      </li>
    );
  }
  const isCurrent = isHere(item.to, pathname, search);
  return (
    <li>
      <Link to={item.to} aria-current={isCurrent ? "page" : undefined}>{item.title}{extra}</Link>
    </li>
  );
}
