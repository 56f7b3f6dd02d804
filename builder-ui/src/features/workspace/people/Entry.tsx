/** A labelled field with what was wrong with it when it was sent. */
import { useId } from "react";
import { Problem } from "@/api/client";

export type EntryInput = { id: string; isInvalid: boolean; describedBy: string | undefined };

type EntryProps = { name: string; label: string; help?: string; problem?: unknown; children: (input: EntryInput) => React.ReactNode };

export function Entry({ name, label, help, problem, children }: EntryProps) {
  const id = useId();
  const violations = problem instanceof Problem ? problem.violations.filter(({ pointer }) => pointer === `/${name}`) : [];
  const wrong = violations.map(({ message }) => message).join(" ");
  const told = wrong || help;
  return (
    <div className="kz-field">
      <label htmlFor={id}>{label}</label>
      {children({ id, isInvalid: wrong !== "", describedBy: told ? `${id}-note` : undefined })}
      {told && <p id={`${id}-note`} className={wrong ? "kz-error" : "kz-help"}>{told}</p>}
    </div>
  );
}

/** Whether everything that was refused stands at one of these fields. */
export function hasPlaces(problem: unknown, names: readonly string[]): boolean {
  return problem instanceof Problem && problem.violations.length > 0 && problem.violations.every(({ pointer }) => names.includes(pointer.slice(1)));
}
