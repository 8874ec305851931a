mod linked;

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::viewing::{MAX_CLASSES, Rendering, SurfaceClasses};

const SURFACE: Surface = Surface { width: 800, height: 600 };
/// A rest that is long enough on any line.
const LONG: Duration = Duration::from_secs(2);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[expect(clippy::disallowed_methods, reason = "any instant will do")]
fn start() -> Instant {
    Instant::now()
}

/// Bytes of pictures of each grade.
fn bytes(grade: Grade) -> usize {
    match grade {
        Grade::Sharp => 300_000,
        Grade::Good => 70_000,
        Grade::Fair => 22_000,
        Grade::Rough => 9000,
    }
}

fn order(next: Next) -> Order {
    match next {
        Next::Render(order) => order,
        other => panic!("{other:?}"),
    }
}

/// One viewport of a device, and its line.
#[derive(Default)]
struct Client {
    flow: PictureFlow,
    line: Line,
}

impl Client {
    fn next(&mut self, now: Instant, revision: u32, changed_at: Instant) -> Next {
        let in_motion = self.in_motion();
        self.next_as(now, (revision, changed_at), in_motion)
    }

    fn next_as(&mut self, now: Instant, of: (u32, Instant), in_motion: Grade) -> Next {
        self.flow.next(now, (&self.line, Share::default()), of, in_motion)
    }

    fn rendered(&mut self, now: Instant, order: Order, made: Rendered) -> u32 {
        self.flow.rendered(now, &mut self.line, order, made)
    }

    fn drawn(&mut self, now: Instant, sequence: u32) {
        self.line.drawn(now, sequence);
        self.flow.drawn(sequence);
    }

    fn in_motion(&self) -> Grade {
        self.flow.in_motion(&self.line, Share::default())
    }
}

fn whole(bytes: usize) -> Rendered {
    Rendered { bytes, is_whole: true, is_shared: false }
}

fn next(client: &mut Client, now: Instant, revision: u32, changed_at: Instant) -> Next {
    client.next(now, revision, changed_at)
}

fn send(client: &mut Client, now: Instant, order: Order) -> u32 {
    client.rendered(now, order, whole(bytes(order.grade)))
}

fn shown() -> Client {
    let mut client = Client::default();
    client.flow.resize(SURFACE);
    client
}

/// The client has answered a first, small picture after 6 ms, and a sharp one after `sharp_ms`; revision 1 is there, at rest.
fn known(t: Instant, sharp_ms: u64) -> Client {
    let mut flow = shown();
    let first = order(next(&mut flow, t - LONG * 20, 1, t - LONG * 20));
    let sequence = send(&mut flow, t - LONG * 20, first);
    flow.drawn(t - LONG * 20 + ms(6), sequence);
    let sharp = order(next(&mut flow, t - LONG * 15, 1, t - LONG * 20));
    assert_eq!(sharp.grade, Grade::Sharp);
    let sequence = send(&mut flow, t - LONG * 15, sharp);
    flow.drawn(t - LONG * 15 + ms(sharp_ms), sequence);
    flow
}

#[test]
fn nothing_comes_before_the_surface_is_known() {
    let t = start();
    assert_eq!(next(&mut Client::default(), t, 1, t), Next::Idle);
}

/// It was sharp: on a slow line the first image took longest of all, and could close the connection.
#[test]
fn to_a_line_that_is_not_known_first_something_small_then_the_sharp_one() {
    for changed in [Duration::ZERO, LONG] {
        let (t, mut flow) = (start() + LONG, shown());
        let first = order(next(&mut flow, t, 1, t - changed));
        assert_eq!(first.grade, Grade::Fair);
        let sequence = send(&mut flow, t, first);
        assert!(matches!(next(&mut flow, t + ms(1), 2, t + ms(1)), Next::At(_)), "one tells of the line");
        flow.drawn(t + ms(20), sequence);
        let sharp = order(next(&mut flow, t + LONG, 1, t - changed));
        assert_eq!(sharp.grade, Grade::Sharp);
        send(&mut flow, t + LONG, sharp);
        assert_eq!(next(&mut flow, t + LONG, 1, t - changed), Next::Idle);
    }
}

