//! Elements as they were found by [`super::scan`], written so that a parser can read them in one way only: whatever a file says of
//! lengths and ends, the parser meets what was measured (PS3.5 chapter 7).

use dicom_core::{DataDictionary, Tag, VR};
use dicom_dictionary_std::StandardDataDictionary;

use super::scan::{Encoding, ITEM, ITEM_END, SEQUENCE_END, UNDEFINED, has_long_length};

/// A data set that is being written, in the encoding of the file.
#[derive(Debug)]
pub(super) struct Rewritten {
    encoding: Encoding,
    bytes: Vec<u8>,
    /// Where the last whole element of the outermost level ends.
    whole: usize,
}

impl Rewritten {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding, bytes: Vec::new(), whole: 0 }
    }

    /// An element with its value. Left out are group lengths, which need not be true any more (PS3.5 section 7.2), and delimiters where
    /// none belong. Values of numbers keep their whole numbers.
    pub(super) fn element(&mut self, tag: Tag, vr: Option<VR>, value: &[u8]) {
        if tag.1 == 0 || tag.0 == ITEM.0 {
            return;
        }
        let known = || StandardDataDictionary.by_tag(tag).map(|entry| entry.vr.relaxed());
        let unit = vr.or_else(known).map_or(1, unit);
        let value = &value[..value.len() - value.len() % unit];
        // Values come out of files that fit into memory, and had a length of 32 bits there.
        self.head(tag, vr, value.len() as u32);
        self.bytes.extend_from_slice(value);
    }

    /// A sequence begins; its items follow, and its end.
    pub(super) fn sequence(&mut self, tag: Tag, vr: Option<VR>) {
        self.head(tag, vr, UNDEFINED);
    }

    pub(super) fn item(&mut self) {
        self.head(ITEM, None, UNDEFINED);
    }

    pub(super) fn item_end(&mut self) {
        self.head(ITEM_END, None, 0);
    }

    pub(super) fn sequence_end(&mut self) {
        self.head(SEQUENCE_END, None, 0);
    }

    /// What was written up to here is whole.
    pub(super) fn mark(&mut self) {
        self.whole = self.bytes.len();
    }

    /// What is whole.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.whole);
        self.bytes
    }

    fn head(&mut self, tag: Tag, vr: Option<VR>, length: u32) {
        self.short(tag.0);
        self.short(tag.1);
        match vr.filter(|_| tag.0 != ITEM.0 && self.encoding != Encoding::ImplicitLittle) {
            Some(vr) if has_long_length(vr) => {
                self.bytes.extend(vr.to_bytes());
                self.bytes.extend([0, 0]);
                self.long(length);
            }
            Some(vr) => {
                self.bytes.extend(vr.to_bytes());
                // It was read from as many bits.
                self.short(length as u16);
            }
            None => self.long(length),
        }
    }

    fn short(&mut self, number: u16) {
        self.bytes.extend(match self.encoding {
            Encoding::ExplicitBig => number.to_be_bytes(),
            _ => number.to_le_bytes(),
        });
    }

    fn long(&mut self, number: u32) {
        self.bytes.extend(match self.encoding {
            Encoding::ExplicitBig => number.to_be_bytes(),
            _ => number.to_le_bytes(),
        });
    }
}

/// Bytes of one number of a VR (PS3.5 table 6.2-1): the parser reads whole ones, and would take the rest for the next element.
fn unit(vr: VR) -> usize {
    use VR::*;
    match vr {
        US | SS | OW => 2,
        UL | SL | FL | AT | OF | OL => 4,
        FD | OD | SV | UV | OV => 8,
        _ => 1,
    }
}
