//! Writes a backup: the rows of one moment, then the files that they name.
//!
//! Objects and files are written before the rows that name them and never changed, so those of the moment are there as long as nothing of
//! them is deleted meanwhile.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::TryStreamExt;
use rustix::fs::{CWD, RenameFlags};
use tokio::sync::mpsc;

use super::error::Size;
use super::form::{self, Entry, FORMAT, Hashed, Head, Manifest, SealError, Tallies};
use super::{Error, Phase, Places, Progress};
use crate::archive::{Archive, LyingFile, Shelves};
use crate::clock::Clock;
use crate::sealing::{KeyId, MasterId, SealedWriter};
use crate::secret::Secret;
use crate::store::{NamedContents, Snapshot, Store};
use crate::trail;

/// Rows that are put together into one entry, in bytes.
const PART: usize = 1 << 20;
/// Parts that wait for the disk.
const WAITING: usize = 4;

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub head: Head,
    pub manifest: Manifest,
    /// The size of the file.
    pub bytes: u64,
    /// The master keys without which it is of no use; the first one opens the file.
    pub masters: Vec<MasterId>,
    /// It lies on the disk that it is a backup of.
    pub is_on_same_disk: bool,
}

/// What the task that writes is handed.
enum Step {
    Rows {
        table: String,
        part: u64,
        lines: Vec<u8>,
    },
    /// Nothing comes behind.
    End,
}

