//! When services see patients: weekly hours, exceptions, and what of people's time is taken. Every row says who changed it last.

use chrono::{DateTime, NaiveDate, NaiveTime, Timelike, Utc, Weekday};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text};
use super::sealed::EXCEPTION_REASON;
use super::{Error, Store};
use crate::clinical::{
    BookingPolicy, ExceptionId, ExceptionKind, Hours, PatternId, PractitionerId, ScheduleException,
    ServiceId, Taken, WeeklyPattern,
};

/// Who changed a row last, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub by: PractitionerId,
    pub at: DateTime<Utc>,
}

/// A row with its last change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed<T> {
    pub value: T,
    pub change: Change,
}

#[derive(FromRow)]
struct PatternRow {
    id: Uuid,
    service_id: Uuid,
    practitioner_id: Option<Uuid>,
    site: String,
    weekday: i64,
    from_minute: i64,
    to_minute: i64,
    slot_minutes: i64,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    changed_at: DateTime<Utc>,
    changed_by: Uuid,
}

#[derive(FromRow)]
struct ExceptionRow {
    id: Uuid,
    service_id: Option<Uuid>,
    practitioner_id: Option<Uuid>,
    first_day: NaiveDate,
    last_day: NaiveDate,
    from_minute: Option<i64>,
    to_minute: Option<i64>,
    slot_minutes: Option<i64>,
    kind: String,
    reason: String,
    changed_at: DateTime<Utc>,
    changed_by: Uuid,
}

#[derive(FromRow)]
struct PolicyRow {
    may_patients_cancel: bool,
    may_patients_move: bool,
    notice_hours: i64,
    is_open_on_holidays: bool,
    changed_at: Option<DateTime<Utc>>,
    changed_by: Option<Uuid>,
}

fn minute_of(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight() / 60)
}

fn time_of(minute: i64) -> Option<NaiveTime> {
    NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(minute).ok()?.checked_mul(60)?, 0)
}

fn hours_of(from: i64, to: i64) -> Option<Hours> {
    Some(Hours { from: time_of(from)?, to: time_of(to)? })
}

