use std::time::Instant;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use crate::clinical::{InstanceId, MarkId, MarkText, ParticipantId, SeriesId};
use crate::imaging::{FrameNumber, Measured, Spot};
use crate::viewing::marks::{MAX_MARKS, MAX_POINTS, Marked, Marks};
use crate::viewing::{
    Change, Effect, Effects, GuestTools, Input, LeaseStep, Mark, MarkAct, MarkKind, MarkShape, Part, Refusal,
    Viewing,
};

const DOCTOR: ParticipantId = ParticipantId::new(Uuid::from_u128(1));
const PATIENT: ParticipantId = ParticipantId::new(Uuid::from_u128(2));
const LENGTH: MarkShape = MarkShape::Length([(0.1, 0.2), (0.3, 0.4)]);

fn id(number: u128) -> MarkId {
    MarkId::new(Uuid::from_u128(number))
}

fn series(number: u128) -> SeriesId {
    SeriesId::new(Uuid::from_u128(number))
}

fn words(text: &str) -> MarkText {
    MarkText::new(text).unwrap()
}

fn mark(by: ParticipantId, number: u128, shape: MarkShape) -> Mark {
    Mark {
        id: id(number),
        by,
        at: DateTime::<Utc>::UNIX_EPOCH,
        series: series(number % 2),
        instance: InstanceId::new(Uuid::from_u128(7)),
        frame: FrameNumber::FIRST,
        shape,
        text: words(""),
        number: None,
        measured: None,
        is_saved: false,
    }
}

fn apply(marks: &mut Marks, by: ParticipantId, act: MarkAct) -> Result<Option<Marked>, Refusal> {
    marks.apply(by, act, false)
}

fn add(marks: &mut Marks, by: ParticipantId, number: u128, shape: MarkShape) -> Marked {
    apply(marks, by, MarkAct::Add(Box::new(mark(by, number, shape)))).unwrap().unwrap()
}

fn change(number: u128, shape: MarkShape) -> MarkAct {
    MarkAct::Change { id: id(number), shape, text: words("") }
}

/// What is drawn, whatever is known of it.
fn drawn(marks: &Marks) -> Vec<(MarkId, ParticipantId, MarkShape, MarkText)> {
    marks.iter().map(|mark| (mark.id, mark.by, mark.shape.clone(), mark.text.clone())).collect()
}

#[test]
fn only_its_author_changes_a_mark_and_hosts_take_any_away() {
    let mut marks = Marks::default();
    add(&mut marks, PATIENT, 1, LENGTH);
    let farther = MarkShape::Length([(0.1, 0.2), (0.9, 0.4)]);
    assert_eq!(apply(&mut marks, DOCTOR, change(1, farther.clone())), Err(Refusal::NotTheirs));
    let delete = || MarkAct::Delete { id: id(1) };
    assert_eq!(apply(&mut marks, DOCTOR, delete()), Err(Refusal::NotTheirs));
    assert_eq!(apply(&mut marks, PATIENT, change(2, farther.clone())), Err(Refusal::NoSuchMark));
    assert_eq!(
        apply(&mut marks, PATIENT, change(1, MarkShape::Arrow([(0.0, 0.0), (1.0, 1.0)]))),
        Err(Refusal::BadValue)
    );
    let changed = Marked { id: id(1), is_there: true, is_to_measure: true };
    assert_eq!(apply(&mut marks, PATIENT, change(1, farther.clone())), Ok(Some(changed)));
    assert_eq!(apply(&mut marks, PATIENT, change(1, farther)), Ok(None), "it is so already");
    let gone = Marked { id: id(1), is_there: false, is_to_measure: false };
    assert_eq!(marks.apply(DOCTOR, delete(), true), Ok(Some(gone)));
    // What a host took away its author does not bring back, and the host does.
    assert_eq!(apply(&mut marks, PATIENT, MarkAct::Undo), Err(Refusal::NothingToUndo));
    apply(&mut marks, DOCTOR, MarkAct::Undo).unwrap();
    assert_eq!(marks.get(id(1)).unwrap().by, PATIENT);
}

