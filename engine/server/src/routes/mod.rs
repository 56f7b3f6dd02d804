//! Every route, in one table from which the router and the OpenAPI document are built.

/// The app as the caller may see it.
mod app;
/// What was done, for auditors.
mod audit;
/// The recycle bin.
mod bin;
/// The ways in beside a password.
mod door;
/// The draft.
mod draft;
/// Records that are the same.
mod duplicates;
/// Records as files.
mod export;
/// Files that people send.
mod files;
/// One-time links by which people choose their password.
mod links;
/// Forms while somebody types.
mod forms;
/// Whether the server is well.
mod health;
/// Files of rows.
mod import;
/// Work that takes longer than a request.
mod jobs;
/// Records taken up by another.
mod merges;
/// Calls to addresses that people chose.
mod outbound;
/// What was done taken back: one change, a batch.
mod past;
/// People and departments.
mod people;
/// Teams and positions.
mod teams;
/// People and departments from files.
mod roster;
/// People and teams as a directory keeps them.
mod scim;
/// Records of entities.
mod records;
/// Releases.
mod releases;
/// Runs and incidents.
mod runs;
/// Secret values.
mod secrets;
/// What people prove with, and where they are signed in.
mod security;
/// Records shared one by one, and why somebody may.
mod shares;
/// Signing in and out, and the first set-up.
mod session;
/// Tasks.
mod tasks;
/// Tokens of the API, and seeing as somebody else.
mod tokens;
/// Templates, sample data and the demo's clock.
mod templates;

pub use app::schema_for as schema_of;
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
pub use files::AsItLies;

use crate::app::App;
use crate::auth::language_of;
use crate::problem::Problem;

/// One route.
pub struct Route {
    /// `GET`, `POST` …
    pub method: &'static str,
    /// As axum and OpenAPI write it: `/api/runs/{id}`.
    pub path: &'static str,
    /// What it does, for the OpenAPI document.
    pub summary: &'static str,
    /// Whoever answers.
    handler: fn() -> MethodRouter<App>,
}

macro_rules! table {
    ($($method:ident $path:literal $handler:path, $summary:literal;)*) => {
        /// Every route of the API.
        pub const TABLE: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            summary: $summary,
            handler: || $method($handler),
        }),*];
    };
}

