//! Character sets of text (PS3.3 C.12.1.1.2, PS3.5 section 6.1.2): single-byte sets, code extensions of ISO 2022, UTF-8 and GB 18030.
//!
//! The parser is kept from decoding by itself: it knows one set for a whole object, no code extensions, and splits values at bytes that may be
//! half of a character. It takes every byte for a character of its own, and [`decode_texts`] puts right what it has read.

use dicom_core::{PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6,
    ISO_8859_7, ISO_8859_8, ISO_8859_15, WINDOWS_874, WINDOWS_1254,
};

const ESCAPE: u8 = 0x1B;

/// What bytes from 0x80 on mean.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Upper {
    /// Nothing is declared.
    Unknown,
    Latin1,
    /// One byte a character.
    Single(&'static Encoding),
    /// JIS X 0201.
    Katakana,
    /// Two bytes a character.
    Double(&'static Encoding),
}

/// What bytes below 0x80 mean.
#[derive(Clone, Copy, PartialEq)]
enum Lower {
    Ascii,
    /// JIS X 0208.
    Kanji,
    /// JIS X 0212.
    Supplementary,
}

/// The character sets that a Specific Character Set (0008,0005) declares.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Charset {
    Utf8,
    Gb18030,
    /// Sets that escape sequences change, and what holds before the first of them.
    Extended(Upper),
}

impl Charset {
    fn declared(values: &[String]) -> Self {
        let names: Vec<Declared> = values.iter().map(|value| Declared::of(value)).collect();
        let first = match names.first() {
            Some(Declared::Whole(charset)) => return *charset,
            Some(Declared::Upper(upper)) => *upper,
            None => Upper::Unknown,
        };
        // Without its escape sequence a set of two bytes is meant where no other one can be.
        let double = names.iter().find_map(|name| match name {
            Declared::Upper(upper @ Upper::Double(_)) => Some(*upper),
            _ => None,
        });
        Self::Extended(if first == Upper::Unknown { double.unwrap_or(first) } else { first })
    }
}

enum Declared {
    Whole(Charset),
    Upper(Upper),
}

impl Declared {
    /// Of one value (PS3.3 tables C.12-2 to C.12-5), also as it is written wrongly.
    fn of(value: &str) -> Self {
        let name: String = value.to_uppercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let upper = match name.as_str() {
            "GB18030" | "GBK" | "GB2312" => return Self::Whole(Charset::Gb18030),
            "ISOIR192" | "UTF8" | "ISO2022IR192" => return Self::Whole(Charset::Utf8),
            _ => match name.rsplit_once("IR").map(|(_, number)| number) {
                Some("100") => Upper::Latin1,
                Some("101") => Upper::Single(ISO_8859_2),
                Some("109") => Upper::Single(ISO_8859_3),
                Some("110") => Upper::Single(ISO_8859_4),
                Some("144") => Upper::Single(ISO_8859_5),
                Some("127") => Upper::Single(ISO_8859_6),
                Some("126") => Upper::Single(ISO_8859_7),
                Some("138") => Upper::Single(ISO_8859_8),
                Some("148") => Upper::Single(WINDOWS_1254),
                Some("203") => Upper::Single(ISO_8859_15),
                Some("166") => Upper::Single(WINDOWS_874),
                Some("13") => Upper::Katakana,
                Some("149") => Upper::Double(EUC_KR),
                Some("58") => Upper::Double(GBK),
                _ => Upper::Unknown,
            },
        };
        Self::Upper(upper)
    }
}

/// A change of a value of (0008,0005) that keeps the parser from following it: where in the value, and the byte. [`decode_texts`] takes it back.
pub(super) fn hide(value: &[u8]) -> Option<(usize, u8)> {
    let at = value.iter().take_while(|byte| **byte != b'\\').position(u8::is_ascii_uppercase)?;
    Some((at, value[at].to_ascii_lowercase()))
}

/// Reads the texts of a data set, whose characters stand for bytes, in the character sets that it and its items declare.
pub(super) fn decode_texts(set: &mut InMemDicomObject) {
    decode_item(set, Charset::Extended(Upper::Unknown));
}

