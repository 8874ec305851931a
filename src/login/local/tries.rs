//! Counts tries: those for a name from one network, and those for it from anywhere; and says of those that fail whose they were.

use super::rules::{LOCK, TRIES_BEFORE_LOCK, TRIES_FROM_ANYWHERE, tries_key, tries_key_from};
use super::{LocalAccounts, Refused};
use crate::store::{self, TryKey};

/// One try that was taken, and which it is since the last right one.
pub(super) struct Try {
    near: (TryKey, u32),
    anywhere: (TryKey, u32),
}

impl Try {
    /// If it is wrong, the name is locked by it.
    pub(super) fn locks(&self) -> bool {
        self.near.1.is_multiple_of(TRIES_BEFORE_LOCK) || self.anywhere.1.is_multiple_of(TRIES_FROM_ANYWHERE)
    }
}

/// Why the first step of a sign-in leads no further, and what is for the trail alone: whether the name is that of an account.
#[derive(Debug)]
pub struct NotIn {
    pub refused: Refused,
    pub is_account: bool,
}

impl From<Refused> for NotIn {
    fn from(refused: Refused) -> Self {
        Self { refused, is_account: false }
    }
}

impl From<store::Error> for NotIn {
    fn from(error: store::Error) -> Self {
        Refused::from(error).into()
    }
}

impl LocalAccounts {
    /// # Errors
    /// If the name is locked for this network or for everybody, or the store fails.
    pub(super) async fn take_try(&self, typed: &str, address: Option<&str>) -> Result<Try, Refused> {
        let now = self.0.clock.now();
        let name = tries_key(typed);
        let [near, anywhere] = [tries_key_from(typed, address), name].map(|digest| TryKey { digest, name });
        let take = async |key, most| self.0.store.take_local_try(key, most, LOCK, now).await;
        // Those of a network that is locked do not count for the others.
        let of_near = take(near, TRIES_BEFORE_LOCK).await?.ok_or(Refused::Locked)?;
        let of_all = take(anywhere, TRIES_FROM_ANYWHERE).await?.ok_or(Refused::Locked)?;
        Ok(Try { near: (near, of_near), anywhere: (anywhere, of_all) })
    }

    /// It was right.
    pub(super) async fn give_back(&self, tried: &Try) -> Result<(), store::Error> {
        let now = self.0.clock.now();
        self.0.store.give_local_try_back(tried.near.0, now).await?;
        self.0.store.give_local_try_back(tried.anywhere.0, now).await
    }
}
