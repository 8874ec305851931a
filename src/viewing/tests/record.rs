use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::imaging::{View, VoiChoice, Window};

/// A viewing that is recorded, in virtual time. Who looks is who is there.
struct Recorded {
    rig: Rig,
    recorder: Recorder,
    begun: Instant,
    people: BTreeSet<ParticipantId>,
    steps: Vec<KeptStep>,
    sights: Vec<Sight>,
}

impl Recorded {
    fn after(count: u32) -> Self {
        let rig = Rig::new();
        let people = PEOPLE.map(|(participant, _)| participant).into();
        let (steps, sights) = Default::default();
        let begun = rig.now;
        Self { rig, recorder: Recorder::after(count), begun, people, steps, sights }
    }

    /// The doctor shows forty frames, and everybody looks.
    fn shared() -> Self {
        let mut recorded = Self::after(0);
        recorded.step(show(FIRST, SERIES, 40));
        recorded
    }

    fn at(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::from_std(self.rig.now - self.begun).unwrap()
    }

    fn take(&mut self, kept: Vec<Kept>) {
        for one in kept {
            match one {
                Kept::Step(step) => self.steps.push(*step),
                Kept::Sight(sight) => self.sights.push(sight),
            }
        }
    }

    fn look(&mut self, has_marks: bool) {
        let now = (self.rig.now, self.at());
        let people = self.people.clone();
        let kept = self.recorder.look(now, &self.rig.viewing, people, has_marks, |_| true);
        self.take(kept);
    }

    fn input(&mut self, input: Input) {
        self.rig.ok(input);
        self.look(false);
    }

    fn step(&mut self, step: Step) {
        self.input(Input::Step { by: DOCTOR, step });
    }

    /// Time passes, and the recorder is woken when it wants to be.
    fn pass(&mut self, time: Duration) {
        let until = self.rig.now + time;
        while let Some(at) = self.recorder.wake_at().filter(|at| *at <= until) {
            self.rig.now = self.rig.now.max(at);
            let kept = self.recorder.wake(self.rig.now);
            self.take(kept);
        }
        self.rig.now = until;
    }

    fn drawn(&mut self, by: ParticipantId, viewport: ViewportNumber, picture: u32, is_lossless: bool) {
        let kept = self.recorder.drawn(self.at(), by, viewport, picture, is_lossless);
        self.take(kept);
    }

    fn picture(&self, viewport: ViewportNumber) -> u32 {
        self.rig.viewing.shared().shown(viewport).unwrap().picture
    }

    fn causes(&self) -> Vec<StepCause> {
        self.steps.iter().map(|step| step.cause).collect()
    }

    fn seen_by(&self, step: u32) -> Vec<(ParticipantId, bool)> {
        let of_it = self.sights.iter().filter(|sight| sight.step == step);
        of_it.map(|sight| (sight.participant, sight.is_lossless)).collect()
    }
}

fn window(center: f64) -> Step {
    Step::SetVoi { viewport: FIRST, voi: VoiChoice::Window(Window { center, width: 400.0 }) }
}

fn zoom(zoom: f64) -> Step {
    Step::SetView { viewport: FIRST, view: View { zoom, ..View::default() } }
}

fn describe(text: &str) -> Input {
    Input::Describe { by: DOCTOR, text: DescriptionText::new(text).unwrap() }
}

