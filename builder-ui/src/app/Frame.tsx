/** The frame of the application: where one is, where one may go. A side bar, or on a phone a bar at the bottom. */
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, Outlet, useLocation } from "react-router";
import { useApp, useMe } from "@/api/hooks";
import { useIsNarrow } from "@/ui/useIsNarrow";
import { BottomBar } from "./BottomBar";
import { Loading } from "./Loading";
import { MeMenu } from "./MeMenu";
import { SeenAs } from "./SeenAs";
import { SideNav } from "./SideNav";

export function Frame() {
  const { t } = useTranslation("common");
  const app = useApp().data;
  const isNarrow = useIsNarrow();
  const location = useLocation();
  const isBuilding = location.pathname.startsWith("/builder");
  return (
    <div className="kz-frame" data-door={isBuilding ? "builder" : "workspace"}>
      <a className="kz-skip" href="#main">{t("skip")}</a>
      <header className="kz-top">
        <Link to="/" className="kz-brand"><span aria-hidden className="kz-brand-mark">客</span><span className="kz-brand-name">{app?.title ?? t("product")}</span></Link>
        <span className="kz-spring" />
        <Doors isBuilding={isBuilding} />
        <MeMenu />
      </header>
      <SeenAs />
      <div className="kz-body">
        {!isBuilding && !isNarrow && <SideNav />}
        <main id="main" className="kz-main" tabIndex={-1}>
          <Suspense fallback={<Loading />}><Outlet /></Suspense>
        </main>
      </div>
      {!isBuilding && isNarrow && <BottomBar />}
    </div>
  );
}

/** The two doors, for those who may build. */
function Doors({ isBuilding }: { isBuilding: boolean }) {
  const { t } = useTranslation("common");
  const me = useMe().data;
  const mayBuild = me?.may.includes("use_builder") === true || me?.roles.includes("admin") === true;
  if (!mayBuild) return null;
  return (
    <nav className="kz-doors" aria-label={t("doors")}>
      <Link to="/" aria-current={isBuilding ? undefined : "page"}>{t("workspace")}</Link>
      <Link to="/builder" aria-current={isBuilding ? "page" : undefined}>{t("builder")}</Link>
    </nav>
  );
}
