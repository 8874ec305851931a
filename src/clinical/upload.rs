//! Folders that people outside fill by a link: what a link opens, how much goes in, what is taken. Nothing is read back through them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::{
    Appointment, AppointmentId, FileKind, FileName, LinkDigest, ParticipantId, PractitionerId,
    ReceivedUploadId, UploadFolderId,
};
use crate::secret::{Pii, Secret};

/// A folder as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadFolder {
    pub id: UploadFolderId,
    pub appointment: AppointmentId,
    pub sender: FolderSender,
    /// What staff call whoever sends; the sender sees it too.
    pub label: Pii<String>,
    /// Who made it; `None` for a guest's, which is there from the first file.
    pub made_by: Option<PractitionerId>,
    pub made_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub quota: Quota,
    pub used: Quota,
}

/// By what a folder is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderSender {
    /// By the personal link of this guest.
    Guest(ParticipantId),
    /// By a link of its own.
    Centre(LinkDigest),
}

/// An amount of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    pub bytes: u64,
    pub files: u32,
}

/// What staff ask for when they make a folder for a centre.
#[derive(Clone, Debug)]
pub struct FolderWish {
    pub label: String,
    pub quota: Quota,
    pub days: u32,
}

/// Why a folder is not made as it is wished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FolderWishError {
    #[error("a label has 1 to {} characters", UploadFolder::MAX_LABEL)]
    Label,
    #[error("a folder takes at least one byte and one file, and at most {} GiB and {} files",
        UploadFolder::MAX_QUOTA.bytes >> 30, UploadFolder::MAX_QUOTA.files)]
    Quota,
    #[error("a folder is open for 1 to {} days", UploadFolder::MAX_DAYS)]
    Days,
    #[error("the appointment is over")]
    Over,
    #[error("an appointment has at most {} folders", UploadFolder::MAX_FOLDERS)]
    TooMany,
}

/// A folder of a centre with the secret that opens it, before the secret is handed on and forgotten.
#[derive(Clone, Debug)]
pub struct NewUploadFolder {
    pub folder: UploadFolder,
    pub secret: Secret<String>,
}

/// Why nothing goes into a folder now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FolderClosed {
    #[error("the link was withdrawn")]
    Revoked,
    #[error("the link has expired")]
    Expired,
    #[error("the appointment was called off or is over")]
    Over,
}

impl UploadFolder {
    /// The longest label, in characters.
    pub const MAX_LABEL: usize = 120;
    /// The most that staff can give a centre.
    pub const MAX_QUOTA: Quota = Quota { bytes: 20 << 30, files: 20_000 };
    /// What a guest sends: a CD of images, or the photographs of a folder of paper.
    pub const GUEST_QUOTA: Quota = Quota { bytes: 2 << 30, files: 3000 };
    pub const MAX_DAYS: u32 = 90;
    /// Folders of one appointment, those that were withdrawn among them.
    pub const MAX_FOLDERS: usize = 20;

    /// The folder of a guest, which nobody has to make. It is open as long as their link may be.
    pub fn of_guest(
        id: UploadFolderId,
        appointment: &Appointment,
        participant: ParticipantId,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        let name = appointment.participant(participant).map(|person| person.name.clone()).unwrap_or_default();
        Self {
            id,
            appointment: appointment.id,
            sender: FolderSender::Guest(participant),
            label: name,
            made_by: None,
            made_at: now,
            expires_at,
            revoked_at: None,
            quota: Self::GUEST_QUOTA,
            used: Quota::default(),
        }
    }

    /// Whether files go in now. `appointment` is the folder's own.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, appointment: &Appointment, now: DateTime<Utc>) -> Result<(), FolderClosed> {
        if self.revoked_at.is_some() {
            return Err(FolderClosed::Revoked);
        }
        if appointment.status.is_over() {
            return Err(FolderClosed::Over);
        }
        if now >= self.expires_at { Err(FolderClosed::Expired) } else { Ok(()) }
    }

    /// What still goes in.
    pub fn left(&self) -> Quota {
        Quota {
            bytes: self.quota.bytes.saturating_sub(self.used.bytes),
            files: self.quota.files.saturating_sub(self.used.files),
        }
    }
}