#[test]
fn what_is_done_is_kept_at_once_with_its_cause() {
    let mut recorded = Recorded::after(0);
    recorded.step(Step::SetLayout(Layout::One));
    assert_eq!(recorded.causes(), [], "nothing is shown");
    recorded.step(show(FIRST, SERIES, 40));
    recorded.step(Step::SetLayout(Layout::SideBySide));
    recorded.step(show(second(), PRIOR, 9));
    recorded.input(describe("le foie"));
    recorded.look(true);
    recorded.pass(AT_ONCE);
    recorded.input(Input::Lease { by: RADIOLOGIST, step: LeaseStep::Take });
    for step in [Step::Clear { viewport: second() }, Step::Stop] {
        recorded.input(Input::Step { by: RADIOLOGIST, step });
    }
    recorded.look(true);
    recorded.pass(AT_ONCE);
    recorded.input(Input::Lease { by: DOCTOR, step: LeaseStep::Take });
    let expected = [
        StepCause::Show,
        StepCause::Layout,
        StepCause::Show,
        StepCause::Describe,
        StepCause::Mark,
        StepCause::HandOver,
        StepCause::Clear,
        StepCause::Stop,
    ];
    assert_eq!(recorded.causes(), expected);
    assert_eq!(recorded.recorder.wake_at(), None, "nothing waits");
    let presenters: Vec<_> = recorded.steps.iter().map(|step| step.presenter).collect();
    assert_eq!(presenters, [[Some(DOCTOR); 5].as_slice(), &[Some(RADIOLOGIST); 3]].concat());
    let shown: Vec<_> = recorded.steps.iter().map(|step| step.arrangement.visible().count()).collect();
    assert_eq!(shown, [1, 1, 2, 2, 2, 2, 1, 0]);
    assert_eq!(
        recorded.steps.iter().map(|step| step.number).collect::<Vec<_>>(),
        (1..=8).collect::<Vec<_>>()
    );
}

#[test]
fn a_move_is_kept_when_it_rests_with_the_time_at_which_it_came_to_rest() {
    let mut recorded = Recorded::shared();
    for (step, cause) in
        [(scroll(7), StepCause::Scroll), (window(40.0), StepCause::Window), (zoom(2.0), StepCause::View)]
    {
        recorded.pass(ms(1_000));
        let (before, at) = (recorded.steps.len(), recorded.at());
        recorded.step(step);
        recorded.pass(REST - ms(1));
        assert_eq!(recorded.steps.len(), before, "it does not rest yet");
        recorded.pass(ms(1));
        let kept = recorded.steps.last().unwrap();
        assert_eq!(
            (recorded.steps.len(), kept.cause, kept.is_moving, kept.at),
            (before + 1, cause, false, at)
        );
        assert_eq!(kept.arrangement, *recorded.rig.viewing.shared());
    }
    recorded.pass(ms(60_000));
    assert_eq!(recorded.steps.len(), 4, "what rests is kept once");
}

#[test]
fn what_moves_on_and_on_is_kept_every_two_seconds_and_when_it_rests() {
    let mut recorded = Recorded::shared();
    // Sixty steps a second, for ten seconds.
    for frame in 0..600 {
        recorded.step(scroll(frame % 40));
        recorded.pass(Duration::from_micros(16_667));
    }
    let moving = recorded.steps.iter().filter(|step| step.is_moving).count();
    assert!((4..=5).contains(&moving), "{moving}");
    let times: Vec<_> = recorded.steps.iter().skip(1).map(|step| step.at).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= TimeDelta::milliseconds(1_900)), "{times:?}");
    recorded.pass(REST);
    let last = recorded.steps.last().unwrap();
    assert!(!last.is_moving);
    assert_eq!(last.arrangement.shown(FIRST).unwrap().index, 599 % 40);
}

#[test]
fn what_was_due_is_kept_as_it_was_though_nobody_woke_in_time() {
    let mut recorded = Recorded::shared();
    recorded.step(scroll(3));
    recorded.rig.now += REST;
    recorded.step(scroll(9));
    let kept = recorded.steps.last().unwrap();
    assert_eq!((kept.cause, kept.arrangement.shown(FIRST).unwrap().index), (StepCause::Scroll, 3));
    // What is put up while something moves is kept at once, and what moved is no step of its own.
    recorded.step(show(FIRST, PRIOR, 9));
    recorded.pass(ms(5_000));
    assert_eq!(recorded.causes(), [StepCause::Show, StepCause::Scroll, StepCause::Show]);
}

#[test]
fn a_mark_that_is_dragged_is_kept_as_a_move() {
    let mut recorded = Recorded::shared();
    for _ in 0..300 {
        recorded.look(true);
        recorded.pass(Duration::from_micros(16_667));
    }
    recorded.pass(ms(1_000));
    let marks = recorded.causes().iter().filter(|cause| **cause == StepCause::Mark).count();
    assert!((3..=5).contains(&marks), "{marks}");
}

