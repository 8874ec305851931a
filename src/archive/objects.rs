//! Objects that go: those that no row names any more, and what is left of files that came in. One that was brought again a moment ago stays, because its row may be on the way.

use chrono::{DateTime, TimeDelta, Utc};

use super::files::content_of;
use super::{Archive, Error, object_path};
use crate::imaging::ContentHash;

/// An object that was put to its place within this time is not removed: rows are written after their objects.
pub(super) const YOUNG: TimeDelta = TimeDelta::hours(1);

/// A file that comes in and was not written to for so long is of nobody any more.
const LEFT: TimeDelta = TimeDelta::hours(24);

impl Archive {
    /// Makes objects as young as if they had just been brought, so that they are there until their rows are. `false`: one is not there any
    /// more.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn renew(&self, contents: Vec<ContentHash>, now: DateTime<Utc>) -> Result<bool, Error> {
        let folder = self.folder();
        let renew = move || {
            for content in contents {
                match std::fs::File::open(object_path(&folder, content)) {
                    Ok(file) => file.set_modified(now.into())?,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
                    Err(error) => return Err(error.into()),
                }
            }
            Ok(true)
        };
        tokio::task::spawn_blocking(renew).await.map_err(|_| Error::Broken)?
    }

    /// Removes files that came in and that nobody took in or cleared away; tells how many.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn clear_left(&self, now: DateTime<Utc>) -> Result<u64, Error> {
        let mut files = match tokio::fs::read_dir(self.folder().join("incoming")).await {
            Ok(files) => files,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let mut cleared = 0;
        while let Some(file) = files.next_entry().await? {
            // It may go by itself meanwhile.
            let Ok(facts) = file.metadata().await else { continue };
            if facts.is_file() && now - DateTime::<Utc>::from(facts.modified()?) >= LEFT {
                match tokio::fs::remove_file(file.path()).await {
                    Ok(()) => cleared += 1,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(cleared)
    }

    /// Removes an object, unless it was brought within the last hour; tells whether it did. One that is not there is no error.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn remove_object(&self, content: [u8; 32], now: DateTime<Utc>) -> Result<bool, Error> {
        let path = object_path(&self.folder(), ContentHash(content));
        let brought = match tokio::fs::metadata(&path).await {
            Ok(facts) => DateTime::<Utc>::from(facts.modified()?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        if now - brought < YOUNG {
            return Ok(false);
        }
        match tokio::fs::remove_file(path).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(true),
        }
    }

    /// Every object that is kept.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn objects(&self) -> Result<Vec<[u8; 32]>, Error> {
        let mut found = Vec::new();
        let mut shelves = tokio::fs::read_dir(self.folder().join("objects")).await?;
        while let Some(shelf) = shelves.next_entry().await? {
            if !shelf.file_type().await?.is_dir() {
                continue;
            }
            let mut files = tokio::fs::read_dir(shelf.path()).await?;
            while let Some(file) = files.next_entry().await? {
                let name = file.file_name();
                found.extend(name.to_str().and_then(|name| content_of(name.strip_suffix(".dcm")?)));
            }
        }
        Ok(found)
    }
}
