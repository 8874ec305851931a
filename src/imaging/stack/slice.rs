//! Splits and sorts single slices, whether objects of a series or frames of one object.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::super::InstanceFacts;

/// How far direction cosines may differ within a stack.
const COSINE_TOLERANCE: f64 = 1e-3;
/// By how much spacings may differ within a stack, as a part of them.
const SPACING_TOLERANCE: f64 = 1e-2;
/// How near two slices must be to lie at the same place, mm.
const PLACE_TOLERANCE_MM: f64 = 1e-2;
/// By how much a step between slices may pass the usual one, as a part of it.
const GAP_TOLERANCE: f64 = 0.1;
/// The most groups that slices are split into by what they are; the slices of all further ones stay together.
const MAX_GROUPS: usize = 1_000;

/// How the places of a stack follow each other along its normal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Regularity {
    /// The usual step from slice to slice, mm, from places and not from Slice Thickness; 0 when all lie at one place.
    pub step_mm: f64,
    /// Steps that are larger than the usual one: slices are missing, or the series was planned so.
    pub gaps: u32,
    /// Slices at a place that another one has already.
    pub duplicates: u32,
}

/// What may tell slices at one place apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Key {
    Number(i64),
    Numbers(Vec<i64>),
    Text(String),
}

impl Key {
    /// Of a measured value: two hundredths are alike.
    fn measured(value: f64) -> Self {
        Self::Number((value * 50.0).round() as i64)
    }
}

/// One slice, with all that splits and sorts it.
#[derive(Clone, Debug)]
pub(in super::super) struct Slice<'a> {
    pub(in super::super) size: (u32, u32),
    pub(in super::super) spacing: Option<[f64; 2]>,
    pub(in super::super) orientation: Option<[f64; 6]>,
    pub(in super::super) position: Option<[f64; 3]>,
    /// A plan of others, which lie elsewhere.
    pub(in super::super) is_localizer: bool,
    /// A stack that the object itself names.
    pub(in super::super) group: String,
    /// Kind of image, dimensions, b-value, echo, temporal position, trigger, acquisition, moment: in the order in which they are tried.
    pub(in super::super) keys: [Option<Key>; KEYS],
    pub(in super::super) number: i64,
    pub(in super::super) uid: &'a str,
}

const KEYS: usize = 8;
/// Kinds and not times: these also split slices that all lie at one place.
const KINDS: [usize; 3] = [0, 2, 3];
/// Where the order of keys decides among slices at one place: dimensions, temporal position, trigger, acquisition, moment.
const TIMES: [usize; 5] = [1, 4, 5, 6, 7];

impl<'a> Slice<'a> {
    /// An object of one frame.
    pub(in super::super) fn of(facts: &'a InstanceFacts) -> Self {
        let order = &facts.details.order;
        Self {
            size: (facts.rows, facts.columns),
            spacing: order.spacing,
            orientation: facts.orientation,
            position: facts.position,
            is_localizer: is_localizer(&order.image_type),
            group: String::new(),
            keys: [
                image_type(&order.image_type),
                None,
                order.b_value.map(Key::measured),
                order.echo_time.map(Key::measured),
                order.temporal.map(|number| Key::Number(number.into())),
                order.trigger_time.map(Key::measured),
                order.acquisition.map(|number| Key::Number(number.into())),
                (!order.acquired.is_empty()).then(|| Key::Text(order.acquired.clone())),
            ],
            number: facts.number.map_or(i64::MAX, i64::from),
            uid: &facts.uid,
        }
    }

    /// Position along row x column, mm.
    fn place_mm(&self) -> Option<f64> {
        let normal = across(self.orientation?)?;
        Some(self.position?.iter().zip(normal).map(|(position, part)| position * part).sum())
    }
}

/// What is across a plane: its row x its column (PS3.3 C.7.6.2.1.1). `None` for degenerate cosines, which span no plane.
pub(in super::super) fn across([rx, ry, rz, cx, cy, cz]: [f64; 6]) -> Option<[f64; 3]> {
    let normal = [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx];
    (normal.iter().map(|part| part * part).sum::<f64>() >= 0.25).then_some(normal)
}

/// Whether Image Type (0008,0008) names a localizer.
pub(in super::super) fn is_localizer(image_type: &[String]) -> bool {
    image_type.iter().any(|value| matches!(value.as_str(), "LOCALIZER" | "SCOUT"))
}

