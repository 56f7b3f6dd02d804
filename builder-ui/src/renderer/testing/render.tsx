/** Draws a part of the interface in a test: Chinese texts (English ones at hand), server state, an app with the given entities. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import { App as AntApp, ConfigProvider } from "antd";
import i18next from "i18next";
import type { ReactNode } from "react";
import { initReactI18next } from "react-i18next";
import { MemoryRouter } from "react-router";
import type { AppModel } from "@/api/types";
import { RenderingProvider } from "../context";
import commonEn from "@/locales/en/common.json";
import peopleEn from "@/locales/en/people.json";
import workspaceEn from "@/locales/en/workspace.json";
import common from "@/locales/zh/common.json";
import people from "@/locales/zh/people.json";
import workspace from "@/locales/zh/workspace.json";

export async function startTexts(): Promise<void> {
  if (i18next.isInitialized) return;
  await i18next.use(initReactI18next).init({
    lng: "zh-CN",
    defaultNS: "common",
    resources: { "zh-CN": { common, workspace, people }, en: { common: commonEn, workspace: workspaceEn, people: peopleEn } },
    interpolation: { escapeValue: false },
  });
}

export const APP: Pick<AppModel, "zone" | "currency" | "entities"> = { zone: "Asia/Shanghai", currency: "CNY", entities: {} };

type DrawOptions = { app?: typeof APP; titles?: Record<string, string>; at?: string; queries?: QueryClient };

export function draw(part: ReactNode, { app = APP, titles, at = "/", queries }: DrawOptions = {}) {
  const client = queries ?? new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={client}>
      <ConfigProvider theme={{ token: { motion: false } }} button={{ autoInsertSpace: false }}>
        <AntApp>
          <MemoryRouter initialEntries={[at]}>
            <RenderingProvider app={app} titles={titles} linkTo={(entity, id) => `/e/${entity}/${id}`}>
              {part}
            </RenderingProvider>
          </MemoryRouter>
        </AntApp>
      </ConfigProvider>
    </QueryClientProvider>,
  );
}
