//! What is checked of a session description before the media engine reads it.
//!
//! Descriptions come from browsers, that is from anybody. They are kept out of logs and errors: they hold
//! addresses.

use std::collections::HashMap;

use crate::room::MediaKind;

/// Longest description, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// Most media sections of an offer.
pub(super) const MAX_SECTIONS: usize = 16;
/// Most synchronisation sources of one section: three layers with a retransmission stream each, twice.
const MAX_SOURCES: usize = 12;
/// Longest mid; browsers write one to three characters.
const MAX_MID: usize = 32;

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
    #[error("the session description has no ICE user name, ICE password or fingerprint")]
    Credentials,
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
    /// The synchronisation sources and stream names in it, sorted: what identifies its streams.
    pub(super) streams: Vec<String>,
    sources: Vec<u32>,
}

/// The sections of a description, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Outline {
    pub(super) sections: Vec<Section>,
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
    let has = |name: &str| {
        let has_line = |lines: &Vec<&str>| lines.iter().any(|line| attribute(line, name).is_some());
        has_line(session) || media.iter().any(has_line)
    };
    if !has("ice-ufrag") || !has("ice-pwd") || !has("fingerprint") {
        return Err(Fault::Credentials);
    }
    Ok(Outline { sections })
}

fn section(index: usize, lines: &[&str], session: &[&str]) -> Result<Section, Fault> {
    let mut words = lines.first().map_or("", |line| &line[2..]).split(' ');
    let kind = match words.next() {
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => return Err(Fault::Media(index)),
    };
    let is_rejected = words.next() == Some("0");
    let mid = lines.iter().find_map(|line| attribute(line, "mid")).unwrap_or_default();
    let is_token = |mid: &str| mid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if mid.is_empty() || mid.len() > MAX_MID || !is_token(mid) {
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
    let mut streams = Vec::new();
    for line in lines {
        if let Some(value) = attribute(line, "ssrc")
            && let Ok(ssrc) = value.split(' ').next().unwrap_or_default().parse::<u32>()
            && !sources.contains(&ssrc)
        {
            sources.push(ssrc);
            streams.push(ssrc.to_string());
        }
        if let Some(value) = attribute(line, "rid") {
            streams.push(value.split(' ').next().unwrap_or_default().to_owned());
        }
    }
    if streams.len() > MAX_SOURCES {
        return Err(Fault::TooManySources(index));
    }
    streams.sort();
    let way = if is_rejected { Way::None } else { way.unwrap_or(Way::Both) };
    Ok(Section { mid: mid.to_owned(), kind, way, is_rejected, streams, sources })
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

/// The description as the media engine shall see it.
///
/// Candidates go: the server is ICE-lite (RFC 8445 section 2.5), it answers where checks come from and sends
/// none. In sections whose streams are as they were in `known` (by mid), the names of the streams go as well:
/// the engine would begin those streams anew, and their media would stop. A known section that pauses
/// (`a=inactive`) stays as it was, because the engine could not take it up again; see [`pause`].
pub(super) fn reduce(sdp: &str, known: &HashMap<String, Vec<String>>) -> String {
    let mut reduced = String::with_capacity(sdp.len());
    for (index, lines) in blocks(sdp).iter().enumerate() {
        let section = if index == 0 { None } else { section(index - 1, lines, &[]).ok() };
        let known_streams = section.as_ref().and_then(|section| known.get(&section.mid));
        let is_paused = known_streams.is_some()
            && section.as_ref().is_some_and(|section| !section.is_rejected && section.way == Way::None);
        let is_known = is_paused
            || known_streams.is_some() && known_streams == section.as_ref().map(|section| &section.streams);
        for line in lines {
            let is_candidate = attribute(line, "candidate").is_some() || *line == "a=end-of-candidates";
            let is_stream_name = line.starts_with("a=msid:") || line.starts_with("a=ssrc");
            if is_candidate || is_known && is_stream_name {
                continue;
            }
            reduced.push_str(if is_paused && *line == "a=inactive" { "a=sendonly" } else { line });
            reduced.push_str("\r\n");
        }
    }
    reduced
}

/// The engine's answer, with the sections inactive that the offer says are (RFC 3264 section 6.1).
pub(super) fn pause(answer: &str, offer: &Outline) -> String {
    let mut paused = String::with_capacity(answer.len());
    for (index, lines) in blocks(answer).iter().enumerate() {
        let is_paused =
            index > 0 && offer.sections.get(index - 1).is_some_and(|section| section.way == Way::None);
        for line in lines {
            paused.push_str(if is_paused && *line == "a=recvonly" { "a=inactive" } else { line });
            paused.push_str("\r\n");
        }
    }
    paused
}

/// A description with these candidate lines (without `a=`) behind the candidates that it has, in every section that
/// has some.
pub(super) fn with_candidates(sdp: &str, lines: &[String]) -> String {
    let mut out = String::with_capacity(sdp.len() + lines.len() * 100);
    for block in blocks(sdp) {
        let last = block.iter().rposition(|line| attribute(line, "candidate").is_some());
        for (index, line) in block.iter().enumerate() {
            out.push_str(line);
            out.push_str("\r\n");
            if Some(index) == last {
                for line in lines {
                    out.push_str("a=");
                    out.push_str(line);
                    out.push_str("\r\n");
                }
            }
        }
    }
    out
}

/// The ICE user names in a description, each once.
pub(super) fn ice_names(sdp: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        sdp.lines().filter_map(|line| attribute(line.trim_end(), "ice-ufrag")).collect();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\n\
        a=fingerprint:sha-256 00\r\na=msid:s t\r\na=ssrc:1 cname:x\r\na=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=sendonly\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\n\
        a=ssrc-group:FID 2 3\r\na=ssrc:2 cname:x\r\na=ssrc:3 cname:x\r\n";

    fn refused(sdp: &str) -> Fault {
        outline(sdp, Way::Send, MAX_SECTIONS).unwrap_err()
    }

    #[test]
    fn an_offer_is_read() {
        let outline = outline(OFFER, Way::Send, MAX_SECTIONS).unwrap();
        assert_eq!(outline.sections.len(), 2);
        assert_eq!(outline.sections[1].kind, MediaKind::Video);
        assert_eq!(outline.sections[1].streams, ["2", "3"]);
        assert_eq!(ice_names(OFFER), ["abcd"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(refused(""), Fault::Empty);
        assert_eq!(refused(&"x".repeat(70_000)), Fault::TooLong(70_000));
        assert_eq!(refused(&OFFER.repeat(9)), Fault::TooManySections(18, 16));
        assert_eq!(refused(&OFFER.replace("m=video", "m=application")), Fault::Media(1));
        assert_eq!(refused(&OFFER.replace("a=mid:1", "a=mid:0")), Fault::SameMid(1));
        assert_eq!(refused(&OFFER.replace("a=mid:1", "a=mid:a b")), Fault::Mid(1));
        assert_eq!(refused(&OFFER.replacen("a=sendonly", "a=sendrecv", 1)), Fault::Direction(0));
        assert_eq!(refused(&OFFER.replace("a=ssrc:2", "a=ssrc:1")), Fault::SameSource);
        assert_eq!(refused(&OFFER.replace("a=fingerprint", "a=fingerpaint")), Fault::Credentials);
        assert_eq!(refused(&OFFER.replace("cname:x", "cname:\0")), Fault::NotText);
        let many: String = (10..30).map(|ssrc| format!("a=ssrc:{ssrc} cname:x\r\n")).collect();
        assert_eq!(refused(&(OFFER.to_owned() + &many)), Fault::TooManySources(1));
    }

    #[test]
    fn streams_that_go_on_are_not_named_again() {
        let first = reduce(OFFER, &HashMap::new());
        assert!(first.contains("a=ssrc:1 ") && first.contains("a=msid:") && !first.contains("candidate"));
        let known = HashMap::from([
            ("0".to_owned(), vec!["1".to_owned()]),
            ("1".to_owned(), vec!["77".to_owned(), "78".to_owned()]),
        ]);
        let second = reduce(OFFER, &known);
        assert!(!second.contains("a=ssrc:1 ") && !second.contains("a=msid:"));
        assert!(second.contains("a=ssrc:2 ") && second.contains("a=ssrc-group:FID 2 3"));
    }

    #[test]
    fn candidates_of_other_carriers_stand_behind_those_of_udp() {
        let more = ["candidate:tcp0 1 tcp 1 192.0.2.1 443 typ host tcptype passive".to_owned()];
        let with = with_candidates(OFFER, &more);
        let at = |part: &str| with.find(part).unwrap();
        assert!(at("a=candidate:1 ") < at("a=candidate:tcp0 ") && at("a=candidate:tcp0 ") < at("m=video"));
        assert_eq!(with.matches("tcptype").count(), 1, "the video section has no candidates of its own");
        assert_eq!(with_candidates(OFFER, &[]), OFFER);
    }

    #[test]
    fn a_known_section_may_pause_and_come_back() {
        let pausing = OFFER.replace("a=mid:1\r\na=sendonly", "a=mid:1\r\na=inactive");
        let known = HashMap::from([("1".to_owned(), vec!["2".to_owned(), "3".to_owned()])]);
        let reduced = reduce(&pausing, &known);
        assert!(reduced.contains("a=mid:1\r\na=sendonly") && !reduced.contains("a=ssrc:2 "));
        assert!(reduce(&pausing, &HashMap::new()).contains("a=inactive"));
        let answer = OFFER.replace("a=sendonly", "a=recvonly");
        let paused = pause(&answer, &outline(&pausing, Way::Send, MAX_SECTIONS).unwrap());
        assert!(paused.contains("a=mid:0\r\na=recvonly") && paused.contains("a=mid:1\r\na=inactive"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_fault(sdp in "(([vosmabt]=)?[ -~]{0,20}\r?\n){0,40}") {
            let _ = outline(&sdp, Way::Send, MAX_SECTIONS);
            let _ = reduce(&sdp, &HashMap::new());
        }

        #[test]
        fn a_damaged_offer_is_read_or_refused(at in 0_usize..500, to in any::<char>()) {
            let sdp: String =
                OFFER.chars().enumerate().map(|(index, char)| if index == at { to } else { char }).collect();
            if let Ok(outline) = outline(&sdp, Way::Send, MAX_SECTIONS) {
                prop_assert!(outline.sections.len() <= MAX_SECTIONS);
            }
        }
    }
}
