/** What an empty place says: that it is empty, and the next step. */
import type { ReactNode } from "react";

type EmptyStateProps = { title: string; hint?: string; children?: ReactNode };

export function EmptyState({ title, hint, children }: EmptyStateProps) {
  return (
    <div className="kz-empty">
      <h3>{title}</h3>
      {hint && <p>{hint}</p>}
      {children}
    </div>
  );
}
