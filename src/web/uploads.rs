//! Folders that people outside fill by a link: the sender's side, who reads nothing back but their own receipt, and the staff's.

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use super::acts::authorize;
use super::appointments::allowed;
use super::extract::{Body as JsonBody, One, SignedIn};
use super::files::{attachment, shown_link};
use super::problem::Failure;
use super::spool::{Landing, drain, spool};
use super::{Edge, guest, studies};
use crate::archive::Glance;
use crate::clinical::{
    Actor, Appointment, AppointmentId, FileReader, FolderSender, FolderWish, LinkDigest, NewUploadFolder,
    Object, Participant, Quota, ReceivedAs, ReceivedKind, ReceivedUpload, ReceivedUploadId, UploadFolder,
    UploadFolderId, Verb, is_dicom, sha256_hex, sha256_of_hex,
};
use crate::protocol::{
    FolderEntry, FolderRequest, FolderWord, IssuedFolder, ProblemCode, Receipt, ReceiptRequest,
    ReceivedEntry, UploadLook, UploadReceipt, time,
};

/// The longest file name that is read, in characters.
const MAX_NAME: usize = 200;

/// Who sends, into which folder of which appointment.
struct Sender {
    folder: UploadFolder,
    appointment: Appointment,
    actor: Actor,
    /// Something is to be shown besides the link, and was not.
    needs_pass: bool,
}

/// Finds the folder that the shown link opens, by its own secret or as the personal link of a guest.
async fn sender(edge: &Edge, headers: &HeaderMap) -> Result<Option<Sender>, Failure> {
    let Some(secret) = shown_link(headers) else { return Ok(None) };
    if let Some(folder) = edge.store.upload_folder_by_digest(LinkDigest::of(secret)).await? {
        let Some(appointment) = edge.store.appointment(folder.appointment).await? else { return Ok(None) };
        let actor = Actor::Sender { appointment: appointment.id };
        return Ok(Some(Sender { folder, appointment, actor, needs_pass: false }));
    }
    let Some((link, appointment)) = guest::find(edge, secret).await? else { return Ok(None) };
    let participant = link.participant;
    let Some(role) = appointment.participant(participant).map(Participant::role) else { return Ok(None) };
    let known = edge.store.upload_folder_of_guest(participant).await?;
    let mut folder = known.unwrap_or_else(|| {
        let id = UploadFolderId::new(edge.clock.new_uuid());
        UploadFolder::of_guest(id, &appointment, participant, link.expires_at, edge.clock.now())
    });
    // Whoever has a new link sends by that one.
    folder.expires_at = link.expires_at;
    folder.revoked_at = folder.revoked_at.or(link.revoked_at);
    let needs_pass = !guest::has_opened(edge, &link, &appointment, headers).await?;
    let actor = Actor::Guest { participant, role };
    Ok(Some(Sender { folder, appointment, actor, needs_pass }))
}

/// The sender, if files go in now.
async fn open(edge: &Edge, headers: &HeaderMap) -> Result<Sender, Failure> {
    let sender = sender(edge, headers).await?.ok_or_else(Failure::not_found)?;
    authorize(&sender.actor, Verb::FillFolder, &Object::Appointment(&sender.appointment))?;
    sender.folder.check(&sender.appointment, edge.clock.now())?;
    if sender.needs_pass {
        return Err(Failure::pass_needed());
    }
    Ok(sender)
}

/// `POST /api/upload/look`
pub(super) async fn look(State(edge): State<Edge>, headers: HeaderMap) -> Result<Json<UploadLook>, Failure> {
    let unknown = UploadLook {
        state: FolderWord::Unknown,
        is_guest: false,
        label: None,
        expires_at: None,
        bytes_left: 0.0,
        files_left: 0,
        max_bytes: 0.0,
    };
    let Some(Sender { folder, appointment, actor, needs_pass }) = sender(&edge, &headers).await? else {
        return Ok(Json(unknown));
    };
    if authorize(&actor, Verb::FillFolder, &Object::Appointment(&appointment)).is_err() {
        return Ok(Json(unknown));
    }
    let state = match state(&edge, &folder, &appointment) {
        FolderWord::Open if needs_pass => FolderWord::PassNeeded,
        state => state,
    };
    let is_guest = matches!(folder.sender, FolderSender::Guest(_));
    let left = folder.left();
    Ok(Json(UploadLook {
        state,
        is_guest,
        label: (!is_guest).then(|| folder.label.clone()),
        expires_at: (state == FolderWord::Open).then(|| time(folder.expires_at)),
        bytes_left: left.bytes as f64,
        files_left: left.files,
        max_bytes: edge.max_upload_bytes as f64,
    }))
}

