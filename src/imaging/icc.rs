//! Colours of a device to those of a screen: ICC profiles of images (PS3.3 C.11.15) to sRGB.

use std::fmt;
use std::sync::Arc;

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformExecutor, TransformOptions};

use super::dataset;

/// The largest profile that is read, in bytes.
const MAX_PROFILE_BYTES: usize = 4 << 20;

/// The profile of sRGB, for objects in colour that are written here; the same bytes every time.
pub(super) fn srgb_profile() -> Option<Vec<u8>> {
    let mut bytes = ColorProfile::new_srgb().encode().ok()?;
    // The date of a profile (ISO 15076-1 section 7.2.8) would be that of the moment.
    let date = bytes.get_mut(24..36)?;
    date.copy_from_slice(&[7, 230, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    Some(bytes)
}

/// From the colours of an image to sRGB.
#[derive(Clone)]
pub struct IccTransform(Arc<dyn TransformExecutor<u8> + Send + Sync>);

impl IccTransform {
    /// Of the profile in a data set, or in its first optical path (PS3.3 C.8.12.5); else of the name of its colour space.
    ///
    /// `None` where nothing is said, where nothing would change, and where the profile is damaged or too large: the colours are then
    /// taken as sRGB.
    pub(super) fn read(set: &InMemDicomObject) -> Option<Self> {
        let path = dataset::items(set, tags::OPTICAL_PATH_SEQUENCE).first();
        let holder =
            [Some(set), path].into_iter().flatten().find(|holder| holder.get(tags::ICC_PROFILE).is_some());
        let Some(holder) = holder else {
            // The names that PS3.3 C.11.15.1.2 defines beside SRGB.
            return match dataset::text(set, tags::COLOR_SPACE).as_str() {
                "ADOBERGB" => Self::new(&ColorProfile::new_adobe_rgb()),
                "ROMMRGB" => Self::new(&ColorProfile::new_pro_photo_rgb()),
                _ => None,
            };
        };
        let bytes = dataset::bytes(holder, tags::ICC_PROFILE)?;
        if bytes.len() > MAX_PROFILE_BYTES {
            return None;
        }
        Self::new(&ColorProfile::new_from_slice(&bytes).ok()?)
    }

    fn new(profile: &ColorProfile) -> Option<Self> {
        if profile.color_space != DataColorSpace::Rgb {
            return None;
        }
        let screen = ColorProfile::new_srgb();
        let executor = profile
            .create_transform_8bit(Layout::Rgb, &screen, Layout::Rgb, TransformOptions::default())
            .ok()?;
        let transform = Self(executor);
        // What sRGB is called by another name is left as it is, to the level.
        let levels: [u8; 6] = [0, 51, 102, 153, 204, 255];
        let probe: Vec<u8> = levels
            .iter()
            .flat_map(|&red| levels.map(|green| (red, green)))
            .flat_map(|(red, green)| levels.map(|blue| [red, green, blue]))
            .flatten()
            .collect();
        let mut seen = probe.clone();
        transform.apply(&mut seen);
        let is_other = probe.iter().zip(&seen).any(|(before, after)| before.abs_diff(*after) > 1);
        is_other.then_some(transform)
    }

    /// Converts pixels of red, green and blue in place.
    pub fn apply(&self, pixels: &mut [u8]) {
        /// Pixels at a time: enough to pay for the call, and little to copy.
        const PART: usize = 4096;
        let mut before = [0; PART * 3];
        let whole = pixels.len() - pixels.len() % 3;
        for part in pixels[..whole].chunks_mut(PART * 3) {
            let before = &mut before[..part.len()];
            before.copy_from_slice(part);
            if self.0.transform(before, part).is_err() {
                part.copy_from_slice(before);
            }
        }
    }
}

impl fmt::Debug for IccTransform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IccTransform")
    }
}

impl PartialEq for IccTransform {
    /// The same transform, not another one that does the same.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, PrimitiveValue, VR};
    use proptest::prelude::*;

    use super::*;

    fn set(profile: Vec<u8>) -> InMemDicomObject {
        let profile = PrimitiveValue::U8(profile.into());
        InMemDicomObject::from_element_iter([DataElement::new(tags::ICC_PROFILE, VR::OB, profile)])
    }

    fn wide() -> Vec<u8> {
        ColorProfile::new_adobe_rgb().encode().unwrap()
    }

    /// PS3.3 C.11.15.
    #[test]
    fn a_wider_space_is_brought_to_srgb() {
        let mut pixels = vec![128, 128, 128, 255, 255, 255, 60, 200, 60, 0, 0, 0];
        IccTransform::read(&set(wide())).unwrap().apply(&mut pixels);
        let near = |place: usize, level: u8| pixels[place].abs_diff(level) <= 1;
        assert!((0..3).all(|place| near(place, 128)) && (3..6).all(|place| near(place, 255)), "{pixels:?}");
        assert!(pixels[6] < 20 && near(7, 201), "green is stronger in sRGB's own numbers: {pixels:?}");
        assert_eq!(pixels[9..], [0; 3]);
    }

    #[test]
    fn srgb_damaged_and_large_profiles_change_nothing() {
        assert_eq!(IccTransform::read(&set(ColorProfile::new_srgb().encode().unwrap())), None);
        assert_eq!(IccTransform::read(&set(b"no profile at all".to_vec())), None);
        assert_eq!(IccTransform::read(&set(wide()[..200].to_vec())), None);
        let mut large = wide();
        large.resize(MAX_PROFILE_BYTES + 1, 0);
        assert_eq!(IccTransform::read(&set(large)), None);
        assert_eq!(IccTransform::read(&InMemDicomObject::new_empty()), None);
    }

    #[test]
    fn the_profile_of_an_optical_path_and_the_name_of_a_space_count() {
        let path = dicom_core::value::DataSetSequence::from(vec![set(wide())]);
        let slide = InMemDicomObject::from_element_iter([DataElement::new(
            tags::OPTICAL_PATH_SEQUENCE,
            VR::SQ,
            path,
        )]);
        assert!(IccTransform::read(&slide).is_some());
        let named = |name| {
            let name = DataElement::new(tags::COLOR_SPACE, VR::CS, PrimitiveValue::from(name));
            IccTransform::read(&InMemDicomObject::from_element_iter([name])).is_some()
        };
        assert!(named("ADOBERGB") && named("ROMMRGB"));
        assert!(!named("SRGB"));
    }

    proptest! {
        #[test]
        fn any_profile_is_read_or_refused(place in 0_usize..560, byte: u8, also in 0_usize..560, other: u8) {
            let mut profile = wide();
            for (place, byte) in [(place, byte), (also, other)] {
                let length = profile.len();
                profile[place % length] = byte;
            }
            if let Some(transform) = IccTransform::read(&set(profile)) {
                transform.apply(&mut [1, 2, 3, 200, 100, 0]);
            }
        }
    }
}
