use super::cine::played;
use super::*;
use crate::imaging::{Cine, InstanceDetails, Presentation, VoiChoice, Window};
use crate::protocol::WindowState;

fn slice(number: i32, z: f64, echo: f64) -> InstanceFacts {
    let mut details = InstanceDetails::default();
    details.order.echo_time = Some(echo);
    InstanceFacts {
        uid: format!("1.{number}"),
        class_uid: String::new(),
        transfer_syntax_uid: String::new(),
        kind: ObjectKind::Image,
        frames: 1,
        rows: 4,
        columns: 4,
        number: Some(number),
        position: Some([0.0, 0.0, z]),
        orientation: Some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
        windows: Vec::new(),
        is_lossy: false,
        bytes: 0,
        content: ContentHash([number as u8; 32]),
        details,
    }
}

fn open(instances: Vec<InstanceFacts>) -> OpenSeries {
    let nil = uuid::Uuid::nil;
    let objects = instances.into_iter().map(|facts| (InstanceId::new(nil()), facts)).collect();
    OpenSeries::new(SeriesId::new(nil()), "MR".into(), String::new(), objects, &[])
}

#[test]
fn one_stack_plays_and_not_the_whole_series() {
    let series = open((0..8).map(|i| slice(i, f64::from(i / 2), [20.0, 80.0][i as usize % 2])).collect());
    let played = |index| series.cine(index).map(|cine| (cine.first, cine.last));
    assert_eq!((series.count(), played(0), played(3)), (8, Some((0, 3)), Some((0, 3))));
    assert_eq!((played(4), played(7), played(8)), (Some((4, 7)), Some((4, 7)), None));
    assert!(open(vec![slice(1, 0.0, 1.0)]).cine(0).is_none());
}

#[test]
fn gaps_and_duplicates_of_a_stack_are_told_with_where_it_lies() {
    // Two volumes by echo time; the slice at 3 mm is missing from the second, the one at 1 mm is there twice.
    let mut slices: Vec<_> = (0..6).map(|z| slice(z, f64::from(z), 20.0)).collect();
    slices.extend([0, 1, 2, 4, 5].map(|z| slice(10 + z, f64::from(z), 80.0)));
    slices.push(slice(30, 1.0, 80.0));
    let told = open(slices).series_shown();
    assert_eq!(told.count, 12);
    let of = |stack: &StackState| (stack.first, stack.count, stack.step_mm, stack.gaps, stack.duplicates);
    assert_eq!(
        told.stacks.iter().map(of).collect::<Vec<_>>(),
        [(0, 6, Some(1.0), 0, 0), (6, 6, Some(1.0), 1, 1)]
    );
}

#[test]
fn frames_over_time_at_one_place_are_no_duplicates() {
    let told = open((0..5).map(|number| slice(number, 2.0, 20.0)).collect()).series_shown();
    let [stack] = &told.stacks[..] else { panic!("{:?}", told.stacks) };
    assert_eq!((stack.count, stack.step_mm, stack.duplicates), (5, None, 0));
}

#[test]
fn what_a_state_leaves_out_is_no_damage() {
    let mut series = open(vec![slice(1, 0.0, 1.0)]);
    let facts = FrameFacts { state_notice: Some("not at true size".to_owned()), ..FrameFacts::default() };
    series.tell(Told { index: 0, made_with: MadeWith::default(), facts: Arc::new(facts) });
    let state = viewing::Shown {
        series: series.id(),
        stack: series.stack().clone(),
        picture: 1,
        index: 0,
        presentation: crate::imaging::Presentation::default(),
        view: crate::imaging::View::default(),
    };
    let shown = series.shown(&state, true).unwrap();
    assert_eq!((shown.damage, shown.state_notice.as_deref()), (None, Some("not at true size")));
}

#[test]
fn each_frame_keeps_what_its_own_picture_told() {
    let mut series = open(vec![slice(1, 0.0, 1.0), slice(2, 1.0, 1.0)]);
    let told = |index, laterality: &str| Told {
        index,
        made_with: MadeWith::default(),
        facts: Arc::new(FrameFacts { laterality: laterality.to_owned(), ..FrameFacts::default() }),
    };
    let first = told(0, "L");
    assert!(series.tell(first.clone()) && series.tell(told(1, "R")));
    assert!(!series.tell(first), "the picture of another device");
    assert!(!series.tell(told(1, "R")), "decoded again");
    let at = |index| viewing::Shown {
        series: series.id(),
        stack: series.stack().clone(),
        picture: 1,
        index,
        presentation: crate::imaging::Presentation::default(),
        view: crate::imaging::View::default(),
    };
    let seen = [0, 1].map(|index| series.shown(&at(index), false).unwrap().laterality);
    assert_eq!(seen, ["L", "R"], "two viewports of one series");
}

