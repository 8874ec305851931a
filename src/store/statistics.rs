//! What is counted of visits: facts of those whose rows are here, counts of the days before.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::consultations::reason_from_word;
use super::db::{in_transaction, micros, on};
use super::moves::device_from_word;
use super::quality::{QualityRow, tally};
use super::{AgendaScope, Error, Store};
use crate::clinical::{
    Appointment, AppointmentId, BrowserFamily, Count, DeviceCheck, GuestFacts, MediaDirection, MediaPath,
    ParticipantId, QualityTally, ServiceId, Tally, TelephoneReason, VisitFacts, incidents,
};

/// One visit without its people, and the service that held it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredVisit {
    pub appointment: AppointmentId,
    pub service: Option<ServiceId>,
    pub facts: VisitFacts,
}

#[derive(FromRow)]
struct StepRow {
    appointment_id: Uuid,
    place: String,
    at: DateTime<Utc>,
}

#[derive(FromRow)]
struct GuestRow {
    appointment_id: Uuid,
    participant_id: Uuid,
}

#[derive(FromRow)]
struct CheckRow {
    participant_id: Uuid,
    camera: String,
    microphone: String,
}

#[derive(FromRow)]
struct BrowserRow {
    participant_id: Uuid,
    family: String,
}

#[derive(FromRow)]
struct ReasonRow {
    id: Uuid,
    appointment_id: Uuid,
    reason: String,
}

#[derive(FromRow)]
struct MessageRow {
    appointment_id: Uuid,
    state: String,
}

#[derive(FromRow)]
struct RatingRow {
    appointment_id: Uuid,
    score: i64,
}

#[derive(FromRow)]
struct CountRow {
    day: NaiveDate,
    name: String,
    amount: i64,
}

type Record = Vec<(MediaDirection, MediaPath, QualityTally)>;

/// What is known beside the appointments themselves.
#[derive(Default)]
struct Details {
    waited: HashMap<Uuid, DateTime<Utc>>,
    admitted: HashMap<Uuid, DateTime<Utc>>,
    guests: HashMap<Uuid, Vec<Uuid>>,
    checks: HashMap<Uuid, DeviceCheck>,
    records: HashMap<Uuid, Record>,
    browsers: HashMap<Uuid, BrowserFamily>,
    telephone: HashMap<Uuid, Vec<TelephoneReason>>,
    sent: HashMap<Uuid, u64>,
    failed: HashMap<Uuid, u64>,
    ratings: HashMap<Uuid, Vec<u8>>,
}

/// Rows of appointments that start from `$1` and before `$2`.
macro_rules! of_range {
    ($select:literal, $and:literal) => {
        concat!(
            "SELECT ",
            $select,
            " JOIN appointment a ON a.id = x.appointment_id WHERE a.starts_at >= $1 AND a.starts_at < $2 ",
            $and
        )
    };
}

impl Store {
    /// Whether messages and answers to the question after a visit are among the counts.
    pub const COUNTS_MESSAGES: bool = true;
    pub const COUNTS_RATINGS: bool = true;

