//! One visit, as staff see it: operations of the waiting room, who people are, images, notes, reports and what is given to a patient.

use super::Book;
use super::operation::Shown;
use crate::web::documents;
use crate::web::{
    door_desk, files, identity, key_images, links, messages, notes, pacs, protection, quality, record,
    report, studies, summary, uploads, waiting_room, worklist,
};

/// What files are that people share (`FileKind`).
pub(super) const SHARED: [&str; 6] = [
    "application/pdf",
    "image/jpeg",
    "image/png",
    "text/plain",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.oasis.opendocument.text",
];

/// What files are that came by a link, beside those (`ReceivedKind`).
const RECEIVED: [&str; 7] =
    ["video/mp4", "video/quicktime", "video/webm", "audio/mpeg", "audio/mp4", "audio/wav", "audio/ogg"];

const BOOKED: &str = "booked staff";
const MAY_CHANGE: &str = "booked staff, secretaries";
const IN_CALL: &str = "booked staff; guests in the call";
const FOLDERS: &str = "secretaries, who is booked";
const READERS: &str = "doctors and radiologists who are booked";

pub(super) fn write(book: &mut Book) {
    waiting(book);
    people(book);
    told(book);
    images(book);
    written(book);
    given(book);
    received(book);
}

fn waiting(book: &mut Book) {
    let members = "booked staff, members of the service, secretaries";
    book.get(
        "/api/waiting-room",
        waiting_room::list,
        "Who waits, in order; delays that hold; the services and what they decided.",
        "staff; each sees the appointments they are booked in and those of their services, a secretary all",
    );
    book.post(
        "/api/appointments/{appointment}/waiting/{participant}/message",
        waiting_room::message,
        "The person who waits reads it at once, and again on a page that is loaded again.",
        members,
    );
    book.post(
        "/api/appointments/{appointment}/waiting/{participant}/place",
        waiting_room::place,
        "The person stands before another one of the same room, or last.",
        members,
    );
    book.put(
        "/api/practitioners/{practitioner}/delay",
        waiting_room::delay,
        "All who wait for this person hear of it.",
        "the person, secretaries",
    );
    book.post(
        "/api/appointments/{appointment}/take-over",
        waiting_room::take_over,
        "From now on the member of the service holds the consultation as if booked.",
        "members of the service, where it allows that",
    );
    book.get(
        "/api/worklist",
        worklist::list,
        "Consultations that have begun today, are not over and have studies.",
        "radiologists",
    );
    book.post(
        "/api/appointments/{appointment}/drop-in",
        worklist::drop_in,
        "From now on the radiologist is in it, as if booked, but takes no slot and is no host.",
        "radiologists, while it runs",
    );
}

/// Links, doors, and who somebody is.
fn people(book: &mut Book) {
    book.post(
        "/api/appointments/{appointment}/participants/{participant}/link",
        links::issue,
        "A new link; older links of the person stop to work.",
        MAY_CHANGE,
    );
    book.delete(
        "/api/appointments/{appointment}/participants/{participant}/link",
        links::withdraw,
        "The person's link stops to work.",
        MAY_CHANGE,
    );
    book.post(
        "/api/appointments/{appointment}/participants/{participant}/pin",
        door_desk::pin,
        "A PIN, told this once; the one before opens nothing.",
        MAY_CHANGE,
    );
    book.post(
        "/api/appointments/{appointment}/participants/{participant}/unlock",
        door_desk::unlock,
        "Five more tries at the door.",
        MAY_CHANGE,
    );
    book.get(
        "/api/appointments/{appointment}/identity",
        identity::show,
        "Checks and national health identities, with who and when.",
        MAY_CHANGE,
    );
    book.post(
        "/api/appointments/{appointment}/participants/{participant}/identity",
        identity::check,
        "It was seen who somebody is.",
        BOOKED,
    );
    book.post(
        "/api/appointments/{appointment}/participants/{participant}/ins",
        identity::keep_ins,
        "The national health identity of a patient.",
        MAY_CHANGE,
    );
    book.post(
        "/api/appointments/{appointment}/participants/{participant}/number",
        pacs::visit::keep_number,
        "The number by which archives know the patient.",
        MAY_CHANGE,
    );
    book.get(
        "/api/appointments/{appointment}/protection",
        protection::of_call,
        "How the call is protected, and how the people of it proved who they are.",
        IN_CALL,
    )
    .by(Shown::Login)
    .by(Shown::Link);
}