#[test]
fn two_are_under_way_and_the_latest_wins() {
    let t = start() + LONG * 20;
    let mut flow = known(t, 12);
    let mut sequences = Vec::new();
    for revision in 2..=3 {
        let wanted = order(next(&mut flow, t, revision, t));
        assert_eq!(next(&mut flow, t, revision, t), Next::Idle, "one at a time is rendered");
        sequences.push(send(&mut flow, t, wanted));
    }
    assert!(matches!(next(&mut flow, t + ms(1), 4, t), Next::At(_)));
    flow.drawn(t + ms(5), sequences[0]);
    let wanted = order(next(&mut flow, t + ms(6), 9, t + ms(6)));
    assert_eq!(wanted.revision, 9, "revisions 4 to 8 are never made");
}

#[test]
fn a_fast_client_gets_sharp_pictures_even_in_motion() {
    let t = start() + LONG * 20;
    let mut flow = known(t, 12);
    assert_eq!(order(next(&mut flow, t, 2, t)).grade, Grade::Sharp);
}

#[test]
fn a_slow_client_gets_lossy_ones_in_motion_and_a_sharp_one_at_rest() {
    let t = start() + LONG * 20;
    let mut flow = known(t, 400);
    let wanted = order(next(&mut flow, t, 2, t));
    assert!(wanted.grade > Grade::Sharp);
    let sequence = send(&mut flow, t, wanted);
    flow.drawn(t + ms(50), sequence);
    let Next::At(rests_at) = next(&mut flow, t + ms(60), 2, t) else { panic!("it waits for rest") };
    assert!(rests_at <= t + LONG);
    let sharp = order(next(&mut flow, rests_at, 2, t));
    assert_eq!(sharp.grade, Grade::Sharp);
    send(&mut flow, rests_at, sharp);
    assert_eq!(next(&mut flow, rests_at, 2, t), Next::Idle);
}

/// It was forgotten after 5 s: so the device was never found slow, and got lossless pictures for ever.
#[test]
fn a_picture_that_takes_very_long_tells_of_the_line() {
    let t = start() + LONG * 20;
    for late in [ms(6000), ms(40_000)] {
        let mut flow = known(t, 12);
        let wanted = order(next(&mut flow, t, 2, t));
        assert_eq!(wanted.grade, Grade::Sharp);
        let sequence = send(&mut flow, t, wanted);
        let _ = next(&mut flow, t + ms(5500), 3, t + ms(5500));
        flow.flow.failed(Order { revision: 3, ..wanted });
        flow.drawn(t + late, sequence);
        assert!(flow.in_motion() > Grade::Good, "{late:?}");
    }
}

#[test]
fn a_lost_answer_does_not_stop_the_pictures() {
    let t = start() + LONG * 20;
    let mut flow = known(t, 12);
    for revision in 2..=3 {
        let wanted = order(next(&mut flow, t, revision, t));
        send(&mut flow, t, wanted);
    }
    assert_eq!(next(&mut flow, t, 4, t), Next::At(t + LOST_ANSWER));
    assert_eq!(order(next(&mut flow, t + LOST_ANSWER, 4, t)).revision, 4);
    // Nor does a client that never answers.
    let mut flow = shown();
    for revision in 0..100 {
        let now = t + LOST_ANSWER * revision;
        let wanted = order(next(&mut flow, now, revision, now));
        send(&mut flow, now, wanted);
        assert!(flow.flow.sent.len() <= REMEMBERED);
    }
}

#[test]
fn a_picture_that_was_stopped_for_anothers_sake_is_asked_for_once_more() {
    let (t, mut flow) = (start(), shown());
    let wanted = order(next(&mut flow, t, 1, t));
    assert!(flow.flow.was_stopped(wanted));
    assert_eq!(order(next(&mut flow, t, 1, t)), wanted);
    assert!(!flow.flow.was_stopped(wanted), "the fault is its own");
    assert_eq!(next(&mut flow, t, 1, t), Next::Idle);
    let wanted = order(next(&mut flow, t, 2, t));
    assert!(flow.flow.was_stopped(wanted), "each revision has its second time");
}

