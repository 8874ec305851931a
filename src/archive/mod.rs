//! Bytes of instances: kept sealed under their hash, decoded and rendered in limited child processes, pictures cached.
//!
//! Nothing of an object is parsed in this process: [`pool`] starts the children, [`child`] is what they do, [`wire`] is what is spoken with them,
//! [`clip_worker`] is how ffmpeg gets behind its walls,
//! [`receive`] takes uploads in, [`files`] keeps what people share, [`video`] has the frames of clips decoded. [`vault`] seals all of it with the keys of
//! [`key_shelf`] (docs/adr/0022-encryption-at-rest.md), and [`clear`] is how an object lies open: in memory, without a name. Names from inside of archives are told to people and never used as
//! paths.

mod ahead;
mod child;
mod clear;
mod clip_worker;
mod decoder;
mod ffmpeg;
mod files;
mod kept;
mod key_shelf;
mod kinds;
mod limits;
mod media;
mod objects;
mod picture;
mod pool;
mod receive;
mod sandbox;
mod sealing_rest;
mod shelves;
mod turns;
mod vault;
mod video;
mod wire;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::imaging::{ContentHash, FrameNumber, MeasureRefusal, MeasureShape, Measured, ReferencedImage};
use crate::sealing::MasterKeys;
use crate::tasks::Tasks;

pub use child::run_worker;
pub use clip_worker::{ClipTask, run_clip_worker};
pub use decoder::{Decoder, FrameValues};
pub use files::{FileShelf, Glance, LookedAt};
pub use key_shelf::Rewrapped;
pub use media::{Entry, EntryKind, MediaError, MediaLimits, RefusalKind, Spooled, walk};
pub use picture::{Picture, PictureError, PictureRequest, ShownContent};
pub use receive::{Progress, Receipt, Refused, survey};
pub use sealing_rest::SealedRest;
pub use shelves::{Found, LyingFile, Shelves, ShelvesRefill, end_restore, look_for_files};
pub use turns::Rank;
pub use vault::{Incoming, Spool};

use ahead::Ahead;
use picture::PictureKey;
use pool::{Made, Pool};
use vault::Vault;
use video::Clips;

/// Where studies are kept and how they are decoded.
#[derive(Clone, Debug)]
pub struct ArchiveSettings {
    pub folder: PathBuf,
    /// This program, which is its own child.
    pub worker_program: PathBuf,
    /// Child processes that decode, at least 1. They start when they are first needed.
    pub workers: usize,
    /// Bytes of decoded frames that all children together keep.
    pub decoded_cache_bytes: u64,
    /// Bytes of encoded pictures that are kept.
    pub encoded_cache_bytes: u64,
    /// The largest upload, and the largest that it may unpack to.
    pub max_upload_bytes: u64,
    /// What the keys of studies and files are wrapped with.
    pub keys: MasterKeys,
}

impl ArchiveSettings {
    /// The defaults.
    pub fn new(folder: PathBuf, worker_program: PathBuf, keys: MasterKeys) -> Self {
        Self {
            folder,
            worker_program,
            workers: 2,
            decoded_cache_bytes: 512 << 20,
            encoded_cache_bytes: 64 << 20,
            max_upload_bytes: 4 << 30,
            keys,
        }
    }

    /// What of memory may be taken at worst for images, in bytes: by the children that decode and their caches, by the programs of ffmpeg, and
    /// by what this process holds open for them. An object that is larger than what is held open comes on top.
    pub fn most_memory_bytes(&self) -> u64 {
        let children = self.workers.max(1) as u64 * limits::WORKING_BYTES + self.decoded_cache_bytes;
        let clips = video::OPEN_CLIPS * clip_worker::MEMORY_BYTES;
        let open = vault::OPEN_BYTES + video::OPEN_BYTES + video::KEPT_BYTES + self.encoded_cache_bytes;
        children + clips + open
    }
}