impl NewUploadFolder {
    /// Makes a folder for a centre. `random` are 256 bits that nobody can guess; `folders`: those that the appointment has.
    ///
    /// # Errors
    /// If the wish is out of bounds, or the appointment takes no more.
    pub fn make(
        id: UploadFolderId,
        random: [u8; 32],
        appointment: &Appointment,
        wish: FolderWish,
        folders: usize,
        by: PractitionerId,
        now: DateTime<Utc>,
    ) -> Result<Self, FolderWishError> {
        let FolderWish { label, quota, days } = wish;
        let label: String = label.trim().chars().filter(|c| !c.is_control()).collect();
        if !(1..=UploadFolder::MAX_LABEL).contains(&label.chars().count()) {
            return Err(FolderWishError::Label);
        }
        let most = UploadFolder::MAX_QUOTA;
        if !(1..=most.bytes).contains(&quota.bytes) || !(1..=most.files).contains(&quota.files) {
            return Err(FolderWishError::Quota);
        }
        if !(1..=UploadFolder::MAX_DAYS).contains(&days) {
            return Err(FolderWishError::Days);
        }
        if appointment.status.is_over() {
            return Err(FolderWishError::Over);
        }
        if folders >= UploadFolder::MAX_FOLDERS {
            return Err(FolderWishError::TooMany);
        }
        let secret = BASE64_URL_SAFE_NO_PAD.encode(random);
        let folder = UploadFolder {
            id,
            appointment: appointment.id,
            sender: FolderSender::Centre(LinkDigest::of(&secret)),
            label: label.into(),
            made_by: Some(by),
            made_at: now,
            expires_at: now + TimeDelta::days(days.into()),
            revoked_at: None,
            quota,
            used: Quota::default(),
        };
        Ok(Self { folder, secret: Secret::new(secret) })
    }

    /// The whole address. Browsers send the part after `#` to nobody.
    pub fn address(&self, public_url: &str) -> String {
        format!("{}/upload#{}", public_url.trim_end_matches('/'), self.secret.expose())
    }
}

/// What came through a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedUpload {
    pub id: ReceivedUploadId,
    pub folder: UploadFolderId,
    pub appointment: AppointmentId,
    pub at: DateTime<Utc>,
    pub name: FileName,
    pub bytes: u64,
    /// SHA-256 of what came.
    pub digest: [u8; 32],
    pub what: ReceivedAs,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceivedAs {
    /// It is kept as it came, under its hash.
    File(ReceivedKind),
    /// Its DICOM objects are among the studies of the appointment, for staff to check.
    Objects { objects: u32, refused: u32, has_other_patient: bool },
}

/// Kinds of files that are kept as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReceivedKind {
    Shared(FileKind),
    Mp4,
    QuickTime,
    WebM,
    Mp3,
    M4a,
    Wav,
    Ogg,
}

/// How a page of staff shows such a file in place; whatever has no reader is only offered for saving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileReader {
    Pdf,
    Image,
    Text,
    Video,
    Sound,
    None,
}

