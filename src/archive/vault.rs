//! Sealed files of the archive: objects with the key of their study, shared files with a key of their own, and what has only just come in
//! with a key that is gone with this process.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::clear::{ClearFile, unreadable};
use super::key_shelf::{KeyShelf, of_file, of_study};
use super::picture::PictureError;
use super::{files, object_path};
use crate::clock::Clock;
use crate::imaging::ContentHash;
use crate::sealing::{DataKey, FileHeader, KeyId, MasterKeys, OpenError, SealedReader, SealedWriter};

/// Objects that stay open in memory for a moment, in bytes together: a window that is dragged asks for the same one at every step. One that
/// is larger alone has all of it.
pub(super) const OPEN_BYTES: u64 = 256 << 20;
const OPEN_FOR: Duration = Duration::from_secs(20);

/// See the module.
#[derive(Debug)]
pub(super) struct Vault {
    folder: PathBuf,
    pub(super) keys: KeyShelf,
    spool: Spool,
    clock: Clock,
    open: moka::future::Cache<ContentHash, Arc<ClearFile>>,
    /// Files from before there was any sealing are read as they are, until all are sealed.
    takes_unsealed: AtomicBool,
}

/// What a file of the archive is, as it was said when it was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Object(ContentHash),
    File([u8; 32]),
}

impl What {
    fn words(self) -> Vec<u8> {
        let (kind, content) = match self {
            Self::Object(content) => ("object ", content.0),
            Self::File(content) => ("file ", content),
        };
        [kind.as_bytes(), &content].concat()
    }

    pub(super) fn path(self, folder: &Path) -> PathBuf {
        match self {
            Self::Object(content) => object_path(folder, content),
            Self::File(content) => files::path_of(&folder.join("files"), content),
        }
    }

    pub(super) fn content(self) -> [u8; 32] {
        match self {
            Self::Object(content) => content.0,
            Self::File(content) => content,
        }
    }
}

impl Vault {
    pub(super) fn new(folder: PathBuf, masters: MasterKeys) -> Self {
        let weigh = |_: &ContentHash, clear: &Arc<ClearFile>| {
            u32::try_from(clear.bytes().clamp(4096, OPEN_BYTES)).unwrap_or(u32::MAX)
        };
        let open = moka::future::Cache::builder()
            .max_capacity(OPEN_BYTES)
            .weigher(weigh)
            .eviction_policy(moka::policy::EvictionPolicy::lru())
            .time_to_idle(OPEN_FOR)
            .build();
        let clock = Clock::system();
        Self {
            keys: KeyShelf::new(folder.join("keys"), masters),
            spool: Spool::new(Some(folder.join("incoming")), clock.clone()),
            folder,
            clock,
            open,
            takes_unsealed: AtomicBool::new(true),
        }
    }

    /// Where files are that are not whole yet.
    pub(super) fn spool(&self) -> &Spool {
        &self.spool
    }

    /// An object, opened.
    ///
    /// # Errors
    /// If it cannot be read; the sentence says why, the log says more.
    pub(super) async fn object(
        self: &Arc<Self>,
        content: ContentHash,
    ) -> Result<Arc<ClearFile>, PictureError> {
        let vault = self.clone();
        let open = async move {
            let read = move || vault.source(What::Object(content)).and_then(ClearFile::of);
            match tokio::task::spawn_blocking(read).await {
                Ok(Ok(clear)) => Ok(Arc::new(clear)),
                Ok(Err(error)) => Err(unreadable(&error)),
                Err(_) => Err(unreadable(&io::Error::from(ErrorKind::Interrupted))),
            }
        };
        self.open.try_get_with(content, open).await.map_err(|error| (*error).clone())
    }

    /// A file, to be read in any part.
    ///
    /// # Errors
    /// If it is not there, or does not open.
    pub(super) fn source(&self, what: What) -> io::Result<Source> {
        let mut file = File::open(what.path(&self.folder))?;
        let Some(header) = FileHeader::read(&file)? else {
            if !self.takes_unsealed.load(Ordering::Acquire) {
                return Err(OpenError::NotSealed.into());
            }
            // Nothing but its name says that it is what was kept.
            let mut digest = Sha256::new();
            io::copy(&mut file, &mut digest)?;
            if digest.finalize().as_slice() != what.content() {
                return Err(OpenError::Refused.into());
            }
            file.rewind()?;
            return Ok(Source::Plain(file));
        };
        let key = self.keys.get(header.key)?;
        Ok(Source::Sealed(Box::new(SealedReader::new(file, &header, &key, &what.words())?)))
    }

    /// Seals an object into its place, with the key of its study. Also in the place of one that is there: so it is young, and no purge
    /// takes it before its row is written.
    pub(super) fn place_object(
        &self,
        clear: &ClearFile,
        content: ContentHash,
        study: &str,
    ) -> io::Result<()> {
        // The place in the file is shared with others who read.
        self.place(PartOf::start(clear), What::Object(content), of_study(study))
    }

    /// Seals a shared file into its place, with a key of its own.
    pub(super) fn place_file(&self, from: impl Read, content: [u8; 32]) -> io::Result<()> {
        self.place(from, What::File(content), of_file(content))
    }

    /// The same, of one that is open.
    pub(super) fn place_file_of(&self, clear: &ClearFile, content: [u8; 32]) -> io::Result<()> {
        self.place_file(PartOf::start(clear), content)
    }

