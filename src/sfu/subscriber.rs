//! What a device receives: its peer connection, on which the server offers, and a slot for each media section.

use std::time::Instant;

use super::adaptation::Share;
use super::api::WantedTrack;
use super::peer::{Ground, Peer};
use super::sdp::{self, Extension, Extensions, Offered, Outline, Section, Stream, Way};
use crate::room::{Forwarder, Grant, MediaKind, PublicationId, Source};

/// Most media sections of one subscriber. Publications beyond them do not reach it.
const MAX_SLOTS: usize = 128;
/// Most retransmissions for one slot in [`RETRANSMISSION_WINDOW_MS`].
const MAX_RETRANSMISSIONS: u32 = 200;
const RETRANSMISSION_WINDOW_MS: u128 = 200;

/// One media section. It is used for one publication after the other and never removed.
pub(super) struct Slot {
    pub(super) kind: MediaKind,
    /// Its index, in digits.
    pub(super) mid: String,
    /// The last offer said that it sends.
    is_offered: bool,
    /// What it is for, from the offer on.
    pub(super) wanted: Option<WantedTrack>,
    pub(super) ssrc: u32,
    /// For the retransmission stream (RFC 4588).
    repair_ssrc: u32,
    repair_sequence_number: u16,
    pub(super) payload_type: u8,
    pub(super) repair_payload_type: Option<u8>,
    /// The device can take sound with redundancy, under this number.
    pub(super) redundancy: Option<u8>,
    /// Numbers of the extensions that the device took.
    pub(super) taken: Taken,
    /// There once the device has answered; then media go out.
    pub(super) forwarder: Option<Forwarder>,
    /// What the device gets of it. `None` until it says what it shows: then everything.
    pub(super) grant: Option<Grant>,
    /// For the sender reports.
    pub(super) packets: u32,
    pub(super) octets: u32,
    retransmissions: u32,
    window_began_at: Option<Instant>,
}

/// Header extensions that the device took, with the server's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Taken {
    pub(super) mid: Option<u8>,
    pub(super) level: Option<u8>,
    pub(super) transport_sequence: Option<u8>,
}

impl Taken {
    fn of(extensions: &Extensions) -> Self {
        let taken = |extension: Extension| extensions.id(extension).filter(|id| *id == extension.own_id());
        Self {
            mid: taken(Extension::Mid),
            level: taken(Extension::AudioLevel),
            transport_sequence: taken(Extension::TransportSequence),
        }
    }
}

impl Slot {
    fn new(index: usize, kind: MediaKind) -> Self {
        Self {
            kind,
            mid: index.to_string(),
            is_offered: false,
            wanted: None,
            ssrc: 0,
            repair_ssrc: 0,
            repair_sequence_number: 0,
            payload_type: 0,
            repair_payload_type: None,
            redundancy: None,
            taken: Taken::default(),
            forwarder: None,
            grant: None,
            packets: 0,
            octets: 0,
            retransmissions: 0,
            window_began_at: None,
        }
    }

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
        self.wanted.is_none() && !self.is_offered
    }

    /// Its section of an offer. Sound and picture of one device share the stream's name, so that the receiver plays
    /// them together; a second picture has its own.
    fn describe(&self) -> Offered {
        let stream = |wanted: &WantedTrack| Stream {
            stream: match wanted.source {
                Source::Microphone | Source::Camera => format!("connection-{}", wanted.publisher),
                Source::Auscultation => format!("connection-{}-auscultation", wanted.publisher),
                Source::SecondCamera => format!("connection-{}-second-camera", wanted.publisher),
                Source::Screen | Source::ScreenSound => format!("connection-{}-screen", wanted.publisher),
            },
            is_auscultation: wanted.source == Source::Auscultation,
            track: format!("publication-{}", wanted.publication),
            ssrc: self.ssrc,
            repair_ssrc: self.repair_ssrc,
        };
        Offered { kind: self.kind, stream: self.wanted.as_ref().map(stream) }
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
    pub(super) share: Share,
    wanted: Vec<WantedTrack>,
    pub(super) in_flight: Option<Offer>,
    is_restart_wanted: bool,
    generation: u32,
    next_ssrc: u32,
}

