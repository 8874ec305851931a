//! Photographs that are no DICOM: JPEG as it comes, and PNG in chunks that are sound around what is not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parvis::imaging::{ContentHash, FrameNumber, decode_frame, read_header};

/// CRC-32 of ISO 3309, as PNG has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

fn chunk(kind: &[u8; 4], bytes: &[u8]) -> Vec<u8> {
    let body = [&kind[..], bytes].concat();
    [&(bytes.len() as u32).to_be_bytes()[..], &body, &crc(&body).to_be_bytes()].concat()
}

/// `[width, height]`, then depth, colour, interlacing and what comes before the pixels.
fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let ([width, height, depth, color, interlacing, extra], rest) = bytes.split_first_chunk::<6>()?;
    let sizes = [[0, 0, 0, *width], [0, 0, 0, *height]].concat();
    let header =
        [&sizes[..], &[1 << (depth % 5), [0, 2, 3, 4, 6][usize::from(color % 5)], 0, 0, interlacing % 2]];
    let kinds: [&[u8; 4]; 6] = [b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"acTL", b"zTXt"];
    let half = rest.len() / 2;
    let pixels: Vec<u8> = rest[half..]
        .chunks(60_000)
        .flat_map(|part| {
            let length = part.len() as u16;
            [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes(), part].concat()
        })
        .collect();
    // Stored blocks of deflate (RFC 1951 3.2.4); the last is empty, and nobody is told the right checksum.
    let pixels = [&[0x78, 1][..], &pixels, &[1, 0, 0, 0xFF, 0xFF, 0, 0, 0, 1]].concat();
    Some(
        [
            b"\x89PNG\r\n\x1A\n".to_vec(),
            chunk(b"IHDR", &header.concat()),
            chunk(kinds[usize::from(extra % 6)], &rest[..half]),
            chunk(b"IDAT", &pixels),
            chunk(b"IEND", &[]),
        ]
        .concat(),
    )
}

fuzz_target!(|bytes: &[u8]| {
    let made = if bytes.starts_with(&[0xFF, 0xD8]) { Some(bytes.to_vec()) } else { png(bytes) };
    let Some(made) = made else { return };
    let _ = read_header(&made, ContentHash([0; 32]));
    if let Ok(frame) = decode_frame(&made, FrameNumber::FIRST) {
        assert_eq!(
            frame.values.len(),
            frame.rows as usize * frame.columns as usize * usize::from(frame.samples)
        );
    }
});
