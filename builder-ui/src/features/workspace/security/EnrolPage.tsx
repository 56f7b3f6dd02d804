/** Before anything else: the second factor that one's role demands. */
import { Button } from "antd";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { useMe, useSignOut } from "@/api/hooks";
import { insidePath } from "../paths";
import ProveDialog from "./ProveDialog";
import SecurityPage from "./SecurityPage";

export default function EnrolPage() {
  const { t } = useTranslation("workspace");
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const me = useMe();
  const signOut = useSignOut();
  const next = insidePath(search.get("next"));
  if (me.isError) return <Navigate to="/login" replace />;
  if (!me.data) return null;
  const goOn = () => { client.clear(); void navigate(next, { replace: true }); };
  return (
    <main className="kz-main">
      <SecurityPage />
      <div className="kz-actions">
        {!me.data.must_enrol && <Button type="primary" onClick={goOn}>{t("security.goOn")}</Button>}
        <Button type="link" onClick={() => void signOut.mutateAsync().then(() => navigate("/login"))}>{t("common:signOut")}</Button>
      </div>
      <ProveDialog />
    </main>
  );
}
