//! Colour: what the samples of a pixel mean, palettes (PS3.3 C.7.9) and YBR (PS3.3 C.7.6.3.1.2).

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::lut::{LookupTable, words};

/// What the samples of a frame mean, after decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// The lowest tone is shown white.
    Monochrome1,
    /// The lowest tone is shown black.
    Monochrome2,
    Palette,
    Rgb,
    /// Full range, BT.601, one chroma pair a pixel.
    Ybr,
    /// The same with luma between 16 and 235, and chroma between 16 and 240.
    YbrPartial,
}

/// Red, green and blue for a stored value.
///
/// Of a monochrome image it is a supplement (PS3.3 C.8.16.2.1.1.1): it colours the values from [`Palette::first`] on, and those below it
/// stay grey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    /// The first value mapped.
    pub first: i32,
    /// Never empty; values below and above have the colours at the ends.
    colors: Vec<[u8; 3]>,
}

impl Palette {
    pub(super) fn read(set: &InMemDicomObject, is_signed: bool) -> Option<Self> {
        let channel = |descriptor, data, segmented| {
            if set.get(data).is_some() {
                return LookupTable::read(set, descriptor, data, is_signed);
            }
            segmented_table(set, descriptor, segmented, is_signed)
        };
        let channels = [
            channel(
                tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
                tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
                tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
            )?,
            channel(
                tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
                tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
                tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
            )?,
            channel(
                tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
                tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
                tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
            )?,
        ];
        Some(Self::new(&channels))
    }

    /// Of three tables.
    pub fn new(channels: &[LookupTable; 3]) -> Self {
        let first = channels[0].first;
        let count = channels.iter().map(|table| table.entries.len()).max().unwrap_or(1);
        // Some writers put 8-bit values into tables that say 16 bits: into all of them. One that holds little of its colour is as wide as the
        // others (PS3.3 C.7.6.3.1.5).
        let is_wide =
            channels.iter().any(|table| table.bits > 8 && table.entries.iter().any(|&entry| entry > 255));
        let shifts = channels.each_ref().map(|table| if is_wide { table.bits.saturating_sub(8) } else { 0 });
        let color = |place: usize| {
            let value = f64::from(first) + place as f64;
            std::array::from_fn(|i| (channels[i].at(value) >> shifts[i]).min(255) as u8)
        };
        Self { first, colors: (0..count).map(color).collect() }
    }

    /// The 8-bit colour of a stored value.
    pub fn at(&self, value: f64) -> [u8; 3] {
        let place = (value - f64::from(self.first)).round().clamp(0.0, (self.colors.len() - 1) as f64);
        self.colors[place as usize]
    }
}

/// PS3.3 C.7.9.2: discrete (0), linear (1) and indirect (2) segments.
fn segmented_table(
    set: &InMemDicomObject,
    descriptor: Tag,
    data: Tag,
    is_signed: bool,
) -> Option<LookupTable> {
    let described = super::dataset::integers(set, descriptor);
    let [count, first, bits] = *described.get(..3)? else { return None };
    let count = if count as u16 == 0 { 65_536 } else { usize::from(count as u16) };
    let first = if is_signed { i32::from(first as u16 as i16) } else { i32::from(first as u16) };
    let bytes = super::dataset::bytes(set, data)?;
    let segments: Vec<u16> =
        if bits > 8 { words(&bytes).collect() } else { bytes.into_iter().map(u16::from).collect() };
    let mut entries = Vec::with_capacity(count);
    expand(&segments, count, &mut entries, bits > 8)?;
    LookupTable::new(first, entries, bits.clamp(1, 16) as u8)
}

