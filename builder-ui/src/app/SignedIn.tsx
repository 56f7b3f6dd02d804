/** Lets through who is signed in; sends others to the door and back again afterwards. */
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, Outlet, useLocation } from "react-router";
import { onSignedOut, Problem } from "@/api/client";
import { useApp, useMe } from "@/api/hooks";
import { keys } from "@/api/keys";
import { EmptyState } from "@/ui/EmptyState";
import { Loading } from "./Loading";

const ProveDialog = lazy(() => import("@/features/workspace/security/ProveDialog"));

export function SignedIn() {
  const { t } = useTranslation("common");
  const location = useLocation();
  const client = useQueryClient();
  const me = useMe();
  const app = useApp();
  useEffect(() => onSignedOut(() => void client.invalidateQueries({ queryKey: keys.me })), [client]);
  const problem = me.error ?? app.error;
  if (problem instanceof Problem && problem.status === 401) {
    return <Navigate to={`/login?next=${encodeURIComponent(location.pathname + location.search)}`} replace />;
  }
  if (me.data?.must_change || (problem instanceof Problem && problem.code === "session.must_change")) {
    return <Navigate to={`/password?next=${encodeURIComponent(location.pathname + location.search)}`} replace />;
  }
  if (me.data?.must_enrol || (problem instanceof Problem && problem.code === "session.must_enrol")) {
    return <Navigate to={`/me/enrol?next=${encodeURIComponent(location.pathname + location.search)}`} replace />;
  }
  if (problem && !(me.data && app.data)) {
    const retry = () => void Promise.all([me.refetch(), app.refetch()]);
    return <EmptyState title={t("unreachable")} hint={t("unreachableHint")}><Button onClick={retry}>{t("retry")}</Button></EmptyState>;
  }
  return me.data && app.data ? <><Outlet /><Suspense><ProveDialog /></Suspense></> : <Loading />;
}