impl ReceivedKind {
    /// The largest file that is kept as it came, in bytes: three minutes of a telephone's video.
    pub const MAX_BYTES: u64 = 200 << 20;
    /// A text is looked at as a whole, up to this size in bytes.
    pub const MAX_TEXT: u64 = 1 << 20;
    const OWN: [Self; 7] =
        [Self::Mp4, Self::QuickTime, Self::WebM, Self::Mp3, Self::M4a, Self::Wav, Self::Ogg];

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Shared(kind) => kind.media_type(),
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
            Self::WebM => "video/webm",
            Self::Mp3 => "audio/mpeg",
            Self::M4a => "audio/mp4",
            Self::Wav => "audio/wav",
            Self::Ogg => "audio/ogg",
        }
    }

    /// The kind of this media type.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let own = Self::OWN.into_iter().find(|kind| kind.media_type() == media_type);
        own.or_else(|| FileKind::of_media_type(media_type).map(Self::Shared))
    }

    pub fn reader(self) -> FileReader {
        match self {
            Self::Shared(FileKind::Pdf) => FileReader::Pdf,
            Self::Shared(FileKind::Jpeg | FileKind::Png) => FileReader::Image,
            Self::Shared(FileKind::Text) => FileReader::Text,
            Self::Shared(FileKind::Docx | FileKind::Odt) => FileReader::None,
            Self::Mp4 | Self::QuickTime | Self::WebM => FileReader::Video,
            Self::Mp3 | Self::M4a | Self::Wav | Self::Ogg => FileReader::Sound,
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Shared(_) => "",
            Self::Mp4 => "mp4",
            Self::QuickTime => "mov",
            Self::WebM => "webm",
            Self::Mp3 => "mp3",
            Self::M4a => "m4a",
            Self::Wav => "wav",
            Self::Ogg => "ogg",
        }
    }

    /// What a file of this kind is called: cleaned as [`FileName::new`] does, with the extension of what it is.
    pub fn name(self, given: &str) -> FileName {
        match self {
            Self::Shared(kind) => FileName::new(given, kind),
            kind => FileName::with_extension(given, kind.extension()),
        }
    }

    /// What an upload is called whose objects went among the studies.
    pub fn name_of_images(given: &str) -> FileName {
        let extension = if given.to_ascii_lowercase().ends_with(".zip") { "zip" } else { "dcm" };
        FileName::with_extension(given, extension)
    }

    /// What these bytes are, by the bytes alone: the first of a file, or `is_whole` all of it. `entries`: the names in it when it is
    /// a ZIP.
    pub fn sniff(bytes: &[u8], is_whole: bool, entries: &[String]) -> Option<Self> {
        // ISO/IEC 14496-12 section 4.3: size, `ftyp`, the major brand.
        if bytes.get(4..8) == Some(b"ftyp") {
            return match bytes.get(8..12) {
                Some(b"qt  ") => Some(Self::QuickTime),
                Some(b"M4A " | b"M4B ") => Some(Self::M4a),
                Some(b"heic" | b"heix" | b"mif1" | b"msf1" | b"avif") | None => None,
                Some(_) => Some(Self::Mp4),
            };
        }
        // RFC 8794 section 11.2.1, and the DocType of WebM, which stands near the start.
        if bytes.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) {
            let head = bytes.get(..64.min(bytes.len())).unwrap_or_default();
            return head.windows(4).any(|word| word == b"webm").then_some(Self::WebM);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE") {
            return Some(Self::Wav);
        }
        if bytes.starts_with(b"OggS") {
            return Some(Self::Ogg);
        }
        // With a tag, or a frame of MPEG-1 or -2 layer III (ISO/IEC 11172-3 section 2.4.1.3).
        if bytes.starts_with(b"ID3") || matches!(bytes, [0xFF, second, ..] if second & 0xE6 == 0xE2) {
            return Some(Self::Mp3);
        }
        match FileKind::sniff(bytes, entries) {
            // The start of a text tells nothing of its rest.
            Some(FileKind::Text) if !is_whole => None,
            kind => kind.map(Self::Shared),
        }
    }
}

/// Whether these are the first bytes of a DICOM file (PS3.10 section 7.1).
pub fn is_dicom(bytes: &[u8]) -> bool {
    bytes.get(128..132) == Some(b"DICM")
}

