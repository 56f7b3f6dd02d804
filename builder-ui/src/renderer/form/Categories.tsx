/** The pages of a form as tabs; a tab says how many of its fields were refused. */
import { Badge, Tabs } from "antd";
import { useSyncExternalStore } from "react";
import type { Layout } from "@/definition/schema";
import { fieldsIn } from "./layout";
import { type DrawControl, Elements } from "./LayoutView";
import type { FormStore } from "./store";

type CategoriesProps = { layout: Layout; store: FormStore; draw: DrawControl };

export default function Categories({ layout, store, draw }: CategoriesProps) {
  const problems = useSyncExternalStore(store.subscribe, store.allProblems);
  const pages = "elements" in layout ? layout.elements : [];
  const items = pages.map((page, index) => {
    const names = new Set(fieldsIn(page));
    const refused = problems.filter(({ pointer }) => names.has(pointer.split("/")[1] ?? "")).length;
    const label = "label" in page && page.label ? page.label : String(index + 1);
    return {
      key: String(index),
      label: refused > 0 ? <span>{label} <Badge count={refused} size="small" /></span> : label,
      children: <div className="kz-down"><Elements layout={page} store={store} draw={draw} /></div>,
      forceRender: true,
    };
  });
  return <Tabs items={items} />;
}
