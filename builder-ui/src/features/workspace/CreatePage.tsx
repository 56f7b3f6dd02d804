/** A new record, entered in the entity's form. `?form=` chooses another; `?set.customer=<id>` presets a field. */
import { useTranslation } from "react-i18next";
import { Navigate, useLocation, useNavigate, useParams, useSearchParams } from "react-router";
import type { Fields } from "@/definition/schema";
import { RenderingProvider } from "@/renderer/context";
import RecordForm from "./form/RecordForm";
import { paths } from "./paths";
import { entityOf, useSession } from "./session";
import { useTitle } from "./useTitle";

export default function CreatePage() {
  const { entity: key = "" } = useParams();
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const [search] = useSearchParams();
  const navigate = useNavigate();
  // A page that was opened by its address has nothing of ours behind it.
  const isFirst = useLocation().key === "default";
  const entity = entityOf(app, key);
  const title = t("form.newTitle", { entity: entity?.title });
  useTitle(title);
  if (!entity) return <Navigate to="/" replace />;
  const form = search.get("form") ?? undefined;
  return (
    <RenderingProvider app={app} titles={namesIn(search)} linkTo={paths.record}>
      <div className="kz-page-head"><h1>{title}</h1></div>
      <div className="kz-panel kz-narrow">
        <RecordForm key={`${key}/${form}`} entity={key} form={form} preset={presetOf(search)}
          onSaved={(saved) => void navigate(saved?.id ? paths.record(key, saved.id) : paths.list(key), { replace: true })}
          onCancel={() => void (isFirst ? navigate(paths.list(key), { replace: true }) : navigate(-1))} />
      </div>
    </RenderingProvider>
  );
}

function presetOf(search: URLSearchParams): Fields {
  return Object.fromEntries([...search].filter(([key]) => key.startsWith("set.")).map(([key, value]) => [key.slice(4), value]));
}

/** `name.<id>` carries the title of a preset relation, so that it need not be fetched to be read. */
function namesIn(search: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...search].filter(([key]) => key.startsWith("name.")).map(([key, value]) => [key.slice(5), value]));
}
