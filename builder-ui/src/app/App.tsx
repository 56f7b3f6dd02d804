/** What surrounds every screen: server state, the look, the language, and the addresses. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import type { Locale } from "antd/es/locale";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { BrowserRouter } from "react-router";
import { Problem } from "@/api/client";
import { basePath } from "@/lib/base";
import { currentLanguage } from "@/lib/i18n";
import { styleNonce } from "@/ui/styleNonce";
import { theme } from "@/ui/theme";
import { loadLocale } from "./language";
import { Screens } from "./Screens";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      // What the server has decided stays decided; only an unreachable server is asked again.
      retry: (count, problem) => problem instanceof Problem && (problem.status === 0 || problem.status >= 500) && count < 2,
    },
  },
});

type AppProps = { locale: Locale };

export function App({ locale: first }: AppProps) {
  const { i18n } = useTranslation();
  const [locale, setLocale] = useState(first);
  useEffect(() => {
    void loadLocale(currentLanguage()).then(setLocale);
  }, [i18n.language]);
  return (
    <QueryClientProvider client={queries}>
      <ConfigProvider theme={theme} locale={locale} csp={{ nonce: styleNonce() }} button={{ autoInsertSpace: false }}>
        <AntApp component={false}>
          <BrowserRouter basename={basePath() || "/"}>
            <Screens />
          </BrowserRouter>
        </AntApp>
      </ConfigProvider>
    </QueryClientProvider>
  );
}