impl Store {
    /// Keeps weekly hours; those of that identifier are changed.
    pub async fn put_pattern(&self, pattern: &WeeklyPattern, change: Change) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO schedule_pattern (id, service_id, practitioner_id, site, weekday,
                from_minute, to_minute, slot_minutes, valid_from, valid_until, changed_at, changed_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (id) DO UPDATE SET practitioner_id = excluded.practitioner_id, site = excluded.site,
                weekday = excluded.weekday, from_minute = excluded.from_minute, to_minute = excluded.to_minute,
                slot_minutes = excluded.slot_minutes, valid_from = excluded.valid_from,
                valid_until = excluded.valid_until, changed_at = excluded.changed_at, changed_by = excluded.changed_by";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(pattern.id.uuid())
                .bind(pattern.service.uuid())
                .bind(pattern.practitioner.map(PractitionerId::uuid))
                .bind(text(&pattern.site))
                .bind(i64::from(pattern.weekday.num_days_from_monday()))
                .bind(minute_of(pattern.hours.from))
                .bind(minute_of(pattern.hours.to))
                .bind(i64::from(pattern.slot_minutes))
                .bind(pattern.valid_from)
                .bind(pattern.valid_until)
                .bind(micros(change.at))
                .bind(change.by.uuid())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Takes weekly hours away; `false` if the service has none of that identifier.
    pub async fn remove_pattern(&self, service: ServiceId, id: PatternId) -> Result<bool, Error> {
        const SQL: &str = "DELETE FROM schedule_pattern WHERE service_id = $1 AND id = $2";
        let removed = in_transaction!(self, tx => {
            sqlx::query(SQL).bind(service.uuid()).bind(id.uuid()).execute(&mut *tx).await?.rows_affected()
        });
        Ok(removed > 0)
    }

    /// The weekly hours of a service, by day and beginning.
    pub async fn patterns_of(&self, service: ServiceId) -> Result<Vec<Changed<WeeklyPattern>>, Error> {
        const SQL: &str = "SELECT id, service_id, practitioner_id, site, weekday, from_minute, to_minute,
                slot_minutes, valid_from, valid_until, changed_at, changed_by
            FROM schedule_pattern WHERE service_id = $1 ORDER BY weekday, from_minute, id";
        let rows: Vec<PatternRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(service.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(pattern).collect()
    }

    /// Keeps an exception; one of that identifier is changed.
    pub async fn put_exception(&self, exception: &ScheduleException, change: Change) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO schedule_exception (id, service_id, practitioner_id, first_day, last_day,
                from_minute, to_minute, slot_minutes, kind, reason, changed_at, changed_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (id) DO UPDATE SET practitioner_id = excluded.practitioner_id, first_day = excluded.first_day,
                last_day = excluded.last_day, from_minute = excluded.from_minute, to_minute = excluded.to_minute,
                slot_minutes = excluded.slot_minutes, kind = excluded.kind, reason = excluded.reason,
                changed_at = excluded.changed_at, changed_by = excluded.changed_by";
        let (kind, slot_minutes) = match exception.kind {
            ExceptionKind::Closed => ("closed", None),
            ExceptionKind::Open { slot_minutes } => ("open", Some(i64::from(slot_minutes))),
        };
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(exception.id.uuid())
                .bind(exception.service.map(ServiceId::uuid))
                .bind(exception.practitioner.map(PractitionerId::uuid))
                .bind(exception.first_day)
                .bind(exception.last_day)
                .bind(exception.hours.map(|hours| minute_of(hours.from)))
                .bind(exception.hours.map(|hours| minute_of(hours.to)))
                .bind(slot_minutes)
                .bind(kind)
                .bind(self.seal(EXCEPTION_REASON, exception.id.uuid(), &exception.reason))
                .bind(micros(change.at))
                .bind(change.by.uuid())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Takes an exception away, of a service or (`None`) of the whole hospital; `false` if there is none.
    pub async fn remove_exception(&self, service: Option<ServiceId>, id: ExceptionId) -> Result<bool, Error> {
        const OF_ONE: &str = "DELETE FROM schedule_exception WHERE id = $1 AND service_id = $2";
        const OF_ALL: &str = "DELETE FROM schedule_exception WHERE id = $1 AND service_id IS NULL";
        let removed = in_transaction!(self, tx => {
            let query = match service {
                Some(service) => sqlx::query(OF_ONE).bind(id.uuid()).bind(service.uuid()),
                None => sqlx::query(OF_ALL).bind(id.uuid()),
            };
            query.execute(&mut *tx).await?.rows_affected()
        });
        Ok(removed > 0)
    }

    /// The exceptions of a service and those of the whole hospital, by first day.
    pub async fn exceptions_of(&self, service: ServiceId) -> Result<Vec<Changed<ScheduleException>>, Error> {
        const SQL: &str =
            "SELECT id, service_id, practitioner_id, first_day, last_day, from_minute, to_minute,
                slot_minutes, kind, reason, changed_at, changed_by
            FROM schedule_exception WHERE service_id = $1 OR service_id IS NULL ORDER BY first_day, id";
        let rows: Vec<ExceptionRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(service.uuid()).fetch_all(pool).await?);
        let opened = |mut row: ExceptionRow| {
            row.reason = self.open_cell(EXCEPTION_REASON, row.id, &row.reason)?;
            exception(row)
        };
        rows.into_iter().map(opened).collect()
    }

    /// The time of a practitioner that is taken between two instants, by appointments of whatever service.
    pub async fn taken_of(
        &self,
        practitioner: PractitionerId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<Taken>, Error> {
        const SQL: &str = "SELECT starts_at, ends_at FROM practitioner_slot
            WHERE practitioner_id = $1 AND ends_at > $2 AND starts_at < $3 ORDER BY starts_at";
        let rows: Vec<(DateTime<Utc>, DateTime<Utc>)> = on!(self, pool => {
            let query = sqlx::query_as(SQL).bind(practitioner.uuid()).bind(micros(from)).bind(micros(to));
            query.fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(|(starts_at, ends_at)| Taken { practitioner, starts_at, ends_at }).collect())
    }

    /// How a service books, and who changed the service last; `None` for one that is not there.
    pub async fn booking_policy(
        &self,
        service: ServiceId,
    ) -> Result<Option<(BookingPolicy, Option<Change>)>, Error> {
        const SQL: &str = "SELECT may_patients_cancel, may_patients_move, notice_hours, is_open_on_holidays,
            changed_at, changed_by FROM service WHERE id = $1";
        let row: Option<PolicyRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(service.uuid()).fetch_optional(pool).await?);
        let Some(row) = row else { return Ok(None) };
        let notice_hours = u16::try_from(row.notice_hours).map_err(|_| Error::Inconsistent {
            table: "service",
            id: service.uuid(),
            what: "its notice is no number of hours",
        })?;
        let policy = BookingPolicy {
            may_patients_cancel: row.may_patients_cancel,
            may_patients_move: row.may_patients_move,
            notice_hours,
            is_open_on_holidays: row.is_open_on_holidays,
        };
        let change = row.changed_by.zip(row.changed_at);
        Ok(Some((policy, change.map(|(by, at)| Change { by: PractitionerId::new(by), at }))))
    }

    /// Says how a service books.
    pub async fn set_booking_policy(
        &self,
        service: ServiceId,
        policy: &BookingPolicy,
        change: Change,
    ) -> Result<(), Error> {
        const SQL: &str =
            "UPDATE service SET may_patients_cancel = $2, may_patients_move = $3, notice_hours = $4,
            is_open_on_holidays = $5, changed_at = $6, changed_by = $7 WHERE id = $1";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(service.uuid())
                .bind(policy.may_patients_cancel)
                .bind(policy.may_patients_move)
                .bind(i64::from(policy.notice_hours))
                .bind(policy.is_open_on_holidays)
                .bind(micros(change.at))
                .bind(change.by.uuid())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }
}

fn pattern(row: PatternRow) -> Result<Changed<WeeklyPattern>, Error> {
    let wrong = |what| Error::Inconsistent { table: "schedule_pattern", id: row.id, what };
    let weekday = u8::try_from(row.weekday).ok().and_then(|day| Weekday::try_from(day).ok());
    Ok(Changed {
        change: Change { by: PractitionerId::new(row.changed_by), at: row.changed_at },
        value: WeeklyPattern {
            id: PatternId::new(row.id),
            service: ServiceId::new(row.service_id),
            practitioner: row.practitioner_id.map(PractitionerId::new),
            weekday: weekday.ok_or_else(|| wrong("an unknown day of the week"))?,
            hours: hours_of(row.from_minute, row.to_minute).ok_or_else(|| wrong("its hours are none"))?,
            slot_minutes: u16::try_from(row.slot_minutes).map_err(|_| wrong("its slots have no length"))?,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            site: row.site,
        },
    })
}

fn exception(row: ExceptionRow) -> Result<Changed<ScheduleException>, Error> {
    let wrong = |what| Error::Inconsistent { table: "schedule_exception", id: row.id, what };
    let hours = match (row.from_minute, row.to_minute) {
        (None, None) => None,
        (Some(from), Some(to)) => Some(hours_of(from, to).ok_or_else(|| wrong("its hours are none"))?),
        _ => return Err(wrong("its hours have one end")),
    };
    let kind = match (row.kind.as_str(), row.slot_minutes) {
        ("closed", None) => ExceptionKind::Closed,
        ("open", Some(minutes)) => ExceptionKind::Open {
            slot_minutes: u16::try_from(minutes).map_err(|_| wrong("its slots have no length"))?,
        },
        _ => return Err(wrong("an unknown kind")),
    };
    Ok(Changed {
        change: Change { by: PractitionerId::new(row.changed_by), at: row.changed_at },
        value: ScheduleException {
            id: ExceptionId::new(row.id),
            service: row.service_id.map(ServiceId::new),
            practitioner: row.practitioner_id.map(PractitionerId::new),
            first_day: row.first_day,
            last_day: row.last_day,
            hours,
            kind,
            reason: row.reason,
        },
    })
}
