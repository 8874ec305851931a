//! The task that writes: into the database, and into a file while that is away.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::spool::Spool;
use super::{Ask, LeftOut};
use crate::audit::{Deed, Record, Subject, Who};
use crate::clock::Clock;
use crate::store::{Error, Store};
use crate::tasks::Tasks;

/// Records that are written together.
const BATCH: usize = 256;
/// A try is given up after this long.
const PATIENCE: Duration = Duration::from_secs(6);
/// While records wait in the file, the database is tried this often.
const TRY_EVERY: Duration = Duration::from_secs(2);
/// How many records of strangers were left out is told this often: telling it must not fill the chain in their place.
const COUNT_EVERY: Duration = Duration::from_secs(60);

pub(super) struct Writer {
    store: Store,
    clock: Clock,
    spool: Spool,
    left_out: Arc<LeftOut>,
    /// When strangers are counted next.
    count_at: Instant,
}

impl Writer {
    pub(super) fn new(store: Store, clock: Clock, spool: Spool, left_out: Arc<LeftOut>) -> Self {
        let count_at = clock.instant();
        Self { store, clock, spool, left_out, count_at }
    }

    pub(super) async fn run(mut self, mut asked: mpsc::Receiver<Ask>, tasks: Tasks) {
        let mut try_at = self.clock.instant();
        loop {
            let ask = tokio::select! {
                ask = asked.recv() => ask,
                () = tasks.stopped() => None,
                () = tokio::time::sleep(TRY_EVERY) => {
                    self.keep(Vec::new(), &mut try_at, false).await;
                    continue;
                }
            };
            let is_last = ask.is_none();
            if is_last {
                asked.close();
            }
            let (mut records, mut settled) = (Vec::new(), Vec::new());
            let mut sort = |ask| match ask {
                Ask::Write(record) => records.push(*record),
                Ask::Settle(reply) => settled.push(reply),
            };
            if let Some(ask) = ask {
                sort(ask);
            }
            let most = if is_last { usize::MAX } else { BATCH };
            for _ in 1..most {
                let Ok(ask) = asked.try_recv() else { break };
                sort(ask);
            }
            self.keep(records, &mut try_at, is_last).await;
            for reply in settled {
                // Whoever asked may have gone.
                let _ = reply.send(());
            }
            if is_last {
                return;
            }
        }
    }

    /// Keeps records, after those that wait in the file. `is_last`: nothing is told later.
    async fn keep(&mut self, mut records: Vec<Record>, try_at: &mut Instant, is_last: bool) {
        records.extend(self.left_out(is_last));
        let now = self.clock.instant();
        if !self.spool.is_empty() {
            self.spool(&records);
            if now >= *try_at && !self.replay().await {
                *try_at = self.clock.instant() + TRY_EVERY;
            }
            return;
        }
        for batch in records.chunks(BATCH) {
            if !self.spool.is_empty() || !self.write(batch).await {
                self.spool(batch);
                *try_at = self.clock.instant() + TRY_EVERY;
            }
        }
    }

    /// What is to be told of records that were not kept.
    fn left_out(&mut self, is_last: bool) -> Vec<Record> {
        let mut told = Vec::new();
        let mut tell = |detail: String| {
            let (id, at) = (self.clock.new_uuid(), self.clock.now());
            let record = Record::new(id, at, Who::Gateway, Deed::Lose, Subject::Trail);
            told.push(Record { detail: Some(detail), ..record });
        };
        let lost = self.left_out.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::error!(record.count = lost, "records of the trail are lost");
            tell(lost.to_string());
        }
        let now = self.clock.instant();
        if is_last || now >= self.count_at {
            let strangers = self.left_out.strangers.swap(0, Ordering::Relaxed);
            if strangers > 0 {
                tracing::warn!(record.count = strangers, "records of strangers were left out of the trail");
                tell(format!("strangers {strangers}"));
                self.count_at = now + COUNT_EVERY;
            }
        }
        told
    }

    fn spool(&mut self, records: &[Record]) {
        if records.is_empty() {
            return;
        }
        match self.spool.put(records) {
            Ok(0) => {}
            Ok(lost) => {
                self.left_out.lost.fetch_add(lost, Ordering::Relaxed);
            }
            Err(error) => {
                self.left_out.lost.fetch_add(records.len() as u64, Ordering::Relaxed);
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the file of the trail cannot be written"
                );
            }
        }
    }

    /// What waits in the file goes into the database. `false`: not all of it could.
    async fn replay(&mut self) -> bool {
        loop {
            let (records, lines) = match self.spool.next(BATCH) {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the file of the trail cannot be read"
                    );
                    return false;
                }
            };
            if lines == 0 {
                if let Err(error) = self.spool.clear() {
                    tracing::error!(error = &error as &dyn std::error::Error, "the file of the trail stays");
                    return false;
                }
                tracing::info!("the database is back: the trail has caught up");
                return true;
            }
            if !self.write(&records).await {
                return false;
            }
            self.spool.did(lines);
        }
    }

    /// `false`: another time it may go well. What the tables refuse is logged, and is written one by one, so that it keeps no other out.
    async fn write(&self, records: &[Record]) -> bool {
        match self.append(records).await {
            Ok(is_written) => is_written,
            Err(error) if records.len() == 1 => {
                self.left_out.lost.fetch_add(1, Ordering::Relaxed);
                tracing::error!(error = &error as &dyn std::error::Error, "a record of the trail is refused");
                true
            }
            Err(_) => {
                for record in records {
                    match self.append(std::slice::from_ref(record)).await {
                        Ok(true) => {}
                        Ok(false) => return false,
                        Err(error) => {
                            self.left_out.lost.fetch_add(1, Ordering::Relaxed);
                            tracing::error!(
                                error = &error as &dyn std::error::Error,
                                "a record of the trail is refused"
                            );
                        }
                    }
                }
                true
            }
        }
    }

    async fn append(&self, records: &[Record]) -> Result<bool, Error> {
        match tokio::time::timeout(PATIENCE, self.store.append_audit(records)).await {
            Ok(Ok(_)) => Ok(true),
            Ok(Err(error)) if error.is_passing() => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the trail waits for the database");
                Ok(false)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => {
                tracing::warn!(timeout_s = PATIENCE.as_secs(), "the trail waits for the database");
                Ok(false)
            }
        }
    }
}
