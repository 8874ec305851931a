//! One direction of a bad network, as a machine: it is told the time and the size of a packet, and says what becomes of it.
//!
//! The same seed and the same packets at the same times have the same fate. Every packet draws the same number of times,
//! whatever the conditions are, so that changing one condition leaves the luck of the others as it was.

use std::time::{Duration, Instant};

/// What a firewall on the way lets through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Firewall {
    #[default]
    Everything,
    /// All but UDP.
    NoUdp,
    /// TCP to and from this port of the server, and ICMP.
    OnlyTcp(u16),
}

/// What an IP packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    Udp,
    /// Its two ports.
    Tcp(u16, u16),
    Other,
}

impl Carried {
    /// Reads an IPv4 packet (RFC 791 section 3.1); others carry something else.
    pub fn of(packet: &[u8]) -> Self {
        let &[first, ..] = packet else { return Self::Other };
        let (version, header) = (first >> 4, usize::from(first & 0x0f) * 4);
        let ports = packet.get(header..).and_then(|rest| rest.first_chunk::<4>());
        match (version, packet.get(9), ports) {
            (4, Some(17), _) => Self::Udp,
            (4, Some(6), Some(&[a, b, c, d])) => {
                Self::Tcp(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
            }
            _ => Self::Other,
        }
    }
}

impl Firewall {
    fn passes(self, carried: Carried) -> bool {
        match (self, carried) {
            (Self::Everything, _) | (_, Carried::Other) | (Self::NoUdp, Carried::Tcp(..)) => true,
            (Self::NoUdp | Self::OnlyTcp(_), Carried::Udp) => false,
            (Self::OnlyTcp(port), Carried::Tcp(from, to)) => from == port || to == port,
        }
    }
}

/// What the network is like.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    pub delay: Duration,
    /// Added to the delay of each packet by itself, evenly between nothing and this, so that packets overtake each other, as
    /// with tc-netem(8).
    pub jitter: Duration,
    /// Share of packets that are lost, each by itself: 0 to 1.
    pub loss: f64,
    /// Share of packets that are not delayed and so overtake: 0 to 1.
    pub reorder: f64,
    /// Width of the link in bits a second; `None`: no bottleneck.
    pub rate_bps: Option<u64>,
    /// Bytes that wait at the bottleneck; what comes beyond them is dropped.
    pub queue_bytes: u64,
    /// Nothing passes.
    pub is_black: bool,
    pub firewall: Firewall,
}

impl Default for Conditions {
    /// A wire.
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: 0.0,
            reorder: 0.0,
            rate_bps: None,
            queue_bytes: 64_000,
            is_black: false,
            firewall: Firewall::default(),
        }
    }
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It comes out at this time.
    Delivered(Instant),
    Lost,
    /// The queue at the bottleneck was full.
    Overflowed,
    /// It came in a blackout.
    Blacked,
    /// The firewall does not let it through.
    Blocked,
}

/// Packets by their fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub delivered: u64,
    pub lost: u64,
    pub overflowed: u64,
    pub blacked: u64,
    pub blocked: u64,
}

/// One direction.
#[derive(Debug)]
pub struct Shaper {
    conditions: Conditions,
    dice: Dice,
    /// When the bottleneck has sent what it has taken.
    free_at: Option<Instant>,
    counts: Counts,
}

impl Shaper {
    pub fn new(seed: u64) -> Self {
        Self { conditions: Conditions::default(), dice: Dice(seed), free_at: None, counts: Counts::default() }
    }

    /// From now on the network is like this. What is on its way stays on its way.
    pub fn set(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// A packet of `bytes` comes in.
    pub fn offer(&mut self, now: Instant, bytes: usize, carried: Carried) -> Fate {
        let [loss, reorder, jitter] = std::array::from_fn(|_| self.dice.share());
        let fate = if self.conditions.firewall.passes(carried) {
            self.decide(now, bytes as u64, loss, reorder, jitter)
        } else {
            Fate::Blocked
        };
        match fate {
            Fate::Delivered(_) => self.counts.delivered += 1,
            Fate::Lost => self.counts.lost += 1,
            Fate::Overflowed => self.counts.overflowed += 1,
            Fate::Blacked => self.counts.blacked += 1,
            Fate::Blocked => self.counts.blocked += 1,
        }
        fate
    }

    fn decide(&mut self, now: Instant, bytes: u64, loss: f64, reorder: f64, jitter: f64) -> Fate {
        let network = &self.conditions;
        if network.is_black {
            return Fate::Blacked;
        }
        if loss < network.loss {
            return Fate::Lost;
        }
        let mut leaves_at = now;
        if let Some(rate_bps) = network.rate_bps {
            let free_at = self.free_at.map_or(now, |at| at.max(now));
            let waiting_bytes = (free_at - now).as_secs_f64() * rate_bps as f64 / 8.0;
            if waiting_bytes + bytes as f64 > network.queue_bytes as f64 {
                return Fate::Overflowed;
            }
            leaves_at = free_at + Duration::from_secs_f64(bytes as f64 * 8.0 / rate_bps.max(1) as f64);
            self.free_at = Some(leaves_at);
        }
        if reorder < network.reorder {
            return Fate::Delivered(leaves_at);
        }
        Fate::Delivered(leaves_at + network.delay + network.jitter.mul_f64(jitter))
    }
}

/// SplitMix64: a step of a counter and a mix of its bits (Steele, Lea and Flood, OOPSLA 2014).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    /// At least 0 and below 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // 53 bits are what a double holds.
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}
