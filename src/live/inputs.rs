//! What a consultation's task listens to: every source is heard in its turn, however much comes from another.

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;

use super::Command;
use super::ledger::Outcome;
use super::made::Made;
use crate::clinical::DeviceNumber;
use crate::sfu;

/// The sources. None of them is listened to before another.
pub(super) struct Inputs {
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) media: mpsc::Receiver<sfu::Event>,
    pub(super) made: mpsc::Receiver<Made>,
    pub(super) outcomes: mpsc::Receiver<Outcome>,
    /// Each resolves when a connection of a device has ended.
    pub(super) gone: FuturesUnordered<BoxFuture<'static, (DeviceNumber, u32)>>,
}

/// The next thing that happens.
#[derive(Debug)]
pub(super) enum Happening {
    Command(Box<Command>),
    /// This connection of a device has ended.
    Gone(DeviceNumber, u32),
    Media(sfu::Event),
    Made(Box<Made>),
    /// How the writing of a row ended.
    Settled(Outcome),
    /// Nothing came for as long as was said.
    Quiet,
}

impl Inputs {
    /// Waits for the next thing, at most for `pause`.
    pub(super) async fn next(&mut self, pause: Duration) -> Happening {
        // The task holds a sender of each queue, so none of them ends.
        tokio::select! {
            Some(command) = self.commands.recv() => Happening::Command(Box::new(command)),
            Some((device, connection)) = self.gone.next(), if !self.gone.is_empty() => {
                Happening::Gone(device, connection)
            }
            Some(event) = self.media.recv() => Happening::Media(event),
            Some(made) = self.made.recv() => Happening::Made(Box::new(made)),
            Some(outcome) = self.outcomes.recv() => Happening::Settled(outcome),
            () = tokio::time::sleep(pause) => Happening::Quiet,
        }
    }

    /// A command that has come already.
    pub(super) fn command_at_hand(&mut self) -> Option<Command> {
        self.commands.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More draws than chance could need: with two sources ready, one is passed over that often once in 2^64.
    const DRAWS: usize = 64;

    #[tokio::test]
    async fn steady_commands_hold_up_neither_media_nor_pictures_nor_rows_nor_departures() {
        let (say, commands) = mpsc::channel(DRAWS * 2);
        let (event, media) = mpsc::channel(1);
        let (make, made) = mpsc::channel(1);
        let (settle, outcomes) = mpsc::channel(1);
        let gone = FuturesUnordered::new();
        let mut inputs = Inputs { commands, media, made, outcomes, gone };
        let refill = || while say.try_send(Command::StudiesChanged).is_ok() {};
        let draw = async |inputs: &mut Inputs, is_it: &dyn Fn(&Happening) -> bool| {
            for _ in 0..DRAWS {
                refill();
                if is_it(&inputs.next(Duration::from_secs(1)).await) {
                    return true;
                }
            }
            false
        };
        let connection = crate::room::ConnectionId(1);
        event.try_send(sfu::Event::Uplink { connection, is_slow: true }).unwrap();
        assert!(draw(&mut inputs, &|it| matches!(it, Happening::Media(_))).await);
        settle.try_send(Outcome::Written).unwrap();
        assert!(draw(&mut inputs, &|it| matches!(it, Happening::Settled(_))).await);
        inputs.gone.push(Box::pin(async { (DeviceNumber(1), 0) }));
        assert!(draw(&mut inputs, &|it| matches!(it, Happening::Gone(..))).await);
        let content = Made::Content {
            hash: crate::imaging::ContentHash([0; 32]),
            result: Err(crate::archive::PictureError::NoDecoder),
        };
        make.try_send(content).unwrap();
        assert!(draw(&mut inputs, &|it| matches!(it, Happening::Made(_))).await);
    }
}
