/** The names under which server state is kept, in one place so that what must be refetched is found. */

export const keys = {
  setup: ["setup"] as const,
  me: ["me"] as const,
  apps: ["app"] as const,
  app: (language: string) => ["app", language] as const,
  users: (q: string) => ["users", q] as const,
  departments: ["departments"] as const,
  entity: (entity: string) => ["entity", entity] as const,
  list: (entity: string, query: unknown) => ["entity", entity, "list", query] as const,
  record: (entity: string, id: string) => ["entity", entity, "record", id] as const,
  part: (entity: string, id: string, part: string) => ["entity", entity, "record", id, part] as const,
  tasks: ["tasks"] as const,
  box: (box: string) => ["tasks", box] as const,
  task: (id: string) => ["tasks", "one", id] as const,
  runs: ["runs"] as const,
  run: (id: string) => ["runs", id] as const,
  jobs: ["jobs"] as const,
  job: (id: string) => ["jobs", id] as const,
  groups: (job: string) => ["jobs", job, "groups"] as const,
  sample: ["sample"] as const,
  templates: ["templates"] as const,
};
