//! Loss that an object has gone through (PS3.3 C.7.6.1.1.5).

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{Lossy, dataset};

/// What a transfer syntax says about loss (PS3.5 section A.4): the method, and whether frames in it may also be without loss.
fn of_syntax(transfer_syntax_uid: &str) -> Option<(&'static str, bool)> {
    Some(match transfer_syntax_uid.strip_prefix("1.2.840.10008.1.2.4.")? {
        "50" | "51" | "53" | "55" => ("ISO_10918_1", false),
        "81" => ("ISO_14495_1", false),
        "91" => ("ISO_15444_1", true),
        "93" => ("ISO_15444_2", true),
        "203" => ("ISO_15444_15", true),
        // A JPEG that is packed again without further loss, and JPEG XL of either kind.
        "111" => ("ISO_10918_1", true),
        "112" => ("ISO_18181_1", true),
        "100" | "100.1" | "101" | "101.1" => ("ISO_13818_2", false),
        "102" | "102.1" | "103" | "103.1" | "104" | "104.1" | "105" | "105.1" | "106" | "106.1" => {
            ("ISO_14496_10", false)
        }
        "107" | "108" => ("ISO_23008_2", false),
        _ => return None,
    })
}

/// What is known of loss; `None` where there was none.
///
/// Once with loss, always with loss, whatever the object is stored as now. A syntax that may be either way counts as lossy, unless the object
/// itself says `00`.
pub(super) fn lossy(set: &InMemDicomObject, transfer_syntax_uid: &str) -> Option<Lossy> {
    let said = dataset::text(set, tags::LOSSY_IMAGE_COMPRESSION);
    let syntax = of_syntax(transfer_syntax_uid);
    let is_lossy = match (said.as_str(), syntax) {
        ("01", _) | (_, Some((_, false))) => true,
        ("00", _) | (_, None) => false,
        (_, Some((_, true))) => true,
    };
    if !is_lossy {
        return None;
    }
    // Several steps have several values.
    let ratios = dataset::numbers(set, tags::LOSSY_IMAGE_COMPRESSION_RATIO);
    let ratio = ratios.iter().product::<f64>();
    let is_known = !ratios.is_empty() && ratio.is_finite() && ratio >= 1.0;
    let methods = dataset::texts(set, tags::LOSSY_IMAGE_COMPRESSION_METHOD);
    let methods: Vec<String> = methods.into_iter().filter(|method| !method.is_empty()).collect();
    let method = match (methods.is_empty(), syntax) {
        (true, Some((method, _))) => method.to_owned(),
        _ => methods.join(", "),
    };
    Some(Lossy { ratio: is_known.then_some(ratio), method })
}

#[cfg(test)]
mod tests {
    use dicom_core::VR;
    use dicom_dictionary_std::uids;

    use super::*;
    use crate::imaging::sample::{item, text};

    fn of(said: &str, syntax: &str) -> Option<String> {
        let set = item([text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, said)]);
        lossy(&set, syntax).map(|lossy| lossy.method)
    }

    /// PS3.3 C.7.6.1.1.5.
    #[test]
    fn once_lossy_always_lossy_and_some_syntaxes_are_lossy_by_themselves() {
        assert_eq!(of("00", uids::EXPLICIT_VR_LITTLE_ENDIAN), None);
        assert_eq!(of("01", uids::EXPLICIT_VR_LITTLE_ENDIAN), Some(String::new()));
        assert_eq!(of("", uids::JPEG_BASELINE8_BIT), Some("ISO_10918_1".into()));
        assert_eq!(of("00", uids::JPEG_BASELINE8_BIT), Some("ISO_10918_1".into()));
        assert_eq!(of("", uids::JPEG2000), Some("ISO_15444_1".into()));
        assert_eq!(of("00", uids::JPEG2000), None);
        assert_eq!(of("", uids::JPEG2000_LOSSLESS), None);
        assert_eq!(of("00", uids::HTJ2K), None);
        assert_eq!(of("", "1.2.840.10008.1.2.4.112"), Some("ISO_18181_1".into()));
        assert_eq!(of("", uids::JPEGLS_LOSSLESS), None);
    }

    #[test]
    fn ratios_of_several_steps_are_multiplied() {
        let mut set = item([
            text(tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "01"),
            text(tags::LOSSY_IMAGE_COMPRESSION_RATIO, VR::DS, "4\\2.5"),
            text(tags::LOSSY_IMAGE_COMPRESSION_METHOD, VR::CS, "ISO_10918_1\\ISO_15444_1"),
        ]);
        let expected = Lossy { ratio: Some(10.0), method: "ISO_10918_1, ISO_15444_1".into() };
        assert_eq!(lossy(&set, uids::EXPLICIT_VR_LITTLE_ENDIAN), Some(expected));
        set.put(text(tags::LOSSY_IMAGE_COMPRESSION_RATIO, VR::DS, "0"));
        assert_eq!(lossy(&set, "").unwrap().ratio, None);
    }
}
