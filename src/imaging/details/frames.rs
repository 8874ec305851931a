//! The order of the frames of one object (PS3.3 C.7.6.16, C.7.6.17).

use dicom_core::{DicomValue, PrimitiveValue, Tag};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::super::dataset;
use super::super::header::array;
use super::super::stack::{Key, Slice, across, arrange};

/// Objects with more frames are shown as stored.
const MAX_FRAMES: u32 = 100_000;
/// Of objects with more frames no places are kept.
const MAX_PLACES: u32 = 10_000;

/// The frames of a multi-frame object in display order, stack by stack; empty when they are one stack as stored.
pub(super) fn stacks(set: &InMemDicomObject, frames: u32) -> Vec<Vec<u32>> {
    let groups = dataset::items(set, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    if !(2..=MAX_FRAMES).contains(&frames) || groups.len() < frames as usize {
        return Vec::new();
    }
    let roles = roles(set);
    let slices: Vec<Slice<'_>> = (0..frames as usize).map(|index| slice(set, index, &roles)).collect();
    let found: Vec<Vec<u32>> = arrange(&slices)
        .into_iter()
        .flatten()
        .map(|(stack, _)| stack.into_iter().map(|index| index as u32 + 1).collect())
        .collect();
    let is_as_stored = matches!(&found[..], [only] if only.is_sorted());
    if is_as_stored { Vec::new() } else { found }
}

/// Where every frame of a multi-frame object lies, mm, and what is across its plane: one for all frames, or one for each (PS3.3 C.7.6.16.2.3
/// and C.7.6.16.2.4). Both empty where no frame tells it.
pub(super) fn planes(set: &InMemDicomObject, frames: u32) -> (Vec<Option<[f64; 3]>>, Vec<[f64; 3]>) {
    if !(2..=MAX_PLACES).contains(&frames) {
        return (Vec::new(), Vec::new());
    }
    // Ten thousand of them are kept for an object: the digits behind say nothing.
    let round = |numbers: [f64; 3], parts: f64| numbers.map(|number| (number * parts).round() / parts);
    let plane = |index| {
        let normal = across(orientation(set, index)?)?;
        Some((round(position(set, index)?, 1e4), round(normal, 1e6)))
    };
    let planes: Vec<Option<([f64; 3], [f64; 3])>> = (0..frames as usize).map(plane).collect();
    let Some((_, first)) = planes.iter().flatten().next().copied() else { return (Vec::new(), Vec::new()) };
    let is_one = planes.iter().flatten().all(|(_, normal)| *normal == first);
    let normals = if is_one {
        vec![first]
    } else {
        planes.iter().map(|plane| plane.map_or(first, |(_, normal)| normal)).collect()
    };
    (planes.into_iter().map(|plane| plane.map(|(position, _)| position)).collect(), normals)
}

/// Image Position (Patient) (0020,0032) of a frame.
fn position(set: &InMemDicomObject, index: usize) -> Option<[f64; 3]> {
    let group = dataset::functional_group(set, index, tags::PLANE_POSITION_SEQUENCE)?;
    array(&dataset::numbers(group, tags::IMAGE_POSITION_PATIENT))
}

/// Image Orientation (Patient) (0020,0037) of a frame.
fn orientation(set: &InMemDicomObject, index: usize) -> Option<[f64; 6]> {
    let group = dataset::functional_group(set, index, tags::PLANE_ORIENTATION_SEQUENCE)?;
    array(&dataset::numbers(group, tags::IMAGE_ORIENTATION_PATIENT))
}

/// What a dimension counts (Dimension Index Pointer (0020,9165)).
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// Where the frame lies in its stack.
    Place,
    /// Which stack it belongs to.
    Group,
    Other,
}

fn roles(set: &InMemDicomObject) -> Vec<Role> {
    let pointer = |item: &InMemDicomObject| match item.get(tags::DIMENSION_INDEX_POINTER)?.value() {
        DicomValue::Primitive(PrimitiveValue::Tags(tags)) => tags.first().copied(),
        _ => None,
    };
    let role = |tag: Option<Tag>| match tag {
        Some(tags::IN_STACK_POSITION_NUMBER | tags::IMAGE_POSITION_PATIENT) => Role::Place,
        Some(tags::STACK_ID | tags::REFERENCED_SEGMENT_NUMBER | tags::SEGMENT_NUMBER) => Role::Group,
        _ => Role::Other,
    };
    dataset::items(set, tags::DIMENSION_INDEX_SEQUENCE).iter().map(|item| role(pointer(item))).collect()
}

