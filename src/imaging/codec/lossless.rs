//! JPEG without loss, Huffman coded (ITU-T T.81 annex H): processes 14 of PS3.5 section 8.2.1, with samples of 2 to 16 bits.
//!
//! The libraries at hand decode it for 8 bits only, or an order of magnitude slower.

use super::huffman::{Bits, Code, Outcome, byte, word};
use crate::imaging::damage::{Damage, is_enough};

/// Decoded samples, interleaved, in little endian.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    pub(super) sample_bytes: usize,
    pub(super) damage: Option<Damage>,
}

#[derive(Default)]
struct Decoder {
    bits: u32,
    width: usize,
    height: usize,
    /// Identifiers, in the order of the samples of a pixel.
    ids: Vec<u8>,
    codes: [Option<Code>; 4],
    restart_interval: usize,
}

/// The parameters of one scan (ITU-T T.81 B.2.3).
struct Scan {
    /// Component, and its table.
    parts: Vec<(usize, usize)>,
    /// Which neighbours predict a sample (ITU-T T.81 table H.1).
    predictor: u8,
    /// Bits that were taken away before coding.
    transform: u32,
}

/// Decodes one image. The caller has checked its size against what may be allocated.
pub(super) fn decode(image: &[u8]) -> Outcome<Decoded> {
    let mut decoder = Decoder::default();
    let mut samples = Vec::new();
    // Components that are there, and the row of the first that is not whole.
    let mut scanned = Vec::new();
    let mut stopped: Option<(&'static str, usize)> = None;
    let mut at = 2;
    loop {
        while image.get(at).is_some_and(|byte| *byte != 0xFF) || image.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        let Some(&marker) = image.get(at + 1) else { break };
        at += 2;
        if marker == 0xD9 {
            break;
        }
        if matches!(marker, 0 | 1 | 0xD0..=0xD8) {
            continue;
        }
        let Some(&[high, low]) = image.get(at..at + 2) else { break };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let body = image.get(at + 2..at + length).ok_or("a marker segment is cut")?;
        at += length;
        match marker {
            0xC3 => {
                decoder.read_frame(body)?;
                samples = vec![0_u16; decoder.width * decoder.height * decoder.ids.len()];
            }
            0xC4 => decoder.read_codes(body)?,
            0xDD => decoder.restart_interval = usize::from(word(body, 0)?),
            0xDA => {
                let scan = decoder.read_scan(body)?;
                let mut bits = Bits::new(image, at);
                let outcome = decoder.decode_scan(&scan, &mut bits, &mut samples);
                at = bits.at;
                if scan.transform > 0 {
                    for &(place, _) in &scan.parts {
                        let part = samples.iter_mut().skip(place).step_by(decoder.ids.len());
                        part.for_each(|sample| *sample <<= scan.transform);
                    }
                }
                scanned.extend(scan.parts.iter().map(|part| part.0));
                if let Err((why, row)) = outcome {
                    stopped = Some((why, row));
                    break;
                }
            }
            _ => {}
        }
    }
    if scanned.is_empty() {
        return Err("there is no scan");
    }
    let is_whole = (0..decoder.ids.len()).all(|component| scanned.contains(&component));
    let damage = match stopped {
        None if is_whole => None,
        // With a component missing no row is right.
        None => return Err("a component is missing"),
        Some((why, _)) if !is_whole => return Err(why),
        Some((why, row)) if !is_enough(row as u64, decoder.height as u64) => return Err(why),
        Some((_, row)) => Some(Damage::MissingRows { first: row as u32, rows: decoder.height as u32 }),
    };
    let (bytes, sample_bytes) = if decoder.bits <= 8 {
        (samples.iter().map(|sample| *sample as u8).collect(), 1)
    } else {
        (samples.iter().flat_map(|sample| sample.to_le_bytes()).collect(), 2)
    };
    Ok(Decoded { bytes, sample_bytes, damage })
}

impl Decoder {
    fn read_frame(&mut self, body: &[u8]) -> Outcome<()> {
        if !self.ids.is_empty() {
            return Err("there are two frame headers");
        }
        self.bits = u32::from(byte(body, 0)?);
        (self.height, self.width) = (usize::from(word(body, 1)?), usize::from(word(body, 3)?));
        if !(2..=16).contains(&self.bits) || self.width == 0 || self.height == 0 {
            return Err("the frame header is impossible");
        }
        let count = usize::from(byte(body, 5)?);
        let parts = body.get(6..6 + 3 * count).filter(|_| (1..=4).contains(&count));
        let parts = parts.ok_or("a marker segment is cut")?;
        let is_subsampled = count > 1 && parts.chunks_exact(3).any(|part| part[1] != 0x11);
        if is_subsampled {
            return Err("components of different sizes are not decoded in lossless processes");
        }
        self.ids = parts.iter().step_by(3).copied().collect();
        Ok(())
    }

    fn read_codes(&mut self, mut body: &[u8]) -> Outcome<()> {
        while let Some((&head, rest)) = body.split_first() {
            let (counts, rest) = rest.split_at_checked(16).ok_or("a Huffman table is cut")?;
            let size: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let code = Code::read(counts, rest)?;
            // Tables of AC have no use here.
            if head >> 4 == 0 {
                *self.codes.get_mut(usize::from(head & 15)).ok_or("there is no such table")? = Some(code);
            }
            body = &rest[size..];
        }
        Ok(())
    }

    fn read_scan(&self, body: &[u8]) -> Outcome<Scan> {
        let count = usize::from(byte(body, 0)?);
        let mut parts = Vec::new();
        for part in 0..count {
            let (id, table) = (byte(body, 1 + 2 * part)?, byte(body, 2 + 2 * part)?);
            let place = self.ids.iter().position(|known| *known == id);
            // Some writers number the components of a scan anew: the order says which one is meant.
            let place = place.or((count == self.ids.len()).then_some(part));
            parts.push((
                place.ok_or("a scan names a component that is not there")?,
                usize::from(table >> 4 & 3),
            ));
        }
        let rest = 1 + 2 * count;
        let (predictor, transform) = (byte(body, rest)?, u32::from(byte(body, rest + 2)? & 15));
        let is_possible = (1..=4).contains(&count) && (1..=7).contains(&predictor) && transform < self.bits;
        if is_possible {
            Ok(Scan { parts, predictor, transform })
        } else {
            Err("the header of a scan is impossible")
        }
    }

    /// What stopped it, and the first row that is not whole.
    fn decode_scan(
        &self,
        scan: &Scan,
        bits: &mut Bits<'_>,
        samples: &mut [u16],
    ) -> Result<(), (&'static str, usize)> {
        let count = self.ids.len();
        let stride = self.width * count;
        let origin = 1_i32 << (self.bits - scan.transform - 1);
        let mut codes = Vec::new();
        for &(place, table) in &scan.parts {
            codes.push((place, self.codes[table].as_ref().ok_or(("a Huffman table is missing", 0))?));
        }
        let mut until_restart = self.restart_interval;
        // The first line after a start has no line above it (ITU-T T.81 H.1.2.1).
        let mut first_line = 0;
        let mut is_start = true;
        for row in 0..self.height {
            let (above, line) = samples.split_at_mut(row * stride);
            let above = above.get((row.max(1) - 1) * stride..).unwrap_or_default();
            let line = &mut line[..stride];
            for column in 0..self.width {
                if self.restart_interval > 0 {
                    if until_restart == 0 {
                        bits.restart().map_err(|why| (why, row))?;
                        until_restart = self.restart_interval;
                        (first_line, is_start) = (row, true);
                    }
                    until_restart -= 1;
                }
                for &(place, code) in &codes {
                    let here = column * count + place;
                    let difference = difference(bits, code).map_err(|why| (why, row))?;
                    let prediction = if is_start {
                        origin
                    } else if row == first_line {
                        i32::from(line[here - count])
                    } else if column == 0 {
                        i32::from(above[here])
                    } else {
                        let (a, b, c) = (
                            i32::from(line[here - count]),
                            i32::from(above[here]),
                            i32::from(above[here - count]),
                        );
                        match scan.predictor {
                            1 => a,
                            2 => b,
                            3 => c,
                            4 => a + b - c,
                            5 => a + ((b - c) >> 1),
                            6 => b + ((a - c) >> 1),
                            _ => (a + b) >> 1,
                        }
                    };
                    // Modulo 2^16 (ITU-T T.81 H.1.2.1).
                    line[here] = (prediction + difference) as u16;
                }
                is_start = false;
            }
        }
        Ok(())
    }
}

/// The next difference (ITU-T T.81 table H.2).
fn difference(bits: &mut Bits<'_>, code: &Code) -> Outcome<i32> {
    match bits.decode(code)? {
        16 => Ok(32_768),
        size => bits.number(size),
    }
}

#[cfg(test)]
mod tests;
