//! Members of staff, as the identity provider last described them.

use sqlx::FromRow;
use uuid::Uuid;

use super::db::{in_transaction, on, text, words};
use super::sealed::PRACTITIONER_NAME;
use super::{Error, Store};
use crate::clinical::{Practitioner, PractitionerId, StaffRole};

/// One row a role; one row without a role for somebody who has none.
#[derive(FromRow)]
struct PractitionerRow {
    id: Uuid,
    issuer: String,
    subject: String,
    name: String,
    role: Option<String>,
}

words!(role_to_word, role_from_word, StaffRole {
    StaffRole::Secretary => "secretary",
    StaffRole::Nurse => "nurse",
    StaffRole::Doctor => "doctor",
    StaffRole::Radiologist => "radiologist",
    StaffRole::Administrator => "administrator",
    StaffRole::Auditor => "auditor",
});

/// Updated first by whoever takes a role from somebody or disables them, and by whoever writes a login of theirs: so that of the two the
/// second sees what the first did. No row: there is nobody, or they are disabled.
pub(super) const TAKE_PERSON: &str =
    "UPDATE practitioner SET disabled_at = disabled_at WHERE id = $1 AND disabled_at IS NULL";

/// Puts a person's roles together anew: what claims give and what was given by hand, without what was taken by hand; nothing for
/// somebody who is disabled. Whoever does not administer by then has no address open any more at which an account is set up.
pub(super) const RECKON_ROLES: [&str; 3] = [
    "DELETE FROM practitioner_role WHERE practitioner_id = $1",
    "INSERT INTO practitioner_role (practitioner_id, role)
        SELECT both_kinds.practitioner_id, both_kinds.role FROM (
            SELECT c.practitioner_id, c.role FROM claimed_role c WHERE c.practitioner_id = $1
            UNION SELECT g.practitioner_id, g.role FROM role_by_hand g WHERE g.practitioner_id = $1 AND g.is_given
        ) both_kinds
        WHERE NOT EXISTS (SELECT 1 FROM role_by_hand t
            WHERE t.practitioner_id = $1 AND t.role = both_kinds.role AND NOT t.is_given)
        AND NOT EXISTS (SELECT 1 FROM practitioner p WHERE p.id = $1 AND p.disabled_at IS NOT NULL)",
    "DELETE FROM local_invitation WHERE made_by = $1 AND NOT EXISTS
        (SELECT 1 FROM practitioner_role r WHERE r.practitioner_id = $1 AND r.role = 'administrator')",
];

/// The name of the row that is there, which may be another than the one that was to be made: it is sealed for that one.
pub(super) const PUT_NAME: &str = "UPDATE practitioner SET name = $2 WHERE id = $1";

impl Store {
    /// Keeps what the identity provider says of a person, by issuer and subject. Somebody known keeps their identifier; the name is
    /// replaced, and so are the roles that claims give. The answer has the roles that the person has then.
    pub async fn upsert_practitioner(&self, practitioner: &Practitioner) -> Result<Practitioner, Error> {
        const UPSERT: &str = "INSERT INTO practitioner (id, issuer, subject, name) VALUES ($1, $2, $3, $4)
            ON CONFLICT (issuer, subject) DO UPDATE SET issuer = excluded.issuer RETURNING id";
        const FORGET_ROLES: &str = "DELETE FROM claimed_role WHERE practitioner_id = $1";
        const ADD_ROLE: &str = "INSERT INTO claimed_role (practitioner_id, role) VALUES ($1, $2)";
        const ROLES: &str = "SELECT role FROM practitioner_role WHERE practitioner_id = $1";
        let mut known = practitioner.clone();
        known.roles.sort_unstable();
        known.roles.dedup();
        let (id, roles) = in_transaction!(self, tx => {
            let (id,): (Uuid,) = sqlx::query_as(UPSERT)
                .bind(practitioner.id.uuid())
                .bind(text(&practitioner.issuer))
                .bind(text(practitioner.subject.expose()))
                .bind("")
                .fetch_one(&mut *tx)
                .await?;
            let name = self.seal(PRACTITIONER_NAME, id, practitioner.name.expose());
            sqlx::query(PUT_NAME).bind(id).bind(name).execute(&mut *tx).await?;
            sqlx::query(FORGET_ROLES).bind(id).execute(&mut *tx).await?;
            for role in &known.roles {
                sqlx::query(ADD_ROLE).bind(id).bind(role_to_word(*role)).execute(&mut *tx).await?;
            }
            for sql in RECKON_ROLES {
                sqlx::query(sql).bind(id).execute(&mut *tx).await?;
            }
            let roles: Vec<(String,)> = sqlx::query_as(ROLES).bind(id).fetch_all(&mut *tx).await?;
            (id, roles)
        });
        known.id = PractitionerId::new(id);
        known.roles = roles.iter().filter_map(|(word,)| role_from_word(word)).collect();
        known.roles.sort_unstable();
        Ok(known)
    }

    /// The person of that identifier.
    pub async fn practitioner(&self, id: PractitionerId) -> Result<Option<Practitioner>, Error> {
        const SQL: &str = "SELECT p.id, p.issuer, p.subject, p.name, r.role FROM practitioner p
            LEFT JOIN practitioner_role r ON r.practitioner_id = p.id WHERE p.id = $1";
        let rows: Vec<PractitionerRow> =
            on!(self, pool => sqlx::query_as(SQL).bind(id.uuid()).fetch_all(pool).await?);
        Ok(self.fold(rows)?.pop())
    }

    /// Everybody who has a role, by name.
    pub async fn practitioners(&self) -> Result<Vec<Practitioner>, Error> {
        const SQL: &str = "SELECT p.id, p.issuer, p.subject, p.name, r.role FROM practitioner p
            JOIN practitioner_role r ON r.practitioner_id = p.id ORDER BY p.id";
        let rows: Vec<PractitionerRow> = on!(self, pool => sqlx::query_as(SQL).fetch_all(pool).await?);
        let mut people = self.fold(rows)?;
        people.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(people)
    }
}

impl Store {
    /// Puts together what belongs to one person; rows of one person come together.
    fn fold(&self, rows: Vec<PractitionerRow>) -> Result<Vec<Practitioner>, Error> {
        let mut people: Vec<Practitioner> = Vec::new();
        for row in rows {
            let role = row
                .role
                .map(|word| {
                    role_from_word(&word).ok_or(Error::Inconsistent {
                        table: "practitioner_role",
                        id: row.id,
                        what: "an unknown role",
                    })
                })
                .transpose()?;
            let id = PractitionerId::new(row.id);
            match people.last_mut() {
                Some(person) if person.id == id => person.roles.extend(role),
                _ => people.push(Practitioner {
                    id,
                    issuer: row.issuer,
                    subject: row.subject.into(),
                    name: self.open_cell(PRACTITIONER_NAME, row.id, &row.name)?.into(),
                    roles: role.into_iter().collect(),
                }),
            }
        }
        for person in &mut people {
            person.roles.sort_unstable();
        }
        Ok(people)
    }
}
