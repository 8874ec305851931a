//! The codecs and header extensions that are forwarded: Opus (RFC 7587) with redundancy (RFC 2198), VP8 (RFC 7741) with
//! retransmission (RFC 4588), and the extensions of RFC 8285 that say what a packet belongs to.

use super::attribute;
use crate::room::MediaKind;

/// Highest bit rate that a device may ask for its sound (RFC 7587 section 6.1), in bit/s.
const MAX_OPUS_BITRATE: u32 = 510_000;
/// What sound of the body may take at least, in bit/s: twice what Opus takes for stereo by itself.
const AUSCULTATION_BITRATE: u32 = 128_000;

/// A header extension that the server knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::sfu) enum Extension {
    /// RFC 6464: how loud the packet is.
    AudioLevel,
    /// draft-holmer-rmcat-transport-wide-cc-extensions-01.
    TransportSequence,
    /// RFC 8843 section 15.
    Mid,
    /// RFC 8852: the layer, and of a retransmission the layer that it repairs.
    Layer,
    RepairedLayer,
}

impl Extension {
    pub(in crate::sfu) const ALL: [Self; 5] =
        [Self::AudioLevel, Self::TransportSequence, Self::Mid, Self::Layer, Self::RepairedLayer];

    pub(in crate::sfu) fn uri(self) -> &'static str {
        match self {
            Self::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            Self::TransportSequence => {
                "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
            }
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Self::Layer => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Self::RepairedLayer => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
        }
    }

    /// The number in offers of the server. Below 15, so that one byte carries it.
    pub(in crate::sfu) fn own_id(self) -> u8 {
        match self {
            Self::AudioLevel => 1,
            Self::TransportSequence => 3,
            Self::Mid => 4,
            Self::Layer => 10,
            Self::RepairedLayer => 11,
        }
    }
}

/// The numbers of the header extensions of a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::sfu) struct Extensions([Option<u8>; Extension::ALL.len()]);

impl Extensions {
    /// Reads `a=extmap` lines. The first of a kind counts.
    pub(super) fn find(lines: &[&str], session: &[&str]) -> Self {
        let mut found = Self::default();
        for value in lines.iter().chain(session).filter_map(|line| attribute(line, "extmap")) {
            let mut words = value.split(' ');
            let id = words.next().unwrap_or_default().split('/').next().unwrap_or_default();
            let (Ok(id @ 1..=255), Some(uri)) = (id.parse::<u8>(), words.next()) else { continue };
            let known = Extension::ALL.iter().position(|extension| extension.uri() == uri.trim());
            if let Some(slot) = known.and_then(|at| found.0.get_mut(at)) {
                slot.get_or_insert(id);
            }
        }
        found
    }

    pub(in crate::sfu) fn id(&self, extension: Extension) -> Option<u8> {
        let at = Extension::ALL.iter().position(|other| *other == extension)?;
        self.0[at]
    }
}

/// What a section can carry, under the numbers that its description gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::sfu) struct Codec {
    pub(in crate::sfu) payload_type: u8,
    /// Of its retransmission stream.
    pub(in crate::sfu) repair: Option<u8>,
    /// Of sound that carries again what was sent before.
    pub(in crate::sfu) redundancy: Option<u8>,
    /// Feedback that the description asks for, among what the server can give.
    pub(super) feedback: Vec<&'static str>,
    pub(super) sound: Sound,
}

/// What a device wants to be special about its sound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sound {
    /// Two channels, and never silent: auscultation.
    pub(super) is_stereo: bool,
    /// In bit/s.
    pub(super) max_bitrate: Option<u32>,
    pub(super) has_no_dtx: bool,
}

/// Opus in offers of the server.
pub(in crate::sfu) const OWN_OPUS: u8 = 111;
/// Sound with redundancy, as in `a=rtpmap`.
const RED: &str = "red/48000/2";

/// Name, clock rate in Hz and channels, as in `a=rtpmap`.
pub(super) fn name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Audio => "opus/48000/2",
        MediaKind::Video => "VP8/90000",
    }
}

pub(super) fn feedback(kind: MediaKind) -> &'static [&'static str] {
    match kind {
        MediaKind::Audio => &["transport-cc"],
        MediaKind::Video => &["transport-cc", "ccm fir", "nack", "nack pli"],
    }
}

