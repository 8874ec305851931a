//! The peer connection of a device: the same codecs, header extensions and protection whatever server it talks to.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Result;
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::interceptor::{NackResponderBuilder, Registry, SenderReportBuilder, Slot, TwccSenderBuilder};
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpHeaderExtensionCapability, RtpCodecKind,
};

#[path = "../../tests/it/support/tap.rs"]
mod tap;

use tap::Tap;

/// RFC 7714. The only one that a device offers and takes, so that every server does the same work.
const PROFILE: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;
/// What the report says of it.
pub const PROFILE_NAME: &str = "AEAD_AES_128_GCM";

/// As Chromium counts.
pub const OPUS: u8 = 111;
pub const VP8: u8 = 96;
const RTX: u8 = 97;
/// RFC 6464.
pub const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const TRANSPORT_CC: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

pub fn codec(kind: RtpCodecKind) -> RTCRtpCodec {
    let feedback = |typ: &str, parameter: &str| RTCPFeedback { typ: typ.into(), parameter: parameter.into() };
    let is_video = kind == RtpCodecKind::Video;
    let mut rtcp_feedback = vec![feedback("transport-cc", "")];
    if is_video {
        rtcp_feedback.extend([feedback("ccm", "fir"), feedback("nack", ""), feedback("nack", "pli")]);
    }
    RTCRtpCodec {
        mime_type: if is_video { "video/VP8" } else { "audio/opus" }.to_owned(),
        clock_rate: if is_video { 90_000 } else { 48_000 },
        channels: if is_video { 0 } else { 2 },
        sdp_fmtp_line: if is_video { "" } else { "minptime=10;useinbandfec=1" }.to_owned(),
        rtcp_feedback,
    }
}

/// A peer connection that sends, or one that receives, and is reached at this address.
///
/// One that sends answers negative acknowledgements and reports as senders do. One that receives has no machinery: its load
/// generator opens only some packets, and what it tells the server it makes from their headers.
pub fn connection(does_send: bool, address: SocketAddr, now: Instant) -> Result<RTCPeerConnection> {
    let mut engine = MediaEngine::default();
    for (kind, payload_type) in [(RtpCodecKind::Audio, OPUS), (RtpCodecKind::Video, VP8)] {
        engine.register_codec(RTCRtpCodecParameters { rtp_codec: codec(kind), payload_type }, kind)?;
    }
    let repair = RTCRtpCodec {
        mime_type: "video/rtx".to_owned(),
        clock_rate: 90_000,
        channels: 0,
        sdp_fmtp_line: format!("apt={VP8}"),
        rtcp_feedback: Vec::new(),
    };
    let repair = RTCRtpCodecParameters { rtp_codec: repair, payload_type: RTX };
    engine.register_codec(repair, RtpCodecKind::Video)?;
    let both = [RtpCodecKind::Audio, RtpCodecKind::Video];
    for (uri, kinds) in [(MID, &both[..]), (TRANSPORT_CC, &both[..]), (AUDIO_LEVEL, &both[..1])] {
        for kind in kinds {
            let extension = RTCRtpHeaderExtensionCapability { uri: uri.to_owned() };
            engine.register_header_extension(extension, *kind, None)?;
        }
    }
    let mut registry = Registry::new();
    if does_send {
        registry = registry
            .with(Slot::NackResponder, NackResponderBuilder::new().build())
            .with(Slot::TwccSender, TwccSenderBuilder::new().build())
            .with(Slot::SenderReport, SenderReportBuilder::new().build());
    }
    let settings = SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_include_loopback_candidate(true)
        .with_srtp_protection_profiles(vec![PROFILE])
        // As browsers answer; the engine would take the passive part.
        .with_answering_dtls_role(RTCDtlsRole::Client)
        .build();
    let mut pc = RTCPeerConnectionBuilder::new()
        .with_configuration(RTCConfigurationBuilder::new().build())
        .with_media_engine(engine)
        .with_setting_engine(settings)
        .with_interceptor_registry(registry.with(Slot::from(14_000), Tap::new(|_| true)))
        .build(now)?;
    let base_config = CandidateConfig {
        network: "udp".to_owned(),
        address: address.ip().to_string(),
        port: address.port(),
        component: 1,
        ..CandidateConfig::default()
    };
    let candidate =
        CandidateHostConfig { base_config, ..CandidateHostConfig::default() }.new_candidate_host()?;
    pc.add_local_candidate(RTCIceCandidate::from(&candidate).to_json()?)?;
    Ok(pc)
}
