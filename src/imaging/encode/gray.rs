//! JPEG of grey pictures (ISO/IEC 10918-1, baseline, one component), for processors with AVX2: the picture that somebody drags a window over is
//! encoded anew with every step, and that is most of what a step costs. Tables are those of Annex K, scaled by quality as everybody scales them, so
//! that a picture is as large and as near as libjpeg-turbo's. See docs/adr/0028-grey-jpeg-of-our-own.md.

use std::f32::consts::FRAC_1_SQRT_2;

use pulp::x86::V3;

/// Of luminance (table K.1), row by row.
const QUANTA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17,
    22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78,
    87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/// Where a coefficient lies in its block, row by row, in the order in which they are written (figure A.6).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// How many codes have each length, and what they stand for: differences of DC (table K.3), and of AC (table K.5).
const DC: Huffman<12> = Huffman {
    lengths: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    symbols: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
};
const AC: Huffman<162> = Huffman {
    lengths: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
    symbols: [
        0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22,
        0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33,
        0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x34,
        0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55,
        0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76,
        0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96,
        0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5,
        0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4,
        0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1,
        0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
    ],
};
/// Sixteen zeros, and nothing but zeros until the end of the block.
const SIXTEEN_ZEROS: u8 = 0xF0;
const REST_IS_ZERO: u8 = 0x00;

struct Huffman<const SYMBOLS: usize> {
    lengths: [u8; 16],
    symbols: [u8; SYMBOLS],
}

/// The code of a symbol with room behind it for the bits of a coefficient, as many as the symbol's lower half says, and how many bits that are in all.
#[derive(Clone, Copy, Debug)]
struct Code {
    bits: u32,
    length: u32,
}

impl<const SYMBOLS: usize> Huffman<SYMBOLS> {
    /// Codes by symbol (section C.2).
    const fn codes(&self) -> [Code; 256] {
        let mut codes = [Code { bits: 0, length: 0 }; 256];
        let (mut next, mut place, mut length) = (0_u32, 0, 0);
        while length < 16 {
            let mut left = self.lengths[length];
            while left > 0 {
                let symbol = self.symbols[place];
                let behind = symbol as u32 & 15;
                codes[symbol as usize] = Code { bits: next << behind, length: length as u32 + 1 + behind };
                next += 1;
                place += 1;
                left -= 1;
            }
            next <<= 1;
            length += 1;
        }
        codes
    }

    /// A segment DHT (section B.2.4.2).
    fn write(&self, class: u8, out: &mut Vec<u8>) {
        out.extend([0xFF, 0xC4]);
        out.extend((2 + 1 + 16 + SYMBOLS as u16).to_be_bytes());
        out.push(class << 4);
        out.extend(self.lengths);
        out.extend(self.symbols);
    }
}

const DC_CODES: [Code; 256] = DC.codes();
const AC_CODES: [Code; 256] = AC.codes();

/// Blocks are held turned: horizontal frequency by horizontal frequency. Where what is held comes in the order of writing, and the reverse.
const WRITTEN_AT: [u8; 64] = written_at();
const HELD_AT: [u8; 64] = held_at();

const fn written_at() -> [u8; 64] {
    let mut written = [0; 64];
    let mut place = 0;
    while place < 64 {
        let natural = ZIGZAG[place];
        written[(natural % 8 * 8 + natural / 8) as usize] = place as u8;
        place += 1;
    }
    written
}

const fn held_at() -> [u8; 64] {
    let mut held = [0; 64];
    let mut place = 0;
    while place < 64 {
        held[WRITTEN_AT[place] as usize] = place as u8;
        place += 1;
    }
    held
}

/// Quantisation of a quality from 1 to 100: steps as they are written, and what a held coefficient of [`transform`] is multiplied with.
struct Quanta {
    steps: [u8; 64],
    factors: [[f32; 8]; 8],
}

