//! Grey levels of averages, which are no values of the object: in whole numbers of 16 bits, of which a processor takes twice as many at
//! once as of [`super::ramp::Ramp`]'s. A level may be another than the exact one rounded where that is nearly half between two.

use super::ramp::first_place;

/// A straight line between black and white over codes of 16 bits, with ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slope {
    /// The code below which nothing changes, and how many there are until nothing changes again.
    low: u16,
    span: u16,
    /// Codes are spread over all 16 bits, by so many; what is to be taken away then and added, is where the line begins.
    shift: u32,
    less: u16,
    more: u16,
    /// The product's upper half is the level times [`PARTS`].
    factor: u16,
    /// All bits where what is higher is darker.
    turned: u8,
}

/// Parts of a level, as a power of two.
const PARTS: u32 = 6;

impl Slope {
    /// The line of `count` codes from 0, each shown as light as the one before, or lighter, or each as dark or darker. `exact`: the level
    /// of a code before it is rounded, straight between its ends. `None` where codes are too few, or too many, for whole numbers.
    pub(super) fn of(count: usize, exact: impl Fn(f64) -> f64) -> Option<Self> {
        let highest = count.checked_sub(1)?;
        let level = |code: usize| exact(code as f64);
        let (first, last) = (level(0), level(highest));
        let start = first_place(0, highest, |code| level(code) != first);
        let end = first_place(start, highest, |code| level(code) == last).checked_sub(1)?;
        let steep = (level(end) - level(start)) / (end as f64 - start as f64);
        if end <= start + 1 || !steep.is_finite() || steep == 0.0 {
            return None;
        }
        // From here on what is higher is lighter.
        let is_turned = steep < 0.0;
        let at_start = if is_turned { 255.0 - level(start) } else { level(start) };
        let width = 255.0 / steep.abs();
        let black = start as f64 - at_start / steep.abs();
        let low = black.floor().max(0.0);
        let span = ((black + width).ceil().min(highest as f64) - low).max(0.0);
        // All that is between black and white, and the code before, finds room.
        let room = width.ceil() + 2.0;
        let shift = (0..=14).rev().find(|bits| room * f64::from(1_u32 << bits) <= f64::from(u16::MAX))?;
        let spread = f64::from(1_u32 << shift);
        let factor = (255.0 * f64::from(1 << PARTS) * 65_536.0 / (width * spread)).round();
        let begin = ((low - black) * spread).round();
        (factor <= f64::from(u16::MAX) && begin <= f64::from(u16::MAX) && low <= f64::from(u16::MAX))
            .then_some(Self {
                low: low as u16,
                span: span as u16,
                shift,
                less: (-begin).max(0.0) as u16,
                more: begin.max(0.0) as u16,
                factor: factor as u16,
                turned: if is_turned { 255 } else { 0 },
            })
    }

    /// Appends the levels of many codes.
    pub(super) fn append(self, codes: &[u16], levels: &mut Vec<u8>) {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = pulp::x86::V3::try_new() {
            return self.append_wide(simd, codes, levels);
        }
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || levels.extend(codes.iter().map(|code| self.level(*code))),
        );
    }

    /// The same by thirty-two: a compiler takes eight, for the sake of the product's width in between.
    #[cfg(target_arch = "x86_64")]
    fn append_wide(self, simd: pulp::x86::V3, codes: &[u16], levels: &mut Vec<u8>) {
        let (a, b, c) = (simd.avx, simd.avx2, simd.sse2);
        simd.vectorize(
            #[inline(always)]
            || {
                let word = |value: u16| a._mm256_set1_epi16(value.cast_signed());
                let (low, span, less, more) =
                    (word(self.low), word(self.span), word(self.less), word(self.more));
                let (factor, half) = (word(self.factor), word(1 << (PARTS - 1)));
                let turned = a._mm256_set1_epi8(self.turned.cast_signed());
                let shift = c._mm_cvtsi32_si128(self.shift.cast_signed());
                let sixteen = |codes: [u16; 16]| {
                    let above = b._mm256_min_epu16(b._mm256_subs_epu16(pulp::cast(codes), low), span);
                    let place = b._mm256_subs_epu16(b._mm256_sll_epi16(above, shift), less);
                    let parts = b._mm256_mulhi_epu16(b._mm256_adds_epu16(place, more), factor);
                    b._mm256_srli_epi16::<{ PARTS as i32 }>(b._mm256_add_epi16(parts, half))
                };
                let (many, rest) = codes.as_chunks::<32>();
                for codes in many {
                    let [first, second]: [[u16; 16]; 2] = pulp::cast(*codes);
                    // Packing takes halves in turns, and keeps what is above white at white.
                    let packed = b._mm256_packus_epi16(sixteen(first), sixteen(second));
                    let packed = b._mm256_permute4x64_epi64::<0b11_01_10_00>(packed);
                    let packed: [u8; 32] = pulp::cast(b._mm256_xor_si256(packed, turned));
                    levels.extend_from_slice(&packed);
                }
                levels.extend(rest.iter().map(|code| self.level(*code)));
            },
        );
    }

    #[inline(always)]
    fn level(self, code: u16) -> u8 {
        let above = code.saturating_sub(self.low).min(self.span);
        let place = above.wrapping_shl(self.shift).saturating_sub(self.less).saturating_add(self.more);
        let parts = ((u32::from(place) * u32::from(self.factor)) >> 16) as u16;
        let level = (parts.wrapping_add(1 << (PARTS - 1)) >> PARTS).min(255);
        level as u8 ^ self.turned
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_level_is_never_far_from_the_exact_one(
            black in -70_000.0..70_000.0_f64, width in 1.0..70_000.0_f64, count in 0_usize..65_000, is_turned: bool,
        ) {
            let exact = |code: f64| {
                let level = ((code - black) / width * 255.0).clamp(0.0, 255.0);
                if is_turned { 255.0 - level } else { level }
            };
            let Some(slope) = Slope::of(count, exact) else { return Ok(()) };
            let codes: Vec<u16> = (0..count as u16).collect();
            let mut levels = vec![7];
            slope.append(&codes, &mut levels);
            prop_assert_eq!(levels.len(), count + 1);
            // However many are taken at once.
            let one_by_one: Vec<u8> = codes.iter().map(|code| slope.level(*code)).collect();
            prop_assert_eq!(&levels[1..], &one_by_one[..]);
            for (code, level) in levels[1..].iter().enumerate() {
                let error = (f64::from(*level) - exact(code as f64)).abs();
                prop_assert!(error < 0.55, "{code}: {level} for {}: {slope:?}", exact(code as f64));
            }
        }
    }

    #[test]
    fn usual_windows_have_one() {
        for (count, black, width) in [
            (16_381, 0.0, 16_381.0),
            (8_000, 2_300.4, 1_600.0),
            (16_381, -900.0, 20_000.0),
            (4_096, 1_000.2, 80.0),
        ] {
            let slope = Slope::of(count, |code| ((code - black) / width * 255.0).clamp(0.0, 255.0));
            assert!(slope.is_some(), "{black} {width}");
        }
        assert_eq!(Slope::of(0, |_| 0.0), None);
        assert_eq!(Slope::of(100, |_| 9.0), None);
        assert_eq!(Slope::of(100, |code| if code < 50.0 { 0.0 } else { 255.0 }), None);
    }
}
