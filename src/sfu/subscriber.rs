//! What a device receives: its peer connection, on which the server offers, and a slot for each media section.

use std::net::SocketAddr;
use std::time::Instant;

use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpRtxParameters,
};
use rtc::rtp_transceiver::{
    RTCRtpSenderId, RTCRtpTransceiverDirection, RTCRtpTransceiverId, RTCRtpTransceiverInit,
};
use rtc::shared::error::Error;

use super::api::{Direction, WantedTrack};
use super::codecs;
use super::peer::Peer;
use super::sdp;
use crate::room::{Forwarder, MediaKind, PublicationId, Source};

/// Most media sections of one subscriber. Publications beyond them do not reach it.
const MAX_SLOTS: usize = 64;
/// Most retransmissions for one slot in [`RETRANSMISSION_WINDOW_MS`].
const MAX_RETRANSMISSIONS: u32 = 200;
const RETRANSMISSION_WINDOW_MS: u128 = 200;

/// One media section. It is used for one publication after the other and never removed.
pub(super) struct Slot {
    pub(super) kind: MediaKind,
    transceiver: RTCRtpTransceiverId,
    sender: Option<RTCRtpSenderId>,
    /// What it is for, from the offer on.
    pub(super) wanted: Option<WantedTrack>,
    pub(super) ssrc: u32,
    /// For the retransmission stream (RFC 4588).
    repair_ssrc: u32,
    repair_sequence_number: u16,
    pub(super) payload_type: u8,
    pub(super) repair_payload_type: Option<u8>,
    /// There once the device has answered; then media go out.
    pub(super) forwarder: Option<Forwarder>,
    /// For the sender reports.
    pub(super) packets: u32,
    pub(super) octets: u32,
    retransmissions: u32,
    window_began_at: Option<Instant>,
}

impl Slot {
    /// May this slot send another packet again? Bounds what one device can make the server send.
    pub(super) fn may_retransmit(&mut self, now: Instant) -> bool {
        let is_over = |at: Instant| now.saturating_duration_since(at).as_millis() >= RETRANSMISSION_WINDOW_MS;
        if self.window_began_at.is_none_or(is_over) {
            self.window_began_at = Some(now);
            self.retransmissions = 0;
        }
        self.retransmissions += 1;
        self.retransmissions <= MAX_RETRANSMISSIONS
    }

    /// Source, payload type and sequence number for a packet of the retransmission stream, if there is one.
    pub(super) fn next_repair(&mut self) -> Option<(u32, u8, u16)> {
        let payload_type = self.repair_payload_type?;
        self.repair_sequence_number = self.repair_sequence_number.wrapping_add(1);
        Some((self.repair_ssrc, payload_type, self.repair_sequence_number))
    }

    fn is_free(&self) -> bool {
        self.wanted.is_none() && self.sender.is_none()
    }
}

/// An offer that waits for its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Offer {
    pub(super) generation: u32,
    pub(super) sdp: String,
    pub(super) tracks: Vec<(String, PublicationId)>,
}

/// The peer connection on which a device receives.
pub(super) struct Subscriber {
    pub(super) peer: Peer,
    pub(super) slots: Vec<Slot>,
    wanted: Vec<WantedTrack>,
    pub(super) in_flight: Option<Offer>,
    is_restart_wanted: bool,
    generation: u32,
    next_ssrc: u32,
}