    /// Keeps with which family of browsers a guest came.
    pub async fn note_browser(
        &self,
        appointment: AppointmentId,
        participant: ParticipantId,
        family: BrowserFamily,
    ) -> Result<(), Error> {
        const SQL: &str =
            "INSERT INTO browser_seen (appointment_id, participant_id, family) VALUES ($1, $2, $3)
            ON CONFLICT (participant_id, family) DO NOTHING";
        in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(appointment.uuid()).bind(participant.uuid());
            query.bind(family.word()).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// The visits that start from `from` and before `to`, but for those that are in the daily counts already.
    pub async fn visits_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<StoredVisit>, Error> {
        const COUNTED: &str = of_range!("x.appointment_id FROM counted_appointment x", "");
        let (from, to) = (micros(from), micros(to));
        let counted: Vec<(Uuid,)> =
            on!(self, pool => sqlx::query_as(COUNTED).bind(from).bind(to).fetch_all(pool).await?);
        let counted: HashSet<Uuid> = counted.into_iter().map(|(id,)| id).collect();
        let mut appointments = self.appointments_between(from, to, AgendaScope::Everybody).await?;
        appointments.retain(|appointment| !counted.contains(&appointment.id.uuid()));
        let details = self.details(from, to).await?;
        Ok(appointments.into_iter().map(|appointment| details.visit(&appointment)).collect())
    }

    /// At most so many visits that ended before this time and are in no daily count, the earliest first.
    pub async fn uncounted_visits(
        &self,
        ended_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<StoredVisit>, Error> {
        const SQL: &str = "SELECT a.id, a.starts_at FROM appointment a WHERE a.ends_at < $1
            AND NOT EXISTS (SELECT 1 FROM counted_appointment c WHERE c.appointment_id = a.id)
            ORDER BY a.starts_at, a.id LIMIT $2";
        let rows: Vec<(Uuid, DateTime<Utc>)> = on!(self, pool => {
            sqlx::query_as(SQL).bind(micros(ended_before)).bind(i64::from(limit)).fetch_all(pool).await?
        });
        let (Some((_, first)), Some((_, last))) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
        let details = self.details(*first, *last + chrono::TimeDelta::microseconds(1)).await?;
        let mut visits = Vec::with_capacity(rows.len());
        for (id, _) in rows {
            if let Some(appointment) = self.appointment(AppointmentId::new(id)).await? {
                visits.push(details.visit(&appointment));
            }
        }
        Ok(visits)
    }

    /// Adds visits to the counts of their days, each once however often this is asked.
    pub async fn count_visits(
        &self,
        visits: &[(AppointmentId, NaiveDate, Option<ServiceId>, Tally)],
    ) -> Result<(), Error> {
        const MARK: &str = "INSERT INTO counted_appointment (appointment_id) VALUES ($1)
            ON CONFLICT (appointment_id) DO NOTHING";
        const ADD: &str = "INSERT INTO daily_count (day, service, name, amount) VALUES ($1, $2, $3, $4)
            ON CONFLICT (day, service, name) DO UPDATE SET amount = daily_count.amount + excluded.amount";
        in_transaction!(self, tx => {
            for (appointment, day, service, tally) in visits {
                let marked = sqlx::query(MARK).bind(appointment.uuid()).execute(&mut *tx).await?;
                if marked.rows_affected() == 0 {
                    continue;
                }
                for (count, amount) in tally.iter() {
                    sqlx::query(ADD)
                        .bind(*day)
                        .bind(service.map(|id| id.to_string()).unwrap_or_default())
                        .bind(count.word())
                        .bind(i64::try_from(amount).unwrap_or(i64::MAX))
                        .execute(&mut *tx)
                        .await?;
                }
            }
        });
        Ok(())
    }

    /// The daily counts from `from` to `to`, both included, of one service or of all.
    pub async fn daily_counts(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        service: Option<ServiceId>,
    ) -> Result<BTreeMap<NaiveDate, Tally>, Error> {
        const ALL: &str = "SELECT day, name, amount FROM daily_count WHERE day >= $1 AND day <= $2";
        const ONE: &str =
            "SELECT day, name, amount FROM daily_count WHERE day >= $1 AND day <= $2 AND service = $3";
        let rows: Vec<CountRow> = on!(self, pool => match service {
            None => sqlx::query_as(ALL).bind(from).bind(to).fetch_all(pool).await?,
            Some(id) => {
                sqlx::query_as(ONE).bind(from).bind(to).bind(id.to_string()).fetch_all(pool).await?
            }
        });
        let mut days: BTreeMap<NaiveDate, Tally> = BTreeMap::new();
        for row in rows {
            // A count that a later version had is not of this one.
            if let (Some(count), Ok(amount)) = (Count::of_word(&row.name), u64::try_from(row.amount)) {
                days.entry(row.day).or_default().add(count, amount);
            }
        }
        Ok(days)
    }

    async fn details(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Details, Error> {
        const STEPS: &str = of_range!(
            "x.appointment_id, x.place, x.at FROM consultation_move x JOIN participant p ON p.id = x.participant_id",
            "AND p.role = 'patient' AND x.place IN ('waiting', 'admitted') ORDER BY x.at DESC"
        );
        const GUESTS: &str = of_range!(
            "DISTINCT x.appointment_id, x.participant_id FROM consultation_move x
            JOIN participant p ON p.id = x.participant_id",
            "AND p.role <> 'practitioner' AND x.place <> 'invited'"
        );
        const CHECKS: &str = of_range!(
            "x.participant_id, x.camera, x.microphone FROM consultation_move x",
            "AND x.camera IS NOT NULL AND x.microphone IS NOT NULL ORDER BY x.id"
        );
        const QUALITY: &str = of_range!(
            "x.participant_id, x.direction, x.path, x.report_count, x.seconds, x.loss_pct_mean, x.loss_pct_max,
            x.rtt_ms_mean, x.rtt_ms_max, x.jitter_ms_mean, x.jitter_ms_max, x.concealed_pct_mean, x.concealed_pct_max,
            x.bitrate_kbps_mean, x.bitrate_kbps_max, x.freezes_ms, x.longest_freezes_ms, x.reconnection_count
            FROM call_quality x",
            ""
        );
        const BROWSERS: &str =
            of_range!("x.participant_id, x.family FROM browser_seen x", "ORDER BY x.family DESC");
        const TELEPHONE: &str =
            of_range!("x.id, x.appointment_id, x.reason FROM telephone_fallback x", "ORDER BY x.id");
        const MESSAGES: &str = of_range!(
            "x.appointment_id, x.state FROM message x",
            // That no server is set is no failure of a message.
            "AND x.state IN ('sent', 'failed', 'bounced') AND (x.reason IS NULL OR x.reason <> 'no_server')"
        );
        const RATINGS: &str = of_range!("x.appointment_id, x.score FROM rating x", "");
        let mut details = Details::default();
        let steps: Vec<StepRow> =
            on!(self, pool => sqlx::query_as(STEPS).bind(from).bind(to).fetch_all(pool).await?);
        for StepRow { appointment_id, place, at } in steps {
            // The latest come first, so that the first of all stays.
            let which = if place == "waiting" { &mut details.waited } else { &mut details.admitted };
            which.insert(appointment_id, at);
        }
        let guests: Vec<GuestRow> =
            on!(self, pool => sqlx::query_as(GUESTS).bind(from).bind(to).fetch_all(pool).await?);
        for GuestRow { appointment_id, participant_id } in guests {
            details.guests.entry(appointment_id).or_default().push(participant_id);
        }
        let checks: Vec<CheckRow> =
            on!(self, pool => sqlx::query_as(CHECKS).bind(from).bind(to).fetch_all(pool).await?);
        for CheckRow { participant_id, camera, microphone } in checks {
            if let (Some(camera), Some(microphone)) =
                (device_from_word(&camera), device_from_word(&microphone))
            {
                details.checks.insert(participant_id, DeviceCheck { camera, microphone });
            }
        }
        let records: Vec<QualityRow> =
            on!(self, pool => sqlx::query_as(QUALITY).bind(from).bind(to).fetch_all(pool).await?);
        for row in records {
            let ((participant, direction, path), tally) = tally(row)?;
            details.records.entry(participant.uuid()).or_default().push((direction, path, tally));
        }
        let browsers: Vec<BrowserRow> =
            on!(self, pool => sqlx::query_as(BROWSERS).bind(from).bind(to).fetch_all(pool).await?);
        for BrowserRow { participant_id, family } in browsers {
            if let Some(family) = BrowserFamily::of_word(&family) {
                details.browsers.insert(participant_id, family);
            }
        }
        let telephone: Vec<ReasonRow> =
            on!(self, pool => sqlx::query_as(TELEPHONE).bind(from).bind(to).fetch_all(pool).await?);
        for ReasonRow { id, appointment_id, reason } in telephone {
            let table = "telephone_fallback";
            let reason = reason_from_word(&reason).ok_or(Error::Inconsistent {
                table,
                id,
                what: "an unknown reason",
            })?;
            details.telephone.entry(appointment_id).or_default().push(reason);
        }
        let messages: Vec<MessageRow> =
            on!(self, pool => sqlx::query_as(MESSAGES).bind(from).bind(to).fetch_all(pool).await?);
        for MessageRow { appointment_id, state } in messages {
            let which = if state == "sent" { &mut details.sent } else { &mut details.failed };
            *which.entry(appointment_id).or_default() += 1;
        }
        let ratings: Vec<RatingRow> =
            on!(self, pool => sqlx::query_as(RATINGS).bind(from).bind(to).fetch_all(pool).await?);
        for RatingRow { appointment_id, score } in ratings {
            if let Ok(score) = u8::try_from(score) {
                details.ratings.entry(appointment_id).or_default().push(score);
            }
        }
        Ok(details)
    }
}

impl Details {
    fn visit(&self, appointment: &Appointment) -> StoredVisit {
        let id = appointment.id.uuid();
        let guests = self.guests.get(&id).into_iter().flatten().map(|participant| GuestFacts {
            browser: self.browsers.get(participant).copied(),
            incidents: incidents(
                self.records.get(participant).map(Vec::as_slice).unwrap_or_default(),
                self.checks.get(participant).copied(),
            ),
        });
        StoredVisit {
            appointment: appointment.id,
            service: appointment.service_id,
            facts: VisitFacts {
                starts_at: appointment.starts_at,
                ends_at: appointment.ends_at,
                status: appointment.status,
                waited_at: self.waited.get(&id).copied(),
                admitted_at: self.admitted.get(&id).copied(),
                guests: guests.collect(),
                telephone: self.telephone.get(&id).cloned().unwrap_or_default(),
                messages_sent: self.sent.get(&id).copied().unwrap_or_default(),
                messages_failed: self.failed.get(&id).copied().unwrap_or_default(),
                ratings: self.ratings.get(&id).cloned().unwrap_or_default(),
            },
        }
    }
}
