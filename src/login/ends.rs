//! Tells whoever holds something open in the name of a login that it has ended.

use std::sync::Arc;

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

    #[tokio::test]
    async fn whoever_missed_some_takes_theirs_for_ended() {
        let ended = Ended::default();
        let mut ends = ended.subscribe();
        (0..1000).for_each(|n| ended.tell(vec![id(n)]));
        ends.of(id(5000)).await;
    }
}