#[test]
fn steps_are_taken_back_and_done_again_in_order() {
    let mut marks = Marks::default();
    let farther = MarkShape::Length([(0.1, 0.2), (0.9, 0.4)]);
    let mut states = vec![drawn(&marks)];
    let acts = [
        MarkAct::Add(Box::new(mark(DOCTOR, 1, LENGTH))),
        change(1, farther.clone()),
        MarkAct::Add(Box::new(mark(DOCTOR, 2, MarkShape::Probe((0.5, 0.5))))),
        MarkAct::Delete { id: id(1) },
    ];
    for act in acts {
        apply(&mut marks, DOCTOR, act).unwrap();
        states.push(drawn(&marks));
    }
    for state in states.iter().rev().skip(1) {
        apply(&mut marks, DOCTOR, MarkAct::Undo).unwrap();
        assert_eq!(&drawn(&marks), state);
    }
    assert_eq!(apply(&mut marks, DOCTOR, MarkAct::Undo), Err(Refusal::NothingToUndo));
    for state in states.iter().skip(1) {
        apply(&mut marks, DOCTOR, MarkAct::Redo).unwrap();
        assert_eq!(&drawn(&marks), state);
    }
    apply(&mut marks, DOCTOR, MarkAct::Undo).unwrap();
    apply(&mut marks, DOCTOR, change(1, LENGTH)).unwrap();
    assert_eq!(
        apply(&mut marks, DOCTOR, MarkAct::Redo),
        Err(Refusal::NothingToUndo),
        "another way was taken"
    );
}

#[test]
fn numbers_count_and_are_never_given_twice() {
    let mut marks = Marks::default();
    let number = |marks: &mut Marks, of| {
        let marked = add(marks, DOCTOR, of, MarkShape::Number((0.5, 0.5)));
        marks.get(marked.id).unwrap().number
    };
    assert_eq!((number(&mut marks, 1), number(&mut marks, 2)), (Some(1), Some(2)));
    add(&mut marks, DOCTOR, 3, LENGTH);
    apply(&mut marks, DOCTOR, MarkAct::Delete { id: id(2) }).unwrap();
    assert_eq!((number(&mut marks, 4), marks.get(id(3)).unwrap().number), (Some(3), None));
    let mut later = Marks::default();
    later.come_back(marks.iter().cloned().collect());
    assert_eq!(number(&mut later, 5), Some(4), "nor after a restart");
}

#[test]
fn what_a_mark_measures_goes_with_its_shape() {
    let mut marks = Marks::default();
    assert!(add(&mut marks, DOCTOR, 1, LENGTH).is_to_measure);
    let (shape, measured) =
        (LENGTH.measure().unwrap(), Measured { angle_degrees: Some(1.0), ..Measured::default() });
    assert!(marks.measured(id(1), &shape, measured.clone()));
    assert!(!marks.measured(id(1), &shape, measured.clone()), "it is known");
    // Other words, the same number.
    let named = MarkAct::Change { id: id(1), shape: LENGTH, text: words("le rein") };
    assert!(!apply(&mut marks, DOCTOR, named).unwrap().unwrap().is_to_measure);
    assert_eq!(marks.get(id(1)).unwrap().measured, Some(measured.clone()));
    let farther = MarkShape::Length([(0.1, 0.2), (0.9, 0.4)]);
    assert!(apply(&mut marks, DOCTOR, change(1, farther)).unwrap().unwrap().is_to_measure);
    assert!(!marks.measured(id(1), &shape, measured.clone()), "late: of the shape before");
    assert_eq!(marks.get(id(1)).unwrap().measured, None);
    assert!(!apply(&mut marks, DOCTOR, MarkAct::Undo).unwrap().unwrap().is_to_measure);
    assert_eq!(marks.get(id(1)).unwrap().measured, Some(measured));
}

