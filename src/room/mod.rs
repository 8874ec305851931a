//! The state machine of one call: who publishes, who subscribes, what to forward. Pure.
//!
//! [`Room`] knows who is there and decides who receives what. The per-packet machines ([`Forwarder`],
//! [`KeyframeRequests`], [`MissingPackets`], [`PacketHistory`], [`ReplayWindow`]) live beside it and never pass through it: the
//! shards of `sfu` hold one of each a subscription or layer.

mod effect;
mod forwarder;
mod history;
mod keyframe;
mod missing;
mod replay;
mod state;
mod track;
pub mod vp8;

pub use effect::{Change, Effect, Effects};
pub use forwarder::{Forwarder, Header, Rewrite};
pub use history::PacketHistory;
pub use keyframe::KeyframeRequests;
pub use missing::MissingPackets;
pub use replay::ReplayWindow;
pub use state::{GRACE, Input, Room};
pub use track::{ConnectionId, Layer, MediaKind, Publication, PublicationId, PublishedTrack, Source};

#[cfg(test)]
mod tests;
