//! JPEG by DCT with samples of 8 or 12 bits, sequential and progressive, Huffman coded (ITU-T T.81 annexes F and G).
//!
//! The libraries at hand decode 8 bits only; of those, what they do not finish comes here, where it is known how far a
//! damaged image goes.

use super::huffman::{Bits, Code, Outcome, byte, word};
use super::marks::most_scans;
use crate::imaging::damage::{Damage, is_enough};

/// The way of coefficients through a block (ITU-T T.81 figure 5).
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Decoded samples, interleaved, in little endian, before any conversion of colour.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    pub(super) sample_bytes: usize,
    pub(super) damage: Option<Damage>,
}

/// One component and its coefficients, block by block.
struct Component {
    id: u8,
    horizontal: usize,
    vertical: usize,
    quantization: usize,
    /// Blocks a line, with those that only fill up the last unit.
    stride: usize,
    /// Blocks that hold samples, across and down.
    across: usize,
    down: usize,
    blocks: Vec<[i16; 64]>,
    prediction: i32,
}

/// The parameters of one scan (ITU-T T.81 B.2.3).
struct Scan {
    /// Component, tables of DC and AC.
    parts: Vec<(usize, usize, usize)>,
    start: usize,
    end: usize,
    high: u8,
    low: u8,
}

#[derive(Default)]
struct Decoder {
    bits: u32,
    width: usize,
    height: usize,
    is_progressive: bool,
    largest: (usize, usize),
    components: Vec<Component>,
    quantization: [Option<[u16; 64]>; 4],
    direct: [Option<Code>; 4],
    alternating: [Option<Code>; 4],
    restart_interval: usize,
}

/// Why a scan did not go to its end.
struct Stop {
    why: &'static str,
    /// Units that were decoded, of how many.
    units: (usize, usize),
    /// The line of the image on which it stopped.
    row: usize,
    /// It went on after the fault, at a restart marker.
    is_resumed: bool,
}

