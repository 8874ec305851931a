//! Several viewports of one device on one line, all of which change at each step: the one that hands are on goes first.

use super::*;
use crate::viewing::MOVING;

/// A quarter of the screen.
const QUARTER: Surface = Surface { width: 400, height: 300 };
const RENDER_MS: f64 = 6.0;
const DRAG_MS: f64 = 5000.0;

/// A viewport, and what became of it.
#[derive(Default)]
struct Viewport {
    flow: PictureFlow,
    rendering: Option<(f64, Order)>,
    on_screen: (u32, Option<Grade>),
    seen: Seen,
}

/// Opens as many linked stacks as that, waits until all are sharp, scrolls for five seconds, and rests. The first viewport is the one that
/// hands are on.
fn scroll(megabits: f64, latency_ms: f64, count: usize) -> Vec<Seen> {
    let origin = start();
    let at = |ms: f64| origin + Duration::from_secs_f64(ms / 1000.0);
    let bytes = |grade| bytes(grade) / 4;
    let mut viewports: Vec<Viewport> = std::iter::repeat_with(Viewport::default).take(count).collect();
    viewports.iter_mut().for_each(|viewport| viewport.flow.resize(QUARTER));
    let mut line = Line::default();
    let (mut free_at, mut under_way) = (0.0, VecDeque::<(f64, usize, u32, u32, Grade)>::new());
    let (mut revision, mut changed, mut from) = (1, 0.0, None);
    let mut changes = vec![0.0, 0.0];
    let mut now = 0.0;
    while now < 90_000.0 && viewports.iter().any(|viewport| viewport.seen.sharp_ms.is_none()) {
        while let Some((_, place, of, sequence, grade)) = under_way.pop_front_if(|one| one.0 <= now) {
            line.drawn(at(now), sequence);
            viewports[place].flow.drawn(sequence);
            viewports[place].on_screen = (of, Some(grade));
        }
        let is_sharp = |viewport: &Viewport| viewport.on_screen == (revision, Some(Grade::Sharp));
        match from {
            None if viewports.iter().all(is_sharp) => from = Some(now + 1000.0),
            Some(from) if (from..from + DRAG_MS).contains(&now) => {
                for viewport in &mut viewports {
                    if let Some(until) = changes.get(viewport.on_screen.0 as usize + 1) {
                        viewport.seen.stale_ms = viewport.seen.stale_ms.max(now - until);
                    }
                }
                if now - changed >= 16.0 {
                    (revision, changed) = (revision + 1, now);
                    changes.push(now);
                }
            }
            Some(from) if now >= from => {
                for viewport in viewports.iter_mut().filter(|viewport| is_sharp(viewport)) {
                    viewport.seen.sharp_ms.get_or_insert(now - changed);
                }
            }
            _ => {}
        }
        let moving = if now - changed < MOVING.as_secs_f64() * 1000.0 { count } else { 0 };
        let mut first_settles_at = None;
        for (place, Viewport { flow, rendering, seen, .. }) in viewports.iter_mut().enumerate() {
            let share = Share::new(place == 0, moving).after(first_settles_at);
            if let Some((_, order)) = rendering.take_if(|(made, _)| *made <= now) {
                let sequence = flow.rendered(at(now), &mut line, order, whole(bytes(order.grade)));
                free_at = f64::max(free_at, now) + bytes(order.grade) as f64 / (megabits * 125.0);
                under_way.push_back((free_at + latency_ms, place, order.revision, sequence, order.grade));
                seen.pictures += usize::from(from.is_some_and(|from| now >= from));
            }
            if rendering.is_none() {
                let in_motion = flow.in_motion(&line, share);
                let next = flow.next(at(now), (&line, share), (revision, at(changed)), in_motion);
                if let Next::Render(order) = next {
                    *rendering = Some((now + RENDER_MS, order));
                }
            }
            if place == 0 {
                first_settles_at = flow.settles_at(at(now), &line, at(changed));
            }
        }
        now += 1.0;
    }
    viewports.into_iter().map(|viewport| viewport.seen).collect()
}

/// Each took the line as if it were alone: four of them were four times as old, and the one in hand came last as often as first.
#[test]
fn of_linked_stacks_the_one_in_hand_keeps_up_as_if_it_were_alone_and_is_sharp_first() {
    for (megabits, latency_ms, stale_ms, others_ms, sharp_ms) in [
        (100.0, 20.0, 60.0, 100.0, 400.0),
        (4.0, 60.0, 220.0, 300.0, 1200.0),
        (0.4, 80.0, 400.0, 600.0, 3500.0),
    ] {
        for count in [2, 4] {
            let seen = scroll(megabits, latency_ms, count);
            let (first, others) = (&seen[0], &seen[1..]);
            let told = format!("{megabits} Mbit/s, {count}: {seen:?}");
            assert!(first.stale_ms <= stale_ms, "{told}");
            assert!(others.iter().all(|other| other.stale_ms <= others_ms), "{told}");
            assert!(others.iter().all(|other| other.pictures <= first.pictures), "{told}");
            assert!(first.sharp_ms.is_some_and(|ms| ms <= sharp_ms), "{told}");
            assert!(others.iter().all(|other| other.sharp_ms >= first.sharp_ms), "{told}");
            assert!(
                others.iter().all(|other| other.sharp_ms.is_some_and(|ms| ms <= 4.0 * sharp_ms)),
                "{told}"
            );
        }
    }
}

/// It waited for the first one to be sharp, and showed a place that had been left long ago.
#[test]
fn whoever_waits_for_the_first_one_shows_the_newest_meanwhile() {
    let t = start() + LONG * 20;
    let Client { mut flow, mut line } = known(t, 8000);
    let share = Share::new(false, 0).after(Some(t + LONG));
    let of = (2, t - LONG);
    let order = order(flow.next(t, (&line, share), of, Grade::Rough));
    assert_eq!((order.grade, order.is_at_rest), (Grade::Rough, false));
    let sequence = flow.rendered(t, &mut line, order, whole(bytes(order.grade)));
    line.drawn(t + ms(100), sequence);
    flow.drawn(sequence);
    assert_eq!(flow.next(t + ms(100), (&line, share), of, Grade::Rough), Next::At(t + LONG));
    flow.want_sharp(2);
    let wanted = flow.next(t + ms(100), (&line, share), of, Grade::Rough);
    assert!(matches!(wanted, Next::Render(Order { grade: Grade::Sharp, .. })), "whoever asks gets it");
}