/// Whoever looked by themself while a picture was rendered saw nothing: their view has the revision that counted as failed.
#[test]
fn a_picture_that_is_for_nobody_any_more_is_not_taken_for_the_one_that_is() {
    let (t, mut flow) = (start(), shown());
    let wanted = order(next(&mut flow, t, 1, t));
    flow.flow.clear();
    assert_eq!(next(&mut flow, t, 1, t), Next::Idle, "one at a time is rendered");
    flow.flow.dropped();
    assert_eq!(order(next(&mut flow, t, 1, t)), wanted);
}

#[test]
fn another_surface_gets_another_picture() {
    let t = start() + LONG * 20;
    let mut flow = known(t, 12);
    assert_eq!(next(&mut flow, t, 1, t - LONG * 20), Next::Idle);
    flow.flow.resize(Surface { width: 400, height: 300 });
    assert_eq!(order(next(&mut flow, t, 1, t - LONG * 20)).surface.width, 400);
}

#[test]
fn a_picture_from_a_part_of_the_resolution_is_followed_by_the_whole_one() {
    let t = start() + LONG * 20;
    let mut flow = known(t, 12);
    let first = order(next(&mut flow, t, 2, t));
    flow.rendered(t, first, Rendered { is_whole: false, ..whole(90_000) });
    let second = order(next(&mut flow, t, 2, t));
    assert_eq!(second.grade, Grade::Sharp);
    send(&mut flow, t, second);
    assert_eq!(next(&mut flow, t, 2, t), Next::Idle);
}

/// What a class shares counted as the exact picture, and stayed at rest.
#[test]
fn a_shared_picture_is_followed_by_the_own_one_at_rest() {
    let t = start() + LONG * 20;
    let mut flow = known(t, 12);
    let moving = order(next(&mut flow, t, 2, t));
    assert_eq!((moving.grade, moving.is_at_rest), (Grade::Sharp, false));
    let sequence = flow.rendered(t, moving, Rendered { is_shared: true, ..whole(300_000) });
    flow.drawn(t + ms(12), sequence);
    let Next::At(rests_at) = next(&mut flow, t + ms(20), 2, t) else { panic!("it waits for rest") };
    let own = order(next(&mut flow, rests_at, 2, t));
    assert_eq!((own.grade, own.is_at_rest), (Grade::Sharp, true));
    send(&mut flow, rests_at, own);
    assert_eq!(next(&mut flow, rests_at + ms(1), 2, t), Next::Idle);
    // Where it was the own one already, nothing is made again.
    let mut flow = known(t, 12);
    let moving = order(next(&mut flow, t, 2, t));
    send(&mut flow, t, moving);
    assert_eq!(next(&mut flow, t + LONG, 2, t), Next::Idle);
}

/// Each began with something small, and a magnifier always did.
#[test]
fn a_second_viewport_knows_the_line_that_the_first_has_learnt() {
    let t = start() + LONG * 20;
    for (sharp_ms, first) in [(12, Grade::Sharp), (8000, Grade::Rough)] {
        let Client { line, .. } = known(t, sharp_ms);
        let mut second = Client { line, ..shown() };
        assert_eq!(order(next(&mut second, t, 1, t)).grade, first);
    }
}

#[test]
fn whoever_asks_gets_this_picture_sharp_whatever_the_line() {
    let t = start() + LONG * 20;
    let mut flow = known(t, 8000);
    let wanted = order(next(&mut flow, t, 2, t));
    assert_eq!(wanted.grade, Grade::Rough);
    send(&mut flow, t, wanted);
    flow.flow.want_sharp(2);
    let sharp = order(next(&mut flow, t + ms(1), 2, t));
    assert_eq!(sharp.grade, Grade::Sharp);
    send(&mut flow, t + ms(1), sharp);
    assert_eq!(next(&mut flow, t + ms(2), 2, t), Next::Idle);
    flow.drawn(t + ms(8000), 3);
    assert_eq!(order(next(&mut flow, t + ms(8000), 3, t + ms(8000))).grade, Grade::Rough, "only this one");
}

