/** A form as people fill it in: a summary of what was refused, then the layout with its inputs. */
import { Alert } from "antd";
import { type ReactNode, useRef, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import "../renderer.css";
import type { Violation } from "@/api/client";
import { Control } from "./Control";
import { layoutOf } from "./layout";
import { LayoutView } from "./LayoutView";
import type { FormStore } from "./store";

type FormViewProps = {
  store: FormStore;
  /** What else is to be said below a field, by its key. */
  notes?: Readonly<Record<string, ReactNode>>;
};

export function FormView({ store, notes }: FormViewProps) {
  const place = useRef<HTMLDivElement>(null);
  return (
    <div className="kz-form" ref={place}>
      <Summary store={store} onPick={(name) => focusField(place.current, name)} />
      <LayoutView
        layout={layoutOf(store.setup.form, store.setup.schema)}
        store={store}
        draw={(name, label) => <Control store={store} name={name} label={label} note={notes?.[name]} />}
      />
    </div>
  );
}

/** Moves the focus into a field of the form under `root`, where it can be typed. */
export function focusField(root: HTMLElement | null, name: string): void {
  const field = root?.querySelector<HTMLElement>(`[data-field="${CSS.escape(name)}"]`);
  field?.scrollIntoView({ block: "center" });
  const place = field?.querySelector<HTMLElement>("[contenteditable=true]") ?? field?.querySelector<HTMLElement>("input, textarea, button, [tabindex]");
  place?.focus({ preventScroll: true });
}

function Summary({ store, onPick }: { store: FormStore; onPick: (name: string) => void }) {
  const { t } = useTranslation("workspace");
  const problems = useSyncExternalStore(store.subscribe, store.allProblems);
  if (problems.length === 0) return null;
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={t("form.refused", { count: problems.length })}
      description={
        <ul className="kz-problems">
          {problems.map((problem, index) => (
            <li key={index}><Line problem={problem} store={store} onPick={onPick} /></li>
          ))}
        </ul>
      }
    />
  );
}

function Line({ problem, store, onPick }: { problem: Violation; store: FormStore; onPick: (name: string) => void }) {
  const name = problem.pointer.split("/")[1] ?? "";
  const field = store.setup.schema.properties[name];
  if (!field || !store.field(name)?.visible) return problem.message;
  return (
    <button type="button" className="kz-link" onClick={() => onPick(name)}>
      {field.title ?? name}
      {" · "}
      {problem.message}
    </button>
  );
}
