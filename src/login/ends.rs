//! Tells whoever holds something open in the name of a login that it has ended, in this program or in another one on the same database.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::clinical::LoginId;

/// Where ends are told. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Ended(broadcast::Sender<Arc<[LoginId]>>);

/// What is told of them, from when it was asked for.
#[derive(Debug)]
pub struct LoginEnds(broadcast::Receiver<Arc<[LoginId]>>);

/// Somebody who listens has missed some: they may be any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed;

/// Which ends one program has heard of from the database. Programs write the time by clocks of their own: so what ended a while before
/// the last one that is known is asked for again each time, and what was heard before is passed over.
#[derive(Debug, Default)]
pub struct Heard {
    last: Option<DateTime<Utc>>,
    known: HashSet<LoginId>,
}

impl Heard {
    /// The clocks of two programs may be so far apart.
    const APART: TimeDelta = TimeDelta::minutes(10);

    /// From when on ends are asked for.
    pub(super) fn since(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        // A program whose clock is ahead must not make us deaf to the others.
        self.last.unwrap_or(now).min(now) - Self::APART
    }

    /// Those of all that are told from [`Heard::since`] on which were not heard before. `last`: when the latest of them ended.
    pub(super) fn take(&mut self, ended: Vec<LoginId>, last: Option<DateTime<Utc>>) -> Vec<LoginId> {
        self.last = self.last.max(last);
        let new = ended.iter().copied().filter(|id| !self.known.contains(id)).collect();
        self.known = ended.into_iter().collect();
        new
    }
}

impl Default for Ended {
    fn default() -> Self {
        const MOST_WAITING: usize = 256;
        Self(broadcast::Sender::new(MOST_WAITING))
    }
}

impl Ended {
    pub(super) fn subscribe(&self) -> LoginEnds {
        LoginEnds(self.0.subscribe())
    }

    pub(super) fn tell(&self, ended: Vec<LoginId>) {
        if !ended.is_empty() {
            // Nobody may be listening.
            let _ = self.0.send(ended.into());
        }
    }
}

impl LoginEnds {
    /// The next logins that end; never resolves once nothing can end any more.
    ///
    /// # Errors
    /// If some were missed.
    pub async fn next(&mut self) -> Result<Arc<[LoginId]>, Missed> {
        match self.0.recv().await {
            Ok(ended) => Ok(ended),
            Err(RecvError::Lagged(_)) => Err(Missed),
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    /// Resolves when this login has ended, or may have.
    pub async fn of(&mut self, login: LoginId) {
        while self.next().await.is_ok_and(|ended| !ended.contains(&login)) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> LoginId {
        LoginId::new(uuid::Uuid::from_u128(n))
    }

    #[tokio::test]
    async fn the_end_of_one_login_is_told_to_whoever_waits_for_it() {
        let ended = Ended::default();
        let (mut first, mut second) = (ended.subscribe(), ended.subscribe());
        ended.tell(vec![]);
        ended.tell(vec![id(2), id(1)]);
        first.of(id(1)).await;
        assert_eq!(second.next().await.as_deref(), Ok([id(2), id(1)].as_slice()));
        let mut third = ended.subscribe();
        tokio::select! {
            biased;
            () = third.of(id(1)) => panic!("that was before"),
            () = std::future::ready(()) => {}
        }
    }

    #[test]
    fn what_another_program_ended_is_heard_once_also_when_its_clock_is_wrong() {
        let at = |minute: i64| DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap();
        let mut heard = Heard::default();
        assert_eq!(heard.since(at(0)), at(-10));
        assert_eq!(heard.take(vec![id(1)], Some(at(0))), [id(1)]);
        assert_eq!(heard.take(vec![id(1), id(2)], Some(at(1))), [id(2)]);
        assert_eq!(heard.since(at(5)), at(-9), "from a while before the last one that is known");
        // One whose clock is a day ahead.
        assert_eq!(heard.take(vec![id(1), id(2), id(3)], Some(at(1440))), [id(3)]);
        assert_eq!(heard.since(at(6)), at(-4));
        assert_eq!(heard.take(vec![id(2), id(4), id(3)], Some(at(1440))), [id(4)]);
        assert!(heard.take(vec![id(3)], Some(at(1440))).is_empty());
        assert!(heard.take(vec![], None).is_empty());
    }

    #[tokio::test]
    async fn whoever_missed_some_takes_theirs_for_ended() {
        let ended = Ended::default();
        let mut ends = ended.subscribe();
        (0..1000).for_each(|n| ended.tell(vec![id(n)]));
        ends.of(id(5000)).await;
    }
}
