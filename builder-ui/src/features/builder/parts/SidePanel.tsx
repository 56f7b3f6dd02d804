/** Properties of what is selected: beside the page, or over it on a phone. Escape and the button close it. */
import { CloseOutlined } from "@ant-design/icons";
import { Button, Drawer } from "antd";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { useIsNarrow } from "@/ui/useIsNarrow";

type SidePanelProps = { title: string; onClose: () => void; children: ReactNode };

export function SidePanel({ title, onClose, children }: SidePanelProps) {
  const { t } = useTranslation("builder");
  const narrow = useIsNarrow();
  const id = useId();
  if (narrow) {
    return (
      <Drawer open placement="bottom" size="85%" title={title} onClose={onClose}>
        {children}
      </Drawer>
    );
  }
  return (
    <aside className="kzb-side" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        <Button type="text" icon={<CloseOutlined aria-hidden />} aria-label={t("close")} onClick={onClose} />
      </header>
      {children}
    </aside>
  );
}