fn state(edge: &Edge, folder: &UploadFolder, appointment: &Appointment) -> FolderWord {
    folder.check(appointment, edge.clock.now()).map_or_else(FolderWord::from, |()| FolderWord::Open)
}

/// `POST /api/upload/receipt`
pub(super) async fn receipt(
    State(edge): State<Edge>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<ReceiptRequest>,
) -> Result<Json<UploadReceipt>, Failure> {
    let Sender { folder, .. } = open(&edge, &headers).await?;
    let digest = sha256_of_hex(&request.sha256).ok_or_else(bad_digest)?;
    let known = edge.store.received_upload_with(folder.id, digest).await?.ok_or_else(Failure::not_found)?;
    Ok(Json(told(&known, true)))
}

fn bad_digest() -> Failure {
    Failure::bad_request("a SHA-256 is 64 hexadecimal digits")
}

fn told(upload: &ReceivedUpload, is_known: bool) -> UploadReceipt {
    let (objects, refused) = match upload.what {
        ReceivedAs::File(_) => (0, 0),
        ReceivedAs::Objects { objects, refused, .. } => (objects, refused),
    };
    UploadReceipt {
        receipt: upload.id.to_string(),
        at: time(upload.at),
        bytes: upload.bytes as f64,
        sha256: sha256_hex(&upload.digest),
        objects,
        refused,
        is_known,
    }
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct Announced {
    bytes: u64,
    sha256: String,
}

/// What the file is called, in the header `x-file-name`, percent-encoded (RFC 3986 section 2.1): an address ends up in logs, and names of
/// files often hold names of patients.
fn file_name(headers: &HeaderMap) -> String {
    let given = headers.get("x-file-name").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (mut bytes, mut rest) = (Vec::new(), given.bytes());
    while let Some(byte) = rest.next() {
        let digits = [rest.clone().next(), rest.clone().nth(1)];
        let digits = digits.map(|digit| digit.and_then(|digit| char::from(digit).to_digit(16)));
        match (byte, digits) {
            (b'%', [Some(high), Some(low)]) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest.nth(1);
            }
            _ => bytes.push(byte),
        }
    }
    let name = String::from_utf8_lossy(&bytes);
    name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}

/// `POST /api/upload?bytes=...&sha256=...`: one file as the body, of so many bytes and with this hash.
pub(super) async fn send(
    State(edge): State<Edge>,
    Query(announced): Query<Announced>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<UploadReceipt>, Failure> {
    let bytes = announced.bytes;
    let (folder, appointment, digest) = match admit(&edge, &announced, &headers).await {
        Ok(admitted) => admitted,
        Err(refused) => {
            drain(body).await;
            return Err(refused);
        }
    };
    let room = Room { edge: edge.clone(), folder: folder.id, bytes, is_settled: false };
    let landing = Landing::new(&edge).await?;
    let outcome = async {
        let path = landing.path();
        spool(&edge.archive, path, body, bytes, || checksum_mismatch("more came than was announced")).await?;
        take(&edge, &folder, &appointment, path, &file_name(&headers), digest, bytes).await
    };
    let outcome = outcome.await;
    landing.clear().await;
    match &outcome {
        Ok(receipt) if !receipt.is_known => room.fill(),
        _ => room.release().await?,
    }
    outcome.map(Json)
}

/// What a file takes of its folder while it comes in; given back unless it is kept, whatever becomes of the request.
struct Room {
    edge: Edge,
    folder: UploadFolderId,
    bytes: u64,
    is_settled: bool,
}

impl Room {
    /// The file is kept.
    fn fill(mut self) {
        self.is_settled = true;
    }

    async fn release(mut self) -> Result<(), Failure> {
        self.edge.store.release_upload(self.folder, self.bytes).await?;
        self.is_settled = true;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // While the program ends there is nothing to do it in.
        if self.is_settled || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let (edge, folder, bytes) = (self.edge.clone(), self.folder, self.bytes);
        self.edge.tasks.spawn("room of an upload", async move {
            if let Err(error) = edge.store.release_upload(folder, bytes).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "room in a folder was not given back"
                );
            }
        });
    }
}