/// A digest as people compare it: hexadecimal, small letters.
pub fn sha256_hex(digest: &[u8]) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(digest.len() * 2);
    for byte in digest {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Reads a SHA-256 that was written by [`sha256_hex`].
pub fn sha256_of_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; 32];
    for (place, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::tests::appointment as visit_of_one;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap() + TimeDelta::hours(hour)
    }

    fn id() -> UploadFolderId {
        UploadFolderId::new(uuid::Uuid::from_u128(9))
    }

    fn wish() -> FolderWish {
        FolderWish {
            label: " Centre Saint-Roch\n".to_owned(),
            quota: Quota { bytes: 1000, files: 3 },
            days: 7,
        }
    }

    fn make(appointment: &Appointment, wish: FolderWish) -> Result<NewUploadFolder, FolderWishError> {
        let by = PractitionerId::new(uuid::Uuid::from_u128(1));
        NewUploadFolder::make(id(), [7; 32], appointment, wish, 0, by, at(0))
    }

    #[test]
    fn a_folder_opens_until_it_expires_is_withdrawn_or_the_visit_is_over() {
        let mut appointment = visit_of_one();
        let made = make(&appointment, wish()).unwrap();
        assert_eq!(made.folder.label.expose(), "Centre Saint-Roch");
        assert!(made.address("https://x.example/").starts_with("https://x.example/upload#"));
        assert!(!format!("{made:?}").contains(made.secret.expose()));
        let folder = made.folder;
        assert_eq!(folder.check(&appointment, at(7 * 24 - 1)), Ok(()));
        assert_eq!(folder.check(&appointment, at(7 * 24)), Err(FolderClosed::Expired));
        let withdrawn = UploadFolder { revoked_at: Some(at(1)), ..folder.clone() };
        assert_eq!(withdrawn.check(&appointment, at(2)), Err(FolderClosed::Revoked));
        let by = PractitionerId::new(uuid::Uuid::from_u128(1));
        appointment.status = appointment.status.cancel(at(1), by).unwrap();
        assert_eq!(folder.check(&appointment, at(1)), Err(FolderClosed::Over));
        assert_eq!(make(&appointment, wish()).unwrap_err(), FolderWishError::Over);
    }

    #[test]
    fn a_wish_has_bounds() {
        let appointment = visit_of_one();
        let refused = |change: fn(&mut FolderWish)| {
            let mut wish = wish();
            change(&mut wish);
            make(&appointment, wish).unwrap_err()
        };
        assert_eq!(refused(|wish| wish.label = "  ".to_owned()), FolderWishError::Label);
        assert_eq!(refused(|wish| wish.label = "x".repeat(121)), FolderWishError::Label);
        assert_eq!(refused(|wish| wish.quota.bytes = 0), FolderWishError::Quota);
        assert_eq!(refused(|wish| wish.quota.bytes = (20 << 30) + 1), FolderWishError::Quota);
        assert_eq!(refused(|wish| wish.quota.files = 0), FolderWishError::Quota);
        assert_eq!(refused(|wish| wish.days = 0), FolderWishError::Days);
        assert_eq!(refused(|wish| wish.days = 91), FolderWishError::Days);
    }

    #[test]
    fn what_came_is_what_its_bytes_are() {
        let box_of = |brand: &[u8]| [&[0, 0, 0, 32], b"ftyp".as_slice(), brand, &[0; 20]].concat();
        for (bytes, kind) in [
            (box_of(b"isom"), Some(ReceivedKind::Mp4)),
            (box_of(b"qt  "), Some(ReceivedKind::QuickTime)),
            (box_of(b"M4A "), Some(ReceivedKind::M4a)),
            (box_of(b"heic"), None),
            ([&[0x1A, 0x45, 0xDF, 0xA3], [0; 20].as_slice(), b"webm"].concat(), Some(ReceivedKind::WebM)),
            ([&[0x1A, 0x45, 0xDF, 0xA3], [0; 20].as_slice(), b"matroska"].concat(), None),
            (b"RIFF\0\0\0\0WAVEfmt ".to_vec(), Some(ReceivedKind::Wav)),
            (b"OggS\0\x02".to_vec(), Some(ReceivedKind::Ogg)),
            (b"ID3\x04".to_vec(), Some(ReceivedKind::Mp3)),
            (vec![0xFF, 0xFB, 0x90, 0x64], Some(ReceivedKind::Mp3)),
            (b"\xFF\xD8\xFF\xE0".to_vec(), Some(ReceivedKind::Shared(FileKind::Jpeg))),
            (b"%PDF-1.7".to_vec(), Some(ReceivedKind::Shared(FileKind::Pdf))),
            (b"<html><script>".to_vec(), Some(ReceivedKind::Shared(FileKind::Text))),
            (b"MZ\x90\0".to_vec(), None),
            ([vec![0; 128], b"DICM".to_vec()].concat(), None),
        ] {
            assert_eq!(ReceivedKind::sniff(&bytes, true, &[]), kind, "{bytes:?}");
        }
        assert_eq!(ReceivedKind::sniff(b"only the start", false, &[]), None);
        assert!(is_dicom(&[vec![0; 128], b"DICM".to_vec()].concat()) && !is_dicom(b"DICM"));
        for kind in ReceivedKind::OWN.into_iter().chain(FileKind::ALL.map(ReceivedKind::Shared)) {
            assert_eq!(ReceivedKind::of_media_type(kind.media_type()), Some(kind));
            let name = kind.name("../../x\u{202e}.exe");
            assert!(
                !name.expose().contains(['/', '\u{202e}']) && !name.expose().ends_with("exe"),
                "{name:?}"
            );
        }
        assert_eq!(ReceivedKind::Mp4.name("Film.MP4").expose(), "Film.mp4");
    }

    #[test]
    fn a_digest_is_written_as_it_is_read() {
        let digest: [u8; 32] = std::array::from_fn(|place| (place * 9) as u8);
        assert_eq!(sha256_of_hex(&sha256_hex(&digest)), Some(digest));
        for wrong in ["", "00", &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)] {
            assert_eq!(sha256_of_hex(wrong), None, "{wrong}");
        }
    }
}
