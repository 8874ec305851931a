//! By which ways browsers can come, as they are told, and with what they try each.

use std::net::SocketAddr;

use tokio::sync::watch;

use super::self_test::SelfTest;
use crate::relay::{IceServer, Offer};
use crate::sfu::{MediaPath, Probe, Sfu};

/// Credentials that `/diag` hands to anybody are good for so long, in seconds.
const TRIAL_S: u64 = 300;

/// A rung with what a browser needs to try it alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rung {
    pub media_path: MediaPath,
    /// Where it leads, for the administrator: `203.0.113.5:7882`, or the address of a relay.
    pub targets: Vec<String>,
    /// The answer to an offer of one data channel. With it ICE connects if the rung holds; nothing else does.
    pub answer: String,
    /// For the rungs of the relay, with `iceTransportPolicy: "relay"`.
    pub ice_servers: Vec<IceServer>,
}

/// What this gateway offers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reach {
    announced: Vec<SocketAddr>,
    udp_candidates: Vec<String>,
    tcp_candidates: Vec<String>,
    tcp_port: Option<u16>,
    probe: Probe,
    offer: Offer,
    /// The relay is the hospital's, not the gateway's own.
    is_external: bool,
    self_test: watch::Receiver<SelfTest>,
}

impl Reach {
    /// What this forwarding and this relay offer.
    pub fn new(
        sfu: &Sfu,
        tcp_port: Option<u16>,
        offer: Offer,
        is_external: bool,
        self_test: watch::Receiver<SelfTest>,
    ) -> Self {
        Self {
            announced: sfu.announced().to_vec(),
            udp_candidates: sfu.udp_candidates(),
            tcp_candidates: sfu.tcp_candidates(),
            tcp_port,
            probe: sfu.probe().clone(),
            offer,
            is_external,
            self_test,
        }
    }

    /// The list for this person's browser, good for an hour.
    pub fn ice_servers(&self, participant: &str, now_s: u64) -> Vec<IceServer> {
        self.offer.ice_servers(participant, now_s)
    }

    pub fn announced(&self) -> &[SocketAddr] {
        &self.announced
    }

    pub fn relay_urls(&self) -> &[String] {
        self.offer.urls()
    }

    pub fn is_external(&self) -> bool {
        self.is_external
    }

    pub fn self_test(&self) -> SelfTest {
        self.self_test.borrow().clone()
    }

    /// The ladder from its best rung downwards. `visitor` is a name for the credentials, of nobody.
    pub fn ladder(&self, visitor: &str, now_s: u64) -> Vec<Rung> {
        let rung = |media_path, targets, candidates: &[String]| Rung {
            media_path,
            targets,
            answer: answer(&self.probe, candidates),
            ice_servers: Vec::new(),
        };
        let mut ladder = vec![rung(
            MediaPath::Udp,
            self.announced.iter().map(ToString::to_string).collect(),
            &self.udp_candidates,
        )];
        if let Some(port) = self.tcp_port {
            let targets =
                self.announced.iter().map(|address| SocketAddr::new(address.ip(), port).to_string());
            ladder.push(rung(MediaPath::Tcp, targets.collect(), &self.tcp_candidates));
        }
        for media_path in [MediaPath::RelayUdp, MediaPath::RelayTcp, MediaPath::RelayTls] {
            let is_of_kind = |url: &&String| media_path_of(url) == Some(media_path);
            let urls: Vec<_> = self.offer.urls().iter().filter(is_of_kind).cloned().collect();
            if urls.is_empty() {
                continue;
            }
            let servers = self.offer.ice_servers_for(visitor, now_s, TRIAL_S).into_iter();
            let ice_servers = servers.map(|server| IceServer { urls: urls.clone(), ..server }).collect();
            ladder.push(Rung { ice_servers, ..rung(media_path, urls.clone(), &self.udp_candidates) });
        }
        ladder
    }
}

/// RFC 7065: `turn` is UDP unless it says otherwise, `turns` is TLS over TCP.
fn media_path_of(url: &str) -> Option<MediaPath> {
    let is_tcp = url.ends_with("?transport=tcp");
    match url.split_once(':')? {
        ("turns", _) => Some(MediaPath::RelayTls),
        ("turn", _) if is_tcp => Some(MediaPath::RelayTcp),
        ("turn", _) => Some(MediaPath::RelayUdp),
        _ => None,
    }
}

/// A made-up answer of an ICE-lite agent that never gets beyond ICE: nobody holds the key of this fingerprint.
fn answer(probe: &Probe, candidates: &[String]) -> String {
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE 0\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n\
         a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:passive\r\na=sctp-port:5000\r\n",
        probe.ufrag,
        probe.pwd,
        ["00"; 32].join(":"),
    );
    for candidate in candidates {
        sdp.push_str("a=");
        sdp.push_str(candidate);
        sdp.push_str("\r\n");
    }
    sdp.push_str("a=end-of-candidates\r\n");
    sdp
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::secret::Secret;
    use crate::sfu::SfuSettings;

    #[test]
    fn the_ladder_has_a_rung_for_each_way_that_is_offered() {
        let settings = SfuSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            announce: vec!["203.0.113.5".parse().unwrap()],
            shards: 1,
            tcp_port: Some(443),
        };
        let sfu = Sfu::start(settings, Clock::system()).unwrap();
        let urls = ["turn:visio.example:443?transport=tcp", "turns:visio.example:443?transport=tcp"];
        let offer = Offer::new(urls.map(str::to_owned).to_vec(), Secret::new(vec![1]));
        let (_told, self_test) = watch::channel(SelfTest::NotRun);
        let reach = Reach::new(&sfu, Some(443), offer, false, self_test);
        let ladder = reach.ladder("visitor", 1_000_000);
        let kinds: Vec<_> = ladder.iter().map(|rung| rung.media_path).collect();
        assert_eq!(kinds, [MediaPath::Udp, MediaPath::Tcp, MediaPath::RelayTcp, MediaPath::RelayTls]);
        assert!(ladder[1].answer.contains(" tcp ") && !ladder[1].answer.contains(" udp "));
        assert!(ladder[1].answer.contains("203.0.113.5 443 typ host tcptype passive"));
        assert_eq!(ladder[3].ice_servers[0].urls, urls[1..]);
        assert_eq!(ladder[3].ice_servers[0].username, "1000300:visitor", "five minutes");
        assert!(ladder.iter().all(|rung| rung.answer.contains(&reach.probe.pwd)));
    }
}
