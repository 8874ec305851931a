//! Every address, and what every response carries.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{any, delete, get, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

use super::{
    Edge, acts, after, agenda, appointments, assets, branding, calendar, ceiling, changes, csp_reports,
    delegation, diag, documents, door, door_desk, emergency, extract, files, guest, guest_changes, headers,
    health, hospital, identity, key_images, links, local, messages, metered, notes, openapi, pacs,
    patient_sign_in, people, problem, protection, providers, quality, queue, record, report, request_id,
    retention, senders, services, sign_in, sites, slots, socket, statistics, studies, summary, templates,
    through, ticket, tokens, trail, uploads, waiting_room, worklist,
};

/// The largest JSON body, in bytes.
const MAX_JSON: usize = 64 << 10;
/// The largest text of a summary, in bytes: all of its sentences, each letter of them four bytes.
const MAX_SUMMARY: usize = 512 << 10;
/// The largest words of a report, in bytes: six sections.
const MAX_REPORT: usize = 1 << 20;
/// The largest body that is looked at as a logo, in bytes.
const MAX_LOGO: usize = 256 << 10;
/// A request that is no upload and no socket is answered within this time.
pub const ANSWER_PATIENCE: Duration = Duration::from_secs(30);
/// Of an upload something comes within this time, again and again.
pub const UPLOAD_PATIENCE: Duration = Duration::from_secs(30);
/// The largest report of a browser, in bytes.
const MAX_CSP_REPORT: usize = 16 << 10;

