/** What every input of the renderer is given. */
import type { Violation } from "@/api/client";
import type { FieldSchema } from "@/definition/schema";

export type InputProps = {
  id: string;
  /** The field's key and what is known about it. */
  name: string;
  field: FieldSchema;
  value: unknown;
  onChange: (value: unknown) => void;
  required: boolean;
  invalid: boolean;
  /** Ids of help and error texts. */
  describedBy: string | undefined;
  /** The choices left; all of the field's when undefined. */
  options: readonly string[] | undefined;
  /** The value of another field of the same record; absent inside a row and outside a form. */
  read?: (field: string) => unknown;
  /** Told +1 when something begins that must end before the form is saved, such as an upload, and -1 when it ends. */
  onBusy?: (change: 1 | -1) => void;
  /** Problems at or below this field, for inputs that have parts. */
  problems: readonly Violation[];
};

/** The attributes that tie an input to its label, help and error. */
export function aria({ id, required, invalid, describedBy }: InputProps) {
  return { id, "aria-required": required || undefined, "aria-invalid": invalid || undefined, "aria-describedby": describedBy };
}
