/** How many there are, and the way to the next and the last page: a cursor, so no row is shown twice. */
import { LeftOutlined, RightOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import type { List } from "@/api/types";
import { formatDecimal } from "@/lib/format";
import { type ListState, writeState } from "./listState";

type PagerProps = { count: List<unknown>["count"] | undefined; next: string | null | undefined; state: ListState; isLoading: boolean };

/** The cursors of the pages before this one, newest last; kept in the history entry. */
type Trail = { trail?: (string | null)[] };

export function Pager({ count, next, state, isLoading }: PagerProps) {
  const { t } = useTranslation("workspace");
  const navigate = useNavigate();
  const location = useLocation();
  const trail = (location.state as Trail | null)?.trail ?? [];
  const go = (after: string | undefined, nextTrail: (string | null)[]) => {
    void navigate({ search: writeState({ ...state, after }).toString() }, { state: { trail: nextTrail } satisfies Trail });
    window.scrollTo({ top: 0 });
  };
  const isFirst = state.after === undefined;
  return (
    <nav className="kz-pager" aria-label={t("list.pages")}>
      <span className="kz-quiet" aria-live="polite">{count ? t(count.kind === "capped" ? "list.countMore" : "list.count", { count: count.value, shown: formatDecimal(count.value) }) : ""}</span>
      <span className="kz-spring" />
      {(!isFirst || next) && (
        <>
          <Button icon={<LeftOutlined aria-hidden />} disabled={isFirst || isLoading} onClick={() => go(trail.at(-1) ?? undefined, trail.slice(0, -1))}>{t("list.previous")}</Button>
          <Button icon={<RightOutlined aria-hidden />} iconPlacement="end" disabled={!next || isLoading} onClick={() => go(next ?? undefined, [...trail, state.after ?? null])}>{t("list.next")}</Button>
        </>
      )}
    </nav>
  );
}
