/** A value that is covered, and the way to ask for it: with a reason, which the record's history keeps. */
import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FieldSchema } from "@/definition/schema";
import { useRendering } from "../context";

const RevealDialog = lazy(() => import("./RevealDialog"));

type CoveredProps = { field: FieldSchema; name: string | undefined };

export function Covered({ field, name }: CoveredProps) {
  const { t } = useTranslation("workspace");
  const { record } = useRendering();
  const [isAsking, setAsking] = useState(false);
  return (
    <span className="kz-covered">
      <span aria-hidden>••••••</span>
      <span className="kz-sr">{t("secret.covered")}</span>
      {record && name !== undefined && (
        <Button size="small" type="link" aria-label={t("secret.showField", { field: field.title })} onClick={() => setAsking(true)}>{t("secret.show")}</Button>
      )}
      {isAsking && record && name !== undefined && (
        <Suspense>
          <RevealDialog title={field.title} entity={record.entity} record={record.id} field={name} onClose={() => setAsking(false)} />
        </Suspense>
      )}
    </span>
  );
}
