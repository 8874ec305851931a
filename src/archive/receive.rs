//! Uploads taken in: every file gets a word, every object is kept once, under its hash.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::clear::{ClearFile, unreadable};
use super::media::{Entry, EntryKind, MediaLimits, RefusalKind, Spooled, walk};
use super::vault::Spool;
use super::{Archive, Decoder, Error, PictureError, kinds};
use crate::clock::Clock;
use crate::imaging::{ContentHash, ObjectKind, Received, plain};

/// Files that are read ahead of the one that is looked at.
const AHEAD: usize = 2;

/// What became of an upload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receipt {
    /// Objects that are kept now, those that were there before too.
    pub received: Vec<Received>,
    /// What the file of each of them is called, in the same order.
    pub names: Vec<String>,
    /// Files that are no part of a study, such as the viewer program on a CD.
    pub ignored: Vec<String>,
    pub refused: Vec<Refused>,
}

/// A file that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// As a person knows it; never used as a path.
    pub name: String,
    pub kind: RefusalKind,
    /// One sentence.
    pub reason: String,
}

/// How far an upload has been taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub files: u32,
    pub received: u32,
}

impl Archive {
    /// Takes in a file that is one object or a ZIP, or a folder. `name` is what the person calls it.
    ///
    /// # Errors
    /// If the disk fails. What is wrong with files is in the receipt.
    pub async fn receive(
        &self,
        source: &Path,
        name: &str,
        progress: mpsc::Sender<Progress>,
    ) -> Result<Receipt, Error> {
        let limits =
            MediaLimits { unpacked_bytes: self.0.settings.max_upload_bytes, ..MediaLimits::default() };
        let told = |step| {
            // Whoever does not listen does not want to know.
            let _ = progress.try_send(step);
        };
        take_in(source, name, limits, &Destination::Archive(self), &told).await
    }

    /// Keeps an object that was written here, as one that came.
    ///
    /// # Errors
    /// If the disk fails, or it is none.
    pub async fn keep_own(&self, bytes: Vec<u8>) -> Result<Received, Error> {
        let made = move || {
            let content = ContentHash(Sha256::digest(&bytes).into());
            ClearFile::of(bytes.as_slice()).map(|clear| (clear, content))
        };
        let (clear, content) = tokio::task::spawn_blocking(made).await.map_err(|_| Error::Broken)??;
        Ok(self.keep(Arc::new(clear), content).await??)
    }

    /// Has a child read the header, and gives the object its place.
    async fn keep(
        &self,
        clear: Arc<ClearFile>,
        content: ContentHash,
    ) -> Result<Result<Received, PictureError>, Error> {
        let mut header = self.0.pool.header(&clear, content).await;
        if let Ok(received) = &mut header
            && received.instance.kind == ObjectKind::Video
            && plain::is_plain(&received.instance)
            && let Err(why) = self.0.clips.describe(&clear, &mut received.instance).await
        {
            header = Err(why);
        }
        if let Ok(received) = &header
            && !received.instance.is_directory()
        {
            let (vault, study) = (self.0.vault.clone(), received.study.uid.clone());
            let kept = tokio::task::spawn_blocking(move || vault.place_object(&clear, content, &study));
            kept.await.map_err(|_| Error::Broken)??;
        }
        Ok(header)
    }
}

/// Opens what was spooled, into memory.
async fn opened(spooled: Spooled) -> Result<Result<Arc<ClearFile>, PictureError>, Error> {
    let open = move || spooled.open().and_then(ClearFile::of);
    let opened = tokio::task::spawn_blocking(open).await.map_err(|_| Error::Broken)?;
    Ok(opened.map(Arc::new).map_err(|error| unreadable(&error)))
}

/// What an upload would give, with nothing kept.
///
/// # Errors
/// If the source cannot be read.
pub async fn survey(source: &Path, decoder: &Decoder) -> Result<Receipt, Error> {
    let name = source.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    take_in(source, &name, MediaLimits::default(), &Destination::Nowhere(decoder), &|_| {}).await
}

