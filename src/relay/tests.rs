//! The relay against clients that behave, and against those that look for a way through.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::client::{Client, Effect, Rules};
use super::credential::{Offer, password, signing_key, username};
use super::{IceServer, Now};
use crate::clock::Clock;
use crate::secret::Secret;
use crate::stun::{Message, Reply, attribute, kind};

const MEDIA: &str = "203.0.113.5:7882";
const VIRTUAL: &str = "198.51.100.130:1";
const NOW_S: u64 = 1_800_000_000;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn rules() -> Rules {
    Rules {
        realm: "visio.example".into(),
        secret: Secret::new(b"a secret of this start".to_vec()),
        nonce_key: Secret::new([9; 32]),
        peers: vec![at(MEDIA), at("[2001:db8::5]:7882")],
    }
}

/// A client of the test with its side of the relay.
struct Tester {
    rules: Rules,
    client: Client,
    start: Instant,
    /// Seconds since the start.
    age_s: u64,
    user: String,
    key: [u8; 16],
    nonce: String,
}

impl Tester {
    fn new() -> Self {
        let rules = rules();
        let start = Clock::system().instant();
        let user = username(NOW_S + 3600, "somebody");
        let key = signing_key(&user, &rules.realm, &password(&rules.secret, &user));
        let client = Client::new(at("192.0.2.77:5000"), start);
        Self { rules, client, start, age_s: 0, user, key, nonce: String::new() }
    }

    /// A client with an allocation.
    fn allocated() -> Self {
        let mut tester = Self::new();
        assert_eq!(
            tester
                .ask(kind::ALLOCATE, |request| request.with(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0])),
            0
        );
        tester
    }

    fn now(&self) -> Now {
        Now { steady: self.start + Duration::from_secs(self.age_s), unix_s: NOW_S + self.age_s }
    }

    fn take(&mut self, bytes: &[u8]) -> Vec<Effect> {
        let now = self.now();
        self.client.receive(&self.rules, now, bytes).unwrap()
    }

    fn sign(&self, request: Reply) -> Vec<u8> {
        request
            .with(attribute::USERNAME, self.user.as_bytes())
            .with(attribute::REALM, self.rules.realm.as_bytes())
            .with(attribute::NONCE, self.nonce.as_bytes())
            .signed(&self.key)
            .into_bytes()
    }

    /// Sends a signed request, with a fresh nonce where needed. The answer is the error code, 0 for success.
    fn ask(&mut self, kind: u16, build: impl Fn(Reply) -> Reply) -> u16 {
        for _ in 0..2 {
            let bytes = self.sign(build(Reply::new(kind, [1; 12])));
            let answer = self.answer(&bytes);
            let message = Message::read(&answer).unwrap();
            let code = error(&message);
            if code != 438 {
                return code;
            }
            self.nonce = message.text(attribute::NONCE).unwrap().to_owned();
        }
        438
    }

    fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut effects = self.take(bytes);
        match effects.pop() {
            Some(Effect::Send(answer)) => answer,
            Some(Effect::Allocate(wanted)) => {
                let now = self.now();
                self.client.allocate(now, *wanted, Some(at(VIRTUAL)))
            }
            other => panic!("{other:?}"),
        }
    }

    fn permit(&mut self, peer: SocketAddr) -> u16 {
        self.ask(kind::CREATE_PERMISSION, |request| request.with_address(attribute::XOR_PEER_ADDRESS, peer))
    }

    fn bind(&mut self, number: u16, peer: SocketAddr) -> u16 {
        let [high, low] = number.to_be_bytes();
        self.ask(kind::CHANNEL_BIND, |request| {
            let request = request.with(attribute::CHANNEL_NUMBER, &[high, low, 0, 0]);
            request.with_address(attribute::XOR_PEER_ADDRESS, peer)
        })
    }

    fn refresh(&mut self, lifetime_s: u32) -> u16 {
        self.ask(kind::REFRESH, |request| request.with(attribute::LIFETIME, &lifetime_s.to_be_bytes()))
    }

    /// Where a Send indication leads.
    fn send(&mut self, peer: SocketAddr) -> Option<SocketAddr> {
        let indication = Reply::new(kind::SEND, [2; 12]).with_address(attribute::XOR_PEER_ADDRESS, peer);
        self.led(&indication.with(attribute::DATA, b"hello").into_bytes())
    }

    /// Where data of a channel lead.
    fn channel(&mut self, number: u16) -> Option<SocketAddr> {
        let mut bytes = number.to_be_bytes().to_vec();
        bytes.extend([0, 5, b'h', b'e', b'l', b'l', b'o', 0, 0, 0]);
        self.led(&bytes)
    }

    fn led(&mut self, bytes: &[u8]) -> Option<SocketAddr> {
        match &self.take(bytes)[..] {
            [Effect::Forward { to, datagram }] => {
                assert_eq!(&datagram[..], b"hello");
                Some(*to)
            }
            [Effect::Refused] => None,
            other => panic!("{other:?}"),
        }
    }

    fn delivered(&mut self, from: SocketAddr) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let now = self.now().steady;
        self.client.deliver(now, from, b"world", &mut out).then_some(out)
    }
}

