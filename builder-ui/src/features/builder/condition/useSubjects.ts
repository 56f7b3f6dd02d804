/** The subjects of an entity from the draft as it is edited. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useDefinitions, useEntities } from "../draft/context";
import { type Subject, subjectsOf } from "./subjects";

export function useSubjects(entity: string): Subject[] {
  const { t } = useTranslation("builder");
  const entities = useEntities();
  const grades = useDefinitions("grades");
  const owner = t("field.owner");
  return useMemo(() => subjectsOf({ entities, grades }, entity, owner), [entities, grades, entity, owner]);
}
