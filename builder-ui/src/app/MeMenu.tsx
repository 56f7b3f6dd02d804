/** Who is signed in, the other language, and the way out. */
import { ApiOutlined, LogoutOutlined, SafetyOutlined, TranslationOutlined } from "@ant-design/icons";
import { App, Button, Tooltip } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useMe, useSignOut } from "@/api/hooks";
import { workspaceName } from "@/lib/base";
import { currentLanguage, switchLanguage } from "@/lib/i18n";
import { countKept, dropAllKept } from "@/lib/kept";
import { LinkButton } from "@/ui/LinkButton";

export function MeMenu() {
  const { t } = useTranslation("common");
  const me = useMe().data;
  const other = currentLanguage() === "en" ? "zh-CN" : "en";
  const leave = useLeave(me?.id ?? "");
  const navigate = useNavigate();
  return (
    <div className="kz-me">
      <span className="kz-me-name">{me?.name}</span>
      {me?.may.includes("use_api") && (
        <Tooltip title={t("tokens")}>
          <Button type="text" icon={<ApiOutlined aria-hidden />} aria-label={t("tokens")} onClick={() => void navigate("/tokens")} />
        </Tooltip>
      )}
      <Tooltip title={t(`switchTo.${other}`)}>
        <Button type="text" icon={<TranslationOutlined aria-hidden />} aria-label={t(`switchTo.${other}`)} lang={other} onClick={() => void switchLanguage(other)} />
      </Tooltip>
      <Tooltip title={t("security")}>
        <LinkButton type="text" to="/me/security" icon={<SafetyOutlined aria-hidden />} aria-label={t("security")} />
      </Tooltip>
      <Tooltip title={t("signOut")}>
        <Button type="text" icon={<LogoutOutlined aria-hidden />} aria-label={t("signOut")} onClick={() => void leave()} />
      </Tooltip>
    </div>
  );
}

/** Unsent input is deleted at sign-out, but not without asking. */
function useLeave(person: string): () => Promise<void> {
  const { t } = useTranslation("common");
  const { modal } = App.useApp();
  const navigate = useNavigate();
  const signOut = useSignOut();
  return async () => {
    const waiting = await countKept(workspaceName(), person);
    if (waiting > 0) {
      const isSure = await modal.confirm({ title: t("unsent", { count: waiting }), content: t("unsentHint"), okText: t("signOut"), okButtonProps: { danger: true } });
      if (!isSure) return;
      await dropAllKept(workspaceName(), person);
    }
    await signOut.mutateAsync().catch(() => undefined);
    void navigate("/login");
  };
}
