//! Hostile files, made from a seed: what a fuzzer, a broken exporter or somebody with bad intentions could send.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A name that says what is wrong with it, and the bytes.
pub(crate) struct Hostile {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, everywhere.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
const RLE: &str = "1.2.840.10008.1.2.5";
const DEFLATED_FRAMES: &str = "1.2.840.10008.1.2.8.1";

/// Code streams of `fixtures/codestreams`: file, transfer syntax, samples, bits stored.
const STREAMS: [(&str, &str, u16, u16); 11] = [
    ("grey.jpg", "1.2.840.10008.1.2.4.50", 1, 8),
    ("color.jpg", "1.2.840.10008.1.2.4.50", 3, 8),
    ("deep.jpg", "1.2.840.10008.1.2.4.51", 1, 12),
    ("lossless.jpg", "1.2.840.10008.1.2.4.70", 1, 12),
    ("deep.jls", "1.2.840.10008.1.2.4.80", 1, 16),
    ("color.jls", "1.2.840.10008.1.2.4.80", 3, 8),
    ("deep.j2k", "1.2.840.10008.1.2.4.90", 1, 12),
    ("color.j2k", "1.2.840.10008.1.2.4.91", 3, 8),
    ("deep.jph", "1.2.840.10008.1.2.4.201", 1, 16),
    ("deep.jxl", "1.2.840.10008.1.2.4.110", 1, 16),
    ("color.jxl", "1.2.840.10008.1.2.4.112", 3, 8),
];

/// More of them, and the same in other transfer syntaxes that their coding belongs to. Behind the others, so that what those become
/// by chance stays what it was.
const MORE_STREAMS: [(&str, &str, u16, u16); 14] = [
    ("progressive.jpg", "1.2.840.10008.1.2.4.53", 3, 8),
    ("progressive.jpg", "1.2.840.10008.1.2.4.55", 3, 8),
    ("predictor.jpg", "1.2.840.10008.1.2.4.57", 1, 12),
    ("lossless.jpg", "1.2.840.10008.1.2.4.57", 1, 12),
    ("near.jls", "1.2.840.10008.1.2.4.81", 1, 8),
    ("deep.j2k", "1.2.840.10008.1.2.4.92", 1, 12),
    ("color.j2k", "1.2.840.10008.1.2.4.93", 3, 8),
    ("tiled.jph", "1.2.840.10008.1.2.4.201", 1, 16),
    ("deep.jph", "1.2.840.10008.1.2.4.202", 1, 16),
    ("color.jph", "1.2.840.10008.1.2.4.203", 3, 8),
    ("jpeg.jxl", "1.2.840.10008.1.2.4.111", 3, 8),
    ("color.jxl", "1.2.840.10008.1.2.4.111", 3, 8),
    ("grey.jxl", "1.2.840.10008.1.2.4.112", 1, 8),
    ("deep.jxl", "1.2.840.10008.1.2.4.112", 1, 16),
];

/// An element in explicit VR little endian.
fn element(group: u16, number: u16, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
    bytes.extend(vr);
    if matches!(vr, b"OB" | b"OW" | b"OF" | b"OD" | b"SQ" | b"UN" | b"UT" | b"OL" | b"UC") {
        bytes.extend([0, 0]);
        bytes.extend((value.len() as u32).to_le_bytes());
    } else {
        bytes.extend((value.len() as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

/// What an object says of its picture.
#[derive(Clone)]
struct Header {
    syntax: &'static str,
    photometric: &'static str,
    rows: u16,
    columns: u16,
    frames: String,
    samples: u16,
    allocated: u16,
    stored: u16,
    high: u16,
    signed: u16,
    /// More elements; they are put in order.
    more: Vec<Vec<u8>>,
}

impl Header {
    fn of(syntax: &'static str, samples: u16, stored: u16) -> Self {
        Self {
            syntax,
            photometric: if samples == 3 { "RGB" } else { "MONOCHROME2" },
            rows: 24,
            columns: 32,
            frames: "1".to_owned(),
            samples,
            allocated: if stored > 8 { 16 } else { 8 },
            stored,
            high: stored.wrapping_sub(1),
            signed: 0,
            more: Vec::new(),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The object, with this pixel element.
    fn object(&self, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = self.meta();
        bytes.extend(self.dataset(pixels));
        bytes
    }

    fn meta(&self) -> Vec<u8> {
        let mut meta = element(2, 2, b"UI", b"1.2.840.10008.5.1.4.1.1.7\0");
        meta.extend(element(2, 0x10, b"UI", &padded(self.syntax, 0)));
        let length = element(2, 0, b"UL", &(meta.len() as u32).to_le_bytes());
        [&[0; 128][..], b"DICM", &length, &meta].concat()
    }

    fn dataset(&self, pixels: &[u8]) -> Vec<u8> {
        let word = |number, value: u16| element(0x28, number, b"US", &value.to_le_bytes());
        let mut elements = vec![
            element(8, 0x16, b"UI", b"1.2.840.10008.5.1.4.1.1.7\0"),
            element(8, 0x60, b"CS", b"OT"),
            element(0x10, 0x10, b"PN", b"SYNTHETIC^HOSTILE "),
            element(0x10, 0x20, b"LO", b"H1"),
            element(0x20, 0xD, b"UI", b"1.2.3\0"),
            element(0x20, 0xE, b"UI", b"1.2.3.4\0"),
            word(2, self.samples),
            element(0x28, 4, b"CS", &padded(self.photometric, b' ')),
            element(0x28, 8, b"IS", &padded(&self.frames, b' ')),
            word(0x10, self.rows),
            word(0x11, self.columns),
            word(0x100, self.allocated),
            word(0x101, self.stored),
            word(0x102, self.high),
            word(0x103, self.signed),
        ];
        if self.samples > 1 {
            elements.push(word(6, 0));
        }
        elements.extend(self.more.iter().cloned());
        elements.sort_by_key(|bytes| [[bytes[0], bytes[1]], [bytes[2], bytes[3]]].map(u16::from_le_bytes));
        let mut bytes = elements.concat();
        bytes.extend(pixels);
        bytes
    }
}

fn padded(text: &str, with: u8) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    if bytes.len() % 2 == 1 {
        bytes.push(with);
    }
    bytes
}

fn item(value: &[u8]) -> Vec<u8> {
    [&[0xFE, 0xFF, 0, 0xE0][..], &(value.len() as u32).to_le_bytes(), value].concat()
}

/// Encapsulated pixel data (PS3.5 section A.4): an offset table, and fragments.
fn encapsulated(offsets: &[u8], fragments: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0xE0, 0x7F, 0x10, 0, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    bytes.extend(item(offsets));
    for fragment in fragments {
        bytes.extend(item(fragment));
    }
    bytes.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    bytes
}

fn native(pixels: &[u8]) -> Vec<u8> {
    element(0x7FE0, 0x10, b"OW", pixels)
}

fn deflated(bytes: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    for chunk in bytes {
        encoder.write_all(&chunk).unwrap();
    }
    encoder.finish().unwrap()
}

/// Good objects, in every transfer syntax that there is a fixture or an encoder for.
fn good() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join("dicom")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "dcm") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.push((name, fs::read(&path).unwrap()));
        }
    }
    found.sort();
    for stream in STREAMS {
        found.push((stream.0.to_owned(), coded(stream)));
    }
    let header = Header::of(DEFLATED, 1, 8);
    let packed = deflated(std::iter::once(header.dataset(&native(&[7; 32 * 24]))));
    found.push(("deflated.dcm".to_owned(), [header.meta(), packed].concat()));
    found
}

/// An object with a code stream of `fixtures/codestreams`.
fn coded((file, syntax, samples, stored): (&str, &'static str, u16, u16)) -> Vec<u8> {
    let mut stream =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/codestreams").join(file)).unwrap();
    if stream.len() % 2 == 1 {
        stream.push(0);
    }
    Header::of(syntax, samples, stored).object(&encapsulated(&[], &[&stream]))
}

/// The same bytes with some damage.
fn mutated(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    // The preamble says nothing: damage there is none.
    let start = 132.min(bytes.len() / 2);
    let place = |bytes: &[u8], chance: &mut Chance| start + chance.below(bytes.len() - start);
    match chance.below(7) {
        0 => bytes.truncate(place(&bytes, chance)),
        1 => {
            for _ in 0..1 + chance.below(16) {
                let at = place(&bytes, chance);
                bytes[at] ^= 1 << chance.below(8);
            }
        }
        2 => {
            // A length, a size, an offset: four bytes that say too much.
            let at = place(&bytes, chance);
            let value = [u32::MAX, u32::MAX - 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF][chance.below(5)];
            let end = bytes.len().min(at + 4);
            bytes[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
        }
        3 => {
            let (at, length) = (place(&bytes, chance), 1 + chance.below(64));
            let end = bytes.len().min(at + length);
            bytes[at..end].fill([0, 0xFF][chance.below(2)]);
        }
        4 => {
            let (at, from) = (place(&bytes, chance), place(&bytes, chance));
            let piece = bytes[from..bytes.len().min(from + 200)].to_vec();
            bytes.splice(at..at, piece);
        }
        5 => {
            let at = place(&bytes, chance);
            let end = bytes.len().min(at + 1 + chance.below(40));
            bytes.drain(at..end);
        }
        _ => {
            for _ in 0..1 + chance.below(200) {
                let at = place(&bytes, chance);
                bytes[at] = chance.next() as u8;
            }
        }
    }
    bytes
}

/// All of them, the same for the same seed.
pub(crate) fn objects(seed: u64) -> Vec<Hostile> {
    let mut chance = Chance(seed);
    let mut all = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>| all.push(Hostile { name, bytes });
    for (name, bytes) in good() {
        for number in 0..8 {
            add(format!("{name} damaged {number}"), mutated(&bytes, &mut chance));
        }
    }
    // What fuzzing has found.
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile")).unwrap() {
        let path = entry.unwrap().path();
        add(path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap());
    }
    for (name, bytes) in sizes().into_iter().chain(structure()).chain(streams()).chain(tables()) {
        add(name, bytes);
    }
    for stream in MORE_STREAMS {
        let (name, bytes) = (format!("{} as {}", stream.0, stream.1), coded(stream));
        for number in 0..6 {
            add(format!("{name} damaged {number}"), mutated(&bytes, &mut chance));
        }
        add(name, bytes);
    }
    for (name, bytes) in masks() {
        add(name, bytes);
    }
    all
}

/// A sound object up to its pixels, of which so many bytes follow.
pub(crate) fn large_object(bytes: u32) -> Vec<u8> {
    let header = Header::of(EXPLICIT, 1, 16).with(|header| {
        (header.rows, header.columns, header.frames) = (4096, 3072, "25".to_owned());
    });
    let mut start = header.object(&[]);
    start.extend([0xE0, 0x7F, 0x10, 0, b'O', b'W', 0, 0]);
    start.extend(bytes.to_le_bytes());
    start
}

/// Headers that promise what is not there.
fn sizes() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for (file, syntax, samples, stored) in STREAMS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/codestreams").join(file);
        let stream = fs::read(path).unwrap();
        for (what, rows, columns, frames) in [
            ("65535 x 65535", u16::MAX, u16::MAX, "1"),
            ("8000 x 8000", 8000, 8000, "1"),
            ("2147483647 frames", 24, 32, "2147483647"),
        ] {
            let header = Header::of(syntax, samples, stored).with(|header| {
                (header.rows, header.columns, header.frames) = (rows, columns, frames.to_owned());
            });
            all.push((format!("{file} of {what}"), header.object(&encapsulated(&[], &[&stream]))));
        }
    }
    let pixels = native(&[1; 32 * 24 * 2]);
    let mut change = |what: &str, change: &dyn Fn(&mut Header)| {
        all.push((
            format!("native {what}"),
            Header::of(EXPLICIT, 1, 12).with(|header| change(header)).object(&pixels),
        ));
    };
    change("65535 x 65535", &|header| (header.rows, header.columns) = (u16::MAX, u16::MAX));
    change("0 x 0", &|header| (header.rows, header.columns) = (0, 0));
    change("4294967295 frames", &|header| header.frames = "4294967295".to_owned());
    // Together they need more bits than a word has.
    for (rows, allocated) in [(16_384, 8), (2_048, 64)] {
        change(&format!("4294967295 frames of {rows} x 16384 with {allocated} bits"), &|header| {
            (header.rows, header.columns, header.allocated) = (rows, 16_384, allocated);
            header.frames = "4294967295".to_owned();
        });
    }
    change("-1 frames", &|header| header.frames = "-1".to_owned());
    for bits in [0, 1, 7, 9, 33, 64, 128, 65535] {
        change(&format!("{bits} bits allocated"), &|header| header.allocated = bits);
        change(&format!("{bits} bits stored"), &|header| header.stored = bits);
    }
    for high in [0, 3, 16, 255, 65535] {
        change(&format!("high bit {high}"), &|header| header.high = high);
    }
    for samples in [0, 2, 4, 255, 65535] {
        change(&format!("{samples} samples"), &|header| header.samples = samples);
    }
    for photometric in ["YBR_FULL_422", "PALETTE COLOR", "YBR_PARTIAL_420", "CMYK", "", "\u{7f}\u{7f}"] {
        change(&format!("photometric {photometric:?}"), &|header| header.photometric = photometric);
    }
    all
}

/// Sequences, lengths, fragments and offset tables.
fn structure() -> Vec<(String, Vec<u8>)> {
    let header = || Header::of(EXPLICIT, 1, 8);
    let sequence = [8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    let open_item = [0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF];
    let open_level = [&sequence[..], &open_item].concat();
    let unknown = [&[9, 0, 0x40, 0x11, b'U', b'N', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF][..], &open_item].concat();
    let meta = header().meta();
    let mut all = vec![
        ("20,000 open sequences".to_owned(), [meta.clone(), open_level.repeat(20_000)].concat()),
        ("20,000 open unknown elements".to_owned(), [meta.clone(), unknown.repeat(20_000)].concat()),
        ("1,000,000 empty items".to_owned(), [&meta[..], &sequence, &item(&[]).repeat(1_000_000)].concat()),
        (
            "200,000 empty elements".to_owned(),
            [meta.clone(), element(9, 0x10, b"LO", &[]).repeat(200_000)].concat(),
        ),
        (
            "8 MiB of description".to_owned(),
            header()
                .with(|header| {
                    header.more.push(element(8, 0x1030, b"UT", &vec![b'x'; 8 << 20]));
                })
                .object(&native(&[1; 768])),
        ),
    ];
    // 60 levels are read; each with an end that is further than that of the level around it.
    let mut nested = Vec::new();
    for _ in 0..60 {
        nested = element(8, 0x1140, b"SQ", &item(&nested));
        let end = nested.len();
        nested.extend([0; 4]);
        nested[8..12].copy_from_slice(&(end as u32 + 1000).to_le_bytes());
    }
    all.push(("levels that end outside of each other".to_owned(), [meta.clone(), nested].concat()));
    for length in [0xFFFF_FFFF_u32, 0xFFFF_FFFE, 0x7FFF_FFFF, 0x8000_0001, 1] {
        for vr in [b"OB", b"SQ", b"UN", b"UT", b"\xFF\xFF"] {
            let mut bytes = element(9, 0x1010, b"OB", &[0; 12]);
            bytes[4..6].copy_from_slice(vr);
            bytes[8..12].copy_from_slice(&length.to_le_bytes());
            let name = format!("{} of length {length}", String::from_utf8_lossy(vr));
            all.push((name, [&meta[..], &element(8, 0x60, b"CS", b"OT"), &bytes].concat()));
        }
    }
    let rle = |frames: &str| Header::of(RLE, 1, 8).with(|header| header.frames = frames.to_owned());
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let frame = [words(&[1, 64]), vec![0; 56], [0x81, 5].repeat(8)].concat();
    for (what, table) in [
        ("descending", words(&[4000, 0])),
        ("beyond the end", words(&[0, u32::MAX])),
        ("the same place twice", words(&[0, 0])),
        ("not whole", vec![0, 0, 0]),
        ("a million places", vec![0; 4_000_000]),
    ] {
        all.push((
            format!("offset table: {what}"),
            rle("2").object(&encapsulated(&table, &[&frame, &frame])),
        ));
        let extended = rle("2").with(|header| {
            header.more.push(element(0x7FE0, 1, b"OV", &[]));
            let mut long = element(0x7FE0, 1, b"OB", &table);
            long[4..6].copy_from_slice(b"OV");
            header.more = vec![long];
        });
        all.push((
            format!("extended offset table: {what}"),
            extended.object(&encapsulated(&[], &[&frame, &frame])),
        ));
    }
    let nothing: Vec<&[u8]> = vec![&[]; 900_000];
    all.push(("900,000 empty fragments".to_owned(), rle("900000").object(&encapsulated(&[], &nothing))));
    all.push(("no fragments".to_owned(), rle("1").object(&encapsulated(&[], &[]))));
    let mut cut = rle("1").object(&encapsulated(&[], &[&frame]));
    cut.truncate(cut.len() - 20);
    all.push(("a fragment that is cut".to_owned(), cut));
    all
}

/// Code streams that ask for more than they give.
fn streams() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/codestreams");
    let mut all = Vec::new();
    let zeros = |mebibytes: usize| std::iter::repeat_n(vec![0; 1 << 20], mebibytes);
    let header = Header::of(DEFLATED, 1, 8);
    all.push(("2 GiB deflated".to_owned(), [header.meta(), deflated(zeros(2048))].concat()));
    // A good header, and pixels without end.
    let mut start = header.dataset(&[]);
    start.extend([0xE0, 0x7F, 0x10, 0, b'O', b'W', 0, 0]);
    start.extend((400_u32 << 20).to_le_bytes());
    let bomb = deflated(std::iter::once(start).chain(zeros(400)));
    all.push(("400 MiB of pixels deflated".to_owned(), [header.meta(), bomb].concat()));
    let bomb = deflated(zeros(1024));
    let large = Header::of(DEFLATED_FRAMES, 1, 8);
    all.push(("a frame of 1 GiB deflated".to_owned(), large.object(&encapsulated(&[], &[&bomb]))));
    let large = large.with(|header| (header.rows, header.columns) = (16_000, 16_000));
    all.push(("a large frame of 1 GiB deflated".to_owned(), large.object(&encapsulated(&[], &[&bomb]))));

    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let huge = Header::of(RLE, 1, 8).with(|header| (header.rows, header.columns) = (16_000, 16_000));
    let rows = [0x81, 9].repeat(2_000_000);
    let rle = |segments: &[u32], rest: &[u8]| {
        let mut bytes = words(segments);
        bytes.resize(64, 0);
        bytes.extend(rest);
        bytes
    };
    for (what, stream) in [
        ("of one run each", rle(&[1, 64], &rows)),
        ("of 15 segments", rle(&[15; 16], &[0x81; 4000])),
        ("of 4294967295 segments", rle(&[u32::MAX, 64], &[1; 100])),
        ("that start beyond the end", rle(&[1, u32::MAX], &[1; 100])),
        ("that start in their header", rle(&[1, 0], &[0x80; 100])),
        ("of literals that are cut", rle(&[1, 64], &[127; 3])),
        ("without a header", vec![1, 0, 0]),
    ] {
        all.push((format!("RLE segments {what}"), huge.object(&encapsulated(&[], &[&stream]))));
        let small = Header::of(RLE, 1, 8).object(&encapsulated(&[], &[&stream]));
        all.push((format!("small RLE segments {what}"), small));
    }

    let sized = |file: &str, at: &[usize], wide: bool| {
        let (_, syntax, samples, stored) = *STREAMS.iter().find(|(name, ..)| *name == file).unwrap();
        let mut stream = fs::read(folder.join(file)).unwrap();
        for at in at {
            let bytes = if wide { &[0, 1, 0, 0][..] } else { &[0xFF, 0xFF] };
            stream[*at..*at + bytes.len()].copy_from_slice(bytes);
        }
        let header = Header::of(syntax, samples, stored);
        let honest = header.clone().with(|header| (header.rows, header.columns) = (16_000, 16_000));
        [header, honest].map(|header| header.object(&encapsulated(&[], &[&stream])))
    };
    for file in ["grey.jpg", "color.jpg", "deep.jpg", "lossless.jpg", "deep.jls", "color.jls"] {
        let stream = fs::read(folder.join(file)).unwrap();
        let start = (0..stream.len() - 1)
            .find(|at| stream[*at] == 0xFF && matches!(stream[at + 1], 0xC0..=0xC3 | 0xF7))
            .unwrap();
        for (number, object) in sized(file, &[start + 5, start + 7], false).into_iter().enumerate() {
            all.push((format!("{file} that says 65535 x 65535, {number}"), object));
        }
    }
    // SIZ (ISO/IEC 15444-1 A.5.1): sizes of the grid at 8 and 12, of tiles at 24 and 28, of components at 38.
    for file in ["deep.j2k", "color.j2k", "deep.jph"] {
        for (what, at) in [
            ("a grid of 65536 x 65536", &[8, 12][..]),
            ("tiles of 65536 x 65536", &[24, 28]),
            ("a grid and tiles of 65536 x 65536", &[8, 12, 24, 28]),
        ] {
            for (number, object) in sized(file, at, true).into_iter().enumerate() {
                all.push((format!("{file}: {what}, {number}"), object));
            }
        }
        let (_, syntax, samples, stored) = *STREAMS.iter().find(|(name, ..)| *name == file).unwrap();
        let stream = fs::read(folder.join(file)).unwrap();
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut stream = stream.clone();
            change(&mut stream);
            Header::of(syntax, samples, stored).object(&encapsulated(&[], &[&stream]))
        };
        let tiny = with(&|stream| {
            stream[8..16].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
            stream[24..32].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
        });
        all.push((format!("{file}: tiles of one pixel"), tiny));
        all.push((
            format!("{file}: 16384 components"),
            with(&|stream| {
                stream[40..42].copy_from_slice(&[0x40, 0]);
            }),
        ));
    }
    for (file, syntax, samples, stored) in STREAMS {
        let stream = fs::read(folder.join(file)).unwrap();
        for part in [1, 2, 3] {
            let cut = &stream[..stream.len() * part / 4 / 2 * 2];
            let object = Header::of(syntax, samples, stored).object(&encapsulated(&[], &[cut]));
            all.push((format!("{file}: {part} quarters"), object));
        }
    }
    all.push(("progressive scans".to_owned(), scans()));
    all
}

