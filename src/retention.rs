//! Deletes what has been kept long enough, and counts the visits before their rows go. Of several instances one has the turn.
//!
//! Rows go first, in a transaction that writes the proof; then the files that no row names any more. What a crash leaves between the two
//! is swept: shared files at the next start, objects once a day.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use thiserror::Error;

use crate::archive::{self, Archive};
use crate::clinical::{ChatKeep, DataClass, DoorPolicy, RetentionPolicy, Tally};
use crate::clock::Clock;
use crate::config::Hospital;
use crate::store::{self, Store, StoredVisit};
use crate::tasks::Tasks;

/// Between two looks at what is due.
const PAUSE: Duration = Duration::from_secs(600);
/// Classes are purged this often, by whichever instance comes first.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// Objects that nothing names are looked for this often.
const SWEEP_EVERY: TimeDelta = TimeDelta::hours(24);
/// Visits in one transaction.
const BATCH: u32 = 50;

/// What it works with.
#[derive(Debug)]
pub struct Parts {
    pub store: Store,
    pub archive: Archive,
    pub clock: Clock,
    pub hospital: Hospital,
    pub policy: RetentionPolicy,
    pub chat_keep: ChatKeep,
    pub door: DoorPolicy,
}

/// Why a run did not come to its end. The next one goes on where it stopped.
#[derive(Debug, Error)]
pub enum Error {
    #[error("rows were not deleted")]
    Store(#[from] store::Error),
    #[error("files were not deleted")]
    Archive(#[from] archive::Error),
}

/// See the module. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Retention(Arc<Parts>);

impl Retention {
    /// One that does nothing by itself.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// One with a task that looks every ten minutes.
    pub fn start(parts: Parts, tasks: &Tasks) -> Self {
        let retention = Self::new(parts);
        let (again, stopped) = (retention.clone(), tasks.clone());
        tasks.spawn("purge", async move {
            let mut outcome = again.clear().await;
            loop {
                if let Err(error) = async { outcome.and(again.look().await) }.await {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "a purge did not come to its end"
                    );
                }
                tokio::select! {
                    () = stopped.stopped() => return,
                    () = tokio::time::sleep(PAUSE) => {}
                }
                outcome = Ok(());
            }
        });
        retention
    }

    /// For how long each class is kept.
    pub fn policy(&self) -> &RetentionPolicy {
        &self.0.policy
    }

    /// The day of the hospital that a moment is in.
    pub fn day_of(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.0.hospital.time_zone).date_naive()
    }

    /// Deletes everything that is due now; tells how many rows went.
    ///
    /// # Errors
    /// If the database or the disk fails; what went before has its proof.
    pub async fn run(&self) -> Result<u64, Error> {
        let mut rows = self.purge_chats().await?;
        // They tell nothing about anybody that the visit does not: no proof.
        self.0.store.clear_passes(self.0.clock.now()).await?;
        self.count().await?;
        for class in DataClass::ALL {
            rows += self.purge(class).await?;
        }
        Ok(rows)
    }

    async fn look(&self) -> Result<(), Error> {
        let now = self.0.clock.now();
        self.purge_chats().await?;
        if self.0.store.take_purge_turn("classes", now, now - EVERY).await? {
            self.run().await?;
        }
        if self.0.store.take_purge_turn("objects", now, now - SWEEP_EVERY).await? {
            self.sweep().await?;
        }
        Ok(())
    }

    async fn purge_chats(&self) -> Result<u64, Error> {
        let Parts { store, archive, clock, chat_keep, door, .. } = &*self.0;
        let shelf = archive.shelf().await;
        let now = clock.now();
        let purged = store.purge_chats(chat_keep.expiry(*door, now), (clock.new_uuid(), now)).await?;
        for content in purged.files {
            shelf.remove(content).await?;
        }
        Ok(purged.proof.map_or(0, |proof| proof.rows))
    }

    /// Adds visits to the counts of their days, before rows go that the counts need.
    async fn count(&self) -> Result<(), Error> {
        let Parts { store, clock, policy, .. } = &*self.0;
        let now = clock.now();
        let Some(before) = policy.counted_before(now) else { return Ok(()) };
        loop {
            let visits = store.uncounted_visits(before, BATCH).await?;
            if visits.is_empty() {
                return Ok(());
            }
            let counted = visits.into_iter().map(|StoredVisit { appointment, service, facts }| {
                (appointment, self.day_of(facts.starts_at), service, Tally::of(&facts, now))
            });
            store.count_visits(&counted.collect::<Vec<_>>()).await?;
        }
    }

    async fn purge(&self, class: DataClass) -> Result<u64, Error> {
        let Parts { store, archive, clock, policy, .. } = &*self.0;
        let now = clock.now();
        let Some(before) = policy.ended_before(class, now) else { return Ok(0) };
        let rule = policy.rule(class);
        let mut rows = 0;
        loop {
            let shelf = archive.shelf().await;
            let purged =
                store.purge_class(class, before, BATCH, (clock.new_uuid(), now, rule.clone())).await?;
            for content in purged.files {
                shelf.remove(content).await?;
            }
            for content in purged.objects {
                archive.remove_object(content, now).await?;
            }
            let Some(proof) = purged.proof else { return Ok(rows) };
            tracing::info!(purge.class = class.word(), purge.rows = proof.rows, "data were deleted");
            rows += proof.rows;
        }
    }

    /// Shared files whose rows went, or never came, because the program ended between the two.
    async fn clear(&self) -> Result<(), Error> {
        let shelf = self.0.archive.shelf().await;
        for content in shelf.contents().await? {
            if !self.0.store.is_file_shared(content).await? {
                shelf.remove(content).await?;
            }
        }
        Ok(())
    }

    /// Objects likewise, and the keys of studies of which nothing is left.
    ///
    /// # Errors
    /// If the database or the disk fails.
    pub async fn sweep(&self) -> Result<(), Error> {
        let Parts { store, archive, clock, .. } = &*self.0;
        for content in archive.objects().await? {
            if !store.is_object_named(content).await? {
                archive.remove_object(content, clock.now()).await?;
            }
        }
        let left = archive.clear_left(clock.now()).await?;
        if left > 0 {
            tracing::warn!(file.count = left, "files that came in and were left were cleared away");
        }
        archive.forget_keys(clock.now()).await?;
        Ok(())
    }
}
