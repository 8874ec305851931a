//! The descriptions that the server writes: answers to devices that send, offers to devices that receive.

use std::net::SocketAddr;

use super::codec::{Codec, Extension};
use super::{Outline, Section, Way};
use crate::room::MediaKind;

/// What all sections of a description of the server share (RFC 8843: one transport carries them all).
pub(in crate::sfu) struct Local<'a> {
    /// Of the origin line, the same for the life of a peer, below 2^63.
    pub(in crate::sfu) id: u64,
    /// Counts the descriptions of a peer.
    pub(in crate::sfu) version: u32,
    /// ICE name and password.
    pub(in crate::sfu) name: &'a str,
    pub(in crate::sfu) password: &'a str,
    /// Of the server's certificate, as in `a=fingerprint`.
    pub(in crate::sfu) fingerprint: &'a str,
    /// Lines of candidates without `a=`.
    pub(in crate::sfu) candidates: &'a [String],
}

/// One section of an offer.
pub(in crate::sfu) struct Offered {
    pub(in crate::sfu) kind: MediaKind,
    /// What it sends. `None`: it is out of use for now.
    pub(in crate::sfu) stream: Option<Stream>,
}

/// What a section of an offer sends.
pub(in crate::sfu) struct Stream {
    /// Tracks with the same name here are played together.
    pub(in crate::sfu) stream: String,
    /// It is sound of the body.
    pub(in crate::sfu) is_auscultation: bool,
    pub(in crate::sfu) track: String,
    pub(in crate::sfu) ssrc: u32,
    /// Of its retransmissions.
    pub(in crate::sfu) repair_ssrc: u32,
}

/// The lines of host candidates on UDP (RFC 8839 section 5.1), the first with the highest priority.
pub(in crate::sfu) fn candidates(addresses: &[SocketAddr]) -> Vec<String> {
    let line = |(index, address): (usize, &SocketAddr)| {
        // RFC 8445 section 5.1.2.1.
        let priority = (126_u32 << 24) + (65_535_u32.saturating_sub(index as u32) << 8) + 255;
        let (ip, port) = (address.ip(), address.port());
        format!("candidate:{} 1 udp {priority} {ip} {port} typ host", index + 1)
    };
    addresses.iter().enumerate().map(line).collect()
}

/// The answer to an offer to send (RFC 8829 section 5.3): what can be forwarded is received, the rest is
/// refused.
pub(in crate::sfu) fn answer(local: &Local<'_>, offer: &Outline) -> String {
    let is_taken = |section: &&Section| !section.is_rejected && section.codec.is_some();
    let taken = offer.sections.iter().filter(is_taken).map(|section| section.mid.as_str());
    let mut sdp = session(local, taken);
    for section in &offer.sections {
        let Some(codec) = section.codec.as_ref().filter(|_| !section.is_rejected) else {
            refuse(&mut sdp, section);
            continue;
        };
        begin(&mut sdp, local, section.kind, codec, "passive");
        sdp += &format!("a=mid:{}\r\n", section.mid);
        for extension in Extension::ALL {
            if let Some(id) = section.extensions.id(extension) {
                sdp += &format!("a=extmap:{id} {}\r\n", extension.uri());
            }
        }
        sdp += if section.way == Way::None { "a=inactive\r\n" } else { "a=recvonly\r\n" };
        sdp += "a=rtcp-mux\r\na=rtcp-rsize\r\n";
        codec.describe(section.kind, &mut sdp);
        if !section.layers.is_empty() {
            for layer in &section.layers {
                sdp += &format!("a=rid:{layer} recv\r\n");
            }
            sdp += &format!("a=simulcast:recv {}\r\n", section.layers.join(";"));
        }
    }
    sdp
}

/// An offer to send (RFC 8829 section 5.2). The mid of a section is its index.
pub(in crate::sfu) fn offer(local: &Local<'_>, sections: &[Offered]) -> String {
    let mids: Vec<String> = (0..sections.len()).map(|index| index.to_string()).collect();
    let mut sdp = session(local, mids.iter().map(String::as_str));
    for (section, mid) in sections.iter().zip(&mids) {
        let mut codec = Codec::own(section.kind);
        if section.stream.as_ref().is_some_and(|stream| stream.is_auscultation) {
            codec.carry_auscultation();
        }
        begin(&mut sdp, local, section.kind, &codec, "actpass");
        sdp += &format!("a=mid:{mid}\r\n");
        for extension in own_extensions(section.kind) {
            sdp += &format!("a=extmap:{} {}\r\n", extension.own_id(), extension.uri());
        }
        sdp += if section.stream.is_some() { "a=sendonly\r\n" } else { "a=inactive\r\n" };
        if let Some(stream) = &section.stream {
            sdp += &format!("a=msid:{} {}\r\n", stream.stream, stream.track);
        }
        sdp += "a=rtcp-mux\r\na=rtcp-rsize\r\n";
        codec.describe(section.kind, &mut sdp);
        let Some(Stream { ssrc, repair_ssrc, stream, .. }) = &section.stream else { continue };
        if codec.repair.is_some() {
            sdp += &format!("a=ssrc-group:FID {ssrc} {repair_ssrc}\r\n");
        }
        sdp += &format!("a=ssrc:{ssrc} cname:{stream}\r\n");
        if codec.repair.is_some() {
            sdp += &format!("a=ssrc:{repair_ssrc} cname:{stream}\r\n");
        }
    }
    sdp
}

fn own_extensions(kind: MediaKind) -> &'static [Extension] {
    match kind {
        MediaKind::Audio => &[Extension::AudioLevel, Extension::TransportSequence, Extension::Mid],
        MediaKind::Video => &[Extension::TransportSequence, Extension::Mid],
    }
}

fn session<'a>(local: &Local<'_>, bundled: impl Iterator<Item = &'a str>) -> String {
    let mut sdp = format!(
        "v=0\r\no=- {} {} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE",
        local.id, local.version
    );
    for mid in bundled {
        sdp += " ";
        sdp += mid;
    }
    sdp += "\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS *\r\n";
    sdp
}

fn begin(sdp: &mut String, local: &Local<'_>, kind: MediaKind, codec: &Codec, setup: &str) {
    let types = codec.types();
    *sdp += &format!("m={} 9 UDP/TLS/RTP/SAVPF {types}\r\nc=IN IP4 0.0.0.0\r\n", word(kind));
    *sdp += &format!("a=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\n", local.name);
    *sdp += &format!("a=ice-pwd:{}\r\na=fingerprint:{}\r\n", local.password, local.fingerprint);
    *sdp += &format!("a=setup:{setup}\r\n");
    for candidate in local.candidates {
        *sdp += &format!("a={candidate}\r\n");
    }
    *sdp += "a=end-of-candidates\r\n";
}

/// RFC 3264 section 6: port 0.
fn refuse(sdp: &mut String, section: &Section) {
    *sdp += &format!("m={} 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\n", word(section.kind));
    *sdp += &format!("a=mid:{}\r\na=inactive\r\n", section.mid);
}

fn word(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    }
}
