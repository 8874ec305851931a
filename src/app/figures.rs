//! What the hospital's monitoring is told: what each part of the program counts, under the names of docs/operations.md.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::{MetricsSettings, listen};
use crate::archive::Archive;
use crate::clinical::PlaceKind;
use crate::clock::Clock;
use crate::live::Live;
use crate::metrics::{self, Figure, Requests};
use crate::outbox::Outbox;
use crate::port::{Certificates, Reach, SelfTest, serve_plain};
use crate::sfu::{Counters, Sfu};
use crate::store::Store;
use crate::tasks::Tasks;
use crate::trail::Trail;
use crate::web::CspReports;

/// A database that takes longer is told as one that does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Everything that counts something.
#[derive(Clone)]
pub(super) struct Figures {
    pub(super) store: Store,
    pub(super) archive: Archive,
    pub(super) live: Live,
    pub(super) sfu: Sfu,
    pub(super) outbox: Outbox,
    pub(super) certificates: Certificates,
    pub(super) reach: Reach,
    pub(super) csp_reports: Arc<CspReports>,
    pub(super) trail: Trail,
    pub(super) tasks: Tasks,
    pub(super) started: DateTime<Utc>,
    pub(super) clock: Clock,
}

impl Figures {
    /// Serves `GET /metrics` at an address of its own until the program is asked to end, and tells the address.
    ///
    /// # Errors
    /// If the address is taken.
    pub(super) async fn serve(
        self,
        settings: MetricsSettings,
        requests: Requests,
        head: Duration,
    ) -> Result<SocketAddr> {
        let listener = listen(settings.listen).await?;
        let address = listener.local_addr().context("the listener has no address")?;
        let tasks = self.tasks.clone();
        let router = metrics::router(requests, settings.token, move || {
            let figures = self.clone();
            async move { figures.gather().await }
        });
        tracing::info!(metrics.listen = %address, "figures can be read");
        tasks.spawn("figures", serve_plain(listener, router, tasks.clone(), head));
        Ok(address)
    }

    async fn gather(&self) -> Vec<Figure> {
        let mut figures = vec![Figure::gauges(
            "parvis_build",
            "The version that runs; always 1.",
            "version",
            [(env!("CARGO_PKG_VERSION"), 1.0)],
        )];
        figures.extend(metrics::of_process(self.started));
        figures.extend(self.database().await);
        figures.extend(self.calls().await);
        figures.extend(media(self.sfu.counters()));
        figures.extend(self.images());
        figures.extend(self.rest());
        figures
    }

    async fn database(&self) -> Vec<Figure> {
        let begun = self.clock.instant();
        let now = self.clock.now();
        let overdue = tokio::time::timeout(PATIENCE, self.store.messages_overdue(now)).await;
        let took = self.clock.instant().saturating_duration_since(begun);
        let connections = self.store.connections();
        let idle = u32::try_from(connections.idle).unwrap_or(u32::MAX);
        let is_up = matches!(overdue, Ok(Ok(_)));
        let mut figures = vec![
            Figure::gauge(
                "parvis_database_up",
                "1 when the database answered within 2 s, else 0.",
                flag(is_up),
            ),
            Figure::gauge(
                "parvis_database_answer_seconds",
                "How long it took to answer, or until nobody waited any more.",
                took.as_secs_f64(),
            ),
            Figure::gauges(
                "parvis_database_connections",
                "Connections to the database.",
                "state",
                [("busy", f64::from(connections.open.saturating_sub(idle))), ("idle", f64::from(idle))],
            ),
        ];
        if let Ok(Ok((count, oldest))) = overdue {
            let age = oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0));
            figures.push(Figure::gauge(
                "parvis_messages_overdue",
                "E-mails and SMS that should have gone out already and are still to go.",
                count as f64,
            ));
            figures.push(Figure::gauge(
                "parvis_messages_overdue_seconds",
                "For how long the oldest of them should have gone out.",
                age,
            ));
        }
        figures
    }

    async fn calls(&self) -> Vec<Figure> {
        let count = self.live.head_count().await;
        let people = PlaceKind::ALL.map(|place| {
            let people = count.people.get(&place).copied().unwrap_or_default();
            (word(place), f64::from(people))
        });
        let is_carrying = self.live.is_carrying_calls();
        vec![
            Figure::gauge(
                "parvis_consultations",
                "Consultations that run: somebody has come, or has just left.",
                f64::from(count.consultations),
            ),
            Figure::gauges(
                "parvis_people",
                "People of these consultations, by where they stand.",
                "place",
                people,
            ),
            Figure::gauge(
                "parvis_media_up",
                "1 while all threads that carry calls run, 0 when one has ended.",
                flag(is_carrying),
            ),
        ]
    }

    fn images(&self) -> Vec<Figure> {
        let counts = self.archive.counts();
        vec![
            Figure::counters(
                "parvis_pictures",
                "Pictures of images that were asked for: rendered, or there already for somebody else.",
                "how",
                [("rendered", counts.pictures_made), ("shared", counts.pictures_shared)],
            ),
            Figure::gauge(
                "parvis_picture_cache_bytes",
                "Rendered pictures that are kept in memory.",
                counts.picture_bytes as f64,
            ),
            Figure::counters(
                "parvis_decoder_requests",
                "Requests to decoders: answered, or a decoder died or was stopped on the object.",
                "end",
                [("answered", counts.decoder_answers), ("stopped", counts.decoder_stops)],
            ),
        ]
    }

    fn rest(&self) -> Vec<Figure> {
        let (lost, strangers) = self.trail.left_out();
        let mut figures = vec![
            Figure::counters(
                "parvis_trail_left_out",
                "Records of the trail that were not kept: lost, or of strangers beyond what is kept of them.",
                "why",
                [("lost", lost), ("strangers", strangers)],
            ),
            Figure::counters(
                "parvis_messages",
                "Tries to send an e-mail or SMS, by what came of them.",
                "end",
                self.outbox.ends(),
            ),
            Figure::counter(
                "parvis_csp_reports",
                "What the policy of the pages forbade, as browsers reported it.",
                self.csp_reports.counts().values().sum(),
            ),
            Figure::counter(
                "parvis_task_panics",
                "Faults in the program that ended one of its tasks.",
                self.tasks.panics(),
            ),
        ];
        let told = self.certificates.told(self.clock.now());
        let ends = told.into_iter().filter_map(|(told, _)| Some(told?.valid.until)).min();
        if let Some(ends) = ends {
            figures.push(Figure::gauge(
                "parvis_certificate_expiry_timestamp_seconds",
                "When the first certificate of Parvis itself ends, in seconds since 1970.",
                ends.timestamp() as f64,
            ));
        }
        let relay = match self.reach.self_test() {
            SelfTest::NotRun => None,
            SelfTest::Passed => Some(true),
            SelfTest::Failed(_) => Some(false),
        };
        if let Some(is_passed) = relay {
            figures.push(Figure::gauge(
                "parvis_relay_up",
                "1 when media came through Parvis's own relay at the start, else 0.",
                flag(is_passed),
            ));
        }
        figures
    }
}

