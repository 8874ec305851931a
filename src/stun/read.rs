//! A message that came in.

use std::net::{IpAddr, SocketAddr};

use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::{COOKIE, HEADER, attribute};

/// A whole message, its attributes checked to lie within it.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    /// Where MESSAGE-INTEGRITY begins.
    integrity_at: Option<usize>,
}

impl<'a> Message<'a> {
    /// Reads exactly one message; `None` if these bytes are anything else.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..HEADER)?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if header[0] > 3 || header[4..8] != COOKIE || length % 4 != 0 || bytes.len() != HEADER + length {
            return None;
        }
        let mut message = Self { bytes, integrity_at: None };
        let mut end = HEADER;
        for (at, kind, value) in message.attributes() {
            if kind == attribute::MESSAGE_INTEGRITY && message.integrity_at.is_none() {
                message.integrity_at = Some(at);
            }
            end = at + 4 + value.len().next_multiple_of(4);
        }
        (end == bytes.len()).then_some(message)
    }

    /// Method and class, see [`super::kind`].
    pub fn kind(&self) -> u16 {
        u16::from_be_bytes([self.bytes[0], self.bytes[1]])
    }

    /// The number that ties an answer to its request.
    pub fn transaction(&self) -> [u8; 12] {
        let mut transaction = [0; 12];
        transaction.copy_from_slice(&self.bytes[8..HEADER]);
        transaction
    }

    /// The first attribute of this kind. What stands behind MESSAGE-INTEGRITY is not seen (RFC 8489 section 14.5).
    pub fn attribute(&self, kind: u16) -> Option<&'a [u8]> {
        let end = self.integrity_at.unwrap_or(usize::MAX);
        let mut attributes = self.attributes().take_while(|(at, ..)| *at <= end);
        attributes.find(|(_, found, _)| *found == kind).map(|(.., value)| value)
    }

    /// All attributes of this kind, likewise.
    pub fn all(&self, kind: u16) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let end = self.integrity_at.unwrap_or(usize::MAX);
        let attributes = self.attributes().take_while(move |(at, ..)| *at <= end);
        attributes.filter(move |(_, found, _)| *found == kind).map(|(.., value)| value)
    }

    /// An attribute that is text.
    pub fn text(&self, kind: u16) -> Option<&'a str> {
        std::str::from_utf8(self.attribute(kind)?).ok()
    }

    /// An attribute that is an address, hidden by the cookie and the transaction (RFC 8489 section 14.2). An IPv4
    /// address that is mapped into IPv6 comes out as it is, mapped.
    pub fn address(&self, kind: u16) -> Option<SocketAddr> {
        self.unhide(self.attribute(kind)?)
    }

    /// The same for a value of [`Message::all`].
    pub fn unhide(&self, value: &[u8]) -> Option<SocketAddr> {
        let (&[_, family, port_high, port_low], ip) = value.split_first_chunk::<4>()?;
        let port = u16::from_be_bytes([port_high ^ COOKIE[0], port_low ^ COOKIE[1]]);
        let ip: IpAddr = match family {
            1 => {
                let ip: [u8; 4] = ip.try_into().ok()?;
                xor(ip, &self.bytes[4..8]).into()
            }
            2 => {
                let ip: [u8; 16] = ip.try_into().ok()?;
                xor(ip, &self.bytes[4..HEADER]).into()
            }
            _ => return None,
        };
        Some(SocketAddr::new(ip, port))
    }

    /// Does it end with a right check sum (FINGERPRINT, RFC 8489 section 14.7)?
    pub fn has_fingerprint(&self) -> bool {
        let last = self.attributes().last();
        last.is_some_and(|(at, kind, value)| {
            kind == attribute::FINGERPRINT && value == super::fingerprint(&self.bytes[..at])
        })
    }

    /// Is there a MESSAGE-INTEGRITY at all?
    pub fn is_signed(&self) -> bool {
        self.integrity_at.is_some()
    }

    /// Was it signed with this key (RFC 8489 section 14.5)? Takes the same time whatever differs.
    pub fn is_signed_with(&self, key: &[u8]) -> bool {
        let (Some(at), Some(signature)) = (self.integrity_at, self.attribute(attribute::MESSAGE_INTEGRITY))
        else {
            return false;
        };
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else { return false };
        // The length counts up to and with the signature.
        let length = (at + 24 - HEADER) as u16;
        mac.update(&self.bytes[..2]);
        mac.update(&length.to_be_bytes());
        mac.update(&self.bytes[4..at]);
        mac.verify_slice(signature).is_ok()
    }

    /// Attributes that must be understood (below 0x8000) and are none of these (RFC 8489 section 6.3.1).
    pub fn unknown(&self, known: &[u16]) -> Vec<u16> {
        let kinds = self.attributes().map(|(_, kind, _)| kind);
        kinds.filter(|kind| *kind < 0x8000 && !known.contains(kind)).collect()
    }

    fn attributes(&self) -> impl Iterator<Item = (usize, u16, &'a [u8])> + use<'a> {
        let (bytes, mut at) = (self.bytes, HEADER);
        std::iter::from_fn(move || {
            let head = bytes.get(at..at + 4)?;
            let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
            let value = bytes.get(at + 4..at + 4 + length)?;
            let found = (at, u16::from_be_bytes([head[0], head[1]]), value);
            at += 4 + length.next_multiple_of(4);
            Some(found)
        })
    }
}

fn xor<const N: usize>(mut bytes: [u8; N], with: &[u8]) -> [u8; N] {
    for (byte, with) in bytes.iter_mut().zip(with) {
        *byte ^= with;
    }
    bytes
}