table! {
    get "/healthz" health::alive, "The process answers.";
    get "/readyz" health::ready, "The workspace is open and migrated.";
    get "/api/openapi.json" crate::openapi::document, "This document.";
    post "/api/setup" session::set_up, "The first administrator of an empty workspace.";
    get "/api/setup" session::wants_setup, "Whether the workspace waits for its first administrator.";
    post "/api/session" session::sign_in, "Signs in.";
    get "/api/session" door::ways, "How one may sign in here, beside a password.";
    delete "/api/session" session::sign_out, "Signs out.";
    post "/api/session/second" door::give_second, "Gives the second factor that a sign-in owes.";
    post "/api/session/proof" door::prove_again, "Proves once more who one is.";
    post "/api/session/passkey" door::sign_in_by_passkey, "Signs in with a passkey.";
    post "/api/session/passkey/options" door::ask_passkey, "Asks for a passkey.";
    post "/api/session/oidc/{key}" door::send_away, "Sends the browser to a provider of OpenID Connect.";
    get "/api/session/oidc/{key}/callback" door::come_back, "Takes the browser back from a provider.";
    get "/api/me" session::me, "Who am I, what may I.";
    patch "/api/me" session::change_me, "Changes one's own name, language or password.";
    get "/api/me/security" security::overview, "What one proves with, and where one is signed in.";
    post "/api/me/totp" security::offer_totp, "Offers a secret for codes of an app.";
    delete "/api/me/totp" security::remove_totp, "Asks for no codes any more.";
    post "/api/me/totp/confirm" security::confirm_totp, "Confirms the secret by its first code.";
    post "/api/me/recovery-codes" security::renew_recovery_codes, "Gives new recovery codes.";
    post "/api/me/passkeys" security::add_passkey, "Keeps a new passkey.";
    post "/api/me/passkeys/options" security::offer_passkey, "Asks for a new passkey.";
    delete "/api/me/passkeys/{id}" security::remove_passkey, "Forgets a passkey.";
    delete "/api/me/identities/{id}" security::unlink, "Unlinks an account elsewhere.";
    get "/api/me/sessions" security::my_sessions, "One's own sessions.";
    delete "/api/me/sessions" security::end_others, "Ends every other session of one's own.";
    delete "/api/me/sessions/{id}" security::end_one, "Ends one of one's own sessions.";
    get "/api/sign-in" security::policy, "What is demanded of everybody who signs in.";
    put "/api/sign-in" security::save_policy, "Changes what is demanded of everybody who signs in.";
    delete "/api/users/{id}/sessions" security::end_sessions_of, "Ends every session of somebody.";
    delete "/api/users/{id}/factors" security::reset_factors, "Takes all second factors from somebody.";
    get "/api/users" people::list_users, "Everybody.";
    post "/api/users" people::create_user, "Makes an account.";
    get "/api/users/{id}" people::get_user, "One account.";
    patch "/api/users/{id}" people::update_user, "Changes an account.";
    post "/api/users/import" roster::users, "Makes and changes people as a CSV or XLSX file says.";
    post "/api/users/{id}/handover" people::hand_over, "Begins to hand the work of somebody who leaves over.";
    post "/api/users/{id}/link" links::make, "Makes a one-time link by which somebody chooses their password.";
    delete "/api/users/{id}/link" links::take_back, "Takes every such link of a person back.";
    post "/api/links" links::forgotten, "Sends a link to whoever has forgotten their password.";
    post "/api/links/look" links::look, "What a link opens.";
    post "/api/links/use" links::choose, "Chooses a password by a link.";
    get "/api/roles" people::list_roles, "The roles that people may be given.";
    get "/api/departments" people::list_departments, "Every department.";
    post "/api/departments" people::create_department, "Makes a department.";
    post "/api/departments/import" roster::departments, "Makes and changes departments as a CSV or XLSX file says.";
    patch "/api/departments/{id}" people::update_department, "Changes a department.";
    delete "/api/departments/{id}" people::delete_department, "Takes an empty department away.";
    get "/api/teams" teams::list_teams, "Every team with its members.";
    post "/api/teams" teams::create_team, "Makes a team.";
    patch "/api/teams/{id}" teams::update_team, "Changes a team.";
    delete "/api/teams/{id}" teams::delete_team, "Takes a team away.";
    get "/api/positions" teams::list_positions, "Every position.";
    post "/api/positions" teams::create_position, "Makes a position.";
    patch "/api/positions/{id}" teams::update_position, "Changes a position.";
    delete "/api/positions/{id}" teams::delete_position, "Takes a position away.";
    get "/api/directory-tokens" scim::list_tokens, "The tokens of directories.";
    post "/api/directory-tokens" scim::create_token, "Makes a token for a directory.";
    delete "/api/directory-tokens/{id}" scim::delete_token, "Takes a token of a directory away.";
    get "/scim/v2/ServiceProviderConfig" scim::configuration, "SCIM: what is supported.";
    get "/scim/v2/ResourceTypes" scim::resource_types, "SCIM: what there is.";
    get "/scim/v2/Schemas" scim::schemas, "SCIM: attributes.";
    get "/scim/v2/Users" scim::list_users, "SCIM: people.";
    post "/scim/v2/Users" scim::create_user, "SCIM: makes a person.";
    get "/scim/v2/Users/{id}" scim::get_user, "SCIM: one person.";
    put "/scim/v2/Users/{id}" scim::replace_user, "SCIM: changes a person.";
    patch "/scim/v2/Users/{id}" scim::patch_user, "SCIM: changes attributes of a person.";
    delete "/scim/v2/Users/{id}" scim::delete_user, "SCIM: a person has left.";
    get "/scim/v2/Groups" scim::list_groups, "SCIM: teams.";
    post "/scim/v2/Groups" scim::create_group, "SCIM: makes a team.";
    get "/scim/v2/Groups/{id}" scim::get_group, "SCIM: one team.";
    put "/scim/v2/Groups/{id}" scim::replace_group, "SCIM: changes a team.";
    patch "/scim/v2/Groups/{id}" scim::patch_group, "SCIM: changes members of a team.";
    delete "/scim/v2/Groups/{id}" scim::delete_group, "SCIM: takes a team away.";
    get "/api/tokens" tokens::list_tokens, "The caller's tokens of the API.";
    post "/api/tokens" tokens::create_token, "Makes a token; its text is told this once.";
    delete "/api/tokens/{id}" tokens::revoke_token, "Takes a token back.";
    get "/api/see-as" tokens::viewings, "Who saw as whom.";
    post "/api/see-as" tokens::see_as, "Begins to see as somebody else.";
    delete "/api/see-as/{id}" tokens::end_see_as, "Ends seeing as somebody else.";
    get "/api/app" app::get_app, "Entities, forms, views and menus as the caller may see them.";
    get "/api/regions" app::regions, "The divisions of China, 省市区, by code.";
    get "/api/entities/{entity}/schema" app::get_schema, "The entity as a plain JSON Schema.";
    get "/api/entities/{entity}/records" records::list_records, "A page of records.";
    post "/api/entities/{entity}/records" records::create_record, "Creates a record.";
    post "/api/entities/{entity}/query" records::query_records, "A page of records, asked in a body.";
    post "/api/entities/{entity}/aggregate" records::aggregate, "Counts, sums, averages and medians by group.";
    post "/api/entities/{entity}/batch" records::batch, "Many operations in one request.";
    post "/api/batches/{id}/undo" past::undo_batch, "Takes a batch back.";
    post "/api/entities/{entity}/import" import::import_records, "Begins to create or change records from a CSV or XLSX file.";
    post "/api/entities/{entity}/update" records::update_where, "Changes every record that a condition finds.";
    post "/api/entities/{entity}/duplicates" duplicates::duplicates, "Records that are the same as one that is about to be saved.";
    post "/api/entities/{entity}/duplicates/report" duplicates::report, "Begins to look for every duplicate among the records.";
    get "/api/entities/{entity}/export" export::export_records, "Records as a CSV, XLSX or JSON file.";
    post "/api/imports/{id}/undo" import::undo, "Begins to take an import back.";
    get "/api/jobs" jobs::list_jobs, "The caller's own jobs.";
    get "/api/jobs/{id}" jobs::get_job, "How far a job is.";
    delete "/api/jobs/{id}" jobs::cancel_job, "Stops a job.";
    get "/api/jobs/{id}/errors" jobs::errors, "What a job refused, as a list or a workbook.";
    get "/api/jobs/{id}/groups" duplicates::groups, "The groups that a report of duplicates found.";
    get "/api/jobs/{id}/events" jobs::events, "Follows a job by server-sent events.";
    get "/api/entities/{entity}/records/{id}" records::get_record, "One record.";
    patch "/api/entities/{entity}/records/{id}" records::update_record, "Changes a record by a JSON merge patch.";
    delete "/api/entities/{entity}/records/{id}" bin::delete_record, "Puts a record into the recycle bin.";
    get "/api/entities/{entity}/records/{id}/history" records::history, "The changes of a record.";
    get "/api/entities/{entity}/records/{id}/timeline" records::timeline, "Everything that happened to a record.";
    get "/api/entities/{entity}/records/{id}/explain" records::explain, "Why a record stands as it does.";
    get "/api/entities/{entity}/records/{id}/access" shares::access, "Who may do what with a record, and why.";
    get "/api/entities/{entity}/records/{id}/shares" shares::list_shares, "With whom a record is shared.";
    post "/api/entities/{entity}/records/{id}/shares" shares::share, "Shares a record.";
    delete "/api/entities/{entity}/records/{id}/shares/{share}" shares::unshare, "Takes a share back.";
    get "/api/entities/{entity}/records/{id}/comments" records::comments, "What people said about a record.";
    post "/api/entities/{entity}/records/{id}/comments" records::comment, "Says something about a record.";
    post "/api/entities/{entity}/records/{id}/restore" bin::restore_record, "Takes a record out of the recycle bin.";
    post "/api/entities/{entity}/records/{id}/reveal" secrets::reveal, "One covered value, noted before it is answered.";
    post "/api/entities/{entity}/records/{id}/merge" merges::merge, "Takes other records up into one.";
    get "/api/entities/{entity}/records/{id}/merges" merges::merges, "The merges into a record.";
    post "/api/merges/{id}/undo" merges::undo, "Takes a merge back.";
    post "/api/entities/{entity}/records/{id}/undo" past::undo, "Takes one change of a record back.";
    get "/api/search" records::search, "What words find, over every entity.";
    post "/api/files" files::send, "Takes a file in.";
    get "/api/files/{id}" files::read, "A file, or a small picture of it.";
    get "/api/forms/{form}" forms::get_form, "A form with the schema of its entity.";
    post "/api/forms/{form}/evaluate" forms::evaluate, "How a form stands with these values.";
    post "/api/forms/{form}/submissions" forms::submit, "Saves what a form was filled with.";
    get "/api/tasks" tasks::list_tasks, "Tasks by box: todo, overdue, done, started.";
    get "/api/tasks/{id}" tasks::get_task, "One task.";
    post "/api/tasks/{id}/{action}" tasks::act, "Approve, reject, complete, transfer, comment.";
    post "/api/tasks/batch" tasks::batch, "Several decisions in one request, each for itself.";
    get "/api/runs" runs::list_runs, "Runs by record, workflow and state.";
    get "/api/runs/{id}" runs::get_run, "One run: where it stands and the path it took.";
    post "/api/runs/{id}/{action}" runs::act, "Withdraw, terminate.";
    get "/api/incidents" runs::list_incidents, "What is stuck.";
    post "/api/incidents/{id}/{action}" runs::act_on_incident, "Retry or skip what is stuck.";
    get "/api/draft" draft::list_draft, "The files of the draft.";
    post "/api/draft/check" draft::check, "Everything that is wrong with the draft.";
    post "/api/draft/plan" draft::plan, "What publishing would change and touch.";
    post "/api/draft/publish" draft::publish, "Publishes the draft.";
    get "/api/draft/evolution/{entity}/{field}" draft::refused_values, "Stored values that the draft refuses.";
    post "/api/draft/discard" draft::discard, "Forgets every edit.";
    get "/api/draft/{folder}/{file}" draft::get_file, "A file as the draft has it.";
    put "/api/draft/{folder}/{file}" draft::put_file, "Saves a file into the draft.";
    delete "/api/draft/{folder}/{file}" draft::delete_file, "Removes a file in the draft.";
    post "/api/grades/{grade}/try" draft::try_grade, "Tries a grade on a record without storing anything.";
    get "/api/releases" releases::list_releases, "Every release.";
    get "/api/releases/{number}" releases::get_release, "The files of one release.";
    post "/api/releases/{number}/restore" releases::restore_release, "Makes a new release with the content of an earlier one.";
    get "/api/templates" templates::list_templates, "The templates in the binary.";
    post "/api/templates/{key}/install" templates::install, "Installs a template.";
    get "/api/sample" templates::sample, "How many sample records there are.";
    delete "/api/sample" templates::remove_sample, "Removes every sample record.";
    get "/api/outbound" outbound::get_settings, "Where the workspace may call.";
    put "/api/outbound" outbound::save_settings, "Says where the workspace may call.";
    post "/api/outbound/try" outbound::try_call, "Makes a call and tells the answer.";
    post "/api/verify" health::verify, "Proves columns, search words and rollups against the records, and the audit's chain.";
    get "/api/audit" audit::list, "What was done, newest first.";
    get "/api/audit/entries/{id}" audit::entry, "One entry of the audit, with the block that seals it.";
    get "/api/audit/state" audit::state, "How far the audit's chain goes.";
    get "/api/audit/key" audit::key, "The public key of the audit's checkpoints.";
    get "/api/audit/checkpoints" audit::checkpoints, "Signed states of the audit's chain.";
    post "/api/audit/checkpoints" audit::sign, "Signs the state of the audit's chain.";
    post "/api/audit/proof" audit::prove, "Begins to prove the audit's chain.";
    post "/api/audit/export" audit::export, "Begins to write entries of the audit into a file.";
    get "/api/audit/exports/{id}" audit::exported, "The file of an export of the audit.";
    post "/api/clock" templates::move_clock, "Moves the clock of a demo workspace forward.";
}

/// The router over the table.
pub fn router(largest: u64) -> Router<App> {
    TABLE.iter().fold(Router::new(), |router, route| {
        let handler = (route.handler)();
        // A file is written down as it comes and measured there.
        let streams = route.path.ends_with("/import");
        let handler = match route.path {
            "/api/files" => handler.layer(DefaultBodyLimit::max(files::most(largest))),
            _ if streams => handler.layer(DefaultBodyLimit::disable()),
            _ => handler,
        };
        router.route(route.path, handler)
    })
}

/// The answer where a route takes other methods than the one that was sent.
pub async fn wrong_method(method: Method, matched: Option<MatchedPath>, headers: HeaderMap) -> Response {
    let path = matched.as_ref().map_or("", MatchedPath::as_str);
    let routes = TABLE.iter().filter(|route| route.path == path);
    let allowed: Vec<String> = routes.map(|route| route.method.to_uppercase()).collect();
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "request.wrong_method");
    let problem = problem.with("method", method.as_str()).with("allowed", allowed.join(", "));
    problem.respond(language_of(&headers))
}