#[test]
fn what_is_saved_is_so_only_as_long_as_it_stays_as_it_is() {
    let mut marks = Marks::default();
    add(&mut marks, DOCTOR, 1, LENGTH);
    let then = marks.get(id(1)).unwrap().clone();
    marks.saved(&then);
    assert!(marks.get(id(1)).unwrap().is_saved);
    apply(&mut marks, DOCTOR, change(1, MarkShape::Length([(0.0, 0.0), (1.0, 1.0)]))).unwrap();
    marks.saved(&then);
    assert!(!marks.get(id(1)).unwrap().is_saved, "changed before it was written");
    let then = marks.get(id(1)).unwrap().clone();
    marks.saved(&then);
    apply(&mut marks, DOCTOR, MarkAct::Undo).unwrap();
    assert!(!marks.get(id(1)).unwrap().is_saved, "what is saved is another one");
}

#[test]
fn nonsense_is_not_drawn() {
    let mut marks = Marks::default();
    let out = (1.6, 0.5);
    for shape in [
        MarkShape::Arrow([(f64::NAN, 0.0), (0.1, 0.1)]),
        MarkShape::Length([(0.0, f64::INFINITY), (0.1, 0.1)]),
        MarkShape::Probe(out),
        MarkShape::Freehand(vec![(0.1, 0.1)]),
        MarkShape::Freehand(vec![(0.1, 0.1); 513]),
        // No words.
        MarkShape::Text((0.5, 0.5)),
    ] {
        let act = MarkAct::Add(Box::new(mark(DOCTOR, 1, shape.clone())));
        assert_eq!(apply(&mut marks, DOCTOR, act), Err(Refusal::BadValue), "{shape:?}");
    }
    let of_another = MarkAct::Add(Box::new(mark(PATIENT, 1, LENGTH)));
    assert_eq!(apply(&mut marks, DOCTOR, of_another), Err(Refusal::BadValue));
    add(&mut marks, DOCTOR, 1, LENGTH);
    let again = MarkAct::Add(Box::new(mark(DOCTOR, 1, LENGTH)));
    assert_eq!(apply(&mut marks, DOCTOR, again), Err(Refusal::BadValue));
}

#[test]
fn a_shape_has_the_points_of_its_kind() {
    let spots = |count| vec![(0.5, 0.5); count];
    for (kind, count) in [
        (MarkKind::Arrow, 2),
        (MarkKind::Circle, 2),
        (MarkKind::Text, 1),
        (MarkKind::Number, 1),
        (MarkKind::Length, 2),
        (MarkKind::Angle, 3),
        (MarkKind::Ellipse, 2),
        (MarkKind::Rectangle, 2),
        (MarkKind::Probe, 1),
    ] {
        let shape = MarkShape::new(kind, spots(count)).unwrap();
        assert_eq!((shape.kind(), shape.spots()), (kind, &spots(count)[..]));
        assert_eq!(MarkShape::new(kind, spots(count + 1)), None);
        assert_eq!(MarkShape::new(kind, Vec::new()), None);
    }
    let line = MarkShape::new(MarkKind::Freehand, spots(300)).unwrap();
    assert_eq!((line.kind(), line.spots().len()), (MarkKind::Freehand, 300));
}

#[test]
fn there_are_only_so_many_marks_and_points() {
    let mut marks = Marks::default();
    for number in 0..MAX_MARKS {
        add(&mut marks, DOCTOR, number as u128, LENGTH);
    }
    let one_more = |number| MarkAct::Add(Box::new(mark(PATIENT, number, LENGTH)));
    assert_eq!(apply(&mut marks, PATIENT, one_more(1000)), Err(Refusal::TooMany));
    // Its place is taken: what was deleted does not come back, and does later.
    apply(&mut marks, DOCTOR, MarkAct::Delete { id: id(0) }).unwrap();
    apply(&mut marks, PATIENT, one_more(1000)).unwrap();
    assert_eq!(apply(&mut marks, DOCTOR, MarkAct::Undo), Err(Refusal::TooMany));
    apply(&mut marks, PATIENT, MarkAct::Undo).unwrap();
    apply(&mut marks, DOCTOR, MarkAct::Undo).unwrap();
    let mut marks = Marks::default();
    let line: Vec<Spot> = vec![(0.1, 0.1); 512];
    for number in 0..(MAX_POINTS / 512) as u128 {
        add(&mut marks, DOCTOR, number, MarkShape::Freehand(line.clone()));
    }
    let act = MarkAct::Add(Box::new(mark(DOCTOR, 1000, MarkShape::Freehand(line))));
    assert_eq!(apply(&mut marks, DOCTOR, act), Err(Refusal::TooMany));
}

