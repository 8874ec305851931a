//! The data keys of the archive, wrapped, one a file: `keys/3f/3f5c....key`. They lie beside the objects, so that a copy of the folder is
//! whole; without a master key it is nothing.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::sealing::{DataKey, KeyId, MasterId, MasterKeys, Wrapped};

/// Opened keys that are remembered, and for how long.
const OPENED: u64 = 4096;
const OPENED_FOR: Duration = Duration::from_secs(600);

/// What a new master key did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys that are under the current master key now and were not before.
    pub done: u64,
    /// Those that were already.
    pub before: u64,
}

#[derive(Debug)]
pub(super) struct KeyShelf {
    folder: PathBuf,
    masters: MasterKeys,
    clock: Clock,
    opened: moka::sync::Cache<KeyId, DataKey>,
}

impl KeyShelf {
    pub(super) fn new(folder: PathBuf, masters: MasterKeys) -> Self {
        let opened = moka::sync::Cache::builder().max_capacity(OPENED).time_to_idle(OPENED_FOR).build();
        Self { folder, masters, clock: Clock::system(), opened }
    }

    /// Opens a key that is there.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if it is not; with a `KeyError` inside if no master key opens it.
    pub(super) fn get(&self, id: KeyId) -> io::Result<DataKey> {
        if let Some(key) = self.opened.get(&id) {
            return Ok(key);
        }
        let key = self.masters.unwrap(&self.wrapped(id)?, &about(id)).map_err(io::Error::other)?;
        self.opened.insert(id, key.clone());
        Ok(key)
    }

