//! A native WebRTC device for tests: two one-way peer connections on the sans-IO `rtc` crate, full ICE, driven by
//! hand over loopback UDP. It sends made-up Opus and VP8 and notes what it receives.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first thing that is not so"
)]

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use parvis::room::{ConnectionId, MediaKind, PublicationId, Source};
use parvis::sfu::{Command, Event, MediaPath, Path, Sfu};
use rtc::interceptor::{Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::configuration::{RTCConfigurationBuilder, RTCOfferOptions};
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::RTCMessage;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{
    RTCRtpSenderId, RTCRtpTransceiverDirection, RTCRtpTransceiverId, RTCRtpTransceiverInit,
};
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use tokio::sync::mpsc;

#[path = "tap.rs"]
mod tap;

use tap::Tap;

const OPUS: u8 = 109; // as Firefox counts, so that a payload type that is taken for granted is found
const VP8: u8 = 120;
const RTX: u8 = 124;
const PACKETS_PER_FRAME: u16 = 2;

/// Of what the server sends beside media, the device notes PLIs and sender reports.
fn is_told(packet: &dyn rtc::rtcp::Packet) -> bool {
    let any = packet.as_any();
    any.is::<PictureLossIndication>() || any.is::<SenderReport>()
}

fn codec(kind: MediaKind) -> RTCRtpCodec {
    let feedback = |typ: &str, parameter: &str| RTCPFeedback { typ: typ.into(), parameter: parameter.into() };
    match kind {
        MediaKind::Audio => RTCRtpCodec {
            mime_type: "audio/opus".into(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1".into(),
            rtcp_feedback: vec![],
        },
        MediaKind::Video => RTCRtpCodec {
            mime_type: "video/VP8".into(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: String::new(),
            rtcp_feedback: vec![feedback("nack", ""), feedback("nack", "pli")],
        },
    }
}

fn rtp_kind(kind: MediaKind) -> RtpCodecKind {
    match kind {
        MediaKind::Audio => RtpCodecKind::Audio,
        MediaKind::Video => RtpCodecKind::Video,
    }
}

/// How the datagrams of a peer connection travel.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    Udp,
    /// As a stream brings them, without one.
    Path(MediaPath),
    /// ICE-TCP, to this address.
    Tcp(SocketAddr),
}

/// What carries them. Streams know the address that they are for.
enum Carrier {
    Udp(UdpSocket),
    Path(Path, SocketAddr),
    /// Datagrams behind their lengths (RFC 4571), as far as they have come, and what waits to be sent.
    Tcp {
        stream: TcpStream,
        inbox: Vec<u8>,
        outbox: Vec<u8>,
        server: SocketAddr,
    },
}

impl Carrier {
    fn udp() -> (Self, SocketAddr) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        (Self::Udp(socket), address)
    }

    /// With little room in the system, so that one that is not read is soon full.
    fn tcp(port: SocketAddr, server: SocketAddr) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(8 << 10).unwrap();
        socket.connect(&port.into()).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self::Tcp { stream: socket.into(), inbox: vec![], outbox: vec![], server }
    }

    fn receive(&mut self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        match self {
            Self::Udp(socket) => socket.recv_from(buffer).ok(),
            Self::Tcp { stream, inbox, server, .. } => {
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut bytes) {
                    inbox.extend_from_slice(&bytes[..length]);
                }
                let length = usize::from(u16::from_be_bytes(*inbox.first_chunk()?));
                buffer[..length].copy_from_slice(inbox.get(2..2 + length)?);
                inbox.drain(..2 + length);
                Some((length, *server))
            }
            Self::Path(path, server) => {
                let datagram = path.try_receive()?.datagram;
                buffer[..datagram.len()].copy_from_slice(&datagram);
                Some((datagram.len(), *server))
            }
        }
    }

    fn send(&mut self, datagram: &[u8], to: SocketAddr) {
        match self {
            Self::Udp(socket) => drop(socket.send_to(datagram, to)),
            Self::Path(path, _) => path.send(None, Bytes::copy_from_slice(datagram)),
            Self::Tcp { stream, outbox, .. } => {
                outbox.extend((datagram.len() as u16).to_be_bytes());
                outbox.extend(datagram);
                if let Ok(written) = stream.write(outbox) {
                    outbox.drain(..written);
                }
            }
        }
    }
}

