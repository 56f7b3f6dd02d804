/** Which input enters which kind. Dates and sub-tables are chunks, loaded when a form has one. */
import { Skeleton } from "antd";
import { type ComponentType, lazy, Suspense } from "react";
import { BooleanInput, ChoiceInput, ChoicesInput, TagsInput } from "./choices";
import { DecimalInput, IntegerInput, MoneyInput } from "./numbers";
import { PersonInput, RelationInput } from "./references";
import { LongTextInput, TextInput } from "./text";
import type { InputProps } from "./types";

function later(load: () => Promise<{ default: ComponentType<InputProps> }>): ComponentType<InputProps> {
  const Loaded = lazy(load);
  return function Later(props: InputProps) {
    return (
      <Suspense fallback={<Skeleton.Input active block />}>
        <Loaded {...props} />
      </Suspense>
    );
  };
}

const INPUTS: Record<string, ComponentType<InputProps>> = {
  text: TextInput,
  phone: TextInput,
  email: TextInput,
  url: TextInput,
  long_text: LongTextInput,
  integer: IntegerInput,
  decimal: DecimalInput,
  percent: DecimalInput,
  money: MoneyInput,
  boolean: BooleanInput,
  choice: ChoiceInput,
  choices: ChoicesInput,
  tags: TagsInput,
  person: PersonInput,
  relation: RelationInput,
  date: later(() => import("./dates").then((module) => ({ default: module.DateInput }))),
  datetime: later(() => import("./dates").then((module) => ({ default: module.DateTimeInput }))),
  lunar_date: later(() => import("./lunar").then((module) => ({ default: module.LunarInput }))),
  table: later(() => import("./table").then((module) => ({ default: module.TableInput }))),
};

/** The input of a kind; `undefined` for kinds that nobody enters. */
export function inputOf(kind: string): ComponentType<InputProps> | undefined {
  return INPUTS[kind];
}