fn error(message: &Message<'_>) -> u16 {
    message
        .attribute(attribute::ERROR_CODE)
        .map_or(0, |value| u16::from(value[2]) * 100 + u16::from(value[3]))
}

#[test]
fn a_call_goes_through() {
    let mut tester = Tester::allocated();
    assert_eq!(tester.permit(at(MEDIA)), 0);
    assert_eq!(tester.send(at(MEDIA)), Some(at(MEDIA)));
    let indication = tester.delivered(at(MEDIA)).unwrap();
    let message = Message::read(&indication).unwrap();
    assert_eq!(message.kind(), kind::DATA);
    assert_eq!(message.address(attribute::XOR_PEER_ADDRESS), Some(at(MEDIA)));
    assert_eq!(message.attribute(attribute::DATA), Some(&b"world"[..]));
    assert_eq!(tester.bind(0x4001, at(MEDIA)), 0);
    assert_eq!(tester.channel(0x4001), Some(at(MEDIA)));
    assert_eq!(tester.delivered(at(MEDIA)).unwrap(), b"\x40\x01\x00\x05world\0\0\0");
    assert_eq!(tester.bind(0x4001, at("[2001:db8::5]:7882")), 400, "the number is taken");
    assert_eq!(tester.bind(0x4002, at(MEDIA)), 400, "the peer has another number");
    assert_eq!(tester.bind(0x3fff, at("[2001:db8::5]:7882")), 400, "no number of a channel");
}

#[test]
fn the_first_answer_tells_how_to_sign() {
    let mut tester = Tester::new();
    let answer = tester.answer(&Reply::new(kind::ALLOCATE, [3; 12]).into_bytes());
    let message = Message::read(&answer).unwrap();
    assert_eq!((error(&message), message.transaction()), (401, [3; 12]));
    assert_eq!(message.text(attribute::REALM), Some("visio.example"));
    assert!(message.text(attribute::NONCE).is_some_and(|nonce| nonce.len() > 20));
}

