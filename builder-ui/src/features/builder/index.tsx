/** The builder's door: its frame and its addresses below `/builder`. */
import { Route, Routes } from "react-router";
import "./builder.css";
import { DraftProvider } from "./draft/context";
import { EditorPage } from "./file/EditorPage";
import { Overview } from "./overview/Overview";
import { ReleasePage } from "./release/ReleasePage";
import { BuilderLayout } from "./shell/BuilderLayout";

export default function Builder() {
  return (
    <DraftProvider>
      <Routes>
        <Route element={<BuilderLayout />}>
          <Route index element={<Overview />} />
          <Route path="release" element={<ReleasePage />} />
          <Route path=":folder/:file" element={<EditorPage />} />
        </Route>
      </Routes>
    </DraftProvider>
  );
}
