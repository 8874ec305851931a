//! Elements as they were found by [`super::scan`], written so that a parser can read them in one way only: whatever a file says of
//! lengths and ends, the parser meets what was measured (PS3.5 chapter 7), and of a value whose VR the writer did not know it meets the VR that
//! the dictionary knows (PS3.5 section 6.2.2).

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

    /// An element with its value, as it was found in an encoding. Left out are group lengths, which need not be true any more (PS3.5
    /// section 7.2), and delimiters where none belong. Values of numbers keep their whole numbers.
    pub(super) fn element(&mut self, tag: Tag, vr: Option<VR>, found_in: Encoding, value: &[u8]) {
        if self.encoding == Encoding::ImplicitLittle {
            let unit = vr.or_else(|| known(tag)).map_or(1, unit);
            return self.value(tag, VR::UN, &value[..value.len() - value.len() % unit]);
        }
        let meant = meant(tag, vr).filter(|vr| *vr != VR::SQ).unwrap_or(VR::UN);
        let value = &value[..value.len() - value.len() % unit(meant)];
        let meant = if value.len() > usize::from(u16::MAX) { with_long_length(meant) } else { meant };
        // What has no VR, and all that is inside of it, is in little endian (PS3.5 section 6.2.2).
        let is_little = found_in != Encoding::ExplicitBig || vr.is_none_or(|vr| vr == VR::UN);
        if self.encoding == Encoding::ExplicitBig && is_little {
            let mut big = value.to_vec();
            big.chunks_exact_mut(word(meant)).for_each(<[u8]>::reverse);
            return self.value(tag, meant, &big);
        }
        self.value(tag, meant, value);
    }

    /// An element whose value is kept as it is, without a VR.
    pub(super) fn opaque(&mut self, tag: Tag, value: &[u8]) {
        self.value(tag, VR::UN, value);
    }

    fn value(&mut self, tag: Tag, vr: VR, value: &[u8]) {
        if tag.1 == 0 || tag.0 == ITEM.0 {
            return;
        }
        // Values come out of files that fit into memory, and had a length of 32 bits there.
        self.head(tag, Some(vr), value.len() as u32);
        self.bytes.extend_from_slice(value);
    }

    /// A sequence begins; its items follow, and its end.
    pub(super) fn sequence(&mut self, tag: Tag) {
        self.head(tag, Some(VR::SQ), UNDEFINED);
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

    /// How much is written.
    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Takes back what was written since then, all of it inside of an element that is not whole yet.
    pub(super) fn take_back(&mut self, length: usize) {
        self.bytes.truncate(length);
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

/// The VR of a tag by the dictionary.
fn known(tag: Tag) -> Option<VR> {
    StandardDataDictionary.by_tag(tag).map(|entry| entry.vr.relaxed())
}

/// The VR of an element: that of the dictionary where the writer knew none, or called words bytes. `None`: nobody knows.
pub(super) fn meant(tag: Tag, vr: Option<VR>) -> Option<VR> {
    match vr {
        None | Some(VR::UN) => known(tag),
        Some(VR::OB) => known(tag).filter(|vr| is_words(*vr)).or(vr),
        Some(_) => vr,
    }
}

/// Whether values of a VR are written as characters (PS3.5 table 6.2-1).
fn is_words(vr: VR) -> bool {
    use VR::*;
    matches!(vr, AE | AS | CS | DA | DS | DT | IS | LO | LT | PN | SH | ST | TM | UC | UI | UR | UT)
}

/// A VR whose length has 32 bits, for a value too long for its own: such values are written as UN (PS3.5 section 6.2.2).
fn with_long_length(vr: VR) -> VR {
    use VR::*;
    match vr {
        AE | AS | CS | DA | DS | DT | IS | LO | PN | SH | TM | UI => UC,
        LT | ST => UT,
        US => OW,
        UL => OL,
        FL => OF,
        FD => OD,
        vr if has_long_length(vr) => vr,
        _ => UN,
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

/// Bytes that big endian turns round (PS3.5 section 7.3).
fn word(vr: VR) -> usize {
    if vr == VR::AT { 2 } else { unit(vr) }
}

#[cfg(test)]
mod tests;