/// Messages by e-mail and SMS.
fn told(book: &mut Book) {
    book.get(
        "/api/appointments/{appointment}/messages",
        messages::list,
        "What was or will be sent by e-mail and SMS, and what became of it.",
        MAY_CHANGE,
    );
    book.post(
        "/api/appointments/{appointment}/late",
        messages::late,
        "Everybody who can be reached is told that the doctor is late.",
        MAY_CHANGE,
    );
    book.post(
        "/api/messages/{message}/repeat",
        messages::repeat,
        "The same goes out once more, to the address that the person has now.",
        MAY_CHANGE,
    );
    let contact = "/api/appointments/{appointment}/participants/{participant}/contact";
    book.get(contact, messages::contact, "Where a guest is reached.", MAY_CHANGE);
    book.put(
        contact,
        messages::put_contact,
        "Sets that; what is missing of their messages goes out.",
        MAY_CHANGE,
    );
}

fn images(book: &mut Book) {
    book.get("/api/appointments/{appointment}/studies", studies::list, "Studies of the visit.", BOOKED);
    book.post(
        "/api/appointments/{appointment}/studies",
        studies::receive,
        "Takes images in, with a word on every file, and whose the objects are; guests bring a photograph.",
        IN_CALL,
    )
    .by(Shown::Login)
    .by(Shown::Link)
    .bytes("One object, or one ZIP.");
    book.get(
        "/api/appointments/{appointment}/pacs",
        pacs::visit::show,
        "Archives (PACS) that may be asked for the patient, and how far fetches are.",
        BOOKED,
    );
    book.post(
        "/api/appointments/{appointment}/pacs/search",
        pacs::visit::search,
        "What an archive holds of the patient, and nothing of anybody else.",
        BOOKED,
    );
    book.post(
        "/api/appointments/{appointment}/pacs/fetches",
        pacs::visit::fetch,
        "Fetches a study of the patient; it goes on by itself.",
        BOOKED,
    );
    book.delete(
        "/api/appointments/{appointment}/pacs/fetches/{fetch}",
        pacs::visit::stop,
        "Stops a fetch; what came in stays. One that has ended is told no more.",
        BOOKED,
    );
    book.delete(
        "/api/studies/{study}",
        studies::withdraw,
        "The study is listed and shown no more; brought again, it is there again.",
        BOOKED,
    );
    book.get("/api/series/{series}/thumbnail", studies::thumbnail, "A small picture of a series.", BOOKED)
        .media(&["image/jpeg", "image/png"], "The picture.");
    book.get(
        "/api/appointments/{appointment}/viewing",
        record::show,
        "What was shown step by step, and who saw it.",
        BOOKED,
    );
    book.get(
        "/api/steps/{step}/picture",
        record::picture,
        "What the viewport showed, rendered again, 320 x 240.",
        BOOKED,
    )
    .media(&["image/jpeg", "image/png"], "The picture.");
    book.get(
        "/api/appointments/{appointment}/key-images",
        key_images::list,
        "Images that were kept, oldest first.",
        BOOKED,
    );
    book.post(
        "/api/appointments/{appointment}/key-images/save",
        key_images::save,
        "Key object selections are written beside the studies.",
        BOOKED,
    );
    book.delete(
        "/api/key-images/{image}",
        key_images::remove,
        "It is kept no longer, and stands in no summary.",
        BOOKED,
    );
    book.put("/api/key-images/{image}/caption", key_images::caption, "Words below an image.", BOOKED);
    book.get(
        "/api/key-images/{image}/picture",
        key_images::picture,
        "At most 1024 pixels wide or high.",
        BOOKED,
    )
    .media(&["image/png"], "The picture.");
}

