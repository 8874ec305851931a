//! Grey pixels to more pixels, linear between them. A library does the same in twice the time, because it is made for any filter.

use super::place::Cut;

/// Weights are in so many parts.
const WHOLE: u32 = 1 << 14;

/// For each pixel of the picture: the pixel of the source before it, and how much of the one after it, in parts of [`WHOLE`].
struct Taps {
    before: Vec<u16>,
    after: Vec<u32>,
}

impl Taps {
    /// `size` pixels, of which `cut` comes to `count`. Middles of pixels lie at halves.
    fn new(size: usize, cut: Cut, count: usize) -> Self {
        let step = cut.length / count as f64;
        let taps = (0..count).map(|place| {
            let at = (cut.start + (place as f64 + 0.5) * step - 0.5).clamp(0.0, size as f64 - 1.0);
            (at as u16, (at.fract() * f64::from(WHOLE)).round() as u32)
        });
        let (before, after) = taps.unzip();
        Self { before, after }
    }
}

/// The part of a source of `width` pixels a line that the cuts name, on `columns` by `rows` pixels. `None` where something is to become smaller, or a side
/// is longer than 65535.
pub(super) fn enlarge(
    source: &[u8],
    width: usize,
    (across, columns): (Cut, usize),
    (down, rows): (Cut, usize),
) -> Option<Vec<u8>> {
    let lines = source.len().checked_div(width)?;
    let is_larger = across.length <= columns as f64 && down.length <= rows as f64;
    if !is_larger || lines == 0 || width.max(lines) > usize::from(u16::MAX) {
        return None;
    }
    let (over, under) = (Taps::new(width, across, columns), Taps::new(lines, down, rows));
    let mut pixels = vec![0; columns * rows];
    // The two lines between which a row lies, as wide as the picture, in 256ths of a level; even and odd ones each have their place.
    let mut wide = [vec![0_u16; columns], vec![0_u16; columns]];
    let mut held = [None; 2];
    // The last pixel comes twice, so that each has one after it.
    let mut line = vec![0; width + 1];
    for (row, (&before, &after)) in
        pixels.chunks_exact_mut(columns).zip(under.before.iter().zip(&under.after))
    {
        let before = usize::from(before);
        let next = (before + 1).min(lines - 1);
        for number in [before, next] {
            if held[number % 2] != Some(number) {
                line[..width].copy_from_slice(&source[number * width..][..width]);
                line[width] = line[width - 1];
                widen(&line, &over, &mut wide[number % 2]);
                held[number % 2] = Some(number);
            }
        }
        between(&wide[before % 2], &wide[next % 2], after, row);
    }
    Some(pixels)
}

fn widen(line: &[u8], taps: &Taps, into: &mut [u16]) {
    for ((into, &before), &after) in into.iter_mut().zip(&taps.before).zip(&taps.after) {
        let [left, right] = match line.get(usize::from(before)..usize::from(before) + 2) {
            Some(&[left, right]) => [left, right],
            _ => [0, 0],
        };
        let mixed = u32::from(left) * (WHOLE - after) + u32::from(right) * after;
        *into = (mixed >> 6) as u16;
    }
}

fn between(upper: &[u16], lower: &[u16], after: u32, into: &mut [u8]) {
    let (upper_part, lower_part) = (WHOLE - after, after);
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for ((into, &upper), &lower) in into.iter_mut().zip(upper).zip(lower) {
                *into =
                    ((u32::from(upper) * upper_part + u32::from(lower) * lower_part + (1 << 21)) >> 22) as u8;
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use fast_image_resize::images::{Image, ImageRef};
    use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
    use proptest::prelude::*;

    use super::*;

    fn whole(length: usize) -> Cut {
        Cut { first: 0, count: length, start: 0.0, length: length as f64 }
    }

    #[test]
    fn between_two_pixels_it_is_linear_and_at_the_ends_it_is_flat() {
        let pixels = enlarge(&[0, 200], 2, (whole(2), 8), (whole(1), 1)).unwrap();
        assert_eq!(pixels, [0, 0, 25, 75, 125, 175, 200, 200]);
        let one = enlarge(&[7], 1, (whole(1), 3), (whole(1), 2)).unwrap();
        assert_eq!(one, [7; 6]);
    }

    #[test]
    fn what_is_to_become_smaller_is_left_to_others() {
        assert_eq!(enlarge(&[1, 2, 3], 3, (whole(3), 2), (whole(1), 1)), None);
        assert_eq!(enlarge(&[], 0, (whole(0), 2), (whole(0), 1)), None);
    }

    proptest! {
        #[test]
        fn it_is_what_the_library_makes(
            (width, lines) in (1_usize..12, 1_usize..12),
            (more_columns, more_rows) in (0_usize..20, 0_usize..20),
            seed in proptest::collection::vec(any::<u8>(), 144),
        ) {
            let source = &seed[..width * lines];
            let (columns, rows) = (width + more_columns, lines + more_rows);
            let ours = enlarge(source, width, (whole(width), columns), (whole(lines), rows)).unwrap();
            let image = ImageRef::new(width as u32, lines as u32, source, PixelType::U8).unwrap();
            let mut theirs = Image::new(columns as u32, rows as u32, PixelType::U8);
            let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false);
            Resizer::new().resize(&image, &mut theirs, &options).unwrap();
            let furthest = ours.iter().zip(theirs.buffer()).map(|(one, other)| one.abs_diff(*other)).max();
            prop_assert!(furthest <= Some(1), "{ours:?} {:?}", theirs.buffer());
        }
    }
}