impl Subscriber {
    /// `first_ssrc` is unpredictable; the sources of this peer count up from it, so that none is used twice.
    /// `generation` is that of the last offer of an earlier peer of the device.
    pub(super) fn new(
        addresses: &[SocketAddr],
        first_ssrc: u32,
        generation: u32,
        now: Instant,
    ) -> Result<Self, Error> {
        Ok(Self {
            peer: Peer::new(Direction::Subscribe, addresses, now)?,
            slots: Vec::new(),
            wanted: Vec::new(),
            in_flight: None,
            is_restart_wanted: false,
            generation,
            next_ssrc: first_ssrc,
        })
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    /// Replaces the wanted set. What is no longer wanted stops at once, before anything is negotiated.
    pub(super) fn want(&mut self, wanted: Vec<WantedTrack>) {
        self.wanted = wanted;
        for slot in &mut self.slots {
            if slot.wanted.as_ref().is_some_and(|track| !self.wanted.contains(track)) {
                slot.wanted = None;
                slot.forwarder = None;
            }
        }
    }

    pub(super) fn want_restart(&mut self) {
        self.is_restart_wanted = true;
    }

    /// Makes the next offer, if none is in flight and something is to be negotiated. `Some(None)` if the engine
    /// refused, after which this peer is of no use.
    pub(super) fn offer(&mut self, now: Instant) -> Option<Option<Offer>> {
        let is_settled =
            !self.is_restart_wanted && self.missing().next().is_none() && self.stale().next().is_none();
        if self.in_flight.is_some() || is_settled {
            return None;
        }
        let offer = self.negotiate(now);
        self.in_flight.clone_from(&offer);
        Some(offer)
    }

    /// Takes the answer to the offer in flight, which was checked. `false` if the engine refused it, after which
    /// this peer is of no use. The slots that begin now are those without a forwarder that are wanted;
    /// `first_sequence_number` gives each an unpredictable begin.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        sdp: &str,
        mut first_sequence_number: impl FnMut() -> u16,
    ) -> bool {
        let reduced = sdp::reduce(sdp, &Default::default());
        let apply = |pc: &mut RTCPeerConnection| -> Result<(), Error> {
            pc.set_remote_description(now, RTCSessionDescription::answer(reduced)?)
        };
        if self.peer.run(apply).is_none_or(|result| result.is_err()) {
            return false;
        }
        self.in_flight = None;
        for slot in &mut self.slots {
            let Some(sender) = slot.sender.filter(|_| slot.wanted.is_some()) else { continue };
            let (transceiver, kind) = (slot.transceiver, slot.kind);
            let read = |pc: &mut RTCPeerConnection| {
                let direction = pc.rtp_transceiver(transceiver)?.current_direction();
                let codecs = &pc.rtp_sender(sender)?.get_parameters().rtp_parameters.codecs.clone();
                let (media, repair) = codecs::payload_types(kind, codecs);
                (direction == RTCRtpTransceiverDirection::Sendonly).then_some((*media.first()?, repair))
            };
            match self.peer.run(read).flatten() {
                Some((payload_type, repair)) => {
                    slot.payload_type = payload_type;
                    slot.repair_payload_type = repair;
                    slot.forwarder.get_or_insert_with(|| Forwarder::new(kind, first_sequence_number()));
                }
                None => slot.forwarder = None, // the device does not want it or cannot decode it
            }
        }
        true
    }

    /// Wanted publications without a slot, as far as slots may be added.
    fn missing(&self) -> impl Iterator<Item = &WantedTrack> {
        let has_slot =
            |track: &WantedTrack| self.slots.iter().any(|slot| slot.wanted.as_ref() == Some(track));
        let used = self.slots.iter().filter(|slot| slot.wanted.is_some()).count();
        self.wanted.iter().filter(move |track| !has_slot(track)).take(MAX_SLOTS.saturating_sub(used))
    }

    /// Slots that still send in the description but carry nothing.
    fn stale(&self) -> impl Iterator<Item = usize> {
        let is_stale = |(_, slot): &(usize, &Slot)| slot.wanted.is_none() && slot.sender.is_some();
        self.slots.iter().enumerate().filter(is_stale).map(|(index, _)| index)
    }

