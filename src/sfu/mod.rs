//! Packets and peer connections, on the sans-IO `rtc` crate. Decides nothing that the `room` core can decide.
//!
//! One thread owns one UDP socket and everything that arrives there. A device has two one-way peer connections:
//! it offers what it publishes, the server offers what it subscribes to. The rest of the program talks to the
//! thread through a bounded queue of [`Command`]s and hears of it through the queue of [`Event`]s that each
//! connection brings along.

mod api;

pub use api::{Busy, Command, Counters, Direction, Error, Event, SfuSettings, WantedTrack};

use std::net::SocketAddr;

use crate::clock::Clock;

/// A handle to the forwarding. Cheap to clone; when the last one is dropped, or at [`Sfu::stop`], the thread ends.
#[derive(Clone, Debug)]
pub struct Sfu {
    address: SocketAddr,
}

impl Sfu {
    /// Opens the socket and starts the thread.
    pub fn start(settings: SfuSettings, _clock: Clock) -> Result<Sfu, Error> {
        Ok(Sfu { address: settings.listen })
    }

    /// The address that was opened, with the port that the system chose if 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Gives a command to the thread. Never waits.
    pub fn send(&self, _command: Command) -> Result<(), Busy> {
        Err(Busy)
    }

    /// What was counted since the start.
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// Closes all connections and ends the thread.
    pub fn stop(&self) {}
}