#[test]
fn an_allocation_tells_its_address_and_lifetime_and_is_signed() {
    let mut tester = Tester::new();
    let build = |request: Reply| request.with(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    tester.ask(kind::REFRESH, |request| request); // for the nonce
    let bytes = tester.sign(build(Reply::new(kind::ALLOCATE, [1; 12])));
    let answer = tester.answer(&bytes);
    let message = Message::read(&answer).unwrap();
    assert!(message.is_signed_with(&tester.key));
    assert_eq!(message.address(attribute::XOR_RELAYED_ADDRESS), Some(at(VIRTUAL)));
    assert_eq!(message.address(attribute::XOR_MAPPED_ADDRESS), Some(at("192.0.2.77:5000")));
    assert_eq!(message.attribute(attribute::LIFETIME), Some(&600_u32.to_be_bytes()[..]));
}

#[test]
fn a_stream_may_be_cut_anywhere() {
    let mut tester = Tester::allocated();
    assert_eq!(tester.permit(at(MEDIA)), 0);
    let mut bytes = tester.sign(Reply::new(kind::REFRESH, [5; 12]));
    bytes.extend(tester.sign(Reply::new(kind::REFRESH, [6; 12])));
    let mut answers = Vec::new();
    for byte in bytes {
        answers.extend(tester.take(&[byte]));
    }
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|answer| matches!(answer, Effect::Send(bytes) if bytes[..2] == [1, 4])));
}

/// Ranges that lead to this machine, this network, everybody, or nowhere, and ports of the machine itself.
const FORBIDDEN: [&str; 40] = [
    "127.0.0.1:7882",            // loopback
    "127.8.9.10:7882",           // loopback, the whole of it
    "0.0.0.0:7882",              // this host
    "0.1.2.3:7882",              // this network
    "10.1.2.3:7882",             // private
    "172.16.0.1:7882",           // private
    "172.31.255.254:7882",       // private
    "192.168.1.1:7882",          // private
    "100.64.0.1:7882",           // behind a carrier's translation
    "169.254.169.254:80",        // link-local: what clouds tell their machines
    "192.0.0.1:7882",            // IETF
    "192.0.2.1:7882",            // documentation
    "198.51.100.1:7882",         // documentation; also where allocations are
    "203.0.113.6:7882",          // the neighbour of the media address
    "198.18.0.1:7882",           // benchmarks
    "192.88.99.1:7882",          // 6to4 relay
    "224.0.0.1:7882",            // multicast
    "239.255.255.250:1900",      // multicast, SSDP
    "240.0.0.1:7882",            // reserved
    "255.255.255.255:7882",      // broadcast
    "8.8.8.8:53",                // anybody
    "[::]:7882",                 // this host
    "[::1]:7882",                // loopback
    "[::ffff:127.0.0.1]:7882",   // loopback, mapped
    "[::ffff:10.0.0.1]:7882",    // private, mapped
    "[::ffff:203.0.113.5]:7882", // the media address, mapped: another name for it is none of ours
    "[::203.0.113.5]:7882",      // compatible, long withdrawn
    "[64:ff9b::7f00:1]:7882",    // NAT64 of loopback
    "[64:ff9b:1::a00:1]:7882",   // NAT64, local
    "[2002:7f00:1::]:7882",      // 6to4 of loopback
    "[2001:0:4136:e378::]:7882", // Teredo
    "[fe80::1]:7882",            // link-local
    "[fc00::1]:7882",            // unique local
    "[fd12:3456::1]:7882",       // unique local
    "[ff02::1]:7882",            // multicast
    "[fec0::1]:7882",            // site-local, long withdrawn
    "[100::1]:7882",             // discard
    "203.0.113.5:22",            // the machine itself: SSH
    "203.0.113.5:443",           // the machine itself: its own web server
    "203.0.113.5:5432",          // the machine itself: its database
];

#[test]
fn nothing_but_the_media_port_can_be_reached() {
    for peer in FORBIDDEN {
        let peer = at(peer);
        let mut tester = Tester::allocated();
        assert_eq!(tester.permit(peer), 403, "{peer}");
        assert_eq!(tester.bind(0x4001, peer), 403, "{peer}");
        assert_eq!(tester.send(peer), None, "{peer}");
        assert_eq!(tester.channel(0x4001), None, "{peer}");
        assert_eq!(tester.delivered(peer), None, "{peer}");
        // And with a permission for the media address.
        assert_eq!(tester.permit(at(MEDIA)), 0);
        assert_eq!(tester.send(peer), None, "{peer}");
        assert_eq!(tester.bind(0x4001, peer), 403, "{peer}");
        // A permission for several is given for all or for none.
        let mut tester = Tester::allocated();
        let both = tester.ask(kind::CREATE_PERMISSION, |request| {
            let request = request.with_address(attribute::XOR_PEER_ADDRESS, at(MEDIA));
            request.with_address(attribute::XOR_PEER_ADDRESS, peer)
        });
        assert_eq!(both, 403, "{peer}");
        assert_eq!(tester.send(at(MEDIA)), None, "{peer}");
    }
}

