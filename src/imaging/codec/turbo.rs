//! JPEG of 8 bits by libjpeg-turbo, the library that most others decode with: a level of difference is many where a window
//! is narrow. Colour comes as it is stored, before any conversion.

use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp, YuvImage};

use super::marks::most_scans;

/// Decoded samples, interleaved, of an image whose sides are the `2^reduce`th part, rounded up.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// Decodes an image of one or three components. The caller has checked its size; `reduce` is 0 to 3.
///
/// `None`: the library finds a fault, or the image is of a kind that it does not give as stored.
pub(super) fn decode(frame: &[u8], components: usize, reduce: u8) -> Option<Decoded> {
    let mut decompressor = Decompressor::new().ok()?;
    let header = decompressor.read_header(frame).ok()?;
    decompressor.set_scan_limit(most_scans(header.width.saturating_mul(header.height))).ok()?;
    if header.is_lossless {
        return None;
    }
    let scale = ScalingFactor::new(1, 1 << reduce.min(3));
    decompressor.set_scaling_factor(scale).ok()?;
    let (columns, rows) = (scale.scale(header.width), scale.scale(header.height));
    let mut packed = |format: PixelFormat| {
        let mut pixels = vec![0; columns * rows * components];
        let pitch = columns * components;
        let image = Image { pixels: &mut pixels[..], width: columns, pitch, height: rows, format };
        decompressor.decompress(frame, image).ok()?;
        Some(pixels)
    };
    let bytes = match (components, header.colorspace) {
        (1, Colorspace::Gray) => packed(PixelFormat::GRAY)?,
        (3, Colorspace::RGB) => packed(PixelFormat::RGB)?,
        (3, Colorspace::YCbCr) => {
            // Two subsampled components and one between them: left to others.
            let subsamp = header.subsamp;
            let (across, down) = factors(subsamp)?;
            let mut planes = vec![0; turbojpeg::yuv_pixels_len(columns, 1, rows, subsamp).ok()?];
            let image = YuvImage { pixels: &mut planes[..], width: columns, align: 1, height: rows, subsamp };
            decompressor.decompress_to_yuv(frame, image).ok()?;
            joined(&planes, columns, rows, across, down)
        }
        _ => return None,
    };
    Some(Decoded { bytes, columns, rows })
}

/// Pixels that share a sample of chroma, across and down.
fn factors(subsamp: Subsamp) -> Option<(usize, usize)> {
    match subsamp {
        Subsamp::None => Some((1, 1)),
        Subsamp::Sub2x1 => Some((2, 1)),
        Subsamp::Sub2x2 => Some((2, 2)),
        Subsamp::Sub1x2 => Some((1, 2)),
        Subsamp::Sub4x1 => Some((4, 1)),
        Subsamp::Sub1x4 => Some((1, 4)),
        _ => None,
    }
}

/// The three planes as pixels, chroma at the size of luma.
fn joined(planes: &[u8], columns: usize, rows: usize, across: usize, down: usize) -> Vec<u8> {
    // Luma is filled up so that chroma is whole.
    let stride = columns.next_multiple_of(across);
    let (chroma_columns, chroma_rows) = (columns.div_ceil(across), rows.div_ceil(down));
    let (luma, chroma) = planes.split_at(stride * rows.next_multiple_of(down));
    let mut pixels = vec![0; columns * rows * 3];
    for (line, source) in pixels.chunks_exact_mut(columns * 3).zip(luma.chunks_exact(stride)) {
        for (pixel, value) in line.chunks_exact_mut(3).zip(source) {
            pixel[0] = *value;
        }
    }
    let mut wide = vec![0_u8; columns.next_multiple_of(across)];
    let mut sums = vec![0_u16; chroma_columns];
    for (place, plane) in chroma.chunks_exact(chroma_columns * chroma_rows).take(2).enumerate() {
        let line_of = |row: usize| &plane[row * chroma_columns..][..chroma_columns];
        for (row, line) in pixels.chunks_exact_mut(columns * 3).enumerate() {
            let near = line_of(row / down);
            if down == 2 {
                // The nearer line counts three times.
                let far = if row % 2 == 0 {
                    (row / 2).saturating_sub(1)
                } else {
                    (row / 2 + 1).min(chroma_rows - 1)
                };
                for ((sum, near), far) in sums.iter_mut().zip(near).zip(line_of(far)) {
                    *sum = 3 * u16::from(*near) + u16::from(*far);
                }
            } else {
                for (sum, near) in sums.iter_mut().zip(near) {
                    *sum = u16::from(*near);
                }
            }
            widen(&sums, &mut wide, across, down, row);
            for (pixel, value) in line.chunks_exact_mut(3).zip(&wide) {
                pixel[1 + place] = *value;
            }
        }
    }
    pixels
}

/// A line of chroma at the width of luma. Between two samples the nearer counts three times, rounded up and down by
/// turns, as decoders do by custom since the library of the Independent JPEG Group.
fn widen(sums: &[u16], wide: &mut [u8], across: usize, down: usize, row: usize) {
    let weight = if down == 2 { 4 } else { 1 };
    if across != 2 || sums.len() < 3 {
        let half = match (weight, row % 2) {
            (1, _) => 0,
            (_, 0) => 1,
            _ => 2,
        };
        for (part, sum) in wide.chunks_mut(across).zip(sums) {
            part.fill(((sum + half) / weight) as u8);
        }
        return;
    }
    let (left_half, right_half) = if down == 2 { (8, 7) } else { (1, 2) };
    let last = sums.len() - 1;
    for (place, pair) in wide.chunks_exact_mut(2).enumerate() {
        let here = sums[place];
        let left = sums[place.saturating_sub(1)];
        let right = sums[(place + 1).min(last)];
        pair[0] = ((3 * here + left + left_half) / (4 * weight)) as u8;
        pair[1] = ((3 * here + right + right_half) / (4 * weight)) as u8;
    }
}