/// One peer connection and its socket.
pub struct Leg {
    pub pc: RTCPeerConnection,
    carrier: Carrier,
    address: SocketAddr,
    /// It takes what comes.
    pub does_read: bool,
    pub is_connected: bool,
    /// Every n-th RTP datagram is lost, in or out.
    pub lose_every: Option<u64>,
    seen: u64,
    pub lost: u64,
    /// Datagrams with media as they went out, the last ones.
    pub went_out: VecDeque<Vec<u8>>,
}

impl Leg {
    fn new(now: Instant, sfu: &Sfu, way: Way) -> Self {
        // The engine knows one socket; its address stands for a stream as well.
        let (udp, address) = Carrier::udp();
        let server = sfu.announced()[0];
        let carrier = match way {
            Way::Udp => udp,
            Way::Path(media_path) => Carrier::Path(sfu.open_path(media_path, false).unwrap(), server),
            Way::Tcp(port) => Carrier::tcp(port, server),
        };
        let mut engine = MediaEngine::default();
        for (kind, payload_type) in [(MediaKind::Audio, OPUS), (MediaKind::Video, VP8)] {
            let parameters = RTCRtpCodecParameters { rtp_codec: codec(kind), payload_type };
            engine.register_codec(parameters, rtp_kind(kind)).unwrap();
        }
        let rtx = RTCRtpCodec {
            mime_type: "video/rtx".into(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: format!("apt={VP8}"),
            rtcp_feedback: vec![],
        };
        let rtx = RTCRtpCodecParameters { rtp_codec: rtx, payload_type: RTX };
        engine.register_codec(rtx, RtpCodecKind::Video).unwrap();
        let registry = register_default_interceptors(Registry::new(), &mut engine).unwrap();
        let registry = registry.with(Slot::from(14_000), Tap::new(is_told));
        let settings = SettingEngineBuilder::new()
            .with_include_loopback_candidate(true)
            // As browsers answer; the engine would take the passive part.
            .with_answering_dtls_role(RTCDtlsRole::Client)
            .build();
        let mut pc = RTCPeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(engine)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .build(now)
            .unwrap();
        let base_config = CandidateConfig {
            network: "udp".into(),
            address: address.ip().to_string(),
            port: address.port(),
            component: 1,
            ..Default::default()
        };
        let candidate =
            CandidateHostConfig { base_config, ..Default::default() }.new_candidate_host().unwrap();
        pc.add_local_candidate(RTCIceCandidate::from(&candidate).to_json().unwrap()).unwrap();
        Self {
            pc,
            carrier,
            address,
            does_read: true,
            is_connected: false,
            lose_every: None,
            seen: 0,
            lost: 0,
            went_out: VecDeque::new(),
        }
    }

    /// Moves datagrams and timers; gives what came out.
    fn pump(&mut self, now: Instant) -> Vec<RTCMessage> {
        let mut buffer = [0; 2048];
        while self.does_read
            && let Some((length, from)) = self.carrier.receive(&mut buffer)
        {
            if self.is_lost(&buffer[..length]) {
                continue;
            }
            let transport = TransportContext {
                local_addr: self.address,
                peer_addr: from,
                transport_protocol: TransportProtocol::UDP,
                ecn: None,
            };
            let message = BytesMut::from(&buffer[..length]);
            let _ = self.pc.handle_read(TaggedBytesMut { now, transport, message });
            if !self.is_connected {
                self.poll_events(); // the next datagram may be media already
            }
        }
        if self.pc.poll_timeout().is_some_and(|at| at <= now) {
            self.pc.handle_timeout(now).unwrap();
        }
        self.poll_events();
        let messages = std::iter::from_fn(|| self.pc.poll_read()).map(|tagged| tagged.message).collect();
        while let Some(datagram) = self.pc.poll_write() {
            if self.is_lost(&datagram.message) {
                continue;
            }
            self.carrier.send(&datagram.message, datagram.transport.peer_addr);
            if is_rtp(&datagram.message) {
                self.went_out.push_back(datagram.message.to_vec());
                if self.went_out.len() > 64 {
                    self.went_out.pop_front();
                }
            }
        }
        messages
    }
}

impl Leg {
    fn poll_events(&mut self) {
        while let Some(event) = self.pc.poll_event() {
            if let RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) = event {
                self.is_connected = state == RTCPeerConnectionState::Connected;
            }
        }
    }

