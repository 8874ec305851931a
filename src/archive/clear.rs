//! Bytes of an object, open, in memory alone: what children are handed. They are a file without a name (memfd), so that no disk has them, and
//! nobody can change them any more.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use super::picture::PictureError;

/// What is copied at a time, in bytes.
const STEP: usize = 256 << 10;

/// See the module.
#[derive(Debug)]
pub(super) struct ClearFile {
    file: File,
    bytes: u64,
}

impl ClearFile {
    /// All that comes out of a reader.
    ///
    /// # Errors
    /// If it cannot be read to its end, or there is no memory for it.
    pub(super) fn of(mut from: impl Read) -> io::Result<Self> {
        let mut file = nameless()?;
        let mut step = vec![0; STEP];
        loop {
            match from.read(&mut step) {
                Ok(0) => break,
                Ok(count) => file.write_all(step.get(..count).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Self::written(file)
    }

    /// What was written to a [`nameless`] file. From here on nobody changes it.
    ///
    /// # Errors
    /// If the system refuses.
    pub(super) fn written(mut file: File) -> io::Result<Self> {
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
        file.rewind()?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }

    /// A file of somebody else's, as the command line names it.
    ///
    /// # Errors
    /// If it cannot be read, or is no file.
    pub(super) async fn of_path(path: &Path) -> Result<Self, PictureError> {
        let path = path.to_owned();
        let read = move || {
            use std::os::unix::fs::OpenOptionsExt;
            // Without O_NONBLOCK a named pipe waits for its writer.
            let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
            let file = File::options().read(true).custom_flags(flags).open(path)?;
            if !file.metadata()?.is_file() {
                return Ok(None);
            }
            Self::of(file).map(Some)
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(Some(clear))) => Ok(clear),
            Ok(Ok(None)) => Err(cannot("it is not a file")),
            Ok(Err(error)) => Err(unreadable(&error)),
            Err(_) => Err(cannot("it was not read to its end")),
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// How many there are.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// A file without a name, in memory.
///
/// # Errors
/// If the system has no memory for it.
pub(super) fn nameless() -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Kernels before 6.3 do not know that nothing in it is to be run; some after it ask for the word.
    let made =
        memfd_create("parvis", flags | MemfdFlags::NOEXEC_SEAL).or_else(|_| memfd_create("parvis", flags))?;
    Ok(made.into())
}

fn cannot(why: &str) -> PictureError {
    PictureError::CannotShow(format!("the object cannot be read: {why}"))
}

/// What is said of an object that cannot be read. What the sealing says is for the log.
pub(super) fn unreadable(error: &io::Error) -> PictureError {
    if error.get_ref().is_some() {
        tracing::error!(error = error as &dyn std::error::Error, "an object cannot be opened");
    }
    cannot(&error.kind().to_string())
}
