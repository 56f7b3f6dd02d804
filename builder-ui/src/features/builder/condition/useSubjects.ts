/** The subjects of an entity from the draft as it is edited. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useDefinitions, useEntities } from "../draft/context";
import { isGrade } from "@/definition/grade";
import { type Bands, type Subject, subjectsOf } from "./subjects";

export function useSubjects(entity: string): Subject[] {
  const { t } = useTranslation("builder");
  const entities = useEntities();
  const grades = useDefinitions("grades");
  const owner = t("field.owner");
  // Of the grades only the bands matter: typing in a reason must not make every condition new.
  const bands = JSON.stringify(Object.values(grades).flatMap((grade) => (isGrade(grade) ? [{ entity: grade.entity, field: grade.field, bands: grade.bands }] : [])));
  return useMemo(() => subjectsOf({ entities, bands: JSON.parse(bands) as Bands[] }, entity, owner), [entities, bands, entity, owner]);
}