/// The whole interface. GET and HEAD change nothing anywhere, but that a provider's page may end a login; whatever changes something is asked for by this site's own pages.
pub fn router(edge: Edge) -> Router {
    let guards = headers::Headers::new(&edge.public_url, &edge.frame_ancestors);
    let api = Router::new()
        .route("/api/openapi.json", get(openapi::show))
        .route("/api/hospital", get(hospital::show))
        .route("/api/hospital/logo", get(branding::logo))
        .route("/api/protection", get(protection::show))
        .route("/api/appointments/{appointment}/protection", get(protection::of_call))
        .route("/api/diag", get(diag::show))
        .route("/api/me", get(sign_in::me))
        .route("/api/sign-in", get(sign_in::ways))
        .route("/api/sign-in/activities", get(sign_in::activities))
        .route("/api/sign-in/activity", post(sign_in::choose_activity))
        .route("/api/practitioners", get(appointments::practitioners))
        .route("/api/appointments", get(appointments::list).post(appointments::book))
        .route("/api/appointments/{appointment}", get(appointments::show))
        .route("/api/appointments/{appointment}/cancel", post(appointments::cancel))
        .merge(agenda_routes())
        .merge(local_routes())
        .merge(administration_routes())
        .route("/api/appointments/{appointment}/noshow", post(appointments::miss))
        .route(
            "/api/appointments/{appointment}/participants/{participant}/link",
            post(links::issue).delete(links::withdraw),
        )
        .route("/api/appointments/{appointment}/quality", get(quality::show))
        .route("/api/appointments/{appointment}/key-images", get(key_images::list))
        .route("/api/appointments/{appointment}/key-images/save", post(key_images::save))
        .route("/api/key-images/{image}", delete(key_images::remove))
        .route("/api/key-images/{image}/caption", put(key_images::caption))
        .route("/api/key-images/{image}/picture", get(key_images::picture))
        .route("/api/appointments/{appointment}/summary.pdf", get(summary::document))
        .route("/api/appointments/{appointment}/drop-in", post(worklist::drop_in))
        .route("/api/waiting-room", get(waiting_room::list))
        .route("/api/appointments/{appointment}/waiting/{participant}/message", post(waiting_room::message))
        .route("/api/appointments/{appointment}/waiting/{participant}/place", post(waiting_room::place))
        .route("/api/appointments/{appointment}/take-over", post(waiting_room::take_over))
        .route("/api/practitioners/{practitioner}/delay", put(waiting_room::delay))
        .route("/api/services/{service}/waiting-policy", put(waiting_room::set_policy))
        .route("/api/appointments/{appointment}/identity", get(identity::show))
        .route("/api/appointments/{appointment}/participants/{participant}/identity", post(identity::check))
        .route("/api/appointments/{appointment}/participants/{participant}/ins", post(identity::keep_ins))
        .route(
            "/api/appointments/{appointment}/participants/{participant}/number",
            post(pacs::visit::keep_number),
        )
        .route("/api/appointments/{appointment}/pacs", get(pacs::visit::show))
        .route("/api/appointments/{appointment}/pacs/search", post(pacs::visit::search))
        .route("/api/appointments/{appointment}/pacs/fetches", post(pacs::visit::fetch))
        .route("/api/appointments/{appointment}/pacs/fetches/{fetch}", delete(pacs::visit::stop))
        .route("/api/worklist", get(worklist::list))
        .route("/api/appointments/{appointment}/notes", get(notes::list))
        .route("/api/appointments/{appointment}/report", get(report::show).post(report::begin))
        .route("/api/reports/{report}/sign", post(report::sign))
        .route("/api/reports/{report}/document.pdf", get(report::show_document))
        .route("/api/reports/{report}/bundle.json", get(report::show_bundle))
        .route("/api/appointments/{appointment}/documents", get(documents::show).put(documents::put))
        .route("/api/appointments/{appointment}/after", get(documents::after))
        .route("/api/appointments/{appointment}/reopen", post(documents::reopen))
        .route("/api/call-backs", get(documents::call_backs))
        .route("/api/guest/after", post(after::show))
        .route("/api/guest/after/rating", post(after::rate))
        .route("/api/guest/after/ask-back", post(after::ask_back))
        .route("/api/guest/after/documents/{document}", post(after::fetch))
        .route("/api/appointments/{appointment}/viewing", get(record::show))
        .route("/api/steps/{step}/picture", get(record::picture))
        .route("/api/appointments/{appointment}/messages", get(messages::list))
        .route("/api/appointments/{appointment}/late", post(messages::late))
        .route("/api/messages/{message}/repeat", post(messages::repeat))
        .route(
            "/api/appointments/{appointment}/participants/{participant}/contact",
            get(messages::contact).put(messages::put_contact),
        )
        .route("/api/messages/alarms", get(messages::alarms))
        .route("/api/outbox", get(messages::outbox))
        .route("/api/templates", get(templates::list))
        .route("/api/templates/{kind}/{channel}/{language}", put(templates::put).delete(templates::remove))
        .route("/api/templates/{kind}/{channel}/{language}/preview", post(templates::preview))
        .route("/api/reminders", get(templates::reminders))
        .route("/api/services/{service}/reminders", put(templates::remind))
        .route("/api/me/calendar", get(calendar::show).post(calendar::make).delete(calendar::remove))
        .route("/calendar/{file}", get(calendar::feed))
        .route("/api/guest/look", post(guest::look))
        .route("/api/guest/code", post(door::code))
        .route("/api/guest/open", post(door::open))
        .route("/api/guest/information", post(door::information))
        .route("/api/guest/consent", post(door::consent))
        .route("/api/guest/company", post(door::company))
        .route("/api/guest/rehearsal", post(door::rehearsal))
        .route("/api/appointments/{appointment}/participants/{participant}/pin", post(door_desk::pin))
        .route("/api/appointments/{appointment}/participants/{participant}/unlock", post(door_desk::unlock))
        .route("/api/services/{service}/door", get(door_desk::rules).put(door_desk::put_rules))
        .route(
            "/api/services/{service}/information",
            get(door_desk::information).put(door_desk::put_information),
        )
        .route("/api/upload/look", post(uploads::look))
        .route("/api/upload/receipt", post(uploads::receipt))
        .route("/api/appointments/{appointment}/upload-folders", get(uploads::list).post(uploads::make))
        .route("/api/upload-folders/{folder}", delete(uploads::revoke))
        .route("/api/appointments/{appointment}/received", get(uploads::received))
        .route("/api/statistics", get(statistics::show))
        .route("/api/statistics.csv", get(statistics::table))
        .route("/api/statistics/services", get(statistics::services))
        .route("/api/retention", get(retention::show))
        .route("/api/retention/proofs.csv", get(retention::table))
        .route("/api/retention/appointments", post(retention::seek))
        .route("/api/retention/holds", post(retention::hold))
        .route("/api/retention/holds/{hold}", delete(retention::lift))
        .route("/api/trail", get(trail::list))
        .route("/api/trail/alerts", get(trail::alerts))
        .route("/api/guest/after/access", post(after::access))
        .route("/api/studies/{study}", delete(studies::withdraw))
        .route("/api/series/{series}/thumbnail", get(studies::thumbnail))
        .route("/api/guest/after/sign-in", post(patient_sign_in::begin))
        .route("/api/guest/after/sign-out", post(patient_sign_in::sign_out))
        .route("/documents/callback/{provider}", get(patient_sign_in::finish))
        .route("/documents/signed-out", get(patient_sign_in::signed_out))
        .route("/login", get(sign_in::begin))
        .route("/login/callback", get(sign_in::finish))
        .route("/login/callback/{provider}", get(sign_in::finish_at))
        .route("/login/front-channel-logout", get(sign_in::front_channel))
        .route("/login/signed-out", get(sign_in::signed_out))
        .route("/logout", post(sign_in::logout))
        .route("/api/socket-ticket", post(ticket::give))
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .route(
            "/api/appointments/{appointment}/summary",
            get(summary::show).put(summary::put).layer(DefaultBodyLimit::max(MAX_SUMMARY)),
        )
        .route(
            "/api/appointments/{appointment}/note",
            put(notes::put).layer(DefaultBodyLimit::max(MAX_SUMMARY)),
        )
        .route(
            "/api/admin/branding/logo",
            put(branding::put_logo).delete(branding::remove_logo).layer(DefaultBodyLimit::max(MAX_LOGO)),
        )
        .route("/api/reports/{report}", put(report::put).layer(DefaultBodyLimit::max(MAX_REPORT)))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, edge.answer_patience));
    let long = Router::new()
        .route("/api/appointments/{appointment}/studies", get(studies::list).post(studies::receive))
        .route("/api/appointments/{appointment}/files", post(files::share))
        .route("/api/appointments/{appointment}/files/{file}", get(files::fetch))
        .route("/api/upload", post(uploads::send))
        .route("/api/received/{upload}", get(uploads::fetch))
        .route("/api/received/{upload}/studies", post(uploads::put_among_studies))
        .route("/api/retention/run", post(retention::run))
        .route("/api/trail/export", get(trail::export))
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyTimeoutLayer::new(edge.upload_patience))
        // A browser that speaks HTTP/2 asks for a socket with CONNECT (RFC 8441 section 4), one that speaks HTTP/1.1 with GET.
        .route("/ws", any(socket::open))
        .route("/ws/agenda", any(agenda::open));
    Router::new()
        .merge(api)
        .merge(long)
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/health/startup", get(health::ready))
        .fallback(assets::serve)
        .layer(middleware::from_fn_with_state(edge.clone(), extract::refuse_foreign_origin))
        // A provider has no page of this site; it signs what it says.
        .route(
            "/login/back-channel-logout",
            post(sign_in::back_channel).layer(DefaultBodyLimit::max(MAX_JSON)),
        )
        // A mail server has no page of this site; it shows a secret.
        .route("/api/bounces", post(messages::bounced).layer(DefaultBodyLimit::max(MAX_JSON)))
        // A panic after a change leaves a record, too.
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(edge.clone(), acts::record))
        // A browser reports by itself, and not as a page would.
        .route(headers::REPORTS, post(csp_reports::receive).layer(DefaultBodyLimit::max(MAX_CSP_REPORT)))
        .with_state(edge.clone())
        .layer(middleware::from_fn_with_state(edge.clone(), ceiling::hold))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(edge.clone(), through::carry))
        .layer(middleware::from_fn(problem::word))
        .layer(middleware::from_fn_with_state(guards, headers::carry))
        .layer(middleware::from_fn_with_state(edge.clone(), request_id::give))
        .layer(middleware::from_fn_with_state(edge, metered::count))
}

