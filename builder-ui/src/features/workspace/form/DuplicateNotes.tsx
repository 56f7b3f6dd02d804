/** What rules for duplicates found, at the fields that they compare. */
import { Alert } from "antd";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Found } from "@/api/duplicates";
import { comparedBy, type DuplicateRule } from "@/definition/duplicates";
import { useRendering } from "@/renderer/context";
import { AlikeList } from "../alike/AlikeList";

type DuplicateNoteProps = { entityKey: string; found: Found; titles: Record<string, string> };

/** One rule, what it found, and what saving would do about it. */
export function DuplicateNote({ entityKey, found, titles }: DuplicateNoteProps) {
  const { t } = useTranslation("workspace");
  const { names } = useRendering();
  useEffect(() => names.learn(titles), [names, titles]);
  return (
    <Alert className="kz-duplicates" type={found.then === "refuse" ? "error" : "warning"} showIcon role="group" aria-label={found.title}
      title={<>{found.title} <span className="kz-quiet">{t(`alike.then.${found.then}`)}</span></>}
      description={
        <>
          <AlikeList entityKey={entityKey} records={found.records} />
          {found.hidden && <p className="kz-quiet">{t(found.records.length > 0 ? "alike.hiddenToo" : "alike.hidden")}</p>}
        </>
      } />
  );
}

/** Where each rule's note stands: below the first of its fields that is on the form, else on top of it (`""`). */
export function placesOf(found: readonly Found[], rules: readonly DuplicateRule[], isShown: (field: string) => boolean): Map<string, Found[]> {
  const places = new Map<string, Found[]>();
  for (const one of found) {
    const rule = rules.find(({ key }) => key === one.rule);
    const place = (rule && comparedBy(rule).find(isShown)) ?? "";
    places.set(place, [...(places.get(place) ?? []), one]);
  }
  return places;
}

/** The notes as the form takes them, by field. */
export function notesAt(places: Map<string, Found[]>, entityKey: string, titles: Record<string, string>): Record<string, ReactNode> {
  const draw = (all: Found[]) => all.map((found) => <DuplicateNote key={found.rule} entityKey={entityKey} found={found} titles={titles} />);
  return Object.fromEntries([...places].map(([place, all]) => [place, draw(all)]));
}
