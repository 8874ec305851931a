//! Whose picture is made next when decoders are few.

use tokio::sync::{Semaphore, SemaphorePermit};

/// How a picture ranks among those that are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Somebody looks at it now.
    First,
    /// It changes along with another one that hands are on, and comes after that.
    Beside,
}

/// Leaves decoders to the pictures that come first, however many others are wanted.
#[derive(Debug)]
pub(super) struct Turns {
    beside: Semaphore,
}

impl Turns {
    /// All decoders but one, if there are several, may be occupied by pictures that come after others. They never stand still either: what has
    /// its turn waits for a decoder like everybody else.
    pub(super) fn new(decoders: usize) -> Self {
        Self { beside: Semaphore::new(decoders.saturating_sub(1).max(1)) }
    }

    /// Waits for the turn, which lasts as long as what is answered is kept.
    pub(super) async fn wait(&self, rank: Rank) -> Option<SemaphorePermit<'_>> {
        match rank {
            Rank::First => None,
            Rank::Beside => self.beside.acquire().await.ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// With five people and four linked stacks the one in hand waited behind all the others.
    #[tokio::test]
    async fn what_lies_beside_leaves_a_decoder_to_what_is_in_hand() {
        for (decoders, beside) in [(1, 1), (2, 1), (4, 3)] {
            let turns = Turns::new(decoders);
            let mut held = Vec::new();
            for _ in 0..beside {
                held.push(turns.wait(Rank::Beside).await);
            }
            assert!(turns.wait(Rank::Beside).now_or_never().is_none(), "{decoders}");
            assert!(turns.wait(Rank::First).now_or_never().is_some(), "{decoders}");
            held.pop();
            assert!(turns.wait(Rank::Beside).now_or_never().is_some(), "{decoders}");
        }
    }
}
