/** The app at a glance: each entity with its fields, its records and what it is related to. */
import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useApp, useRecords } from "@/api/hooks";
import type { EntityDef } from "@/definition/entity";
import { EmptyState } from "@/ui/EmptyState";
import { useDefinitions, useEntities } from "../draft/context";
import { routeOf } from "../routes";
import { NewFileDialog } from "../shell/NewFileDialog";
import { SamplePanel } from "./SamplePanel";

export function Overview() {
  const { t } = useTranslation("builder");
  const entities = Object.entries(useEntities());
  const [adding, setAdding] = useState(false);
  useEffect(() => {
    document.title = t("brand");
  }, [t]);
  return (
    <div className="kzb-page">
      <header className="kzb-page-head">
        <div>
          <h1>{t("overview.title")}</h1>
          <p className="kz-quiet">{t("overview.help")}</p>
        </div>
        <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setAdding(true)}>
          {t("overview.add")}
        </Button>
      </header>
      {entities.length === 0 && <EmptyState title={t("overview.empty")} hint={t("overview.emptyHint")}><Link to="/">{t("overview.toTemplates")}</Link></EmptyState>}
      <ul className="kzb-cards">
        {entities.map(([key, entity]) => (
          <EntityCard key={key} entityKey={key} entity={entity} />
        ))}
      </ul>
      <SamplePanel />
      {adding && <NewFileDialog folder="entities" onClose={() => setAdding(false)} />}
    </div>
  );
}

function EntityCard({ entityKey, entity }: { entityKey: string; entity: EntityDef }) {
  const { t } = useTranslation("builder");
  const entities = useEntities();
  const forms = useDefinitions("forms");
  const workflows = useDefinitions("workflows");
  const live = useApp().data?.entities[entityKey] !== undefined;
  const count = useRecords(entityKey, { limit: 1, count: "exact" }, live).data?.count?.value;
  const own = (definitions: Record<string, unknown>) => Object.values(definitions).filter((each) => (each as { entity?: string } | null)?.entity === entityKey).length;
  const relations = Object.entries(entity.properties).filter(([, field]) => field["x-kind"] === "relation");
  const incoming = Object.entries(entities).flatMap(([from, other]) =>
    Object.entries(other.properties)
      .filter(([, field]) => from !== entityKey && field["x-relation"]?.entity === entityKey)
      .map(([key, field]) => ({ key: `${from}.${key}`, from, text: `${other.title} · ${field.title}` })),
  );
  return (
    <li className="kzb-card">
      <h2>
        <Link to={routeOf({ folder: "entities", file: entityKey })}>{entity.title || entityKey}</Link>
      </h2>
      <p className="kz-quiet">
        {[
          t("overview.fields", { count: Object.keys(entity.properties).length }),
          count === undefined ? t("overview.unpublished") : t("overview.records", { count }),
          t("overview.forms", { count: own(forms) }),
          t("overview.workflows", { count: own(workflows) }),
        ].join(" · ")}
      </p>
      {relations.length + incoming.length > 0 && (
        <ul className="kzb-relations">
          {relations.map(([key, field]) => (
            <li key={key}>
              <span aria-hidden>→</span> {field.title}{" "}
              <Link to={routeOf({ folder: "entities", file: field["x-relation"]?.entity ?? "" })}>{entities[field["x-relation"]?.entity ?? ""]?.title ?? field["x-relation"]?.entity}</Link>
            </li>
          ))}
          {incoming.map(({ key, from, text }) => (
            <li key={key}>
              <span aria-hidden>←</span> <Link to={routeOf({ folder: "entities", file: from })}>{text}</Link>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
