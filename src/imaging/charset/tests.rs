use super::*;
use crate::imaging::dataset;
use crate::imaging::read::Object;

/// `(group,element) VR` with a value of bytes, in explicit VR little endian.
fn element(tag: Tag, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(b' ');
    }
    let mut bytes = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    bytes.extend(vr.bytes());
    bytes.extend((value.len() as u16).to_le_bytes());
    bytes.extend(value);
    bytes
}

/// A name in a data set with these character sets, as it is read.
fn name(charset: &str, value: &[u8]) -> String {
    let bytes = [
        element(tags::SPECIFIC_CHARACTER_SET, "CS", charset.as_bytes()),
        element(tags::PATIENT_NAME, "PN", value),
    ];
    let bytes = bytes.concat();
    let object = Object::open(&bytes[..]).unwrap();
    assert_eq!(
        dataset::text(object.dataset(), tags::SPECIFIC_CHARACTER_SET),
        charset,
        "the declaration is kept"
    );
    dataset::text(object.dataset(), tags::PATIENT_NAME)
}

/// PS3.5 section H.3.1.
#[test]
fn japanese_with_ascii_first() {
    let value = b"Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B=\x1B$B$d$^$@\x1B(B^\x1B$B$?$m$&\x1B(B";
    assert_eq!(name("\\ISO 2022 IR 87", value), "Yamada^Tarou=山田^太郎=やまだ^たろう");
}

/// PS3.5 section H.3.2: half-width katakana come first.
#[test]
fn japanese_with_katakana_first() {
    let value = b"\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J=\x1B$B$d$^$@\x1B(J^\x1B$B$?$m$&\x1B(J";
    assert_eq!(name("ISO 2022 IR 13\\ISO 2022 IR 87", value), "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう");
    assert_eq!(name("ISO_IR 13", b"\xD4\xCF\xC0\xDE^\xC0\xDB\xB3"), "ﾔﾏﾀﾞ^ﾀﾛｳ");
}

/// PS3.5 section I.2.
#[test]
fn korean() {
    let value =
        b"Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7=\x1B$)C\xC8\xAB^\x1B$)C\xB1\xE6\xB5\xBF";
    let expected = "Hong^Gildong=洪^吉洞=홍^길동";
    assert_eq!(name("\\ISO 2022 IR 149", value), expected);
    // The sequence is to stand before every component; it is forgotten.
    let forgotten = b"Hong^Gildong=\xFB\xF3^\xD1\xCE\xD4\xD7=\xC8\xAB^\xB1\xE6\xB5\xBF";
    assert_eq!(name("\\ISO 2022 IR 149", forgotten), expected);
}

/// PS3.5 sections J.1 and J.2.
#[test]
fn chinese_in_utf8_and_gb18030() {
    let utf8 = "Wang^XiaoDong=王^小東=";
    assert_eq!(name("ISO_IR 192", utf8.as_bytes()), utf8);
    let gb = b"Wang^XiaoDong=\xCD\xF5^\xD0\xA1\xB6\xAB=";
    assert_eq!(name("GB18030", gb), "Wang^XiaoDong=王^小东=");
    assert_eq!(name("GBK", gb), "Wang^XiaoDong=王^小东=");
}

/// PS3.5 section K.2.
#[test]
fn chinese_in_gb2312_with_escapes() {
    let value = b"Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB=";
    assert_eq!(name("\\ISO 2022 IR 58", value), "Zhang^XiaoDong=张^小东=");
}