/// A progressive JPEG whose every scan goes over a large picture again, with nothing in it (libjpeg-turbo's report LJT-01-004).
fn scans() -> Vec<u8> {
    let mut stream = vec![0xFF, 0xD8];
    stream.extend([0xFF, 0xDB, 0, 67, 0]);
    stream.extend([1; 64]);
    stream.extend([0xFF, 0xC2, 0, 11, 8, 0x1F, 0x40, 0x1F, 0x40, 1, 1, 0x11, 0]);
    // Tables with one code of one bit: end of band.
    for class in [0x00, 0x10] {
        stream.extend([0xFF, 0xC4, 0, 20, class, 1]);
        stream.extend([0; 15]);
        stream.push(0);
    }
    for _ in 0..4000 {
        stream.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0]);
    }
    stream.extend([0xFF, 0xD9]);
    let header = Header::of("1.2.840.10008.1.2.4.50", 1, 8);
    header.with(|header| (header.rows, header.columns) = (8000, 8000)).object(&encapsulated(&[], &[&stream]))
}

/// Tables, overlays, windows, functional groups, and tables of contents.
fn tables() -> Vec<(String, Vec<u8>)> {
    let words = |words: &[u16]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let pixels = native(&[1; 32 * 24 * 2]);
    let mut all = Vec::new();
    for descriptor in [
        [0, 0, 16],
        [0, 0x8000, 16],
        [u16::MAX, u16::MAX, 8],
        [4, 0, 0],
        [4, 0, 17],
        [4, 0, u16::MAX],
        [1, 0, 1],
    ] {
        for (name, sequence, lut) in [("modality", 0x3000, 0x3006), ("VOI", 0x3010, 0x3006)] {
            let inside = [
                element(0x28, 0x3002, b"US", &words(&descriptor)),
                element(0x28, lut, b"OW", &words(&[9; 4])),
            ];
            let more = element(0x28, sequence, b"SQ", &item(&inside.concat()));
            let header = Header::of(EXPLICIT, 1, 12).with(|header| header.more = vec![more]);
            all.push((format!("{name} LUT {descriptor:?}"), header.object(&pixels)));
        }
        for (what, number, values) in [
            ("palette", 0x1201, words(&[7; 4])),
            // Segments (PS3.3 C.7.9.2): a line without end; an indirect one that names itself.
            ("segmented palette, a line", 0x1221, words(&[1, u16::MAX, 5])),
            ("segmented palette, a loop", 0x1221, words(&[2, u16::MAX, 0, 0, 2, u16::MAX, 0, 0])),
        ] {
            let header = Header::of(EXPLICIT, 1, 8).with(|header| {
                header.photometric = "PALETTE COLOR";
                for color in 0..3 {
                    header.more.push(element(0x28, 0x1101 + color, b"US", &words(&descriptor)));
                    header.more.push(element(0x28, number + color, b"OW", &values));
                }
            });
            all.push((format!("{what} {descriptor:?}"), header.object(&native(&[1; 768]))));
        }
    }
    for (rows, columns, origin, position) in
        [(u16::MAX, u16::MAX, 0x8000, 0), (0, 0, 0, 0), (24, 32, 0x7FFF, 200), (24, 32, u16::MAX, 15)]
    {
        let more = vec![
            element(0x6000, 0x10, b"US", &words(&[rows])),
            element(0x6000, 0x11, b"US", &words(&[columns])),
            element(0x6000, 0x15, b"IS", b"999999999 "),
            element(0x6000, 0x50, b"SS", &words(&[origin, origin])),
            element(0x6000, 0x100, b"US", &words(&[1])),
            element(0x6000, 0x102, b"US", &words(&[position])),
            element(0x6000, 0x3000, b"OW", &[0xFF; 96]),
        ];
        let header = Header::of(EXPLICIT, 1, 12).with(|header| header.more = more);
        all.push((format!("overlay {rows} x {columns} at {origin}"), header.object(&pixels)));
    }
    for value in ["nan", "inf ", "1e308 ", "-1e308", "0 ", "1e-320", "\\\\\\\\", "999999999999999999999 "] {
        let number = |number| element(0x28, number, b"DS", &padded(value, b' '));
        let more = [0x1050, 0x1051, 0x1052, 0x1053].map(number).to_vec();
        let header = Header::of(EXPLICIT, 1, 12).with(|header| header.more = more);
        all.push((format!("windows and rescale {value:?}"), header.object(&pixels)));
    }
    let many = "1\\".repeat(32_000) + "1 ";
    let more = [0x1050, 0x1051].map(|number| element(0x28, number, b"DS", many.as_bytes())).to_vec();
    let header = Header::of(EXPLICIT, 1, 12).with(|header| header.more = more);
    all.push(("32,001 windows".to_owned(), header.object(&pixels)));
    let groups = element(0x5200, 0x9230, b"SQ", &item(&[]).repeat(500_000));
    let header = Header::of(EXPLICIT, 1, 12).with(|header| {
        (header.more, header.frames) = (vec![groups], "500000".to_owned());
    });
    all.push(("500,000 empty functional groups".to_owned(), header.object(&pixels)));
    // Records that name each other (PS3.3 F.3): next and lower point back.
    let record = |next: u32, lower: u32| {
        item(
            &[
                element(4, 0x1400, b"UL", &next.to_le_bytes()),
                element(4, 0x1420, b"UL", &lower.to_le_bytes()),
                element(4, 0x1430, b"CS", b"PATIENT "),
                element(4, 0x1500, b"CS", b"..\\..\\ETC\\PASSWD"),
            ]
            .concat(),
        )
    };
    let mut directory = Header::of(EXPLICIT, 1, 8).meta();
    let at = directory.len() as u32 + 12;
    directory.extend(element(4, 0x1220, b"SQ", &[record(at, at), record(at, u32::MAX)].concat()));
    all.push(("a directory in circles".to_owned(), directory));
    all
}

