//! Rendered pixels to bytes that a browser shows.

#[cfg(target_arch = "x86_64")]
mod gray;

use std::cell::RefCell;

use super::Quality;
use super::render::{Channels, Rendered8};

/// Why a picture cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the picture cannot be encoded: {0}")]
pub struct EncodeError(String);

/// How the bytes of a picture are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureFormat {
    Png,
    Jpeg,
}

impl PictureFormat {
    /// Media type (RFC 2046).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// Encodes at a quality.
pub fn encode(picture: &Rendered8, quality: Quality) -> Result<(Vec<u8>, PictureFormat), EncodeError> {
    match quality {
        Quality::Lossless => Ok((encode_png(picture)?, PictureFormat::Png)),
        Quality::Lossy(percent) => Ok((encode_jpeg(picture, percent)?, PictureFormat::Jpeg)),
    }
}

/// PNG of exactly these pixels, with the fastest compression: on a local network it is cheaper than JPEG.
pub fn encode_png(picture: &Rendered8) -> Result<Vec<u8>, EncodeError> {
    let fault = |error: png::EncodingError| EncodeError(error.to_string());
    let mut bytes = Vec::with_capacity(picture.pixels.len() / 2 + 1024);
    let mut encoder = png::Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_color(match picture.channels {
        Channels::Gray => png::ColorType::Grayscale,
        Channels::Rgb => png::ColorType::Rgb,
    });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fastest);
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(&picture.pixels).map_err(fault)?;
    writer.finish().map_err(fault)?;
    Ok(bytes)
}

/// JPEG of a quality from 1 to 100; gray pictures have one component, colour keeps its full chroma.
pub fn encode_jpeg(picture: &Rendered8, percent: u8) -> Result<Vec<u8>, EncodeError> {
    if picture.pixels.len() != picture.width as usize * picture.height as usize * picture.channels.bytes() {
        return Err(EncodeError("its pixels do not fill its size".to_owned()));
    }
    if let Some(bytes) = own_jpeg(picture, percent) {
        return Ok(bytes);
    }
    let (pixels, width, height) = (&picture.pixels[..], picture.width as usize, picture.height as usize);
    let fault = |error: turbojpeg::Error| EncodeError(error.to_string());
    COMPRESSOR.with_borrow_mut(|kept| {
        // One that failed is not used again.
        let mut compressor = kept.take().map_or_else(turbojpeg::Compressor::new, Ok).map_err(fault)?;
        compressor.set_quality(i32::from(percent.clamp(1, 100))).map_err(fault)?;
        let bytes = match picture.channels {
            // Greys are luma as they are: nothing is to be converted.
            Channels::Gray => compressor.compress_yuv_to_vec(turbojpeg::YuvImage {
                pixels,
                width,
                align: 1,
                height,
                subsamp: turbojpeg::Subsamp::Gray,
            }),
            Channels::Rgb => {
                compressor.set_subsamp(turbojpeg::Subsamp::None).map_err(fault)?;
                let (pitch, format) = (width * 3, turbojpeg::PixelFormat::RGB);
                compressor.compress_to_vec(turbojpeg::Image { pixels, width, pitch, height, format })
            }
        };
        let bytes = bytes.map_err(fault)?;
        *kept = Some(compressor);
        Ok(bytes)
    })
}

/// From this quality on libjpeg-turbo is as fast: nearly every coefficient is written.
#[cfg(target_arch = "x86_64")]
const DENSE: u8 = 90;

/// Greys by [`gray`], where that is faster and this processor can. `None`: libjpeg-turbo is to do it.
#[cfg(target_arch = "x86_64")]
fn own_jpeg(picture: &Rendered8, percent: u8) -> Option<Vec<u8>> {
    let (width, height) = (u16::try_from(picture.width).ok()?, u16::try_from(picture.height).ok()?);
    let is_for_it = picture.channels == Channels::Gray && percent < DENSE && width > 0 && height > 0;
    if is_for_it { gray::encode(&picture.pixels, width, height, percent) } else { None }
}

#[cfg(not(target_arch = "x86_64"))]
fn own_jpeg(_: &Rendered8, _: u8) -> Option<Vec<u8>> {
    None
}

thread_local! {
    /// Keeps the memory that it works in.
    static COMPRESSOR: RefCell<Option<turbojpeg::Compressor>> = const { RefCell::new(None) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Neither side is a multiple of a block of 8.
    fn ramp(channels: Channels) -> Rendered8 {
        let pixels = (0..35 * 13 * channels.bytes()).map(|i| (i / 3) as u8).collect();
        Rendered8 { width: 35, height: 13, channels, pixels }
    }

    #[test]
    fn png_is_exact() {
        for channels in [Channels::Gray, Channels::Rgb] {
            let picture = ramp(channels);
            let (bytes, format) = encode(&picture, Quality::Lossless).unwrap();
            assert_eq!(format.media_type(), "image/png");
            let decoder = png::Decoder::new(std::io::Cursor::new(bytes));
            let mut reader = decoder.read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).unwrap();
            assert_eq!(pixels, picture.pixels);
        }
    }

    #[test]
    fn jpeg_is_near_and_gray_has_one_component() {
        let picture = ramp(Channels::Gray);
        let (bytes, format) = encode(&picture, Quality::Lossy(95)).unwrap();
        assert_eq!(format.media_type(), "image/jpeg");
        assert_eq!(turbojpeg::read_header(&bytes).unwrap().colorspace, turbojpeg::Colorspace::Gray);
        let decoded = turbojpeg::decompress(&bytes, turbojpeg::PixelFormat::GRAY).unwrap();
        let worst = decoded.pixels.iter().zip(&picture.pixels).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(6), "{worst:?}");
        // The compressor that is kept follows every picture and quality.
        let color = ramp(Channels::Rgb);
        let (fine, coarse) = (encode_jpeg(&color, 95).unwrap(), encode_jpeg(&color, 30).unwrap());
        assert!(coarse.len() < fine.len());
        assert_eq!(turbojpeg::read_header(&fine).unwrap().subsamp, turbojpeg::Subsamp::None);
        assert_eq!(encode_jpeg(&picture, 95).unwrap(), bytes);
        let wrong = Rendered8 { pixels: vec![0; 3], ..picture.clone() };
        assert!(encode_jpeg(&wrong, 95).is_err() && encode_png(&wrong).is_err());
        assert_eq!(encode_jpeg(&picture, 95).unwrap(), bytes);
    }
}
