//! What a peer connection can negotiate: Opus and VP8 with retransmission, nothing else.

use rtc::interceptor::{ReceiverReportBuilder, Registry, Slot};
use rtc::peer_connection::configuration::interceptor_registry::{
    configure_simulcast_extension_headers, configure_twcc_receiver_only,
};
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::rtp_transceiver::rtp_sender::{RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind};
use rtc::shared::error::Error;

use super::api::Direction;
use super::tap::RtcpTap;
use crate::room::MediaKind;

/// Payload types that the server offers; where the device offers, its own count (RFC 3264 section 5.1).
const OPUS: u8 = 111;
const VP8: u8 = 96;
const RTX: u8 = 97;

/// The last place before the application.
const TAP: usize = 14_000;

pub(super) fn kind(kind: MediaKind) -> RtpCodecKind {
    match kind {
        MediaKind::Audio => RtpCodecKind::Audio,
        MediaKind::Video => RtpCodecKind::Video,
    }
}

/// RFC 7587 (Opus, with in-band correction and silence suppression) or RFC 7741 (VP8).
pub(super) fn codec(kind: MediaKind) -> RTCRtpCodec {
    match kind {
        MediaKind::Audio => RTCRtpCodec {
            mime_type: "audio/opus".to_owned(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1;usedtx=1".to_owned(),
            rtcp_feedback: Vec::new(),
        },
        MediaKind::Video => RTCRtpCodec {
            mime_type: "video/VP8".to_owned(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: String::new(),
            rtcp_feedback: feedback(&[("nack", ""), ("nack", "pli"), ("ccm", "fir")]),
        },
    }
}

/// The payload types of the codec that is forwarded, and those of its retransmission stream.
pub(super) fn payload_types(kind: MediaKind, codecs: &[RTCRtpCodecParameters]) -> (Vec<u8>, Option<u8>) {
    let of_type = |mime_type: &str| {
        let is_same =
            move |codec: &&RTCRtpCodecParameters| codec.rtp_codec.mime_type.eq_ignore_ascii_case(mime_type);
        codecs.iter().filter(is_same).collect::<Vec<_>>()
    };
    let media: Vec<u8> = of_type(&codec(kind).mime_type).iter().map(|codec| codec.payload_type).collect();
    let repair = media.first().and_then(|media| {
        let format = format!("apt={media}");
        let mut repairs = of_type("video/rtx").into_iter();
        repairs.find(|codec| codec.rtp_codec.sdp_fmtp_line.split(';').any(|part| part.trim() == format))
    });
    (media.clone(), repair.map(|codec| codec.payload_type))
}

fn feedback(pairs: &[(&str, &str)]) -> Vec<RTCPFeedback> {
    let one = |(typ, parameter): &(&str, &str)| RTCPFeedback {
        typ: (*typ).to_owned(),
        parameter: (*parameter).to_owned(),
    };
    pairs.iter().map(one).collect()
}

/// The codecs and the interceptors of one direction.
///
/// From the device: receiver reports and transport-wide feedback go to it, so that it can adapt. Negative
/// acknowledgements are made by [`crate::room::MissingPackets`]: the engine's own do not notice what a
/// retransmission stream has repaired, and ask for ever. To the device: nothing, because its negative
/// acknowledgements are answered from the history of the publisher, and the sender reports are the publisher's.
pub(super) fn engine(direction: Direction) -> Result<(MediaEngine, Registry), Error> {
    let mut engine = MediaEngine::default();
    for (media, payload_type) in [(MediaKind::Audio, OPUS), (MediaKind::Video, VP8)] {
        let parameters = RTCRtpCodecParameters { rtp_codec: codec(media), payload_type };
        engine.register_codec(parameters, kind(media))?;
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
    let mut registry = Registry::new();
    if direction == Direction::Publish {
        configure_simulcast_extension_headers(&mut engine)?;
        registry = configure_twcc_receiver_only(registry, &mut engine)?
            .with(Slot::ReceiverReport, ReceiverReportBuilder::new().build());
    }
    Ok((engine, registry.with(Slot::from(TAP), RtcpTap::default())))
}