/// Angiographies whose masks are many, missing or far away.
fn masks() -> Vec<(String, Vec<u8>)> {
    let words = |words: &[u16]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let mut all = Vec::new();
    let mut frame = deflated(std::iter::once(vec![9; 2000 * 2000]));
    frame.resize(frame.len().next_multiple_of(2), 0);
    for (what, masks, shift, averaged) in [
        ("16 masks", vec![1; 16], [0.5_f32, 0.5], 16),
        ("20,000 masks", vec![1; 20_000], [0.0, 0.0], 1),
        ("a mask that is not there", vec![9999], [0.0, 0.0], 1),
        ("a mask that is moved away", vec![1], [f32::MAX, f32::NAN], 65535),
        ("no mask", vec![], [0.0, 0.0], 0),
    ] {
        let shift: Vec<u8> = shift.iter().flat_map(|part| part.to_le_bytes()).collect();
        let inside = [
            element(0x28, 0x6101, b"CS", b"AVG_SUB "),
            element(0x28, 0x6110, b"US", &words(&masks)),
            element(0x28, 0x6112, b"US", &words(&[averaged])),
            element(0x28, 0x6114, b"FL", &shift),
        ];
        let header = Header::of(DEFLATED_FRAMES, 1, 8).with(|header| {
            (header.rows, header.columns, header.frames) = (2000, 2000, "17".to_owned());
            header.more.push(element(0x28, 0x1090, b"CS", b"SUB "));
            header.more.push(element(0x28, 0x6100, b"SQ", &item(&inside.concat())));
        });
        let frames: Vec<&[u8]> = vec![&frame; 17];
        all.push((format!("an angiography with {what}"), header.object(&encapsulated(&[], &frames))));
    }
    all
}