/// Notes, the summary, the report, and what was measured.
fn written(book: &mut Book) {
    book.get("/api/appointments/{appointment}/notes", notes::list, "Notes of every practitioner.", BOOKED);
    book.put(
        "/api/appointments/{appointment}/note",
        notes::put,
        "One's own note; `stale` when another window wrote since it was read.",
        BOOKED,
    );
    book.get(
        "/api/appointments/{appointment}/summary",
        summary::show,
        "What the patient takes home.",
        BOOKED,
    );
    book.put("/api/appointments/{appointment}/summary", summary::put, "Writes it.", BOOKED);
    book.get(
        "/api/appointments/{appointment}/summary.pdf",
        summary::document,
        "The summary in one language; 404 until it is written in that language.",
        BOOKED,
    )
    .media(&["application/pdf"], "The document, as an attachment.");
    book.get(
        "/api/appointments/{appointment}/report",
        report::show,
        "Every version of the report, with what the gateway adds.",
        BOOKED,
    );
    book.post(
        "/api/appointments/{appointment}/report",
        report::begin,
        "Begins the first version, or an amendment of a signed one, which says why.",
        BOOKED,
    );
    book.put("/api/reports/{report}", report::put, "Another text for the draft.", BOOKED);
    book.post("/api/reports/{report}/sign", report::sign, "Final from now on.", BOOKED);
    book.get(
        "/api/reports/{report}/document.pdf",
        report::show_document,
        "The version as PDF; of a signed one the bytes that were signed.",
        BOOKED,
    )
    .media(&["application/pdf"], "The document, as an attachment.");
    book.get(
        "/api/reports/{report}/bundle.json",
        report::show_bundle,
        "The version as a FHIR R4 document.",
        BOOKED,
    )
    .media(&["application/fhir+json"], "A Bundle.");
    book.get(
        "/api/appointments/{appointment}/quality",
        quality::show,
        "How the call went: what was measured, what went wrong, times by telephone.",
        BOOKED,
    );
}

/// What a patient gets, and what comes back.
fn given(book: &mut Book) {
    book.get(
        "/api/appointments/{appointment}/documents",
        documents::show,
        "What the patient may fetch, and who fetched what.",
        BOOKED,
    );
    book.put(
        "/api/appointments/{appointment}/documents",
        documents::put,
        "Says anew what the patient may fetch, all of it.",
        BOOKED,
    );
    book.get(
        "/api/appointments/{appointment}/after",
        documents::after,
        "Who asked to be called back, whether the visit may be opened again, what people thought of it.",
        BOOKED,
    );
    book.post(
        "/api/appointments/{appointment}/reopen",
        documents::reopen,
        "The visit goes on, within five minutes after its end.",
        BOOKED,
    );
    book.get(
        "/api/call-backs",
        documents::call_backs,
        "Who asked to be called back in the last five minutes, in visits of whoever asks.",
        "staff",
    );
    book.post("/api/appointments/{appointment}/files", files::share, "Shares a file in the call.", IN_CALL)
        .by(Shown::Login)
        .by(Shown::Link)
        .bytes("The file.");
    book.get("/api/appointments/{appointment}/files/{file}", files::fetch, "A file of the call.", IN_CALL)
        .by(Shown::Login)
        .by(Shown::Link)
        .media(&SHARED, "The bytes, as an attachment.");
}

/// Folders that are filled by a link.
fn received(book: &mut Book) {
    let folders = "/api/appointments/{appointment}/upload-folders";
    book.get(folders, uploads::list, "Folders of the visit that are filled by a link.", FOLDERS);
    book.post(folders, uploads::make, "A new folder; its link is told this once.", FOLDERS);
    book.delete("/api/upload-folders/{folder}", uploads::revoke, "Nothing more goes in.", FOLDERS);
    book.get("/api/appointments/{appointment}/received", uploads::received, "What came in.", READERS);
    book.get("/api/received/{upload}", uploads::fetch, "A file that came in.", READERS)
        .media(&[&SHARED[..], &RECEIVED[..]].concat(), "The bytes, as an attachment.");
    book.post(
        "/api/received/{upload}/studies",
        uploads::put_among_studies,
        "A picture or clip is among the studies too.",
        READERS,
    );
}