fn expand(segments: &[u16], count: usize, entries: &mut Vec<u16>, is_wide: bool) -> Option<()> {
    let mut at = 0;
    while at < segments.len() && entries.len() < count {
        let (kind, length) = (segments[at], usize::from(*segments.get(at + 1)?));
        at += 2;
        match kind {
            0 => {
                entries.extend_from_slice(segments.get(at..at + length)?);
                at += length;
            }
            1 => {
                let (from, to) = (f64::from(*entries.last()?), f64::from(*segments.get(at)?));
                let step = (to - from) / length.max(1) as f64;
                entries.extend((1..=length).map(|i| (from + step * i as f64).round() as u16));
                at += 1;
            }
            2 => {
                // `length` segments again, from an offset in bytes written as two words.
                let words = segments.get(at..at + 2)?;
                at += 2;
                let offset = if is_wide {
                    (usize::from(words[0]) | usize::from(words[1]) << 16) / 2
                } else {
                    // Four bytes of an offset where entries are bytes.
                    let more = segments.get(at..at + 2)?;
                    at += 2;
                    let low = usize::from(words[0]) | usize::from(words[1]) << 8;
                    low | usize::from(more[0]) << 16 | usize::from(more[1]) << 24
                };
                let mut copied = offset;
                for _ in 0..length {
                    let (kind, size) = (*segments.get(copied)?, usize::from(*segments.get(copied + 1)?));
                    let end = copied + 2 + if kind == 0 { size } else { 1 };
                    if kind > 1 {
                        return None;
                    }
                    expand(segments.get(copied..end)?, count, entries, is_wide)?;
                    copied = end;
                }
            }
            _ => return None,
        }
    }
    entries.truncate(count);
    (!entries.is_empty()).then_some(())
}

/// Full-range BT.601 (PS3.3 C.7.6.3.1.2, YBR_FULL) to RGB.
pub fn rgb_from_ybr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    // 16 fraction bits: exact to within half a level for all inputs.
    let (y, cb, cr) = (i32::from(y) << 16, i32::from(cb) - 128, i32::from(cr) - 128);
    let level = |value: i32| ((value + (1 << 15)) >> 16).clamp(0, 255) as u8;
    [level(y + 91_881 * cr), level(y - 22_553 * cb - 46_802 * cr), level(y + 116_130 * cb)]
}

/// BT.601 with its foot and head room (PS3.3 C.7.6.3.1.2, YBR_PARTIAL_422 and YBR_PARTIAL_420) to RGB: black is 16 and white is 235.
pub fn rgb_from_partial_ybr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    // 16 fraction bits, as above: 255 / 219 for luma, 255 / 224 times the full range's factors for chroma.
    let (y, cb, cr) = ((i32::from(y) - 16) * 76_309, i32::from(cb) - 128, i32::from(cr) - 128);
    let level = |value: i32| ((value + (1 << 15)) >> 16).clamp(0, 255) as u8;
    [level(y + 104_597 * cr), level(y - 25_675 * cb - 53_279 * cr), level(y + 132_201 * cb)]
}

