//! The STUN messages that an ICE-lite agent takes and gives (RFC 8489; RFC 8445 sections 7.1 and 7.3): a binding
//! request is answered if its integrity proves that the sender has our password. Everything else is ignored.

use std::net::{IpAddr, SocketAddr};

use rtc::crypto::{HmacAlgorithm, RTCCrypto};
use rtc::stun::fingerprint::fingerprint_value;

const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
/// Longest request that is read, in bytes.
const MAX_BYTES: usize = 1_280;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const ICE_CONTROLLED: u16 = 0x8029;
/// Attributes below this must be understood (RFC 8489 section 14).
const OPTIONAL_FROM: u16 = 0x8000;

/// Bytes of the two attributes that end a message: integrity and fingerprint.
const INTEGRITY_BYTES: usize = 24;
const FINGERPRINT_BYTES: usize = 8;

/// A binding request whose shape and fingerprint are right. Its integrity is not checked yet.
#[derive(Debug)]
pub(super) struct Request<'a> {
    bytes: &'a [u8],
    /// Where the integrity attribute begins.
    integrity_at: usize,
    integrity: &'a [u8],
    /// Ours, before the colon.
    pub(super) name: &'a str,
    /// The sender wants to use this path.
    pub(super) is_nomination: bool,
    /// The sender says that it is the controlled agent, as a lite agent always is.
    is_role_conflict: bool,
    /// A few of the attributes that must be understood and are not.
    unknown: Vec<u16>,
}

impl<'a> Request<'a> {
    /// Reads a request. `None` if it is something else or damaged.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let &[t0, t1, l0, l1, ..] = bytes else { return None };
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let is_whole = bytes.len() == HEADER + length && bytes.len() <= MAX_BYTES;
        if !is_whole || u16::from_be_bytes([t0, t1]) != BINDING_REQUEST || bytes[4..8] != COOKIE {
            return None;
        }
        let (mut name, mut integrity, mut fingerprint) = (None, None, None);
        let (mut is_nomination, mut is_role_conflict, mut unknown) = (false, false, Vec::new());
        let mut at = HEADER;
        while let Some(&[t0, t1, l0, l1]) = bytes.get(at..at + 4) {
            let attribute = u16::from_be_bytes([t0, t1]);
            let length = usize::from(u16::from_be_bytes([l0, l1]));
            let value = bytes.get(at + 4..at + 4 + length)?;
            match attribute {
                FINGERPRINT => {
                    fingerprint = Some((at, <[u8; 4]>::try_from(value).ok()?));
                    break; // nothing follows it
                }
                _ if integrity.is_some() => {} // not protected, so it says nothing (RFC 8489 section 14.5)
                USERNAME => name = Some(std::str::from_utf8(value).ok()?.split_once(':')?.0),
                MESSAGE_INTEGRITY if length == 20 => integrity = Some((at, value)),
                USE_CANDIDATE => is_nomination = true,
                ICE_CONTROLLED => is_role_conflict = true,
                PRIORITY => {}
                _ if attribute < OPTIONAL_FROM && unknown.len() < 4 => unknown.push(attribute),
                _ => {}
            }
            at += 4 + length.next_multiple_of(4);
        }
        let (fingerprint_at, fingerprint) = fingerprint?;
        let is_last = fingerprint_at + FINGERPRINT_BYTES == bytes.len();
        if !is_last || u32::from_be_bytes(fingerprint) != fingerprint_value(&bytes[..fingerprint_at]) {
            return None;
        }
        let (integrity_at, integrity) = integrity?;
        let name = name?;
        Some(Self { bytes, integrity_at, integrity, name, is_nomination, is_role_conflict, unknown })
    }

    /// Was it made with this password (RFC 8489 section 14.5)? Compared in constant time.
    pub(super) fn is_authentic(&self, crypto: &dyn RTCCrypto, password: &str) -> bool {
        let length = ((self.integrity_at + INTEGRITY_BYTES - HEADER) as u16).to_be_bytes();
        let parts = [&self.bytes[..2], &length, &self.bytes[4..self.integrity_at]];
        let mac = crypto.new_hmac(HmacAlgorithm::Sha1, password.as_bytes());
        mac.is_ok_and(|mut mac| mac.verify(&parts, self.integrity).is_ok())
    }

    /// The answer to a request that is authentic; `from` is where it came from. Says as well whether it is a
    /// success. `None` if the answer cannot be made.
    pub(super) fn answer(
        &self,
        crypto: &dyn RTCCrypto,
        password: &str,
        from: SocketAddr,
    ) -> Option<(Vec<u8>, bool)> {
        let mut message = Vec::with_capacity(96);
        let is_success = !self.is_role_conflict && self.unknown.is_empty();
        let kind = if is_success { BINDING_SUCCESS } else { BINDING_ERROR };
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(&[0, 0]);
        message.extend_from_slice(&self.bytes[4..HEADER]);
        if !self.unknown.is_empty() {
            push(&mut message, ERROR_CODE, b"\0\0\x04\x14Unknown Attribute");
            let list: Vec<u8> = self.unknown.iter().flat_map(|attribute| attribute.to_be_bytes()).collect();
            push(&mut message, UNKNOWN_ATTRIBUTES, &list);
        } else if self.is_role_conflict {
            push(&mut message, ERROR_CODE, b"\0\0\x04\x57Role Conflict"); // RFC 8445 section 7.3.1.1
        } else {
            let address = xor_address(from, &self.bytes[4..HEADER]);
            push(&mut message, XOR_MAPPED_ADDRESS, &address);
        }
        set_length(&mut message, INTEGRITY_BYTES);
        let mut integrity = [0; 20];
        let mac = crypto.new_hmac(HmacAlgorithm::Sha1, password.as_bytes());
        mac.ok()?.sign(&[&message], &mut integrity).ok()?;
        push(&mut message, MESSAGE_INTEGRITY, &integrity);
        set_length(&mut message, FINGERPRINT_BYTES);
        let fingerprint = fingerprint_value(&message).to_be_bytes();
        push(&mut message, FINGERPRINT, &fingerprint);
        Some((message, is_success))
    }
}

