//! A folder of this process beside those of others that work on the same archive: `parvis import` runs beside the gateway. Who holds
//! the lock of a folder lives; what is left of those that ended is cleared away.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

const PREFIX: &str = "parvis-clips-";
/// How often a folder is made anew when somebody cleared it away before it was locked.
const TRIES: usize = 16;

/// Made when it is first needed, for its owner's eyes only, and removed with this.
#[derive(Debug)]
pub(super) struct OwnFolder {
    root: PathBuf,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    folder: TempDir,
    _lock: File,
}

impl OwnFolder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, held: Mutex::new(None) }
    }

    /// Where it is.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(super) fn path(&self) -> io::Result<PathBuf> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = &*held {
            return Ok(held.folder.path().to_owned());
        }
        std::fs::create_dir_all(&self.root)?;
        let made = Held::make(&self.root)?;
        Ok(held.insert(made).folder.path().to_owned())
    }

    /// Removes it with all that is in it.
    pub(super) fn remove(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Held {
    fn make(root: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(root)?;
            let lock = File::open(folder.path())?;
            let is_locked = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
            // Whoever cleared up between the two lines above has taken it for a dead one's.
            let is_there = folder.path().metadata().is_ok_and(|facts| {
                lock.metadata().is_ok_and(|own| (own.dev(), own.ino()) == (facts.dev(), facts.ino()))
            });
            if is_locked && is_there {
                return Ok(Self { folder, _lock: lock });
            }
        }
        Err(io::Error::other("a folder cannot be locked there"))
    }
}

/// Removes what processes that are gone have left in a folder that is the archive's own.
pub(super) fn clear(root: &Path) {
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let path = entry.path();
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let _ = std::fs::remove_file(path);
            continue;
        }
        let Ok(lock) = File::open(&path) else { continue };
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_clears_away_only_what_the_dead_left() {
        let root = tempfile::tempdir().unwrap();
        let running = OwnFolder::new(root.path().join("clips"));
        let stream = running.path().unwrap().join("1.stream");
        std::fs::write(&stream, b"in use").unwrap();
        let dead = root.path().join("clips/parvis-clips-dead");
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join("2.stream"), b"left").unwrap();
        std::fs::write(root.path().join("clips/3.stream"), b"left").unwrap();

        let second = OwnFolder::new(root.path().join("clips"));
        clear(&root.path().join("clips"));
        assert!(stream.exists(), "the clip that somebody looks at was wiped");
        assert_eq!(std::fs::read_dir(root.path().join("clips")).unwrap().count(), 1);

        assert_ne!(second.path().unwrap(), running.path().unwrap());
        second.remove();
        assert!(stream.exists());
        running.remove();
        assert_eq!(std::fs::read_dir(root.path().join("clips")).unwrap().count(), 0);
    }
}
