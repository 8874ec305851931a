//! The files of an archive as they lie there, sealed, for a backup, and back into the folders of an empty archive. Nothing is opened on the way
//! but the end of each, which shows a file that was cut.
//!
//! While folders are being filled a file `restoring` stands beside them, which the gateway does not start on. Whoever is killed leaves it
//! behind, and the next restore begins anew, or ends what only had to be ended.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::key_shelf::KeyShelf;
use super::object_path;
use super::vault::{Vault, What};
use crate::imaging::ContentHash;
use crate::sealing::{KeyId, MasterId, MasterKeys};

/// The folders that a backup has.
const FOLDERS: [&str; 3] = ["objects", "files", "keys"];
const MARK: &str = "restoring";
/// What stands in the mark once all files are in their places.
const WHOLE: &[u8] = b"whole\n";

/// The files of an archive, to be read.
#[derive(Debug)]
pub struct Shelves {
    folder: PathBuf,
    vault: Vault,
}

/// A file as it lies there.
#[derive(Debug)]
pub struct LyingFile {
    pub file: File,
    pub bytes: u64,
    /// The key that opens it; `None`: it is from before there was any sealing.
    pub key: Option<KeyId>,
    /// Its end opens. One that was cut, or whose key is gone, does not.
    pub is_sound: bool,
}

impl Shelves {
    pub fn new(folder: PathBuf, masters: MasterKeys) -> Self {
        Self { vault: Vault::new(folder.clone(), masters), folder }
    }

    /// The size of an object in bytes; `None`: it is not there.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn object_bytes(&self, content: [u8; 32]) -> io::Result<Option<u64>> {
        self.bytes_of(What::Object(ContentHash(content)))
    }

    /// That of a shared file.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn file_bytes(&self, content: [u8; 32]) -> io::Result<Option<u64>> {
        self.bytes_of(What::File(content))
    }

    /// An object; `None`: it is not there.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn object(&self, content: [u8; 32]) -> io::Result<Option<LyingFile>> {
        self.lying(What::Object(ContentHash(content)))
    }

    /// A shared file; `None`: it is not there.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn file(&self, content: [u8; 32]) -> io::Result<Option<LyingFile>> {
        self.lying(What::File(content))
    }

    /// A wrapped key as its file has it, and the master key that opens it; `None`: it is not there.
    ///
    /// # Errors
    /// If the disk fails, or it is none.
    pub fn key(&self, id: KeyId) -> io::Result<Option<(String, MasterId)>> {
        match self.vault.keys.wrapped(id) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            wrapped => wrapped.map(|wrapped| Some((wrapped.to_text(), wrapped.master))),
        }
    }

    fn bytes_of(&self, what: What) -> io::Result<Option<u64>> {
        match std::fs::metadata(what.path(&self.folder)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            facts => Ok(Some(facts?.len())),
        }
    }

    fn lying(&self, what: What) -> io::Result<Option<LyingFile>> {
        let file = match self.vault.unsealed(what) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let bytes = file.metadata()?.len();
        let key = self.vault.key_of(what)?;
        let is_sound = self.vault.source(what).is_ok();
        Ok(Some(LyingFile { file, bytes, key, is_sound }))
    }
}

/// What a restore finds in the folder of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// One that was broken off; what it left goes away when the next one begins.
    BrokenOff,
    /// One that was broken off when all files were in their places.
    AllButEnded,
    /// Another one is at work.
    AtWork,
    /// A file that is there.
    InTheWay(PathBuf),
}

