//! Key images as key object selections beside the studies: when somebody asks for it, and when nobody is there any more.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use thiserror::Error;

use crate::archive::{self, Archive};
use crate::clinical::{Appointment, Caption, KeyImageId, Language, ParticipantId};
use crate::clock::Clock;
use crate::imaging::{
    ContentHash, FrameNumber, KeyImage, Received, Reference, ReferencedImage, WriteError, Writing,
    key_objects,
};
use crate::store::{self, Store, StoredKeyImage};

/// What writing selections needs.
#[derive(Clone, Debug)]
pub struct SelectionWriter {
    pub store: Store,
    pub archive: Archive,
    pub clock: Clock,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// Images that selections name as they are, those of earlier selections too.
    pub images: u32,
    /// Selections that were written now: one for each study.
    pub selections: u32,
}

/// Why selections are not written.
#[derive(Debug, Error)]
pub enum SelectError {
    #[error("the rows of key images cannot be read or written")]
    Store(#[from] store::Error),
    #[error("the archive does not take a selection")]
    Archive(#[from] archive::Error),
    #[error("a selection cannot be written")]
    Write(#[from] WriteError),
}

impl SelectionWriter {
    /// Writes all that is kept of a consultation as selections, unless what there is says it already. `by`: who asks for it; else whoever kept
    /// the last image is named as the author. Images of objects that are not there any more are in none.
    ///
    /// # Errors
    /// If rows or archive fail. Nothing is lost then: the next call writes them.
    pub async fn save(
        &self,
        appointment: &Appointment,
        by: Option<ParticipantId>,
        at: DateTime<FixedOffset>,
    ) -> Result<Selected, SelectError> {
        let images = self.store.key_images_of(appointment.id).await?;
        let count = |images: usize| u32::try_from(images).unwrap_or(u32::MAX);
        if images.iter().all(|image| image.saved_as.is_some()) {
            return Ok(Selected { images: count(images.len()), selections: 0 });
        }
        let contents: BTreeMap<KeyImageId, ContentHash> =
            self.store.sources_of_key_images(appointment.id).await?.into_iter().collect();
        let sources = self.sources(&images, &contents).await;
        let uid = |image: &StoredKeyImage| Some(sources.get(contents.get(&image.id)?)?.uid.clone());
        let chosen: Vec<(&StoredKeyImage, KeyImage)> = images
            .iter()
            .filter_map(|image| {
                let caption = image.caption.expose().into();
                Some((image, KeyImage { uid: uid(image)?, frame: image.frame, caption }))
            })
            .collect();
        let Some((last, _)) = chosen.last() else { return Ok(Selected::default()) };
        let author = appointment.participant(by.unwrap_or(last.by));
        let (name, language) =
            author.map(|author| (author.name.clone(), author.language)).unwrap_or_default();
        let description = match language {
            Language::French => "Images clés",
            Language::English => "Key images",
        };
        let writing = Writing { author: &name, at, description };
        let sources: Vec<ReferencedImage> = sources.into_values().collect();
        let keys: Vec<KeyImage> = chosen.iter().map(|(_, key)| key.clone()).collect();
        let written = key_objects(&sources, &keys, &writing, &mut || self.clock.new_uuid())?;
        let mut received = Vec::with_capacity(written.len());
        for bytes in written {
            received.push(self.archive.keep_own(bytes).await?);
        }
        let ids = self.store.add_received(appointment.id, &received, &self.clock).await?;
        let mut named = 0;
        for (object, id) in received.iter().zip(&ids) {
            let is_in = |(_, key): &&(&StoredKeyImage, KeyImage)| names(object, key);
            let of_it = chosen.iter().filter(is_in).map(|(image, _)| (image.id, image.caption.clone()));
            let of_it: Vec<(KeyImageId, Caption)> = of_it.collect();
            self.store.save_key_images(appointment.id, &of_it, *id, at.to_utc()).await?;
            named += of_it.len();
        }
        Ok(Selected { images: count(named), selections: count(ids.len()) })
    }

    /// What selections say again of the images.
    async fn sources(
        &self,
        images: &[StoredKeyImage],
        contents: &BTreeMap<KeyImageId, ContentHash>,
    ) -> BTreeMap<ContentHash, ReferencedImage> {
        let mut frames = BTreeMap::<ContentHash, Vec<FrameNumber>>::new();
        for image in images {
            if let Some(content) = contents.get(&image.id) {
                frames.entry(*content).or_default().push(image.frame);
            }
        }
        let mut sources = BTreeMap::new();
        for (content, mut frames) in frames {
            frames.sort();
            frames.dedup();
            match self.archive.referenced(content, &frames).await {
                Ok(source) => {
                    sources.insert(content, source);
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "an image is in no selection");
                }
            }
        }
        sources
    }
}

/// Whether a selection names this image.
fn names(selection: &Received, key: &KeyImage) -> bool {
    let is_it = |reference: &Reference| {
        let is_frame = reference.frames.is_empty() || reference.frames.contains(&key.frame.number());
        reference.uid == key.uid && is_frame
    };
    selection.instance.details.references.iter().any(is_it)
}