/// Whether what is announced may come; its room in the folder is taken then.
async fn admit(
    edge: &Edge,
    announced: &Announced,
    headers: &HeaderMap,
) -> Result<(UploadFolder, Appointment, [u8; 32]), Failure> {
    let Sender { folder, appointment, .. } = open(edge, headers).await?;
    let digest = sha256_of_hex(&announced.sha256).ok_or_else(bad_digest)?;
    let bytes = announced.bytes;
    if bytes == 0 {
        return Err(Failure::bad_request("an empty file is none"));
    }
    if bytes > edge.max_upload_bytes {
        return Err(too_large(edge.max_upload_bytes));
    }
    if matches!(folder.sender, FolderSender::Guest(_)) {
        edge.store.add_upload_folder(&folder).await?;
    }
    // Two that came first at one time made one folder.
    let folder = match folder.sender {
        FolderSender::Guest(participant) => {
            edge.store.upload_folder_of_guest(participant).await?.ok_or_else(Failure::not_found)?
        }
        FolderSender::Centre(_) => folder,
    };
    if !edge.store.reserve_upload(folder.id, bytes).await? {
        let detail = "the folder takes no more: ask the hospital for another link";
        return Err(Failure::new(StatusCode::CONFLICT, ProblemCode::QuotaExceeded, detail));
    }
    Ok((folder, appointment, digest))
}

fn too_large(most: u64) -> Failure {
    let detail = format!("a file has at most {} MiB", most >> 20);
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, ProblemCode::TooLarge, detail)
}

fn checksum_mismatch(detail: &'static str) -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::ChecksumMismatch, detail)
}

/// Compares what has come with what was announced, and keeps it: images among the studies, the rest as it is.
async fn take(
    edge: &Edge,
    folder: &UploadFolder,
    appointment: &Appointment,
    path: &std::path::Path,
    name: &str,
    digest: [u8; 32],
    bytes: u64,
) -> Result<UploadReceipt, Failure> {
    let head = usize::try_from(ReceivedKind::MAX_TEXT).unwrap_or(usize::MAX);
    let Glance { head, is_whole, bytes: came, content, entries } = edge.archive.glance(path, head).await?;
    if (came, content) != (bytes, digest) {
        return Err(checksum_mismatch("what came is not what was announced: send it again"));
    }
    if let Some(known) = edge.store.received_upload_with(folder.id, digest).await? {
        return Ok(told(&known, true));
    }
    let kind = if is_dicom(&head) { None } else { ReceivedKind::sniff(&head, is_whole, &entries) };
    let (what, kept_as) = match kind {
        Some(kind) if bytes > ReceivedKind::MAX_BYTES => {
            tracing::info!(file.bytes = bytes, file.kind = kind.media_type(), "a file by link was too large");
            return Err(too_large(ReceivedKind::MAX_BYTES));
        }
        Some(kind) => (ReceivedAs::File(kind), kind.name(name)),
        None => (take_in(edge, appointment, path, name).await?, ReceivedKind::name_of_images(name)),
    };
    let upload = ReceivedUpload {
        id: ReceivedUploadId::new(edge.clock.new_uuid()),
        folder: folder.id,
        appointment: appointment.id,
        at: edge.clock.now(),
        name: kept_as,
        bytes,
        digest,
        what,
    };
    if matches!(what, ReceivedAs::File(_)) {
        // The row is there before somebody else looks whether anything names the file.
        let shelf = edge.archive.shelf().await;
        shelf.keep(path, digest).await?;
        edge.store.add_received_upload(&upload).await?;
    } else {
        edge.store.add_received_upload(&upload).await?;
    }
    tracing::info!(
        appointment.id = %appointment.id, folder.id = %folder.id, file.bytes = bytes,
        "a file came by a link"
    );
    Ok(told(&upload, false))
}