#[test]
fn tcp_allocations_and_other_extras_are_refused() {
    let mut tester = Tester::new();
    let ask = |tester: &mut Tester, protocol: u8, more: u16| {
        tester.ask(kind::ALLOCATE, move |request| {
            let request = request.with(attribute::REQUESTED_TRANSPORT, &[protocol, 0, 0, 0]);
            if more == 0 { request } else { request.with(more, &[2, 0, 0, 0]) }
        })
    };
    assert_eq!(ask(&mut tester, 6, 0), 442);
    assert_eq!(ask(&mut tester, 17, 0x0018), 420, "EVEN-PORT");
    assert_eq!(ask(&mut tester, 17, 0x001a), 420, "DONT-FRAGMENT");
    assert_eq!(tester.ask(0x000a, |request| request), 437, "CONNECT of RFC 6062, without an allocation");
    let mut tester = Tester::allocated();
    assert_eq!(tester.ask(0x000a, |request| request), 400, "CONNECT of RFC 6062");
    assert_eq!(ask(&mut tester, 17, 0), 437, "a second one");
}

#[test]
fn lifetimes_end() {
    let mut tester = Tester::allocated();
    assert_eq!(tester.bind(0x4001, at(MEDIA)), 0);
    tester.age_s = 299;
    assert_eq!(tester.channel(0x4001), Some(at(MEDIA)));
    tester.age_s = 301; // the permission
    assert_eq!(tester.channel(0x4001), None);
    assert_eq!(tester.send(at(MEDIA)), None);
    assert_eq!(tester.delivered(at(MEDIA)), None);
    assert_eq!(tester.permit(at(MEDIA)), 0);
    assert_eq!(tester.channel(0x4001), Some(at(MEDIA)));
    assert_eq!(tester.refresh(3600), 0);
    tester.age_s = 599;
    assert_eq!(tester.permit(at(MEDIA)), 0);
    tester.age_s = 601; // the channel
    assert_eq!(tester.channel(0x4001), None);
    assert_eq!(tester.send(at(MEDIA)), Some(at(MEDIA)));
    tester.age_s = 301 + 3599;
    assert_eq!(tester.refresh(600), 0, "its credentials have ended, the call has not");
    tester.age_s += 601; // the allocation
    assert_eq!(tester.send(at(MEDIA)), None);
    assert!(tester.client.ends_at() <= tester.now().steady);
    assert_eq!(tester.refresh(600), 401, "and with it the credentials");
}

#[test]
fn no_allocation_lasts_for_ever() {
    let mut tester = Tester::allocated();
    for _ in 0..30 {
        tester.age_s += 500;
        if tester.age_s > 12 * 3600 {
            break;
        }
        assert_eq!(tester.refresh(3600), 0);
    }
    while tester.age_s <= 12 * 3600 {
        tester.age_s += 500;
        if tester.client.ends_at() > tester.now().steady {
            tester.refresh(3600);
        }
    }
    assert!(tester.client.ends_at() <= tester.now().steady);
}

#[test]
fn an_allocation_can_be_given_up() {
    let mut tester = Tester::allocated();
    assert_eq!(tester.permit(at(MEDIA)), 0);
    let bytes = tester.sign(Reply::new(kind::REFRESH, [1; 12]).with(attribute::LIFETIME, &[0; 4]));
    assert!(matches!(tester.take(&bytes)[..], [Effect::Release, Effect::Send(_)]));
    assert_eq!(tester.send(at(MEDIA)), None);
    assert_eq!(tester.permit(at(MEDIA)), 437);
}

