/** The kinds that an author is offered: those that the engine's own meta-schema knows, grouped as people think of them. */
import { COLUMN_KINDS, type FieldKind, KIND_GROUPS } from "@/definition/kinds";
import { $defs } from "@schema/entity.schema.json";

const known = new Set<string>($defs.FieldKind.enum);
const isKnown = (kind: FieldKind) => known.has(kind);

export const OFFERED = KIND_GROUPS.map(({ group, kinds }) => ({ group, kinds: kinds.filter(isKnown) })).filter(({ kinds }) => kinds.length > 0);
export const OFFERED_COLUMNS = COLUMN_KINDS.filter(isKnown);
