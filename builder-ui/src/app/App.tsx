/** Every address of the application and which screen answers it. */
import { lazy, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";

const Builder = lazy(() => import("@/features/builder/index"));

export function App() {
  return (
    <BrowserRouter>
      <Suspense>
        <Routes>
          <Route path="/builder/*" element={<Builder />} />
          <Route path="*" element={<main />} />
        </Routes>
      </Suspense>
    </BrowserRouter>
  );
}
