//! The header of an RTP packet (RFC 3550 section 5.1) and its extensions (RFC 8285), read in place.

use std::ops::Range;

/// Profile of extensions with one byte before each value.
const ONE_BYTE: u16 = 0xbede;
/// Profiles of extensions with two bytes before each value, without the four bits for the application.
const TWO_BYTES: u16 = 0x1000;

/// What the fixed part of a header says, and where the rest is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rtp {
    pub(super) marker: bool,
    pub(super) payload_type: u8,
    pub(super) sequence_number: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
    /// Where the payload begins; while it is sealed, what must be authentic but is not secret ends there.
    pub(super) payload_at: usize,
    has_padding: bool,
    profile: u16,
    extensions: Range<usize>,
}

impl Rtp {
    /// Reads a header. `None` if the packet ends inside of it.
    pub(super) fn parse(packet: &[u8]) -> Option<Self> {
        let &[first, second, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3, ..] = packet else { return None };
        if first >> 6 != 2 {
            return None;
        }
        let mut at = 12 + usize::from(first & 0x0f) * 4;
        let (mut profile, mut extensions) = (0, 0..0);
        if first & 0x10 != 0 {
            let &[p0, p1, high, low] = packet.get(at..at + 4)? else { return None };
            profile = u16::from_be_bytes([p0, p1]);
            let length = usize::from(u16::from_be_bytes([high, low])) * 4;
            extensions = at + 4..at + 4 + length;
            at = extensions.end;
        }
        (packet.len() >= at).then_some(Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence_number: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
            payload_at: at,
            has_padding: first & 0x20 != 0,
            profile,
            extensions,
        })
    }

    /// The payload of a packet that was opened, without its padding. Padding that is longer than the payload
    /// leaves nothing of it.
    pub(super) fn payload<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        let payload = packet.get(self.payload_at..).unwrap_or_default();
        match payload.last() {
            Some(padding) if self.has_padding => {
                &payload[..payload.len().saturating_sub(usize::from(*padding))]
            }
            _ => payload,
        }
    }

    /// That of the packet that this one repairs (RFC 4588 section 4).
    pub(super) fn repaired(&self, ssrc: u32, sequence_number: u16) -> Self {
        Self { ssrc, sequence_number, ..self.clone() }
    }

    /// That of the packet without what it carries again.
    pub(super) fn primary(&self, payload_type: u8) -> Self {
        Self { payload_type, ..self.clone() }
    }

    /// That of a packet which this one carries again, so many packets and units of time older (RFC 2198).
    pub(super) fn earlier(&self, packets: u16, offset: u32) -> Self {
        Self {
            sequence_number: self.sequence_number.wrapping_sub(packets),
            timestamp: self.timestamp.wrapping_sub(offset),
            marker: false,
            ..self.clone()
        }
    }

    /// The value of an extension, by the number that was agreed for it.
    pub(super) fn extension<'a>(&self, packet: &'a [u8], id: u8) -> Option<&'a [u8]> {
        let mut rest = packet.get(self.extensions.clone())?;
        let has_two_bytes = self.profile & 0xfff0 == TWO_BYTES;
        if !has_two_bytes && self.profile != ONE_BYTE {
            return None;
        }
        while let [first, tail @ ..] = rest {
            if *first == 0 {
                rest = tail; // padding
                continue;
            }
            let (found, length, tail) = if has_two_bytes {
                let [length, tail @ ..] = tail else { return None };
                (*first, usize::from(*length), tail)
            } else if first >> 4 == 15 {
                return None; // reserved: nothing after it may be read
            } else {
                (first >> 4, usize::from(first & 0x0f) + 1, tail)
            };
            let value = tail.get(..length)?;
            if found == id {
                return Some(value);
            }
            rest = &tail[length..];
        }
        None
    }
}

/// Writes the extensions of a packet that the server sends, in the form with one byte before each value.
pub(super) struct ExtensionWriter<'a> {
    packet: &'a mut Vec<u8>,
    begin: usize,
}

impl<'a> ExtensionWriter<'a> {
    /// Begins behind the fixed part of a header whose extension bit is set.
    pub(super) fn new(packet: &'a mut Vec<u8>) -> Self {
        packet.extend_from_slice(&ONE_BYTE.to_be_bytes());
        packet.extend_from_slice(&[0, 0]);
        let begin = packet.len();
        Self { packet, begin }
    }

    /// Writes a value of 1 to 16 bytes under a number from 1 to 14.
    pub(super) fn push(&mut self, id: u8, value: &[u8]) {
        self.packet.push(id << 4 | (value.len().saturating_sub(1) as u8 & 0x0f));
        self.packet.extend_from_slice(value);
    }

    /// Fills up to whole words and writes the length.
    pub(super) fn finish(self) {
        let length = (self.packet.len() - self.begin).next_multiple_of(4);
        self.packet.resize(self.begin + length, 0);
        let words = ((length / 4) as u16).to_be_bytes();
        self.packet[self.begin - 2..self.begin].copy_from_slice(&words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet() -> Vec<u8> {
        let mut packet = vec![0x90, 0x80 | 111, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5];
        let mut writer = ExtensionWriter::new(&mut packet);
        writer.push(4, b"12");
        writer.push(1, &[0x85]);
        writer.finish();
        packet.extend_from_slice(b"payload");
        packet
    }

    #[test]
    fn what_was_written_is_read() {
        let packet = packet();
        let header = Rtp::parse(&packet).unwrap();
        assert_eq!((header.payload_type, header.sequence_number, header.timestamp), (111, 7, 9));
        assert_eq!((header.ssrc, header.marker), (5, true));
        assert_eq!(header.extension(&packet, 4), Some(&b"12"[..]));
        assert_eq!(header.extension(&packet, 1), Some(&[0x85][..]));
        assert_eq!(header.extension(&packet, 2), None);
        assert_eq!(header.payload(&packet), b"payload");
    }

    #[test]
    fn the_form_with_two_bytes_is_read() {
        let mut packet = vec![0x90, 96, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, 0x10, 0, 0, 2];
        packet.extend_from_slice(&[0, 20, 3, b'a', b'b', b'c', 21, 0]);
        packet.push(1);
        let header = Rtp::parse(&packet).unwrap();
        assert_eq!(header.extension(&packet, 20), Some(&b"abc"[..]));
        assert_eq!(header.extension(&packet, 21), Some(&b""[..]));
    }

    #[test]
    fn padding_is_no_payload() {
        let mut packet = packet();
        packet[0] |= 0x20;
        packet.extend_from_slice(&[0, 0, 3]);
        assert_eq!(Rtp::parse(&packet).unwrap().payload(&packet), b"payload");
        *packet.last_mut().unwrap() = 200;
        assert_eq!(Rtp::parse(&packet).unwrap().payload(&packet), b"");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_fault(
            bytes in proptest::collection::vec(any::<u8>(), 0..80), id in 0_u8..=255,
        ) {
            if let Some(header) = Rtp::parse(&bytes) {
                prop_assert!(header.payload_at <= bytes.len());
                header.extension(&bytes, id);
                header.payload(&bytes);
            }
        }
    }
}
