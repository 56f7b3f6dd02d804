/** People, departments, teams and positions, for those who may manage them. `?tab=` names what is shown. */
import "./people/people.css";
import { useTranslation } from "react-i18next";
import { Link, Navigate, useSearchParams } from "react-router";
import { DepartmentTree } from "./people/DepartmentTree";
import { PeopleList } from "./people/PeopleList";
import { Positions, Teams } from "./people/Units";
import { useSession } from "./session";
import { useTitle } from "./useTitle";

const TABS = { people: PeopleList, departments: DepartmentTree, teams: Teams, positions: Positions } as const;

type Tab = keyof typeof TABS;

export default function PeoplePage() {
  const { t } = useTranslation("people");
  const { me } = useSession();
  const [search] = useSearchParams();
  useTitle(t("title"));
  if (!me.may.includes("manage_users")) return <Navigate to="/" replace />;
  const asked = search.get("tab");
  const tab: Tab = asked !== null && Object.hasOwn(TABS, asked) ? (asked as Tab) : "people";
  const Shown = TABS[tab];
  return (
    <>
      <div className="kz-page-head"><h1>{t("title")}</h1></div>
      <nav className="kz-views" aria-label={t("tabs")}>
        {Object.keys(TABS).map((key) => <Link key={key} to={{ search: key === "people" ? "" : `tab=${key}` }} aria-current={key === tab ? "page" : undefined}>{t(`tab.${key}`)}</Link>)}
      </nav>
      <Shown key={tab} />
    </>
  );
}
