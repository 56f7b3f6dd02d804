/** The addresses of the workspace's screens. */

export const paths = {
  home: "/",
  list: (entity: string, query: Record<string, string> = {}) => withQuery(`/e/${entity}`, query),
  create: (entity: string, query: Record<string, string> = {}) => withQuery(`/e/${entity}/new`, query),
  import: (entity: string, query: Record<string, string> = {}) => withQuery(`/e/${entity}/import`, query),
  duplicates: (entity: string, query: Record<string, string> = {}) => withQuery(`/e/${entity}/duplicates`, query),
  /** The first of the ids is the record that survives unless another is chosen there. */
  merge: (entity: string, ids: readonly string[]) => `/e/${entity}/merge?ids=${ids.join(",")}`,
  record: (entity: string, id: string) => `/e/${entity}/${id}`,
  edit: (entity: string, id: string) => `/e/${entity}/${id}?edit=1`,
  tasks: (box = "todo", task?: string) => withQuery("/tasks", { box, ...(task ? { task } : {}) }),
  run: (id: string) => `/runs/${id}`,
  people: (query: Record<string, string> = {}) => withQuery("/people", query),
  newPassword: (next: string) => withQuery("/password", { next }),
};

/** Only a path of this application; anything else could lead away from it. */
export function insidePath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}

function withQuery(path: string, query: Record<string, string>): string {
  const search = new URLSearchParams(query).toString();
  return search === "" ? path : `${path}?${search}`;
}
