//! What guests do: operations at their door, after the visit, with appointments of theirs, and of whoever sends files by a link.

use super::Book;
use super::operation::Shown;
use super::visits::SHARED;
use crate::protocol::SignedOut;
use crate::web::{after, door, guest, guest_changes, patient_sign_in, uploads};

const HOLDER: &str = "whoever has a link";
const GUESTS: &str = "guests";
const AFTERWARDS: &str = "whoever has a link of a visit that is over";
const WITH_FACTOR: &str = "the patient, with a second factor";
const ANYBODY: &str = "anybody";
const SENDER: &str = "whoever has the link of a folder, or of a guest whose door is open";

pub(super) fn write(book: &mut Book) {
    doors(book);
    changes(book);
    afterwards(book);
    sending(book);
}

fn doors(book: &mut Book) {
    book.post(
        "/api/guest/look",
        guest::look,
        "Whether a link opens the door now, and what else is to be shown; changes nothing.",
        HOLDER,
    );
    book.post(
        "/api/guest/code",
        door::code,
        "Sends a code by SMS or e-mail: one a minute, five a day.",
        HOLDER,
    );
    book.post(
        "/api/guest/open",
        door::open,
        "Tries a code, a PIN or a date of birth; when it is right, a cookie holds the pass.",
        "whoever has a link, five times",
    );
    book.post(
        "/api/guest/information",
        door::information,
        "What is to be read before the visit; changes nothing.",
        HOLDER,
    );
    book.post(
        "/api/guest/consent",
        door::consent,
        "Staff see the answer; `out_of_order` when the text has changed.",
        "guests; to refuse, whoever has a link",
    );
    book.post("/api/guest/company", door::company, "Who is with the person.", GUESTS);
    book.post("/api/guest/rehearsal", door::rehearsal, "What a device test at home found.", HOLDER);
}

fn changes(book: &mut Book) {
    let patient = "the patient's link, where the service lets patients, in time";
    book.post(
        "/api/guest/slots",
        guest_changes::offered,
        "What the patient may change, until when, and free time of the same practitioners in the next 42 days; changes nothing.",
        "the patient's link",
    );
    book.post("/api/guest/cancel", guest_changes::cancel, "The patient does not come.", patient);
    book.post(
        "/api/guest/reschedule",
        guest_changes::reschedule,
        "To one of the slots that are offered.",
        patient,
    );
}

fn afterwards(book: &mut Book) {
    book.post(
        "/api/guest/after",
        after::show,
        "What is left of a visit; changes nothing. Documents are in it once a second factor was shown.",
        AFTERWARDS,
    );
    book.post(
        "/api/guest/after/access",
        after::access,
        "Who opened the patient's data, put together by person and act.",
        WITH_FACTOR,
    );
    book.post(
        "/api/guest/after/sign-in",
        patient_sign_in::begin,
        "Begins a sign-in at a provider of patients; tells where the browser goes.",
        "the patient's link of a visit that is over",
    );
    book.post(
        "/api/guest/after/sign-out",
        patient_sign_in::sign_out,
        "Ends the patient's login; tells where the browser goes next.",
        AFTERWARDS,
    )
    .tells::<SignedOut>();
    book.get(
        "/documents/callback/{provider}",
        patient_sign_in::finish,
        "A patient comes back from a provider of patients.",
        ANYBODY,
    )
    .redirects();
    book.get(
        "/documents/signed-out",
        patient_sign_in::signed_out,
        "A patient comes back from a sign-out at a provider.",
        ANYBODY,
    );
    book.post(
        "/api/guest/after/rating",
        after::rate,
        "What somebody thought of the visit, once.",
        AFTERWARDS,
    );
    book.post(
        "/api/guest/after/ask-back",
        after::ask_back,
        "Staff are told, within five minutes after the end.",
        AFTERWARDS,
    );
    book.post(
        "/api/guest/after/documents/{document}",
        after::fetch,
        "A document; written down with who, when and by which second factor.",
        WITH_FACTOR,
    )
    .media(&SHARED, "The bytes, as an attachment.");
}

/// Sending files by a link.
fn sending(book: &mut Book) {
    book.post("/api/upload/look", uploads::look, "Whether files go in now; changes nothing.", SENDER)
        .by(Shown::Folder)
        .by(Shown::Link)
        .or_nobody();
    book.post("/api/upload/receipt", uploads::receipt, "The receipt of bytes that came before.", SENDER)
        .by(Shown::Folder)
        .by(Shown::Link);
    book.post("/api/upload", uploads::send, "A file, with its length and SHA-256 in the address.", SENDER)
        .by(Shown::Folder)
        .by(Shown::Link)
        .header("x-file-name", "What it is called, percent-encoded.")
        .bytes("The file.");
}
