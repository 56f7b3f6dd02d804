/** A sheet of paper with a heading. */
import { useId, type ReactNode } from "react";

type PanelProps = { title: string; extra?: ReactNode; children: ReactNode };

export function Panel({ title, extra, children }: PanelProps) {
  const id = useId();
  return (
    <section className="kz-panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {extra}
      </header>
      {children}
    </section>
  );
}
