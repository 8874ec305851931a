//! Huffman codes and the bits of a scan, which the processes of JPEG share (ITU-T T.81 annexes C and F).

/// What a decoder of this folder gives, or why it stopped.
pub(super) type Outcome<T> = Result<T, &'static str>;

/// A canonical Huffman code (ITU-T T.81 annex C): for every prefix of 16 bits its length and value.
#[derive(Clone)]
pub(super) struct Code {
    /// By the first 9 bits: length and value; length 0 where the code is longer.
    short: Vec<(u8, u8)>,
    /// For every length: one above the last code, moved to the left of 16 bits, and what to add to find the value.
    ends: [(u32, i32); 17],
    values: Vec<u8>,
}

impl Code {
    const SHORT_BITS: u32 = 9;

    pub(super) fn read(counts: &[u8], values: &[u8]) -> Outcome<Self> {
        let mut short = vec![(0, 0); 1 << Self::SHORT_BITS];
        let mut ends = [(0, 0); 17];
        let (mut code, mut place) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = usize::from(counts[length as usize - 1]);
            ends[length as usize].1 = place as i32 - code as i32;
            for value in values.get(place..place + count).ok_or("a Huffman table is cut")? {
                if code >= 1 << length {
                    return Err("a Huffman table has too many codes");
                }
                if length <= Self::SHORT_BITS {
                    let lift = Self::SHORT_BITS - length;
                    short[(code << lift) as usize..((code + 1) << lift) as usize]
                        .fill((length as u8, *value));
                }
                code += 1;
            }
            place += count;
            ends[length as usize].0 = code << (16 - length);
            code <<= 1;
        }
        Ok(Self { short, ends, values: values[..place].to_vec() })
    }
}

/// The bits of one scan.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    held: u64,
    count: u32,
    /// Bits at the end of `held` that the stream does not have.
    invented: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, held: 0, count: 0, invented: 0 }
    }

    /// Makes sure that 16 bits can be looked at.
    fn fill(&mut self) {
        // Four bytes at once where none of them can belong to a marker.
        if self.count <= 32
            && let Some(&[a, b, c, d]) = self.bytes.get(self.at..self.at + 4)
        {
            let word = u32::from_be_bytes([a, b, c, d]);
            if (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
                self.held = self.held << 32 | u64::from(word);
                self.count += 32;
                self.at += 4;
            }
        }
        while self.count <= 48 {
            let byte = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.at += 2;
                    0xFF
                }
                (Some(0xFF), _) | (None, _) => {
                    self.invented += 8;
                    0
                }
                (Some(&byte), _) => {
                    self.at += 1;
                    byte
                }
            };
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    fn peek(&self, bits: u32) -> u32 {
        (self.held >> (self.count - bits)) as u32 & ((1 << bits) - 1)
    }

    fn skip(&mut self, bits: u32) -> Outcome<()> {
        self.count -= bits;
        if self.count < self.invented { Err("the compressed data ends early") } else { Ok(()) }
    }

    pub(super) fn take(&mut self, bits: u32) -> Outcome<u32> {
        if bits == 0 {
            return Ok(0);
        }
        if self.count < 16 {
            self.fill();
        }
        let value = self.peek(bits);
        self.skip(bits)?;
        Ok(value)
    }

    pub(super) fn decode(&mut self, code: &Code) -> Outcome<u8> {
        if self.count < 16 {
            self.fill();
        }
        let (length, value) = code.short[self.peek(Code::SHORT_BITS) as usize];
        if length > 0 {
            self.skip(u32::from(length))?;
            return Ok(value);
        }
        let ahead = self.peek(16);
        for length in Code::SHORT_BITS + 1..=16 {
            let (end, shift) = code.ends[length as usize];
            if ahead < end {
                self.skip(length)?;
                let place = (ahead >> (16 - length)) as i32 + shift;
                return code.values.get(place as usize).copied().ok_or("a code is not in its Huffman table");
            }
        }
        // Beyond the data everything looks like a wrong code.
        Err(if self.count < self.invented + 16 {
            "the compressed data ends early"
        } else {
            "a code is not in its Huffman table"
        })
    }

    /// A number of `bits` bits with its sign (ITU-T T.81 F.2.2.1).
    pub(super) fn number(&mut self, bits: u8) -> Outcome<i32> {
        if bits > 16 {
            return Err("a coefficient has too many bits");
        }
        let value = self.take(u32::from(bits))? as i32;
        Ok(if bits > 0 && value < 1 << (bits - 1) { value - (1 << bits) + 1 } else { value })
    }

    /// To the next restart marker; whatever stands before it is passed over.
    pub(super) fn restart(&mut self) -> Outcome<()> {
        match self.find_restart() {
            Some(_) => Ok(()),
            None => Err("a restart marker is missing"),
        }
    }

    /// Behind the next restart marker of this scan, and its number.
    pub(super) fn find_restart(&mut self) -> Option<u8> {
        (self.held, self.count, self.invented) = (0, 0, 0);
        loop {
            match self.bytes.get(self.at..self.at + 2)? {
                [0xFF, marker @ 0xD0..=0xD7] => {
                    self.at += 2;
                    return Some(marker - 0xD0);
                }
                [0xFF, 0] => self.at += 2,
                [0xFF, 0xFF] | [0..=0xFE, _] => self.at += 1,
                _ => return None,
            }
        }
    }
}

/// A number of 16 bits in a marker segment.
pub(super) fn word(body: &[u8], at: usize) -> Outcome<u16> {
    match body.get(at..at + 2) {
        Some(&[high, low]) => Ok(u16::from_be_bytes([high, low])),
        _ => Err("a marker segment is cut"),
    }
}

/// A number of 8 bits in a marker segment.
pub(super) fn byte(body: &[u8], at: usize) -> Outcome<u8> {
    body.get(at).copied().ok_or("a marker segment is cut")
}
