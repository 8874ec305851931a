//! What people write and share in a consultation: what is taken, how fast, and how long it is kept.

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::{Appointment, ChatLineId, DoorPolicy, ParticipantId, SharedFileId};
use crate::secret::Pii;

/// A line that somebody wrote to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatLine {
    pub id: ChatLineId,
    pub participant: ParticipantId,
    pub at: DateTime<Utc>,
    pub text: ChatText,
}

/// Words that may stand in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatText(Pii<String>);

/// Why a line is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChatRefusal {
    #[error("a line holds at least one character that can be seen")]
    Empty,
    #[error("a line has at most {} characters", ChatText::MAX)]
    TooLong,
    #[error("a line holds no control characters but line breaks")]
    ControlCharacter,
    #[error("too many lines in a short time")]
    TooFast,
}

impl ChatText {
    /// The longest line, in characters.
    pub const MAX: usize = 2000;

    /// Takes a text. Blanks at its ends are cut off; line breaks become U+000A.
    ///
    /// # Errors
    /// If nothing is left, if it is too long, or if it holds control characters, also those that turn the direction of
    /// writing (Unicode Standard Annex 9), with which a text can look like another.
    pub fn new(text: &str) -> Result<Self, ChatRefusal> {
        let text = text.trim().replace("\r\n", "\n");
        if text.is_empty() {
            return Err(ChatRefusal::Empty);
        }
        if text.chars().count() > Self::MAX {
            return Err(ChatRefusal::TooLong);
        }
        if text.chars().any(|c| c != '\n' && is_control(c)) {
            return Err(ChatRefusal::ControlCharacter);
        }
        Ok(Self(Pii::new(text)))
    }

    /// Takes a text that was checked when it was kept.
    pub fn kept(text: String) -> Self {
        Self(Pii::new(text))
    }

    /// The words, for a screen or a row.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

pub(super) fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// How fast one person may write and share: [`ChatPace::BURST`] at once, then one every [`ChatPace::EVERY`].
#[derive(Clone, Copy, Debug)]
pub struct ChatPace {
    /// When the last of the burst is there again.
    full_at: Option<DateTime<Utc>>,
}

impl ChatPace {
    pub const BURST: i32 = 10;
    pub const EVERY: TimeDelta = TimeDelta::seconds(2);

    /// Nothing was written yet.
    pub const fn new() -> Self {
        Self { full_at: None }
    }

    /// Takes one, or refuses it without counting it.
    ///
    /// # Errors
    /// [`ChatRefusal::TooFast`].
    pub fn take(&mut self, now: DateTime<Utc>) -> Result<(), ChatRefusal> {
        let full_at = self.full_at.map_or(now, |at| at.max(now)) + Self::EVERY;
        if full_at - now > Self::EVERY * Self::BURST {
            return Err(ChatRefusal::TooFast);
        }
        self.full_at = Some(full_at);
        Ok(())
    }
}

impl Default for ChatPace {
    fn default() -> Self {
        Self::new()
    }
}

/// How long lines and files are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatKeep {
    /// Until the consultation is over; at the latest until its links have expired.
    Consultation,
    /// For so many days after they were written, whatever becomes of the consultation.
    Days(u32),
}

/// What is to be deleted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatExpiry {
    /// Everything of appointments that are over, or whose planned end was before this time.
    OverOrEndedBefore(DateTime<Utc>),
    /// Everything that was written before this time.
    WrittenBefore(DateTime<Utc>),
}

impl ChatKeep {
    /// What has been kept long enough.
    pub fn expiry(self, door: DoorPolicy, now: DateTime<Utc>) -> ChatExpiry {
        match self {
            Self::Consultation => ChatExpiry::OverOrEndedBefore(now - door.closes_after),
            Self::Days(days) => ChatExpiry::WrittenBefore(now - TimeDelta::days(days.into())),
        }
    }
}

/// A file that somebody shared; its bytes are in the archive, under their SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedFile {
    pub id: SharedFileId,
    pub participant: ParticipantId,
    pub at: DateTime<Utc>,
    pub name: FileName,
    pub kind: FileKind,
    pub bytes: u32,
    pub content: [u8; 32],
}

impl SharedFile {
    /// The largest file, in bytes.
    pub const MAX_BYTES: u32 = 25 << 20;
    /// Files of one appointment.
    pub const MAX_FILES: usize = 50;
}

/// What a shared file is called, for people only: never a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(Pii<String>);

impl FileName {
    /// The longest, in characters.
    pub const MAX: usize = 120;

