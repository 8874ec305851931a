//! What a device sends: its peer connection, and its tracks with their layers.

use std::collections::HashMap;
use std::time::Instant;

use rtc::shared::error::Error;

use super::adaptation::Pace;
use super::peer::{Ground, Peer};
use super::reception::Reception;
use super::rtp::Rtp;
use super::sdp::{self, Extension, Outline, Section, Way};
use crate::clinical::AppointmentId;
use crate::room::{
    ConnectionId, Header, KeyframeRequests, Layer, MediaKind, MissingPackets, PacketHistory, PublishedTrack,
    ReplayWindow, Source, Unseen, Uplink, WantedLayers,
};

/// Packets of one video layer that can be sent again: two seconds of 2 Mbit/s.
const HISTORY_PACKETS: u16 = 512;
/// Packets of sound that are kept, to be sent once more inside of the next ones.
const SOUND_PACKETS: u16 = 4;
/// Most layers of one track. Media of a source beyond them are dropped.
const MAX_LAYERS: usize = 6;
/// Most sources of one peer that are assigned. Media of others are dropped.
const MAX_SOURCES: usize = 256;

/// The name of a track in its shard, never used twice there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct TrackId(pub(super) u64);

/// One publication, as its packets arrive.
pub(super) struct Track {
    pub(super) publisher: ConnectionId,
    pub(super) kind: MediaKind,
    /// The media section of it.
    pub(super) mid: String,
    pub(super) source: Source,
    /// Names of its layers, the smallest first; empty without simulcast.
    pub(super) rids: Vec<String>,
    /// Which of them somebody wants.
    pub(super) wanted: WantedLayers,
    /// How many receivers do without it.
    pub(super) unseen: Unseen,
    /// Staff muted it: it goes to nobody.
    pub(super) is_held: bool,
    pub(super) room: AppointmentId,
    pub(super) format: Format,
    pub(super) layers: Vec<IncomingLayer>,
    /// Who receives it: the device and the index of its slot.
    pub(super) subscribers: Vec<(ConnectionId, usize)>,
}

/// How the packets of a track are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Format {
    /// Of the codec that is forwarded. Packets of others are dropped.
    pub(super) payload_type: u8,
    /// Of its retransmissions.
    pub(super) repair: Option<u8>,
    /// Of packets that carry earlier ones again.
    pub(super) redundancy: Option<u8>,
    /// Number of the extension that says how loud a packet is.
    pub(super) level: Option<u8>,
}

impl Format {
    /// Does a packet of this type belong to the track, as itself or as what came of another packet?
    pub(super) fn allows(&self, payload_type: u8, is_repair: bool) -> bool {
        match is_repair {
            true => self.repair == Some(payload_type) || self.redundancy == Some(payload_type),
            false => self.payload_type == payload_type,
        }
    }
}

/// A packet that can be sent again.
#[derive(Debug)]
pub(super) struct StoredPacket {
    pub(super) header: Header,
    pub(super) marker: bool,
    pub(super) payload: Vec<u8>,
}

/// One layer, as its packets arrive.
pub(super) struct IncomingLayer {
    pub(super) layer: Layer,
    pub(super) replay: ReplayWindow,
    pub(super) keyframes: KeyframeRequests,
    pub(super) missing: MissingPackets,
    pub(super) reception: Reception,
    pub(super) pace: Pace,
    pub(super) history: PacketHistory<StoredPacket>,
}

impl Track {
    pub(super) fn layer_mut(&mut self, ssrc: u32) -> Option<&mut IncomingLayer> {
        self.layers.iter_mut().find(|incoming| incoming.layer.ssrc == ssrc)
    }

    /// Begins a layer. Another source of the same layer ends; without simulcast there is one layer.
    pub(super) fn add_layer(&mut self, layer: Layer) -> bool {
        self.layers.retain(|incoming| incoming.layer.rid != layer.rid && !layer.rid.is_empty());
        if self.layers.len() >= MAX_LAYERS {
            return false;
        }
        let (packets, clock_rate_hz) = match self.kind {
            MediaKind::Video => (HISTORY_PACKETS, 90_000),
            MediaKind::Audio => (SOUND_PACKETS, 48_000),
        };
        self.layers.push(IncomingLayer {
            layer,
            replay: ReplayWindow::default(),
            keyframes: KeyframeRequests::default(),
            missing: MissingPackets::default(),
            reception: Reception::new(clock_rate_hz),
            pace: Pace::default(),
            history: PacketHistory::new(packets),
        });
        true
    }
}

