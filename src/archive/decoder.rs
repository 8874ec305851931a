//! Files that are no part of the archive, read in the same limited children: for the verbs of the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::clear::ClearFile;
use super::picture::{PictureError, ShownContent};
use super::pool::{Pool, Spares};
use super::video::Clips;
use super::wire::{Answer, How, Request};
use crate::imaging::{ContentHash, FrameNumber, Inspection, Presentation, Surface, View};

/// Reads files outside of the archive. Nothing of them is parsed in this process, and nothing is kept.
#[derive(Debug)]
pub struct Decoder {
    pool: Pool,
    clips: Clips,
}

/// Stored values of a frame, row by row, samples together, in little endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameValues {
    pub rows: u32,
    pub columns: u32,
    /// Samples a pixel.
    pub samples: u8,
    /// The type as numpy writes it: `u1`, `i2`, `f4`.
    pub kind: String,
    pub bytes: Vec<u8>,
}

impl Decoder {
    /// A child of `program`, which is this program; it starts when it is first needed.
    pub fn new(program: PathBuf) -> Self {
        let clips = Clips::new(program.clone());
        Self { pool: Pool::of(program, 1, 0, Spares::None), clips }
    }

    /// What the object in a file is.
    ///
    /// # Errors
    /// If it is no object, or a damaged one; the sentence says why. So for the other requests.
    pub async fn inspect(&self, path: &Path) -> Result<Inspection, PictureError> {
        self.inspect_clear(&opened(path).await?).await
    }

    /// What the object in memory is.
    pub(super) async fn inspect_clear(&self, file: &Arc<ClearFile>) -> Result<Inspection, PictureError> {
        match self.pool.ask_any(&Request::Inspect, file).await? {
            (Answer::Inspection { facts, photometric, bits_stored, samples, is_cut }, _) => {
                Ok(Inspection { received: (*facts).into(), photometric, bits_stored, samples, is_cut })
            }
            _ => Err(off_topic()),
        }
    }

    /// What the object in a file is shown as, when it is no picture.
    pub async fn content(&self, path: &Path) -> Result<ShownContent, PictureError> {
        self.pool.content(&opened(path).await?, ContentHash([0; 32])).await
    }

    /// The stored values of a frame.
    pub async fn values(&self, path: &Path, frame: FrameNumber) -> Result<FrameValues, PictureError> {
        let request = Request::Values { frame: frame.number() };
        match self.pool.ask_any(&request, &opened(path).await?).await? {
            (Answer::Values { rows, columns, samples, kind }, bytes) => {
                Ok(FrameValues { rows, columns, samples, kind, bytes })
            }
            _ => Err(off_topic()),
        }
    }

    /// A frame as PNG: at its own size, or what a view shows of it on a surface; and a sentence about what is missing of it.
    pub async fn render(
        &self,
        path: &Path,
        frame: FrameNumber,
        presentation: Presentation,
        sight: Option<(View, Surface)>,
    ) -> Result<(Vec<u8>, Option<String>), PictureError> {
        let view = sight.map_or_else(View::default, |(view, _)| view);
        let request = Request::Render {
            frame: frame.number(),
            how: Box::new(How::new(&presentation, &view)),
            size: sight.map(|(_, surface)| (surface.width, surface.height)),
        };
        let file = opened(path).await?;
        match self.pool.ask_any(&request, &file).await? {
            (Answer::Picture { facts, .. }, bytes) => Ok((bytes, facts.damage)),
            (Answer::Clip(clip), _) => {
                Ok((self.clips.render(file, clip, frame, presentation, sight).await?, None))
            }
            _ => Err(off_topic()),
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.clips.close();
    }
}

async fn opened(path: &Path) -> Result<Arc<ClearFile>, PictureError> {
    ClearFile::of_path(path).await.map(Arc::new)
}

fn off_topic() -> PictureError {
    PictureError::DecoderStopped("it answered something else".to_owned())
}