    /// The same, or makes it; it is on the disk before anything is sealed with it.
    pub(super) fn get_or_make(&self, id: KeyId) -> io::Result<DataKey> {
        match self.get(id) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            known => return known,
        }
        self.write(id, &DataKey::new(&self.clock), false)?;
        self.opened.invalidate(&id);
        // Of two that make it at one time the first has it.
        self.get(id)
    }

    /// Makes sure that a key which has sealed something is still there: another process may have taken it for an unused one.
    pub(super) fn ensure(&self, id: KeyId, key: &DataKey) -> io::Result<()> {
        if self.path(id).try_exists()? { Ok(()) } else { self.write(id, key, false) }
    }

    /// Forgets a key, and with it all that it sealed. One that is not there is no error.
    pub(super) fn remove(&self, id: KeyId) -> io::Result<()> {
        self.opened.invalidate(&id);
        match std::fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The names of all keys, and when each was written.
    pub(super) fn all(&self) -> io::Result<Vec<(KeyId, std::time::SystemTime)>> {
        let mut found = Vec::new();
        let shelves = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
            shelves => shelves?,
        };
        for shelf in shelves {
            let shelf = shelf?;
            if !shelf.file_type()?.is_dir() {
                continue;
            }
            for file in std::fs::read_dir(shelf.path())? {
                let file = file?;
                let name = file.file_name();
                if let Some(id) = name.to_str().and_then(|name| id_of(name.strip_suffix(".key")?)) {
                    found.push((id, file.metadata()?.modified()?));
                }
            }
        }
        Ok(found)
    }

    /// Puts all keys under the current master key. What is done stays done when it is broken off.
    ///
    /// # Errors
    /// If one cannot be read, opened or written.
    pub(super) fn rewrap(&self) -> io::Result<Rewrapped> {
        let current = self.masters.current().map_err(io::Error::other)?;
        let mut rewrapped = Rewrapped::default();
        for (id, _) in self.all()? {
            let wrapped = match self.wrapped(id) {
                // It went with what it had sealed.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                wrapped => wrapped?,
            };
            if wrapped.master == current {
                rewrapped.before += 1;
                continue;
            }
            let key = self.masters.unwrap(&wrapped, &about(id)).map_err(io::Error::other)?;
            self.write(id, &key, true)?;
            rewrapped.done += 1;
        }
        Ok(rewrapped)
    }

    /// The master key of each.
    pub(super) fn wrapped_with(&self) -> io::Result<Vec<MasterId>> {
        let mut found = Vec::new();
        for (id, _) in self.all()? {
            match self.wrapped(id) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                wrapped => found.push(wrapped?.master),
            }
        }
        Ok(found)
    }

    pub(super) fn wrapped(&self, id: KeyId) -> io::Result<Wrapped> {
        let text = std::fs::read_to_string(self.path(id))?;
        Wrapped::of_text(text.trim()).ok_or_else(|| ErrorKind::InvalidData.into())
    }

    /// Whole or not at all, and on the disk with its name. `is_over`: in the place of one that is there, which else stays.
    fn write(&self, id: KeyId, key: &DataKey, is_over: bool) -> io::Result<()> {
        let wrapped = self.masters.wrap(key, &about(id)).map_err(io::Error::other)?;
        let path = self.path(id);
        let shelf = path.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(shelf)?;
        let mut file = tempfile::NamedTempFile::new_in(shelf)?;
        file.write_all(wrapped.to_text().as_bytes())?;
        file.as_file().sync_all()?;
        if is_over {
            // Whoever puts keys under a new master key may be root, and the gateway somebody else.
            let owner = std::fs::metadata(&path)?;
            fchown(file.as_file(), Some(owner.uid()), Some(owner.gid()))?;
        }
        let put = if is_over { file.persist(&path) } else { file.persist_noclobber(&path) };
        match put {
            Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => {}
            put => drop(put.map_err(|failed| failed.error)?),
        }
        sync_folder(shelf)?;
        sync_folder(&self.folder)
    }

    pub(super) fn path(&self, id: KeyId) -> PathBuf {
        let name = id.to_string();
        self.folder.join(&name[..2]).join(name + ".key")
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The key of a study, whoever it was received for.
pub(super) fn of_study(uid: &str) -> KeyId {
    named(b"study", uid.as_bytes())
}

/// The key of a shared file.
pub(super) fn of_file(content: [u8; 32]) -> KeyId {
    named(b"file", &content)
}

fn named(kind: &[u8], name: &[u8]) -> KeyId {
    let digest = Sha256::new().chain_update(kind).chain_update([0]).chain_update(name).finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    KeyId(id)
}

/// What a wrapped key says that it is for.
fn about(id: KeyId) -> String {
    format!("archive {id}")
}

fn id_of(name: &str) -> Option<KeyId> {
    let mut id = [0; 16];
    if name.len() != 32 || !name.is_ascii() {
        return None;
    }
    for (byte, at) in id.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(name.get(at..at + 2)?, 16).ok()?;
    }
    Some(KeyId(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(folder: &Path, masters: &[[u8; 32]]) -> KeyShelf {
        KeyShelf::new(folder.to_owned(), MasterKeys::passing(masters, Clock::system()))
    }

    #[test]
    fn a_key_is_made_once_and_is_there_for_whoever_has_the_master_key() {
        let folder = tempfile::tempdir().unwrap();
        let (id, other) = (of_study("1.2.3"), of_study("1.2.4"));
        assert_ne!(id, other);
        assert_eq!(id_of(&id.to_string()), Some(id));
        let first = shelf(folder.path(), &[[1; 32]]);
        assert_eq!(first.get(id).unwrap_err().kind(), ErrorKind::NotFound);
        let key = first.get_or_make(id).unwrap();
        let path = first.path(id);
        let before = std::fs::read(&path).unwrap();
        shelf(folder.path(), &[[1; 32]]).get_or_make(id).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), before, "it was made anew");
        let error = shelf(folder.path(), &[[2; 32]]).get(id).unwrap_err();
        assert!(error.to_string().contains("which is not among the given ones"), "{error}");
        // A key in the place of another does not open.
        first.get_or_make(other).unwrap();
        std::fs::copy(&path, first.path(other)).unwrap();
        assert!(shelf(folder.path(), &[[1; 32]]).get(other).is_err());

        std::fs::remove_file(&path).unwrap();
        first.ensure(id, &key).unwrap();
        assert!(path.exists());
        first.remove(id).unwrap();
        first.remove(id).unwrap();
        assert!(first.get(id).is_err());
    }

    #[test]
    fn a_new_master_key_takes_all_over_also_when_it_was_broken_off() {
        let folder = tempfile::tempdir().unwrap();
        let old = shelf(folder.path(), &[[1; 32]]);
        for n in 0..5 {
            old.get_or_make(of_study(&n.to_string())).unwrap();
        }
        let both = shelf(folder.path(), &[[2; 32], [1; 32]]);
        // The engineer who calls this is root, and the gateway is not.
        let (last, gateway) = (old.path(of_study("4")), 65_534);
        let is_root = std::os::unix::fs::chown(&last, Some(gateway), None).is_ok();
        // Two were done when the machine went down.
        for n in 0..2 {
            let id = of_study(&n.to_string());
            let key = both.get(id).unwrap();
            both.write(id, &key, true).unwrap();
        }
        assert_eq!(both.rewrap().unwrap(), Rewrapped { done: 3, before: 2 });
        assert!(!is_root || last.metadata().unwrap().uid() == gateway);
        assert_eq!(both.rewrap().unwrap(), Rewrapped { done: 0, before: 5 });
        shelf(folder.path(), &[[2; 32]]).get(of_study("4")).unwrap();
        assert!(
            shelf(folder.path(), &[[1; 32]]).get(of_study("4")).is_err(),
            "the old key alone opens nothing"
        );
    }
}