fn push(message: &mut Vec<u8>, attribute: u16, value: &[u8]) {
    message.extend_from_slice(&attribute.to_be_bytes());
    message.extend_from_slice(&(value.len() as u16).to_be_bytes());
    message.extend_from_slice(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

/// Writes the length that the message has with this many bytes more.
fn set_length(message: &mut [u8], more: usize) {
    let length = ((message.len() + more - HEADER) as u16).to_be_bytes();
    message[2..4].copy_from_slice(&length);
}

/// RFC 8489 section 14.2. `mask` is cookie and transaction.
fn xor_address(address: SocketAddr, mask: &[u8]) -> Vec<u8> {
    let (family, octets) = match address.ip() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let mut value = vec![0, family];
    value.extend((address.port() ^ 0x2112).to_be_bytes());
    value.extend(octets.iter().zip(mask).map(|(octet, mask)| octet ^ mask));
    value
}

/// A request as a device makes it.
#[cfg(test)]
pub(super) fn request(crypto: &dyn RTCCrypto, username: &str, password: &str, attributes: &[u16]) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0];
    message.extend_from_slice(&COOKIE);
    message.extend_from_slice(b"transaction!");
    push(&mut message, USERNAME, username.as_bytes());
    for attribute in attributes {
        push(&mut message, *attribute, if *attribute == USE_CANDIDATE { b"" } else { b"12345678" });
    }
    set_length(&mut message, INTEGRITY_BYTES);
    let mut integrity = [0; 20];
    crypto
        .new_hmac(HmacAlgorithm::Sha1, password.as_bytes())
        .unwrap()
        .sign(&[&message], &mut integrity)
        .unwrap();
    push(&mut message, MESSAGE_INTEGRITY, &integrity);
    set_length(&mut message, FINGERPRINT_BYTES);
    let fingerprint = fingerprint_value(&message).to_be_bytes();
    push(&mut message, FINGERPRINT, &fingerprint);
    message
}

#[cfg(test)]
pub(super) const NOMINATION: u16 = USE_CANDIDATE;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc::stun::integrity::MessageIntegrity;
    use rtc::stun::message::{Getter, Message};
    use rtc::stun::xoraddr::XorMappedAddress;

    use super::*;

    #[test]
    fn a_request_is_answered_with_the_address_it_came_from() {
        let provider = rtc::crypto::default_provider().unwrap();
        let bytes = request(provider.crypto(), "ours:theirs", "password", &[USE_CANDIDATE]);
        let request = Request::parse(&bytes).unwrap();
        assert_eq!((request.name, request.is_nomination), ("ours", true));
        assert!(request.is_authentic(provider.crypto(), "password"));
        assert!(!request.is_authentic(provider.crypto(), "another"));
        for from in ["192.0.2.7:5004", "[2001:db8::7]:5004"] {
            let from: SocketAddr = from.parse().unwrap();
            let (answer, is_success) = request.answer(provider.crypto(), "password", from).unwrap();
            assert!(is_success && answer.len() <= bytes.len() + 16, "{} {}", answer.len(), bytes.len());
            let mut message = Message::new();
            message.unmarshal_binary(&answer).unwrap();
            MessageIntegrity::check(&mut message, b"password", provider.crypto()).unwrap();
            rtc::stun::fingerprint::FINGERPRINT.check(&message).unwrap();
            let mut address = XorMappedAddress::default();
            address.get_from(&message).unwrap();
            assert_eq!(SocketAddr::new(address.ip, address.port), from);
        }
    }

    #[test]
    fn conflicts_and_unknown_attributes_are_told() {
        let provider = rtc::crypto::default_provider().unwrap();
        let from = "192.0.2.7:5004".parse().unwrap();
        for (attribute, code) in [(ICE_CONTROLLED, [4, 87]), (0x7fff, [4, 20])] {
            let bytes = request(provider.crypto(), "ours:theirs", "password", &[attribute]);
            let request = Request::parse(&bytes).unwrap();
            let (answer, is_success) = request.answer(provider.crypto(), "password", from).unwrap();
            assert!(!is_success);
            assert_eq!(answer[..2], BINDING_ERROR.to_be_bytes());
            assert_eq!(answer[26..28], code);
        }
    }

    proptest! {
        #[test]
        fn a_damaged_request_is_not_authentic(at in 0_usize..200, to in any::<u8>(), length in 0_usize..200) {
            let provider = rtc::crypto::default_provider().unwrap();
            let whole = request(provider.crypto(), "ours:theirs", "password", &[USE_CANDIDATE]);
            let mut bytes = whole.clone();
            let end = bytes.len();
            bytes[at % end] = to;
            bytes.truncate(length.max(1));
            if let Some(request) = Request::parse(&bytes) && bytes != whole {
                prop_assert!(!request.is_authentic(provider.crypto(), "password"));
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = bytes;
            if bytes.len() >= 20 {
                let length = (bytes.len() - 20) as u16;
                bytes[..2].copy_from_slice(&[0, 1]);
                bytes[2..4].copy_from_slice(&length.to_be_bytes());
                bytes[4..8].copy_from_slice(&COOKIE);
            }
            Request::parse(&bytes);
        }
    }
}
