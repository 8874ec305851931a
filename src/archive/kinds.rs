//! What a file of an upload is, when it is no DICOM object: by its bytes first, and by its name second.

use super::media::{EntryKind, RefusalKind};
use crate::imaging::{plain, read};

/// Files that come along with studies on CDs and mean nothing for them.
const LITTER: [&str; 40] = [
    "exe", "dll", "inf", "ini", "txt", "htm", "html", "xml", "xsl", "css", "js", "json", "jar", "class",
    "jpg", "jpeg", "png", "gif", "bmp", "ico", "pdf", "lnk", "bat", "cmd", "sh", "app", "dmg", "so", "dylib",
    "cfg", "log", "md", "db", "ocx", "mp3", "mp4", "wav", "m4a", "mov", "avi",
];
/// The longest name that is repeated, in characters.
const MAX_NAME: usize = 200;

/// `None` if a file may be an object, or a ZIP with some. `head` is its beginning. `is_source`: somebody chose it by itself, so
/// it is not ignored in silence. `has_plain_files`: photographs and other plain files count inside of an upload too.
pub(super) fn other_than_object(
    head: &[u8],
    name: &str,
    is_source: bool,
    has_plain_files: bool,
) -> Option<EntryKind> {
    if is_object(head) {
        return None;
    }
    let is_plain = plain::recognise(head).is_some();
    if is_plain && (is_source || has_plain_files && !is_leftover(name)) {
        return None;
    }
    if let Some(what) = packed(head) {
        let reason = format!("this is {what}: unpack it first, and send the folder or a ZIP of it");
        return Some(EntryKind::Refused(RefusalKind::NotDicom, reason));
    }
    if is_source {
        let why = read::foreign(head)?;
        return Some(EntryKind::Refused(RefusalKind::NotDicom, why.to_string()));
    }
    (is_plain || is_litter(head, name)).then_some(EntryKind::Ignored)
}

/// Whether a file is called as the table of contents of a medium is (PS3.10 section 8.6), also with the version that ISO 9660
/// adds to names, and however it is written.
pub(super) fn is_directory_name(name: &str) -> bool {
    base(name).eq_ignore_ascii_case("DICOMDIR")
}

/// A name for people: without control characters, and not without end.
pub(super) fn shown(name: &str) -> String {
    let name = name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c });
    name.take(MAX_NAME).collect()
}

fn is_object(head: &[u8]) -> bool {
    head.get(128..132) == Some(b"DICM")
}

/// Archives that are not opened here, and may well hold images.
fn packed(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(usize, &[u8], &str); 9] = [
        (0, b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"),
        (0, b"Rar!\x1A\x07", "a RAR archive"),
        (0, b"\x1F\x8B\x08", "a gzip file"),
        (0, b"\xFD7zXZ\0", "an xz file"),
        (0, b"BZh", "a bzip2 file"),
        (0, b"\x28\xB5\x2F\xFD", "a Zstandard file"),
        (257, b"ustar", "a tar archive"),
        // ECMA-119: the first descriptor is in sector 16, its mark behind its first byte. UDF alone has another mark there.
        (32769, b"CD001", "an image of a CD or DVD"),
        (32769, b"BEA01", "an image of a DVD"),
    ];
    let found = KINDS.iter().find(|(at, mark, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(mark)));
    found.map(|(_, _, kind)| *kind)
}

/// Whether a file inside of an upload is no part of a study.
fn is_litter(head: &[u8], name: &str) -> bool {
    let base = base(name);
    if head.starts_with(b"PK\x03\x04") && !is_document(base) {
        return false;
    }
    is_directory_name(name)
        || has_extension(base, &LITTER)
        || is_document(base)
        || is_leftover(name)
        || read::foreign_kind(head).is_some()
        || head.len() < 132
}

/// What computers leave beside the files of people.
fn is_leftover(name: &str) -> bool {
    base(name).starts_with('.') || name.contains("__MACOSX/")
}

/// The last part of a name, without the version that ISO 9660 adds (ECMA-119 section 7.5): `;1`.
fn base(name: &str) -> &str {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    match base.rsplit_once(';') {
        Some((base, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => base,
        _ => base,
    }
}

/// ZIPs by their bytes, and something else for people.
fn is_document(base: &str) -> bool {
    has_extension(base, &["jar", "war", "apk", "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub"])
}

fn has_extension(base: &str, extensions: &[&str]) -> bool {
    let extension = base.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| extensions.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_along_with_studies_is_known() {
        let object = [&[0; 128][..], b"DICM", &[0; 20]].concat();
        for (name, head, is_left_out) in [
            // The bytes count first.
            ("DICOMDIR", &object[..], false),
            ("I0001", &object, false),
            ("odd.exe", &object, false),
            ("CD/DicomDir;1", &[0xC3; 200], true),
            ("VIEWER/run.exe", b"MZ", true),
            ("AUTORUN.INF;1", b"[autorun]", true),
            ("help\\START.HTM", &[0xC3; 200], true),
            ("lib.jar", b"PK\x03\x04", true),
            ("study.zip", b"PK\x03\x04", false),
            ("__MACOSX/._I0001", &[0xC3; 200], true),
            ("no-name-and-no-preamble", &[8; 200], false),
        ] {
            let is_ignored = matches!(other_than_object(head, name, false, false), Some(EntryKind::Ignored));
            assert_eq!(is_ignored, is_left_out, "{name}");
        }
    }

    #[test]
    fn archives_that_are_not_opened_are_named() {
        let mut image = vec![0; 40_000];
        image[32769..32774].copy_from_slice(b"CD001");
        for (head, what) in [
            (
                &image[..],
                "this is an image of a CD or DVD: unpack it first, and send the folder or a ZIP of it",
            ),
            (
                b"Rar!\x1A\x07\x01",
                "this is a RAR archive: unpack it first, and send the folder or a ZIP of it",
            ),
        ] {
            for is_source in [true, false] {
                match other_than_object(head, "cd", is_source, false) {
                    Some(EntryKind::Refused(RefusalKind::NotDicom, reason)) => assert_eq!(reason, what),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn names_are_shown_without_tricks() {
        assert_eq!(shown("a\u{1b}[31mb"), "a\u{FFFD}[31mb");
        assert_eq!(shown(&"x".repeat(5000)).len(), 200);
    }
}