/// PS3.3 table C.12-2.
#[test]
fn single_byte_sets() {
    for (charset, bytes, text) in [
        ("ISO_IR 100", &b"Buc^J\xE9r\xF4me"[..], "Buc^Jérôme"),
        ("ISO_IR 101", b"Wa\xB3\xEAsa", "Wałęsa"),
        ("ISO_IR 144", b"\xBB\xEE\xDA^\xB3", "Люк^Г"),
        ("ISO_IR 126", b"\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2", "Διονυσιος"),
        ("ISO_IR 127", b"\xE2\xC8\xC7\xE6\xEA", "قباني".trim()),
        ("ISO_IR 138", b"\xF9\xF8\xE5\xEF", "שרון"),
        ("ISO_IR 148", b"\xC7avu\xFEo\xF0lu", "Çavuşoğlu"),
        ("ISO_IR 166", b"\xB9\xD2\xC1", "นาม"),
        ("ISO-IR 100", b"\xE9", "é"),
        ("ISO 2022 IR 100\\ISO 2022 IR 144", b"\xE9^\x1B-L\xD0", "é^а"),
    ] {
        assert_eq!(name(charset, bytes), text, "{charset}");
    }
}

#[test]
fn what_is_declared_wrongly_or_not_at_all_is_utf8_if_it_can_be_and_else_latin1() {
    for charset in ["", "ISO_IR 6", "ISO_IR 999", "ISO_IR 192", "ISO_IR 100"] {
        assert_eq!(name(charset, "Lefèvre^Hélène".as_bytes()), "Lefèvre^Hélène", "{charset}");
        assert_eq!(name(charset, b"Lef\xE8vre"), "Lefèvre", "{charset}");
    }
    // Latin-1 that happens to be UTF-8: no letter of it would make sense as such.
    assert_eq!(name("ISO_IR 100", b"\xC9\xBB"), "É»");
}

/// The second byte of 喆 in GBK is that of a backslash's neighbours; that of 昞 is a backslash.
#[test]
fn half_a_character_is_no_separator() {
    assert_eq!(name("GB18030", b"\x95\x5C^A"), "昞^A".replace('昞', &character(GB18030, b"\x95\x5C")));
    assert!(!name("GB18030", b"\x95\x5C^A").contains('\\'));
    // JIS X 0208 has characters whose second byte is 0x5C.
    assert_eq!(name("\\ISO 2022 IR 87", b"\x1B$B0\x5C\x1B(B").chars().count(), 1);
}

/// PS3.3 C.12.1.1.2: the sets of an item hold for it and for what it contains, and for nothing behind it.
#[test]
fn an_item_has_its_own_character_set() {
    let inner = [
        element(tags::SPECIFIC_CHARACTER_SET, "CS", b"ISO_IR 144"),
        element(tags::CODE_MEANING, "LO", b"\xBB"),
    ];
    let inherits = element(tags::CODE_MEANING, "LO", b"\xE9");
    let item = |content: &[u8]| {
        [&[0xFE, 0xFF, 0x00, 0xE0][..], &(content.len() as u32).to_le_bytes(), content].concat()
    };
    let items = [item(&inner.concat()), item(&inherits)].concat();
    let mut sequence = vec![0x08, 0x00, 0x32, 0x10, b'S', b'Q', 0, 0];
    sequence.extend((items.len() as u32).to_le_bytes());
    sequence.extend(items);
    let bytes = [
        element(tags::SPECIFIC_CHARACTER_SET, "CS", b"ISO_IR 100"),
        sequence,
        element(tags::PATIENT_NAME, "PN", b"\xE9"),
    ];
    let bytes = bytes.concat();
    let object = Object::open(&bytes[..]).unwrap();
    let meanings: Vec<String> = dataset::items(object.dataset(), tags::PROCEDURE_CODE_SEQUENCE)
        .iter()
        .map(|item| dataset::text(item, tags::CODE_MEANING))
        .collect();
    assert_eq!(meanings, ["Л", "é"]);
    assert_eq!(dataset::text(object.dataset(), tags::PATIENT_NAME), "é");
}

proptest::proptest! {
    #[test]
    fn no_bytes_break_it(bytes: Vec<u8>, charset in "(GB18030|ISO_IR 192|ISO 2022 IR 149|.ISO 2022 IR 87|ISO_IR 13)") {
        let charset = Charset::declared(&charset.split('\\').map(str::to_owned).collect::<Vec<_>>());
        decode(&bytes, charset, true);
    }
}