/// Decodes one image. The caller has checked its size.
pub(super) fn decode(image: &[u8]) -> Outcome<Decoded> {
    let mut decoder = Decoder::default();
    let mut scans: Vec<Scan> = Vec::new();
    let mut stop: Option<Stop> = None;
    let mut has_end = false;
    let mut at = 2;
    loop {
        while image.get(at).is_some_and(|byte| *byte != 0xFF) || image.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        let Some(&marker) = image.get(at + 1) else { break };
        at += 2;
        if marker == 0xD9 {
            has_end = true;
            break;
        }
        if matches!(marker, 0 | 1 | 0xD0..=0xD8) {
            continue;
        }
        let length = match image.get(at..at + 2) {
            Some(&[high, low]) => usize::from(u16::from_be_bytes([high, low])),
            _ => break,
        };
        let Some(body) = image.get(at + 2..at + length) else {
            if scans.is_empty() {
                return Err("a marker segment is cut");
            }
            break;
        };
        at += length;
        match marker {
            0xC0..=0xC2 => decoder.read_frame(body, marker == 0xC2)?,
            0xC4 => decoder.read_codes(body)?,
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCF => return Err("this process is not decoded here"),
            0xDB => decoder.read_quantization(body)?,
            0xDD => decoder.restart_interval = usize::from(word(body, 0)?),
            0xDA => {
                if scans.len() >= most_scans(decoder.width * decoder.height) as usize {
                    return Err("there are too many scans");
                }
                let scan = decoder.read_scan(body)?;
                let mut bits = Bits::new(image, at);
                let outcome = decoder.decode_scan(&scan, &mut bits);
                at = bits.at;
                scans.push(scan);
                if let Err(fault) = outcome {
                    let is_resumed = fault.is_resumed;
                    stop = stop.or(Some(fault));
                    if !is_resumed {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    let damage = decoder.damage(&scans, stop, has_end)?;
    decoder.samples(damage)
}

impl Decoder {
    fn read_frame(&mut self, body: &[u8], is_progressive: bool) -> Outcome<()> {
        if !self.components.is_empty() {
            return Err("there are two frame headers");
        }
        self.bits = u32::from(byte(body, 0)?);
        (self.height, self.width) = (usize::from(word(body, 1)?), usize::from(word(body, 3)?));
        self.is_progressive = is_progressive;
        if !matches!(self.bits, 8 | 12) || self.width == 0 || self.height == 0 {
            return Err("the frame header is impossible");
        }
        let count = usize::from(byte(body, 5)?);
        let parts = body
            .get(6..6 + 3 * count)
            .filter(|_| (1..=4).contains(&count))
            .ok_or("a marker segment is cut")?;
        let factors = |factor: u8| (usize::from(factor >> 4), usize::from(factor & 15));
        for part in parts.chunks_exact(3) {
            let (horizontal, vertical) = factors(part[1]);
            if !(1..=4).contains(&horizontal) || !(1..=4).contains(&vertical) || part[2] > 3 {
                return Err("the frame header is impossible");
            }
            self.largest = (self.largest.0.max(horizontal), self.largest.1.max(vertical));
        }
        let units = (self.width.div_ceil(8 * self.largest.0), self.height.div_ceil(8 * self.largest.1));
        for part in parts.chunks_exact(3) {
            let (horizontal, vertical) = factors(part[1]);
            let stride = units.0 * horizontal;
            self.components.push(Component {
                id: part[0],
                horizontal,
                vertical,
                quantization: usize::from(part[2]),
                stride,
                across: (self.width * horizontal).div_ceil(8 * self.largest.0),
                down: (self.height * vertical).div_ceil(8 * self.largest.1),
                blocks: vec![[0; 64]; stride * units.1 * vertical],
                prediction: 0,
            });
        }
        Ok(())
    }

    fn read_quantization(&mut self, mut body: &[u8]) -> Outcome<()> {
        while let Some((&head, rest)) = body.split_first() {
            let size = if head >> 4 == 0 { 64 } else { 128 };
            let entries = rest.get(..size).ok_or("a quantization table is cut")?;
            let table = self.quantization.get_mut(usize::from(head & 15)).ok_or("there is no such table")?;
            let read = |k: usize| {
                if size == 64 {
                    u16::from(entries[k])
                } else {
                    u16::from_be_bytes([entries[2 * k], entries[2 * k + 1]])
                }
            };
            *table = Some(std::array::from_fn(read));
            body = &rest[size..];
        }
        Ok(())
    }

    fn read_codes(&mut self, mut body: &[u8]) -> Outcome<()> {
        while let Some((&head, rest)) = body.split_first() {
            let (counts, rest) = rest.split_at_checked(16).ok_or("a Huffman table is cut")?;
            let size: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let code = Code::read(counts, rest)?;
            let tables = if head >> 4 == 0 { &mut self.direct } else { &mut self.alternating };
            *tables.get_mut(usize::from(head & 15)).ok_or("there is no such table")? = Some(code);
            body = &rest[size..];
        }
        Ok(())
    }

    fn read_scan(&self, body: &[u8]) -> Outcome<Scan> {
        let count = usize::from(byte(body, 0)?);
        let mut parts = Vec::new();
        for part in 0..count {
            let (id, tables) = (byte(body, 1 + 2 * part)?, byte(body, 2 + 2 * part)?);
            let place = self.components.iter().position(|component| component.id == id);
            parts.push((
                place.ok_or("a scan names a component that is not there")?,
                usize::from(tables >> 4 & 3),
                usize::from(tables & 3),
            ));
        }
        let rest = 1 + 2 * count;
        let (mut start, mut end) = (usize::from(byte(body, rest)?), usize::from(byte(body, rest + 1)?));
        let mut levels = byte(body, rest + 2)?;
        if !self.is_progressive {
            (start, end, levels) = (0, 63, 0);
        }
        let is_possible = start <= end
            && end <= 63
            && (start > 0 || end == 0 || !self.is_progressive)
            && (start == 0 || count == 1)
            && (1..=4).contains(&count)
            && levels >> 4 < 14
            && levels & 15 < 14;
        if is_possible {
            Ok(Scan { parts, start, end, high: levels >> 4, low: levels & 15 })
        } else {
            Err("the header of a scan is impossible")
        }
    }

    /// What is wrong with an image of these scans; an error if too little of it is there.
    fn damage(&self, scans: &[Scan], stop: Option<Stop>, has_end: bool) -> Outcome<Option<Damage>> {
        let has = |component| scans.iter().any(|scan| scan.parts.iter().any(|part| part.0 == component));
        if scans.is_empty() {
            return Err("there is no scan");
        }
        if !(0..self.components.len()).all(has) {
            return Err(stop.map_or("a component is missing", |stop| stop.why));
        }
        let Some(Stop { why, units: (have, need), row, is_resumed }) = stop else {
            // Without its end marker a sequential image is whole, and a progressive one may lack its last scans.
            let is_open = self.is_progressive && !has_end;
            return Ok(is_open.then(|| Damage::CodecStopped("the compressed data ends early".to_owned())));
        };
        if self.is_progressive {
            // What the first scans gave is a picture of the whole frame.
            let is_late = scans.len() > self.components.len();
            if !is_late && !is_enough(have as u64, need as u64) {
                return Err(why);
            }
            return Ok(Some(Damage::CodecStopped(why.to_owned())));
        }
        if !is_enough(have as u64, need as u64) {
            return Err(why);
        }
        Ok(Some(if is_resumed || scans.len() > 1 || row == 0 {
            Damage::CodecStopped(why.to_owned())
        } else {
            Damage::MissingRows { first: row as u32, rows: self.height as u32 }
        }))
    }

    fn decode_scan(&mut self, scan: &Scan, bits: &mut Bits<'_>) -> Result<(), Stop> {
        // Alone a component comes block by block, together they come in units.
        let alone = match scan.parts[..] {
            [(only, ..)] => Some((self.components[only].across, self.components[only].down)),
            _ => None,
        };
        let units = (self.width.div_ceil(8 * self.largest.0), self.height.div_ceil(8 * self.largest.1));
        let (across, down) = alone.unwrap_or(units);
        let total = across * down;
        let interval = if self.restart_interval > 0 { self.restart_interval } else { total };
        let mut first_fault: Option<&'static str> = None;
        let (mut start, mut decoded) = (0, 0);
        while start < total {
            let end = total.min(start + interval);
            let (done, outcome) = self.decode_interval(scan, bits, start..end, across, alone.is_some());
            decoded += done;
            let stopped_at = start + done;
            start = end;
            let why = match outcome {
                Ok(()) if end == total => break,
                Ok(()) => match bits.restart() {
                    Ok(()) => continue,
                    Err(why) => why,
                },
                Err(why) => why,
            };
            // On at the next restart marker, whose number tells how many intervals are lost.
            let number = (end.div_ceil(interval) - 1) % 8;
            match bits.find_restart() {
                Some(found) => {
                    first_fault = first_fault.or(Some(why));
                    start = end + (usize::from(found) + 8 - number) % 8 * interval;
                }
                None => {
                    let lines =
                        8 * self.largest.1 / alone.map_or(1, |_| self.components[scan.parts[0].0].vertical);
                    let line = (stopped_at / across * lines).min(self.height);
                    let units = (decoded, total);
                    let why = first_fault.unwrap_or(why);
                    return Err(Stop { why, units, row: line, is_resumed: first_fault.is_some() });
                }
            }
        }
        match first_fault {
            Some(why) => Err(Stop { why, units: (decoded, total), row: 0, is_resumed: true }),
            None => Ok(()),
        }
    }

    /// Decodes the units between two restart markers; how many there were.
    fn decode_interval(
        &mut self,
        scan: &Scan,
        bits: &mut Bits<'_>,
        units: std::ops::Range<usize>,
        across: usize,
        is_alone: bool,
    ) -> (usize, Outcome<()>) {
        self.components.iter_mut().for_each(|component| component.prediction = 0);
        let mut run = 0;
        for unit in units.clone() {
            let place = (unit % across, unit / across);
            if let Err(why) = self.decode_unit(scan, bits, place, is_alone, &mut run) {
                return (unit - units.start, Err(why));
            }
        }
        (units.len(), Ok(()))
    }

    fn decode_unit(
        &mut self,
        scan: &Scan,
        bits: &mut Bits<'_>,
        (column, row): (usize, usize),
        is_alone: bool,
        run: &mut u32,
    ) -> Outcome<()> {
        for &(place, direct, alternating) in &scan.parts {
            let component = &mut self.components[place];
            let (wide, tall) = if is_alone { (1, 1) } else { (component.horizontal, component.vertical) };
            for part in 0..wide * tall {
                let block = (row * tall + part / wide) * component.stride + column * wide + part % wide;
                let coefficients = &mut component.blocks[block];
                let (direct, alternating) =
                    (self.direct[direct].as_ref(), self.alternating[alternating].as_ref());
                if scan.start == 0 {
                    if scan.high == 0 {
                        let size = bits.decode(direct.ok_or("a Huffman table is missing")?)?;
                        component.prediction = component.prediction.wrapping_add(bits.number(size)?);
                        coefficients[0] = (component.prediction << scan.low) as i16;
                    } else if bits.take(1)? == 1 {
                        coefficients[0] |= 1 << scan.low;
                    }
                }
                if scan.end == 0 {
                    continue;
                }
                let code = alternating.ok_or("a Huffman table is missing")?;
                if scan.high == 0 {
                    first_pass(coefficients, scan, bits, code, run)?;
                } else {
                    refine(coefficients, scan, bits, code, run)?;
                }
            }
        }
        Ok(())
    }

    fn samples(self, damage: Option<Damage>) -> Outcome<Decoded> {
        let waves = waves();
        let count = self.components.len();
        let sample_bytes = if self.bits > 8 { 2 } else { 1 };
        let line_bytes = self.width * count * sample_bytes;
        let mut bytes = vec![0; line_bytes * self.height];
        let (middle, largest) = ((1 << (self.bits - 1)) as f32, ((1 << self.bits) - 1) as f32);
        for (place, component) in self.components.iter().enumerate() {
            let table = self.quantization[component.quantization].ok_or("a quantization table is missing")?;
            // One line of blocks after the other.
            let stride = component.stride * 8;
            let mut band = vec![0_u16; stride * 8];
            let mut filled = usize::MAX;
            for row in 0..self.height {
                let line = row * component.vertical / self.largest.1;
                if line / 8 != filled {
                    filled = line / 8;
                    for column in 0..component.stride {
                        let values =
                            inverse(&component.blocks[filled * component.stride + column], &table, &waves);
                        for (y, eight) in values.chunks_exact(8).enumerate() {
                            for (x, value) in eight.iter().enumerate() {
                                band[y * stride + column * 8 + x] =
                                    (value + middle + 0.5).clamp(0.0, largest) as u16;
                            }
                        }
                    }
                }
                let source = &band[line % 8 * stride..][..stride];
                let target = bytes[row * line_bytes..][..line_bytes].chunks_exact_mut(sample_bytes);
                for (column, sample) in target.skip(place).step_by(count).enumerate() {
                    let value = source[column * component.horizontal / self.largest.0];
                    sample.copy_from_slice(&value.to_le_bytes()[..sample_bytes]);
                }
            }
        }
        Ok(Decoded { bytes, sample_bytes, damage })
    }
}

/// The coefficients of a band for the first time (ITU-T T.81 F.2.2.2, G.1.2.2).
fn first_pass(
    block: &mut [i16; 64],
    scan: &Scan,
    bits: &mut Bits<'_>,
    code: &Code,
    run: &mut u32,
) -> Outcome<()> {
    if *run > 0 {
        *run -= 1;
        return Ok(());
    }
    let mut k = scan.start.max(1);
    while k <= scan.end {
        let symbol = bits.decode(code)?;
        let (zeros, size) = (usize::from(symbol >> 4), symbol & 15);
        if size == 0 {
            if zeros == 15 {
                k += 16;
                continue;
            }
            *run = (1 << zeros) - 1 + bits.take(zeros as u32)?;
            break;
        }
        k += zeros;
        let place = *ZIGZAG.get(k).filter(|_| k <= scan.end).ok_or("a coefficient lies outside its block")?;
        block[place] = (bits.number(size)? << scan.low) as i16;
        k += 1;
    }
    Ok(())
}

/// One more bit of the coefficients of a band (ITU-T T.81 G.1.2.3).
fn refine(
    block: &mut [i16; 64],
    scan: &Scan,
    bits: &mut Bits<'_>,
    code: &Code,
    run: &mut u32,
) -> Outcome<()> {
    let step = 1_i16 << scan.low;
    let correct = |value: &mut i16, bits: &mut Bits<'_>| -> Outcome<()> {
        if bits.take(1)? == 1 && *value & step == 0 {
            *value = value.saturating_add(if *value > 0 { step } else { -step });
        }
        Ok(())
    };
    let mut k = scan.start.max(1);
    if *run == 0 {
        while k <= scan.end {
            let symbol = bits.decode(code)?;
            let (mut zeros, size) = (symbol >> 4, symbol & 15);
            let mut new = 0;
            if size == 0 {
                if zeros < 15 {
                    *run = (1 << zeros) + bits.take(u32::from(zeros))?;
                    break;
                }
            } else {
                new = if bits.take(1)? == 1 { step } else { -step };
            }
            while k <= scan.end {
                let value = &mut block[ZIGZAG[k]];
                if *value != 0 {
                    correct(value, bits)?;
                } else if zeros == 0 {
                    *value = new;
                    break;
                } else {
                    zeros -= 1;
                }
                k += 1;
            }
            k += 1;
        }
    }
    if *run > 0 {
        for place in ZIGZAG.get(k..=scan.end).unwrap_or_default() {
            if block[*place] != 0 {
                correct(&mut block[*place], bits)?;
            }
        }
        *run -= 1;
    }
    Ok(())
}

/// `[frequency][place]`: the waves of the transform with their weights (ITU-T T.81 A.3.3).
fn waves() -> [[f32; 8]; 8] {
    std::array::from_fn(|frequency| {
        let weight = if frequency == 0 { 0.125_f64.sqrt() } else { 0.5 };
        std::array::from_fn(|place| {
            let turn = (2 * place + 1) as f64 * frequency as f64 * std::f64::consts::PI / 16.0;
            (weight * turn.cos()) as f32
        })
    })
}

/// Samples of a block around 0, row by row.
fn inverse(block: &[i16; 64], table: &[u16; 64], waves: &[[f32; 8]; 8]) -> [f32; 64] {
    let mut scaled = [0.0; 64];
    for (k, &place) in ZIGZAG.iter().enumerate() {
        scaled[place] = f32::from(block[place]) * f32::from(table[k]);
    }
    if scaled[1..].iter().all(|&value| value == 0.0) {
        return [scaled[0] / 8.0; 64];
    }
    let mut lines = [0.0; 64];
    for row in 0..8 {
        for (frequency, wave) in waves.iter().enumerate() {
            let strength = scaled[row * 8 + frequency];
            if strength != 0.0 {
                for place in 0..8 {
                    lines[row * 8 + place] += strength * wave[place];
                }
            }
        }
    }
    let mut values = [0.0; 64];
    for (frequency, wave) in waves.iter().enumerate() {
        for row in 0..8 {
            for column in 0..8 {
                values[row * 8 + column] += lines[frequency * 8 + column] * wave[row];
            }
        }
    }
    values
}

#[cfg(test)]
mod tests;
