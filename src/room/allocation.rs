//! Which layer of which picture one subscriber gets.
//!
//! 1. Sound is reserved: every wanted voice has its rate before any picture has one.
//! 2. So is the lowest layer of who is pinned, and of an interpreter who is shown: it is sent even if it does not fit.
//! 3. Pictures are put in order: screen, pinned, interpreter, speaking, then by the size shown. Each gets its lowest
//!    layer, if that fits.
//! 4. In this order each is raised as far as the size shown asks for and the estimate carries.
//!
//! What goes down goes down at once. What goes up needs headroom, and some time since the last time something had to
//! go down. Below [`MIN_VIDEO_BPS`] no picture is sent at all.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{PublicationId, Source};

/// Of one voice: Opus at 40 kbit/s in 50 packets a second, each with 64 bytes of RTP, its extensions, SRTP, UDP and
/// IP. In bit/s.
pub const VOICE_BPS: u64 = 40_000 + 50 * 64 * 8;
/// Below this estimate all pictures pause, so that sound goes on. In bit/s.
pub const MIN_VIDEO_BPS: u64 = 100_000;
/// Upgrades must leave so much of the estimate, in percent of what is sent.
const HEADROOM_PCT: u64 = 15;
/// After the estimate forced a picture down, none goes up for so long.
const HOLD: Duration = Duration::from_secs(5);
/// A layer is large enough for an area up to so much larger than its own, in percent: a picture that is stretched by
/// a fifth each way does not look worse.
const STRETCH_PCT: u64 = 150;

/// One layer of a publication, as it is or would be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayerCost {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// In bit/s: measured while it is sent, else what such a layer takes.
    pub bps: u64,
}

/// A picture that a subscriber wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedVideo {
    /// Its name in the room.
    pub publication: PublicationId,
    /// Where it comes from.
    pub source: Source,
    /// Device pixels in which it is shown. 0 by 0: not shown.
    pub width: u32,
    /// Device pixels.
    pub height: u32,
    /// The person chose to see it; it keeps at least its lowest layer, shown or not.
    pub is_pinned: bool,
    /// Its person is there to be seen (an interpreter); while shown it keeps at least its lowest layer.
    pub is_needed: bool,
    /// Its person speaks.
    pub is_speaking: bool,
    /// What there is, the smallest first.
    pub layers: Vec<LayerCost>,
}

impl WantedVideo {
    /// Its lowest layer goes before the limit.
    fn is_reserved(&self) -> bool {
        self.is_pinned || self.is_needed
    }
}

/// Everything that one subscriber wants.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Demand {
    /// How many voices.
    pub voices: usize,
    /// The pictures.
    pub videos: Vec<WantedVideo>,
    /// What the way to the subscriber carries, in bit/s. `None`: its device does not say what arrives, so nothing is
    /// held back.
    pub estimate_bps: Option<u64>,
    /// The person asked to spare the connection: persons come in their lowest layer.
    pub is_saving_data: bool,
    /// The person wants no picture at all.
    pub is_video_off: bool,
}

/// What a picture gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grant {
    /// This layer, counted from the smallest.
    Layer(usize),
    /// Nothing, because the way to the subscriber does not carry it.
    Paused,
    /// Nothing, because nobody looks at it there.
    Hidden,
}

impl Grant {
    /// The layer, if there is one.
    pub fn layer(self) -> Option<usize> {
        match self {
            Self::Layer(layer) => Some(layer),
            Self::Paused | Self::Hidden => None,
        }
    }
}

/// Decides for one subscriber, and remembers what it decided.
#[derive(Clone, Debug, Default)]
pub struct Allocator {
    granted: BTreeMap<PublicationId, Grant>,
    forced_down_at: Option<Instant>,
    wish_bps: Option<u64>,
}

