/** Passkeys between the browser and the server: what is asked as bytes, what is answered as JSON. */

/** What the server asks an authenticator; `step` comes back with the answer. */
export type PasskeyQuestion = { step: string; options: Record<string, unknown> };

type Described = { id: string; type: string; transports?: string[] };

/** Whether this browser can do it at all. */
export function hasPasskeys(): boolean {
  return typeof window !== "undefined" && window.isSecureContext && typeof window.PublicKeyCredential === "function";
}

/** base64url without padding → bytes. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Bytes → base64url without padding. */
export function toText(bytes: ArrayBuffer): string {
  const plain = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function described(found: unknown): PublicKeyCredentialDescriptor[] {
  return ((found as Described[] | undefined) ?? []).map((one) => ({ ...one, id: toBytes(one.id) }) as PublicKeyCredentialDescriptor);
}

/** Makes a passkey; `undefined` when the person or the authenticator declines. */
export async function makePasskey({ options }: PasskeyQuestion): Promise<unknown> {
  const user = options["user"] as { id: string; name: string; displayName: string };
  const publicKey = {
    ...options,
    challenge: toBytes(options["challenge"] as string),
    user: { ...user, id: toBytes(user.id) },
    excludeCredentials: described(options["excludeCredentials"]),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await unlessDeclined(navigator.credentials.create({ publicKey }))) as PublicKeyCredential | undefined;
  if (!made) return undefined;
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...outline(made),
    response: {
      attestationObject: toText(response.attestationObject),
      clientDataJSON: toText(response.clientDataJSON),
      transports: response.getTransports?.() ?? [],
    },
  };
}

/** Answers with a passkey; `undefined` when the person or the authenticator declines. */
export async function showPasskey({ options }: PasskeyQuestion): Promise<unknown> {
  const publicKey = {
    ...options,
    challenge: toBytes(options["challenge"] as string),
    allowCredentials: described(options["allowCredentials"]),
  } as unknown as PublicKeyCredentialRequestOptions;
  const given = (await unlessDeclined(navigator.credentials.get({ publicKey }))) as PublicKeyCredential | undefined;
  if (!given) return undefined;
  const response = given.response as AuthenticatorAssertionResponse;
  return {
    ...outline(given),
    response: {
      authenticatorData: toText(response.authenticatorData),
      clientDataJSON: toText(response.clientDataJSON),
      signature: toText(response.signature),
      userHandle: response.userHandle ? toText(response.userHandle) : null,
    },
  };
}

function outline(credential: PublicKeyCredential) {
  return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, extensions: {} };
}

/** Whoever closes the browser's window, or lets it wait, has declined; anything else is a failure. */
async function unlessDeclined(asked: Promise<Credential | null>): Promise<Credential | undefined> {
  try {
    return (await asked) ?? undefined;
  } catch (error) {
    if (error instanceof DOMException && ["NotAllowedError", "AbortError", "InvalidStateError"].includes(error.name)) return undefined;
    throw error;
  }
}
