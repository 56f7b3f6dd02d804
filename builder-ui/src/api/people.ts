/** People as those manage them who may: accounts, departments, teams, positions, one-time links, hand-overs, lists from files. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { basePath } from "@/lib/base";
import { problemFrom, request, unsafeHeaders } from "./client";
import type { Job } from "./jobs";
import { keys } from "./keys";
import type { ToldRow } from "./transfer";
import type { Department, List } from "./types";

export type Standing = "active" | "invited" | "frozen" | "left";

/** An account as those see it who manage people. */
export type Person = {
  id: string;
  login: string;
  name: string;
  email?: string;
  roles: string[];
  department: string | null;
  position: string | null;
  manager: string | null;
  teams: string[];
  active: boolean;
  state: Standing;
  left_at?: string;
  successor?: string;
};

/** What is sent of an account; what is absent stays. */
export type PersonChange = Partial<{
  login: string;
  name: string;
  email: string;
  roles: string[];
  department: string;
  position: string;
  manager: string;
  teams: string[];
  active: boolean;
}>;

export type PeopleQuery = { q?: string; department?: string; role?: string; state?: Standing; team?: string; after?: string };

export type Role = { key: string; title: string | null; people: number; grantable: boolean };

export type DepartmentRow = Department & { deputies: string[]; people: number };

export type Team = { id: string; key: string; title: string; leader: string | null; members: string[] };

export type Position = { id: string; key: string; title: string; people: number };

export type AccountLink = { purpose: "invite" | "reset"; expires_at: string; sent_to?: string; link?: string };

export type HandoverPreview = {
  tasks: number;
  records: { entity: string; title: string; count: number }[];
  hidden: number;
  departments: { id: string; title: string }[];
  teams: { id: string; title: string }[];
  reports: number;
  assignments: { workflow: string; title: string; node: string }[];
};

export type HandoverBody = { to: string[]; tasks?: string[]; entities?: Record<string, string[]>; leave: boolean; dry_run?: boolean };

export type RosterReport = {
  dry_run: boolean;
  rows: number;
  created: number;
  updated: number;
  unchanged: number;
  errors: number;
  refused: ToldRow[];
  ignored: string[];
};

/** People on a page. */
const PAGE = 50;

export function usePeoplePage(query: PeopleQuery) {
  return useQuery({
    queryKey: keys.people(query),
    queryFn: ({ signal }) => request<List<Person>>("GET", "/api/users", { query: { ...query, below: query.department ? "true" : undefined, limit: PAGE }, signal }),
    placeholderData: keepPreviousData,
  });
}

export function usePerson(id: string | undefined) {
  return useQuery({ queryKey: keys.person(id ?? ""), queryFn: ({ signal }) => request<Person>("GET", `/api/users/${id}`, { signal }), enabled: id !== undefined });
}

export function useRoles() {
  return useQuery({ queryKey: keys.roles, queryFn: async ({ signal }) => (await request<List<Role>>("GET", "/api/roles", { signal })).items, staleTime: 60_000 });
}

export function useDepartmentRows() {
  return useQuery({ queryKey: keys.departmentRows, queryFn: async ({ signal }) => (await request<List<DepartmentRow>>("GET", "/api/departments", { signal })).items });
}

export function useTeams() {
  return useQuery({ queryKey: keys.teams, queryFn: async ({ signal }) => (await request<List<Team>>("GET", "/api/teams", { signal })).items });
}

export function usePositions() {
  return useQuery({ queryKey: keys.positions, queryFn: async ({ signal }) => (await request<List<Position>>("GET", "/api/positions", { signal })).items });
}

/** Whatever changes one of them may show on any of these screens. */
function useForgetPeople() {
  const client = useQueryClient();
  return () => Promise.all([...["people", "users"].map((key) => client.invalidateQueries({ queryKey: [key] })), client.invalidateQueries({ queryKey: keys.departments })]);
}

/** Makes a person where there is no id, else changes one. */
export function useSavePerson() {
  const forget = useForgetPeople();
  return useMutation({
    mutationFn: ({ id, change }: { id?: string; change: PersonChange }) => (id ? request<Person>("PATCH", `/api/users/${id}`, { body: change }) : request<Person>("POST", "/api/users", { body: change })),
    onSuccess: () => void forget(),
  });
}

export type Kind = "departments" | "teams" | "positions";

/** Makes, changes or takes away a department, a team or a position. */
export function useSaveUnit(kind: Kind) {
  const forget = useForgetPeople();
  return useMutation({
    mutationFn: ({ id, change }: { id?: string; change: Record<string, unknown> }) => (id ? request<unknown>("PATCH", `/api/${kind}/${id}`, { body: change }) : request<unknown>("POST", `/api/${kind}`, { body: change })),
    onSuccess: () => void forget(),
  });
}

export function useDeleteUnit(kind: Kind) {
  const forget = useForgetPeople();
  return useMutation({ mutationFn: (id: string) => request<void>("DELETE", `/api/${kind}/${id}`), onSuccess: () => void forget() });
}

/** Makes a link by which a person chooses their password: it goes by mail, or is told here once. */
export function useMakeLink() {
  return useMutation({ mutationFn: (id: string) => request<AccountLink>("POST", `/api/users/${id}/link`) });
}

/** What would move, asked anew each time it is shown. */
export function useHandoverPreview(id: string) {
  return useQuery({
    queryKey: ["handover", id],
    queryFn: ({ signal }) => request<HandoverPreview>("POST", `/api/users/${id}/handover`, { body: { dry_run: true }, signal }),
    staleTime: 0, gcTime: 0, retry: false,
  });
}

export function useHandOver(id: string) {
  const forget = useForgetPeople();
  return useMutation({ mutationFn: (body: HandoverBody) => request<Job>("POST", `/api/users/${id}/handover`, { body }), onSuccess: () => void forget() });
}

/** Sends a list of people or departments; of a trial nothing is stored. */
export function useSendRoster(kind: "users" | "departments") {
  const forget = useForgetPeople();
  return useMutation({
    mutationFn: async ({ file, dryRun }: { file: File; dryRun: boolean }) => {
      const query = new URLSearchParams({ name: file.name, dry_run: String(dryRun) });
      const response = await fetch(`${basePath()}/api/${kind}/import?${query}`, { method: "POST", credentials: "same-origin", headers: { ...unsafeHeaders(), "Content-Type": file.type || "application/octet-stream" }, body: file });
      const data: unknown = await response.json().catch(() => undefined);
      if (!response.ok) throw problemFrom(response.status, data);
      return data as RosterReport;
    },
    onSuccess: (report) => void (!report.dry_run && forget()),
  });
}

export type HeldLink = { purpose: "invite" | "reset"; login: string; name: string; expires_at: string };

/** What a link opens; asked with `POST`, so that its token stands in no address. */
export function useHeldLink(token: string) {
  return useQuery({ queryKey: ["link", token], queryFn: ({ signal }) => request<HeldLink>("POST", "/api/links/look", { body: { token }, signal }), retry: false, staleTime: Number.POSITIVE_INFINITY, gcTime: 0 });
}

export function useChooseByLink() {
  return useMutation({ mutationFn: (input: { token: string; password: string }) => request<void>("POST", "/api/links/use", { body: input }) });
}

export function useForgotten() {
  return useMutation({ mutationFn: (login: string) => request<void>("POST", "/api/links", { body: { login } }) });
}