/// Image Type (0008,0008) as a key.
pub(in super::super) fn image_type(values: &[String]) -> Option<Key> {
    (!values.is_empty()).then(|| Key::Text(values.join("\\")))
}

/// A key of a measured value.
pub(in super::super) fn measured(value: f64) -> Key {
    Key::measured(value)
}

type Arranged = Vec<(Vec<usize>, Option<Regularity>)>;

/// Groups of slices of one kind, each as its stacks: indices of slices in display order.
pub(in super::super) fn arrange(slices: &[Slice<'_>]) -> Vec<Arranged> {
    let mut order: Vec<usize> = (0..slices.len()).collect();
    // What is found does not depend on the order of arrival.
    order.sort_by(|&a, &b| by_number(&slices[a], &slices[b]));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for index in order {
        let is_full = groups.len() >= MAX_GROUPS;
        let home = groups.iter_mut().find(|group| belong_together(&slices[group[0]], &slices[index]));
        match home {
            Some(group) => group.push(index),
            None if is_full => {
                if let Some(last) = groups.last_mut() {
                    last.push(index);
                }
            }
            None => groups.push(vec![index]),
        }
    }
    groups.into_iter().map(|group| arrange_group(slices, &group)).collect()
}

/// By number; then by whatever tells the time, and by identifier.
fn by_number(a: &Slice<'_>, b: &Slice<'_>) -> Ordering {
    a.number.cmp(&b.number).then_with(|| by_time(a, b)).then_with(|| by_uid(a.uid, b.uid))
}

fn by_time(a: &Slice<'_>, b: &Slice<'_>) -> Ordering {
    TIMES.iter().map(|&key| a.keys[key].cmp(&b.keys[key])).fold(Ordering::Equal, Ordering::then)
}

/// By the numbers of its components (PS3.5 section 9.1), which writers count up: `1.9` before `1.10`.
pub(super) fn by_uid(a: &str, b: &str) -> Ordering {
    fn numbers(uid: &str) -> impl Iterator<Item = (usize, &str)> {
        // Of two numbers the longer is the higher; what is no number has an order all the same.
        uid.split('.').map(|part| part.trim_start_matches('0')).map(|part| (part.len(), part))
    }
    numbers(a).cmp(numbers(b)).then_with(|| a.cmp(b))
}

fn belong_together(a: &Slice<'_>, b: &Slice<'_>) -> bool {
    let is_same_orientation = match (a.orientation, b.orientation) {
        (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| (a - b).abs() <= COSINE_TOLERANCE),
        (None, None) => true,
        _ => false,
    };
    let is_same_spacing = match (a.spacing, b.spacing) {
        (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| (a - b).abs() <= SPACING_TOLERANCE * a.max(b)),
        _ => true,
    };
    a.size == b.size
        && is_same_orientation
        && is_same_spacing
        && a.is_localizer == b.is_localizer
        && a.group == b.group
        && a.place_mm().is_some() == b.place_mm().is_some()
}

/// Slices of one kind with the number of the place at which each lies.
struct Group<'s, 'a> {
    slices: &'s [Slice<'a>],
    /// By index of the slice; 0 for all where there are no places.
    places: BTreeMap<usize, usize>,
}