/// A line in virtual time: one byte after the other, then the way and the screen.
struct Wire {
    bytes_per_ms: f64,
    latency_ms: f64,
    free_at: f64,
    /// When each picture is drawn, its revision, sequence, bytes and grade.
    under_way: VecDeque<(f64, u32, u32, usize, Grade)>,
}

/// What became of a drag on a line.
#[derive(Debug, Default)]
struct Seen {
    /// How old was what was on the screen while the view moved, ms, at most.
    stale_ms: f64,
    /// Bytes under way, at most while the view moved.
    bytes_under_way: usize,
    /// How long after the hand rested the picture was sharp, ms.
    sharp_ms: Option<f64>,
    pictures: usize,
}

/// Opens a stack, waits until it is sharp, drags for five seconds with a change every 16 ms, and rests.
fn drag(megabits: f64, latency_ms: f64) -> Seen {
    const RENDER_MS: f64 = 6.0;
    let (origin, mut flow, mut seen) = (start(), shown(), Seen::default());
    let at = |ms: f64| origin + Duration::from_secs_f64(ms / 1000.0);
    let rate = megabits * 125.0;
    let mut line = Wire { bytes_per_ms: rate, latency_ms, free_at: 0.0, under_way: VecDeque::new() };
    // Revision 1 is there from the start; the drag begins when that has been sharp for a second.
    let (mut revision, mut changed, mut drag_from) = (1, 0.0, None);
    let mut changes = vec![0.0, 0.0];
    let mut rendering: Option<(f64, Order)> = None;
    let (mut on_screen, mut grade_on_screen) = (0, Grade::Rough);
    let mut now = 0.0;
    while now < 60_000.0 && seen.sharp_ms.is_none() {
        while let Some((drawn, of, sequence, _, grade)) = line.under_way.front().copied()
            && drawn <= now
        {
            line.under_way.pop_front();
            flow.drawn(at(now), sequence);
            (on_screen, grade_on_screen) = (of, grade);
        }
        let is_sharp = (on_screen, grade_on_screen) == (revision, Grade::Sharp);
        match drag_from {
            None if is_sharp => drag_from = Some(now + 1000.0),
            Some(from) if (from..from + 5000.0).contains(&now) => {
                // What is on the screen was the newest until the next revision came.
                if let Some(until) = changes.get(on_screen as usize + 1) {
                    seen.stale_ms = seen.stale_ms.max(now - until);
                }
                let under_way = line.under_way.iter().map(|one| one.3).sum();
                seen.bytes_under_way = seen.bytes_under_way.max(under_way);
                if now - changed >= 16.0 {
                    (revision, changed) = (revision + 1, now);
                    changes.push(now);
                }
            }
            Some(from) if now >= from && is_sharp => seen.sharp_ms = Some(now - changed),
            _ => {}
        }
        if let Some((made, order)) = rendering
            && made <= now
        {
            rendering = None;
            let bytes = bytes(order.grade);
            let sequence = flow.rendered(at(now), order, whole(bytes));
            line.free_at = line.free_at.max(now) + bytes as f64 / line.bytes_per_ms;
            seen.pictures += 1;
            line.under_way.push_back((
                line.free_at + line.latency_ms,
                order.revision,
                sequence,
                bytes,
                order.grade,
            ));
        }
        if rendering.is_none()
            && let Next::Render(order) = next(&mut flow, at(now), revision, at(changed))
        {
            rendering = Some((now + RENDER_MS, order));
        }
        now += 1.0;
    }
    seen
}

