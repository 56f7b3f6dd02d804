/** Starts the application: the language first, so that nothing is drawn in the wrong one. */
import i18next from "i18next";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { initReactI18next } from "react-i18next";
import { preferredLanguage, startLanguage } from "@/lib/i18n";
import { giveStylesTheNonce } from "@/ui/styleNonce";
import "@/ui/ui.css";
import { App } from "./App";
import "./app.css";
import { loadLocale } from "./language";

giveStylesTheNonce();
i18next.use(initReactI18next);
const language = preferredLanguage();
const [locale] = await Promise.all([loadLocale(language), startLanguage(language)]);
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App locale={locale} />
    </StrictMode>,
  );
}
