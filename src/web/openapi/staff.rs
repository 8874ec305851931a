//! Who somebody is, what is the same for all, and what staff plan: operations of the sign-in, the agenda, services and queues.

use super::Book;
use super::operation::Shown;
use crate::protocol::{
    InvitedEntry, LocalStepEntry, SetUpDone, SetUpFactors, SetUpFacts, SignedOut, SocketTicket,
};
use crate::web::{
    agenda, appointments, branding, calendar, changes, csp_reports, delegation, diag, emergency, health,
    hospital, local, openapi, protection, queue, services, sign_in, slots, socket, ticket,
};
use axum::http::StatusCode;

const ANYBODY: &str = "anybody";
const STAFF: &str = "staff";
const MAY_BOOK: &str = "who may book: secretaries, doctors, radiologists";
const MAY_CHANGE: &str = "booked staff, secretaries";
const KEEPERS: &str = "secretaries, administrators";
const ADMINISTRATORS: &str = "administrators, with a proof of a moment ago for whatever changes something";
const IN_EMERGENCY: &str = "doctors, radiologists, nurses";
const SERVING: &str = "secretaries, members of the service who may be booked";

pub(super) fn write(book: &mut Book) {
    of_all(book);
    sign_in(book);
    accounts(book);
    agenda(book);
    stand_ins(book);
    services(book);
    queue(book);
}

fn of_all(book: &mut Book) {
    book.get("/api/openapi.json", openapi::show, "This document.", STAFF);
    book.get("/api/hospital", hospital::show, "What every page shows of the hospital.", ANYBODY);
    book.get("/api/hospital/logo", branding::logo, "The hospital's logo.", ANYBODY)
        .media(&["image/png", "image/svg+xml"], "The image.");
    book.get("/api/diag", diag::show, "Every way for media, with what a browser tries it alone.", ANYBODY);
    book.get(
        "/api/protection",
        protection::show,
        "How calls and data are protected; with facts of the deployment for administrators and auditors.",
        STAFF,
    );
    book.get("/health/live", health::live, "Whether the process answers.", ANYBODY);
    book.get("/health/ready", health::ready, "Whether it serves.", ANYBODY);
    book.get("/health/startup", health::ready, "Whether it has started.", ANYBODY);
    book.post(
        "/api/csp-report",
        csp_reports::receive,
        "What a page did against its policy.",
        "browsers, by themselves",
    )
    .bytes("A report or a list of reports (Content Security Policy Level 3).");
    book.post(
        "/api/socket-ticket",
        ticket::give,
        "A ticket for a WebSocket: good once, for half a minute.",
        "staff; whoever has a link",
    )
    .by(Shown::Login)
    .or_nobody()
    .tells::<SocketTicket>();
    book.get(
        "/ws",
        socket::open,
        "The WebSocket of a consultation, see docs/protocol.md. Over HTTP/2 it is asked for by CONNECT.",
        "whoever says hello with a ticket",
    )
    .by(Shown::Login)
    .or_nobody()
    .empty(StatusCode::SWITCHING_PROTOCOLS, "The WebSocket is open.");
    book.get(
        "/ws/agenda",
        agenda::open,
        "The WebSocket that tells when the agenda is to be fetched again.",
        STAFF,
    )
    .by(Shown::Login)
    .empty(StatusCode::SWITCHING_PROTOCOLS, "The WebSocket is open.");
}

fn sign_in(book: &mut Book) {
    let providers = "providers of sign-ins";
    book.get("/api/me", sign_in::me, "Who is signed in.", STAFF);
    book.get("/api/sign-in", sign_in::ways, "The providers to choose from.", ANYBODY);
    book.get(
        "/api/sign-in/activities",
        sign_in::activities,
        "Where whoever has just signed in may work.",
        STAFF,
    )
    .by(Shown::Login);
    book.post(
        "/api/sign-in/activity",
        sign_in::choose_activity,
        "Where they work.",
        "whoever has yet to choose",
    )
    .by(Shown::Login);
    book.get("/login", sign_in::begin, "Begins a sign-in at a provider.", ANYBODY).redirects();
    book.get("/login/callback", sign_in::finish, "Comes back from the hospital's provider.", ANYBODY)
        .redirects();
    book.get("/login/callback/{provider}", sign_in::finish_at, "Comes back from another provider.", ANYBODY)
        .redirects();
    book.get("/login/signed-out", sign_in::signed_out, "Comes back from a sign-out at a provider.", ANYBODY);
    book.get(
        "/login/front-channel-logout",
        sign_in::front_channel,
        "A page for a frame of a provider (OpenID Connect Front-Channel Logout 1.0).",
        providers,
    )
    .media(&["text/html"], "An empty page.");
    book.post(
        "/login/back-channel-logout",
        sign_in::back_channel,
        "A provider says that somebody is signed out (OpenID Connect Back-Channel Logout 1.0).",
        providers,
    )
    .empty(StatusCode::OK, "They are.")
    .refuses_as(StatusCode::BAD_REQUEST, &["application/json"], "The token is not good, or was taken before.")
    .refuses_as(
        StatusCode::SERVICE_UNAVAILABLE,
        &["application/json"],
        "It cannot be looked at just now.",
    );
    book.post("/logout", sign_in::logout, "Signs out; tells where the browser goes next.", ANYBODY)
        .by(Shown::Login)
        .or_nobody()
        .tells::<SignedOut>();
}