#[test]
fn the_same_series_put_up_anew_is_shown() {
    let mut recorded = Recorded::shared();
    recorded.step(show(FIRST, SERIES, 40));
    let Shown { series, stack, .. } = recorded.rig.viewing.shared().shown(FIRST).unwrap().clone();
    recorded.step(Step::Show { viewport: FIRST, series, stack, from_middle: true });
    assert_eq!(recorded.causes(), [StepCause::Show; 3]);
    assert_eq!(recorded.recorder.wake_at(), None);
}

#[test]
fn who_has_drawn_all_of_a_step_has_seen_it() {
    let mut recorded = Recorded::shared();
    recorded.step(Step::SetLayout(Layout::SideBySide));
    recorded.step(show(second(), PRIOR, 9));
    let [left, right] = [FIRST, second()].map(|viewport| recorded.picture(viewport));
    recorded.pass(ms(200));
    recorded.drawn(PATIENT, FIRST, left, true);
    assert_eq!(recorded.seen_by(1), [(PATIENT, true)], "the first step had one viewport");
    assert_eq!(recorded.seen_by(3), [], "one of two");
    recorded.drawn(PATIENT, second(), right, false);
    let first_at = recorded.at();
    recorded.drawn(RADIOLOGIST, second(), right, true);
    assert_eq!(recorded.seen_by(3), [(PATIENT, false)]);
    recorded.pass(ms(400));
    recorded.drawn(PATIENT, second(), right, true);
    recorded.drawn(PATIENT, second(), right, true);
    recorded.drawn(PATIENT, second(), right, false);
    assert_eq!(recorded.seen_by(3), [(PATIENT, false), (PATIENT, true)], "told again once, when it is exact");
    assert!(recorded.sights.iter().filter(|sight| sight.step == 3).all(|sight| sight.at == first_at));
    // What changes no picture is seen at once by whoever has the pictures.
    recorded.pass(ms(50));
    recorded.input(Input::Lease { by: RADIOLOGIST, step: LeaseStep::Take });
    assert_eq!(recorded.seen_by(4), [(PATIENT, true)]);
    assert_eq!(recorded.sights.last().unwrap().at, recorded.at());
    // Another revision is not it.
    recorded.drawn(COLLEAGUE, FIRST, left, true);
    recorded.drawn(COLLEAGUE, second(), right + 1, true);
    assert!(!recorded.seen_by(4).contains(&(COLLEAGUE, true)));
}

#[test]
fn a_picture_that_comes_late_counts_for_the_step_that_it_shows() {
    let mut recorded = Recorded::shared();
    let old = recorded.picture(FIRST);
    recorded.step(scroll(7));
    recorded.pass(ms(500));
    recorded.drawn(PATIENT, FIRST, old, false);
    assert_eq!((recorded.seen_by(1), recorded.seen_by(2)), (vec![(PATIENT, false)], vec![]));
    assert_eq!(recorded.sights[0].at, recorded.at());
    let new = recorded.picture(FIRST);
    recorded.drawn(PATIENT, FIRST, new, true);
    assert_eq!(recorded.seen_by(2), [(PATIENT, true)]);
}

#[test]
fn whoever_is_away_sees_nothing_until_they_have_drawn_again() {
    let mut recorded = Recorded::shared();
    let picture = recorded.picture(FIRST);
    for person in [DOCTOR, PATIENT] {
        recorded.drawn(person, FIRST, picture, true);
    }
    recorded.people.remove(&PATIENT);
    recorded.input(describe("le foie"));
    assert_eq!(recorded.seen_by(2), [(DOCTOR, true)]);
    recorded.drawn(PATIENT, FIRST, picture, true);
    assert_eq!(recorded.seen_by(2), [(DOCTOR, true)], "they are not there");
    recorded.people.insert(PATIENT);
    recorded.input(describe("la rate"));
    assert_eq!(recorded.seen_by(3), [(DOCTOR, true)], "what they had is not what they have");
    recorded.drawn(PATIENT, FIRST, picture, true);
    assert_eq!(recorded.seen_by(3), [(DOCTOR, true), (PATIENT, true)]);
}

