//! A call of two native devices over loopback, in a thread of its own: its packets are to go on whatever the gateway is sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use parvis::room::Source;

use crate::call::{BOTH, Call};

/// What was sent and came through, of both devices together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) sound_sent: usize,
    pub(crate) sound_received: usize,
    pub(crate) pictures_sent: usize,
    pub(crate) pictures_received: usize,
    /// The longest time without a packet of sound.
    pub(crate) longest_gap: Duration,
}

/// The call, until this is dropped.
pub(crate) struct Talk {
    heard: Arc<Mutex<Heard>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Talk {
    pub(crate) fn start() -> Self {
        let (heard, is_over) = (Arc::<Mutex<Heard>>::default(), Arc::<AtomicBool>::default());
        let (hears, ends) = (heard.clone(), is_over.clone());
        let talk = move || {
            let mut call = Call::new();
            let both = [1, 2].map(|number| call.enter_and_publish(number, &BOTH));
            call.until("both hear and see each other", |call| {
                let pairs = [(both[0], both[1]), (both[1], both[0])];
                pairs
                    .iter()
                    .all(|(from, by)| BOTH.iter().all(|source| call.received(*from, *source, *by) > 20))
            });
            note(&mut call, &mut Heard::default());
            while !ends.load(Ordering::Relaxed) {
                (0..100).for_each(|_| call.step());
                note(&mut call, &mut hears.lock().unwrap());
            }
            assert_eq!(call.trouble, [], "something happened to the call");
            let counters = call.sfu.counters();
            assert_eq!((counters.panics, counters.events_dropped), (0, 0));
        };
        let thread = std::thread::Builder::new().name("talk".to_owned()).spawn(talk).unwrap();
        Self { heard, is_over, thread: Some(thread) }
    }

    /// What was heard since it was asked last.
    pub(crate) fn take(&self) -> Heard {
        assert!(self.thread.as_ref().is_some_and(|thread| !thread.is_finished()), "the call has ended");
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// Ends the call.
    ///
    /// # Panics
    /// If something happened to it.
    pub(crate) fn end(mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().expect("the call has ended well");
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Adds up, and forgets what was counted: the test looks at memory too.
fn note(call: &mut Call, heard: &mut Heard) {
    let sound: Vec<_> = call
        .room
        .publications()
        .filter(|track| track.source == Source::Microphone)
        .map(|track| track.id)
        .collect();
    for device in call.devices.values_mut() {
        device.told.clear();
        for sending in &mut device.sending {
            let count = std::mem::take(&mut sending.sent).len();
            match sending.source {
                Source::Microphone => heard.sound_sent += count,
                _ => heard.pictures_sent += count,
            }
        }
        for (publication, received) in &mut device.received {
            received.sequence_numbers.clear();
            received.reports.clear();
            let count = std::mem::take(&mut received.payloads).len();
            let gap = std::mem::take(&mut received.longest_gap);
            if sound.contains(publication) {
                heard.sound_received += count;
                heard.longest_gap = heard.longest_gap.max(gap);
            } else {
                heard.pictures_received += count;
            }
        }
    }
}
