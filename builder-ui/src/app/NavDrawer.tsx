/** The drawer that holds the navigation on a phone; a chunk of its own. */
import { Drawer } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

type NavDrawerProps = { isOpen: boolean; onClose: () => void; children: ReactNode };

export default function NavDrawer({ isOpen, onClose, children }: NavDrawerProps) {
  const { t } = useTranslation("common");
  return (
    <Drawer title={t("menu")} placement="left" size={280} open={isOpen} onClose={onClose}>
      {children}
    </Drawer>
  );
}
