/** Records that are picked in a list, over its pages; when something else is listed, nothing is picked any more. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { EntityModel, RecordBody } from "@/api/types";
import type { RowPicking } from "@/ui/DataTable";
import { titleOf } from "../session";

export type Picked = {
  /** Title by id, in the order in which they were picked. */
  titles: ReadonlyMap<string, string>;
  pick: (records: readonly RecordBody[], on: boolean) => void;
  clear: () => void;
};

/** `listed` names what the list shows, whatever its page. */
export function usePicked(listed: string, entity: EntityModel): Picked {
  const [state, setState] = useState<{ listed: string; titles: ReadonlyMap<string, string> }>({ listed, titles: new Map() });
  const titles = state.listed === listed ? state.titles : new Map<string, string>();
  const pick = (records: readonly RecordBody[], on: boolean) => {
    const next = new Map(titles);
    for (const record of records) {
      if (on) next.set(record.id, titleOf(entity, record));
      else next.delete(record.id);
    }
    setState({ listed, titles: next });
  };
  return { titles, pick, clear: () => setState({ listed, titles: new Map() }) };
}

export type Picking = {
  picked: Picked;
  /** The boxes of the list, while there are any. */
  boxes: RowPicking<RecordBody> | undefined;
  /** Whether anything was ever picked here: then what can be done with it is on the page. */
  wasUsed: boolean;
  /** Turns the boxes of a phone on and off; absent where boxes are always there or nothing can be done with them. */
  toggle: (() => void) | undefined;
};

/** Boxes for whoever may change, delete or merge records; a phone shows them once they are asked for. */
export function usePicking(listed: string, entity: EntityModel, isNarrow: boolean): Picking {
  const { t } = useTranslation("workspace");
  const picked = usePicked(listed, entity);
  const [isOn, setOn] = useState(false);
  const [wasUsed, setUsed] = useState(false);
  const mayPick = entity.actions.update || entity.actions.delete || entity.actions.merge === true;
  const boxes: RowPicking<RecordBody> = {
    picked: new Set(picked.titles.keys()),
    nameOf: (record) => t("batch.pick", { title: titleOf(entity, record) }),
    allName: t("batch.pickPage"),
    onPick: (records, on) => {
      setUsed(true);
      picked.pick(records, on);
    },
  };
  const toggle = () => {
    setOn(!isOn);
    picked.clear();
  };
  return { picked, boxes: mayPick && (isOn || !isNarrow) ? boxes : undefined, wasUsed, toggle: mayPick && isNarrow ? toggle : undefined };
}