impl Codec {
    /// The first codec of a section that can be forwarded.
    pub(super) fn find(kind: MediaKind, lines: &[&str]) -> Option<Self> {
        // m=<kind> <port> <protocol> <payload types in the order of preference>
        let types = lines.first()?.split(' ').skip(3).filter_map(|word| word.trim().parse::<u8>().ok());
        let types: Vec<u8> = types.filter(|payload_type| *payload_type < 128).collect();
        let of = |attribute_name: &'static str, payload_type: u8| {
            lines.iter().filter_map(move |line| {
                let (number, value) = attribute(line, attribute_name)?.split_once(' ')?;
                (number == "*" || number.parse() == Ok(payload_type)).then_some(value.trim())
            })
        };
        let is_named = |payload_type: u8, name: &str| {
            of("rtpmap", payload_type).any(|value| value.eq_ignore_ascii_case(name))
        };
        let payload_type = types.iter().copied().find(|payload_type| is_named(*payload_type, name(kind)))?;
        let format = format!("apt={payload_type}");
        let repair = types.iter().copied().find(|repair| {
            let has_format = |value: &str| value.split(';').any(|part| part.trim() == format);
            is_named(*repair, "rtx/90000") && of("fmtp", *repair).any(has_format)
        });
        let format = format!("{payload_type}/{payload_type}");
        let redundancy = types
            .iter()
            .copied()
            .find(|red| is_named(*red, RED) && of("fmtp", *red).any(|value| value == format));
        let feedback = feedback(kind).iter().copied();
        let asked: Vec<&str> = of("rtcp-fb", payload_type).collect();
        let feedback = feedback.filter(|name| asked.contains(name)).collect();
        let mut sound = Sound::default();
        for part in of("fmtp", payload_type).flat_map(|value| value.split(';')) {
            match part.trim().split_once('=') {
                // Not `stereo`, which says what the device likes to hear; Firefox likes it always.
                Some(("sprop-stereo", "1")) => sound.is_stereo = true,
                Some(("usedtx", "0")) => sound.has_no_dtx = true,
                Some(("maxaveragebitrate", value)) => {
                    sound.max_bitrate = value.parse().ok().map(|value: u32| value.min(MAX_OPUS_BITRATE));
                }
                _ => {}
            }
        }
        Some(Self {
            payload_type,
            repair: repair.filter(|_| kind == MediaKind::Video),
            // Stereo at a high rate does not fit into a packet twice.
            redundancy: redundancy.filter(|_| kind == MediaKind::Audio && !sound.is_stereo),
            feedback,
            sound,
        })
    }

    /// What the server offers to send.
    pub(super) fn own(kind: MediaKind) -> Self {
        let (payload_type, repair, redundancy) = match kind {
            MediaKind::Audio => (OWN_OPUS, None, Some(63)),
            MediaKind::Video => (96, Some(97), None),
        };
        Self { payload_type, repair, redundancy, feedback: feedback(kind).to_vec(), sound: Sound::default() }
    }

    /// It carries sound of the body: two channels at a high rate, without pauses where it is quiet (a heart is), whatever
    /// the device says. That does not fit into a packet twice.
    pub(in crate::sfu) fn carry_auscultation(&mut self) {
        let max_bitrate = Some(self.sound.max_bitrate.unwrap_or(0).max(AUSCULTATION_BITRATE));
        self.sound = Sound { is_stereo: true, max_bitrate, has_no_dtx: true };
        self.redundancy = None;
    }

    /// Do packets of this type carry media for the first time?
    pub(in crate::sfu) fn is_media(&self, payload_type: u8) -> bool {
        payload_type == self.payload_type || self.redundancy == Some(payload_type)
    }

    /// The payload types of the section, as in its `m=` line. A device that can sends the first, so redundancy goes before
    /// the codec inside.
    pub(super) fn types(&self) -> String {
        let types = [self.redundancy, Some(self.payload_type), self.repair];
        types.into_iter().flatten().map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
    }

    /// The lines that describe it.
    pub(super) fn describe(&self, kind: MediaKind, sdp: &mut String) {
        let number = self.payload_type;
        *sdp += &format!("a=rtpmap:{number} {}\r\n", name(kind));
        for feedback in &self.feedback {
            *sdp += &format!("a=rtcp-fb:{number} {feedback}\r\n");
        }
        if kind == MediaKind::Audio {
            *sdp += &format!("a=fmtp:{number} minptime=10;useinbandfec=1");
            *sdp += match (self.sound.is_stereo, self.sound.has_no_dtx) {
                (true, _) => ";stereo=1;sprop-stereo=1",
                (false, false) => ";usedtx=1",
                (false, true) => "",
            };
            if let Some(max_bitrate) = self.sound.max_bitrate {
                *sdp += &format!(";maxaveragebitrate={max_bitrate}");
            }
            *sdp += "\r\n";
        }
        if let Some(red) = self.redundancy {
            *sdp += &format!("a=rtpmap:{red} {RED}\r\na=fmtp:{red} {number}/{number}\r\n");
        }
        if let Some(repair) = self.repair {
            *sdp += &format!("a=rtpmap:{repair} rtx/90000\r\na=fmtp:{repair} apt={number}\r\n");
        }
    }
}
