//! Members of staff as administrators see them: what claims say of their roles, what was given or taken by hand, and who is disabled.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, micros, on, text};
use super::logins::{THOSE_OF, note_ends};
use super::practitioners::{RECKON_ROLES, TAKE_PERSON, role_from_word, role_to_word};
use super::sealed::{CHANGE_SUBJECT, PRACTITIONER_NAME};
use super::ways_in::keep_a_way_in;
use super::{Error, Store, WayOfFile};
use crate::clinical::{ByHand, LoginId, PractitionerId, StaffRole};
use crate::secret::Pii;

/// A change that was made on a page of the administration, with what was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    pub id: Uuid,
    /// A word of the program's for what kind of change it is.
    pub what: String,
    /// Whom or what it is about.
    pub subject: Pii<String>,
    pub before: String,
    pub after: String,
    pub by: PractitionerId,
    pub at: DateTime<Utc>,
}

/// Somebody on the administrators' page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonLine {
    pub id: PractitionerId,
    pub issuer: String,
    pub name: Pii<String>,
    pub claimed: Vec<StaffRole>,
    pub by_hand: Vec<(StaffRole, ByHand)>,
    pub disabled_at: Option<DateTime<Utc>>,
    /// The last time that one of their logins was used, of those that are kept.
    pub seen_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct PersonRow {
    id: Uuid,
    issuer: String,
    name: String,
    disabled_at: Option<DateTime<Utc>>,
    seen_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct ChangeRow {
    id: Uuid,
    what: String,
    subject: String,
    value_before: String,
    value_after: String,
    by_id: Uuid,
    at: DateTime<Utc>,
}

/// Writes a change down in the transaction that makes it.
macro_rules! write_change {
    ($store:expr, $tx:expr, $change:expr) => {{
        let change: &$crate::store::SettingChange = $change;
        sqlx::query(
            "INSERT INTO setting_change (id, what, subject, value_before, value_after, by_id, at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(change.id)
        .bind($crate::store::db::text(&change.what))
        .bind($store.seal($crate::store::sealed::CHANGE_SUBJECT, change.id, change.subject.expose()))
        .bind($crate::store::db::text(&change.before))
        .bind($crate::store::db::text(&change.after))
        .bind(change.by.uuid())
        .bind($crate::store::db::micros(change.at))
        .execute(&mut *$tx)
        .await?;
    }};
}

pub(super) use write_change;

impl Store {
    /// Everybody who was ever described, by name.
    pub async fn people(&self) -> Result<Vec<PersonLine>, Error> {
        const PEOPLE: &str = "SELECT p.id, p.issuer, p.name, p.disabled_at,
            (SELECT MAX(l.last_seen_at) FROM login l WHERE l.practitioner_id = p.id) AS seen_at
            FROM practitioner p ORDER BY p.id";
        const CLAIMED: &str = "SELECT practitioner_id, role FROM claimed_role";
        const BY_HAND: &str = "SELECT practitioner_id, role, is_given FROM role_by_hand";
        let people: Vec<PersonRow> = on!(self, pool => sqlx::query_as(PEOPLE).fetch_all(pool).await?);
        let claimed: Vec<(Uuid, String)> = on!(self, pool => sqlx::query_as(CLAIMED).fetch_all(pool).await?);
        let by_hand: Vec<(Uuid, String, bool)> =
            on!(self, pool => sqlx::query_as(BY_HAND).fetch_all(pool).await?);
        let mut roles: BTreeMap<Uuid, Vec<StaffRole>> = BTreeMap::new();
        for (id, word) in claimed {
            roles.entry(id).or_default().extend(role_from_word(&word));
        }
        let mut said: BTreeMap<Uuid, Vec<(StaffRole, ByHand)>> = BTreeMap::new();
        for (id, word, is_given) in by_hand {
            let by_hand = if is_given { ByHand::Given } else { ByHand::Taken };
            said.entry(id).or_default().extend(role_from_word(&word).map(|role| (role, by_hand)));
        }
        let mut line = |row: PersonRow| {
            let mut claimed = roles.remove(&row.id).unwrap_or_default();
            claimed.sort_unstable();
            let mut by_hand = said.remove(&row.id).unwrap_or_default();
            by_hand.sort_unstable_by_key(|(role, _)| *role);
            Ok(PersonLine {
                id: PractitionerId::new(row.id),
                issuer: row.issuer,
                name: self.open_cell(PRACTITIONER_NAME, row.id, &row.name)?.into(),
                claimed,
                by_hand,
                disabled_at: row.disabled_at,
                seen_at: row.seen_at,
            })
        };
        let mut lines = people.into_iter().map(&mut line).collect::<Result<Vec<_>, Error>>()?;
        lines.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(lines)
    }

    /// Says of each of these roles what was said by hand, and reckons the person's roles anew. Whoever loses one is signed out everywhere,
    /// so that nothing that is open goes on with it; tells which logins those were. Whoever administers no more leaves no address open at
    /// which an account is set up. Refused with [`Error::LastWayIn`] when no
    /// administrator could sign in any more.
    pub async fn set_roles_by_hand(
        &self,
        id: PractitionerId,
        by_hand: &[(StaffRole, ByHand)],
        of_file: &[WayOfFile],
        change: &SettingChange,
    ) -> Result<Vec<LoginId>, Error> {
        const FORGET: &str = "DELETE FROM role_by_hand WHERE practitioner_id = $1 AND role = $2";
        const SAY: &str = "INSERT INTO role_by_hand (practitioner_id, role, is_given) VALUES ($1, $2, $3)";
        const ROLES: &str = "SELECT role FROM practitioner_role WHERE practitioner_id = $1";
        let ended: Vec<(Uuid,)> = in_transaction!(self, tx => {
            let mut ended: Vec<(Uuid,)> = Vec::new();
            keep_a_way_in!(tx, of_file, {
                sqlx::query(TAKE_PERSON).bind(id.uuid()).execute(&mut *tx).await?;
                let before: Vec<(String,)> =
                    sqlx::query_as(ROLES).bind(id.uuid()).fetch_all(&mut *tx).await?;
                for (role, said) in by_hand {
                    let word = role_to_word(*role);
                    sqlx::query(FORGET).bind(id.uuid()).bind(word).execute(&mut *tx).await?;
                    if *said != ByHand::Nothing {
                        let is_given = *said == ByHand::Given;
                        sqlx::query(SAY).bind(id.uuid()).bind(word).bind(is_given).execute(&mut *tx).await?;
                    }
                }
                for sql in RECKON_ROLES {
                    sqlx::query(sql).bind(id.uuid()).execute(&mut *tx).await?;
                }
                let after: Vec<(String,)> =
                    sqlx::query_as(ROLES).bind(id.uuid()).fetch_all(&mut *tx).await?;
                if before.iter().any(|role| !after.contains(role)) {
                    ended = sqlx::query_as(THOSE_OF).bind(id.uuid()).fetch_all(&mut *tx).await?;
                    note_ends!(tx, &ended, change.at);
                }
                write_change!(self, tx, change);
            });
            ended
        });
        Ok(ended.into_iter().map(|(id,)| LoginId::new(id)).collect())
    }

    /// Disables somebody from then on, or lets them in again: their roles go, or come back. Whoever is disabled is signed out everywhere,
    /// and the addresses that they made, at which accounts are set up, are gone; tells which logins those were. Refused with [`Error::LastWayIn`] when no administrator could sign in any more.
    pub async fn disable_practitioner(
        &self,
        id: PractitionerId,
        at: Option<DateTime<Utc>>,
        of_file: &[WayOfFile],
        change: &SettingChange,
    ) -> Result<Vec<LoginId>, Error> {
        const SQL: &str = "UPDATE practitioner SET disabled_at = $2 WHERE id = $1";
        let ended: Vec<(Uuid,)> = in_transaction!(self, tx => {
            let mut ended: Vec<(Uuid,)> = Vec::new();
            keep_a_way_in!(tx, of_file, {
                sqlx::query(SQL).bind(id.uuid()).bind(at.map(micros)).execute(&mut *tx).await?;
                for sql in RECKON_ROLES {
                    sqlx::query(sql).bind(id.uuid()).execute(&mut *tx).await?;
                }
                if at.is_some() {
                    ended = sqlx::query_as(THOSE_OF).bind(id.uuid()).fetch_all(&mut *tx).await?;
                    note_ends!(tx, &ended, change.at);
                }
                write_change!(self, tx, change);
            });
            ended
        });
        Ok(ended.into_iter().map(|(id,)| LoginId::new(id)).collect())
    }

    /// Gives every service of one site another site's name. Refused with [`Constraint::ServiceName`](super::Constraint) when two services
    /// would be one there.
    pub async fn rename_site(&self, from: &str, to: &str, change: &SettingChange) -> Result<u64, Error> {
        const SQL: &str = "UPDATE service SET site = $2 WHERE site = $1";
        let renamed = in_transaction!(self, tx => {
            let query = sqlx::query(SQL).bind(text(from)).bind(text(to));
            let renamed = query.execute(&mut *tx).await?.rows_affected();
            if renamed == 0 {
                return Ok(0);
            }
            write_change!(self, tx, change);
            renamed
        });
        Ok(renamed)
    }

    /// The last changes that were made on the pages of the administration, the newest first.
    pub async fn setting_changes(&self, at_most: u32) -> Result<Vec<SettingChange>, Error> {
        const SQL: &str = "SELECT id, what, subject, value_before, value_after, by_id, at FROM setting_change
            ORDER BY at DESC, id DESC LIMIT $1";
        let rows: Vec<ChangeRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(i64::from(at_most)).fetch_all(pool).await?);
        let change = |row: ChangeRow| {
            Ok(SettingChange {
                id: row.id,
                what: row.what,
                subject: self.open_cell(CHANGE_SUBJECT, row.id, &row.subject)?.into(),
                before: row.value_before,
                after: row.value_after,
                by: PractitionerId::new(row.by_id),
                at: row.at,
            })
        };
        rows.into_iter().map(change).collect()
    }
}