#[test]
fn what_is_drawn_on_a_series_goes_with_it() {
    let mut marks = Marks::default();
    for number in 0..4 {
        add(&mut marks, DOCTOR, number, LENGTH);
    }
    apply(&mut marks, DOCTOR, MarkAct::Delete { id: id(3) }).unwrap();
    assert_eq!(marks.withdraw(series(1)), [id(1)]);
    assert_eq!(marks.iter().map(|mark| mark.id).collect::<Vec<_>>(), [id(0), id(2)]);
    // Only what is left is taken back.
    for _ in 0..2 {
        apply(&mut marks, DOCTOR, MarkAct::Undo).unwrap();
    }
    assert_eq!(apply(&mut marks, DOCTOR, MarkAct::Undo), Err(Refusal::NothingToUndo));
    assert_eq!(marks.iter().count(), 0);
}

/// One of the acts that there are.
pub(super) fn act_of(by: ParticipantId, (number, what, x): (u128, u8, f64)) -> MarkAct {
    let shape = MarkShape::Length([(x, 0.0), (1.0, 1.0)]);
    match what {
        0 => MarkAct::Add(Box::new(mark(by, number, shape))),
        1 => MarkAct::Add(Box::new(mark(by, number, MarkShape::Arrow([(x, 0.0), (1.0, 1.0)])))),
        2 => change(number, shape),
        3 => MarkAct::Delete { id: id(number) },
        4 => MarkAct::Undo,
        _ => MarkAct::Redo,
    }
}

proptest! {
    /// Two draw, change, delete and take back in any order.
    #[test]
    fn undo_then_redo_is_nothing_and_nobody_undoes_anothers(acts in prop::collection::vec((any::<bool>(), (0_u128..6, 0_u8..6, 0.0..1.0_f64)), 0..80)) {
        let mut marks = Marks::default();
        for (is_doctor, what) in acts {
            let (by, other) = if is_doctor { (DOCTOR, PATIENT) } else { (PATIENT, DOCTOR) };
            let act = act_of(by, what);
            let of = |marks: &Marks, whom| drawn(marks).into_iter().filter(|one| one.1 == whom).collect::<Vec<_>>();
            let (before, others) = (drawn(&marks), of(&marks, other));
            let is_refused = apply(&mut marks, by, act).is_err();
            prop_assert_eq!(others, of(&marks, other), "what others drew stays");
            if is_refused {
                prop_assert_eq!(&before, &drawn(&marks));
            }
            let mut tried = marks.clone();
            let before = drawn(&tried);
            if apply(&mut tried, by, MarkAct::Undo).is_ok() {
                prop_assert!(before != drawn(&tried));
                prop_assert!(apply(&mut tried, by, MarkAct::Redo).is_ok());
                prop_assert_eq!(before, drawn(&tried));
            }
        }
    }
}

/// A doctor leads, and a patient looks.
fn viewing() -> Viewing {
    let mut viewing = Viewing::default();
    act(&mut viewing, Input::Came { participant: DOCTOR, part: Part::Host(0) });
    act(&mut viewing, Input::Lease { by: DOCTOR, step: LeaseStep::Take });
    viewing
}

#[expect(clippy::disallowed_methods, reason = "any instant will do")]
fn say(viewing: &mut Viewing, input: Input) -> Result<Effects, Refusal> {
    viewing.handle(Instant::now(), input)
}

