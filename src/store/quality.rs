//! How calls went: one row for each person, direction and path.

use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, on, words};
use super::{Error, Store};
use crate::clinical::{AppointmentId, Measure, MediaDirection, MediaPath, ParticipantId, QualityTally};

/// What a row of the record is about.
pub type QualityKey = (ParticipantId, MediaDirection, MediaPath);

#[derive(FromRow)]
pub(super) struct QualityRow {
    participant_id: Uuid,
    direction: String,
    path: String,
    report_count: i64,
    seconds: i64,
    loss_pct_mean: f64,
    loss_pct_max: f64,
    rtt_ms_mean: f64,
    rtt_ms_max: f64,
    jitter_ms_mean: f64,
    jitter_ms_max: f64,
    concealed_pct_mean: f64,
    concealed_pct_max: f64,
    bitrate_kbps_mean: f64,
    bitrate_kbps_max: f64,
    freezes_ms: i64,
    longest_freezes_ms: i64,
    reconnection_count: i64,
}

words!(direction_to_word, direction_from_word, MediaDirection {
    MediaDirection::Publish => "publish",
    MediaDirection::Subscribe => "subscribe",
});

words!(path_to_word, path_from_word, MediaPath {
    MediaPath::Udp => "udp",
    MediaPath::Tcp => "tcp",
    MediaPath::RelayUdp => "relay_udp",
    MediaPath::RelayTcp => "relay_tcp",
    MediaPath::RelayTls => "relay_tls",
});

impl Store {
    /// Writes tallies down, each in the place of the one that was there.
    pub async fn put_quality(
        &self,
        appointment: AppointmentId,
        tallies: &[(QualityKey, QualityTally)],
    ) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO call_quality (appointment_id, participant_id, direction, path, report_count, seconds,
            loss_pct_mean, loss_pct_max, rtt_ms_mean, rtt_ms_max, jitter_ms_mean, jitter_ms_max, concealed_pct_mean,
            concealed_pct_max, bitrate_kbps_mean, bitrate_kbps_max, freezes_ms, longest_freezes_ms, reconnection_count)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
            ON CONFLICT (participant_id, direction, path) DO UPDATE SET report_count = excluded.report_count,
            seconds = excluded.seconds, loss_pct_mean = excluded.loss_pct_mean, loss_pct_max = excluded.loss_pct_max,
            rtt_ms_mean = excluded.rtt_ms_mean, rtt_ms_max = excluded.rtt_ms_max,
            jitter_ms_mean = excluded.jitter_ms_mean, jitter_ms_max = excluded.jitter_ms_max,
            concealed_pct_mean = excluded.concealed_pct_mean, concealed_pct_max = excluded.concealed_pct_max,
            bitrate_kbps_mean = excluded.bitrate_kbps_mean, bitrate_kbps_max = excluded.bitrate_kbps_max,
            freezes_ms = excluded.freezes_ms, longest_freezes_ms = excluded.longest_freezes_ms,
            reconnection_count = excluded.reconnection_count";
        in_transaction!(self, tx => {
            for ((participant, direction, path), tally) in tallies {
                sqlx::query(SQL)
                    .bind(appointment.uuid())
                    .bind(participant.uuid())
                    .bind(direction_to_word(*direction))
                    .bind(path_to_word(*path))
                    .bind(i64::from(tally.reports))
                    .bind(i64::from(tally.seconds))
                    .bind(tally.loss_pct.mean)
                    .bind(tally.loss_pct.max)
                    .bind(tally.rtt_ms.mean)
                    .bind(tally.rtt_ms.max)
                    .bind(tally.jitter_ms.mean)
                    .bind(tally.jitter_ms.max)
                    .bind(tally.concealed_pct.mean)
                    .bind(tally.concealed_pct.max)
                    .bind(tally.bitrate_kbps.mean)
                    .bind(tally.bitrate_kbps.max)
                    .bind(i64::try_from(tally.freezes_ms).unwrap_or(i64::MAX))
                    .bind(i64::from(tally.longest_freezes_ms))
                    .bind(i64::from(tally.reconnections))
                    .execute(&mut *tx)
                    .await?;
            }
        });
        Ok(())
    }

    /// How the call of an appointment went.
    pub async fn quality_of(
        &self,
        appointment: AppointmentId,
    ) -> Result<Vec<(QualityKey, QualityTally)>, Error> {
        const SQL: &str =
            "SELECT participant_id, direction, path, report_count, seconds, loss_pct_mean, loss_pct_max,
            rtt_ms_mean, rtt_ms_max, jitter_ms_mean, jitter_ms_max, concealed_pct_mean, concealed_pct_max,
            bitrate_kbps_mean, bitrate_kbps_max, freezes_ms, longest_freezes_ms, reconnection_count
            FROM call_quality WHERE appointment_id = $1 ORDER BY participant_id, direction, path";
        let rows: Vec<QualityRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(appointment.uuid()).fetch_all(pool).await?);
        rows.into_iter().map(tally).collect()
    }
}

pub(super) fn tally(row: QualityRow) -> Result<(QualityKey, QualityTally), Error> {
    let wrong = |what| Error::Inconsistent { table: "call_quality", id: row.participant_id, what };
    let count = |value: i64| u32::try_from(value).map_err(|_| wrong("a count is out of range"));
    let direction = direction_from_word(&row.direction).ok_or(wrong("an unknown direction"))?;
    let path = path_from_word(&row.path).ok_or(wrong("an unknown path"))?;
    let tally = QualityTally {
        reports: count(row.report_count)?,
        seconds: count(row.seconds)?,
        loss_pct: Measure { mean: row.loss_pct_mean, max: row.loss_pct_max },
        rtt_ms: Measure { mean: row.rtt_ms_mean, max: row.rtt_ms_max },
        jitter_ms: Measure { mean: row.jitter_ms_mean, max: row.jitter_ms_max },
        concealed_pct: Measure { mean: row.concealed_pct_mean, max: row.concealed_pct_max },
        bitrate_kbps: Measure { mean: row.bitrate_kbps_mean, max: row.bitrate_kbps_max },
        freezes_ms: u64::try_from(row.freezes_ms).map_err(|_| wrong("a time is out of range"))?,
        longest_freezes_ms: count(row.longest_freezes_ms)?,
        reconnections: count(row.reconnection_count)?,
    };
    Ok(((ParticipantId::new(row.participant_id), direction, path), tally))
}
