//! How the frames of an object play (PS3.3 C.7.6.5, C.7.6.6).

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{Cine, dataset};

/// No frame is shown for less: 60 frames a second.
const LEAST_MS: f64 = 1000.0 / 60.0;
/// No frame is shown for longer.
const MOST_MS: f64 = 60_000.0;
/// For an object that says how it plays and not how fast, ms.
const DEFAULT_MS: f64 = 100.0;
/// The most frames whose own times are kept.
const MAX_TIMES: usize = 10_000;

/// How an object of so many frames plays; `None` when it has one frame or says nothing about playing.
pub(super) fn read(set: &InMemDicomObject, frames: u32) -> Option<Cine> {
    if frames < 2 {
        return None;
    }
    let is_sweep = dataset::integer(set, tags::PREFERRED_PLAYBACK_SEQUENCING) == Some(1);
    let trim = trim(set, frames);
    let times = timing(set, frames);
    if times.is_none() && trim.is_none() && !is_sweep {
        return None;
    }
    let (frame_ms, frames_ms) = times.unwrap_or((DEFAULT_MS, Vec::new()));
    Some(Cine { frame_ms, frames_ms, is_sweep, trim })
}

/// From a frame to the next, ms: for all, and for each where they differ.
fn timing(set: &InMemDicomObject, frames: u32) -> Option<(f64, Vec<f64>)> {
    let pointers: Vec<Tag> = pointers(set);
    let is_pointed = |tag| pointers.contains(&tag);
    let steady = || positive(set, tags::FRAME_TIME).map(|ms| (shown(ms), Vec::new()));
    let vector = || {
        let times = dataset::numbers(set, tags::FRAME_TIME_VECTOR);
        // The first is where the first frame begins, and no interval.
        each(times.get(1..)?.to_vec(), frames)
    };
    let rate = |tag| positive(set, tag).map(|rate| (shown(1000.0 / rate), Vec::new()));
    let of_pointer = if is_pointed(tags::FRAME_TIME_VECTOR) { vector() } else { steady() };
    of_pointer
        .or_else(vector)
        .or_else(steady)
        .or_else(|| rate(tags::RECOMMENDED_DISPLAY_FRAME_RATE))
        .or_else(|| rate(tags::CINE_RATE))
        .or_else(|| each(moments(set)?, frames))
}

/// Frame Increment Pointer (0028,0009).
fn pointers(set: &InMemDicomObject) -> Vec<Tag> {
    use dicom_core::{DicomValue, PrimitiveValue};
    match set.get(tags::FRAME_INCREMENT_POINTER).map(|element| element.value()) {
        Some(DicomValue::Primitive(PrimitiveValue::Tags(tags))) => tags.to_vec(),
        _ => Vec::new(),
    }
}

fn positive(set: &InMemDicomObject, tag: Tag) -> Option<f64> {
    dataset::number(set, tag).filter(|number| number.is_finite() && *number > 0.0)
}

fn shown(ms: f64) -> f64 {
    ms.clamp(LEAST_MS, MOST_MS)
}

/// Intervals as they are shown; one number when they are all alike. `None` when they tell nothing.
fn each(intervals: Vec<f64>, frames: u32) -> Option<(f64, Vec<f64>)> {
    let intervals: Vec<f64> = intervals.into_iter().take(frames as usize - 1).take(MAX_TIMES).collect();
    let is_known = intervals.len() + 1 >= (frames as usize).min(MAX_TIMES + 1);
    if !is_known || intervals.iter().any(|ms| !ms.is_finite() || *ms < 0.0) {
        return None;
    }
    let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
    if mean <= 0.0 {
        return None;
    }
    let is_steady = intervals.iter().all(|ms| (ms - mean).abs() <= 0.01 * mean + 0.5);
    let intervals = if is_steady { Vec::new() } else { intervals.into_iter().map(shown).collect() };
    Some((shown(mean), intervals))
}