fn arrange_group(slices: &[Slice<'_>], members: &[usize]) -> Arranged {
    let mut sorted: Vec<(f64, usize)> =
        members.iter().map(|&index| (slices[index].place_mm().unwrap_or(0.0), index)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut places = BTreeMap::new();
    let mut place = 0;
    let mut last = f64::NEG_INFINITY;
    for &(mm, index) in &sorted {
        // The last digits do not make a place of their own.
        if last.is_finite() && mm - last > PLACE_TOLERANCE_MM {
            place += 1;
        }
        last = mm;
        places.insert(index, place);
    }
    let has_places = slices[members[0]].place_mm().is_some();
    let group = Group { slices, places };
    let mut found = Vec::new();
    group.split(members.to_vec(), has_places, &mut found);
    let regularity = |stack: &[usize]| has_places.then(|| regularity(slices, stack)).flatten();
    let with_regularity = |stack: Vec<usize>| {
        let regularity = regularity(&stack);
        (stack, regularity)
    };
    found.into_iter().map(with_regularity).collect()
}

impl Group<'_, '_> {
    fn place(&self, index: usize) -> usize {
        self.places.get(&index).copied().unwrap_or(0)
    }

    /// Puts the stacks of some slices behind those that are found already.
    fn split(&self, mut members: Vec<usize>, has_places: bool, found: &mut Vec<Vec<usize>>) {
        let counts = self.counts(&members);
        if has_places && counts.values().any(|count| *count > 1) {
            for key in 0..KEYS {
                let mut parts: BTreeMap<Option<&Key>, Vec<usize>> = BTreeMap::new();
                for &index in &members {
                    parts.entry(self.slices[index].keys[key].as_ref()).or_default().push(index);
                }
                if parts.len() > 1 && self.are_volumes(key, &parts, counts.len(), members.len()) {
                    let mut parts: Vec<Vec<usize>> = parts.into_values().collect();
                    if key == 0 {
                        // Words have no order that means anything.
                        parts.sort_by_key(|part| part.iter().map(|&index| self.slices[index].number).min());
                    }
                    return parts.into_iter().for_each(|part| self.split(part, has_places, found));
                }
            }
        }
        members.sort_by(|&a, &b| self.compare(a, b));
        let turns = self.turns(&counts, members.len(), has_places);
        found.extend((0..turns).map(|turn| members.iter().skip(turn).step_by(turns).copied().collect()));
    }

    fn counts(&self, members: &[usize]) -> BTreeMap<usize, usize> {
        let mut counts = BTreeMap::new();
        for &index in members {
            *counts.entry(self.place(index)).or_insert(0) += 1;
        }
        counts
    }

    /// Whether the parts into which a key splits slices at so many places are volumes, and not single slices: a key that counts slices or
    /// tells the time of each must split nothing.
    fn are_volumes(
        &self,
        key: usize,
        parts: &BTreeMap<Option<&Key>, Vec<usize>>,
        places: usize,
        slices: usize,
    ) -> bool {
        let sizes: BTreeSet<usize> = parts.values().map(Vec::len).collect();
        if places == 1 {
            // All at one place is a series over time; two kinds of it are two.
            return KINDS.contains(&key) && sizes.len() == 1 && !sizes.contains(&1);
        }
        let counts: Vec<_> = parts.values().map(|part| self.counts(part)).collect();
        let cover_most = counts.iter().all(|counts| counts.len() * 2 > places);
        // Ranges that hardly overlap, one after the other.
        let is_mostly_once = (slices - places) * 4 <= slices;
        let are_ranges =
            counts.iter().all(|counts| counts.len() >= 3 && counts.values().all(|count| *count == 1));
        cover_most || (is_mostly_once && are_ranges)
    }

    /// By place; then by whatever tells the time, by number and by identifier.
    fn compare(&self, a: usize, b: usize) -> Ordering {
        let (first, second) = (&self.slices[a], &self.slices[b]);
        let is_series = self.place(a) == self.place(b) && first.place_mm().is_some();
        let times = if is_series { by_time(first, second) } else { Ordering::Equal };
        self.place(a).cmp(&self.place(b)).then(times).then_with(|| by_number(first, second))
    }

    /// How often every place occurs; 1 unless it is the same for all.
    fn turns(&self, counts: &BTreeMap<usize, usize>, slices: usize, has_places: bool) -> usize {
        let first = counts.values().next().copied().unwrap_or(1);
        let is_even = counts.values().all(|count| *count == first);
        // All at one place is a series over time, one stack.
        if has_places && is_even && first < slices { first } else { 1 }
    }
}

/// How the places of a sorted stack follow each other; `None` for a single slice.
fn regularity(slices: &[Slice<'_>], stack: &[usize]) -> Option<Regularity> {
    let places: Vec<f64> = stack.iter().map(|&index| slices[index].place_mm()).collect::<Option<_>>()?;
    let steps: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if steps.is_empty() {
        return None;
    }
    let mut real: Vec<f64> = steps.iter().copied().filter(|step| *step > PLACE_TOLERANCE_MM).collect();
    let duplicates = (steps.len() - real.len()) as u32;
    real.sort_by(f64::total_cmp);
    let step_mm = real.get(real.len() / 2).copied().unwrap_or(0.0);
    let gaps = real.iter().filter(|step| **step > step_mm * (1.0 + GAP_TOLERANCE)).count() as u32;
    Some(Regularity { step_mm, gaps, duplicates })
}