/// Into the studies, as an upload of staff; whose they are staff will check.
async fn take_in(
    edge: &Edge,
    appointment: &Appointment,
    path: &std::path::Path,
    name: &str,
) -> Result<ReceivedAs, Failure> {
    let Receipt { received, patients, refused, .. } = studies::take_in(edge, appointment, path, name).await?;
    if received == 0 {
        let detail = "there is nothing in it that can be taken";
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ProblemCode::WrongFileKind, detail));
    }
    let has_other_patient = patients.iter().any(|patient| patient.is_other_patient)
        || refused.iter().any(|file| file.code == ProblemCode::OtherPatient);
    Ok(ReceivedAs::Objects {
        objects: received,
        refused: super::receipt::count(refused.len()),
        has_other_patient,
    })
}

/// `POST /api/appointments/{appointment}/upload-folders`
pub(super) async fn make(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
    JsonBody(request): JsonBody<FolderRequest>,
) -> Result<(StatusCode, Json<IssuedFolder>), Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::ManageFolders).await?;
    let folders = edge.store.upload_folders_of(id).await?.len();
    let wish = FolderWish {
        label: request.label.into_inner(),
        quota: Quota { bytes: u64::from(request.quota_mib) << 20, files: request.quota_files },
        days: request.days,
    };
    let folder = UploadFolderId::new(edge.clock.new_uuid());
    let (random, by, now) = (edge.clock.random_bytes(), signed_in.0.id, edge.clock.now());
    let new = NewUploadFolder::make(folder, random, &appointment, wish, folders, by, now)?;
    edge.store.add_upload_folder(&new.folder).await?;
    tracing::info!(appointment.id = %id, folder.id = %folder, practitioner.id = %by, "an upload folder was made");
    let address = new.address(edge.public_url.as_str());
    let folder = folder_entry(&edge, &new.folder, &appointment);
    Ok((StatusCode::CREATED, Json(IssuedFolder { folder, address })))
}

