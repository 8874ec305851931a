//! What one subscriber sees of one publication: one stream without gaps, whatever layer it comes from.

use std::time::Instant;

use super::MediaKind;
use super::vp8::Descriptor;

/// What forwarding reads of a packet that arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The layer, by its synchronisation source.
    pub ssrc: u32,
    /// As the publisher sent it.
    pub sequence_number: u16,
    /// As the publisher sent it, in units of the codec's clock.
    pub timestamp: u32,
    /// When it arrived.
    pub arrived_at: Instant,
    /// It begins a key frame.
    pub is_keyframe_start: bool,
    /// The VP8 payload descriptor, of video.
    pub descriptor: Option<Descriptor>,
}

/// What to write into the copy for the subscriber.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rewrite {
    /// Strictly grows in the order of the layer's own sequence numbers.
    pub sequence_number: u16,
    /// In units of the codec's clock.
    pub timestamp: u32,
    /// Of video: PictureID and TL0PICIDX, to be written with [`Descriptor::write`].
    pub picture_ids: Option<(u16, u8)>,
}

/// The mapping from the layer that is forwarded now.
#[derive(Clone, Copy, Debug)]
struct Mapping {
    ssrc: u32,
    /// Extended sequence number of the first packet that was forwarded; nothing before it ever is.
    first: i64,
    /// Extended sequence number of the newest packet.
    newest: i64,
    sequence_offset: i64,
    timestamp_offset: u32,
    picture_id_offset: u16,
    tl0_offset: u8,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    /// Extended.
    sequence_number: i64,
    timestamp: u32,
    picture_ids: (u16, u8),
    at: Instant,
}

/// Rewrites the headers of one publication for one subscriber. One a subscription, called for every packet.
///
/// Nothing goes out before a layer can be understood by itself: video starts, and changes its layer, with a
/// key frame. At a change of layer the sequence number, the timestamp, PictureID and TL0PICIDX go on from
/// what was sent last.
#[derive(Clone, Debug)]
pub struct Forwarder {
    kind: MediaKind,
    target: Option<u32>,
    mapping: Option<Mapping>,
    sent: Option<Sent>,
    first_sequence_number: u16,
    is_paused: bool,
}

impl Forwarder {
    /// A forwarder that has sent nothing. Its first packet gets `first_sequence_number`, which should be
    /// unpredictable and below 2^15, so that the receiver cannot miss a roll-over (RFC 3711 section 3.3.1).
    pub fn new(kind: MediaKind, first_sequence_number: u16) -> Self {
        Self { kind, target: None, mapping: None, sent: None, first_sequence_number, is_paused: false }
    }

    /// Changes to this layer with its next key frame. Until then the present one goes on.
    /// Ends a pause.
    pub fn select(&mut self, ssrc: u32) {
        self.target = Some(ssrc);
        self.is_paused = false;
    }

    /// Sends nothing from now on, until [`Forwarder::select`].
    pub fn pause(&mut self) {
        (self.target, self.mapping, self.is_paused) = (None, None, true);
    }

    /// Some packets were kept from it. The next one follows the last that went out, as after a pause.
    pub fn rejoin(&mut self) {
        self.mapping = None;
    }

    /// Nothing goes out, on purpose.
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// The newest timestamp that went out, 0 before there is one.
    pub fn last_timestamp(&self) -> u32 {
        self.sent.map_or(0, |sent| sent.timestamp)
    }

    /// The layer that is wanted, if one was selected or has begun.
    pub fn target(&self) -> Option<u32> {
        self.target
    }

    /// The layer that goes out now.
    pub fn current(&self) -> Option<u32> {
        self.mapping.map(|mapping| mapping.ssrc)
    }

    /// A key frame of the wanted layer is needed before the subscriber sees it.
    pub fn is_waiting(&self) -> bool {
        self.kind == MediaKind::Video
            && !self.is_paused
            && (self.mapping.is_none() || self.current() != self.target)
    }

