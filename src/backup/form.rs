//! What a backup looks like.
//!
//! ```text
//! "PARVIS BACKUP 1\n"    a data key of its own, wrapped with the master key, 92 letters    "\n"
//! a sealed file (sealing/file.rs), for which these bytes before it are a part of what it is. In it, a tar:
//!   backup.json                   what made it, when, of which tables
//!   tables/TABLE/000000, ...      rows, one a line; tables stand behind those that they refer to
//!   objects/SHA-256, files/SHA-256, keys/NAME    files of the archive as they lie there
//!   trail/head.key                the key that signs the trail
//!   manifest.json                 counts and digests of all that
//! ```
//!
//! Outside of what is sealed stands the name of the master key and nothing else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Error, Progress};
use crate::clock::Clock;
use crate::sealing::{DataKey, FileHeader, KeyId, MasterKeys, SealedReader, SealedWriter, Wrapped};
use crate::secret::Secret;
use crate::store::{AppliedMigration, Dialect, Table};

/// The only one there is.
pub(super) const FORMAT: u32 = 1;
const MAGIC: &[u8; 16] = b"PARVIS BACKUP 1\n";
/// What all formats begin with; the number of the format follows.
const ANY_MAGIC: usize = 14;
const WRAPPED: usize = 92;
const BEFORE: usize = MAGIC.len() + WRAPPED + 1;
/// For what the data key of a backup is wrapped.
const ABOUT: &str = "backup";
/// The largest head or manifest that is read, in bytes.
const MAX_WORDS: u64 = 16 << 20;

/// The first thing in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub format: u32,
    pub id: Uuid,
    /// Version of the program that made it.
    pub program: String,
    /// The moment that the rows are of.
    pub made_at: DateTime<Utc>,
    pub database: Kind,
    pub migrations: Vec<AppliedMigration>,
    /// Each behind those that it refers to.
    pub tables: Vec<Table>,
}

impl Head {
    /// Which kind of database it was made of.
    pub fn dialect(&self) -> Dialect {
        match self.database {
            Kind::Sqlite => Dialect::Sqlite,
            Kind::Postgres => Dialect::Postgres,
        }
    }
}

/// A kind of database, in words that stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl From<Dialect> for Kind {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => Self::Sqlite,
            Dialect::Postgres => Self::Postgres,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// How much there is of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Rows or files.
    pub count: u64,
    pub bytes: u64,
    /// Over name, length and SHA-256 of each entry, in their order, as hexadecimal letters.
    pub sha256: String,
}

/// The last thing in a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub tables: BTreeMap<String, Counted>,
    pub objects: Counted,
    pub files: Counted,
    pub keys: Counted,
    pub trail: Counted,
    /// The master keys without which what is in it stays sealed, by their names.
    pub masters: Vec<String>,
    /// Files that rows name and that were not there.
    pub missing: u64,
    /// Files whose end did not open. They are in it as they are.
    pub damaged: u64,
}

impl Manifest {
    /// All rows.
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|table| table.count).sum()
    }

    /// All bytes of files.
    pub fn file_bytes(&self) -> u64 {
        self.objects.bytes + self.files.bytes + self.keys.bytes
    }

    /// All bytes of rows.
    pub fn row_bytes(&self) -> u64 {
        self.tables.values().map(|table| table.bytes).sum()
    }
}

/// What stands in the tar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Head,
    Rows { table: String, part: u64 },
    Object([u8; 32]),
    File([u8; 32]),
    Key(KeyId),
    TrailKey,
    Manifest,
}

impl Entry {
    pub(super) fn path(&self) -> String {
        match self {
            Self::Head => "backup.json".to_owned(),
            Self::Rows { table, part } => format!("tables/{table}/{part:06}"),
            Self::Object(content) => format!("objects/{}", hex(content)),
            Self::File(content) => format!("files/{}", hex(content)),
            Self::Key(id) => format!("keys/{id}"),
            Self::TrailKey => "trail/head.key".to_owned(),
            Self::Manifest => "manifest.json".to_owned(),
        }
    }

