/** What every field may need while it is drawn: the app's currency and zone, the caller, known names. */
import { createContext, useContext, useLayoutEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import type { AppModel } from "@/api/types";

/** Names of records and people by id, learnt from lists and searches while the screen is open. */
class Names {
  private known: Record<string, string>;
  private listeners = new Set<() => void>();
  constructor(known: Record<string, string>) {
    this.known = known;
  }
  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  snapshot = () => this.known;
  learn(names: Record<string, string>): void {
    const news = Object.entries(names).filter(([id, name]) => this.known[id] !== name);
    if (news.length === 0) return;
    this.known = { ...this.known, ...Object.fromEntries(news) };
    for (const listener of this.listeners) listener();
  }
}

export type Rendering = {
  app: Pick<AppModel, "zone" | "currency" | "entities">;
  /** Where a related record's page is; without it relations are plain text. */
  linkTo?: (entity: string, id: string) => string;
  /** The stored record that is on the page, where there is one: what is covered of it may be asked for. */
  record?: { entity: string; id: string };
  names: Names;
};

const Context = createContext<Rendering | undefined>(undefined);

type RenderingProviderProps = { app: Rendering["app"]; titles?: Record<string, string>; linkTo?: Rendering["linkTo"]; record?: Rendering["record"]; children: ReactNode };

export function RenderingProvider({ app, titles, linkTo, record, children }: RenderingProviderProps) {
  const [names] = useState(() => new Names(titles ?? {}));
  useLayoutEffect(() => names.learn(titles ?? {}), [names, titles]);
  const [entity, id] = [record?.entity, record?.id];
  const value = useMemo(() => ({ app, linkTo, names, record: entity && id ? { entity, id } : undefined }), [app, linkTo, names, entity, id]);
  return <Context value={value}>{children}</Context>;
}

export function useRendering(): Rendering {
  const rendering = useContext(Context);
  if (!rendering) throw new Error("a field is drawn outside RenderingProvider");
  return rendering;
}

/** The names known so far; redraws when one is learnt. */
export function useNames(): Record<string, string> {
  const { names } = useRendering();
  return useSyncExternalStore(names.subscribe, names.snapshot);
}
