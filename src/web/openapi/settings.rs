//! What holds for the whole hospital: operations of the administration, the trail, what is deleted, counts, texts, and programs with a token.

use super::Book;
use super::operation::Shown;
use crate::protocol::IssuedToken;
use crate::web::{
    branding, door_desk, messages, pacs, people, providers, retention, senders, sites, statistics, templates,
    tokens, trail, waiting_room,
};

const ADMINISTRATORS: &str = "administrators, with a proof of a moment ago for whatever changes something";
const READERS: &str = "administrators, auditors";
const COUNTERS: &str = "administrators; secretaries who work in that service";

pub(super) fn write(book: &mut Book) {
    administration(book);
    senders_and_providers(book);
    archives(book);
    programs(book);
    texts(book);
    counts(book);
    trail(book);
}

fn administration(book: &mut Book) {
    book.get(
        "/api/admin/people",
        people::list,
        "Staff, with their roles and where these come from.",
        ADMINISTRATORS,
    );
    book.put("/api/admin/people/{practitioner}/roles", people::put_roles, "Roles by hand.", ADMINISTRATORS);
    book.post(
        "/api/admin/people/{practitioner}/disable",
        people::disable,
        "They are signed out everywhere, and stay out; nobody disables themselves.",
        ADMINISTRATORS,
    );
    book.post(
        "/api/admin/people/{practitioner}/enable",
        people::enable,
        "They may sign in again.",
        ADMINISTRATORS,
    );
    book.get("/api/admin/changes", people::changes, "What was changed, the newest first.", ADMINISTRATORS);
    book.get("/api/admin/sites", sites::list, "Places of the hospital, by its services.", ADMINISTRATORS);
    book.put("/api/admin/sites", sites::rename, "Another name for a place.", ADMINISTRATORS);
    book.get(
        "/api/admin/branding",
        branding::show,
        "Name, telephone number and colour as they were set.",
        ADMINISTRATORS,
    );
    book.put("/api/admin/branding", branding::put, "Sets them.", ADMINISTRATORS);
    book.put("/api/admin/branding/logo", branding::put_logo, "Another logo.", ADMINISTRATORS)
        .bytes("PNG, or SVG that only draws; at most 256 KiB.");
    book.delete("/api/admin/branding/logo", branding::remove_logo, "No logo.", ADMINISTRATORS);
    book.put(
        "/api/services/{service}/waiting-policy",
        waiting_room::set_policy,
        "Who of a service may take calls over, and what who waits is told.",
        "secretaries, administrators",
    );
    book.get(
        "/api/services/{service}/door",
        door_desk::rules,
        "What a service asks for and says at its door.",
        ADMINISTRATORS,
    );
    book.put("/api/services/{service}/door", door_desk::put_rules, "Sets that.", ADMINISTRATORS);
    book.get(
        "/api/services/{service}/information",
        door_desk::information,
        "What patients of a service agree to.",
        ADMINISTRATORS,
    );
    book.put(
        "/api/services/{service}/information",
        door_desk::put_information,
        "A new version of it.",
        ADMINISTRATORS,
    );
}

/// What messages go out by, and where staff sign in.
fn senders_and_providers(book: &mut Book) {
    book.get("/api/admin/senders", senders::show, "What messages go out by.", ADMINISTRATORS);
    book.post(
        "/api/admin/senders/test",
        senders::test,
        "Sends one message, to see it arrive.",
        ADMINISTRATORS,
    );
    book.put(
        "/api/admin/senders/email",
        senders::put_mail,
        "The mail server, in use at once.",
        ADMINISTRATORS,
    );
    book.delete(
        "/api/admin/senders/email",
        senders::remove_mail,
        "No mail server of the page.",
        ADMINISTRATORS,
    );
    book.put("/api/admin/senders/sms", senders::put_sms, "The SMS gateway, in use at once.", ADMINISTRATORS);
    book.delete("/api/admin/senders/sms", senders::remove_sms, "No SMS gateway of the page.", ADMINISTRATORS);
    book.get(
        "/api/admin/providers",
        providers::list,
        "Identity providers of the file and of the page, and whether they are reached.",
        ADMINISTRATORS,
    );
    book.post("/api/admin/providers", providers::make, "A new one, in use at once.", ADMINISTRATORS);
    book.put(
        "/api/admin/providers/{provider}",
        providers::put,
        "Other settings; an empty secret leaves the one that is kept.",
        ADMINISTRATORS,
    );
    book.delete("/api/admin/providers/{provider}", providers::remove, "It is gone.", ADMINISTRATORS);
    book.post(
        "/api/admin/providers/{provider}/switch",
        providers::switch,
        "On or off; the last way in of an administrator stays on.",
        ADMINISTRATORS,
    );
    book.post(
        "/api/admin/providers/{provider}/trial",
        providers::try_out,
        "Asks it for its discovery document and keys.",
        ADMINISTRATORS,
    );
    book.post(
        "/api/admin/provider-trial",
        providers::try_draft,
        "The same for one that is not kept yet.",
        ADMINISTRATORS,
    );
}

