//! Sound objects of 32 x 24 pixels, as the code streams of `fixtures/codestreams` are, around what is fuzzed.
#![allow(dead_code, reason = "each target takes what it needs")]

pub struct Header {
    pub syntax: &'static str,
    pub photometric: &'static str,
    pub samples: u16,
    pub bits: u16,
    pub more: Vec<Vec<u8>>,
}

pub fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// An element in explicit VR little endian; what is too long for its VR is cut.
pub fn element(group: u16, number: u16, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
    bytes.extend(vr);
    if matches!(vr, b"OB" | b"OW" | b"SQ") {
        bytes.extend([0, 0]);
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(value);
    } else {
        let value = &value[..value.len().min(0xFFFE)];
        bytes.extend((value.len() as u16).to_le_bytes());
        bytes.extend(value);
    }
    bytes
}

pub fn item(value: &[u8]) -> Vec<u8> {
    [&[0xFE, 0xFF, 0, 0xE0][..], &(value.len() as u32).to_le_bytes(), value].concat()
}

/// An object without pixels, of a class; elements as they come.
pub fn object(class_uid: &str, elements: &[u8]) -> Vec<u8> {
    let class_uid = if class_uid.len() % 2 == 1 { format!("{class_uid}\0") } else { class_uid.to_owned() };
    let mut bytes = [&[0; 128][..], b"DICM"].concat();
    bytes.extend(element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0"));
    bytes.extend(element(8, 0x16, b"UI", class_uid.as_bytes()));
    bytes.extend(elements);
    bytes
}

impl Header {
    pub fn encapsulated(&self, stream: &[u8]) -> Vec<u8> {
        let mut bytes = self.start();
        bytes.extend([0xE0, 0x7F, 0x10, 0, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        bytes.extend(item(&[]));
        bytes.extend(item(stream));
        bytes.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        bytes
    }

    pub fn native(&self, pixels: &[u8]) -> Vec<u8> {
        [self.start(), element(0x7FE0, 0x10, b"OW", pixels)].concat()
    }

    fn start(&self) -> Vec<u8> {
        let mut bytes = [&[0; 128][..], b"DICM"].concat();
        bytes.extend(element(2, 0x10, b"UI", self.syntax.as_bytes()));
        let word = |number, value: u16| element(0x28, number, b"US", &value.to_le_bytes());
        let allocated = match self.bits {
            1 => 1,
            2..=8 => 8,
            _ => 16,
        };
        let mut elements = vec![
            word(2, self.samples),
            element(0x28, 4, b"CS", self.photometric.as_bytes()),
            word(6, 0),
            word(0x10, 24),
            word(0x11, 32),
            word(0x100, allocated),
            word(0x101, self.bits),
            word(0x102, self.bits - 1),
            word(0x103, 0),
        ];
        elements.extend(self.more.iter().cloned());
        elements.sort_by_key(|bytes| [[bytes[0], bytes[1]], [bytes[2], bytes[3]]].map(u16::from_le_bytes));
        bytes.extend(elements.concat());
        bytes
    }
}
