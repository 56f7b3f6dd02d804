/** Everybody: searched by name, pinyin, login or address, narrowed by department, role and state. */
import { PlusOutlined, UploadOutlined } from "@ant-design/icons";
import { Button, Select, Tag } from "antd";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { type PeopleQuery, type Person, useDepartmentRows, usePeoplePage, useRoles } from "@/api/people";
import { formatDecimal } from "@/lib/format";
import { departmentPaths } from "@/renderer/departments";
import { type DataColumn, DataTable } from "@/ui/DataTable";
import { EmptyState } from "@/ui/EmptyState";
import { useIsNarrow } from "@/ui/useIsNarrow";
import { SearchBox } from "../list/SearchBox";
import { ProblemNotice } from "../ProblemNotice";
import { STATES, TONES } from "./states";

const PersonDrawer = lazy(() => import("./PersonDrawer"));
const NewPersonDialog = lazy(() => import("./NewPersonDialog"));
const RosterDialog = lazy(() => import("./RosterDialog"));

/** What an address says of the list. */
const NARROWED = ["q", "department", "role", "state"] as const;

export function PeopleList() {
  const { t } = useTranslation("people");
  const [search, setSearch] = useSearchParams();
  // What was typed is asked for a moment later: by then the address may say more, such as whose card is open.
  const latest = useRef(search);
  useEffect(() => { latest.current = search; }, [search]);
  const [trail, setTrail] = useState<string[]>([]);
  const [dialog, setDialog] = useState<"new" | "roster">();
  const asked = Object.fromEntries(NARROWED.map((name) => [name, search.get(name) ?? undefined]));
  const page = usePeoplePage({ ...asked, after: trail.at(-1) } as PeopleQuery);
  const set = (name: string, value: string | undefined, replace = false) => {
    const next = new URLSearchParams(latest.current);
    if (value) next.set(name, value); else next.delete(name);
    setSearch(next, { replace });
    if (name !== "person") setTrail([]);
  };
  const person = search.get("person") ?? undefined;
  const people = page.data?.items ?? [];
  return (
    <>
      <div className="kz-tools">
        <SearchBox value={asked["q"] ?? ""} onSearch={(q) => set("q", q, true)} />
        <Narrowing asked={asked} onChange={set} />
        <span className="kz-spring" />
        <Button icon={<UploadOutlined aria-hidden />} onClick={() => setDialog("roster")}>{t("roster.people")}</Button>
        <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setDialog("new")}>{t("invite.open")}</Button>
      </div>
      {page.isError && <ProblemNotice problem={page.error} onRetry={() => void page.refetch()} />}
      {page.isSuccess && people.length === 0 ? <EmptyState title={t("list.none")} hint={t("list.noneHint")} /> : <Rows people={people} isBusy={page.isFetching} onOpen={(id) => set("person", id)} />}
      <nav className="kz-pager" aria-label={t("list.pages")}>
        <span className="kz-quiet" aria-live="polite">{page.data?.count ? t("list.count", { count: page.data.count.value, shown: formatDecimal(page.data.count.value) }) : ""}</span>
        <span className="kz-spring" />
        {(trail.length > 0 || page.data?.next) && (
          <>
            <Button disabled={trail.length === 0} onClick={() => setTrail(trail.slice(0, -1))}>{t("list.previous")}</Button>
            <Button disabled={!page.data?.next} onClick={() => page.data?.next && setTrail([...trail, page.data.next])}>{t("list.next")}</Button>
          </>
        )}
      </nav>
      <Suspense>
        {person && <PersonDrawer id={person} onClose={() => set("person", undefined)} />}
        {dialog === "new" && <NewPersonDialog onClose={() => setDialog(undefined)} />}
        {dialog === "roster" && <RosterDialog kind="users" onClose={() => setDialog(undefined)} />}
      </Suspense>
    </>
  );
}

type NarrowingProps = { asked: Record<string, string | undefined>; onChange: (name: string, value: string | undefined) => void };

function Narrowing({ asked, onChange }: NarrowingProps) {
  const { t } = useTranslation("people");
  const departments = departmentPaths(useDepartmentRows().data ?? []);
  const roles = (useRoles().data ?? []).map(({ key, title }) => ({ value: key, label: title ?? t("admin") }));
  const states = STATES.map((state) => ({ value: state, label: t(`state.${state}`) }));
  const one = (name: string, options: { value: string; label: string }[]) => (
    <Select key={name} allowClear showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={false} style={{ minWidth: 120 }} aria-label={t(`field.${name}`)} placeholder={t(`field.${name}`)} options={options} value={asked[name]} onChange={(value: string | undefined) => onChange(name, value)} />
  );
  return <>{departments.length > 0 && one("department", departments)}{one("role", roles)}{one("state", states)}</>;
}

type RowsProps = { people: Person[]; isBusy: boolean; onOpen: (id: string) => void };

function Rows({ people, isBusy, onOpen }: RowsProps) {
  const { t } = useTranslation("people");
  const isNarrow = useIsNarrow();
  const departments = new Map((useDepartmentRows().data ?? []).map(({ id, title }) => [id, title]));
  const roles = new Map((useRoles().data ?? []).map(({ key, title }) => [key, title ?? t("admin")]));
  const department = (person: Person) => (person.department && departments.get(person.department)) || "";
  const held = (person: Person) => person.roles.map((role) => roles.get(role) ?? role).join(t("and"));
  const state = (person: Person) => <Tag color={TONES[person.state]}>{t(`state.${person.state}`)}</Tag>;
  const name = (person: Person) => <button type="button" className="kz-link" onClick={(event) => { event.stopPropagation(); onOpen(person.id); }}>{person.name}</button>;
  if (isNarrow) {
    return (
      <ul className="kz-cards" aria-label={t("title")}>
        {people.map((person) => (
          <li key={person.id}>
            <button type="button" className="kz-card kz-wide" onClick={() => onOpen(person.id)}>
              <strong>{person.name}</strong> <span className="kz-quiet">{person.login}</span> {state(person)}
              <span className="kz-quiet">{[department(person), held(person)].filter(Boolean).join(" · ")}</span>
            </button>
          </li>
        ))}
      </ul>
    );
  }
  const columns: DataColumn<Person>[] = [
    { key: "name", title: t("field.name"), width: 140, render: name },
    { key: "login", title: t("field.login"), width: 130, render: ({ login }) => login },
    { key: "department", title: t("field.department"), width: 140, render: department },
    { key: "roles", title: t("field.roles"), width: 160, render: held },
    { key: "email", title: t("field.email"), width: 180, render: ({ email }) => email ?? "" },
    { key: "state", title: t("field.state"), width: 90, render: state },
  ];
  return <DataTable<Person> label={t("title")} columns={columns} rows={people} rowKey={({ id }) => id} onOpen={({ id }) => onOpen(id)} isBusy={isBusy} />;
}