    /// What to write into the copy of this packet, or `None` if it does not go to this subscriber.
    /// Each packet of a layer is given once ([`super::ReplayWindow`]), in any order.
    pub fn rewrite(&mut self, header: &Header) -> Option<Rewrite> {
        if self.is_paused {
            return None;
        }
        if self.current() != Some(header.ssrc) {
            let target = *self.target.get_or_insert(header.ssrc);
            let may_begin = self.kind == MediaKind::Audio || header.is_keyframe_start;
            if target != header.ssrc || !may_begin {
                return None;
            }
            self.mapping = Some(self.map(header));
        }
        let mapping = self.mapping.as_mut()?;
        let index = extend(mapping.newest, header.sequence_number);
        mapping.newest = mapping.newest.max(index);
        let mapping = *mapping;
        let rewrite = apply(&mapping, index, header)?;
        let sequence_number = index + mapping.sequence_offset;
        if self.sent.is_none_or(|sent| sent.sequence_number < sequence_number) {
            self.sent = Some(Sent {
                sequence_number,
                timestamp: rewrite.timestamp,
                picture_ids: rewrite.picture_ids.unwrap_or_default(),
                at: header.arrived_at,
            });
        }
        Some(rewrite)
    }

    /// The layer and the publisher's sequence number of a packet that went out with this sequence number,
    /// for a retransmission. `None` if it cannot be one of the present layer.
    pub fn origin(&self, sequence_number: u16) -> Option<(u32, u16)> {
        let mapping = self.mapping?;
        let sent = extend(mapping.newest + mapping.sequence_offset, sequence_number);
        let index = sent - mapping.sequence_offset;
        (mapping.first..=mapping.newest).contains(&index).then_some((mapping.ssrc, index as u16))
    }

    /// What was written into the copy of this packet when it went out, for a retransmission.
    pub fn rewrite_again(&self, header: &Header) -> Option<Rewrite> {
        let mapping = self.mapping.filter(|mapping| mapping.ssrc == header.ssrc)?;
        let index = extend(mapping.newest, header.sequence_number);
        if index > mapping.newest {
            return None;
        }
        apply(&mapping, index, header)
    }

    /// What to add to the RTP timestamp of the publisher's sender reports about this layer (RFC 3550 section
    /// 6.4.1), so that sound and picture stay together. `None` if the layer does not go out.
    pub fn timestamp_offset(&self, ssrc: u32) -> Option<u32> {
        self.mapping.filter(|mapping| mapping.ssrc == ssrc).map(|mapping| mapping.timestamp_offset)
    }

    fn map(&self, header: &Header) -> Mapping {
        let first = i64::from(header.sequence_number);
        let (picture_id, tl0) = picture_ids(header);
        let base = Mapping {
            ssrc: header.ssrc,
            first,
            newest: first,
            sequence_offset: i64::from(self.first_sequence_number) - first,
            timestamp_offset: 0,
            picture_id_offset: 0,
            tl0_offset: 0,
        };
        let Some(sent) = self.sent else { return base };
        let clock_rate_hz = match self.kind {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        };
        let passed_us = header.arrived_at.saturating_duration_since(sent.at).as_micros();
        let passed = (passed_us * clock_rate_hz / 1_000_000).max(1) as u32;
        Mapping {
            sequence_offset: sent.sequence_number + 1 - first,
            timestamp_offset: sent.timestamp.wrapping_add(passed).wrapping_sub(header.timestamp),
            picture_id_offset: sent.picture_ids.0.wrapping_add(1).wrapping_sub(picture_id),
            tl0_offset: sent.picture_ids.1.wrapping_add(1).wrapping_sub(tl0),
            ..base
        }
    }
}

fn apply(mapping: &Mapping, index: i64, header: &Header) -> Option<Rewrite> {
    if index < mapping.first {
        return None;
    }
    let (picture_id, tl0) = picture_ids(header);
    Some(Rewrite {
        sequence_number: (index + mapping.sequence_offset) as u16,
        timestamp: header.timestamp.wrapping_add(mapping.timestamp_offset),
        picture_ids: header.descriptor.map(|_| {
            (
                picture_id.wrapping_add(mapping.picture_id_offset) & 0x7fff,
                tl0.wrapping_add(mapping.tl0_offset),
            )
        }),
    })
}

fn picture_ids(header: &Header) -> (u16, u8) {
    let descriptor = header.descriptor;
    (
        descriptor.and_then(|descriptor| descriptor.picture_id).map_or(0, |field| field.value),
        descriptor.and_then(|descriptor| descriptor.tl0_picture_index).map_or(0, |field| field.value),
    )
}

/// The extended sequence number nearest to a known one.
fn extend(known: i64, sequence_number: u16) -> i64 {
    known + i64::from(sequence_number.wrapping_sub(known as u16) as i16)
}
