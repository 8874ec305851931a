//! What a device sends: its peer connection, and its tracks with their layers.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::rtp_transceiver::{RTCRtpReceiverId, RTCRtpTransceiverId};
use rtc::shared::error::Error;

use super::api::Direction;
use super::codecs;
use super::peer::Peer;
use super::sdp::{self, Outline, Way};
use crate::room::{
    ConnectionId, Header, KeyframeRequests, Layer, MediaKind, MissingPackets, PacketHistory, PublishedTrack,
    ReplayWindow, Source,
};

/// Packets of one video layer that can be sent again: two seconds of 2 Mbit/s.
const HISTORY_PACKETS: u16 = 512;
/// Most layers of one track. Media of a source beyond them are dropped.
const MAX_LAYERS: usize = 6;

/// The name of a track in its shard, never used twice there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct TrackId(pub(super) u64);

/// One publication, as its packets arrive.
pub(super) struct Track {
    pub(super) publisher: ConnectionId,
    pub(super) kind: MediaKind,
    /// Payload types of the codec that is forwarded. Packets of others are dropped.
    pub(super) payload_types: Vec<u8>,
    pub(super) layers: Vec<IncomingLayer>,
    /// Who receives it: the device and the index of its slot.
    pub(super) subscribers: Vec<(ConnectionId, usize)>,
}

/// A packet that can be sent again.
#[derive(Clone, Debug)]
pub(super) struct StoredPacket {
    pub(super) header: Header,
    pub(super) marker: bool,
    pub(super) payload: bytes::Bytes,
}

/// One layer, as its packets arrive.
pub(super) struct IncomingLayer {
    pub(super) layer: Layer,
    pub(super) replay: ReplayWindow,
    pub(super) keyframes: KeyframeRequests,
    pub(super) missing: MissingPackets,
    pub(super) history: PacketHistory<StoredPacket>,
}

impl Track {
    pub(super) fn layer_mut(&mut self, ssrc: u32) -> Option<&mut IncomingLayer> {
        self.layers.iter_mut().find(|incoming| incoming.layer.ssrc == ssrc)
    }

    /// Begins a layer. Without simulcast a new source takes the place of the old one.
    pub(super) fn add_layer(&mut self, layer: Layer) -> bool {
        if layer.rid.is_empty() {
            self.layers.clear();
        }
        if self.layers.len() >= MAX_LAYERS {
            return false;
        }
        let packets = match self.kind {
            MediaKind::Video => HISTORY_PACKETS,
            MediaKind::Audio => 1,
        };
        self.layers.push(IncomingLayer {
            layer,
            replay: ReplayWindow::default(),
            keyframes: KeyframeRequests::default(),
            missing: MissingPackets::default(),
            history: PacketHistory::new(packets),
        });
        true
    }
}

/// A media section that was agreed.
pub(super) struct Agreed {
    pub(super) track: PublishedTrack,
    pub(super) payload_types: Vec<u8>,
}

/// The peer connection on which a device sends.
pub(super) struct Publisher {
    pub(super) peer: Peer,
    pub(super) generation: u32,
    /// The streams of each section as the engine knows them, by mid.
    known: HashMap<String, Vec<String>>,
    /// Tracks by mid.
    pub(super) tracks: HashMap<String, TrackId>,
    /// Tracks by the synchronisation source of a layer.
    pub(super) by_ssrc: HashMap<u32, TrackId>,
}

impl Publisher {
    pub(super) fn new(addresses: &[SocketAddr], now: Instant) -> Result<Self, Error> {
        let peer = Peer::new(Direction::Publish, addresses, now)?;
        Ok(Self {
            peer,
            generation: 0,
            known: HashMap::new(),
            tracks: HashMap::new(),
            by_ssrc: HashMap::new(),
        })
    }

    /// Takes an offer that was checked; gives the answer and what was agreed. `None` if the engine refused it,
    /// after which this peer is of no use.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        sdp: &str,
        offer: &Outline,
        sources: &[(String, Source)],
    ) -> Option<(String, Vec<Agreed>)> {
        let reduced = sdp::reduce(sdp, &self.known);
        let negotiate = |pc: &mut RTCPeerConnection| -> Result<String, Error> {
            pc.set_remote_description(now, RTCSessionDescription::offer(reduced)?)?;
            let answer = pc.create_answer(None)?;
            pc.set_local_description(now, answer)?;
            Ok(pc.local_description().map(|description| description.sdp).unwrap_or_default())
        };
        let answer = self.peer.run(negotiate)?.ok()?;
        let answer = sdp::pause(&answer, offer);
        let agreed_sections = sdp::outline(&answer, Way::Receive, usize::MAX).ok()?.sections;
        let mut agreed = Vec::new();
        for section in &offer.sections {
            if section.way == Way::None {
                continue;
            }
            self.known.insert(section.mid.clone(), section.streams.clone());
            let is_agreed =
                agreed_sections.iter().any(|other| other.mid == section.mid && other.way == Way::Receive);
            let payload_types = self.payload_types(&section.mid, section.kind);
            if !is_agreed || payload_types.is_empty() {
                continue;
            }
            let named = sources.iter().find(|(mid, _)| *mid == section.mid).map(|(_, source)| *source);
            let source = named.unwrap_or(match section.kind {
                MediaKind::Audio => Source::Microphone,
                MediaKind::Video => Source::Camera,
            });
            let track = PublishedTrack { mid: section.mid.clone(), kind: section.kind, source };
            agreed.push(Agreed { track, payload_types });
        }
        Some((answer, agreed))
    }

    /// The section and the name of the layer that a synchronisation source belongs to.
    pub(super) fn locate(&mut self, ssrc: u32) -> Option<(String, String)> {
        self.peer.run(|pc| {
            receivers(pc).into_iter().find_map(|(mid, receiver)| {
                let receiver = pc.rtp_receiver(receiver)?;
                let track = receiver.track();
                track
                    .ssrcs()
                    .any(|other| other == ssrc)
                    .then(|| (mid, track.rid(ssrc).cloned().unwrap_or_default()))
            })
        })?
    }

    fn payload_types(&mut self, mid: &str, kind: MediaKind) -> Vec<u8> {
        let read = |pc: &mut RTCPeerConnection| {
            let (_, receiver) = receivers(pc).into_iter().find(|(other, _)| other == mid)?;
            let mut receiver = pc.rtp_receiver(receiver)?;
            Some(codecs::payload_types(kind, &receiver.get_parameters().rtp_parameters.codecs).0)
        };
        self.peer.run(read).flatten().unwrap_or_default()
    }
}

fn receivers(pc: &mut RTCPeerConnection) -> Vec<(String, RTCRtpReceiverId)> {
    let ids: Vec<RTCRtpTransceiverId> = pc.get_transceivers().collect();
    let receiver = |id: RTCRtpTransceiverId| {
        let transceiver = pc.rtp_transceiver(id)?;
        Some((transceiver.mid().clone()?, transceiver.receiver()?))
    };
    ids.into_iter().filter_map(receiver).collect()
}
