/** Every address of the application and which screen answers it; each screen is a chunk. */
import { lazy, Suspense } from "react";
import { Navigate, Route, Routes } from "react-router";
import { currentLanguage, loadTexts } from "@/lib/i18n";
import { Frame } from "./Frame";
import { Loading } from "./Loading";
import { SignedIn } from "./SignedIn";

const SignInPage = lazy(() => import("@/features/workspace/SignInPage"));
const NewPasswordPage = lazy(() => import("@/features/workspace/NewPasswordPage"));
const SecurityPage = lazy(() => import("@/features/workspace/security/SecurityPage"));
const ProvedPage = lazy(() => import("@/features/workspace/security/ProvedPage"));
const EnrolPage = lazy(() => import("@/features/workspace/security/EnrolPage"));
const SetupPage = lazy(() => import("@/features/workspace/SetupPage"));
const HomePage = lazy(() => import("@/features/workspace/HomePage"));
const ListPage = lazy(() => import("@/features/workspace/ListPage"));
const CreatePage = lazy(() => import("@/features/workspace/CreatePage"));
const ImportPage = lazy(() => import("@/features/workspace/ImportPage"));
const DuplicatesPage = lazy(() => import("@/features/workspace/DuplicatesPage"));
const MergePage = lazy(() => import("@/features/workspace/MergePage"));
const RecordPage = lazy(() => import("@/features/workspace/RecordPage"));
const TasksPage = lazy(() => import("@/features/workspace/TasksPage"));
const TokensPage = lazy(() => import("@/features/workspace/TokensPage"));
const RunPage = lazy(() => import("@/features/workspace/RunPage"));
const AuditPage = lazy(async () => {
  const [screen] = await Promise.all([import("@/features/workspace/AuditPage"), loadTexts(currentLanguage(), "audit")]);
  return screen;
});
const withPeople = <Screen,>(load: () => Promise<Screen>) => async () => (await Promise.all([load(), loadTexts(currentLanguage(), "people")]))[0];
const PeoplePage = lazy(withPeople(() => import("@/features/workspace/PeoplePage")));
const WelcomePage = lazy(withPeople(() => import("@/features/workspace/WelcomePage")));
const ForgotPage = lazy(withPeople(() => import("@/features/workspace/ForgotPage")));
const Builder = lazy(async () => {
  const [screen] = await Promise.all([import("@/features/builder/index"), loadTexts(currentLanguage(), "builder")]);
  return screen;
});

export function Screens() {
  return (
    <Suspense fallback={<Loading />}>
      <Routes>
        <Route path="/login" element={<SignInPage />} />
        <Route path="/password" element={<NewPasswordPage />} />
        <Route path="/setup" element={<SetupPage />} />
        <Route path="/welcome" element={<WelcomePage />} />
        <Route path="/forgot" element={<ForgotPage />} />
        <Route path="/me/proved" element={<ProvedPage />} />
        <Route path="/me/enrol" element={<EnrolPage />} />
        <Route element={<SignedIn />}>
          <Route element={<Frame />}>
            <Route index element={<HomePage />} />
            <Route path="/e/:entity" element={<ListPage />} />
            <Route path="/e/:entity/new" element={<CreatePage />} />
            <Route path="/e/:entity/import" element={<ImportPage />} />
            <Route path="/e/:entity/duplicates" element={<DuplicatesPage />} />
            <Route path="/e/:entity/merge" element={<MergePage />} />
            <Route path="/e/:entity/:id" element={<RecordPage />} />
            <Route path="/tasks" element={<TasksPage />} />
            <Route path="/runs/:id" element={<RunPage />} />
            <Route path="/audit" element={<AuditPage />} />
            <Route path="/people" element={<PeoplePage />} />
            <Route path="/me/security" element={<SecurityPage />} />
            <Route path="/tokens" element={<TokensPage />} />
            <Route path="/builder/*" element={<Builder />} />
            <Route path="*" element={<Navigate to="/" replace />} />
          </Route>
        </Route>
      </Routes>
    </Suspense>
  );
}
