/** The filters in force as chips, and the way to add one. The editor is a chunk of its own. */
import { FilterOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Popover, Tag } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDepartments } from "@/api/hooks";
import type { EntityModel } from "@/api/types";
import type { Leaf } from "@/definition/condition";
import { useNames } from "@/renderer/context";
import { useSession } from "../session";
import { filterText } from "./filterText";

const FilterEditor = lazy(() => import("./FilterEditor"));

/** The names that filters speak of. No list brings those of departments and divisions along. */
function useFilterNames(entity: EntityModel | undefined, filters: readonly Leaf[]): Record<string, string> {
  const names = useNames();
  const isAsked = filters.some(({ field }) => (entity?.schema.properties[field]?.["x-kind"] ?? "").startsWith("department"));
  const departments = useDepartments(isAsked);
  const divisions = useQuery({ queryKey: ["regions"], queryFn: () => import("@/renderer/inputs/regions").then((module) => module.namesOfRegions()), enabled: filters.some(({ op }) => op === "under"), staleTime: Number.POSITIVE_INFINITY });
  return { ...divisions.data, ...Object.fromEntries((departments.data?.items ?? []).map(({ id, title }) => [id, title])), ...names };
}

type FilterBarProps = { entityKey: string; filters: Leaf[]; onChange: (filters: Leaf[]) => void };

export function FilterBar({ entityKey, filters, onChange }: FilterBarProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const names = useFilterNames(app.entities[entityKey], filters);
  const [isOpen, setOpen] = useState(false);
  const add = (filter: Leaf) => {
    onChange([...filters, filter]);
    setOpen(false);
  };
  return (
    <div className="kz-filters">
      <Popover trigger="click" placement="bottomLeft" open={isOpen} onOpenChange={setOpen} destroyOnHidden
        content={<Suspense><FilterEditor entityKey={entityKey} onAdd={add} /></Suspense>}>
        <Button icon={<FilterOutlined aria-hidden />} aria-expanded={isOpen}>{t("filter.add")}</Button>
      </Popover>
      {filters.map((filter, index) => (
        <Tag key={index} closable={{ "aria-label": t("filter.remove") }} onClose={(event) => { event.preventDefault(); onChange(filters.filter((_, at) => at !== index)); }}>
          {filterText(filter, app.entities[entityKey], { names, zone: app.zone, t })}
        </Tag>
      ))}
    </div>
  );
}
