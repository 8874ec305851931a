//! The key that signs the chain: 32 bytes in a file that only its owner may read, made at the first start.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::Error;
use crate::audit::{Signer, hex, of_hex};
use crate::clock::Clock;
use crate::secret::Secret;

/// The seed, as 64 hexadecimal letters.
const FILE: &str = "head.key";

pub(super) fn open(folder: &Path, clock: &Clock) -> Result<Signer, Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Error::Folder)?;
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let text = hex(&clock.random_bytes::<32>());
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)
                .map_err(Error::Folder)?;
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(Error::Folder)?;
            text
        }
        Err(error) => return Err(Error::Folder(error)),
    };
    of_hex(text.trim()).and_then(|seed| Signer::of_seed(&seed)).ok_or(Error::Key)
}

/// The public key of a folder, without making anything; `None`: there is none.
pub fn public_key(folder: &Path) -> Option<[u8; 32]> {
    let text = fs::read_to_string(folder.join(FILE)).ok()?;
    of_hex(text.trim()).and_then(|seed| Signer::of_seed(&seed)).map(|signer| signer.key())
}

/// The key of a folder as it stands in its file, for a backup; `None`: there is none.
///
/// # Errors
/// If it cannot be read.
pub fn copy_key(folder: &Path) -> std::io::Result<Option<Secret<String>>> {
    match fs::read_to_string(folder.join(FILE)) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts a key of a backup into a folder where there is none.
///
/// # Errors
/// If it cannot be written, or one is there.
pub fn put_key(folder: &Path, text: &Secret<String>) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(FILE))?;
    file.write_all(text.expose().as_bytes()).and_then(|()| file.sync_all())
}

/// Takes that key away again.
///
/// # Errors
/// If it cannot be removed.
pub fn take_key_back(folder: &Path) -> std::io::Result<()> {
    fs::remove_file(folder.join(FILE))
}