/// Without a window each slice was spread by its own values, and the brightness jumped with every step of the wheel.
#[test]
fn the_first_slice_that_is_seen_sets_the_brightness_of_its_stack() {
    let mut series = open((0..8).map(|i| slice(i, f64::from(i / 2), [20.0, 80.0][i as usize % 2])).collect());
    let told = |index, range| Told {
        index,
        made_with: MadeWith::default(),
        facts: Arc::new(FrameFacts { own_range: Some(range), ..FrameFacts::default() }),
    };
    assert_eq!(series.range(1), None);
    series.tell(told(1, (0.0, 900.0)));
    series.tell(told(2, (0.0, 400.0)));
    assert_eq!((series.range(0), series.range(3)), (Some((0.0, 900.0)), Some((0.0, 900.0))));
    assert_eq!(series.range(4), None, "another echo has values of its own");
    series.tell(told(6, (5.0, 70.0)));
    assert_eq!((series.range(3), series.range(4)), (Some((0.0, 900.0)), Some((5.0, 70.0))));
}

#[test]
fn only_the_times_of_frames_that_are_played_are_told() {
    let cine = Cine { frames_ms: vec![10.0, 20.0, 30.0, 40.0], trim: Some((2, 4)), ..Cine::default() };
    assert_eq!(played(&cine, 5), [20.0, 30.0]);
    assert_eq!(played(&Cine { trim: None, ..cine }, 5), [10.0, 20.0, 30.0, 40.0]);
    assert_eq!(played(&Cine { trim: Some((9, 4)), ..Cine::default() }, 5), [0.0; 0]);
}

/// The first place of a series on show, with these values of interest.
fn first_place(series: &OpenSeries) -> impl Fn(VoiChoice) -> viewing::Shown + use<> {
    let (series, stack) = (series.id(), series.stack().clone());
    move |voi| viewing::Shown {
        series,
        stack: stack.clone(),
        picture: 1,
        index: 0,
        presentation: Presentation { voi, ..Presentation::default() },
        view: crate::imaging::View::default(),
    }
}

/// What one of them was told was told of both: the window of whichever picture came last.
#[test]
fn two_viewports_that_show_one_frame_in_two_windows_are_each_told_their_own() {
    let mut series = open(vec![slice(1, 0.0, 1.0)]);
    let at = first_place(&series);
    let set = |center| VoiChoice::Window(Window { center, width: 400.0 });
    let seen = [VoiChoice::Object, VoiChoice::Alternative(1), set(7.0), set(9.0)].map(&at);
    let told = |shown: &viewing::Shown, center| Told {
        index: 0,
        made_with: MadeWith::from(&shown.presentation),
        facts: Arc::new(FrameFacts { window: Some((center, 400.0)), ..FrameFacts::default() }),
    };
    let centers = [40.0, 300.0, 7.0, 9.0];
    for (shown, center) in seen.iter().zip(centers) {
        assert!(series.tell(told(shown, center)));
    }
    let center = |shown| series.shown(shown, false).unwrap().window.map(|WindowState { center, .. }| center);
    assert_eq!(seen.each_ref().map(center), centers.map(Some));
    // However long one of them is dragged, what the other told stays.
    for step in 0..500 {
        series.tell(told(&at(set(f64::from(step))), f64::from(step)));
    }
    let center = |shown| series.shown(shown, false).unwrap().window.map(|WindowState { center, .. }| center);
    assert_eq!(seen.each_ref().map(center), centers.map(Some));
}

#[test]
fn a_window_that_no_picture_was_made_with_yet_is_not_told_of_another() {
    let mut series = open(vec![slice(1, 0.0, 1.0)]);
    let at = first_place(&series);
    let [object, alternative] = [VoiChoice::Object, VoiChoice::Alternative(1)].map(&at);
    let offered = [(40.0, 400.0), (300.0, 1500.0)].map(|(center, width)| crate::imaging::VoiAlternative {
        explanation: String::new(),
        window: Some(Window { center, width }),
    });
    let facts =
        FrameFacts { window: Some((40.0, 400.0)), alternatives: offered.into(), ..FrameFacts::default() };
    let made_with = MadeWith::from(&object.presentation);
    series.tell(Told { index: 0, made_with, facts: Arc::new(facts) });
    let window = series.shown(&alternative, false).unwrap().window.unwrap();
    assert_eq!((window.center, window.width), (300.0, 1500.0));
}