    /// `None`: it is the name of nothing that stands there. No name is ever used as a path.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix("tables/") {
            let (table, part) = rest.split_once('/')?;
            return Some(Self::Rows { table: table.to_owned(), part: part.parse().ok()? });
        }
        match path {
            "backup.json" => Some(Self::Head),
            "manifest.json" => Some(Self::Manifest),
            "trail/head.key" => Some(Self::TrailKey),
            _ => match path.split_once('/')? {
                ("objects", name) => of_hex(name).map(Self::Object),
                ("files", name) => of_hex(name).map(Self::File),
                ("keys", name) => of_hex(name).map(|id| Self::Key(KeyId(id))),
                _ => None,
            },
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn of_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|letter| letter.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Counts entries of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    count: u64,
    bytes: u64,
    digest: Sha256,
}

impl Tally {
    pub(super) fn add(&mut self, path: &str, count: u64, bytes: u64, content: &[u8; 32]) {
        self.count += count;
        self.bytes += bytes;
        self.digest.update((path.len() as u64).to_be_bytes());
        self.digest.update(path);
        self.digest.update(bytes.to_be_bytes());
        self.digest.update(content);
    }

    fn counted(self) -> Counted {
        Counted { count: self.count, bytes: self.bytes, sha256: hex(&self.digest.finalize()) }
    }
}

/// Counts everything, by whoever writes and again by whoever reads.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    tables: BTreeMap<String, Tally>,
    objects: Tally,
    files: Tally,
    keys: Tally,
    trail: Tally,
}

impl Tallies {
    pub(super) fn of(tables: &[Table]) -> Self {
        let tables = tables.iter().map(|table| (table.name.clone(), Tally::default())).collect();
        Self { tables, ..Self::default() }
    }

    /// `rows`: lines of a part of a table. What has no tally of its own is not counted.
    pub(super) fn add(&mut self, entry: &Entry, rows: u64, bytes: u64, content: &[u8; 32]) {
        let (tally, count) = match entry {
            Entry::Head | Entry::Manifest => return,
            Entry::Rows { table, .. } => (self.tables.entry(table.clone()).or_default(), rows),
            Entry::Object(_) => (&mut self.objects, 1),
            Entry::File(_) => (&mut self.files, 1),
            Entry::Key(_) => (&mut self.keys, 1),
            Entry::TrailKey => (&mut self.trail, 1),
        };
        tally.add(&entry.path(), count, bytes, content);
    }

    /// As a manifest that says nothing else yet.
    pub(super) fn manifest(self) -> Manifest {
        Manifest {
            tables: self.tables.into_iter().map(|(name, tally)| (name, tally.counted())).collect(),
            objects: self.objects.counted(),
            files: self.files.counted(),
            keys: self.keys.counted(),
            trail: self.trail.counted(),
            ..Manifest::default()
        }
    }
}

/// What a manifest says of this key that signs the trail.
pub(super) fn counted_trail_key(key: &Secret<String>) -> Counted {
    let (bytes, mut tally) = (key.expose().as_bytes(), Tally::default());
    tally.add(&Entry::TrailKey.path(), 1, bytes.len() as u64, &Sha256::digest(bytes).into());
    tally.counted()
}

/// Hashes and counts what is read through it.
pub(super) struct Hashed<R> {
    from: R,
    digest: Sha256,
    pub(super) bytes: u64,
    /// Ends of lines.
    pub(super) lines: u64,
    /// It could not be read.
    has_failed: bool,
}

impl<R: Read> Hashed<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, digest: Sha256::new(), bytes: 0, lines: 0, has_failed: false }
    }

    pub(super) fn digest(self) -> [u8; 32] {
        self.digest.finalize().into()
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into);
        self.has_failed |= read.as_ref().is_err_and(|error| error.kind() != ErrorKind::Interrupted);
        let count = read?;
        let part = into.get(..count).unwrap_or_default();
        self.digest.update(part);
        self.bytes += count as u64;
        self.lines += part.iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok(count)
    }
}

fn what_it_is(before: &[u8]) -> Vec<u8> {
    [b"backup ", before].concat()
}