/// Why the archive cannot do its work; what is wrong with single files is in [`Receipt`] and [`PictureError`].
#[derive(Debug, Error)]
pub enum Error {
    #[error("the archive cannot be read or written")]
    Io(#[from] std::io::Error),
    #[error("the upload cannot be taken in")]
    Media(#[from] MediaError),
    #[error("an object that was written here cannot be read")]
    Own(#[from] PictureError),
    #[error(
        "a restore was broken off in {}: call `parvis restore` again, which begins anew or ends it", .0.display()
    )]
    HalfRestored(PathBuf),
    #[error("a task of the archive ended before its work did")]
    Broken,
}

/// The archive. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Archive(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: ArchiveSettings,
    vault: Arc<Vault>,
    pool: Arc<Pool>,
    clips: Clips,
    /// Held by whoever changes what lies among the shared files.
    shelf: tokio::sync::Mutex<()>,
    pictures: moka::future::Cache<PictureKey, Arc<Picture>>,
    /// Pictures that were asked for, and those that had to be made.
    asked: AtomicU64,
    made: AtomicU64,
    /// Frames to be decoded ahead, by viewing; and the sign that there is a new wish.
    ahead: Arc<Mutex<Ahead>>,
    wished: Arc<Notify>,
}

/// See [`Archive::counts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArchiveCounts {
    /// Pictures that were rendered, and those that were there already or were just being rendered for somebody else.
    pub pictures_made: u64,
    pub pictures_shared: u64,
    /// Bytes of pictures that are kept.
    pub picture_bytes: u64,
    /// Requests that decoders answered, and those on which one died or was stopped.
    pub decoder_answers: u64,
    pub decoder_stops: u64,
}

impl Archive {
    /// Makes the folder when it is missing. No child is started yet. What is not sealed is, in the background.
    pub async fn open(settings: ArchiveSettings, tasks: &Tasks) -> Result<Self, Error> {
        Self::refuse_half_restored(&settings.folder)?;
        tokio::fs::create_dir_all(settings.folder.join("objects")).await?;
        let pool = Arc::new(Pool::new(&settings));
        let pictures = moka::future::Cache::builder()
            .max_capacity(settings.encoded_cache_bytes)
            .eviction_policy(moka::policy::EvictionPolicy::lru())
            .weigher(|_, picture: &Arc<Picture>| u32::try_from(picture.bytes.len()).unwrap_or(u32::MAX))
            .build();
        let (ahead, wished) = (Arc::new(Mutex::new(Ahead::default())), Arc::new(Notify::new()));
        let clips = Clips::new(settings.worker_program.clone());
        let vault = Arc::new(Vault::new(settings.folder.clone(), settings.keys.clone()));
        // Streams of clips lay there before they were in memory.
        let _ = tokio::fs::remove_dir_all(settings.folder.join("clips")).await;
        let archive = Self(Arc::new(Inner {
            settings,
            vault: vault.clone(),
            clips,
            shelf: tokio::sync::Mutex::new(()),
            pool: pool.clone(),
            pictures,
            asked: AtomicU64::new(0),
            made: AtomicU64::new(0),
            ahead: ahead.clone(),
            wished: wished.clone(),
        }));
        tasks.spawn("frames ahead", look_ahead(vault, pool, ahead, wished, tasks.clone()));
        tasks.spawn("sealing of what was kept", sealing_rest::in_background(archive.clone(), tasks.clone()));
        Ok(archive)
    }

    /// Refuses a folder in which a restore was broken off. Whoever opens the database of it asks first, because tables that are made in an
    /// empty one would be in the way of the next restore.
    ///
    /// # Errors
    /// If that is so.
    pub fn refuse_half_restored(folder: &std::path::Path) -> Result<(), Error> {
        if shelves::is_half_restored(folder) { Err(Error::HalfRestored(folder.to_owned())) } else { Ok(()) }
    }

    /// A frame as a picture for one surface. The same picture for several viewers is made once, and shared.
    ///
    /// # Errors
    /// If the frame cannot be shown; the sentence says why.
    pub async fn picture(&self, request: &PictureRequest) -> Result<Arc<Picture>, PictureError> {
        self.picture_of_rank(request, Rank::First).await
    }

    /// The same, of a picture that may have to come after others.
    pub async fn picture_of_rank(
        &self,
        request: &PictureRequest,
        rank: Rank,
    ) -> Result<Arc<Picture>, PictureError> {
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        let make = async {
            self.0.made.fetch_add(1, Ordering::Relaxed);
            let Inner { clips, vault, pool, .. } = &*self.0;
            if clips.has(request.content) {
                return clips.picture(None, request).await.map(Arc::new);
            }
            let (object, made) = {
                let _turn = pool.turn(rank).await;
                let object = vault.object(request.content).await?;
                let state = match request.presentation.state {
                    Some(state) => Some(vault.object(state).await?),
                    None => None,
                };
                let made = pool.picture(&object, state.as_ref(), request).await?;
                (object, made)
            };
            let made = match made {
                Made::Picture(picture) => Ok(picture),
                Made::Clip(clip) => clips.picture(Some((object, clip)), request).await,
            };
            made.map(Arc::new)
        };
        let key = PictureKey::from(request);
        let picture =
            self.0.pictures.try_get_with(key.clone(), make).await.map_err(|error| (*error).clone())?;
        if !picture.is_whole {
            // A first look is for those who wait now.
            self.0.pictures.invalidate(&key).await;
        }
        Ok(picture)
    }