/// Intervals between the moments of enhanced frames (PS3.3 C.7.6.16.2.2), ms; `None` unless every frame comes after the one before.
fn moments(set: &InMemDicomObject) -> Option<Vec<f64>> {
    let frames = dataset::items(set, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    let moments: Vec<f64> = frames
        .iter()
        .take(MAX_TIMES + 1)
        .map(|groups| {
            let content = dataset::items(groups, tags::FRAME_CONTENT_SEQUENCE).first()?;
            let reference = dataset::text(content, tags::FRAME_REFERENCE_DATE_TIME);
            let acquired = dataset::text(content, tags::FRAME_ACQUISITION_DATE_TIME);
            moment_ms(if reference.is_empty() { &acquired } else { &reference })
        })
        .collect::<Option<_>>()?;
    let intervals: Vec<f64> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Slices that are taken at once, or one after the other over minutes, are no film.
    intervals.iter().all(|ms| *ms > 0.0 && *ms < 2_000.0).then_some(intervals)
}

/// A DT value (PS3.5 section 6.2) on a scale of ms.
fn moment_ms(value: &str) -> Option<f64> {
    let digits = value.split(['+', '-', '&']).next()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let moment = chrono::NaiveDateTime::parse_from_str(whole, "%Y%m%d%H%M%S").ok()?;
    let fraction: f64 = format!("0.{fraction}").parse().ok()?;
    Some(moment.and_utc().timestamp() as f64 * 1000.0 + fraction * 1000.0)
}

/// Start Trim (0008,2142) and Stop Trim (0008,2143), where they name frames of the object.
fn trim(set: &InMemDicomObject, frames: u32) -> Option<(u32, u32)> {
    let frame = |tag| dataset::integer(set, tag).and_then(|number| u32::try_from(number).ok());
    let first = frame(tags::START_TRIM);
    let last = frame(tags::STOP_TRIM);
    if first.is_none() && last.is_none() {
        return None;
    }
    let (first, last) = (first.unwrap_or(1).max(1), last.unwrap_or(frames).min(frames));
    (first <= last && (first, last) != (1, frames)).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, PrimitiveValue, VR};
    use dicom_object::mem::InMemElement;

    use super::*;
    use crate::imaging::sample::{groups, item, sequence, text};

    fn pointer(tag: Tag) -> InMemElement {
        DataElement::new(tags::FRAME_INCREMENT_POINTER, VR::AT, PrimitiveValue::Tags([tag].as_slice().into()))
    }

    fn played(elements: Vec<InMemElement>, frames: u32) -> Option<(f64, Vec<f64>)> {
        read(&item(elements), frames).map(|cine| (cine.frame_ms, cine.frames_ms))
    }

    /// PS3.3 C.7.6.5 and C.7.6.6.
    #[test]
    fn the_pointer_says_which_time_counts() {
        let time = || text(tags::FRAME_TIME, VR::DS, "40");
        let vector = || text(tags::FRAME_TIME_VECTOR, VR::DS, "0\\100\\200\\300");
        let rate = || text(tags::RECOMMENDED_DISPLAY_FRAME_RATE, VR::IS, "25");
        let fast = || text(tags::CINE_RATE, VR::IS, "200");
        let both = |tag| vec![time(), vector(), pointer(tag)];
        assert_eq!(played(both(tags::FRAME_TIME), 4), Some((40.0, vec![])));
        assert_eq!(played(both(tags::FRAME_TIME_VECTOR), 4), Some((200.0, vec![100.0, 200.0, 300.0])));
        assert_eq!(played(vec![vector(), rate()], 4), Some((200.0, vec![100.0, 200.0, 300.0])));
        // A vector of another length says nothing.
        assert_eq!(played(vec![vector(), rate()], 9), Some((40.0, vec![])));
        assert_eq!(
            played(vec![text(tags::FRAME_TIME_VECTOR, VR::DS, "0\\33\\33\\33")], 4),
            Some((33.0, vec![]))
        );
        assert_eq!(played(vec![rate(), fast()], 4), Some((40.0, vec![])));
        // No more than 60 a second.
        assert_eq!(played(vec![fast()], 4), Some((LEAST_MS, vec![])));
        assert_eq!(played(vec![text(tags::FRAME_TIME, VR::DS, "0"), rate()], 4), Some((40.0, vec![])));
        assert_eq!(played(vec![time()], 1), None);
        assert_eq!(played(vec![], 4), None);
    }

    #[test]
    fn frames_may_be_left_out_and_played_forth_and_back() {
        let set = |first: &str, last: &str| {
            item([
                text(tags::START_TRIM, VR::IS, first),
                text(tags::STOP_TRIM, VR::IS, last),
                DataElement::new(tags::PREFERRED_PLAYBACK_SEQUENCING, VR::US, PrimitiveValue::from(1_u16)),
            ])
        };
        let cine = read(&set("3", "7"), 10).unwrap();
        assert_eq!((cine.trim, cine.is_sweep, cine.frame_ms), (Some((3, 7)), true, DEFAULT_MS));
        for (first, last) in [("7", "3"), ("1", "10"), ("0", "99"), ("x", "y")] {
            assert_eq!(read(&set(first, last), 10).unwrap().trim, None, "{first} {last}");
        }
    }

    /// PS3.3 C.7.6.16.2.2: Frame Reference DateTime.
    #[test]
    fn enhanced_frames_play_by_their_moments_unless_they_are_slices() {
        let frames = |moments: &[&str]| {
            let frames = moments.iter().map(|moment| {
                item([groups(
                    tags::FRAME_CONTENT_SEQUENCE,
                    [text(tags::FRAME_REFERENCE_DATE_TIME, VR::DT, moment)],
                )])
            });
            vec![sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames)]
        };
        let cine = frames(&["20260101120000.000", "20260101120000.050+0100", "20260101120000.150"]);
        let (mean, each) = played(cine, 3).unwrap();
        assert!(
            (mean - 75.0).abs() < 0.01 && (each[0] - 50.0).abs() < 0.01 && (each[1] - 100.0).abs() < 0.01
        );
        assert_eq!(played(frames(&["20260101120000", "20260101120000", "20260101120000"]), 3), None);
        assert_eq!(played(frames(&["20260101120000", "20260101121500"]), 2), None);
        assert_eq!(played(frames(&["yesterday", "today"]), 2), None);
    }
}
