/** The answers of the HTTP contract, as far as the interface reads them. */
import type { Condition, EntitySchema, Fields, FormDef, MenuDef, ViewDef } from "@/definition/schema";

/** One record, flat: system keys and the entity's fields side by side. */
export type RecordBody = Fields & {
  id: string;
  version: number;
  created_at: string;
  created_by: string | null;
  updated_at: string;
  updated_by: string | null;
  owner?: string | null;
  /** Keys whose value is a mask, not the value. */
  masked?: string[];
  /** Derived keys that wait to be recomputed. */
  stale?: string[];
  warnings?: { code: string; pointer: string; message: string; rule?: string }[];
};

export type FieldRight = "read" | "write" | "masked";
export type EntityAction = "create" | "update" | "delete" | "export" | "import";

export type EntityModel = {
  title: string;
  schema: EntitySchema;
  actions: Record<EntityAction, boolean> & { merge?: boolean; share?: boolean };
  fields: Record<string, FieldRight>;
  forms: string[];
  views: string[];
};

/** The application as this person may see it. */
export type AppModel = {
  release: number;
  title: string;
  language: string;
  zone: string;
  currency: string;
  demo: boolean;
  entities: Record<string, EntityModel>;
  forms: Record<string, FormDef>;
  views: Record<string, ViewDef>;
  menus: Record<string, MenuDef>;
  grades: Record<string, { title: string; entity: string; field: string; bands: { letter: string; at_least: number }[] }>;
  workflows: Record<string, { title: string; entity: string; button: boolean }>;
};

export type Me = {
  id: string;
  login: string;
  name: string;
  roles: string[];
  department?: string | null;
  may: string[];
  language?: string | null;
  /** Whether another password must be chosen before anything else. */
  must_change?: boolean;
  /** Whether a second factor must be set up before anything else. */
  must_enrol?: boolean;
  csrf_token: string;
  /** Whose eyes these are: somebody else looks with them until then. */
  see_as?: { id: string; expires: string } | null;
};

export type List<T> = {
  items: T[];
  next: string | null;
  count: { value: number; kind: "exact" | "capped" } | null;
  /** Names of every relation and person in the answer, by id. */
  titles?: Record<string, string>;
  /** Set when `q` found more than it looked at. */
  more?: boolean;
};

export type ListQuery = { where?: Condition; q?: string; sort?: string; fields?: string; limit?: number; after?: string; count?: "none" | "capped" | "exact" };

export type PersonRef = { id: string; name: string };

export type GradeValue = { letter: string; score: number; reasons: string[]; overridden?: boolean };

export type Explanation = {
  grades: {
    field: string;
    grade: string;
    title: string;
    letter: string;
    score: number;
    reasons: string[];
    overridden: boolean;
    release: number;
    rows: { points: number; reason: string; matched: boolean }[];
    inputs: Record<string, unknown>;
  }[];
  computed: { field: string; expression: string; value: unknown; error?: string }[];
  access: Record<string, string>;
};

export type Change = { field: string; from: unknown; to: unknown };

export type TimelineItem = {
  /** Of a change: its number in the record's history. */
  seq?: number;
  id?: string;
  at: string;
  kind: string;
  by: PersonRef | null;
  entrance?: string;
  release?: number;
  changes?: Change[];
  run?: string;
  workflow?: string;
  task?: string;
  title?: string;
  outcome?: string;
  comment?: string;
  /** Of a secret that was shown: which, and why. */
  field?: string;
  reason?: string;
};

export type TaskBox = "todo" | "overdue" | "done" | "started";

export type Task = {
  id: string;
  state: string;
  kind: "task" | "approval";
  title: string;
  entity: string;
  /** `title` is null where the caller may not read it. */
  record: { id: string; title: string | null };
  run: string;
  workflow: string;
  node: string;
  revision: number;
  opened_at: string;
  due_at: string | null;
  decided_at?: string | null;
  assignee: PersonRef | null;
  form?: string | null;
  fields?: Record<string, "write" | "read" | "hidden" | "required">;
  outcomes?: { key: string; title: string }[];
  comment?: string | null;
  overdue: boolean;
};

export type TaskVerb = "approve" | "reject" | "complete" | "save" | "comment";

export type RunVisit = {
  node: string;
  visit: number;
  title: string;
  type: string;
  entered_at: string;
  left_at: string | null;
  outcome: string | null;
  tasks: { id: string; title?: string; assignee: PersonRef | null; state: string; decided_at: string | null; comment: string | null }[];
};

export type ChartNode = { type: string; title?: string; next?: string; default?: string; branches?: { when?: Condition; next: string; title?: string }[]; on_reject?: string; outcome?: string; outcomes?: Record<string, { title?: string }> };

export type Run = {
  id: string;
  workflow: string;
  title: string;
  release: number;
  state: string;
  entity: string;
  /** `title` is null where the caller may not read it. */
  record: { id: string; title: string | null };
  started_at: string;
  ended_at: string | null;
  initiator: PersonRef | null;
  current: string[];
  path: RunVisit[];
  chart: Record<string, ChartNode>;
};

/** One line of the box `started`, or of a record's runs. */
export type RunSummary = Pick<Run, "id" | "workflow" | "title" | "state" | "entity" | "record" | "started_at" | "ended_at">;

export type Evaluation = {
  values: Fields;
  visible: Record<string, boolean>;
  required: Record<string, boolean>;
  readonly: Record<string, boolean>;
  options: Record<string, string[]>;
  violations: { code: string; pointer: string; message: string; rule?: string }[];
  warnings: { code: string; pointer: string; message: string; rule?: string }[];
};

export type User = { id: string; login: string; name: string; department?: string | null };

export type Department = { id: string; key: string; title: string; parent: string | null; head: string | null };
