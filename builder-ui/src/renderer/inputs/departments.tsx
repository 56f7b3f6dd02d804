/** Inputs that name departments: each with those above it, so that two 销售部 are told apart. */
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { useDepartments } from "@/api/hooks";
import { departmentPaths } from "../departments";
import { useNames } from "../context";
import { aria, type InputProps } from "./types";

export function DepartmentInput(props: InputProps) {
  return <Picker {...props} isList={false} />;
}

export function DepartmentsInput(props: InputProps) {
  return <Picker {...props} isList />;
}

function Picker({ isList, ...props }: InputProps & { isList: boolean }) {
  const { t } = useTranslation("workspace");
  const names = useNames();
  const departments = useDepartments(true);
  const { value, onChange, required, invalid, field } = props;
  const chosen = Array.isArray(value) ? value.map(String) : typeof value === "string" && value !== "" ? [value] : [];
  const options = departmentPaths(departments.data?.items ?? []);
  for (const id of chosen) if (!options.some((option) => option.value === id)) options.push({ value: id, label: names[id] ?? id });
  const shared = {
    ...aria(props),
    className: "kz-wide",
    options,
    loading: departments.isLoading,
    allowClear: !required,
    showSearch: { optionFilterProp: "label" },
    placeholder: t(isList ? "input.chooseDepartments" : "input.chooseDepartment"),
    notFoundContent: departments.isLoading ? t("state.loading") : t("input.noDepartments"),
    status: invalid ? ("error" as const) : undefined,
  };
  if (!isList) return <Select {...shared} value={chosen[0]} onChange={(id: string | undefined) => onChange(id ?? null)} />;
  return <Select {...shared} mode="multiple" maxCount={field.maxItems} value={chosen} onChange={(ids: string[]) => onChange(ids.length > 0 ? ids : null)} />;
}