/// `GET /api/appointments/{appointment}/upload-folders`
pub(super) async fn list(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<Vec<FolderEntry>>, Failure> {
    let appointment = allowed(&edge, &signed_in, id, Verb::ManageFolders).await?;
    let folders = edge.store.upload_folders_of(id).await?;
    Ok(Json(folders.iter().map(|folder| folder_entry(&edge, folder, &appointment)).collect()))
}

fn folder_entry(edge: &Edge, folder: &UploadFolder, appointment: &Appointment) -> FolderEntry {
    FolderEntry {
        folder: folder.id.to_string(),
        label: folder.label.clone(),
        is_guest: matches!(folder.sender, FolderSender::Guest(_)),
        state: state(edge, folder, appointment),
        expires_at: time(folder.expires_at),
        quota_bytes: folder.quota.bytes as f64,
        quota_files: folder.quota.files,
        used_bytes: folder.used.bytes as f64,
        used_files: folder.used.files,
    }
}

/// `DELETE /api/upload-folders/{folder}`: nothing more goes into it; what came stays.
pub(super) async fn revoke(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<UploadFolderId>,
) -> Result<StatusCode, Failure> {
    let folder = edge.store.upload_folder(id).await?.ok_or_else(Failure::not_found)?;
    allowed(&edge, &signed_in, folder.appointment, Verb::ManageFolders).await?;
    edge.store.revoke_upload_folder(id, edge.clock.now()).await?;
    tracing::info!(folder.id = %id, practitioner.id = %signed_in.0.id, "an upload folder was withdrawn");
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/appointments/{appointment}/received`
pub(super) async fn received(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<AppointmentId>,
) -> Result<Json<Vec<ReceivedEntry>>, Failure> {
    allowed(&edge, &signed_in, id, Verb::ReadReceived).await?;
    let folders = edge.store.upload_folders_of(id).await?;
    let uploads = edge.store.received_uploads_of(id).await?;
    let among = edge.store.uploads_among_images(id).await?;
    let entry = |upload: ReceivedUpload| {
        let is_among_images = among.contains(&upload.id);
        received_entry(upload, &folders, is_among_images)
    };
    Ok(Json(uploads.into_iter().map(entry).collect()))
}

fn received_entry(upload: ReceivedUpload, folders: &[UploadFolder], is_among_images: bool) -> ReceivedEntry {
    let folder = folders.iter().find(|folder| folder.id == upload.folder);
    let (objects, refused, is_other_patient, kind) = match upload.what {
        ReceivedAs::File(kind) => (0, 0, false, Some(kind)),
        ReceivedAs::Objects { objects, refused, has_other_patient } => {
            (objects, refused, has_other_patient, None)
        }
    };
    ReceivedEntry {
        upload: upload.id.to_string(),
        at: time(upload.at),
        name: upload.name.expose().into(),
        label: folder.map(|folder| folder.label.clone()).unwrap_or_default(),
        is_guest: folder.is_some_and(|folder| matches!(folder.sender, FolderSender::Guest(_))),
        bytes: upload.bytes as f64,
        sha256: sha256_hex(&upload.digest),
        objects,
        refused,
        is_other_patient,
        is_among_images,
        reader: kind.map_or(FileReader::None, ReceivedKind::reader).into(),
        media_type: kind.map_or("", ReceivedKind::media_type).to_owned(),
    }
}

/// A file that this member of staff may read.
async fn readable(
    edge: &Edge,
    signed_in: &SignedIn,
    id: ReceivedUploadId,
) -> Result<(ReceivedUpload, ReceivedKind, Appointment), Failure> {
    let upload = edge.store.received_upload(id).await?.ok_or_else(Failure::not_found)?;
    let appointment = allowed(edge, signed_in, upload.appointment, Verb::ReadReceived).await?;
    match upload.what {
        ReceivedAs::File(kind) => Ok((upload, kind, appointment)),
        ReceivedAs::Objects { .. } => Err(Failure::not_found()),
    }
}

/// `GET /api/received/{upload}`: the bytes as they came, never run by a browser: the page reads them, and makes of them what it shows.
pub(super) async fn fetch(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<ReceivedUploadId>,
) -> Result<Response, Failure> {
    let (upload, kind, appointment) = readable(&edge, &signed_in, id).await?;
    let bytes = edge.archive.shared_file(upload.digest).await?;
    tracing::info!(
        appointment.id = %appointment.id, upload.id = %id, practitioner.id = %signed_in.0.id,
        "a file that came by a link was read"
    );
    Ok(attachment(bytes, upload.name.expose(), kind.media_type()))
}

/// `POST /api/received/{upload}/studies`: a picture or clip is put among the images too, so that it can be shown in the call.
pub(super) async fn put_among_studies(
    State(edge): State<Edge>,
    signed_in: SignedIn,
    One(id): One<ReceivedUploadId>,
) -> Result<Json<Receipt>, Failure> {
    let (upload, _, appointment) = readable(&edge, &signed_in, id).await?;
    authorize(&signed_in.actor(), Verb::AddStudies, &Object::Appointment(&appointment))?;
    let bytes = edge.archive.shared_file(upload.digest).await?;
    let landing = Landing::new(&edge).await?;
    let outcome = async {
        let mut copy = edge.archive.incoming(landing.path()).await?;
        copy.write(&bytes).await?;
        copy.finish().await?;
        studies::take_in(&edge, &appointment, landing.path(), upload.name.expose()).await
    };
    let outcome = outcome.await;
    landing.clear().await;
    let receipt = outcome?;
    if receipt.received > 0 {
        edge.store.put_upload_among_images(id, edge.clock.now()).await?;
    }
    Ok(Json(receipt))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_name_comes_percent_encoded_and_whatever_it_is_it_is_a_name() {
        for (given, name) in [
            ("IRM%20%C3%A9paule.zip", "IRM épaule.zip"),
            ("100%", "100%"),
            ("a%0d%0ab%2", "ab%2"),
            ("%FF", "\u{fffd}"),
            ("", ""),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-file-name", HeaderValue::from_str(given).unwrap());
            assert_eq!(file_name(&headers), name, "{given}");
        }
        assert_eq!(file_name(&HeaderMap::new()), "");
    }
}