/// Accounts of the gateway itself.
fn accounts(book: &mut Book) {
    let invited = "whoever has the address of an invitation";
    book.get("/api/local", local::facts, "Whether there are accounts of the gateway itself.", ANYBODY);
    book.post("/api/local/sign-in", local::begin, "The first step of a sign-in: name and password.", ANYBODY)
        .tells::<LocalStepEntry>();
    book.post("/api/local/second-step", local::finish, "The second step: a second factor.", ANYBODY)
        .empty(StatusCode::NO_CONTENT, "Signed in: a cookie says so.");
    book.post("/api/local/set-up/look", local::look, "What an invitation is for; changes nothing.", invited)
        .tells::<SetUpFacts>();
    book.post("/api/local/set-up/begin", local::begin_set_up, "Sets a name and a password.", invited)
        .tells::<SetUpFactors>();
    book.post(
        "/api/local/set-up/finish",
        local::finish_set_up,
        "Sets a second factor, and signs in.",
        invited,
    )
    .tells::<SetUpDone>();
    book.get(
        "/api/local/accounts",
        local::list,
        "Accounts, invitations and what was done with them.",
        ADMINISTRATORS,
    );
    book.post(
        "/api/local/accounts",
        local::invite,
        "Invites somebody; the address is told this once.",
        ADMINISTRATORS,
    )
    .tells::<InvitedEntry>();
    book.delete(
        "/api/local/accounts/{account}",
        local::close,
        "Closes an account; nobody closes their own.",
        ADMINISTRATORS,
    );
    book.post(
        "/api/local/accounts/{account}/reset",
        local::reset,
        "An address at which it is set up anew.",
        ADMINISTRATORS,
    )
    .tells::<InvitedEntry>();
    book.post("/api/local/accounts/{account}/unlock", local::unlock, "Five more tries.", ADMINISTRATORS);
    book.delete(
        "/api/local/invitations/{invitation}",
        local::withdraw,
        "The invitation stops to work.",
        ADMINISTRATORS,
    );
    book.get("/api/local/uses/unseen", local::unseen, "How many lines are new.", ADMINISTRATORS);
    book.post("/api/local/uses/seen", local::seen, "These lines have been seen.", ADMINISTRATORS);
}

fn agenda(book: &mut Book) {
    book.get("/api/practitioners", appointments::practitioners, "Who can be booked.", MAY_BOOK);
    book.get(
        "/api/appointments",
        appointments::list,
        "Appointments of one day of the hospital's time zone, or of several (at most 42); what is not one's own only as far as one may.",
        STAFF,
    );
    book.post(
        "/api/appointments",
        appointments::book,
        "Books an appointment; each guest's link is told this once.",
        MAY_BOOK,
    );
    book.get("/api/appointments/{appointment}", appointments::show, "One appointment.", MAY_CHANGE);
    book.post(
        "/api/appointments/{appointment}/cancel",
        appointments::cancel,
        "It does not take place.",
        MAY_CHANGE,
    );
    book.post(
        "/api/appointments/{appointment}/noshow",
        appointments::miss,
        "The patient did not come.",
        MAY_CHANGE,
    );
    book.post(
        "/api/appointments/search",
        changes::search,
        "Patients whose name has these words, at most 50 appointments, the latest first. A body, because addresses get into logs.",
        STAFF,
    );
    book.post(
        "/api/appointments/{appointment}/move",
        changes::move_it,
        "A new appointment takes the place of this one, with new links.",
        MAY_CHANGE,
    );
    book.post(
        "/api/appointments/{appointment}/close",
        changes::close,
        "What became of a visit whose call does not say it; not while somebody is in the call.",
        MAY_CHANGE,
    );
    book.get(
        "/api/appointments/{appointment}/chain",
        changes::chain,
        "Appointments that replaced each other, then those that follow the last.",
        MAY_CHANGE,
    );
    let bookable = "who may be booked";
    book.get("/api/me/calendar", calendar::show, "Whether one's calendar has an address.", bookable);
    book.post("/api/me/calendar", calendar::make, "A new address, told this once.", bookable);
    book.delete("/api/me/calendar", calendar::remove, "The address stops to work.", bookable);
    book.get(
        "/calendar/{file}",
        calendar::feed,
        "`SECRET.ics`: a practitioner's appointments of a month back and a year ahead, no patient named.",
        "whoever has the address",
    )
    .media(&["text/calendar"], "iCalendar (RFC 5545).");
}