    fn negotiate(&mut self, now: Instant) -> Option<Offer> {
        for index in self.stale().collect::<Vec<_>>() {
            let sender = self.slots[index].sender.take()?;
            self.peer.run(|pc| pc.remove_track(sender))?.ok()?;
        }
        for track in self.missing().cloned().collect::<Vec<_>>() {
            self.add(track)?;
        }
        let options = RTCOfferOptions { ice_restart: std::mem::take(&mut self.is_restart_wanted) };
        let describe = |pc: &mut RTCPeerConnection| -> Result<String, Error> {
            let offer = pc.create_offer(Some(options))?;
            pc.set_local_description(now, offer)?;
            Ok(pc.local_description().map(|description| description.sdp).unwrap_or_default())
        };
        let sdp = self.peer.run(describe)?.ok()?;
        let mut tracks = Vec::new();
        for slot in &self.slots {
            let Some(wanted) = &slot.wanted else { continue };
            let id = slot.transceiver;
            let mid = self
                .peer
                .run(|pc| pc.rtp_transceiver(id).and_then(|transceiver| transceiver.mid().clone()))??;
            tracks.push((mid, wanted.publication));
        }
        self.generation += 1;
        Some(Offer { generation: self.generation, sdp, tracks })
    }

    /// Gives a publication a slot: a free one of its kind, else a new one.
    fn add(&mut self, wanted: WantedTrack) -> Option<()> {
        let kind = wanted.source.kind();
        let (ssrc, repair_ssrc) = (self.next_ssrc, self.next_ssrc.wrapping_add(1));
        self.next_ssrc = self.next_ssrc.wrapping_add(2);
        let track = stream(&wanted, ssrc, repair_ssrc);
        let free = self.slots.iter().position(|slot| slot.is_free() && slot.kind == kind);
        let index = if let Some(index) = free {
            // The engine takes the first free transceiver of the kind, as we do.
            let sender = self.peer.run(|pc| pc.add_track(track))?.ok()?;
            let id = self.slots[index].transceiver;
            let is_same = |pc: &mut RTCPeerConnection| {
                pc.rtp_transceiver(id).and_then(|taken| taken.sender()) == Some(sender)
            };
            if !self.peer.run(is_same)? {
                return None;
            }
            self.slots[index].sender = Some(sender);
            index
        } else if self.slots.len() < MAX_SLOTS {
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Sendonly,
                ..RTCRtpTransceiverInit::default()
            };
            let add = |pc: &mut RTCPeerConnection| -> Option<(RTCRtpTransceiverId, RTCRtpSenderId)> {
                let transceiver = pc.add_transceiver_from_track(track, Some(init)).ok()?;
                Some((transceiver, pc.rtp_transceiver(transceiver)?.sender()?))
            };
            let (transceiver, sender) = self.peer.run(add)??;
            self.slots.push(Slot {
                kind,
                transceiver,
                sender: Some(sender),
                wanted: None,
                ssrc,
                repair_ssrc,
                repair_sequence_number: 0,
                payload_type: 0,
                repair_payload_type: None,
                forwarder: None,
                packets: 0,
                octets: 0,
                retransmissions: 0,
                window_began_at: None,
            });
            self.slots.len() - 1
        } else {
            return Some(());
        };
        let slot = &mut self.slots[index];
        (slot.ssrc, slot.repair_ssrc, slot.packets, slot.octets) = (ssrc, repair_ssrc, 0, 0);
        slot.forwarder = None;
        slot.wanted = Some(wanted);
        Some(())
    }
}

/// The stream that the description announces. Sound and picture of one device share the stream's name, so that
/// the receiver plays them together; a second picture has its own.
fn stream(wanted: &WantedTrack, ssrc: u32, repair_ssrc: u32) -> MediaStreamTrack {
    let name = format!("publication-{}", wanted.publication);
    let kind = wanted.source.kind();
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            rtx: (kind == MediaKind::Video).then_some(RTCRtpRtxParameters { ssrc: repair_ssrc }),
            ..RTCRtpCodingParameters::default()
        },
        codec: codecs::codec(kind),
        ..RTCRtpEncodingParameters::default()
    };
    let stream = match wanted.source {
        Source::Microphone | Source::Camera => format!("connection-{}", wanted.publisher),
        Source::SecondCamera => format!("connection-{}-second-camera", wanted.publisher),
        Source::Screen => format!("connection-{}-screen", wanted.publisher),
    };
    MediaStreamTrack::new(stream, name.clone(), name, codecs::kind(kind), vec![coding])
}