fn slice<'a>(set: &'a InMemDicomObject, index: usize, roles: &[Role]) -> Slice<'a> {
    let group = |sequence| dataset::functional_group(set, index, sequence);
    let number = |item: Option<&InMemDicomObject>, tag| {
        item.and_then(|item| dataset::number(item, tag)).filter(|number| number.is_finite())
    };
    let content = group(tags::FRAME_CONTENT_SEQUENCE);
    let (orientation, position) = (orientation(set, index), position(set, index));
    let in_stack = number(content, tags::IN_STACK_POSITION_NUMBER);
    let dimensions: Vec<i64> = content
        .map(|content| dataset::numbers(content, tags::DIMENSION_INDEX_VALUES))
        .unwrap_or_default()
        .iter()
        .map(|value| *value as i64)
        .collect();
    let of_role = |role| -> Vec<i64> {
        let named = dimensions.iter().zip(roles).filter(|(_, one)| **one == role);
        named.map(|(value, _)| *value).collect()
    };
    let segment = number(group(tags::SEGMENT_IDENTIFICATION_SEQUENCE), tags::REFERENCED_SEGMENT_NUMBER);
    let stack = content.map(|content| dataset::text(content, tags::STACK_ID)).unwrap_or_default();
    let stack_or_segment = match segment {
        Some(segment) => format!("{stack} {segment}"),
        None => stack,
    };
    // Where the plane is not told, the place in the stack is one along an axis of its own; it is not in mm and only sorts.
    let (orientation, position) = match (orientation, position, in_stack) {
        (Some(orientation), Some(position), _) => (Some(orientation), Some(position)),
        (_, _, Some(place)) => (Some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]), Some([0.0, 0.0, place])),
        _ => (None, None),
    };
    let measured = super::super::stack::measured;
    let others = of_role(Role::Other);
    let frame_type = [
        tags::MR_IMAGE_FRAME_TYPE_SEQUENCE,
        tags::CT_IMAGE_FRAME_TYPE_SEQUENCE,
        tags::PET_FRAME_TYPE_SEQUENCE,
        tags::XAXRF_FRAME_CHARACTERISTICS_SEQUENCE,
    ]
    .into_iter()
    .find_map(group)
    .map(|item| dataset::texts(item, tags::FRAME_TYPE))
    .unwrap_or_default();
    let acquired = content.map(|content| dataset::text(content, tags::FRAME_ACQUISITION_DATE_TIME));
    // Without a place the dimensions decide, the first of them slowest; then the order in which frames are stored.
    let by_dimensions = dimensions.iter().take(8).fold(0_i64, |number, value| {
        number.saturating_mul(1 << 20).saturating_add((*value).clamp(0, (1 << 20) - 1))
    });
    Slice {
        size: (0, 0),
        spacing: None,
        orientation,
        position,
        is_localizer: super::super::stack::is_localizer(&frame_type),
        group: stack_or_segment,
        keys: [
            super::super::stack::image_type(&frame_type),
            (!others.is_empty()).then_some(Key::Numbers(others)),
            number(group(tags::MR_DIFFUSION_SEQUENCE), tags::DIFFUSION_B_VALUE).map(measured),
            number(group(tags::MR_ECHO_SEQUENCE), tags::EFFECTIVE_ECHO_TIME).map(measured),
            number(content, tags::TEMPORAL_POSITION_INDEX).map(measured),
            number(group(tags::CARDIAC_SYNCHRONIZATION_SEQUENCE), tags::NOMINAL_CARDIAC_TRIGGER_DELAY_TIME)
                .map(measured),
            number(content, tags::FRAME_ACQUISITION_NUMBER).map(measured),
            acquired.filter(|moment| !moment.is_empty()).map(Key::Text),
        ],
        number: if position.is_none() && dimensions.len() <= 3 && !dimensions.is_empty() {
            by_dimensions
        } else {
            index as i64
        },
        uid: "",
    }
}
