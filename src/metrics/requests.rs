//! Requests that were answered: how many, how, and in what time.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper ends of the classes of times, in seconds: what is felt as at once, as a wait, as a fault.
const SECONDS: [f64; 6] = [0.005, 0.025, 0.1, 0.5, 2.5, 10.0];

/// Counts requests. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Requests(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    answered: Family<Answered, Counter>,
    took: Family<Routed, Histogram, fn() -> Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Routed {
    route: String,
}

impl Default for Counted {
    fn default() -> Self {
        let classes: fn() -> Histogram = || Histogram::new(SECONDS);
        Self { answered: Family::default(), took: Family::new_with_constructor(classes) }
    }
}

impl Requests {
    /// One was answered. `route`: its template; `None` for what has none, pages and their parts.
    pub fn answered(&self, method: &str, route: Option<&str>, status: u16, took: Duration) {
        let route = route.unwrap_or("page");
        let method = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS"]
            .into_iter()
            .find(|known| *known == method)
            .unwrap_or("other");
        let status = match status {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        self.0.answered.get_or_create(&Answered { method, route: route.to_owned(), status }).inc();
        self.0.took.get_or_create(&Routed { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("parvis_http_requests", "Requests that were answered", self.0.answered.clone());
        let help = "Time from a request to the head of its answer";
        registry.register("parvis_http_request_seconds", help, self.0.took.clone());
    }
}
