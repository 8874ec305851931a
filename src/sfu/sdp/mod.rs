//! What the server reads of a session description (RFC 8866, RFC 8829), and the descriptions that it writes.
//!
//! Descriptions come from browsers, that is from anybody. They are kept out of logs and errors: they hold
//! addresses.

mod codec;
mod write;

pub(super) use codec::{Codec, Extension, Extensions, OWN_OPUS};
pub(super) use write::{Local, Offered, Stream, answer, candidates, offer};

use super::handshake::Fingerprint;
use crate::room::MediaKind;

/// Longest description, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// Most media sections of an offer.
pub(super) const MAX_SECTIONS: usize = 16;
/// Most synchronisation sources of one section: three layers with a retransmission stream each, twice.
const MAX_SOURCES: usize = 12;
/// Most layers of one section.
const MAX_LAYERS: usize = 4;
/// Longest mid and longest name of a layer; browsers write one to three characters. The extension that carries a
/// mid takes 16.
const MAX_MID: usize = 16;

/// Why a description is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("the session description has {0} bytes, at most {MAX_BYTES} are taken")]
    TooLong(usize),
    #[error("the session description holds bytes that cannot be text")]
    NotText,
    #[error("the session description has {0} media sections, at most {1} are taken")]
    TooManySections(usize, usize),
    #[error("the session description has no media section")]
    Empty,
    #[error("media section {0} is neither audio nor video")]
    Media(usize),
    #[error("media section {0} has no usable mid")]
    Mid(usize),
    #[error("the mid of media section {0} is that of another one")]
    SameMid(usize),
    #[error("media section {0} has another direction than this side of the call")]
    Direction(usize),
    #[error("media section {0} names too many synchronisation sources")]
    TooManySources(usize),
    #[error("a synchronisation source is named by two media sections")]
    SameSource,
    #[error("media section {0} names too many layers")]
    TooManyLayers(usize),
    #[error("the session description has no ICE user name, ICE password or fingerprint")]
    Credentials,
    #[error("the session description has no fingerprint of SHA-256, or several")]
    Fingerprint,
    #[error("the session description leaves it to the server to begin DTLS")]
    Setup,
}

/// Which way media go in a section, seen from the writer of the description.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    Send,
    Receive,
    Both,
    None,
}

/// One media section, as far as forwarding needs to know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Section {
    pub(super) mid: String,
    pub(super) kind: MediaKind,
    /// `None` as well if the section is rejected.
    pub(super) way: Way,
    /// Its port is 0 (RFC 3264 section 6): it is out of use for good.
    pub(super) is_rejected: bool,
    /// The one of its codecs that can be forwarded.
    pub(super) codec: Option<Codec>,
    pub(super) extensions: Extensions,
    /// Names of its layers (RFC 8851), in order. Empty without simulcast.
    pub(super) layers: Vec<String>,
    /// Its synchronisation sources.
    pub(super) sources: Vec<u32>,
    /// Sources that repair another one: that one, and the repairing one (RFC 5576 section 4.2, FID).
    pub(super) repairs: Vec<(u32, u32)>,
}

/// What a description says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Outline {
    /// In order.
    pub(super) sections: Vec<Section>,
    /// ICE name and password of the writer. Others than before mean a restart (RFC 8839 section 4.4.1.1.1).
    pub(super) credentials: (String, String),
    /// Of the writer's certificate.
    pub(super) fingerprint: Fingerprint,
}

