/** The names of what a workflow refers to, from the draft as it is edited. */
import { useMemo } from "react";
import { titleOf, useDefinitions } from "../draft/context";
import { useSubjects } from "../condition/useSubjects";
import type { Names } from "./texts";

export function useNames(entity: string): Names {
  const subjects = useSubjects(entity);
  const roles = useDefinitions("roles");
  const messages = useDefinitions("messages");
  const entities = useDefinitions("entities");
  return useMemo(
    () => ({
      field: (path) => subjects.find((subject) => subject.path === path)?.label ?? path,
      role: (key) => titleOf(roles[key], key),
      message: (key) => titleOf(messages[key], key),
      entity: (key) => titleOf(entities[key], key),
    }),
    [subjects, roles, messages, entities],
  );
}