    /// The last part of what a device calls a file, without control characters, signs that mean something in paths, and dots
    /// at its beginning; with the extension of what it is.
    pub fn new(name: &str, kind: FileKind) -> Self {
        Self::cleaned(name, kind.extensions())
    }

    /// The same for a file that is no document.
    pub(super) fn with_extension(name: &str, extension: &'static str) -> Self {
        Self::cleaned(name, &[extension])
    }

    fn cleaned(name: &str, known: &[&'static str]) -> Self {
        let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let clean: String = base
            .chars()
            .filter(|c| !is_control(*c) && !matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | ';' | '%'))
            .collect();
        let clean = clean.trim_matches(|c: char| c.is_whitespace() || c == '.');
        let stem = match clean.rsplit_once('.') {
            Some((stem, end)) if known.iter().any(|known| end.eq_ignore_ascii_case(known)) => stem,
            _ => clean,
        };
        let stem: String = stem.chars().take(Self::MAX - 5).collect();
        let stem = if stem.trim().is_empty() { "document" } else { stem.trim_end() };
        let extension = known.first().copied().unwrap_or("bin");
        Self(Pii::new(format!("{stem}.{extension}")))
    }

    /// Takes a name that was cleaned when it was kept.
    pub fn kept(name: String) -> Self {
        Self(Pii::new(name))
    }

    /// The name, for a screen or a row.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// Kinds of files that may be shared. All are only ever offered for saving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    Pdf,
    Jpeg,
    Png,
    Text,
    /// Office Open XML text without macros (ECMA-376).
    Docx,
    /// OpenDocument text.
    Odt,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Pdf, Self::Jpeg, Self::Png, Self::Text, Self::Docx, Self::Odt];

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Text => "text/plain",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Odt => "application/vnd.oasis.opendocument.text",
        }
    }

    /// The kind of this media type.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }

    /// The usual extension first.
    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Png => &["png"],
            Self::Text => &["txt", "text", "csv", "log", "md"],
            Self::Docx => &["docx"],
            Self::Odt => &["odt"],
        }
    }

    /// What these bytes are, by the bytes alone. `entries` are the names in it when it is a ZIP.
    pub fn sniff(bytes: &[u8], entries: &[String]) -> Option<Self> {
        const ODT: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.text";
        if bytes.starts_with(b"%PDF-") {
            return Some(Self::Pdf);
        }
        if bytes.starts_with(b"\xFF\xD8\xFF") {
            return Some(Self::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1A\n") {
            return Some(Self::Png);
        }
        if bytes.starts_with(b"PK\x03\x04") {
            let has = |name: &str| entries.iter().any(|entry| entry == name);
            // The media type comes first, stored as it is (OpenDocument 1.3 part 2 section 3.3).
            let is_odt = bytes.get(30..30 + ODT.len()) == Some(ODT)
                && bytes.get(30 + ODT.len()..).is_some_and(|rest| !rest.starts_with(b"-"));
            let has_macros = entries.iter().any(|entry| {
                let entry = entry.to_ascii_lowercase();
                entry.ends_with("vbaproject.bin")
                    || entry.starts_with("basic/")
                    || entry.starts_with("scripts/")
            });
            return match () {
                () if has_macros => None,
                () if is_odt && has("content.xml") => Some(Self::Odt),
                () if has("[Content_Types].xml") && has("word/document.xml") => Some(Self::Docx),
                () => None,
            };
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}');
        (!text.trim().is_empty() && text.chars().all(is_plain)).then_some(Self::Text)
    }
}

