/** The records of other entities that point here, the newest first, with the way to all and to a new one. */
import { PlusOutlined } from "@ant-design/icons";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useRecords } from "@/api/hooks";
import type { RecordBody } from "@/api/types";
import type { Condition } from "@/definition/schema";
import { useRendering } from "@/renderer/context";
import { isFigure } from "@/renderer/values/effective";
import { ShowValue } from "@/renderer/values/ShowValue";
import { Panel } from "@/ui/Panel";
import { LinkButton } from "@/ui/LinkButton";
import { columnsOf } from "../list/columns";
import { writeState } from "../list/listState";
import { paths } from "../paths";
import { defaultView, rankedEntities, titleOf, useSession } from "../session";

const SHOWN = 5;
const COLUMNS = 4;

type RelatedListsProps = { entityKey: string; record: RecordBody };

export function RelatedLists({ entityKey, record }: RelatedListsProps) {
  const { app } = useSession();
  const pointing = rankedEntities(app).flatMap((other) =>
    Object.entries(app.entities[other]!.schema.properties)
      .filter(([, field]) => field["x-kind"] === "relation" && field["x-relation"]?.entity === entityKey)
      .map(([via]) => ({ other, via })),
  );
  const isAmbiguous = (other: string) => other === entityKey || pointing.filter((one) => one.other === other).length > 1;
  return pointing.map(({ other, via }) => (
    <Related key={`${other}.${via}`} entityKey={entityKey} record={record} other={other} via={via} namesVia={isAmbiguous(other)} />
  ));
}

type RelatedProps = RelatedListsProps & { other: string; via: string; namesVia: boolean };

function Related({ entityKey, record, other, via, namesVia }: RelatedProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const { names } = useRendering();
  const model = app.entities[other]!;
  const here = { field: via, op: "eq", value: record.id } as const satisfies Condition;
  const list = useRecords(other, { where: here, sort: "-created_at", limit: SHOWN, count: "capped" });
  useEffect(() => names.learn(list.data?.titles ?? {}), [names, list.data]);
  const view = app.views[defaultView(app, other) ?? ""];
  const columns = columnsOf(app, model, view, (system) => t(`system.${system}`)).filter(({ key }) => key !== via).slice(0, COLUMNS);
  const records = list.data?.items ?? [];
  const count = list.data?.count;
  const all = `${paths.list(other)}?${writeState({ view: undefined, q: "", filters: [here], sort: undefined, after: undefined })}`;
  const create = paths.create(other, { [`set.${via}`]: record.id, [`name.${record.id}`]: titleOf(app.entities[entityKey], record) });
  const name = namesVia ? `${model.title} · ${model.schema.properties[via]?.title ?? via}` : model.title;
  const title = count ? t("related.title", { title: name, count: count.value, more: count.kind === "capped" ? "+" : "" }) : name;
  return (
    <Panel title={title} extra={model.actions.create && <LinkButton to={create} size="small" icon={<PlusOutlined aria-hidden />}>{t("action.new")}</LinkButton>}>
      {list.isSuccess && records.length === 0 && <p className="kz-quiet">{t("related.none", { title: model.title })}</p>}
      {records.length > 0 && (
        <div className="kz-scroll" role="region" aria-label={model.title} tabIndex={0}>
          <table className="kz-table">
            <thead><tr>{columns.map(({ key, field }) => <th key={key} scope="col" className={isFigure(field) ? "kz-right" : undefined}>{field.title ?? key}</th>)}</tr></thead>
            <tbody>
              {records.map((one) => (
                <tr key={one.id}>
                  {columns.map(({ key, field }, index) => (
                    <td key={key} className={isFigure(field) ? "kz-right" : undefined}>
                      {index === 0 ? <Link to={paths.record(other, one.id)}><ShowValue field={field} value={one[key]} compact /></Link> : <ShowValue field={field} value={one[key]} compact />}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {records.length === SHOWN && <p><Link to={all}>{t("related.all")}</Link></p>}
    </Panel>
  );
}
