/** Names of people whom the server gives by id; nothing where the name is not known. */
import { useCallback } from "react";
import { useUsers } from "@/api/hooks";
import type { Who } from "../api";

export function usePeople(): (who: Who) => string | undefined {
  const users = useUsers(true).data?.items;
  return useCallback((who) => (typeof who === "string" ? users?.find((user) => user.id === who)?.name : who?.name), [users]);
}