impl Subscriber {
    /// `first_ssrc` is unpredictable; the sources of this peer count up from it, so that none is used twice.
    /// `generation` is that of the last offer of an earlier peer of the device.
    pub(super) fn new(ground: &Ground, first_ssrc: u32, generation: u32) -> Self {
        Self {
            peer: Peer::new(ground),
            slots: Vec::new(),
            share: Share::default(),
            wanted: Vec::new(),
            in_flight: None,
            is_restart_wanted: false,
            generation,
            next_ssrc: first_ssrc,
        }
    }

    /// The device says which packets arrive.
    pub(super) fn is_reporting(&self) -> bool {
        self.slots.iter().any(|slot| slot.forwarder.is_some() && slot.taken.transport_sequence.is_some())
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
                slot.grant = None;
            }
        }
    }

    pub(super) fn want_restart(&mut self) {
        self.is_restart_wanted = true;
    }

    /// Makes the next offer, if none is in flight and something is to be negotiated.
    pub(super) fn offer(&mut self) -> Option<Offer> {
        let is_stale = |slot: &Slot| slot.wanted.is_none() && slot.is_offered;
        let is_settled =
            !self.is_restart_wanted && self.missing().next().is_none() && !self.slots.iter().any(is_stale);
        if self.in_flight.is_some() || is_settled {
            return None;
        }
        for slot in &mut self.slots {
            slot.is_offered &= slot.wanted.is_some();
        }
        for track in self.missing().cloned().collect::<Vec<_>>() {
            self.add(track);
        }
        if std::mem::take(&mut self.is_restart_wanted) {
            self.peer.restart();
        }
        let sections: Vec<Offered> = self.slots.iter().map(Slot::describe).collect();
        let sdp = sdp::offer(&self.peer.describe(), &sections);
        let used =
            self.slots.iter().filter_map(|slot| Some((slot.mid.clone(), slot.wanted.as_ref()?.publication)));
        let tracks = used.collect();
        self.generation += 1;
        let offer = Offer { generation: self.generation, sdp, tracks };
        self.in_flight = Some(offer.clone());
        Some(offer)
    }

    /// Takes the answer to the offer in flight, which was checked. `false` if the device is not the one it was
    /// before, after which this peer is of no use. The slots that begin now are those without a forwarder that
    /// are wanted; `first_sequence_number` gives each an unpredictable begin.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        answer: &Outline,
        mut first_sequence_number: impl FnMut() -> u16,
    ) -> bool {
        if self.peer.meet(now, &answer.credentials, &answer.fingerprint).is_err() {
            return false;
        }
        self.in_flight = None;
        for slot in self.slots.iter_mut().filter(|slot| slot.is_offered && slot.wanted.is_some()) {
            let is_its = |section: &&Section| section.mid == slot.mid && section.kind == slot.kind;
            let section = answer.sections.iter().find(is_its).filter(|section| section.way == Way::Receive);
            let Some((section, codec)) = section.and_then(|section| Some((section, section.codec.as_ref()?)))
            else {
                slot.forwarder = None; // the device does not want it or cannot decode it
                continue;
            };
            slot.payload_type = codec.payload_type;
            slot.repair_payload_type = codec.repair;
            slot.redundancy = codec.redundancy.filter(|_| codec.payload_type == sdp::OWN_OPUS);
            slot.taken = Taken::of(&section.extensions);
            let kind = slot.kind;
            slot.forwarder.get_or_insert_with(|| Forwarder::new(kind, first_sequence_number()));
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

    /// Gives a publication a slot: a free one of its kind, else a new one.
    fn add(&mut self, wanted: WantedTrack) {
        let kind = wanted.source.kind();
        let free = self.slots.iter().position(|slot| slot.is_free() && slot.kind == kind);
        let index = free.unwrap_or(self.slots.len());
        if index >= MAX_SLOTS {
            return;
        }
        if index == self.slots.len() {
            self.slots.push(Slot::new(index, kind));
        }
        let slot = &mut self.slots[index];
        self.peer.retire(slot.ssrc);
        self.peer.retire(slot.repair_ssrc);
        (slot.ssrc, slot.repair_ssrc) = (self.next_ssrc, self.next_ssrc.wrapping_add(1));
        self.next_ssrc = self.next_ssrc.wrapping_add(2);
        (slot.packets, slot.octets, slot.repair_sequence_number) = (0, 0, 0);
        slot.forwarder = None;
        slot.grant = None;
        slot.wanted = Some(wanted);
        slot.is_offered = true;
    }
}