fn flag(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

fn word(place: PlaceKind) -> &'static str {
    match place {
        PlaceKind::Invited => "invited",
        PlaceKind::Testing => "testing",
        PlaceKind::Waiting => "waiting",
        PlaceKind::Admitted => "admitted",
        PlaceKind::InCall => "in_call",
        PlaceKind::Lost => "lost",
        PlaceKind::Left => "left",
        PlaceKind::Removed => "removed",
    }
}

/// Every counter of the forwarding; one that is new is missed here by the compiler.
fn media(counters: Counters) -> Vec<Figure> {
    let Counters {
        datagrams_in,
        datagrams_out,
        datagrams_dropped,
        datagrams_unknown,
        datagrams_handed,
        datagrams_unhanded,
        paths_out,
        paths_dropped,
        probes,
        packets_in,
        packets_out,
        packets_held,
        packets_duplicate,
        packets_recovered,
        packets_dropped,
        packets_missed,
        keyframes_wanted,
        keyframes_requested,
        packets_nacked,
        packets_retransmitted,
        events_dropped,
        connections_closed,
        connections_orphaned,
        panics,
    } = counters;
    vec![
        Figure::counters(
            "parvis_media_datagrams",
            "UDP datagrams: come in, sent, not taken by the system, of nobody known, handed to another thread, and not because it was behind.",
            "fate",
            [
                ("in", datagrams_in),
                ("out", datagrams_out),
                ("dropped", datagrams_dropped),
                ("unknown", datagrams_unknown),
                ("handed", datagrams_handed),
                ("unhanded", datagrams_unhanded),
            ],
        ),
        Figure::counters(
            "parvis_media_stream_datagrams",
            "Datagrams for calls over TCP and the relay: given to the stream, or dropped because it was behind.",
            "fate",
            [("out", paths_out), ("dropped", paths_dropped)],
        ),
        Figure::counters(
            "parvis_media_packets",
            "RTP packets: come in, forwarded, held because staff muted the person, come twice, recovered from a later one, dropped, asked for again of the sender, asked for again by receivers, sent again.",
            "fate",
            [
                ("in", packets_in),
                ("out", packets_out),
                ("held", packets_held),
                ("duplicate", packets_duplicate),
                ("recovered", packets_recovered),
                ("dropped", packets_dropped),
                ("missed", packets_missed),
                ("nacked", packets_nacked),
                ("retransmitted", packets_retransmitted),
            ],
        ),
        Figure::counters(
            "parvis_media_keyframes",
            "Key frames that receivers asked for, and those that senders were asked for.",
            "fate",
            [("wanted", keyframes_wanted), ("requested", keyframes_requested)],
        ),
        Figure::counters(
            "parvis_media_connections",
            "Devices whose media ended, and those of them that nobody listened to any more.",
            "end",
            [("closed", connections_closed), ("orphaned", connections_orphaned)],
        ),
        Figure::counter(
            "parvis_media_events_dropped",
            "Events that did not fit into the queue of their device.",
            events_dropped,
        ),
        Figure::counter(
            "parvis_media_probes",
            "Tries from outside whether the UDP port can be reached.",
            probes,
        ),
        Figure::counter(
            "parvis_media_panics",
            "Faults inside of the media engine that ended one device's media.",
            panics,
        ),
    ]
}
