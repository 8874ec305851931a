//! The ways by which administrators come in, looked at in the very transaction that changes one of them: of two who each take one of the
//! last two away at once, the second is refused, whichever programs they are at.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::practitioners::role_from_word;
use crate::clinical::{ByHand, KnownStaff, StaffRole, WayIn, lets_an_administrator_in};

/// A provider of the file of settings: a row with its name or its issuer does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOfFile {
    pub key: String,
    pub issuer: String,
    /// A claim of it gives the role of an administrator.
    pub gives_administrator: bool,
    /// It signs no staff in.
    pub is_for_patients: bool,
}

/// Updated first by whoever changes a way in: whoever is second waits for the whole transaction of the first.
pub(super) const TAKE_TURN: &str = "UPDATE ways_in_turn SET changes = changes + 1 WHERE id = 1";

pub(super) const PEOPLE: &str = "SELECT id, issuer, disabled_at IS NOT NULL FROM practitioner";
pub(super) const CLAIMED: &str = "SELECT practitioner_id, role FROM claimed_role";
pub(super) const BY_HAND: &str = "SELECT practitioner_id, role, is_given FROM role_by_hand";
pub(super) const ACCOUNTS: &str = "SELECT practitioner_id FROM local_account WHERE closed_at IS NULL";
pub(super) const PROVIDERS: &str =
    "SELECT key, issuer, asked FROM identity_provider WHERE is_on AND NOT is_for_patients";

/// What the rows say, as they are in the transaction.
pub(super) struct Rows {
    pub(super) people: Vec<(Uuid, String, bool)>,
    pub(super) claimed: Vec<(Uuid, String)>,
    pub(super) by_hand: Vec<(Uuid, String, bool)>,
    pub(super) accounts: Vec<(Uuid,)>,
    /// Name, issuer, and whether a rule gives the role of an administrator.
    pub(super) providers: Vec<(String, String, bool)>,
}

impl Rows {
    /// Whether an administrator could sign in now.
    pub(super) fn let_one_in(self, of_file: &[WayOfFile]) -> bool {
        let mut claimed: BTreeMap<Uuid, Vec<StaffRole>> = BTreeMap::new();
        for (id, word) in self.claimed {
            claimed.entry(id).or_default().extend(role_from_word(&word));
        }
        let mut by_hand: BTreeMap<Uuid, Vec<(StaffRole, ByHand)>> = BTreeMap::new();
        for (id, word, is_given) in self.by_hand {
            let said = if is_given { ByHand::Given } else { ByHand::Taken };
            by_hand.entry(id).or_default().extend(role_from_word(&word).map(|role| (role, said)));
        }
        let people: Vec<_> = self
            .people
            .into_iter()
            .map(|(id, issuer, is_disabled)| KnownStaff {
                has_local_account: self.accounts.contains(&(id,)),
                issuer,
                claimed: claimed.remove(&id).unwrap_or_default(),
                by_hand: by_hand.remove(&id).unwrap_or_default(),
                is_disabled,
            })
            .collect();
        let is_of_file =
            |key: &str, issuer: &str| of_file.iter().any(|known| known.key == key || known.issuer == issuer);
        let set = self.providers.into_iter().filter(|(key, issuer, _)| !is_of_file(key, issuer));
        let set = set.map(|(_, issuer, gives_administrator)| WayIn { issuer, gives_administrator });
        let of_staff = of_file.iter().filter(|known| !known.is_for_patients).map(|known| WayIn {
            issuer: known.issuer.clone(),
            gives_administrator: known.gives_administrator,
        });
        let ways: Vec<_> = of_staff.chain(set).collect();
        lets_an_administrator_in(&ways, &people)
    }
}

/// Reads the rows in the transaction `$tx`.
macro_rules! read {
    ($tx:ident) => {{
        use $crate::store::{providers, ways_in};
        let providers: Vec<(String, String, sqlx::types::Json<providers::AskedColumn>)> =
            sqlx::query_as(ways_in::PROVIDERS).fetch_all(&mut *$tx).await?;
        ways_in::Rows {
            people: sqlx::query_as(ways_in::PEOPLE).fetch_all(&mut *$tx).await?,
            claimed: sqlx::query_as(ways_in::CLAIMED).fetch_all(&mut *$tx).await?,
            by_hand: sqlx::query_as(ways_in::BY_HAND).fetch_all(&mut *$tx).await?,
            accounts: sqlx::query_as(ways_in::ACCOUNTS).fetch_all(&mut *$tx).await?,
            providers: providers
                .into_iter()
                .map(|(key, issuer, asked)| (key, issuer, asked.0.gives_administrator()))
                .collect(),
        }
    }};
}

/// Takes the turn in the transaction `$tx`, runs `$change`, and leaves the function with [`Error::LastWayIn`](super::Error), which takes
/// everything back, when that would leave no administrator a way in. What is locked already is not made worse.
macro_rules! keep_a_way_in {
    ($tx:ident, $of_file:expr, $change:expr) => {{
        use $crate::store::ways_in;
        sqlx::query(ways_in::TAKE_TURN).execute(&mut *$tx).await?;
        let was_open = ways_in::read!($tx).let_one_in($of_file);
        $change;
        if was_open && !ways_in::read!($tx).let_one_in($of_file) {
            return Err($crate::store::Error::LastWayIn);
        }
    }};
}

pub(super) use {keep_a_way_in, read};