/// Archives of images.
fn archives(book: &mut Book) {
    book.get(
        "/api/admin/pacs",
        pacs::list,
        "Archives of images (PACS), and whether they are reached.",
        ADMINISTRATORS,
    );
    book.post("/api/admin/pacs", pacs::make, "A new one, in use at once.", ADMINISTRATORS);
    book.put(
        "/api/admin/pacs/{pacs}",
        pacs::put,
        "Other settings; an empty secret leaves the one that is kept.",
        ADMINISTRATORS,
    );
    book.delete(
        "/api/admin/pacs/{pacs}",
        pacs::remove,
        "It is gone; what came from it stays.",
        ADMINISTRATORS,
    );
    book.post("/api/admin/pacs/{pacs}/switch", pacs::switch, "On or off.", ADMINISTRATORS);
    book.post(
        "/api/admin/pacs/{pacs}/trial",
        pacs::try_out,
        "Asks it over DICOMweb for one study, and tells only whether it answers as it should.",
        ADMINISTRATORS,
    );
    book.post(
        "/api/admin/pacs-trial",
        pacs::try_draft,
        "The same for one that is not kept yet.",
        ADMINISTRATORS,
    );
}

/// Tokens, and what programs read with them.
fn programs(book: &mut Book) {
    book.get("/api/admin/tokens", tokens::list, "Tokens of programs, without their secrets.", ADMINISTRATORS);
    book.post("/api/admin/tokens", tokens::make, "A new token, told this once.", ADMINISTRATORS)
        .makes::<IssuedToken>();
    book.delete("/api/admin/tokens/{token}", tokens::revoke, "The token opens nothing more.", ADMINISTRATORS);
    book.get(
        "/api/machine/services",
        tokens::services,
        "The services that the token names.",
        "programs that read services",
    );
    book.get(
        "/api/machine/appointments",
        tokens::appointments,
        "Appointments of a service, days of the hospital's time zone, both included.",
        "programs that read appointments",
    );
    book.get(
        "/api/machine/statistics.csv",
        tokens::counts,
        "Counts of a service as a table.",
        "programs that read statistics",
    )
    .media(&["text/csv"], "The table (RFC 4180).");
}

/// What is sent, and by which words.
fn texts(book: &mut Book) {
    book.get(
        "/api/outbox",
        messages::outbox,
        "The last 200 messages; in the demonstration with what they would say.",
        "secretaries, administrators",
    );
    book.get(
        "/api/messages/alarms",
        messages::alarms,
        "Appointments to come of which a message failed or came back, and was not sent since.",
        "staff, as the agenda",
    );
    book.post(
        "/api/bounces",
        messages::bounced,
        "A message came back.",
        "the hospital's mail server, from no page",
    )
    .by(Shown::MailServer);
    book.get("/api/templates", templates::list, "Texts of messages.", ADMINISTRATORS);
    book.put("/api/templates/{kind}/{channel}/{language}", templates::put, "Another text.", ADMINISTRATORS);
    book.delete(
        "/api/templates/{kind}/{channel}/{language}",
        templates::remove,
        "The program's own text is back.",
        ADMINISTRATORS,
    );
    book.post(
        "/api/templates/{kind}/{channel}/{language}/preview",
        templates::preview,
        "What a text would say; changes nothing.",
        ADMINISTRATORS,
    );
    book.get("/api/reminders", templates::reminders, "When services remind patients.", ADMINISTRATORS);
    book.put(
        "/api/services/{service}/reminders",
        templates::remind,
        "Sets that; it holds for what is booked from then on.",
        ADMINISTRATORS,
    );
}

fn counts(book: &mut Book) {
    book.get(
        "/api/statistics/services",
        statistics::services,
        "Of what one may see counts.",
        "administrators, secretaries",
    );
    book.get("/api/statistics", statistics::show, "What is counted of visits.", COUNTERS);
    book.get("/api/statistics.csv", statistics::table, "The same as a table.", COUNTERS)
        .media(&["text/csv"], "The table (RFC 4180).");
}

/// What was done, and what is deleted.
fn trail(book: &mut Book) {
    book.get("/api/trail", trail::list, "Records, 50 at a time, the newest first.", READERS);
    book.get(
        "/api/trail/alerts",
        trail::alerts,
        "Of 30 days: mass access, access in an emergency, records that were lost.",
        READERS,
    );
    book.get("/api/trail/export", trail::export, "The whole chain with its signed heads.", READERS)
        .media(&["application/jsonl"], "A JSON object a line; `parvis audit verify` reads it.");
    book.get(
        "/api/retention",
        retention::show,
        "How long what is kept, and what was deleted.",
        ADMINISTRATORS,
    );
    book.get("/api/retention/proofs.csv", retention::table, "All proofs of deletion.", ADMINISTRATORS)
        .media(&["text/csv"], "The table (RFC 4180).");
    book.post("/api/retention/run", retention::run, "What is due is deleted now.", ADMINISTRATORS);
    book.post(
        "/api/retention/appointments",
        retention::seek,
        "By name and day, at most 50, to be held.",
        ADMINISTRATORS,
    );
    book.post(
        "/api/retention/holds",
        retention::hold,
        "Nothing of the appointment is deleted.",
        ADMINISTRATORS,
    );
    book.delete(
        "/api/retention/holds/{hold}",
        retention::lift,
        "It is deleted when it is due.",
        ADMINISTRATORS,
    );
}