fn act(viewing: &mut Viewing, input: Input) -> Vec<Effect> {
    say(viewing, input).unwrap().into_iter().collect()
}

fn draws(by: ParticipantId, number: u128, shape: MarkShape) -> Input {
    Input::Mark { by, act: MarkAct::Add(Box::new(mark(by, number, shape))) }
}

#[test]
fn guests_draw_what_they_are_let_and_nothing_else() {
    const ARROW: MarkShape = MarkShape::Arrow([(0.1, 0.1), (0.2, 0.2)]);
    for (may_mark, may_measure) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut viewing = viewing();
        let tools = GuestTools { may_mark, may_measure };
        act(&mut viewing, Input::SetGuestTools { by: DOCTOR, tools });
        assert_eq!(say(&mut viewing, draws(PATIENT, 1, ARROW)).is_ok(), may_mark);
        assert_eq!(say(&mut viewing, draws(PATIENT, 2, LENGTH)).is_ok(), may_measure);
        let undo = Input::Mark { by: PATIENT, act: MarkAct::Undo };
        assert_eq!(say(&mut viewing, undo).is_ok(), may_mark || may_measure);
        assert!(say(&mut viewing, draws(DOCTOR, 3, LENGTH)).is_ok());
    }
    let mut viewing = viewing();
    assert_eq!(say(&mut viewing, draws(PATIENT, 1, ARROW)), Err(Refusal::NotForGuests));
}

#[test]
fn a_mark_has_a_revision_and_makes_no_picture() {
    let mut viewing = viewing();
    let before = viewing.revision();
    let effects = act(&mut viewing, draws(DOCTOR, 1, LENGTH));
    assert_eq!(effects, [Effect::Marked(id(1)), Effect::Measure(id(1)), Effect::KeepMark(id(1))]);
    let shape = LENGTH.measure().unwrap();
    let measured = |shape| Input::Measured { mark: id(1), shape, measured: Measured::default() };
    assert_eq!(act(&mut viewing, measured(shape)), [Effect::Marked(id(1)), Effect::KeepMark(id(1))]);
    assert_eq!(act(&mut viewing, measured(shape)), []);
    assert_eq!(viewing.revision(), before + 2);
    let undo = Input::Mark { by: DOCTOR, act: MarkAct::Undo };
    assert_eq!(act(&mut viewing, undo), [Effect::Unmarked(id(1)), Effect::KeepMark(id(1))]);
}

#[test]
fn marks_come_back_after_a_restart_and_go_with_their_series() {
    let mut viewing = viewing();
    let kept = vec![mark(PATIENT, 1, LENGTH), mark(PATIENT, 2, MarkShape::Number((0.5, 0.5)))];
    let effects = act(&mut viewing, Input::MarksKept { marks: kept.clone() });
    assert_eq!(effects, [Effect::Marked(id(1)), Effect::Measure(id(1)), Effect::Marked(id(2))]);
    assert_eq!(act(&mut viewing, Input::MarksKept { marks: kept }), [], "once");
    // The rows stay.
    assert_eq!(act(&mut viewing, Input::Withdrawn { series: series(1) }), [Effect::Unmarked(id(1))]);
    let named = |text: &str| Input::Mark {
        by: PATIENT,
        act: MarkAct::Change { id: id(2), shape: MarkShape::Number((0.5, 0.5)), text: words(text) },
    };
    assert_eq!(say(&mut viewing, named("a")), Err(Refusal::NotForGuests));
}

#[test]
fn whoever_presents_shows_and_hides_marks() {
    let mut viewing = viewing();
    let show = |by, is_shown| Input::ShowMarks { by, is_shown };
    assert!(viewing.has_marks());
    assert_eq!(say(&mut viewing, show(PATIENT, false)), Err(Refusal::NotPresenter));
    assert_eq!(act(&mut viewing, show(DOCTOR, true)), []);
    assert_eq!(act(&mut viewing, show(DOCTOR, false)), [Effect::Changed(Change::State)]);
    assert!(!viewing.has_marks());
}