/// Clips by themselves and as objects, damaged: made by ffmpeg in `folder`, which is to show them.
pub(crate) fn clips(seed: u64, folder: &Path) -> Vec<Hostile> {
    let mut chance = Chance(seed);
    let mut all = Vec::new();
    for (file, syntax, codec) in [
        ("hostile.mp4", "1.2.840.10008.1.2.4.102", "libx264"),
        ("hostile.ts", "1.2.840.10008.1.2.4.103", "libx264"),
        ("hostile.h264", "1.2.840.10008.1.2.4.102", "libx264"),
        ("hostile.m2v", "1.2.840.10008.1.2.4.100", "mpeg2video"),
    ] {
        let path = folder.join(file);
        #[expect(clippy::disallowed_methods, reason = "a clip is made from outside")]
        let made = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=25", "-frames:v", "30"])
            .args(["-pix_fmt", "yuv420p", "-c:v", codec, "-g", "12", "-threads", "1"])
            .arg(&path)
            .output()
            .expect("ffmpeg is installed for the tests: scripts/need.sh test");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let stream = fs::read(&path).unwrap();
        let object = |stream: &[u8]| {
            let header = Header::of(syntax, 3, 8).with(|header| {
                (header.photometric, header.rows, header.columns) = ("YBR_PARTIAL_420", 48, 64);
                header.frames = "30".to_owned();
            });
            header.object(&encapsulated(&[], &[&stream[..stream.len() / 2 * 2]]))
        };
        for number in 0..5 {
            let damaged = mutated(&stream, &mut chance);
            all.push((format!("{file} in an object, damaged {number}"), object(&damaged)));
            if file == "hostile.mp4" {
                all.push((format!("{file} damaged {number}"), damaged));
            }
        }
        all.push((
            format!("{file} in an object with more frames than there are"),
            object(&stream[..stream.len() / 2]),
        ));
    }
    all.into_iter().map(|(name, bytes)| Hostile { name, bytes }).collect()
}

