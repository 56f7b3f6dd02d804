/** Starts the application: the language first, so that nothing is drawn in the wrong one. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { initReactI18next } from "react-i18next";
import i18next from "i18next";
import { startLanguage } from "@/lib/i18n";
import { App } from "./App";

i18next.use(initReactI18next);
await startLanguage();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
