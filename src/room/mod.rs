//! The state machine of one call: who publishes, who subscribes, what to forward. Pure.
//!
//! [`Room`] knows who is there and decides who receives what. The per-packet machines ([`Forwarder`],
//! [`KeyframeRequests`], [`MissingPackets`], [`PacketHistory`], [`ReplayWindow`]) live beside it and never pass through it: the
//! shards of `sfu` hold one of each a subscription or layer.
//!
//! What a subscriber gets of several layers is decided by an [`Allocator`] from what it shows and what an [`Estimator`]
//! says of the way to it; [`WantedLayers`] tells publishers what they need not send, [`Unseen`] who does not get it,
//! [`SpeakerDetector`] who speaks.

mod allocation;
mod bandwidth;
mod effect;
mod forwarder;
mod history;
mod keyframe;
mod missing;
pub mod redundancy;
mod replay;
mod speaker;
mod state;
mod track;
mod trend;
mod unseen;
mod uplink;
pub mod vp8;
mod wanted;

pub use allocation::{Allocator, Demand, Grant, LayerCost, MIN_VIDEO_BPS, VOICE_BPS, WantedVideo};
pub use bandwidth::{Estimator, Fate};
pub use effect::{Change, Effect, Effects};
pub use forwarder::{Forwarder, Header, Rewrite};
pub use history::PacketHistory;
pub use keyframe::KeyframeRequests;
pub use missing::MissingPackets;
pub use replay::ReplayWindow;
pub use speaker::SpeakerDetector;
pub use state::{GRACE, Input, Room};
pub use track::{ConnectionId, Layer, MediaKind, Publication, PublicationId, PublishedTrack, Source};
pub use unseen::Unseen;
pub use uplink::Uplink;
pub use wanted::WantedLayers;

#[cfg(test)]
#[path = "layers/tests.rs"]
mod layer_tests;
#[cfg(test)]
mod tests;