/// ZIPs that are no friends.
pub(crate) fn archives(seed: u64, object: &[u8]) -> Vec<Hostile> {
    let mut chance = Chance(seed);
    let pack = |entries: &[(String, &[u8])]| {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    fn named<'a>(name: &str, bytes: &'a [u8]) -> (String, &'a [u8]) {
        (name.to_owned(), bytes)
    }
    let mut bomb = object.to_vec();
    bomb.resize(64 << 20, 0);
    let bomb = pack(&[named("bomb.dcm", &bomb)]);
    let bombs: Vec<_> = (0..4).map(|number| (format!("{number}.zip"), &bomb[..])).collect();
    let mut all = vec![("bombs in a ZIP", pack(&bombs)), ("a bomb", bomb.clone())];
    let empty: Vec<_> = (0..100_000).map(|number| (format!("I{number}"), &b""[..])).collect();
    all.push(("100,000 entries", pack(&empty)));
    let deep = (0..8).fold(pack(&[named("I1", object)]), |inside, _| pack(&[named("again.zip", &inside)]));
    all.push(("ZIPs in ZIPs", deep));
    let names =
        ["../../evil", "/etc/evil", "a\\..\\..\\evil", "C:\\evil", "con", "a\u{202E}mcd.exe", "\u{1b}[2J"];
    all.push(("names that lead out", pack(&names.map(|name| named(name, object)))));
    let long = "d/".repeat(20_000) + "I1";
    all.push(("a long name", pack(&[(long, object)])));
    let whole = pack(&[named("I1", object), named("README.TXT", b"words"), named("I2", object)]);
    let mut all: Vec<_> =
        all.into_iter().map(|(name, bytes)| Hostile { name: name.to_owned(), bytes }).collect();
    for number in 0..24 {
        let bytes = mutated(&whole, &mut chance);
        all.push(Hostile { name: format!("ZIP damaged {number}"), bytes });
    }
    all
}
