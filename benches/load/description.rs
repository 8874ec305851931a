//! What a session description says about the sources that will come.

/// A source of RTP as an offer announces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub ssrc: u32,
    pub is_video: bool,
    /// It carries retransmissions (RFC 4588).
    pub is_repair: bool,
    /// The header extension that numbers packets across the transport, if it is used.
    pub transport_cc: Option<u16>,
}

/// The sources of the sections that send.
pub fn sources(offer: &str) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for section in offer.split("\nm=").skip(1) {
        let lines = || section.lines().map(str::trim_end);
        if lines().any(|line| line == "a=inactive" || line == "a=recvonly") {
            continue;
        }
        let transport_cc = lines().find_map(|line| {
            let (id, uri) = line.strip_prefix("a=extmap:")?.split_once(' ')?;
            let id = id.split('/').next()?.parse().ok()?;
            uri.contains("transport-wide-cc").then_some(id)
        });
        let repairs: Vec<u32> = lines()
            .filter_map(|line| line.strip_prefix("a=ssrc-group:FID ")?.split(' ').nth(1)?.parse().ok())
            .collect();
        for line in lines() {
            let source = line.strip_prefix("a=ssrc:").and_then(|rest| rest.split(' ').next()?.parse().ok());
            let Some(ssrc) = source else { continue };
            if sources.iter().all(|known| known.ssrc != ssrc) {
                let (is_video, is_repair) = (section.starts_with("video"), repairs.contains(&ssrc));
                sources.push(Source { ssrc, is_video, is_repair, transport_cc });
            }
        }
    }
    sources
}