    /// Sends any bytes from the address that the server knows.
    pub fn send_raw(&mut self, bytes: &[u8], to: SocketAddr) {
        self.carrier.send(bytes, to);
    }

    /// Goes on from another port, as after a change of the address translation between.
    pub fn move_away(&mut self) {
        self.carrier = Carrier::udp().0;
    }

    fn is_lost(&mut self, datagram: &[u8]) -> bool {
        let is_rtp = is_rtp(datagram);
        self.seen += u64::from(is_rtp);
        let is_lost = is_rtp && self.lose_every.is_some_and(|every| self.seen.is_multiple_of(every));
        self.lost += u64::from(is_lost);
        is_lost
    }
}

fn is_rtp(datagram: &[u8]) -> bool {
    (128..192).contains(&datagram[0]) && !(192..224).contains(&datagram[1])
}

/// A track that the device sends.
pub struct Sending {
    pub source: Source,
    transceiver: RTCRtpTransceiverId,
    sender: RTCRtpSenderId,
    ssrc: u32,
    pub sequence_number: u16,
    timestamp: u32,
    frames: u32,
    next_at: Option<Instant>,
    pub keyframes_asked: u32,
    is_keyframe_due: bool,
    pub is_paused: bool,
    /// The server said that nobody wants this layer.
    pub is_off: bool,
    /// Names of its layers, of which the first is sent; empty without simulcast.
    layers: Vec<&'static str>,
    /// Payloads as sent.
    pub sent: Vec<Bytes>,
}

/// What came of one publication.
#[derive(Default)]
pub struct Received {
    pub payloads: Vec<Bytes>,
    pub sequence_numbers: Vec<u16>,
    pub first_at: Option<Instant>,
    pub last_at: Option<Instant>,
    /// Longest time between two packets.
    pub longest_gap: Duration,
    pub reports: Vec<(u64, u32)>,
}

impl Received {
    fn note(&mut self, now: Instant, packet: rtc::rtp::Packet) {
        if let Some(last) = self.last_at {
            self.longest_gap = self.longest_gap.max(now - last);
        }
        self.first_at.get_or_insert(now);
        self.last_at = Some(now);
        self.sequence_numbers.push(packet.header.sequence_number);
        self.payloads.push(packet.payload);
    }
}

/// One device.
pub struct Device {
    pub connection: ConnectionId,
    sfu: Sfu,
    pub events: mpsc::Receiver<Event>,
    pub publish: Option<Leg>,
    pub subscribe: Option<Leg>,
    pub sending: Vec<Sending>,
    generation: u32,
    /// By what the last offer said.
    tracks: BTreeMap<String, PublicationId>,
    by_ssrc: HashMap<u32, String>,
    /// Sources of earlier offers: what was on its way when one went may still come.
    earlier: HashSet<u32>,
    pub received: BTreeMap<PublicationId, Received>,
    /// It takes datagrams from its socket and sends.
    pub is_alive: bool,
    /// It answers offers.
    pub does_answer: bool,
    /// It offers what it publishes by itself.
    pub does_offer: bool,
    /// How the datagrams of its peer connections travel, of those that begin from now on.
    pub way: Way,
    /// Events that are not about descriptions.
    pub told: Vec<Event>,
    /// Descriptions of the server.
    pub offers: Vec<String>,
    pub answers: Vec<String>,
}

impl Device {
    pub fn new(connection: ConnectionId, sfu: &Sfu, events: mpsc::Receiver<Event>) -> Self {
        Self {
            connection,
            sfu: sfu.clone(),
            events,
            publish: None,
            subscribe: None,
            sending: vec![],
            generation: 0,
            tracks: BTreeMap::new(),
            by_ssrc: HashMap::new(),
            earlier: HashSet::new(),
            received: BTreeMap::new(),
            is_alive: true,
            does_answer: true,
            does_offer: true,
            way: Way::Udp,
            told: vec![],
            offers: vec![],
            answers: vec![],
        }
    }

    /// Adds tracks and offers them.
    pub fn publish(&mut self, now: Instant, sources: &[Source]) {
        self.publish_layers(now, sources, &[]);
    }

