//! Reads a backup: to see that it is whole, and then into an empty database and an empty archive. All of it is read and held against its
//! digests before anything is written.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::error::Size;
use super::form::{self, Entry, Head, Manifest};
use super::{Error, Phase, Places, Progress};
use crate::archive::{Found, ShelvesRefill, end_restore, look_for_files};
use crate::clock::Clock;
use crate::sealing::{KeyError, MasterKeys};
use crate::secret::Secret;
use crate::store::{Dialect, Refill, StillOpen, Store, Table};
use crate::trail;

/// Parts of tables that wait for the database.
const WAITING: usize = 4;

/// A backup that was read to its end.
#[derive(Clone, Debug)]
pub struct Checked {
    pub head: Head,
    pub manifest: Manifest,
}

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    pub head: Head,
    pub manifest: Manifest,
    pub still_open: StillOpen,
}

/// Reads a backup to its end and says what is in it. Nothing is written.
///
/// # Errors
/// If it cannot be restored here: it is damaged, of a newer program, or a master key is not there.
pub async fn check(from: &Path, masters: &MasterKeys, progress: &Arc<Progress>) -> Result<Checked, Error> {
    let (path, keys, progress) = (from.to_owned(), masters.clone(), progress.clone());
    let read = move || form::read(&path, &keys, &progress, Phase::Checking, |_, _, _| Ok(()));
    let (head, manifest) = tokio::task::spawn_blocking(read).await.map_err(|_| Error::Broken)??;
    let unknown = Store::unknown_migrations(head.dialect(), &head.migrations);
    if let Some(step) = unknown.first() {
        let what = format!("Parvis {}, whose tables have the step {step}", head.program);
        return Err(Error::Newer { path: from.to_owned(), what });
    }
    let given: Vec<_> = masters.ids();
    let wanted = manifest.masters.iter().find(|name| !given.iter().any(|id| id.to_string() == **name));
    if let Some(wanted) = wanted {
        let given = given.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(Error::Key(KeyError::Missing { wanted: wanted.clone(), given }));
    }
    Ok(Checked { head, manifest })
}

/// Puts a backup into an empty database and an empty archive.
///
/// # Errors
/// If it cannot be read, something is in the way, or something fails meanwhile; then everything is as it was.
pub async fn restore(
    places: &Places,
    from: &Path,
    withdraws_links: bool,
    clock: &Clock,
    progress: &Arc<Progress>,
) -> Result<Restored, Error> {
    let archive = &places.archive;
    make_way(places).await?;
    let Checked { head, manifest } = check(from, &places.masters, progress).await?;
    look_for_room(places, &manifest)?;
    let has_trail_key = look_for_trail_key(places, &manifest)?;

    let begun = ShelvesRefill::begin(archive.clone(), places.masters.clone());
    let shelves = begun.map_err(|error| Error::Fill(archive.clone(), error))?;
    let mut refill = Store::refill(&places.store, &head.migrations).await?;
    refill.empty(&head.tables).await?;
    let (part, parts) = mpsc::channel(WAITING);
    let job = Job {
        places: places.clone(),
        from: from.to_owned(),
        progress: progress.clone(),
        has_trail_key,
        shelves,
        key_put: KeyPut(None),
        part: Some(part),
    };
    let read = tokio::task::spawn_blocking(move || job.read());
    let filled = fill(&mut refill, parts).await;
    let read = read.await.map_err(|_| Error::Broken)?;
    let mut done = match (filled, read) {
        // A database that failed is why nobody took the parts.
        (Err(why), Err(Error::Broken)) | (Err(why), Ok(_)) | (_, Err(why)) => return Err(why),
        (Ok(()), Ok(done)) => done,
    };
    let still_open = refill.bring_up_to_date(clock.now(), withdraws_links).await?;
    done.shelves.settle().map_err(|error| Error::Fill(archive.clone(), error))?;
    let is_postgres = refill.dialect() == Dialect::Postgres;
    if let Err(error) = refill.finish().await {
        // A server that was lost while it answered may have it all.
        match Store::in_the_way(&places.store).await {
            Ok(Some(_)) if is_postgres => {}
            Err(_) if is_postgres => {
                done.shelves.leave();
                done.key_put.0 = None;
                return Err(error.into());
            }
            _ => return Err(error.into()),
        }
    }
    done.key_put.0 = None;
    // From here on it is restored, whatever happens: the mark says so to the next one.
    done.shelves.end().map_err(|error| Error::Fill(archive.clone(), error))?;
    Ok(Restored { head, manifest, still_open })
}

/// Looks that nothing is there.
async fn make_way(places: &Places) -> Result<(), Error> {
    let archive = &places.archive;
    let unreadable = |error| Error::Fill(archive.clone(), error);
    let found = look_for_files(archive).map_err(unreadable)?;
    if found == Found::AtWork {
        return Err(Error::AtWork(archive.clone()));
    }
    match (Store::in_the_way(&places.store).await?, found) {
        (Some(_), Found::AllButEnded) => {
            end_restore(archive).map_err(unreadable)?;
            Err(Error::AllButEnded(archive.clone()))
        }
        (Some(what), _) => Err(Error::InTheWay(what)),
        (None, Found::InTheWay(file)) => Err(Error::InTheWay(format!(
            "the archive has files ({}, ...): move its folders objects, files and keys away, or name another in [archive] folder",
            file.display()
        ))),
        (None, _) => Ok(()),
    }
}

