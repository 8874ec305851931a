//! Redundant sound: a packet carries again what the packets before it carried (RFC 2198). What is lost on the way is then there a
//! packet later, without asking.

/// Most earlier payloads that are read out of one packet, the newest ones.
pub const MAX_EARLIER: usize = 4;
/// Bounds of a block's header (RFC 2198 section 3): 14 bits of time, 10 bits of length.
const MAX_OFFSET: u32 = (1 << 14) - 1;
const MAX_LENGTH: usize = (1 << 10) - 1;
/// A packet with redundancy is not made longer than this, in bytes of payload.
const MAX_BYTES: usize = 1_000;

/// A payload that an earlier packet carried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Earlier<'a> {
    /// How much older it is, in units of the codec's clock.
    pub offset: u32,
    /// Its bytes; not empty.
    pub payload: &'a [u8],
}

/// The payload of a packet with redundancy, taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Redundant<'a> {
    earlier: [Option<Earlier<'a>>; MAX_EARLIER],
    /// What the packet is for.
    pub primary: &'a [u8],
}

impl<'a> Redundant<'a> {
    /// Reads a payload (RFC 2198 section 3). `None` if its headers promise more than there is.
    pub fn parse(payload: &'a [u8]) -> Option<Self> {
        let (mut headers, mut lengths) = (payload, [(0, 0); MAX_EARLIER]);
        let (mut count, mut skipped) = (0, 0);
        while let [first, rest @ ..] = headers
            && first & 0x80 != 0
        {
            let [high, middle, low, rest @ ..] = rest else { return None };
            let offset = u32::from(*high) << 6 | u32::from(*middle) >> 2;
            let length = usize::from(middle & 3) << 8 | usize::from(*low);
            if count == MAX_EARLIER {
                skipped += lengths[0].1;
                lengths.rotate_left(1);
                count -= 1;
            }
            lengths[count] = (offset, length);
            count += 1;
            headers = rest;
        }
        let (_, mut blocks) = headers.split_first()?;
        blocks = blocks.get(skipped..)?;
        let mut earlier = [None; MAX_EARLIER];
        for (place, (offset, length)) in lengths[..count].iter().enumerate() {
            let (block, rest) = blocks.split_at_checked(*length)?;
            if *offset > 0 && !block.is_empty() {
                // The newest first.
                earlier[count - 1 - place] = Some(Earlier { offset: *offset, payload: block });
            }
            blocks = rest;
        }
        Some(Self { earlier, primary: blocks })
    }

    /// The earlier payloads with how many packets ago they were sent, the oldest first.
    pub fn earlier(&self) -> impl Iterator<Item = (u16, Earlier<'a>)> + use<'a> {
        let numbered = self.earlier.into_iter().zip(1..=MAX_EARLIER as u16);
        numbered.rev().filter_map(|(earlier, ago)| Some((ago, earlier?)))
    }
}

/// Writes a payload with redundancy to `into`, which is emptied. `payload_type` is that of the codec inside; `earlier` are the
/// payloads of the packets right before, the newest first. One that does not fit, and all before it, are left out.
pub fn write<'a>(
    into: &mut Vec<u8>,
    payload_type: u8,
    primary: &[u8],
    earlier: impl Iterator<Item = Earlier<'a>>,
) {
    into.clear();
    let mut blocks = [None; MAX_EARLIER];
    let mut bytes = primary.len() + 1;
    for (place, block) in blocks.iter_mut().zip(earlier) {
        bytes += block.payload.len() + 4;
        if block.offset > MAX_OFFSET || block.payload.len() > MAX_LENGTH || bytes > MAX_BYTES {
            break;
        }
        *place = Some(block);
    }
    for block in blocks.iter().rev().flatten() {
        let length = block.payload.len();
        into.extend_from_slice(&[
            0x80 | payload_type,
            (block.offset >> 6) as u8,
            (block.offset << 2) as u8 | (length >> 8) as u8,
            length as u8,
        ]);
    }
    into.push(payload_type & 0x7f);
    for block in blocks.iter().rev().flatten() {
        into.extend_from_slice(block.payload);
    }
    into.extend_from_slice(primary);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blocks<'a>(payloads: &'a [Vec<u8>]) -> impl Iterator<Item = Earlier<'a>> {
        payloads.iter().zip(1..).map(|(payload, ago)| Earlier { offset: ago * 960, payload })
    }

    #[test]
    fn a_packet_as_chromium_writes_it_is_read() {
        // One earlier block of 3 bytes, 960 units old, of payload type 111.
        let payload = [0x80 | 111, 15, 0, 3, 111, 1, 2, 3, 9, 8];
        let redundant = Redundant::parse(&payload).unwrap();
        assert_eq!(redundant.primary, [9, 8]);
        let earlier: Vec<_> = redundant.earlier().collect();
        assert_eq!(earlier, [(1, Earlier { offset: 960, payload: &[1, 2, 3] })]);
        assert_eq!(Redundant::parse(&[111, 5, 6]).unwrap().primary, [5, 6]);
        assert_eq!(Redundant::parse(&payload[..3]), None);
        assert_eq!(Redundant::parse(&payload[..7]), None, "a block that is not whole");
        assert_eq!(Redundant::parse(&[]), None);
    }

    #[test]
    fn of_many_earlier_payloads_the_newest_are_read() {
        let mut payload = Vec::new();
        for ago in (1..=7_u32).rev() {
            let offset = ago * 960;
            payload.extend_from_slice(&[0x80 | 111, (offset >> 6) as u8, (offset << 2) as u8, 1]);
        }
        payload.push(111);
        payload.extend((1..=7).rev());
        payload.push(0);
        let redundant = Redundant::parse(&payload).unwrap();
        assert_eq!(redundant.primary, [0]);
        let earlier: Vec<_> =
            redundant.earlier().map(|(ago, block)| (ago, block.offset, block.payload[0])).collect();
        assert_eq!(earlier, [(4, 3_840, 4), (3, 2_880, 3), (2, 1_920, 2), (1, 960, 1)]);
    }

    #[test]
    fn what_does_not_fit_is_left_out_with_all_before_it() {
        let mut payload = Vec::new();
        let long = [vec![1; 100], vec![2; 900], vec![3; 10]];
        write(&mut payload, 111, &[7; 50], blocks(&long));
        let redundant = Redundant::parse(&payload).unwrap();
        assert_eq!(redundant.primary, [7; 50]);
        assert_eq!(redundant.earlier().map(|(ago, _)| ago).collect::<Vec<_>>(), [1]);
        let old = [Earlier { offset: 1 << 14, payload: &[1] }];
        write(&mut payload, 111, &[7], old.into_iter());
        assert_eq!(payload, [111, 7]);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            primary in proptest::collection::vec(any::<u8>(), 1..200),
            earlier in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..150), 0..4),
        ) {
            let mut payload = Vec::new();
            write(&mut payload, 111, &primary, blocks(&earlier));
            let redundant = Redundant::parse(&payload).unwrap();
            prop_assert_eq!(redundant.primary, &primary[..]);
            let read: Vec<_> = redundant.earlier().map(|(ago, block)| (ago, block.payload.to_vec())).collect();
            let mut written: Vec<_> = (1_u16..).zip(earlier).collect();
            written.reverse();
            prop_assert_eq!(read, written);
        }

        #[test]
        fn any_bytes_are_read_without_a_fault(payload in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(redundant) = Redundant::parse(&payload) {
                prop_assert!(redundant.earlier().count() <= MAX_EARLIER);
            }
        }
    }
}
