/** A marked-up text as it reads. Cleaned here, whatever was stored. */
import { useMemo } from "react";
import { cleanMarkup } from "../markup";

export default function Markup({ markup }: { markup: string }) {
  const clean = useMemo(() => ({ __html: cleanMarkup(markup) }), [markup]);
  return <div className="kz-markup" dangerouslySetInnerHTML={clean} />; // oxlint-disable-line react/no-danger -- cleaned one line above
}