    /// Whole or not at all: a file with its name is complete and on the disk, and so is its key.
    fn place(&self, mut from: impl Read, what: What, id: KeyId) -> io::Result<()> {
        let key = self.keys.get_or_make(id)?;
        let path = what.path(&self.folder);
        if let Some(shelf) = path.parent() {
            std::fs::create_dir_all(shelf)?;
        }
        let mut to = SealedWriter::new(self.spool.file()?, &key, id, &what.words(), &self.clock)?;
        io::copy(&mut from, &mut to)?;
        let file = to.finish()?;
        file.as_file().sync_data()?;
        file.persist(path).map_err(|failed| failed.error)?;
        self.keys.ensure(id, &key)
    }

    /// Whether a file is sealed.
    pub(super) fn is_sealed(&self, what: What) -> io::Result<bool> {
        Ok(FileHeader::read(&File::open(what.path(&self.folder))?)?.is_some())
    }

    /// A file as it lies there.
    pub(super) fn unsealed(&self, what: What) -> io::Result<File> {
        File::open(what.path(&self.folder))
    }

    /// The key that a file was sealed with; `None`: it is not sealed, or gone.
    pub(super) fn key_of(&self, what: What) -> io::Result<Option<KeyId>> {
        match File::open(what.path(&self.folder)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            file => Ok(FileHeader::read(&file?)?.map(|header| header.key)),
        }
    }

    /// From here on nothing is read that is not sealed.
    pub(super) fn refuse_unsealed(&self) {
        self.takes_unsealed.store(false, Ordering::Release);
    }
}

/// Reads from the start, without the place in the file.
struct PartOf<'a> {
    clear: &'a ClearFile,
    at: u64,
}

impl<'a> PartOf<'a> {
    fn start(clear: &'a ClearFile) -> Self {
        Self { clear, at: 0 }
    }
}

impl Read for PartOf<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        use std::os::unix::fs::FileExt;
        let count = self.clear.file().read_at(into, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// A file that is read: opened as it is read, or as it lies there.
pub(super) enum Source {
    Plain(File),
    Sealed(Box<SealedReader>),
}

impl Source {
    /// How many bytes come out.
    pub(super) fn length(&self) -> io::Result<u64> {
        match self {
            Self::Plain(file) => Ok(file.metadata()?.len()),
            Self::Sealed(reader) => Ok(reader.length()),
        }
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(into),
            Self::Sealed(reader) => reader.read(into),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Plain(file) => file.seek(to),
            Self::Sealed(reader) => reader.seek(to),
        }
    }
}

/// Where files lie that have only just come in, sealed with a key that is in the memory of this process and nowhere else: what a crash leaves
/// is nothing.
#[derive(Clone, Debug)]
pub struct Spool(Arc<SpoolKey>);

#[derive(Debug)]
struct SpoolKey {
    folder: Option<PathBuf>,
    id: KeyId,
    key: DataKey,
    clock: Clock,
}

const SPOOLED: &[u8] = b"spooled";

impl Spool {
    /// In a folder, which is made when it is missing; without one, in that of the system for temporary files.
    pub fn new(folder: Option<PathBuf>, clock: Clock) -> Self {
        let (id, key) = (KeyId(clock.random_bytes()), DataKey::new(&clock));
        Self(Arc::new(SpoolKey { folder, id, key, clock }))
    }

    /// An empty file there, which goes away by itself.
    pub(super) fn file(&self) -> io::Result<NamedTempFile> {
        match &self.0.folder {
            Some(folder) => {
                std::fs::create_dir_all(folder)?;
                NamedTempFile::new_in(folder)
            }
            None => NamedTempFile::new(),
        }
    }

    /// Seals into a file.
    pub(super) fn seal<W: Write>(&self, to: W) -> io::Result<SealedWriter<W>> {
        let SpoolKey { id, key, clock, .. } = &*self.0;
        SealedWriter::new(to, key, *id, SPOOLED, clock)
    }

    /// Opens what was sealed so; a file of somebody else's as it is.
    pub(super) fn open(&self, file: File) -> io::Result<Source> {
        match FileHeader::read(&file)? {
            Some(header) if header.key == self.0.id => {
                Ok(Source::Sealed(Box::new(SealedReader::new(file, &header, &self.0.key, SPOOLED)?)))
            }
            _ => Ok(Source::Plain(file)),
        }
    }
}

/// An upload that is written as it comes, sealed from its first byte.
pub struct Incoming {
    /// Away while it writes.
    writer: Option<SealedWriter<File>>,
    waiting: Vec<u8>,
}

/// What is collected before the disk is asked, in bytes.
const COLLECTED: usize = 256 << 10;

impl Incoming {
    pub(super) async fn create(path: &Path, spool: &Spool) -> io::Result<Self> {
        let (path, spool) = (path.to_owned(), spool.clone());
        let create = move || spool.seal(File::create_new(path)?);
        let writer = tokio::task::spawn_blocking(create).await.map_err(io::Error::other)??;
        Ok(Self { writer: Some(writer), waiting: Vec::new() })
    }

    /// Adds what came.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() < COLLECTED {
            return Ok(());
        }
        self.put().await
    }

    /// Writes the rest.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn finish(mut self) -> io::Result<()> {
        self.put().await?;
        let Some(writer) = self.writer.take() else { return Ok(()) };
        tokio::task::spawn_blocking(move || writer.finish()).await.map_err(io::Error::other)??;
        Ok(())
    }

    async fn put(&mut self) -> io::Result<()> {
        let mut writer = self.writer.take().ok_or(ErrorKind::BrokenPipe)?;
        let mut waiting = std::mem::take(&mut self.waiting);
        let put = move || writer.write_all(&waiting).map(|()| (writer, waiting));
        let (writer, kept) = tokio::task::spawn_blocking(put).await.map_err(io::Error::other)??;
        self.writer = Some(writer);
        waiting = kept;
        waiting.clear();
        self.waiting = waiting;
        Ok(())
    }
}
