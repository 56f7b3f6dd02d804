/** Who am I, what is the app, who else is here; signing in and out. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { currentLanguage } from "@/lib/i18n";
import { rememberCsrf, request } from "./client";
import { keys } from "./keys";
import type { AppModel, Department, List, Me, User } from "./types";

export function useMe() {
  return useQuery({
    queryKey: keys.me,
    queryFn: async ({ signal }) => {
      const me = await request<Me>("GET", "/api/me", { signal });
      rememberCsrf(me.csrf_token);
      return me;
    },
    staleTime: 60_000,
    retry: false,
  });
}

/** What a workspace is before anything was published in it. */
const NO_APP: AppModel = {
  release: 0, title: "", language: "zh-CN", zone: "Asia/Shanghai", currency: "CNY", demo: false,
  entities: {}, forms: {}, views: {}, menus: {}, grades: {}, workflows: {},
};

/** The definitions as this person sees them; a reload or a focus after a minute fetches a new release. */
export function useApp() {
  const client = useQueryClient();
  return useQuery<AppModel>({
    queryKey: keys.app(currentLanguage()),
    queryFn: async ({ signal }) => ({ ...NO_APP, ...(await request<Partial<AppModel>>("GET", "/api/app", { signal })) }),
    // Titles come in the caller's language; the other ones stay until they are here, also for a screen that is drawn only now.
    placeholderData: (): AppModel | undefined => client.getQueriesData<AppModel>({ queryKey: keys.apps }).find(([, app]) => app)?.[1],
    staleTime: 60_000,
  });
}

/** Whether the workspace still waits for its first administrator; `undefined` while it is asked or when it does not. */
export function useSetupNeed() {
  return useQuery({
    queryKey: keys.setup,
    queryFn: ({ signal }) => request<{ token_needed: boolean }>("GET", "/api/setup", { signal }),
    retry: false,
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: { login: string; password: string }) => request<{ csrf_token: string; must_change?: boolean }>("POST", "/api/session", { body: input }),
    onSuccess: (answer) => {
      rememberCsrf(answer.csrf_token);
      client.clear();
    },
  });
}

/** Chooses another password; that ends every session, so one signs in again with it at once. */
export function useChangePassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (input: { login: string; password: string }) => {
      await request<User>("PATCH", "/api/me", { body: { password: input.password } });
      return request<{ csrf_token: string }>("POST", "/api/session", { body: input });
    },
    onSuccess: (answer) => {
      rememberCsrf(answer.csrf_token);
      client.clear();
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<void>("DELETE", "/api/session"),
    onSettled: () => {
      rememberCsrf(undefined);
      client.clear();
    },
  });
}

/** Everybody, however many pages that takes. */
async function everybody(signal: AbortSignal): Promise<List<User>> {
  const first = await request<List<User>>("GET", "/api/users", { query: { limit: 500 }, signal });
  const items = [...first.items];
  for (let after = first.next; after; ) {
    const page = await request<List<User>>("GET", "/api/users", { query: { limit: 500, after }, signal });
    items.push(...page.items);
    after = page.next;
  }
  return { ...first, items, next: null };
}

export function useUsers(enabled: boolean) {
  return useQuery({
    queryKey: keys.users(""),
    queryFn: ({ signal }) => everybody(signal),
    enabled,
    staleTime: 300_000,
    retry: false,
  });
}

export function useDepartments(enabled: boolean) {
  return useQuery({
    queryKey: keys.departments,
    queryFn: ({ signal }) => request<List<Department>>("GET", "/api/departments", { signal }),
    enabled,
    staleTime: 300_000,
    retry: false,
  });
}
