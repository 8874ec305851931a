//! One one-way peer connection, and the wall around the media engine: a fault in it ends this peer only.

use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use super::api::Direction;
use super::codecs;
use super::socket::Outbox;
use crate::room::ConnectionId;

/// Most packets that wait for one peer between two flushes.
const MAX_QUEUED: usize = 1024;
/// ICE says disconnected, then failed, after this time without checks; media do not count, and browsers check
/// every 5 s. An own check goes out after the last.
const ICE_TIMEOUTS: [Duration; 3] =
    [Duration::from_secs(12), Duration::from_secs(30), Duration::from_secs(2)];

/// RFC 7714, the cheapest that all browsers can. It is the only one, because the engine takes the first that the
/// device names, and Chromium names AES_CM first.
const SRTP_PROFILE: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;

/// Which peer connection: whose, and which way.
pub(super) type PeerKey = (ConnectionId, Direction);

/// What became of a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PeerChange {
    Connected,
    Disconnected,
    Ended(&'static str),
}

/// What a peer sent.
pub(super) enum Media {
    Rtp(rtc::rtp::Packet),
    Rtcp(Box<dyn rtc::rtcp::Packet>),
}

pub(super) struct Peer {
    pc: RTCPeerConnection,
    addresses: Vec<SocketAddr>,
    is_connected: bool,
    deadline: Option<Instant>,
    outbox: Outbox,
    queued: usize,
    /// It waits to be flushed.
    is_dirty: bool,
    fault: Option<&'static str>,
}

impl Peer {
    /// A peer that can be reached at these addresses of ours.
    pub(super) fn new(direction: Direction, addresses: &[SocketAddr], now: Instant) -> Result<Self, Error> {
        let (engine, registry) = codecs::engine(direction)?;
        let [disconnected, failed, keepalive] = ICE_TIMEOUTS.map(Some);
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_lite(true)
            // The device begins the handshake as soon as it has a path; the engine would begin 200 ms later.
            .with_answering_dtls_role(RTCDtlsRole::Server)
            .with_ice_timeouts(disconnected, failed, keepalive)
            .with_srtp_protection_profiles(vec![SRTP_PROFILE])
            .build();
        let mut pc = RTCPeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(engine)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .build(now)?;
        // Before any description is made, so that it carries the one port.
        for address in addresses {
            let base_config = CandidateConfig {
                network: "udp".to_owned(),
                address: address.ip().to_string(),
                port: address.port(),
                component: 1,
                ..CandidateConfig::default()
            };
            let candidate = CandidateHostConfig { base_config, ..CandidateHostConfig::default() };
            let candidate = candidate.new_candidate_host()?;
            pc.add_local_candidate(RTCIceCandidate::from(&candidate).to_json()?)?;
        }
        Ok(Self {
            pc,
            addresses: addresses.to_vec(),
            is_connected: false,
            deadline: Some(now),
            outbox: Outbox::default(),
            queued: 0,
            is_dirty: false,
            fault: None,
        })
    }

    /// Runs something in the engine. `None` if it panicked, now or before; then [`Peer::flush`] says that the
    /// peer has ended.
    pub(super) fn run<T>(&mut self, work: impl FnOnce(&mut RTCPeerConnection) -> T) -> Option<T> {
        if self.fault.is_some() {
            return None;
        }
        let result = catch_unwind(AssertUnwindSafe(|| work(&mut self.pc)));
        if result.is_err() {
            self.fault = Some("the media engine failed");
            self.is_connected = false;
        }
        result.ok()
    }

    /// Media may flow: the path is checked and the keys are agreed.
    pub(super) fn is_connected(&self) -> bool {
        self.is_connected
    }

    pub(super) fn has_panicked(&self) -> bool {
        self.fault.is_some()
    }

    /// Takes a datagram.
    pub(super) fn receive(&mut self, now: Instant, bytes: &[u8], from: SocketAddr, local: Option<IpAddr>) {
        let local_addr = self.candidate(from, local);
        let transport = TransportContext {
            local_addr,
            peer_addr: from,
            transport_protocol: TransportProtocol::UDP,
            ecn: None,
        };
        let message = BytesMut::from(bytes);
        self.run(|pc| pc.handle_read(TaggedBytesMut { now, transport, message }));
    }

