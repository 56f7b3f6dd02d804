/** Where the day begins: what waits for me, what is late, my newest records, and the way to enter a new one. */
import { PlusOutlined } from "@ant-design/icons";
import { Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useRecords, useTasks } from "@/api/hooks";
import type { Task } from "@/api/types";
import { RenderingProvider } from "@/renderer/context";
import { ShowValue } from "@/renderer/values/ShowValue";
import { hourIn } from "@/lib/format";
import { EmptyState } from "@/ui/EmptyState";
import { Panel } from "@/ui/Panel";
import { LinkButton } from "@/ui/LinkButton";
import { columnsOf } from "./list/columns";
import { paths } from "./paths";
import { ProblemNotice } from "./ProblemNotice";
import { defaultView, rankedEntities, useSession } from "./session";
import { TemplateList } from "./TemplateList";
import { useTitle } from "./useTitle";
import { DueText } from "./work/DueText";

const SHOWN = 8;

export default function HomePage() {
  const { t } = useTranslation("workspace");
  const { app, me } = useSession();
  const tasks = useTasks("todo");
  useTitle(t("home.title"));
  const all = tasks.data?.items ?? [];
  const late = all.filter((task) => task.overdue);
  const ranked = rankedEntities(app);
  const creatable = ranked.filter((key) => app.entities[key]?.actions.create).slice(0, 4);
  const owned = ranked.find((key) => app.entities[key]?.schema["x-owner"] === true);
  if (ranked.length === 0) return <NothingBuilt />;
  return (
    <>
      <div className="kz-page-head">
        <h1>{t(`home.greeting.${partOfDay(hourIn(app.zone))}`, { name: me.name })}</h1>
        <span className="kz-spring" />
        {creatable.map((key, index) => (
          <LinkButton key={key} to={paths.create(key)} type={index === 0 ? "primary" : "default"} icon={<PlusOutlined aria-hidden />}>{t("home.new", { entity: app.entities[key]?.title })}</LinkButton>
        ))}
      </div>
      {tasks.isError && <ProblemNotice problem={tasks.error} onRetry={() => void tasks.refetch()} />}
      <div className="kz-home">
        {late.length > 0 && <Panel title={t("home.late", { count: late.length })}><Lines tasks={late} /></Panel>}
        <Panel title={t("home.tasks")} extra={<Link to={paths.tasks()}>{t("home.allTasks")}</Link>}>
          {tasks.isLoading && <Skeleton active />}
          {tasks.isSuccess && all.length === 0 && <EmptyState title={t("home.noTasks")} hint={t("home.noTasksHint")} />}
          <Lines tasks={all.filter((task) => !task.overdue)} />
        </Panel>
        {owned && <Mine entityKey={owned} />}
      </div>
    </>
  );
}

/** Before anything is published: who may build is shown the way. */
function NothingBuilt() {
  const { t } = useTranslation("workspace");
  const { me } = useSession();
  const mayBuild = me.may.includes("use_builder");
  return (
    <>
      <EmptyState title={t("home.nothingBuilt")} hint={t(mayBuild ? "home.nothingBuiltHint" : "home.nothingBuiltWait")}>
        {mayBuild && <Link to="/builder">{t("home.toBuilder")}</Link>}
      </EmptyState>
      {me.may.includes("publish") && <TemplateList />}
    </>
  );
}

function Lines({ tasks }: { tasks: Task[] }) {
  return (
    <ul className="kz-tasks">
      {tasks.slice(0, SHOWN).map((task) => (
        <li key={task.id}>
          <Link className="kz-task-row" to={paths.tasks("todo", task.id)}>
            <strong>{task.title}</strong>
            <span>{task.record.title}</span>
            <DueText task={task} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** The records that are mine and changed last. */
function Mine({ entityKey }: { entityKey: string }) {
  const { t } = useTranslation("workspace");
  const { app, me } = useSession();
  const entity = app.entities[entityKey]!;
  const list = useRecords(entityKey, { where: { field: "owner", op: "eq", value: me.id }, sort: "-updated_at", limit: SHOWN, count: "none" });
  const [title, ...more] = columnsOf(app, entity, app.views[defaultView(app, entityKey) ?? ""], (system) => t(`system.${system}`));
  const records = list.data?.items ?? [];
  return (
    <RenderingProvider app={app} titles={list.data?.titles}>
      <Panel title={t("home.mine", { entity: entity.title })} extra={<Link to={paths.list(entityKey)}>{t("home.allOf", { entity: entity.title })}</Link>}>
        {list.isSuccess && records.length === 0 && <p className="kz-quiet">{t("home.noneMine", { entity: entity.title })}</p>}
        <ul className="kz-tasks">
          {records.map((record) => (
            <li key={record.id}>
              <Link className="kz-task-row" to={paths.record(entityKey, record.id)}>
                <strong>{title && <ShowValue field={title.field} value={record[title.key]} compact />}</strong>
                {more.filter(({ key }) => isFilled(record[key])).slice(0, 2).map(({ key, field }) => <span key={key}><ShowValue field={field} value={record[key]} compact /></span>)}
              </Link>
            </li>
          ))}
        </ul>
      </Panel>
    </RenderingProvider>
  );
}

/** Whether a value is worth a place in a short line. */
function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);
}

function partOfDay(hour: number): "morning" | "noon" | "evening" {
  if (hour >= 5 && hour < 12) return "morning";
  return hour >= 12 && hour < 18 ? "noon" : "evening";
}
