//! The relay for networks that block UDP: TURN (RFC 8656) over TCP and TLS, which leads into the forwarding and nowhere else.
//!
//! It has no sockets towards peers. An allocation is a virtual address inside of this process, and the only peers are
//! the gateway's own media addresses: whatever else is asked for is 403, so it cannot be an open relay. Pure: bytes
//! in, [`Effect`]s out, told the time. `port` reads and writes the streams.
//!
//! Left out of RFC 8656, because no browser needs it here: EVEN-PORT and reservations (420), DONT-FRAGMENT (420), TCP
//! allocations (442), SHA-256 signatures (RFC 8489 section 9.2: not offered, so clients sign with SHA-1).

mod allocation;
mod client;
mod credential;
mod frame;

#[cfg(test)]
mod tests;

pub use client::{Client, Effect, Garbled, Rules, Wanted};
pub use credential::{IceServer, Offer, password, username};

use std::time::Instant;

/// What time it is, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For intervals.
    pub steady: Instant,
    /// Seconds since 1970, for credentials.
    pub unix_s: u64,
}