/// A media section that was agreed.
pub(super) struct Agreed {
    pub(super) track: PublishedTrack,
    /// Names of its layers, as the description orders them.
    pub(super) rids: Vec<String>,
    pub(super) format: Format,
}

/// What a synchronisation source carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Carries {
    /// Media of a track.
    Media(TrackId),
    /// Retransmissions of this other source of the track (RFC 4588).
    Repairs(TrackId, u32),
}

impl Carries {
    fn track(self) -> TrackId {
        match self {
            Self::Media(id) | Self::Repairs(id, _) => id,
        }
    }
}

/// Where a source belongs that is heard for the first time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) track: TrackId,
    /// Name of the layer, empty without simulcast.
    pub(super) layer: String,
    /// It repairs that layer. The source of the layer, if the description names it.
    pub(super) repairs: Option<Option<u32>>,
}

/// The peer connection on which a device sends.
pub(super) struct Publisher {
    pub(super) peer: Peer,
    pub(super) generation: u32,
    /// Those that send, as in the last offer.
    sections: Vec<Section>,
    /// Tracks by mid.
    pub(super) tracks: HashMap<String, TrackId>,
    by_ssrc: HashMap<u32, Carries>,
    /// Number of the extension with the transport-wide sequence number.
    pub(super) transport_sequence: Option<u8>,
    /// Whether its pictures get through.
    pub(super) uplink: Uplink,
    /// When the next receiver reports are due.
    pub(super) report_at: Option<Instant>,
}

impl Publisher {
    pub(super) fn new(ground: &Ground) -> Self {
        Self {
            peer: Peer::new(ground),
            generation: 0,
            sections: Vec::new(),
            tracks: HashMap::new(),
            by_ssrc: HashMap::new(),
            transport_sequence: None,
            uplink: Uplink::default(),
            report_at: None,
        }
    }