#[test]
fn what_is_no_picture_is_nobodys_to_have_seen() {
    let mut recorded = Recorded::after(0);
    recorded.rig.step(DOCTOR, show(FIRST, SERIES, 1));
    let (now, people) = ((recorded.rig.now, recorded.at()), recorded.people.clone());
    let kept = recorded.recorder.look(now, &recorded.rig.viewing, people, false, |_| false);
    recorded.take(kept);
    let picture = recorded.picture(FIRST);
    recorded.drawn(PATIENT, FIRST, picture, true);
    assert_eq!((recorded.steps.len(), recorded.sights.len()), (1, 0));
}

#[test]
fn what_nobody_looks_at_is_not_shown_and_is_shown_again_when_somebody_does() {
    let mut recorded = Recorded::shared();
    let people = std::mem::take(&mut recorded.people);
    recorded.look(false);
    recorded.step(scroll(3));
    recorded.people = people;
    recorded.look(false);
    recorded.step(scroll(4));
    let (now, at) = (recorded.rig.now, recorded.at());
    let kept = recorded.recorder.end(now, at);
    recorded.take(kept);
    let expected =
        [StepCause::Show, StepCause::Unwatched, StepCause::Show, StepCause::Scroll, StepCause::Unwatched];
    assert_eq!(recorded.causes(), expected);
    assert_eq!(recorded.steps[1].arrangement.visible().count(), 0);
    assert!(recorded.steps[3].is_moving, "it was on show, however short");
    // Nothing comes after the end.
    recorded.step(show(FIRST, PRIOR, 9));
    let kept = recorded.recorder.end(now, at);
    recorded.take(kept);
    assert_eq!(recorded.steps.len(), 5);
}

#[test]
fn after_very_many_steps_there_is_one_every_ten_seconds() {
    let mut recorded = Recorded::after(MAX_STEPS - 1);
    recorded.step(show(FIRST, SERIES, 40));
    for number in 0..600 {
        recorded.step(show(FIRST, if number % 2 == 0 { PRIOR } else { SERIES }, 40));
        recorded.pass(ms(100));
    }
    let count = recorded.steps.len();
    assert!((6..=7).contains(&count), "{count} in a minute");
    let times: Vec<_> = recorded.steps.iter().map(|step| step.at).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= TimeDelta::milliseconds(9_800)), "{times:?}");
    recorded.pass(EVERY_AFTERWARDS);
    assert_eq!(
        recorded.steps.last().unwrap().arrangement,
        *recorded.rig.viewing.shared(),
        "the last is kept"
    );
}

proptest! {
    /// However people go about it: what rests is kept, and never much more than that.
    #[test]
    fn what_rests_is_kept_and_time_never_goes_back(acts in prop::collection::vec((0..7_u32, 0..40_u32, 0..700_u64), 1..60)) {
        let mut recorded = Recorded::shared();
        for (act, number, pause) in &acts {
            let step = match act {
                0 => show(FIRST, if number % 2 == 0 { SERIES } else { PRIOR }, 40),
                1 => Step::SetLayout(if number % 2 == 0 { Layout::One } else { Layout::Stacked }),
                2 => Step::Stop,
                3 => window(f64::from(*number)),
                4 => zoom(f64::from(*number) / 8.0 + 0.5),
                _ => scroll(*number),
            };
            let input = Input::Step { by: DOCTOR, step };
            if recorded.rig.viewing.handle(recorded.rig.now, input).is_ok() {
                recorded.look(false);
            }
            recorded.pass(ms(*pause));
            if *pause >= 300 {
                let last = recorded.steps.last().unwrap();
                let pictures = |arrangement: &Arrangement| -> Vec<_> {
                    arrangement.visible().map(|(viewport, shown)| (viewport, shown.picture)).collect()
                };
                prop_assert_eq!(pictures(&last.arrangement), pictures(recorded.rig.viewing.shared()));
            }
        }
        prop_assert!(recorded.steps.len() <= acts.len() + 1);
        prop_assert!(recorded.steps.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }
}