/// Accounts of the gateway itself.
fn local_routes() -> Router<Edge> {
    Router::new()
        .route("/api/local", get(local::facts))
        .route("/api/local/sign-in", post(local::begin))
        .route("/api/local/second-step", post(local::finish))
        .route("/api/local/set-up/look", post(local::look))
        .route("/api/local/set-up/begin", post(local::begin_set_up))
        .route("/api/local/set-up/finish", post(local::finish_set_up))
        .route("/api/local/accounts", get(local::list).post(local::invite))
        .route("/api/local/accounts/{account}", delete(local::close))
        .route("/api/local/accounts/{account}/reset", post(local::reset))
        .route("/api/local/accounts/{account}/unlock", post(local::unlock))
        .route("/api/local/invitations/{invitation}", delete(local::withdraw))
        .route("/api/local/uses/unseen", get(local::unseen))
        .route("/api/local/uses/seen", post(local::seen))
}

/// What administrators see and change, and what programs read with the tokens that they give out.
fn administration_routes() -> Router<Edge> {
    Router::new()
        .route("/api/admin/people", get(people::list))
        .route("/api/admin/people/{practitioner}/roles", put(people::put_roles))
        .route("/api/admin/people/{practitioner}/disable", post(people::disable))
        .route("/api/admin/people/{practitioner}/enable", post(people::enable))
        .route("/api/admin/changes", get(people::changes))
        .route("/api/admin/sites", get(sites::list).put(sites::rename))
        .route("/api/admin/providers", get(providers::list).post(providers::make))
        .route("/api/admin/providers/{provider}", put(providers::put).delete(providers::remove))
        .route("/api/admin/providers/{provider}/switch", post(providers::switch))
        .route("/api/admin/providers/{provider}/trial", post(providers::try_out))
        .route("/api/admin/provider-trial", post(providers::try_draft))
        .route("/api/admin/pacs", get(pacs::list).post(pacs::make))
        .route("/api/admin/pacs/{pacs}", put(pacs::put).delete(pacs::remove))
        .route("/api/admin/pacs/{pacs}/switch", post(pacs::switch))
        .route("/api/admin/pacs/{pacs}/trial", post(pacs::try_out))
        .route("/api/admin/pacs-trial", post(pacs::try_draft))
        .route("/api/admin/senders", get(senders::show))
        .route("/api/admin/senders/email", put(senders::put_mail).delete(senders::remove_mail))
        .route("/api/admin/senders/sms", put(senders::put_sms).delete(senders::remove_sms))
        .route("/api/admin/senders/test", post(senders::test))
        .route("/api/admin/branding", get(branding::show).put(branding::put))
        .route("/api/admin/tokens", get(tokens::list).post(tokens::make))
        .route("/api/admin/tokens/{token}", delete(tokens::revoke))
        .route("/api/machine/services", get(tokens::services))
        .route("/api/machine/appointments", get(tokens::appointments))
        .route("/api/machine/statistics.csv", get(tokens::counts))
}