/// Whether somebody may still share: not after the end.
pub fn may_share_into(appointment: &Appointment, files: usize) -> Result<(), ShareRefusal> {
    if appointment.status.is_over() {
        return Err(ShareRefusal::Over);
    }
    if files >= SharedFile::MAX_FILES {
        return Err(ShareRefusal::TooMany);
    }
    Ok(())
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ShareRefusal {
    #[error("the consultation is over")]
    Over,
    #[error("a consultation holds at most {} files", SharedFile::MAX_FILES)]
    TooMany,
    #[error("a file has at most {} MiB", SharedFile::MAX_BYTES >> 20)]
    TooLarge,
    #[error("only PDF, JPEG, PNG, plain text and text documents without macros can be shared")]
    WrongKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    #[test]
    fn a_line_is_plain_and_not_too_long() {
        assert_eq!(ChatText::new("  Bonjour\r\nMadame \n").unwrap().expose(), "Bonjour\nMadame");
        assert_eq!(ChatText::new(" \n\t "), Err(ChatRefusal::Empty));
        assert!(ChatText::new(&"é".repeat(2000)).is_ok(), "characters count, not bytes");
        assert_eq!(ChatText::new(&"é".repeat(2001)), Err(ChatRefusal::TooLong));
        for text in ["a\u{1b}[31mb", "a\0b", "a\tb", "a\u{85}b", "abc\u{202e}fdp.exe", "a\u{2066}b"] {
            assert_eq!(ChatText::new(text), Err(ChatRefusal::ControlCharacter), "{text:?}");
        }
        assert_eq!(format!("{:?}", ChatText::new("secret").unwrap()), "ChatText([personal])");
    }

    #[test]
    fn a_person_writes_ten_at_once_and_then_one_every_two_seconds() {
        let mut pace = ChatPace::new();
        let taken = (0..20).filter(|_| pace.take(at(0)).is_ok()).count();
        assert_eq!(taken, 10);
        assert_eq!(pace.take(at(1)), Err(ChatRefusal::TooFast));
        assert_eq!(pace.take(at(2)), Ok(()), "what was refused was not counted");
        assert_eq!(pace.take(at(2)), Err(ChatRefusal::TooFast));
        let later = (0..20).filter(|_| pace.take(at(3600)).is_ok()).count();
        assert_eq!(later, 10, "the burst does not grow");
    }

    #[test]
    fn the_policy_says_what_goes() {
        let door = DoorPolicy::default();
        let ended = ChatExpiry::OverOrEndedBefore(at(0) - door.closes_after);
        assert_eq!(ChatKeep::Consultation.expiry(door, at(0)), ended);
        assert_eq!(ChatKeep::Days(7).expiry(door, at(7 * 86400)), ChatExpiry::WrittenBefore(at(0)));
    }

    #[test]
    fn names_of_files_are_for_people_only() {
        for (given, kind, expected) in [
            ("ordonnance.pdf", FileKind::Pdf, "ordonnance.pdf"),
            ("../../etc/passwd", FileKind::Text, "passwd.txt"),
            ("C:\\Users\\x\\Photo.JPEG", FileKind::Jpeg, "Photo.jpg"),
            (".htaccess", FileKind::Text, "htaccess.txt"),
            ("facture.pdf.exe", FileKind::Pdf, "facture.pdf.exe.pdf"),
            ("a\u{202e}fdp.txt\r\nX: y", FileKind::Text, "afdp.txtX y.txt"),
            ("", FileKind::Png, "document.png"),
            ("...", FileKind::Png, "document.png"),
            ("compte rendu du 25 novembre", FileKind::Docx, "compte rendu du 25 novembre.docx"),
        ] {
            assert_eq!(FileName::new(given, kind).expose(), expected, "{given:?}");
        }
        let long = FileName::new(&"é".repeat(500), FileKind::Pdf);
        assert!(long.expose().chars().count() <= FileName::MAX && long.expose().ends_with(".pdf"));
        assert_eq!(format!("{long:?}"), "FileName([personal])");
    }

    #[test]
    fn a_file_is_what_its_bytes_are() {
        let zip = |first: &[u8]| [b"PK\x03\x04", &[0; 26][..], first].concat();
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let odt = zip(b"mimetypeapplication/vnd.oasis.opendocument.textPK");
        let word = names(&["[Content_Types].xml", "word/document.xml"]);
        let macros = names(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]);
        for (bytes, entries, kind) in [
            (b"%PDF-1.7 ...".to_vec(), vec![], Some(FileKind::Pdf)),
            (b"\xFF\xD8\xFF\xE0".to_vec(), vec![], Some(FileKind::Jpeg)),
            (b"\x89PNG\r\n\x1A\nIHDR".to_vec(), vec![], Some(FileKind::Png)),
            ("Tension 12/8\r\n\tà revoir".as_bytes().to_vec(), vec![], Some(FileKind::Text)),
            (zip(b"[Content_Types].xml"), word.clone(), Some(FileKind::Docx)),
            (odt, names(&["mimetype", "content.xml"]), Some(FileKind::Odt)),
            (zip(b"[Content_Types].xml"), macros, None),
            (zip(b"xl/workbook.xml"), names(&["[Content_Types].xml", "xl/workbook.xml"]), None),
            (b"MZ\x90\0".to_vec(), vec![], None),
            (b"\x7fELF".to_vec(), vec![], None),
            (b"".to_vec(), vec![], None),
            (vec![0xFF; 40], vec![], None),
        ] {
            assert_eq!(FileKind::sniff(&bytes, &entries), kind, "{:?}", &bytes[..bytes.len().min(12)]);
        }
        for kind in FileKind::ALL {
            assert_eq!(FileKind::of_media_type(kind.media_type()), Some(kind));
        }
        assert_eq!(FileKind::of_media_type("text/html"), None);
    }
}
