/** One field on a form: label, input or value, help, and why it was refused. */
import { type FocusEvent, type ReactNode, useId, useSyncExternalStore } from "react";
import type { FieldSchema } from "@/definition/schema";
import { inputOf } from "../inputs";
import { ShowValue } from "../values/ShowValue";
import type { FieldState } from "./model";
import type { FormStore } from "./store";

/** A sentence that appears between pressing and releasing would move the button away from under the mouse. */
const SETTLE_MS = 200;

type ControlProps = { store: FormStore; name: string; label?: string | false; note?: ReactNode };

/** Nothing where the field is hidden or this caller does not know it. */
export function Control({ store, name, label, note }: ControlProps) {
  const state = useSyncExternalStore(store.subscribe, () => store.field(name));
  const field = store.setup.schema.properties[name];
  if (!field || !state?.visible) return null;
  return <Shown store={store} name={name} field={field} state={state} label={label === false ? undefined : (label ?? field.title ?? name)} note={note} />;
}

type ShownProps = { store: FormStore; name: string; field: FieldSchema; state: FieldState; label: string | undefined; note: ReactNode };

function Shown({ store, name, field, state, label, note }: ShownProps) {
  const id = useId();
  const Input = state.readonly ? undefined : inputOf(field["x-kind"]);
  const help = store.setup.form.fields?.[name]?.help ?? field.description;
  // The cells of a sub-table show what is theirs; of any other kind all stands here.
  const message = state.problems.filter(({ pointer }) => !Input || field["x-kind"] !== "table" || pointer === `/${name}`).map((problem) => problem.message).join(" ");
  const describedBy = [help && `${id}-help`, message && `${id}-error`].filter(Boolean).join(" ") || undefined;
  const leave = (event: FocusEvent<HTMLElement>) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setTimeout(() => store.leave(name), SETTLE_MS);
  };
  return (
    <div className="kz-field" data-field={name} data-kind={field["x-kind"]} onBlur={Input && leave}>
      {label && <Label id={id} text={label} required={state.required && Input !== undefined} />}
      {Input ? (
        <Input id={id} name={name} field={field} value={state.value} required={state.required} invalid={state.problems.length > 0}
          describedBy={describedBy} options={state.options} problems={state.problems} read={(other) => store.all[other]} onChange={(value) => store.set(name, value)} onBusy={(change) => store.wait(name, change)} />
      ) : (
        <output id={id} aria-describedby={describedBy} className="kz-read"><ShowValue field={field} name={name} value={state.value} /></output>
      )}
      {help && <p id={`${id}-help`} className="kz-help">{help}</p>}
      {message && <p id={`${id}-error`} className="kz-error">{message}</p>}
      {note}
    </div>
  );
}

function Label({ id, text, required }: { id: string; text: string; required: boolean }) {
  return (
    <label htmlFor={id} className={required ? "kz-required" : undefined}>
      {text}
    </label>
  );
}