/// Schedules, slots, what becomes of appointments, and queues.
fn agenda_routes() -> Router<Edge> {
    Router::new()
        .route("/api/appointments/search", post(changes::search))
        .route("/api/appointments/{appointment}/move", post(changes::move_it))
        .route("/api/appointments/{appointment}/close", post(changes::close))
        .route("/api/appointments/{appointment}/chain", get(changes::chain))
        .route("/api/emergency", get(emergency::show))
        .route("/api/emergency/search", post(emergency::seek))
        .route("/api/appointments/{appointment}/emergency", post(emergency::begin))
        .route("/api/delegations", get(delegation::show).post(delegation::give))
        .route("/api/delegations/{delegation}", delete(delegation::revoke))
        .route("/api/services", get(services::list).post(services::make))
        .route("/api/services/candidates", get(services::candidates))
        .route("/api/services/{service}", put(services::put))
        .route("/api/services/{service}/slots", get(slots::list))
        .route("/api/services/{service}/queue", put(services::set_queue))
        .route("/api/services/{service}/schedule", get(services::schedule))
        .route("/api/services/{service}/patterns", post(services::add_pattern))
        .route(
            "/api/services/{service}/patterns/{pattern}",
            put(services::put_pattern).delete(services::remove_pattern),
        )
        .route("/api/services/{service}/exceptions", post(services::add_exception))
        .route("/api/services/{service}/exceptions/{exception}", delete(services::remove_exception))
        .route("/api/guest/slots", post(guest_changes::offered))
        .route("/api/guest/cancel", post(guest_changes::cancel))
        .route("/api/guest/reschedule", post(guest_changes::reschedule))
        .route("/api/queue", get(queue::list))
        .route("/api/queue/enter", post(queue::enter))
        .route("/api/queue/state", post(queue::state))
        .route("/api/queue/leave", post(queue::leave))
        .route("/api/queue/{entry}/take", post(queue::take))
        .route("/api/queue/{entry}/refuse", post(queue::refuse))
}
