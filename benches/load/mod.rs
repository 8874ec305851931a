//! Devices that speak WebRTC as browsers do, many of them in one process: they send Opus and VP8, receive, and count.
//!
//! The same devices drive Parvis through its gateway ([`parvis`]) and Janus through its video rooms ([`janus`]).

mod description;
pub mod engine;
mod feedback;
pub mod janus;
mod leg;
pub mod media;
pub mod parvis;
mod sender;
mod tally;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use tokio::task::JoinHandle;

use leg::{Leg, Order};
pub use tally::Tally;

/// Media are expected within this time.
const LIMIT: Duration = Duration::from_secs(20);

/// Who is in a call.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub rooms: usize,
    /// In each room: who send, and receive all others.
    pub senders: usize,
    /// In each room: who only receive.
    pub receivers: usize,
}

impl Shape {
    pub fn people(self) -> usize {
        self.rooms * (self.senders + self.receivers)
    }

    /// How many copies of each packet are to be delivered.
    pub fn copies(self) -> usize {
        self.senders + self.receivers - 1
    }
}

/// A load that stands: everybody has joined.
pub struct Load {
    pub shape: Shape,
    senders: Vec<Arc<Leg>>,
    receivers: Vec<Arc<Leg>>,
    /// One for each device.
    signalling: Vec<Signalling>,
    /// From asking to come in to the first packet of a key frame, of those who came when others were sending already; milliseconds.
    pub joins_ms: Vec<f64>,
}

/// A task that speaks with the server for a device. It ends when it is dropped.
struct Signalling(JoinHandle<Result<()>>);

impl Drop for Signalling {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Load {
    fn new(shape: Shape) -> Self {
        Self {
            shape,
            senders: Vec::new(),
            receivers: Vec::new(),
            signalling: Vec::new(),
            joins_ms: Vec::new(),
        }
    }

    /// Everybody who sends begins, or pauses.
    pub async fn send(&self, is_sending: bool) -> Result<()> {
        for leg in &self.senders {
            leg.order(Order::Send(is_sending)).await?;
        }
        Ok(())
    }

    /// What everybody counts in this time.
    ///
    /// # Errors
    /// If somebody has fallen out of the call.
    pub async fn window(&self, length: Duration) -> Result<Tally> {
        self.tell().await?;
        tokio::time::sleep(length).await;
        self.tell().await
    }

    async fn tell(&self) -> Result<Tally> {
        ensure!(
            self.signalling.iter().all(|one| !one.0.is_finished()),
            "somebody has fallen out of the call"
        );
        let mut sum = Tally::default();
        for leg in self.senders.iter().chain(&self.receivers) {
            sum.add(leg.tell().await?);
        }
        Ok(sum)
    }

    /// Waits for the first picture at this leg; the answer is how long after `begun` it came, in milliseconds.
    async fn first_picture(begun: Instant, leg: &Leg) -> Result<f64> {
        match tokio::time::timeout(LIMIT, leg.first_picture()).await {
            Ok(at) => Ok((at? - begun).as_secs_f64() * 1000.0),
            Err(_) => {
                let Tally { connected, received, .. } = leg.tell().await?;
                bail!("no picture in {} s: {connected} connection(s), {received} packets", LIMIT.as_secs())
            }
        }
    }
}
