//! What is in an upload: one file, a folder, or a ZIP with ZIPs in it. Names are told, never used as paths; what counts is
//! the bytes that really come out, never what a directory of an archive declares.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zip::ZipArchive;

use crate::imaging::{plain, read};

/// How much is looked at.
#[derive(Clone, Copy, Debug)]
pub struct MediaLimits {
    /// All files together, unpacked, in bytes.
    pub unpacked_bytes: u64,
    /// One file, in bytes.
    pub file_bytes: u64,
    /// Files and folders.
    pub entries: usize,
    /// ZIP in ZIP.
    pub depth: usize,
    /// An uploaded ZIP may become so many times its size; small ones [`SMALL_BYTES`] anyhow.
    pub ratio: u64,
    /// Photographs and other plain files inside of a ZIP or a folder count: set where there is no object in it.
    pub has_plain_files: bool,
}

/// What any ZIP may unpack to, in bytes: images of nothing pack very well.
const SMALL_BYTES: u64 = 256 << 20;
/// As much of a file as tells what it is.
const HEAD_BYTES: u64 = 1024;

impl Default for MediaLimits {
    fn default() -> Self {
        Self {
            unpacked_bytes: 4 << 30,
            file_bytes: 1 << 30,
            entries: 100_000,
            depth: 3,
            ratio: 100,
            has_plain_files: false,
        }
    }
}

/// One file.
#[derive(Debug)]
pub struct Entry {
    /// As it is called in the upload.
    pub name: String,
    /// It is the uploaded file itself.
    pub is_source: bool,
    pub kind: EntryKind,
}

/// What it is, by its bytes first and its name second.
#[derive(Debug)]
pub enum EntryKind {
    /// May be a DICOM object.
    Candidate(Vec<u8>),
    /// No part of a study.
    Ignored,
    Refused(RefusalKind, String),
}

/// Why a file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    NotDicom,
    Damaged,
    UnsafeName,
    TooLarge,
    NoImages,
}

/// Why an upload cannot be looked at.
#[derive(Debug, Error)]
pub enum MediaError {
    #[error("it cannot be read")]
    Io(#[from] io::Error),
}

/// Files that come along with studies on CDs and mean nothing for them.
const LITTER: [&str; 40] = [
    "exe", "dll", "inf", "ini", "txt", "htm", "html", "xml", "xsl", "css", "js", "json", "jar", "class",
    "jpg", "jpeg", "png", "gif", "bmp", "ico", "pdf", "lnk", "bat", "cmd", "sh", "app", "dmg", "so", "dylib",
    "cfg", "log", "md", "db", "ocx", "mp3", "mp4", "wav", "m4a", "mov", "avi",
];

/// Tells every file of `source` to `found`, until it has had enough.
///
/// # Errors
/// If `source` itself cannot be read.
pub fn walk(
    source: &Path,
    limits: &MediaLimits,
    found: &mut dyn FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), MediaError> {
    let mut walker = Walker { limits: *limits, unpacked: 0, entries: 0, found };
    // Whether the listener has had enough does not matter any more.
    let _ = if source.is_dir() { walker.folder(source)? } else { walker.source(source)? };
    Ok(())
}

struct Walker<'a> {
    limits: MediaLimits,
    unpacked: u64,
    entries: usize,
    found: &'a mut dyn FnMut(Entry) -> ControlFlow<()>,
}