    /// What came out of the datagrams, one by one.
    pub(super) fn poll_media(&mut self) -> Option<Media> {
        loop {
            // Does not sweep the engine's handlers again, as `poll_read` does.
            match self.run(RTCPeerConnection::poll_media_read)??.message {
                RTCMessage::RtpPacket(_, packet) => return Some(Media::Rtp(packet)),
                // The tap delivers them one by one.
                RTCMessage::RtcpPacket(_, packets) => {
                    if let Some(packet) = packets.into_iter().next() {
                        return Some(Media::Rtcp(packet));
                    }
                }
                _ => {} // data channels are not negotiated
            }
        }
    }

    /// Seals a packet and queues it until [`Peer::flush`]. The one place where media leave for a subscriber.
    /// `false` if it was dropped, because the peer is not connected or its queue is full.
    pub(super) fn send_rtp(&mut self, now: Instant, packet: rtc::rtp::Packet) -> bool {
        if !self.is_connected || self.queued >= MAX_QUEUED {
            return false;
        }
        self.queued += 1;
        let message = RTCMessage::RtpPacket(String::new(), packet);
        self.run(|pc| pc.handle_write(TaggedRTCMessage { now, message })).is_some_and(|result| result.is_ok())
    }

    /// Seals a control packet and queues it likewise.
    pub(super) fn send_rtcp(&mut self, now: Instant, packet: Box<dyn rtc::rtcp::Packet>) -> bool {
        if !self.is_connected || self.queued >= MAX_QUEUED {
            return false;
        }
        self.queued += 1;
        let message = RTCMessage::RtcpPacket(String::new(), vec![packet]);
        self.run(|pc| pc.handle_write(TaggedRTCMessage { now, message })).is_some_and(|result| result.is_ok())
    }

    /// Notes that it must be flushed; says whether that is news.
    pub(super) fn mark(&mut self) -> bool {
        !std::mem::replace(&mut self.is_dirty, true)
    }

    /// Time went by.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.run(|pc| pc.handle_timeout(now)).is_some_and(|result| result.is_err()) {
            self.fault = Some("the media engine lost its timers");
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Moves on what the engine has to say: state changes are returned, datagrams wait in the outbox.
    pub(super) fn flush(&mut self) -> Vec<PeerChange> {
        let mut changes = Vec::new();
        self.is_dirty = false;
        while let Some(event) = self.run(|pc| pc.poll_event()).flatten() {
            let RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) = event else { continue };
            match state {
                RTCPeerConnectionState::Connected => {
                    self.is_connected = true;
                    changes.push(PeerChange::Connected);
                }
                RTCPeerConnectionState::Disconnected => changes.push(PeerChange::Disconnected),
                RTCPeerConnectionState::Failed => changes.push(PeerChange::Ended("the path was lost")),
                RTCPeerConnectionState::Closed => changes.push(PeerChange::Ended("the device closed it")),
                _ => {}
            }
        }
        self.drain();
        self.deadline = self.run(|pc| pc.poll_timeout()).flatten();
        if let Some(fault) = self.fault {
            changes.push(PeerChange::Ended(fault));
        }
        changes
    }

    /// Tells the other side that this ends; [`Peer::outbox`] holds the datagrams that say so.
    pub(super) fn close(&mut self) {
        self.run(|pc| pc.close());
        self.drain();
        self.is_connected = false;
    }

    pub(super) fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    fn drain(&mut self) {
        while let Some(datagram) = self.run(|pc| pc.poll_write()).flatten() {
            self.outbox.push(datagram.transport.peer_addr, &datagram.message);
        }
        self.queued = 0;
    }

    /// The address of ours that stands for the one a datagram was sent to: that itself, or, behind a translation
    /// of addresses, the announced one of the same family.
    fn candidate(&self, from: SocketAddr, local: Option<IpAddr>) -> SocketAddr {
        let local = local.map(|ip| ip.to_canonical());
        let exact = self.addresses.iter().find(|address| Some(address.ip()) == local);
        let family = || self.addresses.iter().find(|address| address.is_ipv4() == from.is_ipv4());
        exact.or_else(family).or(self.addresses.first()).copied().unwrap_or(from)
    }
}