/// Begins a backup in an empty file.
pub(super) fn seal(
    mut to: File,
    masters: &MasterKeys,
    clock: &Clock,
) -> Result<SealedWriter<File>, SealError> {
    let key = DataKey::new(clock);
    let wrapped = masters.wrap(&key, ABOUT).map_err(SealError::Key)?.to_text();
    let before = [MAGIC, wrapped.as_bytes(), b"\n"].concat();
    to.write_all(&before)?;
    Ok(SealedWriter::new(to, &key, KeyId(clock.random_bytes()), &what_it_is(&before), clock)?)
}

#[derive(Debug, thiserror::Error)]
pub(super) enum SealError {
    #[error(transparent)]
    Key(crate::sealing::KeyError),
    #[error(transparent)]
    Disk(#[from] io::Error),
}

/// Opens a backup.
fn open(path: &Path, masters: &MasterKeys) -> Result<SealedReader, Error> {
    let unreadable = |error| Error::Read(path.to_owned(), error);
    let damaged = |place: &str| Error::Damaged { path: path.to_owned(), place: place.to_owned() };
    let file = File::open(path).map_err(unreadable)?;
    let mut before = [0; BEFORE];
    match file.read_exact_at(&mut before, 0) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            return Err(Error::NoBackup(path.to_owned()));
        }
        read => read.map_err(unreadable)?,
    }
    if !before.starts_with(MAGIC) {
        let is_of_any = before[..ANY_MAGIC] == MAGIC[..ANY_MAGIC];
        let number = before[ANY_MAGIC..].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let number = std::str::from_utf8(number).ok().and_then(|text| text.parse::<u32>().ok());
        return Err(match number.filter(|number| is_of_any && *number > FORMAT) {
            Some(number) => Error::Newer { path: path.to_owned(), what: format!("format {number}") },
            None => Error::NoBackup(path.to_owned()),
        });
    }
    let text = before.get(MAGIC.len()..BEFORE - 1).and_then(|text| std::str::from_utf8(text).ok());
    let wrapped = text.and_then(Wrapped::of_text).filter(|_| before.ends_with(b"\n"));
    let wrapped = wrapped.ok_or_else(|| damaged("in its first 109 bytes"))?;
    let key = masters.unwrap(&wrapped, ABOUT).map_err(Error::Key)?;
    let start = BEFORE as u64;
    let header = FileHeader::read_behind(&file, start).map_err(unreadable)?;
    let header = header.ok_or_else(|| damaged("in its first 200 bytes"))?;
    SealedReader::behind(file, start, &header, &key, &what_it_is(&before)).map_err(|error| {
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof => damaged("its end does not open"),
            _ => unreadable(error),
        }
    })
}

/// Counts what is read, also while others hold what reads.
struct Followed<R> {
    from: R,
    at: Arc<AtomicU64>,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Followed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.at.fetch_add(count as u64, Ordering::Relaxed);
        self.progress.add(count as u64);
        Ok(count)
    }
}