#[test]
fn a_drag_keeps_up_on_every_line_and_ends_sharp() {
    for (megabits, latency_ms, stale_ms, sharp_ms) in [
        (100.0, 20.0, 200.0, 400.0),
        (100.0, 150.0, 400.0, 700.0),
        (4.0, 60.0, 250.0, 2000.0),
        // Two of the smallest pictures there are, and the way.
        (0.4, 80.0, 500.0, 8000.0),
    ] {
        let seen = drag(megabits, latency_ms);
        assert!(seen.stale_ms <= stale_ms, "{megabits} Mbit/s: {seen:?}");
        assert!(seen.sharp_ms.is_some_and(|ms| ms <= sharp_ms), "{megabits} Mbit/s: {seen:?}");
        // Two pictures, neither of them longer than the budget, or the smallest there are.
        let two = 2.0 * (megabits * 125.0 * 100.0).max(bytes(Grade::Rough) as f64);
        assert!(seen.bytes_under_way as f64 <= two, "{megabits} Mbit/s: {seen:?}");
        assert!(seen.pictures > 20, "{megabits} Mbit/s: {seen:?}");
    }
}

#[test]
fn a_large_screen_on_the_slowest_line_is_not_stopped_by_one_picture() {
    // 50 bytes in a millisecond: a sharp picture of 1.2 MB would occupy it for 24 s.
    let (t, mut flow) = (start(), shown());
    let first = order(next(&mut flow, t, 1, t));
    let sequence = flow.rendered(t, first, whole(4 * bytes(first.grade)));
    flow.drawn(t + ms(1760), sequence);
    let rested = t + LONG * 2;
    let at_rest = order(next(&mut flow, rested, 1, t));
    assert_eq!(at_rest.grade, Grade::Good);
    let sequence = flow.rendered(rested, at_rest, whole(4 * bytes(at_rest.grade)));
    flow.drawn(rested + ms(5600), sequence);
    assert_eq!(next(&mut flow, rested + ms(5600), 1, t), Next::Idle);
    flow.flow.want_sharp(1);
    assert_eq!(order(next(&mut flow, rested + ms(9000), 1, t)).grade, Grade::Sharp);
}

proptest! {
    /// A drag that up to sixty-four people watch, each on a screen and a line of their own.
    #[test]
    fn of_each_revision_few_pictures_are_made_however_many_watch(
        people in prop::collection::vec((300_u32..2000, 300_u32..1500, 20.0..20_000.0_f64), 1..64),
    ) {
        let mut now = start();
        let mut classes = SurfaceClasses::default();
        let mut people: Vec<_> = people.into_iter().map(|(width, height, bytes_per_ms)| {
            let mut flow = Client::default();
            flow.flow.resize(Surface { width, height });
            (flow, bytes_per_ms, VecDeque::new(), now)
        }).collect();
        for revision in 1..20 {
            let mut made = BTreeSet::new();
            // Answers come in while a revision lasts, and change what lines are thought to bear.
            for _ in 0..4 {
                now += ms(10);
                for (flow, _, under_way, _) in &mut people {
                    while let Some((at, sequence)) = under_way.front().copied()
                        && at <= now
                    {
                        under_way.pop_front();
                        flow.drawn(now, sequence);
                    }
                }
                let wanted = people.iter().filter_map(|(flow, ..)| Some((flow.flow.surface()?, flow.in_motion())));
                classes.update(wanted, revision, 0.75);
                for (flow, bytes_per_ms, under_way, free_at) in &mut people {
                    let surface = flow.flow.surface().unwrap();
                    let in_motion = classes.in_motion(surface, flow.in_motion());
                    if let Next::Render(order) = flow.next_as(now, (revision, now), in_motion) {
                        let Rendering { surface, magnification } = classes.rendering_of(order);
                        made.insert((surface.width, surface.height, magnification.to_bits(), order.grade));
                        let sequence = flow.rendered(now, order, whole(bytes(order.grade)));
                        let time = Duration::from_secs_f64(bytes(order.grade) as f64 / *bytes_per_ms / 1000.0);
                        *free_at = now.max(*free_at) + time;
                        under_way.push_back((*free_at, sequence));
                    }
                }
            }
            prop_assert!(made.len() <= MAX_CLASSES, "{} pictures", made.len());
        }
    }
}
