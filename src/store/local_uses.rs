//! Everything that was done with local accounts, and who was told.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text, words};
use super::sealed::LOCAL_USE_NAME;
use super::{Error, LocalMeans, Store};
use crate::clinical::{LocalAccountId, PractitionerId};
use crate::secret::Pii;

/// What was done with a local account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocalUseKind {
    Invited,
    InvitationWithdrawn,
    SetUp,
    SetUpAnew,
    SignedInPasskey,
    SignedInTotp,
    SignedInRecoveryCode,
    WrongPassword,
    WrongSecondFactor,
    Locked,
    Unlocked,
    Closed,
}

words!(use_to_word, use_from_word, LocalUseKind {
    LocalUseKind::Invited => "invited",
    LocalUseKind::InvitationWithdrawn => "invitation_withdrawn",
    LocalUseKind::SetUp => "set_up",
    LocalUseKind::SetUpAnew => "set_up_anew",
    LocalUseKind::SignedInPasskey => "signed_in_passkey",
    LocalUseKind::SignedInTotp => "signed_in_totp",
    LocalUseKind::SignedInRecoveryCode => "signed_in_recovery_code",
    LocalUseKind::WrongPassword => "wrong_password",
    LocalUseKind::WrongSecondFactor => "wrong_second_factor",
    LocalUseKind::Locked => "locked",
    LocalUseKind::Unlocked => "unlocked",
    LocalUseKind::Closed => "closed",
});

impl LocalUseKind {
    /// That somebody signed in by these means.
    pub fn of(means: LocalMeans) -> Self {
        match means {
            LocalMeans::Passkey => Self::SignedInPasskey,
            LocalMeans::Totp => Self::SignedInTotp,
            LocalMeans::RecoveryCode => Self::SignedInRecoveryCode,
        }
    }
}

/// One line of what was done with local accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalUse {
    pub id: Uuid,
    pub account: Option<LocalAccountId>,
    /// Whose account: the user name, or the name of whoever was invited.
    pub user_name: Pii<String>,
    pub what: LocalUseKind,
    /// Who did it, where that is somebody else.
    pub by: Option<PractitionerId>,
    /// Where the request came from.
    pub address: Option<String>,
    pub at: DateTime<Utc>,
    /// When whoever is to be told by mail is told, or told again; `None`: that is done, or was not needed.
    pub alert_at: Option<DateTime<Utc>>,
    /// When an administrator said that they have read it.
    pub seen_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct UseRow {
    id: Uuid,
    account_id: Option<Uuid>,
    user_name: String,
    what: String,
    by_id: Option<Uuid>,
    address: Option<String>,
    at: DateTime<Utc>,
    alert_at: Option<DateTime<Utc>>,
    seen_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Writes down what was done with a local account.
    pub async fn add_local_use(&self, line: &LocalUse) -> Result<(), Error> {
        const SQL: &str = "INSERT INTO local_account_use
            (id, account_id, user_name, what, by_id, address, at, alert_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(line.id)
                .bind(line.account.map(LocalAccountId::uuid))
                .bind(self.seal(LOCAL_USE_NAME, line.id, line.user_name.expose()))
                .bind(use_to_word(line.what))
                .bind(line.by.map(PractitionerId::uuid))
                .bind(line.address.as_deref().map(text))
                .bind(micros(line.at))
                .bind(line.alert_at.map(micros))
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// The last lines of what was done with local accounts, the newest first.
    pub async fn local_uses(&self, at_most: u32) -> Result<Vec<LocalUse>, Error> {
        const SQL: &str = "SELECT id, account_id, user_name, what, by_id, address, at, alert_at, seen_at
            FROM local_account_use ORDER BY at DESC, id DESC LIMIT $1";
        let rows: Vec<UseRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(i64::from(at_most)).fetch_all(pool).await?);
        rows.into_iter().map(|row| self.opened_use(row)).collect()
    }

    /// How many of the lines that an administrator should read nobody has read.
    pub async fn unseen_local_uses(&self) -> Result<u32, Error> {
        const SQL: &str = "SELECT COUNT(*) FROM local_account_use WHERE seen_at IS NULL";
        let (count,): (i64,) = on!(self, pool => sqlx::query_as(SQL).fetch_one(pool).await?);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// An administrator has read every line until then.
    pub async fn see_local_uses(
        &self,
        until: DateTime<Utc>,
        by: PractitionerId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        const SQL: &str =
            "UPDATE local_account_use SET seen_at = $2, seen_by = $3 WHERE seen_at IS NULL AND at <= $1";
        in_transaction!(self, tx => {
            sqlx::query(SQL)
                .bind(micros(until))
                .bind(micros(now))
                .bind(by.uuid())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Takes one line that is to be told by mail, so that until `again` no other program tells it.
    pub async fn take_local_alert(
        &self,
        now: DateTime<Utc>,
        again: DateTime<Utc>,
    ) -> Result<Option<LocalUse>, Error> {
        const FIRST: &str =
            "SELECT id FROM local_account_use WHERE alert_at <= $1 ORDER BY alert_at, id LIMIT 1";
        const TAKE: &str = "UPDATE local_account_use SET alert_at = $3 WHERE id = $1 AND alert_at <= $2
            RETURNING id, account_id, user_name, what, by_id, address, at, alert_at, seen_at";
        let row: Option<UseRow> = in_transaction!(self, tx => {
            let first: Option<(Uuid,)> =
                sqlx::query_as(FIRST).bind(micros(now)).fetch_optional(&mut *tx).await?;
            match first {
                Some((id,)) => {
                    let query = sqlx::query_as(TAKE).bind(id).bind(micros(now)).bind(micros(again));
                    query.fetch_optional(&mut *tx).await?
                }
                None => None,
            }
        });
        row.map(|row| self.opened_use(row)).transpose()
    }

    /// That line has been told.
    pub async fn local_alert_told(&self, id: Uuid) -> Result<(), Error> {
        const SQL: &str = "UPDATE local_account_use SET alert_at = NULL WHERE id = $1";
        in_transaction!(self, tx => {
            sqlx::query(SQL).bind(id).execute(&mut *tx).await?;
        });
        Ok(())
    }
}

impl Store {
    fn opened_use(&self, mut row: UseRow) -> Result<LocalUse, Error> {
        row.user_name = self.open_cell(LOCAL_USE_NAME, row.id, &row.user_name)?;
        row.try_into()
    }
}

impl TryFrom<UseRow> for LocalUse {
    type Error = Error;

    fn try_from(row: UseRow) -> Result<Self, Error> {
        let what = use_from_word(&row.what).ok_or(Error::Inconsistent {
            table: "local_account_use",
            id: row.id,
            what: "nobody knows what it says",
        })?;
        Ok(Self {
            id: row.id,
            account: row.account_id.map(LocalAccountId::new),
            user_name: row.user_name.into(),
            what,
            by: row.by_id.map(PractitionerId::new),
            address: row.address,
            at: row.at,
            alert_at: row.alert_at,
            seen_at: row.seen_at,
        })
    }
}
