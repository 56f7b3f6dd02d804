/** Two people changed one file: shows where both began, theirs and ours, and asks which stays. */
import { Button, Modal } from "antd";
import { useTranslation } from "react-i18next";
import { type FileName, isCode, pathOf } from "@/definition/files";
import { fileText, type Json } from "@/definition/json";
import { useDraftFiles, useOpenFiles } from "../draft/context";

export function ConflictDialog({ name }: { name: FileName }) {
  const { t } = useTranslation("builder");
  const files = useDraftFiles();
  const path = pathOf(name);
  const conflict = useOpenFiles().get(path)?.conflict;
  if (!conflict) return null;
  const text = (value: Json) => (isCode(name.file) && typeof value === "string" ? value : fileText(value));
  const base = new Set(text(conflict.base).split("\n"));
  return (
    <Modal
      open
      closable={false}
      width="min(1120px, 96vw)"
      title={t("conflict.title", { path })}
      footer={[
        <Button key="theirs" onClick={() => files.resolve(path, "theirs")}>
          {t("conflict.takeTheirs")}
        </Button>,
        <Button key="ours" type="primary" onClick={() => files.resolve(path, "ours")}>
          {t("conflict.keepOurs")}
        </Button>,
      ]}
    >
      <p>{t("conflict.help")}</p>
      <div className="kzb-three">
        {(["base", "theirs", "ours"] as const).map((side) => (
          <section key={side} aria-label={t(`conflict.${side}`)}>
            <h3>{t(`conflict.${side}`)}</h3>
            <pre tabIndex={0}>
              {text(conflict[side])
                .split("\n")
                .map((line, index) => (
                  <span key={index} data-new={(side !== "base" && !base.has(line)) || undefined}>{`${line}\n`}</span>
                ))}
            </pre>
          </section>
        ))}
      </div>
    </Modal>
  );
}
