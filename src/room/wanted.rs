//! Which layers a publisher need send at all.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A layer that nobody wants goes on for so long: who comes back to it finds it there.
const LINGER: Duration = Duration::from_secs(2);

/// The layers of one publication that somebody wants.
#[derive(Clone, Debug)]
pub struct WantedLayers {
    /// Those that are to be sent, and since when nobody wants them.
    sent: BTreeMap<usize, Option<Instant>>,
    count: usize,
}

impl WantedLayers {
    /// Of a publication with so many layers, all of which are sent.
    pub fn new(count: usize) -> Self {
        Self { sent: (0..count).map(|layer| (layer, None)).collect(), count }
    }

    /// How many layers there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// These are wanted, each by at least one subscriber; none if nobody looks. Gives the layers to send, the
    /// smallest first, if they are others than before. What is wanted anew begins at once, what is wanted no more
    /// ends after two seconds, and the lowest layer goes on while anybody looks. To be called from time to time.
    pub fn update(&mut self, now: Instant, wanted: impl IntoIterator<Item = usize>) -> Option<Vec<usize>> {
        let mut wanted: Vec<usize> = wanted.into_iter().filter(|layer| *layer < self.count).collect();
        if !wanted.is_empty() {
            wanted.push(0);
        }
        let before: Vec<usize> = self.sent.keys().copied().collect();
        for (layer, since) in &mut self.sent {
            if wanted.contains(layer) {
                *since = None;
            } else {
                since.get_or_insert(now);
            }
        }
        self.sent.extend(wanted.into_iter().map(|layer| (layer, None)));
        self.sent.retain(|_, since| since.is_none_or(|at| now.saturating_duration_since(at) < LINGER));
        let after: Vec<usize> = self.sent.keys().copied().collect();
        (before != after).then_some(after)
    }
}
