//! What was kept before there was any sealing is sealed in the background, one file after the other; meanwhile it is read as it is. Whatever
//! breaks this off, the next start goes on. And what a new master key and a sweep do to the keys.

use std::io;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::clear::ClearFile;
use super::key_shelf::Rewrapped;
use super::objects::YOUNG;
use super::vault::What;
use super::{Archive, Error};
use crate::imaging::ContentHash;
use crate::sealing::MasterId;
use crate::tasks::Tasks;

/// After so many files the log tells how far it is.
const TOLD_EVERY: u64 = 1000;

/// What a run sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SealedRest {
    pub files: u64,
    /// Files whose bytes are not those that their name stands for: they are left, and not read any more.
    pub refused: u64,
}

impl Archive {
    /// Seals what is not. From a run that came to its end on, nothing is read that is not sealed.
    ///
    /// # Errors
    /// If the disk fails, or no master key opens what is there.
    pub async fn seal_rest(&self) -> Result<SealedRest, Error> {
        let mut done = SealedRest::default();
        for content in self.objects().await? {
            self.seal_one(What::Object(ContentHash(content)), &mut done).await?;
        }
        let files = self.shelf().await.contents().await?;
        for content in files {
            // One that is removed meanwhile must not come back.
            let _shelf = self.shelf().await;
            self.seal_one(What::File(content), &mut done).await?;
        }
        self.0.vault.refuse_unsealed();
        Ok(done)
    }

    async fn seal_one(&self, what: What, done: &mut SealedRest) -> Result<(), Error> {
        let vault = self.0.vault.clone();
        let read = move || {
            if vault.is_sealed(what)? {
                return Ok::<_, io::Error>(None);
            }
            let clear = ClearFile::of(vault.unsealed(what)?)?;
            let mut digest = Sha256::new();
            io::copy(&mut vault.unsealed(what)?, &mut digest)?;
            Ok(Some((clear, <[u8; 32]>::from(digest.finalize()))))
        };
        let (clear, digest) = match tokio::task::spawn_blocking(read).await.map_err(|_| Error::Broken)? {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if digest != what.content() {
            tracing::error!("a file of the archive has other bytes than its name says; it is left as it is");
            done.refused += 1;
            return Ok(());
        }
        let clear = std::sync::Arc::new(clear);
        // The key is that of the study; an object whose header cannot be read has a name of its own for one.
        let study = match what {
            What::Object(content) => match self.0.pool.header(&clear, content).await {
                Ok(received) => received.study.uid,
                Err(_) => format!("{content:?}"),
            },
            What::File(_) => String::new(),
        };
        let vault = self.0.vault.clone();
        let place = move || match what {
            What::Object(content) => vault.place_object(&clear, content, &study),
            What::File(content) => vault.place_file_of(&clear, content),
        };
        tokio::task::spawn_blocking(place).await.map_err(|_| Error::Broken)??;
        done.files += 1;
        if done.files.is_multiple_of(TOLD_EVERY) {
            tracing::info!(files = done.files, "files from before are being sealed");
        }
        Ok(())
    }

    /// Puts all data keys of the archive under the current master key. What is done stays done when it is broken off.
    ///
    /// # Errors
    /// If the disk fails, or no master key opens one of them.
    pub async fn rewrap_keys(&self) -> Result<Rewrapped, Error> {
        let vault = self.0.vault.clone();
        Ok(tokio::task::spawn_blocking(move || vault.keys.rewrap()).await.map_err(|_| Error::Broken)??)
    }

    /// The master key of each data key of the archive.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn wrapped_with(&self) -> Result<Vec<MasterId>, Error> {
        let vault = self.0.vault.clone();
        let read = move || vault.keys.wrapped_with();
        Ok(tokio::task::spawn_blocking(read).await.map_err(|_| Error::Broken)??)
    }

    /// Forgets the keys of studies of which nothing is left; tells how many. A young key stays: what it is for may be on its way.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn forget_keys(&self, now: DateTime<Utc>) -> Result<u64, Error> {
        let mut kept = Vec::new();
        for content in self.objects().await? {
            kept.push(What::Object(ContentHash(content)));
        }
        let shelf = self.shelf().await;
        for content in shelf.contents().await? {
            kept.push(What::File(content));
        }
        let vault = self.0.vault.clone();
        let forget = move || {
            let mut used = std::collections::HashSet::new();
            for what in kept {
                used.extend(vault.key_of(what)?);
            }
            let mut forgotten = 0;
            for (id, written) in vault.keys.all()? {
                if !used.contains(&id) && now - DateTime::<Utc>::from(written) >= YOUNG {
                    vault.keys.remove(id)?;
                    forgotten += 1;
                }
            }
            Ok::<_, io::Error>(forgotten)
        };
        Ok(tokio::task::spawn_blocking(forget).await.map_err(|_| Error::Broken)??)
    }
}

/// The same in the background, until it is done or the program ends.
pub(super) async fn in_background(archive: Archive, tasks: Tasks) {
    let sealed = tokio::select! {
        () = tasks.stopped() => return,
        sealed = archive.seal_rest() => sealed,
    };
    match sealed {
        Ok(SealedRest { files: 0, refused: 0 }) => {}
        Ok(SealedRest { files, refused }) => {
            tracing::info!(files, refused, "what was kept from before is sealed");
        }
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "what was kept from before is not sealed; the next start goes on"
        ),
    }
}