impl Walker<'_> {
    fn tell(&mut self, name: String, is_source: bool, kind: EntryKind) -> ControlFlow<()> {
        (self.found)(Entry { name, is_source, kind })
    }

    fn refuse(&mut self, name: &str, kind: RefusalKind, reason: impl Into<String>) -> ControlFlow<()> {
        self.tell(name.to_owned(), false, EntryKind::Refused(kind, reason.into()))
    }

    fn source(&mut self, path: &Path) -> Result<ControlFlow<()>, MediaError> {
        let mut file = File::open(path)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let length = file.metadata()?.len();
        if is_zip(&mut file)? {
            let by_ratio = length.saturating_mul(self.limits.ratio).max(SMALL_BYTES);
            self.limits.unpacked_bytes = self.limits.unpacked_bytes.min(by_ratio);
            return Ok(self.zip(file, "", 1));
        }
        if length > self.limits.file_bytes {
            let reason = format!("a file has at most {} MiB", self.limits.file_bytes >> 20);
            return Ok(self.tell(name, true, EntryKind::Refused(RefusalKind::TooLarge, reason)));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let kind = classify_source(bytes);
        Ok(self.tell(name, true, kind))
    }

    fn folder(&mut self, root: &Path) -> Result<ControlFlow<()>, MediaError> {
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)?
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<_, _>>()?;
            paths.sort();
            for path in paths {
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                if self.count(&name).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                let facts = path.symlink_metadata()?;
                let told = if facts.is_symlink() {
                    self.refuse(&name, RefusalKind::UnsafeName, "links are not followed")
                } else if facts.is_dir() {
                    folders.push(path);
                    continue;
                } else if !facts.is_file() {
                    self.tell(name, false, EntryKind::Ignored)
                } else {
                    let mut file = File::open(&path)?;
                    if is_zip(&mut file)? { self.zip(file, &name, 1) } else { self.file(&mut file, name) }
                };
                if told.is_break() {
                    return Ok(told);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Too many entries end the walk: the rest is refused in one line.
    fn count(&mut self, name: &str) -> ControlFlow<()> {
        self.entries += 1;
        if self.entries <= self.limits.entries {
            return ControlFlow::Continue(());
        }
        let reason = format!("more than {} files: the rest was not looked at", self.limits.entries);
        let _ = self.refuse(name, RefusalKind::TooLarge, reason);
        ControlFlow::Break(())
    }

    /// A ZIP, from its central directory; ZIPs inside of it too.
    fn zip(&mut self, reader: impl Read + Seek, prefix: &str, depth: usize) -> ControlFlow<()> {
        let shown = if prefix.is_empty() { "ZIP" } else { prefix };
        let mut archive = match ZipArchive::new(reader) {
            Ok(archive) => archive,
            Err(error) => {
                return self.refuse(shown, RefusalKind::Damaged, format!("the ZIP is damaged: {error}"));
            }
        };
        for index in 0..archive.len() {
            let (name, is_safe, is_folder) = match archive.by_index_raw(index) {
                Ok(entry) => {
                    let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
                    let is_safe = !leads_out(&name) && !entry.is_symlink();
                    (name, is_safe, entry.is_dir())
                }
                Err(error) => {
                    let reason = format!("an entry of the ZIP is damaged: {error}");
                    if self.refuse(shown, RefusalKind::Damaged, reason).is_break() {
                        return ControlFlow::Break(());
                    }
                    continue;
                }
            };
            let shown = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            self.count(&shown)?;
            if is_folder {
                continue;
            }
            if !is_safe {
                self.refuse(
                    &shown,
                    RefusalKind::UnsafeName,
                    "its name, or a link, leads out of the archive",
                )?;
                continue;
            }
            let entry = match archive.by_index(index) {
                Ok(entry) => entry,
                Err(error) => {
                    self.refuse(&shown, RefusalKind::Damaged, format!("it cannot be unpacked: {error}"))?;
                    continue;
                }
            };
            self.unpack(entry, shown, depth)?;
        }
        ControlFlow::Continue(())
    }

    fn unpack(&mut self, mut entry: impl Read, name: String, depth: usize) -> ControlFlow<()> {
        let bytes = match self.read(&mut entry, &name)? {
            Some(bytes) => bytes,
            None => return ControlFlow::Continue(()),
        };
        if bytes.starts_with(b"PK\x03\x04") {
            if depth >= self.limits.depth {
                let reason = format!("ZIPs are opened {} deep", self.limits.depth);
                return self.refuse(&name, RefusalKind::TooLarge, reason);
            }
            return self.zip(io::Cursor::new(bytes), &name, depth + 1);
        }
        self.tell(name, false, EntryKind::Candidate(bytes))
    }

    fn file(&mut self, file: &mut File, name: String) -> ControlFlow<()> {
        match self.read(file, &name)? {
            Some(bytes) => self.tell(name, false, EntryKind::Candidate(bytes)),
            None => ControlFlow::Continue(()),
        }
    }

    /// Reads what really is there, within the limits. `None`: ignored or refused, and said so. All limits together used up end the walk.
    fn read(&mut self, from: &mut impl Read, name: &str) -> ControlFlow<(), Option<Vec<u8>>> {
        let rest = self.limits.unpacked_bytes.saturating_sub(self.unpacked);
        let most = rest.min(self.limits.file_bytes);
        let mut bytes = Vec::new();
        let mut read = from.by_ref().take(HEAD_BYTES.min(most + 1)).read_to_end(&mut bytes);
        if read.is_ok() {
            // What comes along with studies is not unpacked to its end.
            if is_ignored(&bytes, name) && !(self.limits.has_plain_files && is_plain(&bytes, name)) {
                self.tell(name.to_owned(), false, EntryKind::Ignored)?;
                return ControlFlow::Continue(None);
            }
            read = from.take(most + 1 - bytes.len() as u64).read_to_end(&mut bytes);
        }
        if let Err(error) = read {
            self.refuse(name, RefusalKind::Damaged, format!("it cannot be unpacked: {error}"))?;
            return ControlFlow::Continue(None);
        }
        self.unpacked += bytes.len() as u64;
        if bytes.len() as u64 <= most {
            return ControlFlow::Continue(Some(bytes));
        }
        if rest <= self.limits.file_bytes {
            let mebibytes = self.limits.unpacked_bytes >> 20;
            let reason = format!("it unpacks to more than {mebibytes} MiB: the rest was not looked at");
            let _ = self.refuse(name, RefusalKind::TooLarge, reason);
            return ControlFlow::Break(());
        }
        let reason = format!("a file has at most {} MiB", self.limits.file_bytes >> 20);
        self.refuse(name, RefusalKind::TooLarge, reason)?;
        ControlFlow::Continue(None)
    }
}

fn is_zip(file: &mut File) -> io::Result<bool> {
    let mut magic = [0; 4];
    let read = file.read(&mut magic)?;
    file.rewind()?;
    Ok(read == 4 && matches!(&magic, b"PK\x03\x04" | b"PK\x05\x06"))
}

/// Absolute, or up and away; also as Windows writes it.
fn leads_out(name: &str) -> bool {
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    name.starts_with(['/', '\\'])
        || has_drive
        || name.contains('\0')
        || name.split(['/', '\\']).any(|part| part == "..")
}

/// Whether a file inside of an upload is no part of a study: by its first bytes, and by its name.
fn is_ignored(head: &[u8], name: &str) -> bool {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    if base.eq_ignore_ascii_case("DICOMDIR") {
        return true;
    }
    if head.get(128..132) == Some(b"DICM") || head.starts_with(b"PK\x03\x04") && !is_document(base) {
        return false;
    }
    has_extension(base, &LITTER)
        || is_document(base)
        || base.starts_with('.')
        || name.contains("__MACOSX/")
        || read::foreign_kind(head).is_some()
        || plain::recognise(head).is_some()
        || head.len() < 132
}

/// Whether it is a plain file that somebody meant to send, and no leftover of a computer.
fn is_plain(head: &[u8], name: &str) -> bool {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    plain::recognise(head).is_some() && !base.starts_with('.') && !name.contains("__MACOSX/")
}

/// ZIPs by their bytes, and something else for people.
fn is_document(base: &str) -> bool {
    has_extension(base, &["jar", "war", "apk", "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub"])
}

fn has_extension(base: &str, extensions: &[&str]) -> bool {
    let extension = base.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| extensions.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// A file that somebody chose by itself is no litter: it gets a word.
fn classify_source(bytes: Vec<u8>) -> EntryKind {
    let is_object = bytes.get(128..132) == Some(b"DICM") || plain::recognise(&bytes).is_some();
    match read::foreign(&bytes) {
        Some(why) if !is_object => EntryKind::Refused(RefusalKind::NotDicom, why.to_string()),
        _ => EntryKind::Candidate(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_are_known() {
        for name in ["/a", "..", "a/../b", "..\\a", "\\\\host\\a", "C:\\a", "a\0b"] {
            assert!(leads_out(name), "{name}");
        }
        for name in ["a", "a/b..c", "IMAGES\\I0001", "a..", "...", "a/.b"] {
            assert!(!leads_out(name), "{name}");
        }
    }

    #[test]
    fn what_comes_along_with_studies_is_known() {
        let object = [&[0; 128][..], b"DICM", &[0; 20]].concat();
        for (name, head, is_litter) in [
            ("DICOMDIR", &object[..], true),
            ("I0001", &object, false),
            // The bytes count first.
            ("odd.exe", &object, false),
            ("VIEWER/run.exe", b"MZ", true),
            ("AUTORUN.INF", b"[autorun]", true),
            ("help\\START.HTM", &[0xC3; 200], true),
            ("lib.jar", b"PK\x03\x04", true),
            ("study.zip", b"PK\x03\x04", false),
            ("__MACOSX/._I0001", &[0xC3; 200], true),
            ("no-name-and-no-preamble", &[8; 200], false),
        ] {
            assert_eq!(is_ignored(head, name), is_litter, "{name}");
        }
    }
}