/// Access in an emergency, and acting for somebody.
fn stand_ins(book: &mut Book) {
    book.get(
        "/api/emergency",
        emergency::show,
        "One's own accesses that are open, and those of others to one's appointments.",
        IN_EMERGENCY,
    );
    book.post(
        "/api/emergency/search",
        emergency::seek,
        "Looks for an appointment by name and date of birth, or exactly one: twelve at once, one more each half minute.",
        IN_EMERGENCY,
    );
    book.post(
        "/api/appointments/{appointment}/emergency",
        emergency::begin,
        "Opens an appointment to read, with a reason, for the minutes of `[emergency]`.",
        IN_EMERGENCY,
    );
    book.get(
        "/api/delegations",
        delegation::show,
        "Who acts for oneself, for whom one acts, whom one may let act.",
        "doctors, radiologists, nurses, secretaries",
    );
    let givers = "doctors, radiologists";
    book.post("/api/delegations", delegation::give, "Lets somebody act for oneself.", givers);
    book.delete(
        "/api/delegations/{delegation}",
        delegation::revoke,
        "It is over at once, and whoever took a call over by it is out of it.",
        givers,
    );
}

fn services(book: &mut Book) {
    book.get(
        "/api/services",
        services::list,
        "Services; the code of a queue for its members and those who may change services.",
        STAFF,
    );
    book.post("/api/services", services::make, "A new service.", KEEPERS);
    book.get("/api/services/candidates", services::candidates, "Who can become a member.", KEEPERS);
    book.put("/api/services/{service}", services::put, "Name, members and rules of a service.", KEEPERS);
    book.put("/api/services/{service}/queue", services::set_queue, "The queue of a service.", KEEPERS);
    book.get(
        "/api/services/{service}/schedule",
        services::schedule,
        "Weekly hours, exceptions that are not past, public holidays of the next twelve months.",
        STAFF,
    );
    book.post(
        "/api/services/{service}/patterns",
        services::add_pattern,
        "New weekly hours; what was booked stays booked.",
        KEEPERS,
    );
    book.put(
        "/api/services/{service}/patterns/{pattern}",
        services::put_pattern,
        "Other weekly hours.",
        KEEPERS,
    );
    book.delete(
        "/api/services/{service}/patterns/{pattern}",
        services::remove_pattern,
        "No such hours.",
        KEEPERS,
    );
    book.post(
        "/api/services/{service}/exceptions",
        services::add_exception,
        "A day that is otherwise.",
        KEEPERS,
    );
    book.delete(
        "/api/services/{service}/exceptions/{exception}",
        services::remove_exception,
        "A day as others.",
        KEEPERS,
    );
    book.get(
        "/api/services/{service}/slots",
        slots::list,
        "Free time of members who may be booked, at most 62 days.",
        MAY_BOOK,
    );
}

fn queue(book: &mut Book) {
    let waiting = "whoever waits";
    book.get(
        "/api/queue",
        queue::list,
        "Who waits in the queues that one serves, the longest waiting first.",
        SERVING,
    );
    book.post(
        "/api/queue/enter",
        queue::enter,
        "A place, told this once; 30 wrong codes in ten minutes from one network are all that it may try.",
        "whoever has the code",
    );
    book.post(
        "/api/queue/state",
        queue::state,
        "The place; asking also says that the page is there.",
        waiting,
    );
    book.post("/api/queue/leave", queue::leave, "Gives the place up.", waiting);
    book.post(
        "/api/queue/{entry}/take",
        queue::take,
        "An appointment that begins now; the secret of the person's page becomes their link.",
        SERVING,
    );
    book.post("/api/queue/{entry}/refuse", queue::refuse, "The person is sent away.", SERVING);
}
