//! Files that people share in a consultation: kept whole under their hash, sealed, beside the objects, and never decoded here.

use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::MutexGuard;

use super::vault::{Incoming, Vault, What};
use super::{Archive, Error, key_shelf};

/// Names that are read of a ZIP; one with more is no letter.
const MAX_ENTRIES: usize = 4096;

/// What a file is made of.
#[derive(Clone, PartialEq, Eq)]
pub struct LookedAt {
    pub bytes: Vec<u8>,
    /// SHA-256.
    pub content: [u8; 32],
    /// The names in it, when it is a ZIP that can be read.
    pub entries: Vec<String>,
}

impl std::fmt::Debug for LookedAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LookedAt").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// The place of shared files, held by one at a time: so a file is not removed while another row for the same bytes is written.
/// Whoever adds or removes rows of shared files holds it until the files are where the rows say.
#[derive(Debug)]
pub struct FileShelf<'a> {
    folder: PathBuf,
    vault: Arc<Vault>,
    _held: MutexGuard<'a, ()>,
}

/// The start of a file that has come in, or all of a small one.
#[derive(Clone, PartialEq, Eq)]
pub struct Glance {
    pub head: Vec<u8>,
    /// The head is all of it.
    pub is_whole: bool,
    pub bytes: u64,
    /// SHA-256 of all of it.
    pub content: [u8; 32],
    /// The names in it, when it is a ZIP that can be read.
    pub entries: Vec<String>,
}

impl std::fmt::Debug for Glance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Glance").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

fn glance(vault: &Vault, path: &Path, head_bytes: usize) -> std::io::Result<Glance> {
    let mut file = vault.spool().open(std::fs::File::open(path)?)?;
    let (mut head, mut digest, mut bytes) = (Vec::new(), Sha256::new(), 0_u64);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
        digest.update(part);
        bytes += read as u64;
        head.extend(part.iter().take(head_bytes.saturating_sub(head.len())));
    }
    let entries = if head.starts_with(b"PK\x03\x04") { entries_of(file) } else { Vec::new() };
    let is_whole = head.len() as u64 == bytes;
    Ok(Glance { head, is_whole, bytes, content: digest.finalize().into(), entries })
}

impl Archive {
    /// Begins an upload at a place among those that come in: the folder `incoming`, which is made when it is missing.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn incoming(&self, path: &Path) -> Result<Incoming, Error> {
        Ok(Incoming::create(path, self.0.vault.spool()).await?)
    }

    /// Looks at an upload of any size: its start, its hash, the names in it.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn glance(&self, path: &Path, head_bytes: usize) -> Result<Glance, Error> {
        let (vault, path) = (self.0.vault.clone(), path.to_owned());
        let glanced = tokio::task::spawn_blocking(move || glance(&vault, &path, head_bytes));
        Ok(glanced.await.map_err(|_| Error::Broken)??)
    }

    /// Waits for whoever holds the shelf.
    pub async fn shelf(&self) -> FileShelf<'_> {
        let (folder, vault) = (self.folder().join("files"), self.0.vault.clone());
        FileShelf { folder, vault, _held: self.0.shelf.lock().await }
    }

    /// The bytes of a shared file.
    ///
    /// # Errors
    /// If it is not there, or the disk fails.
    pub async fn shared_file(&self, content: [u8; 32]) -> Result<Vec<u8>, Error> {
        let vault = self.0.vault.clone();
        let read = move || {
            let mut source = vault.source(What::File(content))?;
            let mut bytes = Vec::with_capacity(usize::try_from(source.length()?).unwrap_or(0));
            source.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| Error::Broken)?
    }
}

impl FileShelf<'_> {
    /// Reads a file that has come in; it is small enough for that.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn look(&self, path: &Path) -> Result<LookedAt, Error> {
        let (vault, path) = (self.vault.clone(), path.to_owned());
        let looked = tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            vault.spool().open(std::fs::File::open(path)?)?.read_to_end(&mut bytes)?;
            let entries = entries(&bytes);
            Ok(LookedAt { content: Sha256::digest(&bytes).into(), bytes, entries })
        });
        looked.await.map_err(|_| Error::Broken)?
    }

    /// Puts a file that has come in to its place, whole and on the disk. What came in stays where it is.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn keep(&self, path: &Path, content: [u8; 32]) -> Result<(), Error> {
        let (vault, path) = (self.vault.clone(), path.to_owned());
        let keep = move || {
            let from = vault.spool().open(std::fs::File::open(path)?)?;
            Ok(vault.place_file(from, content)?)
        };
        tokio::task::spawn_blocking(keep).await.map_err(|_| Error::Broken)?
    }

    /// Keeps bytes that were made here, whole and on the disk; their SHA-256.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn put(&self, bytes: bytes::Bytes) -> Result<[u8; 32], Error> {
        let vault = self.vault.clone();
        let put = move || {
            let content: [u8; 32] = Sha256::digest(&bytes).into();
            vault.place_file(&*bytes, content)?;
            Ok(content)
        };
        tokio::task::spawn_blocking(put).await.map_err(|_| Error::Broken)?
    }

    /// Removes a file that no row names any more, and its key.
    ///
    /// # Errors
    /// If the disk fails. One that is not there is no error.
    pub async fn remove(&self, content: [u8; 32]) -> Result<(), Error> {
        match tokio::fs::remove_file(path_of(&self.folder, content)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        Ok(self.vault.keys.remove(key_shelf::of_file(content))?)
    }

    /// Everything that is kept.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn contents(&self) -> Result<Vec<[u8; 32]>, Error> {
        let mut found = Vec::new();
        if !tokio::fs::try_exists(&self.folder).await? {
            return Ok(found);
        }
        let mut shelves = tokio::fs::read_dir(&self.folder).await?;
        while let Some(shelf) = shelves.next_entry().await? {
            let mut files = tokio::fs::read_dir(shelf.path()).await?;
            while let Some(file) = files.next_entry().await? {
                found.extend(file.file_name().to_str().and_then(content_of));
            }
        }
        Ok(found)
    }
}

/// Names of a ZIP, from its directory alone. Nothing is unpacked.
fn entries(bytes: &[u8]) -> Vec<String> {
    entries_of(Cursor::new(bytes))
}

fn entries_of(zip: impl Read + Seek) -> Vec<String> {
    match zip::ZipArchive::new(zip) {
        Ok(archive) if archive.len() <= MAX_ENTRIES => {
            archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn path_of(folder: &Path, content: [u8; 32]) -> PathBuf {
    use std::fmt::Write;
    let mut name = String::with_capacity(64);
    for byte in content {
        let _ = write!(name, "{byte:02x}");
    }
    folder.join(&name[..2]).join(name)
}

pub(super) fn content_of(name: &str) -> Option<[u8; 32]> {
    let mut content = [0; 32];
    if name.len() != 64 || !name.is_ascii() {
        return None;
    }
    for (byte, at) in content.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(name.get(at..at + 2)?, 16).ok()?;
    }
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_its_content() {
        let content: [u8; 32] = std::array::from_fn(|i| (i * 9) as u8);
        let path = path_of(Path::new("/files"), content);
        assert_eq!(path.parent(), Some(Path::new("/files/00")));
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(content_of(name), Some(content));
        for other in ["", "x", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(content_of(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_zip_has_no_entries() {
        assert!(entries(b"PK\x03\x04 and nothing more").is_empty());
    }
}
