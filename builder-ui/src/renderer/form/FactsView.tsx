/** A record as people read it: the form's layout with values in place of inputs. */
import { useMemo } from "react";
import "../renderer.css";
import { ShowValue } from "../values/ShowValue";
import { layoutOf } from "./layout";
import { LayoutView } from "./LayoutView";
import type { FormSetup } from "./model";
import { FormStore } from "./store";

type FactsViewProps = { setup: FormSetup };

export function FactsView({ setup }: FactsViewProps) {
  const store = useMemo(() => new FormStore(setup), [setup]);
  const draw = (name: string, label: string | false | undefined) => {
    const field = setup.schema.properties[name];
    const state = store.field(name);
    if (!field || !state?.visible) return null;
    return (
      <div className="kz-field kz-fact" data-field={name}>
        <span className="kz-fact-name" id={`fact-${name}`}>{label === false ? field.title : (label ?? field.title ?? name)}</span>
        <span className="kz-read"><ShowValue field={field} name={name} value={state.value} /></span>
      </div>
    );
  };
  return <div className="kz-form kz-facts"><LayoutView layout={layoutOf(setup.form, setup.schema)} store={store} draw={draw} /></div>;
}