/// Writes a backup into a file that is not there yet. It has its name once it is whole and on the disk.
///
/// # Errors
/// If something cannot be read, or the file cannot be written; nothing with its name is left then.
pub async fn make(
    places: &Places,
    to: &Path,
    clock: &Clock,
    progress: &Arc<Progress>,
) -> Result<Made, Error> {
    Archive::refuse_half_restored(&places.archive)
        .map_err(|error| Error::Archive(io::Error::other(error)))?;
    if to.exists() {
        return Err(Error::Exists(to.to_owned()));
    }
    let mut snapshot = Store::snapshot(&places.store).await?;
    let head = Head {
        format: FORMAT,
        id: clock.new_uuid(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: clock.now(),
        database: snapshot.dialect().into(),
        migrations: snapshot.migrations().to_vec(),
        tables: snapshot.tables().to_vec(),
    };
    let contents = snapshot.contents().await?;
    let row_bytes = snapshot.byte_count().await?;
    let (part, writing) = mpsc::channel(WAITING);
    let job = Job {
        places: places.clone(),
        to: to.to_owned(),
        clock: clock.clone(),
        progress: progress.clone(),
        head: head.clone(),
        contents,
        row_bytes,
        masters: snapshot.masters().clone(),
    };
    let written = tokio::task::spawn_blocking(move || job.write(writing));
    let read = send_rows(&mut snapshot, &head, progress, part).await;
    let written = written.await.map_err(|_| Error::Broken)?;
    // A disk that failed is why nobody took the rows.
    match (read, written) {
        (Err(Error::Broken), Err(why)) | (Err(why), _) | (_, Err(why)) => Err(why),
        (Ok(()), Ok(made)) => {
            snapshot.close().await?;
            Ok(made)
        }
    }
}

async fn send_rows(
    snapshot: &mut Snapshot,
    head: &Head,
    progress: &Progress,
    to: mpsc::Sender<Step>,
) -> Result<(), Error> {
    let mut all = 0;
    for table in &head.tables {
        all += snapshot.row_count(table).await?;
    }
    progress.begin(Phase::Rows, all);
    for table in &head.tables {
        let mut rows = snapshot.rows(table);
        let (mut lines, mut part) = (Vec::new(), 0);
        loop {
            let line = rows.try_next().await?;
            let is_last = line.is_none();
            if let Some(line) = line {
                lines.extend_from_slice(line.as_bytes());
                lines.push(b'\n');
                progress.add(1);
            }
            if lines.len() >= PART || (is_last && !lines.is_empty()) {
                let step = Step::Rows { table: table.name.clone(), part, lines: std::mem::take(&mut lines) };
                to.send(step).await.map_err(|_| Error::Broken)?;
                part += 1;
            }
            if is_last {
                break;
            }
        }
    }
    to.send(Step::End).await.map_err(|_| Error::Broken)
}

struct Job {
    places: Places,
    to: PathBuf,
    clock: Clock,
    progress: Arc<Progress>,
    head: Head,
    contents: NamedContents,
    row_bytes: u64,
    masters: BTreeSet<MasterId>,
}

impl Job {
    fn write(self, mut rows: mpsc::Receiver<Step>) -> Result<Made, Error> {
        let shelves = Shelves::new(self.places.archive.clone(), self.places.masters.clone());
        let (files, missing) = self.sizes(&shelves).map_err(Error::Archive)?;
        let part = Part::begin(&self.to)?;
        let failed = |error| Error::Write(self.to.clone(), error);
        part.look_for_room(files + self.row_bytes)?;
        let file = part.file.try_clone().map_err(failed)?;
        let sealed = form::seal(file, &self.places.masters, &self.clock).map_err(|error| match error {
            SealError::Key(error) => Error::Key(error),
            SealError::Disk(error) => failed(error),
        })?;
        let current = self.places.masters.current().map_err(Error::Key)?;
        let mut tar = Tar {
            tar: tar::Builder::new(sealed),
            tallies: Tallies::of(&self.head.tables),
            to: &self.to,
            progress: &self.progress,
        };
        tar.put(&Entry::Head, &words(&self.head).map_err(failed)?)?;
        loop {
            match rows.blocking_recv() {
                Some(Step::Rows { table, part, lines }) => tar.put(&Entry::Rows { table, part }, &lines)?,
                Some(Step::End) => break,
                // Whoever reads has failed, and says why.
                None => return Err(Error::Broken),
            }
        }
        drop(rows);
        self.progress.begin(Phase::Files, files);
        let mut manifest = Manifest { missing, ..Manifest::default() };
        let mut masters = self.masters.clone();
        masters.insert(current);
        self.put_files(&shelves, &mut tar, &mut manifest, &mut masters)?;
        if let Some(key) = trail::copy_key(&self.places.audit).map_err(Error::Archive)? {
            let key: Secret<String> = key;
            tar.put(&Entry::TrailKey, key.expose().as_bytes())?;
        }
        let counted = std::mem::take(&mut tar.tallies).manifest();
        let names = |masters: &BTreeSet<MasterId>| masters.iter().map(ToString::to_string).collect();
        let manifest = Manifest {
            masters: names(&masters),
            missing: manifest.missing,
            damaged: manifest.damaged,
            ..counted
        };
        tar.put(&Entry::Manifest, &words(&manifest).map_err(failed)?)?;
        let sealed: SealedWriter<File> = tar.tar.into_inner().map_err(failed)?;
        sealed.finish().map_err(failed)?;
        let is_on_same_disk = self.is_on_same_disk(&part.file);
        let bytes = part.finish()?;
        let masters = std::iter::once(current).chain(masters.into_iter().filter(|master| *master != current));
        Ok(Made { head: self.head, manifest, bytes, masters: masters.collect(), is_on_same_disk })
    }

    /// Bytes of all files that are to come, and how many are not there.
    fn sizes(&self, shelves: &Shelves) -> io::Result<(u64, u64)> {
        let (mut bytes, mut missing) = (0, 0);
        let objects = self.contents.objects.iter().map(|content| shelves.object_bytes(*content));
        let files = self.contents.files.iter().map(|content| shelves.file_bytes(*content));
        for found in objects.chain(files) {
            match found? {
                Some(found) => bytes += found,
                None => missing += 1,
            }
        }
        Ok((bytes, missing))
    }

    fn put_files(
        &self,
        shelves: &Shelves,
        tar: &mut Tar<'_>,
        manifest: &mut Manifest,
        masters: &mut BTreeSet<MasterId>,
    ) -> Result<(), Error> {
        let mut keys: BTreeSet<KeyId> = BTreeSet::new();
        manifest.missing = 0;
        let objects = self.contents.objects.iter().map(|content| Entry::Object(*content));
        let files = self.contents.files.iter().map(|content| Entry::File(*content));
        for entry in objects.chain(files) {
            let lying = match entry {
                Entry::Object(content) => shelves.object(content),
                Entry::File(content) => shelves.file(content),
                _ => Ok(None),
            };
            let Some(lying) = lying.map_err(Error::Archive)? else {
                manifest.missing += 1;
                continue;
            };
            manifest.damaged += u64::from(!lying.is_sound);
            keys.extend(lying.key);
            self.progress.add(lying.bytes);
            tar.put_file(&entry, lying)?;
        }
        for id in keys {
            if let Some((text, master)) = shelves.key(id).map_err(Error::Archive)? {
                masters.insert(master);
                tar.put(&Entry::Key(id), text.as_bytes())?;
            }
        }
        Ok(())
    }

    fn is_on_same_disk(&self, file: &File) -> bool {
        let device = |facts: io::Result<std::fs::Metadata>| facts.map(|facts| facts.dev()).ok();
        device(file.metadata()) == device(std::fs::metadata(&self.places.archive))
    }
}

fn words(of: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    serde_json::to_vec(of).map_err(io::Error::from)
}

struct Tar<'a> {
    tar: tar::Builder<SealedWriter<File>>,
    tallies: Tallies,
    to: &'a Path,
    progress: &'a Progress,
}