fn decode_item(set: &mut InMemDicomObject, inherited: Charset) {
    let declared = set.get(tags::SPECIFIC_CHARACTER_SET).and_then(|element| element.to_str().ok());
    let declared = declared.map(|value| value.to_uppercase());
    let charset = declared.as_ref().map_or(inherited, |value| {
        Charset::declared(&value.split('\\').map(|value| value.trim().to_owned()).collect::<Vec<_>>())
    });
    if let Some(value) = declared {
        set.update_value(tags::SPECIFIC_CHARACTER_SET, |old| {
            *old = PrimitiveValue::Strs(value.split('\\').map(str::to_owned).collect()).into();
        });
    }
    // (element, whether it is a sequence)
    let affected: Vec<(Tag, bool)> = set
        .iter()
        .filter_map(|element| match element.vr() {
            VR::SQ => Some((element.header().tag, true)),
            vr if is_text(vr) && element.value().primitive().is_some_and(needs_decoding) => {
                Some((element.header().tag, false))
            }
            _ => None,
        })
        .collect();
    for (tag, is_sequence) in affected {
        let is_name = set.get(tag).is_some_and(|element| element.vr() == VR::PN);
        set.update_value(tag, |value| {
            if is_sequence {
                value.items_mut().into_iter().flatten().for_each(|item| decode_item(item, charset));
            } else if let Some(primitive) = value.primitive() {
                *value = decoded(primitive, charset, is_name).into();
            }
        });
    }
}

/// Value representations that the character set applies to (PS3.5 section 6.1.2.3).
fn is_text(vr: VR) -> bool {
    matches!(vr, VR::LO | VR::LT | VR::PN | VR::SH | VR::ST | VR::UC | VR::UT)
}

fn needs_decoding(value: &PrimitiveValue) -> bool {
    let is_odd = |text: &str| text.bytes().any(|byte| byte >= 0x80 || byte == ESCAPE);
    match value {
        PrimitiveValue::Str(text) => is_odd(text),
        PrimitiveValue::Strs(texts) => texts.iter().any(|text| is_odd(text)),
        _ => false,
    }
}

fn decoded(value: &PrimitiveValue, charset: Charset, is_name: bool) -> PrimitiveValue {
    let bytes = |text: &str| -> Option<Vec<u8>> { text.chars().map(|c| u8::try_from(c).ok()).collect() };
    match value {
        PrimitiveValue::Str(text) => bytes(text)
            .map_or_else(|| value.clone(), |bytes| PrimitiveValue::Str(decode(&bytes, charset, is_name))),
        PrimitiveValue::Strs(texts) => {
            // What looks like a separator may be half of a character: together again, and split as characters.
            let Some(bytes) = bytes(&texts.join("\\")) else { return value.clone() };
            let text = decode(&bytes, charset, is_name);
            PrimitiveValue::Strs(text.split('\\').map(str::to_owned).collect())
        }
        _ => value.clone(),
    }
}

fn decode(bytes: &[u8], charset: Charset, is_name: bool) -> String {
    match charset {
        Charset::Utf8 if !bytes.contains(&ESCAPE) => guessed(bytes),
        Charset::Utf8 => extended(bytes, Upper::Unknown, is_name),
        Charset::Gb18030 => {
            let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
            text.map_or_else(|| guessed(bytes), |text| text.into_owned())
        }
        Charset::Extended(upper) => {
            let is_escaped = bytes.contains(&ESCAPE);
            let is_other = upper == Upper::Latin1 && looks_like_utf8(bytes);
            if !is_escaped && (upper == Upper::Unknown || is_other) {
                guessed(bytes)
            } else {
                extended(bytes, upper, is_name)
            }
        }
    }
}

/// Bytes of an undeclared or wrongly declared set: UTF-8 if they can be, else Latin-1.
pub(super) fn guessed(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// Whether bytes that are declared as Latin-1 are UTF-8 beyond doubt: read as Latin-1, every foreign letter would be a capital A with a tilde and
/// a sign after it, or three such signs.
fn looks_like_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        text.chars().filter(|c| !c.is_ascii()).all(|c| c.len_utf8() > 2 || ('\u{C0}'..='\u{FF}').contains(&c))
    })
}

