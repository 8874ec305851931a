//! What is in an upload: one file, a folder, or a ZIP with ZIPs in it. Names are told, never used as paths; what counts is
//! the bytes that really come out, never what a directory of an archive declares, nor what a DICOMDIR names. Files are
//! never held in memory: each is spooled to the disk, sealed, with its hash computed on the way.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use thiserror::Error;
use zip::ZipArchive;

use super::kinds;
use super::vault::{Source, Spool};
use crate::imaging::ContentHash;

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
/// As much of a file as tells what it is: a CD image says so behind its first 32 KiB.
const HEAD_BYTES: u64 = 34 << 10;
/// The longest table of contents of a ZIP that is read, in bytes: each of its lines costs many times that in memory.
const MAX_DIRECTORY_BYTES: u64 = 24 << 20;

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
    Candidate(Spooled),
    /// No part of a study.
    Ignored,
    Refused(RefusalKind, String),
}

/// A file of an upload as a temporary file of our own, sealed, which goes away with this.
#[derive(Debug)]
pub struct Spooled {
    file: NamedTempFile,
    spool: Spool,
    pub content: ContentHash,
    pub bytes: u64,
}

impl Spooled {
    /// What is in it.
    pub(super) fn open(&self) -> io::Result<Source> {
        self.spool.open(self.file.reopen()?)
    }
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

/// Tells every file of `source` to `found`, until it has had enough. Files are spooled into `spool`, out of which `source` may be, too.
///
/// # Errors
/// If `source` itself cannot be read, or nothing can be spooled.
pub fn walk(
    source: &Path,
    limits: &MediaLimits,
    spool: &Spool,
    found: &mut dyn FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), MediaError> {
    let mut walker = Walker { limits: *limits, spool, unpacked: 0, entries: 0, broken: None, found };
    // Whether the listener has had enough does not matter any more.
    let _ = if source.is_dir() { walker.folder(source)? } else { walker.source(source)? };
    walker.broken.map_or(Ok(()), |error| Err(error.into()))
}

struct Walker<'a> {
    limits: MediaLimits,
    spool: &'a Spool,
    unpacked: u64,
    entries: usize,
    /// The disk of the spool failed: that ends the walk.
    broken: Option<io::Error>,
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
        let mut file = self.spool.open(File::open(path)?)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let length = file.length()?;
        if is_zip(&mut file)? {
            let by_ratio = length.saturating_mul(self.limits.ratio).max(SMALL_BYTES);
            self.limits.unpacked_bytes = self.limits.unpacked_bytes.min(by_ratio);
            return Ok(self.zip(file, "", 1));
        }
        Ok(self.file(&mut file, name, true))
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
                    match File::open(&path).and_then(|mut file| Ok((is_zip(&mut file)?, file))) {
                        Ok((true, file)) => self.zip(file, &name, 1),
                        Ok((false, mut file)) => self.file(&mut file, name, false),
                        // A scratched CD has files that cannot be read, beside others that can.
                        Err(error) => {
                            let reason = format!("it cannot be read: {}", error.kind());
                            self.refuse(&name, RefusalKind::Damaged, reason)
                        }
                    }
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
        let left = Rc::new(Cell::new(MAX_DIRECTORY_BYTES));
        let mut archive = match ZipArchive::new(Metered { reader, left: left.clone() }) {
            Ok(archive) => archive,
            Err(_) if left.get() == 0 => {
                let reason = "its table of contents is too long";
                return self.refuse(shown, RefusalKind::TooLarge, reason);
            }
            Err(error) => {
                return self.refuse(shown, RefusalKind::Damaged, format!("the ZIP is damaged: {error}"));
            }
        };
        left.set(u64::MAX);
        for index in 0..archive.len() {
            let (name, is_safe, is_folder, is_locked) = match archive.by_index_raw(index) {
                Ok(entry) => {
                    // UTF-8 also where the ZIP does not say so; else as it says, which is CP437 for old ones.
                    let name = match std::str::from_utf8(entry.name_raw()) {
                        Ok(name) => name.to_owned(),
                        Err(_) => {
                            let lossy = |_| String::from_utf8_lossy(entry.name_raw());
                            entry.name().unwrap_or_else(lossy).into_owned()
                        }
                    };
                    let is_safe = !leads_out(&name) && !entry.is_symlink();
                    (kinds::shown(&name), is_safe, entry.is_dir(), entry.encrypted())
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
            if is_locked {
                let reason = "it is locked with a password: unpack it first";
                self.refuse(&shown, RefusalKind::Damaged, reason)?;
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
        let Some((spooled, is_zip)) = self.read(&mut entry, &name, false)? else {
            return ControlFlow::Continue(());
        };
        if !is_zip {
            return self.tell(name, false, EntryKind::Candidate(spooled));
        }
        if depth >= self.limits.depth {
            let reason = format!("ZIPs are opened {} deep", self.limits.depth);
            return self.refuse(&name, RefusalKind::TooLarge, reason);
        }
        match spooled.open() {
            Ok(inner) => self.zip(inner, &name, depth + 1),
            Err(error) => {
                self.broken = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// `is_source`: somebody chose it by itself. It is no litter then: it gets a word.
    fn file(&mut self, file: &mut impl Read, name: String, is_source: bool) -> ControlFlow<()> {
        match self.read(file, &name, is_source)? {
            Some((spooled, _)) => self.tell(name, is_source, EntryKind::Candidate(spooled)),
            None => ControlFlow::Continue(()),
        }
    }

    /// Spools what really is there, within the limits, and says whether it is a ZIP. `None`: ignored or refused, and said so.
    /// All limits together used up end the walk.
    fn read(
        &mut self,
        from: &mut impl Read,
        name: &str,
        is_source: bool,
    ) -> ControlFlow<(), Option<(Spooled, bool)>> {
        let rest = self.limits.unpacked_bytes.saturating_sub(self.unpacked);
        let most = rest.min(self.limits.file_bytes);
        let mut head = Vec::new();
        let outcome = from.by_ref().take(HEAD_BYTES.min(most + 1)).read_to_end(&mut head);
        if let Err(error) = outcome {
            let reason = format!("it cannot be unpacked: {error}");
            self.tell(name.to_owned(), is_source, EntryKind::Refused(RefusalKind::Damaged, reason))?;
            return ControlFlow::Continue(None);
        }
        // What comes along with studies is not unpacked to its end.
        if let Some(kind) = kinds::other_than_object(&head, name, is_source, self.limits.has_plain_files) {
            self.tell(name.to_owned(), is_source, kind)?;
            return ControlFlow::Continue(None);
        }
        let is_zip = head.starts_with(b"PK\x03\x04");
        let all = (&head[..]).chain(from.take((most + 1).saturating_sub(head.len() as u64)));
        let spooled = match self.copy(all) {
            Ok(Ok(spooled)) => spooled,
            Ok(Err(error)) => {
                let reason = format!("it cannot be unpacked: {error}");
                self.tell(name.to_owned(), is_source, EntryKind::Refused(RefusalKind::Damaged, reason))?;
                return ControlFlow::Continue(None);
            }
            Err(error) => {
                self.broken = Some(error);
                return ControlFlow::Break(());
            }
        };
        self.unpacked += spooled.bytes;
        if spooled.bytes <= most {
            return ControlFlow::Continue(Some((spooled, is_zip)));
        }
        if rest <= self.limits.file_bytes {
            let mebibytes = self.limits.unpacked_bytes >> 20;
            let reason = format!("it unpacks to more than {mebibytes} MiB: the rest was not looked at");
            let _ = self.tell(name.to_owned(), is_source, EntryKind::Refused(RefusalKind::TooLarge, reason));
            return ControlFlow::Break(());
        }
        let reason = format!("a file has at most {} MiB", self.limits.file_bytes >> 20);
        self.tell(name.to_owned(), is_source, EntryKind::Refused(RefusalKind::TooLarge, reason))?;
        ControlFlow::Continue(None)
    }

    /// Outside, the disk of the spool may fail; inside, what is read.
    fn copy(&self, mut from: impl Read) -> io::Result<io::Result<Spooled>> {
        let mut file = self.spool.seal(self.spool.file()?)?;
        let mut hash = Sha256::new();
        let mut bytes = 0;
        let mut chunk = vec![0; 64 << 10];
        loop {
            let read = match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => &chunk[..read],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Err(error)),
            };
            hash.update(read);
            file.write_all(read)?;
            bytes += read.len() as u64;
        }
        let file = file.finish()?;
        Ok(Ok(Spooled {
            file,
            spool: self.spool.clone(),
            content: ContentHash(hash.finalize().into()),
            bytes,
        }))
    }
}

/// Reads no more than is left.
struct Metered<R> {
    reader: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left.get()).unwrap_or(usize::MAX).min(into.len());
        if most == 0 && !into.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.reader.read(&mut into[..most])?;
        self.left.set(self.left.get() - read as u64);
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

fn is_zip(file: &mut (impl Read + Seek)) -> io::Result<bool> {
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
}