/// Looks what is there already.
///
/// # Errors
/// If the disk fails.
pub fn look_for_files(folder: &Path) -> io::Result<Found> {
    match File::open(folder.join(MARK)) {
        Ok(mut mark) => {
            if mark.try_lock().is_err() {
                return Ok(Found::AtWork);
            }
            let mut text = Vec::new();
            mark.read_to_end(&mut text)?;
            return Ok(if text == WHOLE { Found::AllButEnded } else { Found::BrokenOff });
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(first_file_of(folder)?.map_or(Found::Nothing, Found::InTheWay))
}

/// Whether a restore was broken off here.
pub(super) fn is_half_restored(folder: &Path) -> bool {
    folder.join(MARK).exists()
}

/// Ends one that was all but ended.
///
/// # Errors
/// If the disk fails.
pub fn end_restore(folder: &Path) -> io::Result<()> {
    std::fs::remove_file(folder.join(MARK))?;
    File::open(folder)?.sync_all()
}

/// A file in the folders that a backup has.
fn first_file_of(folder: &Path) -> io::Result<Option<PathBuf>> {
    for part in FOLDERS {
        let found = first_file(&folder.join(part))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn first_file(folder: &Path) -> io::Result<Option<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let found = if entry.file_type()?.is_dir() { first_file(&entry.path())? } else { Some(entry.path()) };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The folders of an empty archive that are being filled. Dropped before [`ShelvesRefill::end`], nothing of it stays.
#[derive(Debug)]
pub struct ShelvesRefill {
    folder: PathBuf,
    keys: KeyShelf,
    /// Held for as long as this is.
    mark: File,
    is_ended: bool,
}

impl ShelvesRefill {
    /// Begins; what one that was broken off has left is removed, and nothing else ever is.
    ///
    /// # Errors
    /// If the disk fails, another one is at work, or a file is there by now.
    pub fn begin(folder: PathBuf, masters: MasterKeys) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(MARK);
        let was_broken_off = path.exists();
        let mut options = OpenOptions::new();
        let mark = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        mark.try_lock().map_err(io::Error::from)?;
        mark.set_len(0)?;
        mark.sync_all()?;
        File::open(&folder)?.sync_all()?;
        // From here on no gateway starts. One that did before has files of its own.
        if was_broken_off {
            clear(&folder)?;
        } else if let Some(file) = first_file_of(&folder)? {
            std::fs::remove_file(&path)?;
            return Err(io::Error::new(ErrorKind::AlreadyExists, format!("{} is there", file.display())));
        }
        Ok(Self { keys: KeyShelf::new(folder.join("keys"), masters), folder, mark, is_ended: false })
    }

    /// Puts an object to its place, as it lay.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn put_object(&self, content: [u8; 32], from: &mut impl Read) -> io::Result<()> {
        put(&object_path(&self.folder, ContentHash(content)), from)
    }

    /// Puts a shared file to its place, as it lay.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn put_file(&self, content: [u8; 32], from: &mut impl Read) -> io::Result<()> {
        put(&What::File(content).path(&self.folder), from)
    }

    /// Puts a wrapped key to its place.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn put_key(&self, id: KeyId, from: &mut impl Read) -> io::Result<()> {
        put(&self.keys.path(id), from)
    }

    /// All files are in their places, and on the disk. From here on whoever finds the mark knows that.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn settle(&mut self) -> io::Result<()> {
        for part in FOLDERS {
            std::fs::create_dir_all(self.folder.join(part))?;
        }
        // One call for a million files.
        rustix::fs::syncfs(&File::open(&self.folder)?)?;
        self.mark.rewind()?;
        self.mark.write_all(WHOLE)?;
        self.mark.sync_all()
    }

    /// Leaves everything as it is, with the mark: whether the rows are there is not known.
    pub fn leave(mut self) {
        self.is_ended = true;
    }

    /// The rows are there too.
    ///
    /// # Errors
    /// If the disk fails; nothing is taken back then.
    pub fn end(mut self) -> io::Result<()> {
        self.is_ended = true;
        end_restore(&self.folder)
    }
}

impl Drop for ShelvesRefill {
    fn drop(&mut self) {
        // If it fails the mark stays, and the next one clears.
        if !self.is_ended && clear(&self.folder).is_ok() {
            drop(std::fs::remove_file(self.folder.join(MARK)));
        }
    }
}

/// Takes away what is in the folders, and not the folders: they may be elsewhere.
fn clear(folder: &Path) -> io::Result<()> {
    for part in FOLDERS {
        let entries = match std::fs::read_dir(folder.join(part)) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                std::fs::remove_dir_all(entry.path())?;
            } else {
                std::fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

fn put(path: &Path, from: &mut impl Read) -> io::Result<()> {
    if let Some(shelf) = path.parent() {
        std::fs::create_dir_all(shelf)?;
    }
    let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    io::copy(from, &mut to)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn masters() -> MasterKeys {
        MasterKeys::passing(&[[7; 32]], Clock::system())
    }

    #[test]
    fn what_was_broken_off_goes_away_and_what_was_all_but_ended_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive");
        assert_eq!(look_for_files(&archive).unwrap(), Found::Nothing);
        let begin = || ShelvesRefill::begin(archive.clone(), masters());
        let refill = begin().unwrap();
        refill.put_object([1; 32], &mut &b"sealed"[..]).unwrap();
        assert_eq!(look_for_files(&archive).unwrap(), Found::AtWork);
        assert!(begin().is_err(), "two at one time");
        assert!(is_half_restored(&archive));
        drop(refill);
        assert_eq!(look_for_files(&archive).unwrap(), Found::Nothing);

        // Killed: nothing runs at the end.
        let killed = |settles: bool| {
            let mut refill = begin().unwrap();
            refill.put_file([2; 32], &mut &b"sealed"[..]).unwrap();
            if settles {
                refill.settle().unwrap();
            }
            refill.is_ended = true;
        };
        killed(false);
        assert_eq!(look_for_files(&archive).unwrap(), Found::BrokenOff);
        killed(true);
        assert_eq!(look_for_files(&archive).unwrap(), Found::AllButEnded);

        let mut refill = begin().unwrap();
        refill.put_key(KeyId([3; 16]), &mut &b"wrapped"[..]).unwrap();
        refill.settle().unwrap();
        refill.end().unwrap();
        let found = look_for_files(&archive).unwrap();
        assert_eq!(found, Found::InTheWay(archive.join("keys/03").join(format!("{}.key", "03".repeat(16)))));
        assert!(!archive.join("files/02").exists(), "of the one that was killed nothing is left");
        // What was not left by one that was broken off is never removed.
        assert_eq!(begin().unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(look_for_files(&archive).unwrap(), found);
    }
}
