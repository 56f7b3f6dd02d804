/** Who may do what: shares of a record, why somebody may, and seeing as somebody else. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { newIdempotencyKey, rememberViewing, request } from "./client";
import { keys } from "./keys";
import { noteChange } from "./pulse";

export type AccessLevel = "read" | "write";

/** With whom a record is shared: one of the four, and what it is called. */
export type ShareTo = { person?: string; role?: string; department?: string; below?: boolean; team?: string };

export type Share = { id: string; with: ShareTo & { name: string | null }; access: AccessLevel; until: string | null; ended: boolean; by: { id: string; name: string | null }; at: string };

export type NewShare = { with: ShareTo; access: AccessLevel; until?: string };

export function useShares(entity: string, id: string) {
  return useQuery({
    queryKey: keys.part(entity, id, "shares"),
    queryFn: async ({ signal }) => (await request<{ items: Share[] }>("GET", `/api/entities/${entity}/records/${id}/shares`, { signal })).items,
    retry: false,
  });
}

export function useShare(entity: string, id: string) {
  const changed = useChanged(entity, id);
  return useMutation({ mutationFn: (share: NewShare) => request<Share>("POST", `/api/entities/${entity}/records/${id}/shares`, { body: share, idempotencyKey: newIdempotencyKey() }), onSuccess: changed });
}

export function useUnshare(entity: string, id: string) {
  const changed = useChanged(entity, id);
  return useMutation({ mutationFn: (share: string) => request<void>("DELETE", `/api/entities/${entity}/records/${id}/shares/${share}`), onSuccess: changed });
}

function useChanged(entity: string, id: string) {
  const client = useQueryClient();
  return () => {
    noteChange();
    return client.invalidateQueries({ queryKey: keys.record(entity, id) });
  };
}

/** One thing that allows something, or does not. */
export type Because = { kind: "unlimited" | "role" | "rule" | "share"; key?: string; title: string; rows: string; allows: boolean; field?: string };

export type AccessItem = { action: string; allowed: boolean; says: string; because: Because[]; missing: { key: string; title: string }[]; field?: string };

/** Who may do what with a record, and why; asked where both are known. */
export function useAccess(entity: string | undefined, id: string | undefined, person: string | undefined) {
  return useQuery({
    queryKey: ["access", entity, id, person],
    queryFn: async ({ signal }) => (await request<{ items: AccessItem[] }>("GET", `/api/entities/${entity}/records/${id}/access`, { query: { person }, signal })).items,
    enabled: entity !== undefined && id !== undefined,
    retry: false,
  });
}

export type Viewing = { id: string; by: { id: string; name: string }; person: { id: string; name: string }; reason: string; at: string; expires: string };

/** Begins to see as somebody else: from here on every question is asked with their eyes, in this tab. */
export function useSeeAs() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (wish: { person: string; reason: string }) => request<Viewing>("POST", "/api/see-as", { body: wish }),
    onSuccess: (viewing) => {
      rememberViewing(viewing.id);
      client.clear();
    },
  });
}

/** Ends it; also where it is over already. */
export function useEndSeeAs() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (viewing: string) => request<void>("DELETE", `/api/see-as/${viewing}`),
    onSettled: () => {
      rememberViewing(undefined);
      client.clear();
    },
  });
}

/** A token of the API; its text is told once, when it is made. */
export type Token = { id: string; name: string; prefix: string; owner: string; roles: string[]; entities: string[] | null; read_only: boolean; networks: string[]; created_at: string; expires: string | null; used_at: string | null; revoked_at: string | null; active: boolean };

export type NewToken = { name: string; roles?: string[]; read_only: boolean; expires?: string };

export function useTokens() {
  return useQuery({ queryKey: ["tokens"], queryFn: async ({ signal }) => (await request<{ items: Token[] }>("GET", "/api/tokens", { signal })).items, retry: false });
}

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (token: NewToken) => request<Token & { token: string }>("POST", "/api/tokens", { body: token }), onSuccess: () => client.invalidateQueries({ queryKey: ["tokens"] }) });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (id: string) => request<void>("DELETE", `/api/tokens/${id}`), onSuccess: () => client.invalidateQueries({ queryKey: ["tokens"] }) });
}