/// Code extensions (PS3.5 section 6.1.2.5). Escape sequences are followed whether or not the set is declared.
fn extended(bytes: &[u8], initial: Upper, is_name: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    let (mut lower, mut upper) = (Lower::Ascii, initial);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        if byte == ESCAPE {
            at += match designated(&rest[1..]) {
                Some((Designated::Lower(set), length)) => {
                    lower = set;
                    length + 1
                }
                Some((Designated::Upper(set), length)) => {
                    upper = set;
                    length + 1
                }
                None => 1,
            };
            continue;
        }
        let pair = || [byte | 0x80, rest.get(1).copied().unwrap_or(0) | 0x80];
        let is_graphic = (0x21..0x7F).contains(&byte);
        match (byte, lower, upper) {
            (..0x80, Lower::Kanji, _) if is_graphic => {
                text.push_str(&character(EUC_JP, &pair()));
                at += 2;
                continue;
            }
            (..0x80, Lower::Supplementary, _) if is_graphic => {
                let [first, second] = pair();
                text.push_str(&character(EUC_JP, &[0x8F, first, second]));
                at += 2;
                continue;
            }
            (..0x80, ..) => {
                text.push(char::from(byte));
                // Ends of lines and values bring the first sets back (PS3.5 section 6.1.2.5.3).
                let is_end = matches!(byte, b'\r' | b'\n' | 0x0C | b'\t' | b'\\')
                    || (is_name && matches!(byte, b'^' | b'='));
                if is_end {
                    (lower, upper) = (Lower::Ascii, initial);
                }
            }
            (_, _, Upper::Double(encoding)) => {
                text.push_str(&character(encoding, &pair()));
                at += 2;
                continue;
            }
            (0xA1..=0xDF, _, Upper::Katakana) => {
                text.extend(char::from_u32(0xFF61 + u32::from(byte - 0xA1)));
            }
            (_, _, Upper::Single(encoding)) => text.push_str(&character(encoding, &[byte])),
            (_, _, Upper::Unknown | Upper::Latin1 | Upper::Katakana) => text.push(char::from(byte)),
        }
        at += 1;
    }
    text
}

fn character(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

enum Designated {
    Lower(Lower),
    Upper(Upper),
}

/// What the bytes behind an escape designate (PS3.3 tables C.12-3 and C.12-4), and how many they are.
fn designated(rest: &[u8]) -> Option<(Designated, usize)> {
    use Designated as D;
    const SEQUENCES: [(&[u8], D); 22] = [
        (b"(B", D::Lower(Lower::Ascii)),
        (b"(J", D::Lower(Lower::Ascii)),
        (b"$B", D::Lower(Lower::Kanji)),
        (b"$@", D::Lower(Lower::Kanji)),
        (b"$(B", D::Lower(Lower::Kanji)),
        (b"$(D", D::Lower(Lower::Supplementary)),
        (b")I", D::Upper(Upper::Katakana)),
        (b"$)C", D::Upper(Upper::Double(EUC_KR))),
        (b"$)A", D::Upper(Upper::Double(GBK))),
        (b"-A", D::Upper(Upper::Latin1)),
        (b"-B", D::Upper(Upper::Single(ISO_8859_2))),
        (b"-C", D::Upper(Upper::Single(ISO_8859_3))),
        (b"-D", D::Upper(Upper::Single(ISO_8859_4))),
        (b"-L", D::Upper(Upper::Single(ISO_8859_5))),
        (b"-G", D::Upper(Upper::Single(ISO_8859_6))),
        (b"-F", D::Upper(Upper::Single(ISO_8859_7))),
        (b"-H", D::Upper(Upper::Single(ISO_8859_8))),
        (b"-M", D::Upper(Upper::Single(WINDOWS_1254))),
        (b"-T", D::Upper(Upper::Single(WINDOWS_874))),
        (b"-b", D::Upper(Upper::Single(ISO_8859_15))),
        // Some writers bring Latin-1 back by these.
        (b".A", D::Upper(Upper::Latin1)),
        (b"%G", D::Upper(Upper::Unknown)),
    ];
    SEQUENCES.into_iter().find(|(bytes, _)| rest.starts_with(bytes)).map(|(bytes, set)| (set, bytes.len()))
}

#[cfg(test)]
mod tests;