    /// Takes an offer that was checked; gives the answer and what was agreed.
    ///
    /// # Errors
    /// If the device is not the one it was before; then this peer is of no use.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        mut offer: Outline,
        sources: &[(String, Source)],
    ) -> Result<(String, Vec<Agreed>), Error> {
        let source_of = |section: &Section| {
            let named = sources.iter().find(|(mid, _)| *mid == section.mid).map(|(_, source)| *source);
            named.unwrap_or(match section.kind {
                MediaKind::Audio => Source::Microphone,
                MediaKind::Video => Source::Camera,
            })
        };
        for section in &mut offer.sections {
            if source_of(section) == Source::Auscultation
                && let Some(codec) = &mut section.codec
            {
                codec.carry_auscultation();
            }
        }
        if self.peer.meet(now, &offer.credentials, &offer.fingerprint)? {
            self.peer.restart();
        }
        let is_sending = |section: &&Section| section.way == Way::Send && section.codec.is_some();
        self.sections = offer.sections.iter().filter(is_sending).cloned().collect();
        self.transport_sequence =
            self.sections.iter().find_map(|section| section.extensions.id(Extension::TransportSequence));
        let agreed = self.sections.iter().filter_map(|section| {
            let codec = section.codec.as_ref()?;
            let source = source_of(section);
            let track = PublishedTrack { mid: section.mid.clone(), kind: section.kind, source };
            let level = section.extensions.id(Extension::AudioLevel);
            Some(Agreed {
                track,
                rids: section.layers.clone(),
                format: Format {
                    payload_type: codec.payload_type,
                    repair: codec.repair,
                    redundancy: codec.redundancy,
                    level,
                },
            })
        });
        let agreed = agreed.collect();
        Ok((sdp::answer(&self.peer.describe(), &offer), agreed))
    }

    /// Keeps the sources of these tracks.
    pub(super) fn keep(&mut self, is_there: impl Fn(TrackId) -> bool) {
        self.by_ssrc.retain(|_, carries| is_there(carries.track()));
    }

    pub(super) fn carries(&self, ssrc: u32) -> Option<Carries> {
        self.by_ssrc.get(&ssrc).copied()
    }

    /// A source carries this from now on.
    pub(super) fn assign(&mut self, ssrc: u32, carries: Carries) {
        if self.by_ssrc.len() < MAX_SOURCES {
            self.by_ssrc.insert(ssrc, carries);
        }
    }

    /// Forgets the sources of a track that it has no layer of any more.
    pub(super) fn forget_sources(&mut self, track: &Track, id: TrackId) {
        let is_layer = |ssrc: u32| track.layers.iter().any(|incoming| incoming.layer.ssrc == ssrc);
        self.by_ssrc.retain(|ssrc, carries| match carries {
            Carries::Media(other) => *other != id || is_layer(*ssrc),
            Carries::Repairs(other, media) => *other != id || is_layer(*media),
        });
    }

    /// Where a packet of an unknown source belongs (RFC 8843 section 9.2): by the section that it names, by the
    /// sources in the description, or by a payload type that only one section has.
    pub(super) fn locate(&self, header: &Rtp, packet: &[u8]) -> Option<Place> {
        let value =
            |section: &Section, extension| header.extension(packet, section.extensions.id(extension)?);
        let has_type = |section: &&Section| {
            let codec = section.codec.as_ref();
            codec.is_some_and(|codec| {
                codec.is_media(header.payload_type) || codec.repair == Some(header.payload_type)
            })
        };
        let named = |section: &&Section| value(section, Extension::Mid) == Some(section.mid.as_bytes());
        let listed = |section: &&Section| section.sources.contains(&header.ssrc);
        let section = match self.sections.iter().find(named).or_else(|| self.sections.iter().find(listed)) {
            Some(section) => Some(section).filter(has_type)?,
            None => {
                let mut with_type = self.sections.iter().filter(has_type);
                with_type.next().filter(|_| with_type.next().is_none())?
            }
        };
        let track = *self.tracks.get(&section.mid)?;
        let is_repair = !section.codec.as_ref()?.is_media(header.payload_type);
        let repaired = section.repairs.iter().find(|(_, repair)| *repair == header.ssrc);
        let repairs = is_repair.then_some(repaired.map(|(media, _)| *media));
        if section.layers.is_empty() {
            return Some(Place { track, layer: String::new(), repairs });
        }
        let extension = if is_repair { Extension::RepairedLayer } else { Extension::Layer };
        let name = value(section, extension)?;
        let layer = section.layers.iter().find(|layer| layer.as_bytes() == name)?.clone();
        Some(Place { track, layer, repairs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sfu::handover::ShardNumber;
    use crate::sfu::rtp::ExtensionWriter;

    const SIMULCAST: &str = "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\na=setup:actpass\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=mid:0\r\na=sendonly\r\na=rtpmap:109 opus/48000/2\r\na=ssrc:50 cname:x\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 120 124\r\na=mid:1\r\na=sendonly\r\na=rtpmap:120 VP8/90000\r\n\
        a=rtpmap:124 rtx/90000\r\na=fmtp:124 apt=120\r\na=rid:l send\r\na=rid:h send\r\na=simulcast:send l;h\r\n\
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:5 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
        a=extmap:6 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 120 124\r\na=mid:2\r\na=sendonly\r\na=rtpmap:120 VP8/90000\r\n\
        a=rtpmap:124 rtx/90000\r\na=fmtp:124 apt=120\r\na=ssrc-group:FID 60 61\r\na=ssrc:60 cname:x\r\na=ssrc:61 cname:x\r\n";

    fn answered(sdp: &str, sources: &[(String, Source)]) -> (Publisher, String) {
        let clock = crate::clock::Clock::system();
        let identity = std::sync::Arc::new(crate::sfu::handshake::Identity::new().unwrap());
        let fingerprint = identity.fingerprint().describe();
        let (shard, candidates) = (ShardNumber(0), Vec::new().into());
        let ground = Ground { shard, clock: clock.clone(), identity, candidates };
        let mut publisher = Publisher::new(&ground);
        let sdp = sdp.replace("a=setup", &format!("a=fingerprint:{fingerprint}\r\na=setup"));
        let offer = sdp::outline(&sdp, Way::Send, 16).unwrap();
        let (answer, agreed) = publisher.answer(clock.instant(), offer, sources).unwrap();
        for (at, agreed) in agreed.iter().enumerate() {
            publisher.tracks.insert(agreed.track.mid.clone(), TrackId(at as u64));
        }
        (publisher, answer)
    }

    fn publisher() -> Publisher {
        answered(SIMULCAST, &[]).0
    }

    #[test]
    fn auscultation_is_agreed_in_stereo_and_without_pauses_whatever_the_browser_says() {
        let opus = "a=rtpmap:109 opus/48000/2\r\n";
        let red = "a=rtpmap:63 red/48000/2\r\na=fmtp:63 109/109\r\n";
        let sources = [("0".to_owned(), Source::Auscultation)];
        for (says, bitrate) in [
            ("", 128_000),
            ("a=fmtp:109 minptime=10;useinbandfec=1\r\n", 128_000),
            ("a=fmtp:109 useinbandfec=1;usedtx=1\r\n", 128_000),
            ("a=fmtp:109 stereo=0;sprop-stereo=0;usedtx=1;maxaveragebitrate=20000\r\n", 128_000),
            ("a=fmtp:109 stereo=1;sprop-stereo=1;maxaveragebitrate=256000\r\n", 256_000),
        ] {
            let sdp = SIMULCAST.replace(opus, &format!("{opus}{says}{red}"));
            let sdp = sdp.replace("SAVPF 109", "SAVPF 63 109");
            let (_, answer) = answered(&sdp, &sources);
            let line = format!(
                "a=fmtp:109 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate={bitrate}\r\n"
            );
            assert!(answer.contains(&line), "{says}: {answer}");
            assert!(!answer.contains("usedtx") && !answer.contains("red/"), "{says}: {answer}");
            let (_, voice) = answered(&sdp.replace("sprop-stereo=1", "x=1"), &[]);
            assert!(!voice.contains("stereo=1"), "a voice stays as it is: {voice}");
        }
    }

    fn place(publisher: &Publisher, payload_type: u8, ssrc: u8, names: &[(u8, &str)]) -> Option<Place> {
        let mut packet = vec![0x90, payload_type, 0, 1, 0, 0, 0, 0, 0, 0, 0, ssrc];
        let mut writer = ExtensionWriter::new(&mut packet);
        names.iter().for_each(|(id, name)| writer.push(*id, name.as_bytes()));
        writer.finish();
        publisher.locate(&Rtp::parse(&packet).unwrap(), &packet)
    }

    fn found(track: u64, layer: &str, repairs: Option<Option<u32>>) -> Option<Place> {
        Some(Place { track: TrackId(track), layer: layer.to_owned(), repairs })
    }

    #[test]
    fn layers_are_told_apart_by_the_names_in_their_packets() {
        let publisher = publisher();
        assert_eq!(place(&publisher, 120, 70, &[(4, "1"), (5, "l")]), found(1, "l", None));
        assert_eq!(place(&publisher, 120, 71, &[(4, "1"), (5, "h")]), found(1, "h", None));
        assert_eq!(place(&publisher, 124, 72, &[(4, "1"), (6, "h")]), found(1, "h", Some(None)));
        assert_eq!(place(&publisher, 120, 73, &[(4, "1"), (5, "x")]), None, "a layer that was not agreed");
        assert_eq!(place(&publisher, 120, 74, &[(4, "1")]), None, "no layer is named");
        assert_eq!(place(&publisher, 120, 75, &[]), None, "two sections have this payload type");
    }

    #[test]
    fn streams_without_layers_are_told_apart_by_their_sources() {
        let publisher = publisher();
        assert_eq!(place(&publisher, 120, 60, &[]), found(2, "", None));
        assert_eq!(place(&publisher, 124, 61, &[]), found(2, "", Some(Some(60))));
        assert_eq!(place(&publisher, 109, 50, &[]), found(0, "", None));
        assert_eq!(place(&publisher, 109, 99, &[]), found(0, "", None), "the only section of sound");
        assert_eq!(place(&publisher, 96, 60, &[]), None, "a payload type that was not agreed");
    }
}