/// Reads and checks a description. `way` is the only direction that a section in use may have.
pub(super) fn outline(sdp: &str, way: Way, max_sections: usize) -> Result<Outline, Fault> {
    if sdp.len() > MAX_BYTES {
        return Err(Fault::TooLong(sdp.len()));
    }
    if sdp.bytes().any(|byte| byte.is_ascii_control() && byte != b'\r' && byte != b'\n' && byte != b'\t') {
        return Err(Fault::NotText);
    }
    let count = sdp.lines().filter(|line| line.starts_with("m=")).count();
    if count > max_sections {
        return Err(Fault::TooManySections(count, max_sections));
    }
    let blocks = blocks(sdp);
    let (session, media) = blocks.split_first().ok_or(Fault::Empty)?;
    if media.is_empty() {
        return Err(Fault::Empty);
    }
    let mut sections: Vec<Section> = Vec::with_capacity(media.len());
    for (index, lines) in media.iter().enumerate() {
        let section = section(index, lines, session)?;
        if section.way != Way::None && section.way != way {
            return Err(Fault::Direction(index));
        }
        if sections.iter().any(|other| other.mid == section.mid) {
            return Err(Fault::SameMid(index));
        }
        if sections.iter().any(|other| other.sources.iter().any(|ssrc| section.sources.contains(ssrc))) {
            return Err(Fault::SameSource);
        }
        sections.push(section);
    }
    let values = |name: &'static str| {
        blocks.iter().flatten().filter_map(move |line| attribute(line, name).map(str::trim))
    };
    let first = |name| values(name).find(|value| !value.is_empty()).map(str::to_owned);
    let (Some(name), Some(password), Some(_)) = (first("ice-ufrag"), first("ice-pwd"), first("fingerprint"))
    else {
        return Err(Fault::Credentials);
    };
    let mut fingerprints = values("fingerprint").filter_map(Fingerprint::parse);
    let fingerprint = fingerprints.next().ok_or(Fault::Fingerprint)?;
    if fingerprints.any(|other| other != fingerprint) {
        return Err(Fault::Fingerprint);
    }
    // RFC 8842 section 5: the server takes the passive part always.
    if values("setup").any(|setup| setup != "active" && setup != "actpass") {
        return Err(Fault::Setup);
    }
    Ok(Outline { sections, credentials: (name, password), fingerprint })
}

fn section(index: usize, lines: &[&str], session: &[&str]) -> Result<Section, Fault> {
    let mut words = lines.first().map_or("", |line| &line[2..]).split(' ');
    let kind = match words.next() {
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => return Err(Fault::Media(index)),
    };
    // RFC 8843 section 6: a section that only exists in a bundle has port 0 as well, and is no less in use.
    let is_rejected = words.next() == Some("0") && !lines.contains(&"a=bundle-only");
    let mid = lines.iter().find_map(|line| attribute(line, "mid")).unwrap_or_default();
    if !is_token(mid) {
        return Err(Fault::Mid(index));
    }
    // RFC 8866 section 6.7: a section without a direction has that of the session, else sends and receives.
    let way = lines.iter().chain(session).find_map(|line| match *line {
        "a=sendonly" => Some(Way::Send),
        "a=recvonly" => Some(Way::Receive),
        "a=sendrecv" => Some(Way::Both),
        "a=inactive" => Some(Way::None),
        _ => None,
    });
    let mut sources = Vec::new();
    for line in lines {
        if let Some(value) = attribute(line, "ssrc")
            && let Ok(ssrc) = value.split(' ').next().unwrap_or_default().parse::<u32>()
            && !sources.contains(&ssrc)
        {
            sources.push(ssrc);
        }
    }
    if sources.len() > MAX_SOURCES {
        return Err(Fault::TooManySources(index));
    }
    let repairs = lines.iter().filter_map(|line| {
        let (media, repair) = line.strip_prefix("a=ssrc-group:FID ")?.trim().split_once(' ')?;
        Some((media.parse().ok()?, repair.parse().ok()?))
    });
    let repairs = repairs.filter(|(media, repair)| media != repair).take(MAX_SOURCES).collect();
    let layers = lines.iter().filter_map(|line| {
        let mut words = attribute(line, "rid")?.split(' ');
        words.next().filter(|name| is_token(name) && words.next() == Some("send")).map(str::to_owned)
    });
    let mut layers: Vec<String> = layers.collect();
    layers.dedup();
    if layers.len() > MAX_LAYERS {
        return Err(Fault::TooManyLayers(index));
    }
    let way = if is_rejected { Way::None } else { way.unwrap_or(Way::Both) };
    Ok(Section {
        mid: mid.to_owned(),
        kind,
        way,
        is_rejected,
        codec: Codec::find(kind, lines),
        extensions: Extensions::find(lines, session),
        layers,
        sources,
        repairs,
    })
}

fn is_token(word: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_MID).contains(&word.len()) && word.bytes().all(is_usual)
}

/// The lines before the first media section, then those of each.
fn blocks(sdp: &str) -> Vec<Vec<&str>> {
    let mut blocks = vec![Vec::new()];
    for line in sdp.lines().filter(|line| !line.is_empty()) {
        if line.starts_with("m=") {
            blocks.push(Vec::new());
        }
        if let Some(block) = blocks.last_mut() {
            block.push(line);
        }
    }
    blocks
}

fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':')
}

#[cfg(test)]
mod tests;