    /// Likewise, the video with these layers.
    pub fn publish_layers(&mut self, now: Instant, sources: &[Source], layers: &[&'static str]) {
        let leg = self.publish.get_or_insert_with(|| Leg::new(now, &self.sfu, self.way));
        for source in sources {
            let kind = source.kind();
            let ssrc = 1_000_000 + self.connection.0 as u32 * 1_000 + self.sending.len() as u32 * 10;
            let rtx = (kind == MediaKind::Video).then_some(RTCRtpRtxParameters { ssrc: ssrc + 1 });
            let coding = RTCRtpEncodingParameters {
                rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), rtx, ..Default::default() },
                codec: codec(kind),
                ..Default::default()
            };
            let layers = if kind == MediaKind::Video { layers.to_vec() } else { vec![] };
            let layer = |(index, rid): (usize, &&str)| RTCRtpEncodingParameters {
                rtp_coding_parameters: RTCRtpCodingParameters {
                    rid: rid.to_string(),
                    ssrc: Some(ssrc + index as u32 * 2),
                    ..Default::default()
                },
                codec: codec(kind),
                ..Default::default()
            };
            let codings = match layers.len() {
                0 => vec![coding],
                _ => layers.iter().enumerate().map(layer).collect(),
            };
            let name = format!("track-{ssrc}");
            let track = MediaStreamTrack::new("stream".into(), name.clone(), name, rtp_kind(kind), codings);
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Sendonly,
                ..Default::default()
            };
            let transceiver = leg.pc.add_transceiver_from_track(track, Some(init)).unwrap();
            let sender = leg.pc.rtp_transceiver(transceiver).unwrap().sender().unwrap();
            self.sending.push(Sending {
                source: *source,
                transceiver,
                sender,
                ssrc,
                sequence_number: 65_500, // wraps soon
                timestamp: 7_000,
                frames: 0,
                next_at: None,
                keyframes_asked: 0,
                is_keyframe_due: true,
                is_off: false,
                is_paused: false,
                layers,
                sent: vec![],
            });
        }
        if self.does_offer {
            self.offer(now);
        }
    }

    /// Adds a camera that sends all of these layers, and turns off what the server does not want.
    pub fn publish_all_layers(&mut self, now: Instant, layers: &[&'static str]) {
        let does_offer = std::mem::replace(&mut self.does_offer, false);
        self.publish_layers(now, &[Source::Camera], layers);
        let Some(first) = self.sending.pop() else { return };
        for (index, layer) in layers.iter().enumerate() {
            self.sending.push(Sending {
                source: first.source,
                transceiver: first.transceiver,
                sender: first.sender,
                ssrc: first.ssrc + index as u32 * 2,
                sequence_number: first.sequence_number,
                timestamp: first.timestamp + index as u32 * 77_777,
                frames: 0,
                next_at: None,
                keyframes_asked: 0,
                is_keyframe_due: true,
                is_off: false,
                is_paused: false,
                layers: vec![layer],
                sent: vec![],
            });
        }
        self.does_offer = does_offer;
        self.offer(now);
    }

    /// Pauses a track in the description, or takes it up again, and offers that.
    pub fn pause(&mut self, now: Instant, source: Source, is_paused: bool) {
        let leg = self.publish.as_mut().unwrap();
        let sending = self.sending.iter_mut().find(|sending| sending.source == source).unwrap();
        sending.is_paused = is_paused;
        let direction = if is_paused {
            RTCRtpTransceiverDirection::Inactive
        } else {
            RTCRtpTransceiverDirection::Sendonly
        };
        leg.pc.rtp_transceiver(sending.transceiver).unwrap().set_direction(direction);
        self.offer(now);
    }

    /// Offers what there is, again.
    pub fn offer(&mut self, now: Instant) {
        self.offer_with(now, None, |sdp| sdp);
    }

    /// Likewise, with new ICE credentials.
    pub fn restart(&mut self, now: Instant) {
        self.offer_with(now, Some(RTCOfferOptions { ice_restart: true }), |sdp| sdp);
    }

    /// Likewise, the description changed on its way.
    pub fn offer_with(
        &mut self,
        now: Instant,
        options: Option<RTCOfferOptions>,
        change: impl FnOnce(String) -> String,
    ) {
        let leg = self.publish.as_mut().unwrap();
        let offer = leg.pc.create_offer(options).unwrap();
        leg.pc.set_local_description(now, offer).unwrap();
        let sdp = change(leg.pc.local_description().unwrap().sdp);
        let sources = self.sending.iter().filter(|sending| !sending.is_paused).map(|sending| {
            let mid = leg.pc.rtp_transceiver(sending.transceiver).unwrap().mid().clone().unwrap();
            (mid, sending.source)
        });
        let sources = sources.collect();
        self.generation += 1;
        let (connection, generation) = (self.connection, self.generation);
        self.sfu.send(Command::PublishOffer { connection, generation, sdp, sources }).unwrap();
    }

    /// Media on, messages in, one round.
    pub fn pump(&mut self, now: Instant) {
        if !self.is_alive {
            return;
        }
        self.send_media(now);
        if let Some(leg) = &mut self.publish {
            for message in leg.pump(now) {
                let RTCMessage::RtcpPacket(_, packets) = message else { continue };
                for packet in packets.iter().filter(|packet| packet.as_any().is::<PictureLossIndication>()) {
                    for ssrc in packet.destination_ssrc() {
                        for sending in self.sending.iter_mut().filter(|sending| sending.ssrc == ssrc) {
                            sending.keyframes_asked += 1;
                            sending.is_keyframe_due = true;
                        }
                    }
                }
            }
        }
        let Some(leg) = &mut self.subscribe else { return };
        for message in leg.pump(now) {
            match message {
                RTCMessage::RtpPacket(_, packet) => {
                    let ssrc = packet.header.ssrc;
                    let Some(mid) = self.by_ssrc.get(&ssrc) else {
                        assert!(self.earlier.contains(&ssrc), "a source that was never announced");
                        continue;
                    };
                    let publication = self.tracks.get(mid).expect("a section in use");
                    self.received.entry(*publication).or_default().note(now, packet);
                }
                RTCMessage::RtcpPacket(_, packets) => {
                    for report in
                        packets.iter().filter_map(|packet| packet.as_any().downcast_ref::<SenderReport>())
                    {
                        if let Some(publication) =
                            self.by_ssrc.get(&report.ssrc).and_then(|mid| self.tracks.get(mid))
                        {
                            let received = self.received.entry(*publication).or_default();
                            received.reports.push((report.ntp_time, report.rtp_time));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// What concerns the device itself; the rest is for the room.
    pub fn take(&mut self, now: Instant, event: &Event) {
        match event {
            Event::PublishAnswer { sdp, .. } => {
                self.answers.push(sdp.clone());
                // A test may offer by itself, without a peer connection.
                let Some(leg) = self.publish.as_mut() else { return };
                let answer = RTCSessionDescription::answer(sdp.clone()).unwrap();
                leg.pc.set_remote_description(now, answer).unwrap();
            }
            Event::SubscribeOffer { generation, sdp, tracks, .. } => {
                self.offers.push(sdp.clone());
                if !self.does_answer {
                    return;
                }
                let answer = self.answer(now, sdp, tracks);
                let (connection, generation) = (self.connection, *generation);
                self.sfu.send(Command::SubscribeAnswer { connection, generation, sdp: answer }).unwrap();
            }
            Event::LayersWanted { rids, .. } => {
                for sending in self.sending.iter_mut().filter(|sending| sending.layers.len() == 1) {
                    let is_off = !rids.iter().any(|rid| rid == sending.layers[0]);
                    sending.is_keyframe_due |= sending.is_off && !is_off;
                    sending.is_off = is_off;
                }
                self.told.push(event.clone());
            }
            _ => self.told.push(event.clone()),
        }
    }

    fn answer(&mut self, now: Instant, sdp: &str, tracks: &[(String, PublicationId)]) -> String {
        let leg = self.subscribe.get_or_insert_with(|| Leg::new(now, &self.sfu, self.way));
        self.tracks = tracks.iter().cloned().collect();
        self.earlier.extend(self.by_ssrc.drain().map(|(ssrc, _)| ssrc));
        let mut mid = String::new();
        for section in sdp.split("\r\nm=").skip(1) {
            for line in section.lines() {
                if let Some(value) = line.strip_prefix("a=mid:") {
                    mid = value.to_owned();
                }
            }
            for line in section.lines() {
                if let Some(value) = line.strip_prefix("a=ssrc:") {
                    self.by_ssrc.insert(value.split(' ').next().unwrap().parse().unwrap(), mid.clone());
                }
            }
        }
        leg.pc.set_remote_description(now, RTCSessionDescription::offer(sdp.to_owned()).unwrap()).unwrap();
        let answer = leg.pc.create_answer(None).unwrap();
        leg.pc.set_local_description(now, answer).unwrap();
        leg.pc.local_description().unwrap().sdp
    }

    fn send_media(&mut self, now: Instant) {
        let Some(leg) = self.publish.as_mut().filter(|leg| leg.is_connected) else { return };
        for sending in self.sending.iter_mut().filter(|sending| !sending.is_paused && !sending.is_off) {
            if sending.next_at.is_some_and(|at| now < at) {
                continue;
            }
            let interval = Duration::from_millis(20);
            sending.next_at = Some(sending.next_at.map_or(now, |at| at.max(now - interval)) + interval);
            let kind = sending.source.kind();
            let packets = if kind == MediaKind::Video { PACKETS_PER_FRAME } else { 1 };
            sending.frames += 1;
            let is_keyframe = std::mem::take(&mut sending.is_keyframe_due);
            for index in 0..packets {
                let payload = payload(sending, kind, index, is_keyframe);
                let packet = rtc::rtp::Packet {
                    header: rtc::rtp::Header {
                        version: 2,
                        marker: index + 1 == packets,
                        payload_type: if kind == MediaKind::Video { VP8 } else { OPUS },
                        sequence_number: sending.sequence_number,
                        timestamp: sending.timestamp,
                        ssrc: sending.ssrc,
                        ..Default::default()
                    },
                    payload: payload.clone(),
                };
                let mut packet = packet;
                if !sending.layers.is_empty() && sending.frames < 10 {
                    name_layer(&mut leg.pc, sending, &mut packet.header);
                }
                // Not agreed yet, if the answer is still on its way.
                if let Some(mut sender) = leg.pc.rtp_sender(sending.sender)
                    && sender.write_rtp(now, packet).is_ok()
                {
                    sending.sequence_number = sending.sequence_number.wrapping_add(1);
                    sending.sent.push(payload);
                }
            }
            sending.timestamp =
                sending.timestamp.wrapping_add(if kind == MediaKind::Video { 1_800 } else { 960 });
        }
    }
}

/// Browsers name the layer in the first packets only, until a receiver report says that they arrived.
fn name_layer(pc: &mut RTCPeerConnection, sending: &Sending, header: &mut rtc::rtp::Header) {
    let mid = pc.rtp_transceiver(sending.transceiver).unwrap().mid().clone().unwrap();
    let mut sender = pc.rtp_sender(sending.sender).unwrap();
    let extensions = sender.get_parameters().rtp_parameters.header_extensions.clone();
    let values = [("sdes:mid", mid.as_str()), ("sdes:rtp-stream-id", sending.layers[0])];
    for (name, value) in values {
        let extension = extensions.iter().find(|extension| extension.uri.ends_with(name)).unwrap();
        header.set_extension(extension.id as u8, Bytes::copy_from_slice(value.as_bytes())).unwrap();
    }
}

/// Every payload is unlike all others. Video has a VP8 payload descriptor; what follows it is noise, as it is when
/// frames are encrypted between the devices, besides the bit that tells a key frame.
fn payload(sending: &Sending, kind: MediaKind, index: u16, is_keyframe: bool) -> Bytes {
    let mut payload = BytesMut::new();
    if kind == MediaKind::Video {
        let start = if index == 0 { 0x10 } else { 0 };
        let picture_id = (sending.frames as u16 & 0x7fff) | 0x8000;
        payload.extend_from_slice(&[0x80 | start, 0x80]);
        payload.extend_from_slice(&picture_id.to_be_bytes());
        payload.extend_from_slice(&[if is_keyframe { 0x10 } else { 0x11 }]);
    }
    payload.extend_from_slice(&sending.ssrc.to_be_bytes());
    payload.extend_from_slice(&sending.frames.to_be_bytes());
    payload.extend_from_slice(&index.to_be_bytes());
    let noise = match (kind, sending.layers.as_slice()) {
        (MediaKind::Audio, _) => 60,
        (MediaKind::Video, ["l"]) => 150,
        (MediaKind::Video, ["m"]) => 400,
        (MediaKind::Video, _) => 1_000,
    };
    payload.extend(
        (0..noise).map(|at: u32| (at.wrapping_mul(2_654_435_761).wrapping_add(sending.frames) >> 13) as u8),
    );
    payload.freeze()
}