#[test]
fn credentials_must_be_right_and_in_time() {
    let cases: [(&str, u64, bool); 5] = [
        ("ended", NOW_S - 1, true),
        ("longer than an hour", NOW_S + 3601, true),
        ("far in the future", u64::MAX, true),
        ("wrong password", NOW_S + 600, false),
        ("right", NOW_S + 600, true),
    ];
    for (what, expires_s, has_password) in cases {
        let mut tester = Tester::new();
        tester.user = username(expires_s, "somebody");
        let right = password(&tester.rules.secret, &tester.user);
        let password = if has_password { right } else { Secret::new("x".into()) };
        tester.key = signing_key(&tester.user, &tester.rules.realm, &password);
        let code = tester
            .ask(kind::ALLOCATE, |request| request.with(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]));
        assert_eq!(code, if what == "right" { 0 } else { 401 }, "{what}");
    }
}

#[test]
fn an_allocation_belongs_to_its_user() {
    let mut tester = Tester::allocated();
    tester.user = username(NOW_S + 600, "another");
    tester.key =
        signing_key(&tester.user, &tester.rules.realm, &password(&tester.rules.secret, &tester.user));
    assert_eq!(tester.permit(at(MEDIA)), 441);
}

#[test]
fn a_nonce_of_another_address_or_of_long_ago_is_stale() {
    let mut tester = Tester::allocated();
    let foreign = Tester { client: Client::new(at("192.0.2.78:5000"), tester.start), ..Tester::new() };
    let mut foreign = Tester { nonce: tester.nonce.clone(), ..foreign };
    let answer = foreign.sign(Reply::new(kind::ALLOCATE, [1; 12]));
    let answer = foreign.answer(&answer);
    assert_eq!(error(&Message::read(&answer).unwrap()), 438);
    assert_eq!(tester.refresh(3600), 0);
    tester.age_s = 3599;
    assert_eq!(tester.refresh(3600), 0);
    tester.age_s = 3601;
    let bytes = tester.sign(Reply::new(kind::REFRESH, [1; 12]));
    let answer = tester.answer(&bytes);
    assert_eq!(error(&Message::read(&answer).unwrap()), 438);
}

#[test]
fn whoever_guesses_is_sent_away() {
    let mut tester = Tester::new();
    tester.key = [0; 16];
    let now = tester.now();
    let mut tries = 0;
    loop {
        let bytes = tester.sign(Reply::new(kind::ALLOCATE, [1; 12]));
        tries += 1;
        if tester.client.receive(&tester.rules, now, &bytes).is_err() {
            break;
        }
        assert!(tries < 20);
    }
    assert_eq!(tries, 8);
}