impl Tar<'_> {
    fn put(&mut self, entry: &Entry, bytes: &[u8]) -> Result<(), Error> {
        self.put_from(entry, bytes.len() as u64, bytes)
    }

    fn put_file(&mut self, entry: &Entry, lying: LyingFile) -> Result<(), Error> {
        self.put_from(entry, lying.bytes, lying.file)
    }

    fn put_from(&mut self, entry: &Entry, bytes: u64, from: impl Read) -> Result<(), Error> {
        self.progress.go_on()?;
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        let mut from = Hashed::new(from.take(bytes));
        let path = entry.path();
        let put = self.tar.append_data(&mut header, &path, &mut from);
        put.map_err(|error| Error::Write(self.to.to_owned(), error))?;
        if from.bytes != bytes {
            return Err(Error::Changed(path));
        }
        let lines = from.lines;
        self.tallies.add(entry, lines, bytes, &from.digest());
        Ok(())
    }
}

/// The file until it is whole: `FILE.part`. Removed when it is dropped before.
struct Part<'a> {
    file: File,
    path: PathBuf,
    becomes: &'a Path,
}

impl<'a> Part<'a> {
    fn begin(becomes: &'a Path) -> Result<Self, Error> {
        let mut path = becomes.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let failed = |error| Error::Write(path.clone(), error);
        // Who else writes holds it; what one that was killed has left is written over.
        let mut options = OpenOptions::new();
        let file =
            options.write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(Error::BeingWritten(path)),
            // A share that knows no locks is written to.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        file.set_len(0).map_err(failed)?;
        Ok(Self { file, path, becomes })
    }

    fn look_for_room(&self, needed: u64) -> Result<(), Error> {
        // A file system that does not say is tried.
        let Ok(room) = rustix::fs::fstatvfs(&self.file) else { return Ok(()) };
        let free = room.f_bavail.saturating_mul(room.f_frsize);
        if free < needed {
            let path = self.becomes.to_owned();
            return Err(Error::NoRoom { path, needed: Size(needed), free: Size(free) });
        }
        Ok(())
    }

    /// On the disk, and then with its name; how large it is.
    fn finish(self) -> Result<u64, Error> {
        let failed = |error| Error::Write(self.becomes.to_owned(), error);
        self.file.sync_all().map_err(failed)?;
        let bytes = self.file.metadata().map_err(failed)?.len();
        let named = rustix::fs::renameat_with(CWD, &self.path, CWD, self.becomes, RenameFlags::NOREPLACE);
        match named.map_err(io::Error::from) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(Error::Exists(self.becomes.to_owned()));
            }
            // File systems of shares and sticks do not know how.
            Err(_) if !self.becomes.exists() => std::fs::rename(&self.path, self.becomes).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        }
        let folder = self.becomes.parent().filter(|folder| !folder.as_os_str().is_empty());
        // A share may have no folder that can be synced; the file is on it.
        drop(File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()));
        Ok(bytes)
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        // After the last step there is none of that name.
        drop(std::fs::remove_file(&self.path));
    }
}
