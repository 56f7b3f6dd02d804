/** An empty list: nothing matches, or nothing is there yet and here is how to begin. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { EmptyState } from "@/ui/EmptyState";
import { paths } from "../paths";
import { useSession } from "../session";

type ListEmptyProps = { entityKey: string; isFiltered: boolean; onClear: () => void };

export function ListEmpty({ entityKey, isFiltered, onClear }: ListEmptyProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const entity = app.entities[entityKey];
  if (isFiltered) {
    return (
      <EmptyState title={t("list.noMatch")} hint={t("list.noMatchHint")}>
        <Button onClick={onClear}>{t("list.clear")}</Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title={t("list.empty", { entity: entity?.title })} hint={t(entity?.actions.create ? "list.emptyHint" : "list.emptyNoRight")}>
      {entity?.actions.create && <Link to={paths.create(entityKey)}>{t("list.first", { entity: entity.title })}</Link>}
    </EmptyState>
  );
}