/// Room on the disks, and whose the folders are.
fn look_for_room(places: &Places, manifest: &Manifest) -> Result<(), Error> {
    let mut asked = vec![(places.archive.clone(), manifest.file_bytes())];
    asked.extend(Store::folder_of(&places.store)?.map(|folder| (folder, manifest.row_bytes())));
    for (path, needed) in asked {
        let Some(there) = path.ancestors().find(|folder| folder.exists()) else { continue };
        if let Ok(room) = rustix::fs::statvfs(there) {
            let free = room.f_bavail.saturating_mul(room.f_frsize);
            if free < needed {
                return Err(Error::NoRoom { path, needed: Size(needed), free: Size(free) });
            }
        }
        let owner = std::fs::metadata(there).map(|facts| facts.uid());
        if rustix::process::geteuid().is_root() && owner.is_ok_and(|owner| owner != 0) {
            return Err(Error::AnotherUser(there.display().to_string()));
        }
    }
    Ok(())
}

/// Whether the key that signed the trail is here; another one there is in the way.
fn look_for_trail_key(places: &Places, manifest: &Manifest) -> Result<bool, Error> {
    let folder = &places.audit;
    let there = trail::copy_key(folder).map_err(|error| Error::Fill(folder.clone(), error))?;
    let Some(there) = there.filter(|_| manifest.trail.count > 0) else { return Ok(false) };
    if form::counted_trail_key(&there) == manifest.trail {
        return Ok(true);
    }
    Err(Error::InTheWay(format!(
        "another key signs the trail here: move {} away, or name another folder in [audit] folder",
        folder.join("head.key").display()
    )))
}

/// Lines of one table.
struct TablePart {
    table: Table,
    lines: String,
}

async fn fill(refill: &mut Refill, mut parts: mpsc::Receiver<TablePart>) -> Result<(), Error> {
    while let Some(part) = parts.recv().await {
        let lines: Vec<&str> = part.lines.lines().collect();
        refill.add_rows(&part.table, &lines).await?;
    }
    Ok(())
}

/// The folder into which a key was put that goes away again if the rest fails.
struct KeyPut(Option<std::path::PathBuf>);

impl Drop for KeyPut {
    fn drop(&mut self) {
        if let Some(folder) = self.0.take() {
            // The same key is in the way of nothing.
            drop(trail::take_key_back(&folder));
        }
    }
}

struct Job {
    places: Places,
    from: std::path::PathBuf,
    progress: Arc<Progress>,
    /// It is in the folder of the trail already.
    has_trail_key: bool,
    shelves: ShelvesRefill,
    key_put: KeyPut,
    /// Away once all is read.
    part: Option<mpsc::Sender<TablePart>>,
}

impl Job {
    fn read(mut self) -> Result<Self, Error> {
        let (from, masters, progress) =
            (self.from.clone(), self.places.masters.clone(), self.progress.clone());
        form::read(&from, &masters, &progress, Phase::Restoring, |head, entry, bytes| {
            self.take(head, entry, bytes)
        })?;
        self.part = None;
        Ok(self)
    }

    fn take(&mut self, head: &Head, entry: &Entry, mut bytes: &mut dyn std::io::Read) -> Result<(), Error> {
        let failed = |error| Error::Fill(self.places.archive.clone(), error);
        match entry {
            Entry::Rows { table, .. } => {
                let known = head.tables.iter().find(|known| known.name == *table);
                let (Some(table), Some(to)) = (known.cloned(), &self.part) else { return Err(Error::Broken) };
                let mut lines = String::new();
                bytes.read_to_string(&mut lines).map_err(failed)?;
                to.blocking_send(TablePart { table, lines }).map_err(|_| Error::Broken)
            }
            Entry::Object(content) => self.shelves.put_object(*content, &mut bytes).map_err(failed),
            Entry::File(content) => self.shelves.put_file(*content, &mut bytes).map_err(failed),
            Entry::Key(id) => self.shelves.put_key(*id, &mut bytes).map_err(failed),
            Entry::TrailKey => {
                let mut text = String::new();
                bytes.read_to_string(&mut text).map_err(failed)?;
                self.put_trail_key(&Secret::new(text))
            }
            Entry::Head | Entry::Manifest => Ok(()),
        }
    }

    fn put_trail_key(&mut self, key: &Secret<String>) -> Result<(), Error> {
        let folder = &self.places.audit;
        if !self.has_trail_key {
            trail::put_key(folder, key).map_err(|error| Error::Fill(folder.clone(), error))?;
            self.key_put.0 = Some(folder.clone());
        }
        Ok(())
    }
}