/// A colour as the standard writes it (PS3.3 C.10.7.1.1: CIELab under D50, L* of 0..100 and a*, b* of -128..127 as 16 bits each) as sRGB.
pub(super) fn rgb_from_lab(lab: [u16; 3]) -> [u8; 3] {
    let [l, a, b] = lab.map(|word| f64::from(word) / 257.0);
    let (l, a, b) = (l / 255.0 * 100.0, a - 128.0, b - 128.0);
    let fy = (l + 16.0) / 116.0;
    let cube =
        |f: f64| if f > 6.0 / 29.0 { f.powi(3) } else { 3.0 * (6.0_f64 / 29.0).powi(2) * (f - 4.0 / 29.0) };
    let (x, y, z) = (0.964_22 * cube(fy + a / 500.0), cube(fy), 0.825_21 * cube(fy - b / 200.0));
    // D50 to D65 (Bradford) and to the primaries of sRGB (IEC 61966-2-1) in one matrix.
    let linear = [
        3.133_856_1 * x - 1.616_866_7 * y - 0.490_614_6 * z,
        -0.978_768_4 * x + 1.916_141_5 * y + 0.033_454_0 * z,
        0.071_945_3 * x - 0.228_991_4 * y + 1.405_242_7 * z,
    ];
    linear.map(|part| {
        let part = part.clamp(0.0, 1.0);
        let level = if part <= 0.003_130_8 { 12.92 * part } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 };
        (level * 255.0 + 0.5) as u8
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn segments_expand() {
        let mut entries = Vec::new();
        // Discrete 2 entries, linear over 4 up to 40, indirect: the first segment again.
        let segments = [0, 2, 5, 0, 1, 4, 40, 2, 1, 0, 0];
        assert_eq!(expand(&segments, 8, &mut entries, true), Some(()));
        assert_eq!(entries, [5, 0, 10, 20, 30, 40, 5, 0]);
        assert_eq!(expand(&[1, 3, 9], 8, &mut Vec::new(), true), None, "a line needs a start");
        assert_eq!(expand(&[2, 1, 0, 0], 8, &mut Vec::new(), true), None, "a segment that repeats itself");
    }

    fn table(first: i32, entries: &[u16], bits: u8) -> LookupTable {
        LookupTable::new(first, entries.to_vec(), bits).unwrap()
    }

    /// PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6: first value mapped, both ends, 16 bits over the whole range.
    #[test]
    fn a_palette_clamps_and_takes_the_high_byte() {
        let wide = table(-1, &[0x0100, 0x8000, 0xFFFF], 16);
        let palette = Palette::new(&[wide.clone(), wide, table(-1, &[9], 8)]);
        assert_eq!(palette.first, -1);
        let seen = [-9.0, -1.0, 0.0, 1.0, 70_000.0, f64::NAN].map(|value| palette.at(value));
        assert_eq!(seen, [[1, 1, 9], [1, 1, 9], [128, 128, 9], [255, 255, 9], [255, 255, 9], [1, 1, 9]]);
        // A writer that put 8-bit values into 16 bits.
        let narrow = table(0, &[1, 2, 200], 16);
        assert_eq!(Palette::new(&[narrow.clone(), narrow.clone(), narrow]).at(2.0), [200, 200, 200]);
    }

    /// A table of 16 bits with next to no blue made everything blue (PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6: the three tables are of one kind).
    #[test]
    fn whether_a_palette_is_of_sixteen_bits_is_decided_once_for_its_three_colours() {
        let red = table(0, &[0x4000, 0xFFFF], 16);
        let blue = table(0, &[0x00FF, 0x0080], 16);
        let palette = Palette::new(&[red, table(0, &[0, 0], 16), blue]);
        assert_eq!([0.0, 1.0].map(|value| palette.at(value)), [[0x40, 0, 0], [0xFF, 0, 0]]);
    }

    /// PS3.3 C.10.7.1.1. The figures of sRGB red and green under D50 are those of the ICC.
    #[test]
    fn lab_colours_become_srgb() {
        let lab = |l: f64, a: f64, b: f64| {
            rgb_from_lab([
                (l / 100.0 * 65_535.0) as u16,
                ((a + 128.0) * 257.0) as u16,
                ((b + 128.0) * 257.0) as u16,
            ])
        };
        assert_eq!(lab(0.0, 0.0, 0.0), [0, 0, 0]);
        assert_eq!(lab(100.0, 0.0, 0.0), [255, 255, 255]);
        assert_eq!(lab(53.585, 0.0, 0.0), [128, 128, 128]);
        let near =
            |got: [u8; 3], want: [u8; 3]| got.iter().zip(want).all(|(got, want)| got.abs_diff(want) <= 2);
        assert!(near(lab(54.29, 80.8, 69.9), [255, 0, 0]), "{:?}", lab(54.29, 80.8, 69.9));
        assert!(near(lab(87.82, -79.3, 81.0), [0, 255, 0]), "{:?}", lab(87.82, -79.3, 81.0));
    }

    proptest! {
        #[test]
        fn ybr_agrees_with_the_formula(y: u8, cb: u8, cr: u8) {
            let (luma, b, r) = (f64::from(y), f64::from(cb) - 128.0, f64::from(cr) - 128.0);
            let exact = [luma + 1.402 * r, luma - 0.344_136 * b - 0.714_136 * r, luma + 1.772 * b];
            for (got, exact) in rgb_from_ybr([y, cb, cr]).into_iter().zip(exact) {
                prop_assert!((f64::from(got) - exact.clamp(0.0, 255.0)).abs() <= 0.51);
            }
        }

        /// The formula of PS3.3 C.7.6.3.1.2, there and back.
        #[test]
        fn partial_ybr_agrees_with_the_formula(r: u8, g: u8, b: u8) {
            let [red, green, blue] = [r, g, b].map(f64::from);
            let ybr = [
                0.2568 * red + 0.5041 * green + 0.0979 * blue + 16.0,
                -0.1482 * red - 0.2910 * green + 0.4392 * blue + 128.0,
                0.4392 * red - 0.3678 * green - 0.0714 * blue + 128.0,
            ];
            // Rounding to whole levels on the way costs up to two.
            for (got, was) in rgb_from_partial_ybr(ybr.map(|part| part.round() as u8)).into_iter().zip([r, g, b]) {
                prop_assert!(got.abs_diff(was) <= 2, "{} for {}", got, was);
            }
        }

        #[test]
        fn any_segments_end(segments in proptest::collection::vec(0_u16..6, 0..60)) {
            let mut entries = Vec::new();
            let _ = expand(&segments, 64, &mut entries, true);
            prop_assert!(entries.len() <= 64 + 6 * 6);
        }
    }
}
