/** Draws a layout: the same walk for entering, reading and the designer's preview. */
import { lazy, type ReactNode, Suspense, useSyncExternalStore } from "react";
import { fieldOf } from "@/definition/form";
import type { Layout } from "@/definition/schema";
import { fieldsIn } from "./layout";
import type { FormStore } from "./store";

const Categories = lazy(() => import("./Categories"));

export type DrawControl = (name: string, label: string | false | undefined) => ReactNode;

type LayoutViewProps = { layout: Layout; store: FormStore; draw: DrawControl };

export function LayoutView({ layout, store, draw }: LayoutViewProps): ReactNode {
  switch (layout.type) {
    case "Control": {
      const name = fieldOf(layout);
      return name === undefined ? null : draw(name, layout.label);
    }
    case "Label":
      return <p className="kz-label">{layout.text}</p>;
    case "Group":
      return <Group layout={layout} store={store} draw={draw} />;
    case "Categorization":
      return (
        <Suspense>
          <Categories layout={layout} store={store} draw={draw} />
        </Suspense>
      );
    default:
      return <div className={layout.type === "HorizontalLayout" ? "kz-across" : "kz-down"}><Elements layout={layout} store={store} draw={draw} /></div>;
  }
}

export function Elements({ layout, store, draw }: LayoutViewProps) {
  const elements = "elements" in layout ? layout.elements : [];
  return elements.map((element, index) => (
    // Elements of a layout have no identity but their place.
    <LayoutView key={index} layout={element} store={store} draw={draw} />
  ));
}

/** A group goes with its last visible field. */
function Group({ layout, store, draw }: LayoutViewProps) {
  const isShown = useAnyVisible(layout, store);
  if (!isShown) return null;
  return (
    <fieldset className="kz-group">
      {"label" in layout && layout.label && <legend>{layout.label}</legend>}
      <div className="kz-down"><Elements layout={layout} store={store} draw={draw} /></div>
    </fieldset>
  );
}

export function useAnyVisible(layout: Layout, store: FormStore): boolean {
  return useSyncExternalStore(store.subscribe, () => fieldsIn(layout).some((name) => store.field(name)?.visible === true));
}
