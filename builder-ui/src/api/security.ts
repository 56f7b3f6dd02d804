/** What one proves with, where one is signed in, and what is demanded of everybody. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { rememberCsrf, request } from "./client";
import { keys } from "./keys";
import { makePasskey, type PasskeyQuestion, showPasskey } from "./passkey";
import type { Entered, SecondFactor } from "./session";

export type Passkey = { id: string; title: string; created_at: string; used_at: string | null };
export type Identity = { id: string; provider: string; name: string; created_at: string; used_at: string | null };
export type SessionRow = { id: string; current: boolean; way: string; created_at: string; seen_at: string; expires_at: string; network: string; agent: string };

export type Security = {
  password: boolean;
  totp: boolean;
  recovery_codes: number;
  passkeys: Passkey[];
  identities: Identity[];
  /** Whether the workspace or a role demands a second factor. */
  demanded: boolean;
  /** Whether passkeys work at the address under which this page was opened. */
  passkeys_here: boolean;
  sessions: SessionRow[];
};

export type Ways = { passkey: boolean; oidc: { key: string; title: string }[] };
export type Policy = { networks: string[]; second_factor: boolean };
export type TotpOffer = { secret: string; url: string };

/** One of: a password; a code; what an authenticator answered. */
export type Proof = { password: string } | { code: string } | { step: string; credential: unknown };

/** How one may sign in here, beside a password; and what is owed by whoever gave the password already. */
export function useWays() {
  return useQuery({
    queryKey: keys.ways,
    queryFn: async ({ signal }) => {
      const { ways, second_factor, csrf_token } = await request<{ ways: Ways; second_factor?: SecondFactor[]; csrf_token?: string }>("GET", "/api/session", { signal });
      if (csrf_token !== undefined) rememberCsrf(csrf_token, null);
      return { ...ways, owed: second_factor ?? [] };
    },
    retry: false,
  });
}

export function useSecurity() {
  return useQuery({ queryKey: keys.security, queryFn: ({ signal }) => request<Security>("GET", "/api/me/security", { signal }) });
}

/** A change of what one proves with; what is shown of it is fetched again. */
export function useSecurityChange<Input, Output>(change: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: keys.security }), client.invalidateQueries({ queryKey: keys.me })]),
  });
}

/** Asks the authenticator of this device and gives its answer as a proof; `undefined` when the person declined. */
export async function passkeyProof(): Promise<Proof | undefined> {
  const question = await request<PasskeyQuestion>("POST", "/api/session/passkey/options", { body: {} });
  const credential = await showPasskey(question);
  return credential === undefined ? undefined : { step: question.step, credential };
}

/** Signs in with a passkey; `undefined` when the person declined. */
export async function enterByPasskey(): Promise<Entered | undefined> {
  const proof = await passkeyProof();
  return proof && request<Entered>("POST", "/api/session/passkey", { body: proof });
}

/** Gives the second factor that a sign-in owes. */
export function giveSecond(proof: Proof): Promise<Entered> {
  return request<Entered>("POST", "/api/session/second", { body: proof });
}

/** Proves once more who one is; the session goes on under another token. */
export async function proveAgain(proof: Proof): Promise<void> {
  const entered = await request<Entered>("POST", "/api/session/proof", { body: proof });
  rememberCsrf(entered.csrf_token);
}

/** Where the browser goes to sign in elsewhere, to link an account there, or to prove who one is. */
export async function addressElsewhere(key: string, purpose: "sign_in" | "link" | "prove", next: string): Promise<string> {
  const { url } = await request<{ url: string }>("POST", `/api/session/oidc/${encodeURIComponent(key)}`, { body: { purpose, next } });
  return url;
}

/** Makes a passkey under a name; gives the recovery codes where there were none yet, `undefined` when the person declined. */
export async function addPasskey(title: string): Promise<string[] | undefined> {
  const question = await request<PasskeyQuestion>("POST", "/api/me/passkeys/options", { body: {} });
  const credential = await makePasskey(question);
  if (credential === undefined) return undefined;
  const { recovery_codes } = await request<{ recovery_codes: string[] }>("POST", "/api/me/passkeys", { body: { step: question.step, title, credential } });
  return recovery_codes;
}

export function usePolicy(enabled: boolean) {
  return useQuery({ queryKey: keys.policy, queryFn: ({ signal }) => request<Policy>("GET", "/api/sign-in", { signal }), enabled, retry: false });
}

export function useSavePolicy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (policy: Policy) => request<Policy>("PUT", "/api/sign-in", { body: policy }),
    onSuccess: (policy) => client.setQueryData(keys.policy, policy),
  });
}
