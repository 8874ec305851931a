//! The objects of a series as an archive sends them: cut when nothing or next to nothing comes, and when there is no end in sight.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::PacsFault;
use crate::clock::Clock;
use crate::egress::Begun;
use crate::imaging::{Parts, Piece};

/// So many bytes come at least within the time that an archive may be quiet.
pub(super) const LEAST: u64 = 64 << 10;

/// An answer of WADO-RS that is under way.
pub struct Retrieval {
    begun: Begun,
    parts: Option<Parts>,
    /// How many bytes may still come.
    left: u64,
    most: u64,
    quiet: Duration,
    clock: Clock,
    /// How long was waited, and how much came, since that was looked at last.
    waited: Duration,
    came: u64,
    _turn: OwnedSemaphorePermit,
}

impl Retrieval {
    pub(super) fn new(
        content_type: String,
        begun: Begun,
        most: u64,
        quiet: Duration,
        clock: Clock,
        turn: OwnedSemaphorePermit,
    ) -> Result<Self, PacsFault> {
        let parts = Some(Parts::new(&content_type)?);
        if begun.length().is_some_and(|length| length > most) {
            return Err(PacsFault::TooLong(most));
        }
        let (waited, came) = (Duration::ZERO, 0);
        Ok(Self { begun, parts, left: most, most, quiet, clock, waited, came, _turn: turn })
    }

    /// What comes next; nothing once all objects were sent.
    ///
    /// # Errors
    /// If it breaks off, is too slow or too long, or is no answer in parts. Nothing more comes then.
    pub async fn next(&mut self) -> Result<Option<Vec<Piece>>, PacsFault> {
        let began = self.clock.instant();
        let chunk = timeout(self.quiet, self.begun.chunk()).await.map_err(|_| PacsFault::Slow)?;
        // Only the time counts in which the archive has the word.
        self.waited += self.clock.instant().duration_since(began);
        let Some(chunk) = chunk.map_err(|_| PacsFault::Cut)? else {
            if let Some(parts) = self.parts.take() {
                parts.finish()?;
            }
            return Ok(None);
        };
        let bytes = chunk.len() as u64;
        self.left = self.left.checked_sub(bytes).ok_or(PacsFault::TooLong(self.most))?;
        self.came += bytes;
        if self.waited >= self.quiet {
            if self.came < LEAST {
                return Err(PacsFault::Slow);
            }
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
        match &mut self.parts {
            Some(parts) => Ok(Some(parts.take(&chunk)?)),
            None => Ok(None),
        }
    }
}
