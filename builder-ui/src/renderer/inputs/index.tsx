/** Which input enters which kind. What is heavy is a chunk, loaded when a form has one. */
import { Skeleton } from "antd";
import { type ComponentType, lazy, Suspense } from "react";
import { BooleanInput, ChoiceInput, ChoicesInput, TagsInput } from "./choices";
import { BarcodeInput } from "./barcode";
import { CodeInput, ColorInput } from "./codes";
import { DepartmentInput, DepartmentsInput } from "./departments";
import { LocationInput } from "./location";
import { DecimalInput, IntegerInput, MoneyInput } from "./numbers";
import { RatingInput } from "./rating";
import { PersonInput, RelationInput } from "./references";
import { SecretInput } from "./secret";
import { PeopleInput, RelationsInput } from "./several";
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

const OptionsInput = later(() => import("./cascade").then((module) => ({ default: module.CascadeInput })));
const RegionInput = later(() => import("./address").then((module) => ({ default: module.RegionInput })));

/** Without options of its own a cascade goes down the divisions of China. */
function CascadeInput(props: InputProps) {
  return props.field.enum === undefined ? <RegionInput {...props} /> : <OptionsInput {...props} />;
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
  id_card: CodeInput,
  company_code: CodeInput,
  barcode: BarcodeInput,
  color: ColorInput,
  secret: SecretInput,
  people: PeopleInput,
  relations: RelationsInput,
  department: DepartmentInput,
  departments: DepartmentsInput,
  location: LocationInput,
  rich_text: later(() => import("./richText").then((module) => ({ default: module.RichTextInput }))),
  json: later(() => import("./json").then((module) => ({ default: module.JsonInput }))),
  rating: RatingInput,
  cascade: CascadeInput,
  address: later(() => import("./address").then((module) => ({ default: module.AddressInput }))),
  attachment: later(() => import("./files").then((module) => ({ default: module.AttachmentInput }))),
  image: later(() => import("./files").then((module) => ({ default: module.ImageInput }))),
  signature: later(() => import("./signature").then((module) => ({ default: module.SignatureInput }))),
  time: later(() => import("./times").then((module) => ({ default: module.TimeInput }))),
  duration: later(() => import("./times").then((module) => ({ default: module.DurationInput }))),
  date: later(() => import("./dates").then((module) => ({ default: module.DateInput }))),
  datetime: later(() => import("./dates").then((module) => ({ default: module.DateTimeInput }))),
  lunar_date: later(() => import("./lunar").then((module) => ({ default: module.LunarInput }))),
  table: later(() => import("./table").then((module) => ({ default: module.TableInput }))),
};

/** The input of a kind; `undefined` for kinds that nobody enters. */
export function inputOf(kind: string): ComponentType<InputProps> | undefined {
  return INPUTS[kind];
}