impl Quanta {
    fn of(percent: u8) -> Self {
        let percent = u16::from(percent.clamp(1, 100));
        let scale = if percent < 50 { 5000 / percent } else { 200 - percent * 2 };
        let step = |natural: usize| {
            let step = (u32::from(QUANTA[natural]) * u32::from(scale) + 50) / 100;
            step.clamp(1, 255) as u8
        };
        // The transform leaves each frequency with a factor of its own (Arai, Agui, Nakajima 1988).
        let own = |frequency: usize| match frequency {
            0 => 1.0,
            _ => (frequency as f64 * std::f64::consts::PI / 16.0).cos() * std::f64::consts::SQRT_2,
        };
        let factor = |horizontal: usize, vertical: usize| {
            let step = f64::from(step(vertical * 8 + horizontal));
            (1.0 / (step * own(horizontal) * own(vertical) * 8.0)) as f32
        };
        Self {
            steps: ZIGZAG.map(|natural| step(usize::from(natural))),
            factors: std::array::from_fn(|across| std::array::from_fn(|down| factor(across, down))),
        }
    }
}

/// Bits behind one another, with a zero byte after each of ones (section F.1.2.3).
struct Bits {
    out: Vec<u8>,
    /// The last that were put, `count` of them, under others that are written already.
    held: u64,
    count: u32,
}

impl Bits {
    /// A code, and the bits of a coefficient behind it.
    #[inline(always)]
    fn put_code(&mut self, code: Code, value: u32) {
        self.put(u64::from(code.bits | value), code.length);
    }

    /// `bits` has no others than its lowest `length`, which are 32 at most.
    #[inline(always)]
    fn put(&mut self, bits: u64, length: u32) {
        let count = self.count + length;
        if count < 64 {
            self.held = self.held << length | bits;
            self.count = count;
        } else {
            let over = count - 64;
            self.write(self.held << (length - over) | bits >> over);
            self.held = bits;
            self.count = over;
        }
    }

    #[inline(always)]
    fn write(&mut self, word: u64) {
        const HIGHEST: u64 = 0x8080_8080_8080_8080;
        const ONES: u64 = 0x0101_0101_0101_0101;
        // Only a byte of ones loses its highest bit by one more. A carry from another byte of ones makes a false alarm at most.
        if word & HIGHEST & !word.wrapping_add(ONES) == 0 {
            self.out.extend_from_slice(&word.to_be_bytes());
        } else {
            self.write_stuffed(&word.to_be_bytes());
        }
    }

    #[cold]
    fn write_stuffed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.out.push(*byte);
            if *byte == 0xFF {
                self.out.push(0);
            }
        }
    }

    /// The rest, filled up with ones.
    fn finish(mut self) -> Vec<u8> {
        let missing = (8 - self.count % 8) % 8;
        self.put((1 << missing) - 1, missing);
        let bytes = (self.held << (64 - self.count.max(1))).to_be_bytes();
        self.write_stuffed(&bytes[..self.count as usize / 8]);
        self.out
    }
}

/// How many bits a coefficient takes, and these bits (section F.1.2.1).
#[inline(always)]
fn magnitude(value: i32) -> (u32, u32) {
    let length = 32 - value.unsigned_abs().leading_zeros();
    // What is below nothing is told by one less.
    let bits = (value + (value >> 31)) as u32 & ((1 << length) - 1);
    (length, bits)
}