/// Reads a backup from its first byte to its last, hands out each entry between head and manifest, and holds the counts and digests
/// against the manifest. `begin` is called with the head, `take` with each entry; it reads as much of it as it likes.
pub(super) fn read(
    path: &Path,
    masters: &MasterKeys,
    progress: &Arc<Progress>,
    phase: super::Phase,
    mut take: impl FnMut(&Head, &Entry, &mut dyn Read) -> Result<(), Error>,
) -> Result<(Head, Manifest), Error> {
    let reader = open(path, masters)?;
    progress.begin(phase, reader.length());
    let at = Arc::new(AtomicU64::new(0));
    let mut place = "at its start".to_owned();
    let damaged = |place: &str| {
        let bytes = at.load(Ordering::Relaxed);
        Error::Damaged {
            path: path.to_owned(),
            place: format!("{place}, about {bytes} bytes from its start"),
        }
    };
    let followed = Followed { from: reader, at: at.clone(), progress: progress.clone() };
    let mut tar = tar::Archive::new(io::BufReader::with_capacity(1 << 16, followed));
    let (mut head, mut manifest): (Option<Head>, Option<Manifest>) = (None, None);
    let mut tallies = Tallies::default();
    for entry in tar.entries().map_err(|_| damaged(&place))? {
        progress.go_on()?;
        let entry = entry.map_err(|_| damaged(&format!("behind {place}")))?;
        let name = entry.path().ok().and_then(|name| name.to_str().map(str::to_owned));
        let name = name.ok_or_else(|| damaged(&format!("behind {place}")))?;
        let known = Entry::of_path(&name).filter(|_| manifest.is_none());
        place = format!("in {name}");
        let known = known.ok_or_else(|| damaged(&place))?;
        let mut entry = Hashed::new(entry);
        match (&known, &head) {
            (Entry::Head, None) => {
                let read: Head = words(&mut entry).ok_or_else(|| damaged(&place))?;
                if read.format > FORMAT {
                    let what = format!("format {} of Parvis {}", read.format, read.program);
                    return Err(Error::Newer { path: path.to_owned(), what });
                }
                tallies = Tallies::of(&read.tables);
                head = Some(read);
            }
            (Entry::Manifest, Some(_)) => {
                manifest = Some(words(&mut entry).ok_or_else(|| damaged(&place))?);
            }
            (Entry::Head, Some(_)) | (_, None) => return Err(damaged(&place)),
            (_, Some(head)) => match take(head, &known, &mut entry) {
                Ok(()) => {}
                Err(_) if entry.has_failed => return Err(damaged(&place)),
                Err(error) => return Err(error),
            },
        }
        io::copy(&mut entry, &mut io::sink()).map_err(|_| damaged(&place))?;
        let (lines, bytes) = (entry.lines, entry.bytes);
        tallies.add(&known, lines, bytes, &entry.digest());
    }
    // The chunks behind the end of the tar are sealed too.
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(|_| damaged("at its end"))?;
    let (Some(head), Some(manifest)) = (head, manifest) else {
        return Err(damaged("its manifest is missing"));
    };
    let counted = tallies.manifest();
    let told = Manifest { masters: Vec::new(), missing: 0, damaged: 0, ..manifest.clone() };
    if counted != told {
        return Err(damaged("counts or digests are not those of its manifest"));
    }
    Ok((head, manifest))
}

fn words<T: serde::de::DeserializeOwned>(entry: &mut impl Read) -> Option<T> {
    let mut bytes = Vec::new();
    entry.take(MAX_WORDS).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_entries_read_back_and_no_others_are_known() {
        let rows = Entry::Rows { table: "appointment".to_owned(), part: 12 };
        let key = Entry::Key(KeyId([0xa7; 16]));
        for entry in [
            Entry::Head,
            rows,
            Entry::Object([1; 32]),
            Entry::File([0xff; 32]),
            key,
            Entry::TrailKey,
            Entry::Manifest,
        ] {
            assert_eq!(Entry::of_path(&entry.path()), Some(entry));
        }
        let long = format!("objects/{}", "+1".repeat(32));
        for path in ["", "objects/", "objects/../../etc/passwd", "keys/0102", "tables/x", "else", &long] {
            assert_eq!(Entry::of_path(path), None, "{path}");
        }
    }

    #[test]
    fn a_tally_is_of_names_lengths_bytes_and_order() {
        let counted = |entries: &[(&str, u64, u8)]| {
            let mut tally = Tally::default();
            entries.iter().for_each(|(path, bytes, byte)| tally.add(path, 1, *bytes, &[*byte; 32]));
            tally.counted().sha256
        };
        let all = [("a", 1, 1), ("b", 2, 2)];
        assert_eq!(counted(&all), counted(&all));
        for other in [
            &[("b", 2, 2), ("a", 1, 1)][..],
            &[("a", 1, 1)],
            &[("a", 2, 1), ("b", 2, 2)],
            &[("a", 1, 1), ("b", 2, 3)],
            &[("a", 1, 1), ("c", 2, 2)],
        ] {
            assert_ne!(counted(&all), counted(other));
        }
    }
}
