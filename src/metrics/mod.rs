//! What the hospital's monitoring reads: figures in the text format of OpenMetrics 1.0, which Prometheus takes, at an address of their own.
//!
//! Labels are words of this program and templates of its routes. No identifier, name or address of anybody is in them, and a [`Figure`]
//! has no way for one to get in.

mod page;
mod process;
mod requests;

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

pub use page::{CONTENT_TYPE, router};
pub use process::of_process;
pub use requests::Requests;

/// A name and a value, both of this program.
pub type Label = (&'static str, &'static str);

/// One metric as it is at the moment of asking, with a value for each set of labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    values: Vec<(Vec<Label>, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Only grows while the program runs.
    Counter,
    Gauge,
}

impl Figure {
    /// What only grows while the program runs. `name` without `_total`, which the format adds.
    pub fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, help, kind: Kind::Counter, values: vec![(Vec::new(), value as f64)] }
    }

    /// What goes up and down.
    pub fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self { name, help, kind: Kind::Gauge, values: vec![(Vec::new(), value)] }
    }

    /// Counters that differ by one label.
    pub fn counters(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        values: impl IntoIterator<Item = (&'static str, u64)>,
    ) -> Self {
        let values = values.into_iter().map(|(word, value)| (vec![(label, word)], value as f64)).collect();
        Self { name, help, kind: Kind::Counter, values }
    }

    /// Gauges that differ by one label.
    pub fn gauges(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        values: impl IntoIterator<Item = (&'static str, f64)>,
    ) -> Self {
        let values = values.into_iter().map(|(word, value)| (vec![(label, word)], value)).collect();
        Self { name, help, kind: Kind::Gauge, values }
    }

    fn register(self, registry: &mut Registry) {
        // The format ends a help with a full stop of its own.
        let help = self.help.trim_end_matches('.');
        match self.kind {
            Kind::Counter => {
                let family = Family::<Vec<Label>, Counter<f64, AtomicU64>>::default();
                for (labels, value) in self.values {
                    family.get_or_create(&labels).inc_by(value);
                }
                registry.register(self.name, help, family);
            }
            Kind::Gauge => {
                let family = Family::<Vec<Label>, Gauge<f64, AtomicU64>>::default();
                for (labels, value) in self.values {
                    family.get_or_create(&labels).set(value);
                }
                registry.register(self.name, help, family);
            }
        }
    }
}