/// One block: `held` as [`transform`] leaves it, `places` of what is not zero, and the DC of the block before.
#[inline(always)]
fn write_block(bits: &mut Bits, held: &[i16; 64], places: u64, before: &mut i32) {
    let dc = i32::from(held[0]);
    let (length, value) = magnitude(dc - *before);
    *before = dc;
    bits.put_code(DC_CODES[(length & 15) as usize], value);
    // In the order of writing.
    let (mut left, mut others) = (0_u64, places & !1);
    while others != 0 {
        left |= 1 << WRITTEN_AT[others.trailing_zeros() as usize];
        others &= others - 1;
    }
    let mut at = 0;
    while left != 0 {
        let place = left.trailing_zeros();
        left &= left - 1;
        let mut run = place - at - 1;
        at = place;
        while run > 15 {
            bits.put_code(AC_CODES[usize::from(SIXTEEN_ZEROS)], 0);
            run -= 16;
        }
        let (length, value) = magnitude(i32::from(held[usize::from(HELD_AT[place as usize & 63])]));
        bits.put_code(AC_CODES[(run << 4 | length & 15) as usize & 255], value);
    }
    if at < 63 {
        bits.put_code(AC_CODES[usize::from(REST_IS_ZERO)], 0);
    }
}

/// Rows of eight pixels to rounded steps of quantisation, held turned, and the places of those that are not zero. The transform is that of Arai, Agui and
/// Nakajima in single precision.
#[inline(always)]
fn transform(simd: V3, rows: [[u8; 8]; 8], factors: &[[f32; 8]; 8], held: &mut [i16; 64]) -> u64 {
    let (a, b, c) = (simd.avx, simd.avx2, simd.sse2);
    // Closures of arrays are not always taken in, and then the arithmetic in them is not wide.
    let wide = |row: [u8; 8]| {
        a._mm256_cvtepi32_ps(b._mm256_cvtepu8_epi32(c._mm_set_epi64x(0, i64::from_le_bytes(row))))
    };
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
    let lines = [wide(r0), wide(r1), wide(r2), wide(r3), wide(r4), wide(r5), wide(r6), wide(r7)];
    let turned = turned(simd, line(simd, lines));
    let mut columns = line(simd, turned);
    // Grey is zero: only the mean knows of it.
    let mean: pulp::f32x8 = pulp::f32x8(8192.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    columns[0] = a._mm256_sub_ps(columns[0], pulp::cast(mean));
    let step = |place: usize| {
        let factor = pulp::cast(factors[place]);
        a._mm256_cvtps_epi32(a._mm256_mul_ps(columns[place], factor))
    };
    // Packing takes halves in turns; what is put right here is counted in eights of bytes.
    let pair = |first: usize| {
        b._mm256_permute4x64_epi64::<0b11_01_10_00>(b._mm256_packs_epi32(step(first), step(first + 1)))
    };
    let pairs = [pair(0), pair(2), pair(4), pair(6)];
    let none = a._mm256_setzero_si256();
    let zeros = |first: usize| {
        let (low, high) =
            (b._mm256_cmpeq_epi16(pairs[first], none), b._mm256_cmpeq_epi16(pairs[first + 1], none));
        let both = b._mm256_permute4x64_epi64::<0b11_01_10_00>(b._mm256_packs_epi16(low, high));
        u64::from(b._mm256_movemask_epi8(both) as u32)
    };
    let places = !(zeros(0) | zeros(2) << 32);
    *held = pulp::cast(pairs);
    places
}

/// The transform of eight numbers, eight times beside one another.
#[inline(always)]
fn line(simd: V3, [d0, d1, d2, d3, d4, d5, d6, d7]: [Wide; 8]) -> [Wide; 8] {
    let a = simd.avx;
    let (plus, minus) = (|x, y| a._mm256_add_ps(x, y), |x, y| a._mm256_sub_ps(x, y));
    let times = |x, factor: f32| a._mm256_mul_ps(x, a._mm256_set1_ps(factor));
    let (s0, s7, s1, s6) = (plus(d0, d7), minus(d0, d7), plus(d1, d6), minus(d1, d6));
    let (s2, s5, s3, s4) = (plus(d2, d5), minus(d2, d5), plus(d3, d4), minus(d3, d4));
    let (e0, e3, e1, e2) = (plus(s0, s3), minus(s0, s3), plus(s1, s2), minus(s1, s2));
    let z1 = times(plus(e2, e3), FRAC_1_SQRT_2);
    let (o0, o1, o2) = (plus(s4, s5), plus(s5, s6), plus(s6, s7));
    // cos 3/8 pi; cos 1/8 pi - cos 3/8 pi; cos 1/8 pi + cos 3/8 pi.
    let z5 = times(minus(o0, o2), 0.382_683_43);
    let z2 = plus(times(o0, 0.541_196_1), z5);
    let z4 = plus(times(o2, 1.306_563), z5);
    let z3 = times(o1, FRAC_1_SQRT_2);
    let (z11, z13) = (plus(s7, z3), minus(s7, z3));
    [
        plus(e0, e1),
        plus(z11, z4),
        plus(e3, z1),
        minus(z13, z2),
        minus(e0, e1),
        plus(z13, z2),
        minus(e3, z1),
        minus(z11, z4),
    ]
}

type Wide = std::arch::x86_64::__m256;

/// Rows as columns.
#[inline(always)]
fn turned(simd: V3, [r0, r1, r2, r3, r4, r5, r6, r7]: [Wide; 8]) -> [Wide; 8] {
    let a = simd.avx;
    let low = |x, y| a._mm256_unpacklo_ps(x, y);
    let high = |x, y| a._mm256_unpackhi_ps(x, y);
    let firsts = |x, y| a._mm256_shuffle_ps::<0b01_00_01_00>(x, y);
    let seconds = |x, y| a._mm256_shuffle_ps::<0b11_10_11_10>(x, y);
    let (t0, t1, t2, t3) = (low(r0, r1), high(r0, r1), low(r2, r3), high(r2, r3));
    let (t4, t5, t6, t7) = (low(r4, r5), high(r4, r5), low(r6, r7), high(r6, r7));
    let (u0, u1, u2, u3) = (firsts(t0, t2), seconds(t0, t2), firsts(t1, t3), seconds(t1, t3));
    let (u4, u5, u6, u7) = (firsts(t4, t6), seconds(t4, t6), firsts(t5, t7), seconds(t5, t7));
    let left = |x, y| a._mm256_permute2f128_ps::<0x20>(x, y);
    let right = |x, y| a._mm256_permute2f128_ps::<0x31>(x, y);
    [
        left(u0, u4),
        left(u1, u5),
        left(u2, u6),
        left(u3, u7),
        right(u0, u4),
        right(u1, u5),
        right(u2, u6),
        right(u3, u7),
    ]
}

/// Eight rows of eight pixels; beyond the edges, the last column and the last row again.
fn edge_block(pixels: &[u8], (width, height): (usize, usize), left: usize, top: usize) -> [[u8; 8]; 8] {
    std::array::from_fn(|down| {
        let row = (top + down).min(height - 1) * width;
        std::array::from_fn(|across| pixels[row + (left + across).min(width - 1)])
    })
}

/// JPEG of grey pixels, row by row, in a quality from 1 to 100; `None` on a processor that has no AVX2. The pixels fill the size, which is neither empty nor
/// larger than the format's 65 535 x 65 535.
pub(super) fn encode(pixels: &[u8], width: u16, height: u16, percent: u8) -> Option<Vec<u8>> {
    let simd = V3::try_new()?;
    let quanta = Quanta::of(percent);
    let mut out = Vec::with_capacity(pixels.len() / 8 + 1024);
    write_head(&quanta, width, height, &mut out);
    let mut bits = Bits { out, held: 0, count: 0 };
    let size = (usize::from(width), usize::from(height));
    simd.vectorize(
        #[inline(always)]
        || {
            let (mut held, mut before) = ([0; 64], 0);
            for top in (0..size.1).step_by(8) {
                let whole = if top + 8 <= size.1 { size.0 / 8 * 8 } else { 0 };
                for left in (0..size.0).step_by(8) {
                    let rows = if left < whole {
                        let mut rows = [[0; 8]; 8];
                        for (down, row) in rows.iter_mut().enumerate() {
                            let start = (top + down) * size.0 + left;
                            row.copy_from_slice(&pixels[start..start + 8]);
                        }
                        rows
                    } else {
                        edge_block(pixels, size, left, top)
                    };
                    let places = transform(simd, rows, &quanta.factors, &mut held);
                    write_block(&mut bits, &held, places, &mut before);
                }
            }
        },
    );
    let mut out = bits.finish();
    out.extend([0xFF, 0xD9]);
    Some(out)
}

/// Everything before the coefficients (section B.2), and that a JFIF file lies here (JFIF 1.01).
fn write_head(quanta: &Quanta, width: u16, height: u16, out: &mut Vec<u8>) {
    out.extend([0xFF, 0xD8]);
    out.extend([0xFF, 0xE0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
    out.extend([0xFF, 0xDB, 0, 67, 0]);
    out.extend(quanta.steps);
    out.extend([0xFF, 0xC0, 0, 11, 8]);
    out.extend(height.to_be_bytes());
    out.extend(width.to_be_bytes());
    out.extend([1, 1, 0x11, 0]);
    DC.write(0, out);
    AC.write(1, out);
    out.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_libjpeg(pixels: &[u8], (width, height): (usize, usize), percent: u8) -> Vec<u8> {
        let mut compressor = turbojpeg::Compressor::new().unwrap();
        compressor.set_quality(i32::from(percent)).unwrap();
        let picture =
            turbojpeg::YuvImage { pixels, width, align: 1, height, subsamp: turbojpeg::Subsamp::Gray };
        compressor.compress_yuv_to_vec(picture).unwrap()
    }

    /// What libjpeg-turbo makes of it, and how far that is from the pixels, as the mean of squares.
    fn decoded(bytes: &[u8], pixels: &[u8]) -> (turbojpeg::Image<Vec<u8>>, f64) {
        let image = turbojpeg::decompress(bytes, turbojpeg::PixelFormat::GRAY).unwrap();
        assert_eq!(image.pixels.len(), pixels.len());
        let squares = image.pixels.iter().zip(pixels).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
        let mean = squares.sum::<f64>() / pixels.len() as f64;
        (image, mean)
    }

    /// Waves, and noise of so many levels.
    fn picture((width, height): (usize, usize), noise: u32) -> Vec<u8> {
        let mut state = 0x9E37_79B9_u32;
        let pixel = |place: usize| {
            // xorshift32 (Marsaglia 2003)
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let (x, y) = ((place % width) as f32, (place / width) as f32);
            let wave = 128.0 + 90.0 * (x / 23.0).sin() * (y / 31.0).cos();
            let grain = if noise == 0 { 0.0 } else { ((state >> 8) % (2 * noise + 1)) as f32 - noise as f32 };
            (wave + grain).clamp(0.0, 255.0) as u8
        };
        (0..width * height).map(pixel).collect()
    }

    fn check(pixels: &[u8], size: (usize, usize), percent: u8) -> Vec<u8> {
        check_within(pixels, size, percent, 1.03)
    }

    /// `most`: how many times as far from the pixels as libjpeg-turbo's it may be.
    fn check_within(pixels: &[u8], size: (usize, usize), percent: u8, most: f64) -> Vec<u8> {
        let bytes = encode(pixels, size.0 as u16, size.1 as u16, percent).expect("tests need AVX2");
        let theirs = by_libjpeg(pixels, size, percent);
        let (image, error) = decoded(&bytes, pixels);
        let (_, error_of_theirs) = decoded(&theirs, pixels);
        assert_eq!((image.width, image.height), size);
        assert_eq!(turbojpeg::read_header(&bytes).unwrap().colorspace, turbojpeg::Colorspace::Gray);
        assert!(error <= error_of_theirs * most + 0.6, "{size:?} {percent}: {error} to {error_of_theirs}");
        let longest = theirs.len() + theirs.len() / 50 + 8;
        assert!(bytes.len() <= longest, "{size:?} {percent}: {} bytes to {}", bytes.len(), theirs.len());
        bytes
    }

    #[test]
    fn it_is_as_near_and_as_small_as_that_of_libjpeg() {
        for size in [(1, 1), (8, 8), (7, 100), (100, 7), (17, 9), (64, 64), (333, 250)] {
            for noise in [0, 3, 40, 300] {
                let pixels = picture(size, noise);
                for percent in [1, 10, 49, 50, 80, 95, 100] {
                    check(&pixels, size, percent);
                }
            }
        }
    }

    /// Black and white, and a block that has nothing but its last coefficient, behind three times sixteen zeros.
    #[test]
    fn flat_pictures_and_long_runs_of_zeros_come_out_as_they_are() {
        for level in [0, 1, 127, 128, 254, 255] {
            let pixels = vec![level; 40 * 24];
            let (image, error) = decoded(&check(&pixels, (40, 24), 90), &pixels);
            assert!(error <= 1.0 && image.pixels.iter().all(|there| *there == image.pixels[0]), "{level}");
        }
        let wave = |place: usize| ((2 * place + 1) as f64 * 7.0 * std::f64::consts::PI / 16.0).cos();
        let pixels: Vec<_> =
            (0..64).map(|at| (128.0 + 120.0 * wave(at % 8) * wave(at / 8)).round() as u8).collect();
        check(&pixels, (8, 8), 50);
        let (image, _) = decoded(&check(&pixels, (8, 8), 100), &pixels);
        assert!(image.pixels.iter().zip(&pixels).all(|(a, b)| a.abs_diff(*b) <= 2));
    }

    /// A byte of ones among the coefficients would be read as a marker.
    #[test]
    fn a_byte_of_ones_is_followed_by_zeros() {
        let pixels = picture((256, 256), 300);
        let bytes = check(&pixels, (256, 256), 100);
        let start = bytes.windows(2).position(|two| two == [0xFF, 0xDA]).unwrap() + 10;
        let coded = &bytes[start..bytes.len() - 2];
        let ones = coded.windows(2).filter(|two| two[0] == 0xFF);
        assert!(ones.clone().count() > 20 && ones.into_iter().all(|two| two[1] == 0));
        assert_eq!(bytes[bytes.len() - 2..], [0xFF, 0xD9]);
    }

    proptest! {
        /// Whatever the pixels are. What lies half between two steps is rounded here and there, and where blocks go beyond the edge a part of what that
        /// costs is not seen: of few pixels that is much.
        #[test]
        fn any_picture_is_near(
            width in 1_usize..40, height in 1_usize..40, percent in 1_u8..=100, seed in prop::collection::vec(any::<u8>(), 1..200),
        ) {
            let pixels: Vec<u8> = (0..width * height).map(|at| seed[at % seed.len()]).collect();
            check_within(&pixels, (width, height), percent, 1.5);
        }

        /// Bits come out as they were put, whatever their lengths.
        #[test]
        fn bits_lie_behind_one_another(parts in prop::collection::vec((any::<u32>(), 0_u32..=32), 0..200)) {
            let mut bits = Bits { out: Vec::new(), held: 0, count: 0 };
            let mut wanted = String::new();
            for (value, length) in parts {
                let value = u64::from(value) & ((1 << length) - 1);
                bits.put(value, length);
                if length > 0 {
                    wanted.push_str(&format!("{value:0length$b}", length = length as usize));
                }
            }
            while !wanted.len().is_multiple_of(8) {
                wanted.push('1');
            }
            let out = bits.finish();
            let mut plain = String::new();
            let mut bytes = out.iter().peekable();
            while let Some(byte) = bytes.next() {
                plain.push_str(&format!("{byte:08b}"));
                if *byte == 0xFF {
                    prop_assert_eq!(bytes.next(), Some(&0));
                }
            }
            prop_assert_eq!(plain, wanted);
        }
    }
}