/// What becomes of candidates.
enum Destination<'a> {
    Archive(&'a Archive),
    /// Only looked at.
    Nowhere(&'a Decoder),
}

impl Destination<'_> {
    fn spool(&self) -> Spool {
        match self {
            Self::Archive(archive) => archive.0.vault.spool().clone(),
            Self::Nowhere(_) => Spool::new(None, Clock::system()),
        }
    }

    async fn take(&self, spooled: Spooled) -> Result<Result<Received, PictureError>, Error> {
        let content = spooled.content;
        let clear = match opened(spooled).await? {
            Ok(clear) => clear,
            Err(why) => return Ok(Err(why)),
        };
        match self {
            Self::Archive(archive) => archive.keep(clear, content).await,
            Self::Nowhere(decoder) => Ok(match decoder.inspect_clear(&clear).await {
                Ok(inspection) if inspection.is_cut && !inspection.received.instance.is_directory() => {
                    Err(PictureError::CannotShow("the file ends too early".to_owned()))
                }
                looked => looked.map(|inspection| inspection.received),
            }),
        }
    }
}

/// Takes an upload in. Photographs in a ZIP or a folder are no part of a study that lies beside them; alone they count.
async fn take_in(
    source: &Path,
    shown: &str,
    limits: MediaLimits,
    destination: &Destination<'_>,
    told: &impl Fn(Progress),
) -> Result<Receipt, Error> {
    let mut receipt = take_all(source, shown, limits, destination, told).await?;
    if receipt.received.is_empty() && receipt.refused.is_empty() && !receipt.ignored.is_empty() {
        let limits = MediaLimits { has_plain_files: true, ..limits };
        receipt = take_all(source, shown, limits, destination, told).await?;
    }
    if receipt.received.is_empty() && receipt.refused.is_empty() {
        receipt.refused.push(Refused {
            name: shown.to_owned(),
            kind: RefusalKind::NoImages,
            reason: "there is no DICOM object in it".to_owned(),
        });
    }
    Ok(receipt)
}

/// Walks an upload; every file gets its word.
async fn take_all(
    source: &Path,
    shown: &str,
    limits: MediaLimits,
    destination: &Destination<'_>,
    told: &impl Fn(Progress),
) -> Result<Receipt, Error> {
    let (entries, mut found) = mpsc::channel::<Entry>(AHEAD);
    let source = source.to_owned();
    let spool = destination.spool();
    let walking = tokio::task::spawn_blocking(move || {
        walk(&source, &limits, &spool, &mut |entry| match entries.blocking_send(entry) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    });
    let mut receipt = Receipt::default();
    let mut files = 0;
    while let Some(entry) = found.recv().await {
        files += 1;
        // A single file has the name that the person knows, not that of its temporary copy.
        let name = if entry.is_source { shown.to_owned() } else { entry.name };
        match entry.kind {
            EntryKind::Ignored => receipt.ignored.push(name),
            EntryKind::Refused(kind, reason) => receipt.refused.push(Refused { name, kind, reason }),
            EntryKind::Candidate(spooled) => match destination.take(spooled).await? {
                // A table of contents, under whatever name; and a damaged one, whose name is all that tells.
                Ok(received) if received.instance.is_directory() => receipt.ignored.push(name),
                Err(_) if kinds::is_directory_name(&name) => receipt.ignored.push(name),
                Ok(mut received) => {
                    if plain::is_plain(&received.instance) {
                        received.series.description = title(&name);
                    }
                    receipt.received.push(received);
                    receipt.names.push(name);
                }
                Err(why) => {
                    let kind = RefusalKind::Damaged;
                    receipt.refused.push(Refused { name, kind, reason: why.to_string() });
                }
            },
        }
        told(Progress { files, received: receipt.received.len() as u32 });
    }
    walking.await.map_err(|_| Error::Broken)??;
    Ok(receipt)
}

/// A plain file is known by its name, which may name the patient as any description may.
fn title(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
    stem.chars().filter(|c| !c.is_control()).take(64).collect()
}
