/** Where the window of a provider ends: it tells the one that waits, and closes. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { PROVED } from "./proved";

export default function ProvedPage() {
  const { t } = useTranslation("workspace");
  useEffect(() => {
    const channel = new BroadcastChannel(PROVED);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel never leaves its origin
    channel.postMessage("proved");
    channel.close();
    window.close();
  }, []);
  return <p className="kz-quiet">{t("security.provedElsewhere")}</p>;
}