    /// What a shape measures on a frame; where it cannot be measured, why not. Its points are in units of the frame.
    pub async fn measure(&self, content: ContentHash, frame: FrameNumber, shape: &MeasureShape) -> Measured {
        if self.0.clips.has(content) {
            return Measured::refused(MeasureRefusal::Clip);
        }
        // The pipe has no word for such numbers.
        if !shape.is_finite() {
            return Measured::refused(MeasureRefusal::OutsideFrame);
        }
        let measured = match self.0.vault.object(content).await {
            Ok(object) => self.0.pool.measure(&object, content, frame, *shape).await,
            Err(why) => Err(why),
        };
        measured.unwrap_or_else(|why| {
            tracing::warn!(error = &why as &dyn std::error::Error, "a frame cannot be measured");
            Measured::refused(MeasureRefusal::FrameFailed)
        })
    }

    /// What objects about an image say again of it and of these frames, so that they are filed beside it.
    ///
    /// # Errors
    /// If it is no DICOM image, or has no such frames; the sentence says why.
    pub async fn referenced(
        &self,
        content: ContentHash,
        frames: &[FrameNumber],
    ) -> Result<ReferencedImage, PictureError> {
        self.0.pool.referenced(&self.0.vault.object(content).await?, content, frames).await
    }

    /// What an object that is no picture is shown as.
    ///
    /// # Errors
    /// If it cannot be shown; the sentence says why.
    pub async fn content(&self, content: ContentHash) -> Result<ShownContent, PictureError> {
        self.0.pool.content(&self.0.vault.object(content).await?, content).await
    }

    /// Has these frames decoded when nothing else is to be done, in this order, instead of those of the last call for the same viewing;
    /// viewings have their turns. The same frames again are no news: a window that is dragged asks for them at every step.
    pub fn prefetch(&self, viewing: Uuid, frames: &[(ContentHash, FrameNumber)]) {
        // Clips are read forward by a process of their own.
        let frames = frames.iter().copied().filter(|(content, _)| !self.0.clips.has(*content)).collect();
        if self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner).wish(viewing, frames) {
            self.0.wished.notify_one();
        }
    }

    /// What was done since the start, and what is kept in memory.
    pub fn counts(&self) -> ArchiveCounts {
        let (asked, made) = (self.0.asked.load(Ordering::Relaxed), self.0.made.load(Ordering::Relaxed));
        let pool = &self.0.pool;
        ArchiveCounts {
            pictures_made: made,
            pictures_shared: asked.saturating_sub(made),
            picture_bytes: self.0.pictures.weighted_size(),
            decoder_answers: pool.answered(),
            decoder_stops: pool.stopped(),
        }
    }

    fn folder(&self) -> PathBuf {
        self.0.settings.folder.clone()
    }
}

async fn look_ahead(
    vault: Arc<Vault>,
    pool: Arc<Pool>,
    ahead: Arc<Mutex<Ahead>>,
    wished: Arc<Notify>,
    tasks: Tasks,
) {
    loop {
        // Asked anew for each frame: a newer wish makes the rest of an older one idle.
        let next = ahead.lock().unwrap_or_else(PoisonError::into_inner).next();
        match next {
            Some((content, frame)) if pool.is_refused(content, frame) => {}
            Some((content, frame)) => {
                // What cannot be opened is told when it is to be shown.
                if let Ok(object) = vault.object(content).await {
                    pool.warm(object, content, frame).await;
                }
            }
            None => tokio::select! {
                () = tasks.stopped() => return,
                () = wished.notified() => {}
            },
        }
    }
}

/// Where the object of this hash is kept.
fn object_path(folder: &std::path::Path, content: ContentHash) -> PathBuf {
    use std::fmt::Write;
    let mut name = String::with_capacity(68);
    for byte in content.0 {
        let _ = write!(name, "{byte:02x}");
    }
    let shelf = name[..2].to_owned();
    name.push_str(".dcm");
    folder.join("objects").join(shelf).join(name)
}