#[test]
fn a_full_house_says_so() {
    let mut tester = Tester::new();
    tester.ask(kind::REFRESH, |request| request);
    let request = Reply::new(kind::ALLOCATE, [1; 12]).with(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    let bytes = tester.sign(request);
    let Some(Effect::Allocate(wanted)) = tester.take(&bytes).pop() else { panic!() };
    assert_eq!(wanted.user, tester.user);
    let answer = tester.client.allocate(tester.now(), *wanted, None);
    assert_eq!(error(&Message::read(&answer).unwrap()), 486);
    assert_eq!(tester.send(at(MEDIA)), None);
}

#[test]
fn a_family_without_a_media_address_is_refused() {
    let mut tester = Tester::new();
    tester.rules.peers.retain(SocketAddr::is_ipv4);
    let ask = |tester: &mut Tester, family: u8| {
        tester.ask(kind::ALLOCATE, move |request| {
            let request = request.with(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
            request.with(attribute::REQUESTED_ADDRESS_FAMILY, &[family, 0, 0, 0])
        })
    };
    assert_eq!(ask(&mut tester, 2), 440);
    assert_eq!(ask(&mut tester, 3), 440);
    assert_eq!(ask(&mut tester, 1), 0);
}

#[test]
fn other_protocols_are_sent_away() {
    for bytes in
        [&b"GET / HTTP/1.1\r\n"[..], &[0x16, 3, 1, 0, 5], &[5, 1, 0, 0], &[0xff; 64], &[0x80, 0, 0, 0]]
    {
        let mut tester = Tester::new();
        let now = tester.now();
        assert!(tester.client.receive(&tester.rules, now, bytes).is_err(), "{bytes:02x?}");
    }
}

#[test]
fn the_offer_is_good_for_an_hour_at_most_and_the_relay_takes_it() {
    let rules = rules();
    let offer = Offer::new(vec!["turns:visio.example:443?transport=tcp".into()], rules.secret.clone());
    let [IceServer { urls, username, credential }] = &offer.ice_servers("someone", NOW_S)[..] else {
        panic!()
    };
    assert_eq!(urls, offer.urls());
    assert_eq!(username, "1800003600:someone");
    assert_eq!(offer.ice_servers_for("someone", NOW_S, 1 << 40)[0].username, *username);
    let mut tester = Tester::new();
    tester.user = username.clone();
    tester.key = signing_key(username, &rules.realm, credential);
    let transport = |request: Reply| request.with(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    assert_eq!(tester.ask(kind::ALLOCATE, transport), 0);
    assert!(!format!("{:?}", offer.ice_servers("x", NOW_S)).contains(credential.expose().as_str()));
    assert!(Offer::new(vec![], rules.secret.clone()).ice_servers("x", NOW_S).is_empty());
}

#[test]
fn the_password_is_that_of_the_shared_scheme() {
    // What `turnutils_uclient -W north` makes of it, and `openssl dgst -sha1 -hmac north -binary | base64`.
    let secret = Secret::new(b"north".to_vec());
    assert_eq!(password(&secret, "1433895918:abc").expose(), PASSWORD_OF_NORTH);
}

const PASSWORD_OF_NORTH: &str = "Hqb3YUQqQkHx7DzWLHsKzGfDJoA=";

proptest! {
    #[test]
    fn any_bytes_are_taken_without_a_fault(chunks in proptest::collection::vec(
        proptest::collection::vec(any::<u8>(), 0..80), 0..20), is_allocated: bool,
    ) {
        let mut tester = if is_allocated { Tester::allocated() } else { Tester::new() };
        let now = tester.now();
        for chunk in chunks {
            let Ok(effects) = tester.client.receive(&tester.rules, now, &chunk) else { break };
            for effect in effects {
                let is_through = matches!(effect, Effect::Forward { .. } | Effect::Allocate(_));
                prop_assert!(!is_through);
            }
        }
    }

    #[test]
    fn a_damaged_conversation_leads_nowhere_but_to_the_media_port(
        at_byte in 0_usize..400, to in any::<u8>(), cut in 1_usize..60,
    ) {
        let mut tester = Tester::allocated();
        tester.permit(at(MEDIA));
        let mut bytes = tester.sign(Reply::new(kind::CHANNEL_BIND, [1; 12])
            .with(attribute::CHANNEL_NUMBER, &[0x40, 1, 0, 0]).with_address(attribute::XOR_PEER_ADDRESS, at(MEDIA)));
        bytes.extend([0x40, 1, 0, 3, 1, 2, 3, 0]);
        bytes.extend(Reply::new(kind::SEND, [2; 12]).with_address(attribute::XOR_PEER_ADDRESS, at(MEDIA))
            .with(attribute::DATA, b"hello").into_bytes());
        let end = bytes.len();
        bytes[at_byte % end] = to;
        let now = tester.now();
        for chunk in bytes.chunks(cut) {
            let Ok(effects) = tester.client.receive(&tester.rules, now, chunk) else { break };
            for effect in effects {
                if let Effect::Forward { to, .. } = effect {
                    prop_assert_eq!(to, at(MEDIA));
                }
            }
        }
    }
}