impl Allocator {
    /// What each picture gets from now on.
    pub fn allocate(&mut self, now: Instant, demand: &Demand) -> BTreeMap<PublicationId, Grant> {
        let is_held = self.forced_down_at.is_some_and(|at| now.saturating_duration_since(at) < HOLD);
        let mut order: Vec<(&WantedVideo, Option<usize>)> =
            demand.videos.iter().map(|video| (video, highest(demand, video))).collect();
        order.sort_by_key(|(video, _)| {
            let area = u64::from(video.width) * u64::from(video.height);
            let is_screen = video.source == Source::Screen;
            let (is_pinned, is_needed) = (video.is_pinned, video.is_needed);
            (!is_screen, !is_pinned, !is_needed, !video.is_speaking, Reverse(area), video.publication)
        });
        let mut purse = Purse::new(demand);
        let is_reserved = |video: &WantedVideo| video.is_reserved() && purse.may_have_video;
        let reserved = order.iter().filter(|(video, highest)| is_reserved(video) && highest.is_some());
        let reserved: u64 =
            reserved.filter_map(|(video, _)| video.layers.first()).map(|layer| layer.bps).sum();
        purse.spend(reserved);
        let mut grants: BTreeMap<PublicationId, Grant> = BTreeMap::new();
        for (video, highest) in &order {
            let grant = match (highest, video.layers.first()) {
                (Some(_), Some(lowest)) => {
                    let is_new = !self.has(video.publication, 0);
                    let is_held = is_held && self.was_paused(video.publication);
                    if video.is_reserved() && purse.may_have_video {
                        Grant::Layer(0)
                    } else if purse.takes(lowest.bps, is_new, is_held) {
                        purse.spend(lowest.bps);
                        Grant::Layer(0)
                    } else {
                        Grant::Paused
                    }
                }
                _ => Grant::Hidden,
            };
            grants.insert(video.publication, grant);
        }
        for (video, highest) in &order {
            let Some(Grant::Layer(given)) = grants.get_mut(&video.publication) else { continue };
            for next in 1..=highest.unwrap_or(0) {
                let (Some(from), Some(to)) = (video.layers.get(*given), video.layers.get(next)) else {
                    break;
                };
                let is_up = !self.has(video.publication, next);
                if purse.takes(to.bps.saturating_sub(from.bps), is_up, is_up && is_held) {
                    purse.spend(to.bps.saturating_sub(from.bps));
                    *given = next;
                }
            }
        }
        let is_forced = |(video, highest): &(&WantedVideo, Option<usize>)| {
            let before = self.granted.get(&video.publication).and_then(|grant| grant.layer());
            let after = grants.get(&video.publication).and_then(|grant| grant.layer());
            after < before && after < *highest
        };
        if order.iter().any(is_forced) {
            self.forced_down_at = Some(now);
        }
        self.wish_bps = Purse::wish(demand, &order, &grants);
        self.granted.clone_from(&grants);
        grants
    }

    /// The way to the subscriber is another one: what did not go through the one before may go through this one.
    pub fn begin_anew(&mut self) {
        self.forced_down_at = None;
    }

    /// What the way to the subscriber would have to carry for everybody to get all that is asked for, in bit/s.
    /// `None` if all is given.
    pub fn wish_bps(&self) -> Option<u64> {
        self.wish_bps
    }

    fn has(&self, publication: PublicationId, layer: usize) -> bool {
        let granted = self.granted.get(&publication).and_then(|grant| grant.layer());
        granted.is_some_and(|granted| granted >= layer)
    }

    fn was_paused(&self, publication: PublicationId) -> bool {
        self.granted.get(&publication) == Some(&Grant::Paused)
    }
}

/// The highest layer that a picture may get, whatever the way carries.
fn highest(demand: &Demand, video: &WantedVideo) -> Option<usize> {
    let area = u64::from(video.width) * u64::from(video.height);
    let last = video.layers.len().checked_sub(1)?;
    if demand.is_video_off || area == 0 && !video.is_pinned {
        return None;
    }
    if area == 0 || demand.is_saving_data && video.source != Source::Screen {
        return Some(0);
    }
    let covers =
        |layer: &LayerCost| u64::from(layer.width) * u64::from(layer.height) * STRETCH_PCT / 100 >= area;
    Some(video.layers.iter().position(covers).unwrap_or(last))
}

/// What may be spent, and was.
struct Purse {
    estimate: Option<u64>,
    spent: u64,
    may_have_video: bool,
}

impl Purse {
    fn new(demand: &Demand) -> Self {
        Self {
            estimate: demand.estimate_bps,
            spent: demand.voices as u64 * VOICE_BPS,
            may_have_video: demand.estimate_bps.is_none_or(|estimate| estimate >= MIN_VIDEO_BPS),
        }
    }

    fn takes(&self, bps: u64, is_up: bool, is_held: bool) -> bool {
        let Some(estimate) = self.estimate else { return true };
        let total = self.spent + bps;
        let needed = if is_up { with_headroom(total) } else { total };
        self.may_have_video && !is_held && needed <= estimate
    }

    fn spend(&mut self, bps: u64) {
        self.spent += bps;
    }

    fn wish(
        demand: &Demand,
        order: &[(&WantedVideo, Option<usize>)],
        grants: &BTreeMap<PublicationId, Grant>,
    ) -> Option<u64> {
        let is_short = |(video, highest): &(&WantedVideo, Option<usize>)| {
            grants.get(&video.publication).and_then(|grant| grant.layer()) < *highest
        };
        if !order.iter().any(is_short) {
            return None;
        }
        let rate = |(video, highest): &(&WantedVideo, Option<usize>)| {
            highest.and_then(|highest| video.layers.get(highest)).map_or(0, |layer| layer.bps)
        };
        let pictures: u64 = order.iter().map(rate).sum();
        Some(with_headroom(demand.voices as u64 * VOICE_BPS + pictures).max(with_headroom(MIN_VIDEO_BPS)))
    }
}

fn with_headroom(bps: u64) -> u64 {
    bps * (100 + HEADROOM_PCT) / 100
}
