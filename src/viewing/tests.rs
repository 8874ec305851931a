use std::sync::Arc;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::clinical::DescriptionText;
use crate::imaging::StackPlaces;

mod arrangement;
mod lease;
mod linking;
mod marks;
mod record;

const DOCTOR: ParticipantId = ParticipantId::new(Uuid::from_u128(1));
const RADIOLOGIST: ParticipantId = ParticipantId::new(Uuid::from_u128(2));
/// Dropped in.
const COLLEAGUE: ParticipantId = ParticipantId::new(Uuid::from_u128(3));
const PATIENT: ParticipantId = ParticipantId::new(Uuid::from_u128(4));
const PEOPLE: [(ParticipantId, Part); 4] =
    [(DOCTOR, Part::Host(0)), (RADIOLOGIST, Part::Host(1)), (COLLEAGUE, Part::Staff), (PATIENT, Part::Guest)];
const SERIES: SeriesId = SeriesId::new(Uuid::from_u128(10));
const PRIOR: SeriesId = SeriesId::new(Uuid::from_u128(11));
const FIRST: ViewportNumber = ViewportNumber::FIRST;

#[expect(clippy::disallowed_methods, reason = "any instant will do")]
fn start() -> Instant {
    Instant::now()
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn second() -> ViewportNumber {
    ViewportNumber::new(1).unwrap()
}

fn show(viewport: ViewportNumber, series: SeriesId, count: u32) -> Step {
    Step::Show { viewport, series, stack: Arc::new(StackPlaces::unknown(count)), from_middle: true }
}

fn scroll(index: u32) -> Step {
    Step::Scroll { viewport: FIRST, index }
}

/// A viewing in steady time.
struct Rig {
    viewing: Viewing,
    now: Instant,
}

impl Rig {
    /// Everybody is there.
    fn new() -> Self {
        let mut rig = Self { viewing: Viewing::default(), now: start() };
        for (participant, part) in PEOPLE {
            rig.ok(Input::Came { participant, part });
        }
        rig
    }

    /// The doctor shows forty frames.
    fn shared() -> Self {
        let mut rig = Self::new();
        rig.ok(Input::Step { by: DOCTOR, step: show(FIRST, SERIES, 40) });
        rig
    }

    fn ok(&mut self, input: Input) -> Vec<Effect> {
        self.viewing.handle(self.now, input).unwrap().into_iter().collect()
    }

    fn refused(&mut self, input: Input) -> Refusal {
        self.viewing.handle(self.now, input).unwrap_err()
    }

    fn step(&mut self, by: ParticipantId, step: Step) -> Vec<Effect> {
        self.ok(Input::Step { by, step })
    }

    fn index_for(&self, participant: ParticipantId) -> u32 {
        self.viewing.seen_by(participant).shown(FIRST).unwrap().index
    }
}

fn take(by: ParticipantId) -> Input {
    Input::Lease { by, step: LeaseStep::Take }
}

fn ask(by: ParticipantId) -> Input {
    Input::Lease { by, step: LeaseStep::Ask(true) }
}

fn give(by: ParticipantId, to: ParticipantId) -> Input {
    Input::Lease { by, step: LeaseStep::Give(to) }
}

fn follow(by: ParticipantId, is_following: bool) -> Input {
    Input::Follow { by, is_following }
}

#[test]
fn whoever_shows_presents_and_nobody_else_changes_the_view() {
    let mut rig = Rig::new();
    let effects = rig.step(DOCTOR, show(FIRST, SERIES, 40));
    let handed_over = Effect::HandedOver { to: Some(DOCTOR), why: HandOver::Taken };
    assert_eq!(effects, [handed_over, Effect::Changed(Change::Pictures)]);
    assert_eq!((rig.viewing.presenter(), rig.index_for(PATIENT)), (Some(DOCTOR), 20));
    for by in [RADIOLOGIST, COLLEAGUE, PATIENT] {
        assert_eq!(rig.refused(Input::Step { by, step: scroll(3) }), Refusal::NotPresenter);
    }
    rig.ok(take(RADIOLOGIST));
    rig.step(RADIOLOGIST, scroll(3));
    assert_eq!(rig.index_for(PATIENT), 3);
    assert_eq!(rig.refused(Input::Step { by: DOCTOR, step: scroll(4) }), Refusal::NotPresenter);
}

#[test]
fn who_is_no_host_shows_nothing_while_somebody_presents() {
    let mut rig = Rig::shared();
    assert_eq!(
        rig.refused(Input::Step { by: COLLEAGUE, step: show(FIRST, PRIOR, 9) }),
        Refusal::NotPresenter
    );
    rig.step(RADIOLOGIST, show(FIRST, PRIOR, 9));
    assert_eq!(rig.viewing.presenter(), Some(RADIOLOGIST), "a host does");
    for participant in [DOCTOR, RADIOLOGIST] {
        rig.ok(Input::Gone { participant });
    }
    rig.step(COLLEAGUE, show(FIRST, SERIES, 40));
    assert_eq!(rig.viewing.presenter(), Some(COLLEAGUE), "nobody presented");
}

#[test]
fn two_who_take_the_lead_at_once_make_one_revision() {
    let mut rig = Rig::shared();
    let before = rig.viewing.revision();
    rig.ok(take(RADIOLOGIST));
    assert_eq!(rig.refused(take(DOCTOR)), Refusal::NotPresenter);
    assert_eq!((rig.viewing.presenter(), rig.viewing.revision()), (Some(RADIOLOGIST), before + 1));
}

#[test]
fn a_presenter_who_leaves_makes_room_and_the_picture_stays() {
    let mut rig = Rig::shared();
    let handed_over = |to, why| Effect::HandedOver { to, why };
    let changed = Effect::Changed(Change::State);
    let effects = rig.ok(Input::Gone { participant: DOCTOR });
    assert_eq!(effects, [handed_over(Some(RADIOLOGIST), HandOver::Left), changed]);
    let effects = rig.ok(Input::Gone { participant: RADIOLOGIST });
    assert_eq!(effects, [handed_over(None, HandOver::Left), changed]);
    assert_eq!(rig.index_for(PATIENT), 20);
}

#[test]
fn a_presenter_who_is_lost_is_waited_for_and_the_picture_stays() {
    let mut rig = Rig::shared();
    let effects = rig.ok(Input::Lost { participant: DOCTOR });
    let wake = Effect::WakeAt(rig.now + LOST_FOR);
    assert_eq!(effects, [Effect::Changed(Change::State), wake]);
    rig.now += ms(9900);
    assert_eq!(rig.ok(Input::Wake), [wake], "too early: the time is told again");
    assert_eq!(rig.viewing.presenter(), Some(DOCTOR));
    rig.now += ms(100);
    let handed_over = Effect::HandedOver { to: Some(RADIOLOGIST), why: HandOver::Lost };
    assert_eq!(rig.ok(Input::Wake), [handed_over, Effect::Changed(Change::State)]);
    let shown = rig.viewing.shared().shown(FIRST).unwrap();
    assert_eq!((shown.index, rig.viewing.presenter()), (20, Some(RADIOLOGIST)));
    assert!(shown.picture < rig.viewing.revision(), "and is not made anew");
    assert_eq!(rig.ok(Input::Wake), []);
}

#[test]
fn what_was_on_show_before_a_restart_comes_back_unless_somebody_was_faster() {
    let back = || Input::ComeBack { steps: vec![show(FIRST, SERIES, 40), scroll(70)] };
    let mut rig = Rig::new();
    assert_eq!(rig.ok(back()), [Effect::Changed(Change::Pictures)]);
    assert_eq!((rig.viewing.presenter(), rig.index_for(PATIENT)), (None, 39));
    assert_eq!(Rig::shared().refused(back()), Refusal::NothingShared);
    let mut stopped = Rig::shared();
    stopped.step(DOCTOR, Step::Stop);
    assert_eq!(stopped.refused(back()), Refusal::NothingShared, "somebody stopped it");
    let mut rig = Rig::new();
    let half = Input::ComeBack { steps: vec![show(FIRST, SERIES, 40), show(second(), PRIOR, 9)] };
    assert_eq!(rig.refused(half), Refusal::NoSuchViewport);
    assert_eq!(rig.viewing.shared(), &Arrangement::default(), "as a whole or not at all");
}

#[test]
fn pointers_go_with_what_they_pointed_at() {
    let mut rig = Rig::shared();
    rig.step(DOCTOR, Step::SetLayout(Layout::SideBySide));
    rig.step(DOCTOR, show(second(), PRIOR, 9));
    let point = |by, viewport| Input::Point { by, viewport, pointer: Pointer { x: 0.5, y: 2.0 } };
    let clamped = Pointer { x: 0.5, y: 1.0 };
    let effects = rig.ok(point(RADIOLOGIST, FIRST));
    assert_eq!(effects, [Effect::Pointed { participant: RADIOLOGIST, viewport: FIRST, pointer: clamped }]);
    rig.ok(point(PATIENT, second()));
    assert_eq!(rig.step(DOCTOR, scroll(3)), [Effect::Changed(Change::Pictures)], "a finger stays");
    let gone = |participant| Effect::PointerGone { participant };
    let changed = Effect::Changed(Change::Pictures);
    assert_eq!(rig.step(DOCTOR, show(FIRST, PRIOR, 9)), [gone(RADIOLOGIST), changed]);
    assert_eq!(rig.step(DOCTOR, Step::SetLayout(Layout::One)), [gone(PATIENT), changed]);
    assert_eq!(rig.refused(point(PATIENT, second())), Refusal::NoSuchViewport);
    rig.ok(point(PATIENT, FIRST));
    assert_eq!(rig.step(DOCTOR, Step::Stop), [gone(PATIENT), changed]);
    assert_eq!(rig.refused(point(DOCTOR, FIRST)), Refusal::NothingShared);
}

#[test]
fn who_looks_by_themself_begins_with_what_is_shared_and_steers_only_that() {
    let mut rig = Rig::shared();
    let effects = rig.ok(follow(COLLEAGUE, false));
    let own_changed = Effect::OwnChanged { participant: COLLEAGUE, change: Change::Pictures };
    assert_eq!(effects, [Effect::Changed(Change::State), own_changed]);
    assert_eq!(rig.viewing.own_view(COLLEAGUE), Some(rig.viewing.shared()));
    let revision = rig.viewing.revision();
    assert_eq!(rig.step(COLLEAGUE, scroll(5)), [own_changed]);
    assert_eq!(rig.step(COLLEAGUE, show(FIRST, PRIOR, 9)), [own_changed]);
    assert_eq!((rig.viewing.revision(), rig.viewing.presenter()), (revision + 2, Some(DOCTOR)));
    let picture = rig.viewing.seen_by(COLLEAGUE).shown(FIRST).unwrap().picture;
    assert_eq!(picture, revision + 2, "one counter for all of them");
    rig.step(DOCTOR, scroll(7));
    assert_eq!((rig.index_for(PATIENT), rig.index_for(COLLEAGUE)), (7, 4));
    let point = Input::Point { by: COLLEAGUE, viewport: FIRST, pointer: Pointer { x: 0.1, y: 0.1 } };
    assert_eq!(rig.ok(point), [], "it would mean something else to others");
    let effects = rig.ok(follow(COLLEAGUE, true));
    assert_eq!(effects, [Effect::Changed(Change::State), own_changed]);
    assert_eq!((rig.index_for(COLLEAGUE), rig.viewing.own_views().count()), (7, 0));
}

#[test]
fn who_presents_looks_at_what_everybody_looks_at() {
    let mut rig = Rig::shared();
    assert_eq!(rig.refused(follow(DOCTOR, false)), Refusal::Presents);
    assert_eq!(rig.refused(follow(PATIENT, false)), Refusal::NotStaff);
    rig.ok(follow(RADIOLOGIST, false));
    rig.step(RADIOLOGIST, scroll(5));
    rig.ok(take(RADIOLOGIST));
    assert_eq!((rig.viewing.own_view(RADIOLOGIST), rig.index_for(RADIOLOGIST)), (None, 20));
}

#[test]
fn who_asks_out_of_an_own_view_shows_it_once_they_may() {
    let mut rig = Rig::shared();
    rig.ok(follow(COLLEAGUE, false));
    rig.step(COLLEAGUE, show(FIRST, PRIOR, 9));
    rig.ok(ask(COLLEAGUE));
    assert_eq!(rig.index_for(PATIENT), 20, "nothing changes before it is given");
    let effects = rig.ok(give(DOCTOR, COLLEAGUE));
    let own_changed = Effect::OwnChanged { participant: COLLEAGUE, change: Change::Pictures };
    let handed_over = Effect::HandedOver { to: Some(COLLEAGUE), why: HandOver::Given };
    assert_eq!(effects, [handed_over, Effect::Changed(Change::Pictures), own_changed]);
    let shown = rig.viewing.shared().shown(FIRST).unwrap();
    assert_eq!((shown.series, shown.picture), (PRIOR, rig.viewing.revision()));
    assert_eq!(rig.viewing.own_views().count(), 0);
}

#[test]
fn an_own_view_is_shown_to_nobody_when_that_was_not_asked_for() {
    // Asked before looking alone; followed again after asking.
    for acts in [
        [ask(COLLEAGUE), follow(COLLEAGUE, false), follow(COLLEAGUE, false)],
        [follow(COLLEAGUE, false), ask(COLLEAGUE), follow(COLLEAGUE, true)],
    ] {
        let mut rig = Rig::shared();
        for act in acts {
            rig.ok(act);
        }
        rig.ok(follow(COLLEAGUE, false));
        rig.step(COLLEAGUE, show(FIRST, PRIOR, 9));
        rig.ok(give(DOCTOR, COLLEAGUE));
        assert_eq!(rig.viewing.shared().shown(FIRST).unwrap().series, SERIES);
        assert_eq!(rig.viewing.own_views().count(), 0);
    }
}

#[test]
fn what_is_withdrawn_is_gone_from_every_view() {
    let mut rig = Rig::shared();
    rig.ok(follow(COLLEAGUE, false));
    rig.ok(follow(RADIOLOGIST, false));
    rig.step(RADIOLOGIST, show(FIRST, PRIOR, 9));
    let own_changed = Effect::OwnChanged { participant: COLLEAGUE, change: Change::Pictures };
    let effects = rig.ok(Input::Withdrawn { series: SERIES });
    assert_eq!(effects, [Effect::Changed(Change::Pictures), own_changed]);
    assert!(!rig.viewing.has(SERIES) && rig.viewing.has(PRIOR));
    assert_eq!(rig.ok(Input::Withdrawn { series: SERIES }), []);
}

#[test]
fn a_description_goes_with_what_it_described() {
    let mut rig = Rig::shared();
    let describe = |by, text| Input::Describe { by, text: DescriptionText::new(text).unwrap() };
    assert_eq!(rig.refused(describe(RADIOLOGIST, "le rein")), Refusal::NotPresenter);
    assert_eq!(rig.ok(describe(DOCTOR, "le rein")), [Effect::Changed(Change::State)]);
    assert_eq!(rig.ok(describe(DOCTOR, "le rein")), []);
    rig.step(DOCTOR, scroll(3));
    assert_eq!(rig.viewing.description().unwrap().text.expose(), "le rein");
    rig.ok(take(RADIOLOGIST));
    assert_eq!(rig.viewing.description().unwrap().by, DOCTOR);
    rig.step(RADIOLOGIST, show(FIRST, PRIOR, 9));
    assert_eq!(rig.viewing.description(), None);
    rig.ok(describe(RADIOLOGIST, "le foie"));
    rig.ok(describe(RADIOLOGIST, " "));
    assert_eq!(rig.viewing.description(), None);
    rig.step(RADIOLOGIST, Step::Stop);
    assert_eq!(rig.refused(describe(RADIOLOGIST, "le rein")), Refusal::NothingShared);
}

#[test]
fn only_the_presenter_says_what_guests_see_and_do() {
    let mut rig = Rig::shared();
    let tools = GuestTools { may_mark: true, may_measure: false };
    for by in [RADIOLOGIST, PATIENT] {
        assert_eq!(rig.refused(Input::SetNamed { by, is_named: true }), Refusal::NotPresenter);
        assert_eq!(rig.refused(Input::SetGuestTools { by, tools }), Refusal::NotPresenter);
    }
    let changed = [Effect::Changed(Change::State)];
    assert_eq!(rig.ok(Input::SetNamed { by: DOCTOR, is_named: true }), changed);
    assert_eq!(rig.ok(Input::SetGuestTools { by: DOCTOR, tools }), changed);
    assert_eq!(rig.ok(Input::SetGuestTools { by: DOCTOR, tools }), []);
    assert_eq!((rig.viewing.is_named(), rig.viewing.guests()), (true, tools));
}

fn any_input() -> impl Strategy<Value = Input> {
    let whom = || (0_usize..PEOPLE.len()).prop_map(|number| PEOPLE[number].0);
    let at = || (0_u8..4).prop_map(|number| ViewportNumber::new(number).unwrap());
    prop_oneof![
        2 => (0_usize..PEOPLE.len()).prop_map(|number| {
            let (participant, part) = PEOPLE[number];
            Input::Came { participant, part }
        }),
        1 => whom().prop_map(|participant| Input::Lost { participant }),
        1 => whom().prop_map(|participant| Input::Back { participant }),
        1 => whom().prop_map(|participant| Input::Gone { participant }),
        1 => Just(Input::Wake),
        8 => (whom(), arrangement::any_step()).prop_map(|(by, step)| Input::Step { by, step }),
        2 => whom().prop_map(take),
        2 => whom().prop_map(ask),
        2 => (whom(), whom()).prop_map(|(by, to)| give(by, to)),
        2 => (whom(), any::<bool>()).prop_map(|(by, is_following)| follow(by, is_following)),
        2 => (whom(), at(), any::<f64>(), any::<f64>()).prop_map(|(by, viewport, x, y)| {
            Input::Point { by, viewport, pointer: Pointer { x, y } }
        }),
        1 => whom().prop_map(|by| Input::Unpoint { by }),
        1 => (whom(), "[a-b]{0,1}").prop_map(|(by, text)| {
            Input::Describe { by, text: DescriptionText::new(&text).unwrap() }
        }),
        1 => (whom(), any::<bool>()).prop_map(|(by, is_named)| Input::SetNamed { by, is_named }),
        1 => (whom(), any::<bool>()).prop_map(|(by, is_shown)| Input::ShowMarks { by, is_shown }),
        1 => (whom(), any::<bool>(), any::<bool>()).prop_map(|(by, may_mark, may_measure)| {
            Input::SetGuestTools { by, tools: GuestTools { may_mark, may_measure } }
        }),
        3 => (whom(), (0_u128..6, 0_u8..6, 0.0..1.0_f64)).prop_map(|(by, what)| {
            Input::Mark { by, act: marks::act_of(by, what) }
        }),
        1 => (0_u128..5).prop_map(|number| Input::Withdrawn { series: SeriesId::new(Uuid::from_u128(number)) }),
    ]
}

/// All that is told with a revision.
fn told(viewing: &Viewing) -> impl PartialEq + std::fmt::Debug + use<> {
    let lease = viewing.lease();
    let seen = |arrangement: &Arrangement| {
        let shown = arrangement.visible().map(|(viewport, shown)| (viewport, shown.clone()));
        let frame = (arrangement.layout(), arrangement.active(), arrangement.is_linked());
        (frame, shown.collect::<Vec<_>>())
    };
    (
        seen(viewing.shared()),
        viewing.own_views().map(|(whose, own)| (whose, seen(own))).collect::<Vec<_>>(),
        (lease.holder(), lease.is_holder_lost(), lease.hosts().collect::<Vec<_>>()),
        lease.asking().collect::<Vec<_>>(),
        (viewing.description().cloned(), viewing.is_named(), viewing.guests()),
        (viewing.marks().iter().cloned().collect::<Vec<_>>(), viewing.has_marks()),
    )
}

proptest! {
    /// Whatever comes: what is shown can be shown, the revision moves exactly when something is told with it, guests neither present nor look
    /// alone, whoever presents follows, pointers point at something.
    #[test]
    fn the_state_stays_showable(inputs in prop::collection::vec((0_u64..6000, any_input()), 0..80)) {
        let (mut viewing, mut now) = (Viewing::default(), start());
        for (pause, input) in inputs {
            now += ms(pause);
            let (before, revision) = (told(&viewing), viewing.revision());
            let is_show = matches!(input, Input::Step { step: Step::Show { .. }, .. });
            let effects = viewing.handle(now, input).unwrap_or_default().0;
            let is_told = |effect: &Effect| {
                use Effect as E;
                matches!(effect, E::Changed(_) | E::OwnChanged { .. } | E::Marked(_) | E::Unmarked(_))
            };
            let is_changed = effects.iter().any(is_told);
            prop_assert_eq!(viewing.revision(), revision + u32::from(is_changed));
            prop_assert!(is_changed || before == told(&viewing));
            prop_assert!(!is_changed || is_show || before != told(&viewing));
            arrangement::assert_showable(viewing.shared());
            for (whose, own) in viewing.own_views() {
                arrangement::assert_showable(own);
                prop_assert!(viewing.lease().is_staff(whose) && viewing.presenter() != Some(whose));
            }
            for (_, viewport, _) in viewing.pointers() {
                prop_assert!(viewing.shared().shown(viewport).is_some());
            }
            prop_assert!(viewing.description().is_none() || viewing.shared().visible().next().is_some());
            for (_, shown) in viewing.shared().visible() {
                prop_assert!(shown.picture <= viewing.revision());
            }
        }
    }
}
