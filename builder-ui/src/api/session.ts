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
      rememberCsrf(me.csrf_token, me.id);
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

/** What signing in answers; where `second_factor` names ways, the session is good for giving it alone. */
export type Entered = { csrf_token: string; must_change?: boolean; second_factor?: SecondFactor[] };

export type SecondFactor = "totp" | "recovery" | "passkey";

/** Somebody gets in by `enter`; what was known of whoever was here before is forgotten. */
export function useEntering<Input>(enter: (input: Input) => Promise<Entered>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: enter,
    onSuccess: (answer) => {
      rememberCsrf(answer.csrf_token, null);
      client.clear();
    },
  });
}

export function useSignIn() {
  return useEntering((input: { login: string; password: string }) => request<Entered>("POST", "/api/session", { body: input }));
}

/** Chooses another password; that ends every other session, and this one goes on under another token. */
export function useChangePassword() {
  return useEntering((input: { password: string }) => request<User & Entered>("PATCH", "/api/me", { body: { password: input.password } }));
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
