/** The templates in the binary, and installing one. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { request } from "./client";
import { keys } from "./keys";
import type { List } from "./types";

export type Template = { key: string; title: string; summary: string; version: string };

export function useTemplates() {
  return useQuery({ queryKey: keys.templates, queryFn: ({ signal }) => request<List<Template>>("GET", "/api/templates", { signal }), staleTime: Infinity });
}

/** Publishes a template's definitions, with its sample data where asked; everything is read anew afterwards. */
export function useInstall() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ key, sample }: { key: string; sample: boolean }) =>
      request<{ release: number; records: number }>("POST", `/api/templates/${key}/install`, { body: { sample } }),
    onSuccess: () => client.invalidateQueries(),
  });
}
