//! Which path leads where. The dated paths and the older ones answer alike.

use axum::routing::{delete, get, post, put};
use axum::{Router, middleware};

use super::app::Shared;
use super::{associations, batch, consent, control, directory, guard, oauth, objects, pages, refusal, search};

/// Every route of the fake, its control routes included.
pub fn vendor(app: &Shared) -> Router {
    let api = api().layer(middleware::from_fn_with_state(app.clone(), guard::guard));
    Router::new()
        .merge(api)
        .merge(open())
        .merge(control::routes())
        .fallback(async || refusal::Refusal::not_found())
        .with_state(app.clone())
}

/// What needs an access token.
fn api() -> Router<Shared> {
    let mut api = Router::new();
    for base in ["/crm/objects/2026-09", "/crm/objects/2026-03", "/crm/v3/objects"] {
        api = api
            .route(&format!("{base}/{{type}}"), get(objects::list).post(objects::create))
            .route(
                &format!("{base}/{{type}}/{{id}}"),
                get(objects::get).patch(objects::update).delete(objects::archive),
            )
            .route(&format!("{base}/{{type}}/batch/{{verb}}"), post(batch::batch))
            .route(&format!("{base}/{{type}}/search"), post(search::search))
            .route(&format!("{base}/{{type}}/merge"), post(objects::merge))
            .route(&format!("{base}/{{type}}/gdpr-delete"), post(objects::gdpr_delete));
    }
    for base in ["/crm/objects/2026-09", "/crm/objects/2026-03", "/crm/v4/objects"] {
        api = api
            .route(&format!("{base}/{{type}}/{{id}}/associations/{{to}}"), get(associations::list))
            .route(
                &format!("{base}/{{type}}/{{id}}/associations/{{to}}/{{to_id}}"),
                put(associations::put).delete(associations::delete),
            )
            .route(
                &format!("{base}/{{type}}/{{id}}/associations/default/{{to}}/{{to_id}}"),
                put(associations::put_default),
            );
    }
    for base in ["/crm/associations/2026-09", "/crm/associations/2026-03", "/crm/v4/associations"] {
        api = api
            .route(
                &format!("{base}/{{from}}/{{to}}/labels"),
                get(associations::labels).post(associations::create_label),
            )
            .route(&format!("{base}/{{from}}/{{to}}/batch/read"), post(associations::batch_read))
            .route(&format!("{base}/{{from}}/{{to}}/batch/create"), post(associations::batch_create))
            .route(
                &format!("{base}/{{from}}/{{to}}/batch/associate/default"),
                post(associations::batch_associate_default),
            )
            .route(&format!("{base}/{{from}}/{{to}}/batch/archive"), post(associations::batch_archive))
            .route(&format!("{base}/{{from}}/{{to}}/batch/labels/archive"), post(associations::batch_labels_archive));
    }
    for base in ["/crm/owners/2026-09", "/crm/owners/2026-03", "/crm/v3/owners"] {
        api = api
            .route(base, get(directory::owners))
            .route(&format!("{base}/"), get(directory::owners))
            .route(&format!("{base}/{{id}}"), get(directory::owner));
    }
    for base in ["/crm/pipelines/2026-09", "/crm/pipelines/2026-03", "/crm/v3/pipelines"] {
        api = api
            .route(&format!("{base}/{{type}}"), get(directory::all_pipelines))
            .route(&format!("{base}/{{type}}/{{id}}"), get(directory::one_pipeline))
            .route(&format!("{base}/{{type}}/{{id}}/stages"), get(directory::stages));
    }
    for base in ["/crm/properties/2026-09", "/crm/properties/2026-03", "/crm/v3/properties"] {
        api = api
            .route(&format!("{base}/{{type}}"), get(directory::all_properties).post(directory::create_property))
            .route(&format!("{base}/{{type}}/{{name}}"), get(directory::one_property));
    }
    for path in ["/account-info/2026-09/details", "/account-info/2026-03/details", "/account-info/v3/details"] {
        api = api.route(path, get(directory::account));
    }
    api.route("/appinstalls/2026-09/external-install", delete(oauth::uninstall))
}

/// What a person's browser opens, and the token endpoints.
fn open() -> Router<Shared> {
    let mut open = Router::new()
        .route("/oauth/authorize", get(consent::authorize))
        .route("/oauth/{portal}/authorize", get(consent::authorize_portal))
        .route("/oauth/approve", get(consent::approve))
        .route("/oauth/v1/token", post(oauth::token))
        .route("/oauth/v1/access-tokens/{token}", get(oauth::legacy_token))
        .route("/oauth/v1/refresh-tokens/{token}", get(oauth::legacy_token).delete(oauth::legacy_revoke))
        .route("/contacts/{portal}", get(pages::portal))
        .route("/contacts/{portal}/record/{type}/{id}", get(pages::record));
    for version in ["2026-09", "2026-03", "v3"] {
        open = open
            .route(&format!("/oauth/{version}/token"), post(oauth::token))
            .route(&format!("/oauth/{version}/token/introspect"), post(oauth::introspect))
            .route(&format!("/oauth/{version}/token/revoke"), post(oauth::revoke));
    }
    open
}
