//! Every deployable, once. `cargo dev` and the tests serve from these lists; a test keeps them equal to `template.yaml` and
//! to the binaries.

use shared::edge::{Command, Consumer, Route, Schedule};

use crate::{
    account, approvals, auth, chat, connections, console, conversations, docs, domain, health, ingest, knowledge,
    metrics, ops, preflight, rules, schedules, sessions, tasks, webhooks, workers,
};

/// Binary and route. A binary may answer to several routes.
pub const ROUTES: &[(&str, Route)] = &[
    ("auth-google-start", auth::google_start::ROUTE),
    ("auth-google-callback", auth::google_callback::ROUTE),
    ("auth-hubspot-start", auth::hubspot_start::ROUTE),
    ("auth-hubspot-callback", auth::hubspot_callback::ROUTE),
    ("auth-me", auth::me::ROUTE),
    ("auth-logout", auth::logout::ROUTE),
    ("auth-refresh", auth::refresh::ROUTE),
    ("auth-setup-push-notifications", auth::setup_push_notifications::ROUTE),
    ("sessions-list", sessions::list::ROUTE),
    ("sessions-delete", sessions::delete::ROUTE),
    ("sessions-delete", sessions::delete::ONE),
    ("account-export", account::export::ROUTE),
    ("account-export", account::export::VOLUME),
    ("account-delete", account::delete::ROUTE),
    ("account-receipt", account::receipt::ROUTE),
    ("connections-list", connections::list::ROUTE),
    ("connections-delete", connections::delete::ROUTE),
    ("chat-send", chat::send::ROUTE),
    ("chat-send", chat::send::STREAM),
    ("chat-health", chat::health::ROUTE),
    ("chat-execute-tool", chat::execute_tool::ROUTE),
    ("conversations-list", conversations::list::ROUTE),
    ("conversations-create", conversations::create::ROUTE),
    ("conversations-delete", conversations::delete::ROUTE),
    ("conversations-messages", conversations::messages::ROUTE),
    ("ingest-start", ingest::start::ROUTE),
    ("ingest-calendar", ingest::calendar::ROUTE),
    ("ingest-gmail", ingest::gmail::ROUTE),
    ("ingest-gmail", ingest::gmail::EMAILS),
    ("ingest-hubspot", ingest::hubspot::ROUTE),
    ("ingest-hubspot", ingest::hubspot::CONTACTS),
    ("ingest-status", ingest::status::ROUTE),
    ("knowledge-search", knowledge::search::ROUTE),
    ("knowledge-generate", knowledge::generate::ROUTE),
    ("knowledge-stats", knowledge::stats::ROUTE),
    ("rules-list", rules::list::ROUTE),
    ("rules-create", rules::create::ROUTE),
    ("rules-get", rules::get::ROUTE),
    ("rules-update", rules::update::ROUTE),
    ("rules-delete", rules::delete::ROUTE),
    ("rules-confirm", rules::confirm::ROUTE),
    ("rules-test", rules::test::ROUTE),
    ("rules-test", rules::test::UNSAVED),
    ("rules-health", rules::health::ROUTE),
    ("tasks-list", tasks::list::ROUTE),
    ("tasks-get", tasks::get::ROUTE),
    ("approvals-list", approvals::list::ROUTE),
    ("approvals-get", approvals::get::ROUTE),
    ("approvals-decide", approvals::decide::ROUTE),
    ("webhooks-hubspot", webhooks::hubspot::ROUTE),
    ("webhooks-gmail", webhooks::gmail::ROUTE),
    ("webhooks-calendar", webhooks::calendar::ROUTE),
    ("webhooks-health", webhooks::health::ROUTE),
    ("docs-openapi", docs::openapi::ROUTE),
    ("health-root", health::root::ROUTE),
    ("health-check", health::check::ROUTE),
    ("health-check", health::check::API),
    ("health-ready", health::ready::ROUTE),
    ("health-database", health::database::ROUTE),
    ("metrics-show", metrics::show::ROUTE),
    ("domain-verify", domain::verify::ROUTE),
    ("console-page", console::page::ROUTE),
    ("console-page", console::page::FILE),
    ("docs-swagger", docs::swagger::ROUTE),
    ("docs-swagger", docs::swagger::FILE),
    ("docs-redoc", docs::redoc::ROUTE),
    ("docs-redoc", docs::redoc::FILE),
    ("preflight-answer", preflight::answer::ROUTE),
];

/// Binary and queue.
pub const CONSUMERS: &[(&str, Consumer)] = &[("workers-run-task", workers::run_task::CONSUMER)];

/// Binary and clock.
pub const SCHEDULES: &[(&str, Schedule)] = &[
    ("schedules-sweep", schedules::sweep::SCHEDULE),
    ("schedules-reconcile", schedules::reconcile::SCHEDULE),
    ("schedules-renew-watches", schedules::renew_watches::SCHEDULE),
];

/// Binary and what an operator invokes.
pub const COMMANDS: &[(&str, Command)] = &[
    ("ops-migrate", ops::migrate::COMMAND),
    ("ops-reseal", ops::reseal::COMMAND),
    ("ops-rotate", ops::rotate::COMMAND),
];
