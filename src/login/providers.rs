//! All providers: those of the file of settings, and those that administrators set on their page. The rows are looked at each time, so that
//! a change is in use at once, whichever of several gateways it was made at.

use std::sync::{Arc, Mutex, PoisonError};

use super::provider::Provider;
use super::settings::BadProvider;
use super::{ClientAuthentication, Error, LoginSettings, ProviderSettings, RoleRule};
use crate::clinical::StaffRole;
use crate::clock::Clock;
use crate::secret::Secret;
use crate::store::{RestsOn, SecretMethod, Store, StoredProvider, WayOfFile};

/// One provider, and what becomes of whoever would sign in there.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) provider: Arc<Provider>,
    /// It is set in the file, and changed there alone.
    pub(super) is_of_file: bool,
    /// It is offered. One that is not still ends logins that began there.
    pub(super) is_on: bool,
}

impl Entry {
    /// It opens documents to patients and signs no staff in.
    pub(super) fn is_for_patients(&self) -> bool {
        self.provider.settings.is_for_patients
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Providers(Arc<Inner>);

struct Inner {
    site: Arc<LoginSettings>,
    store: Store,
    clock: Clock,
    of_file: Vec<Entry>,
    /// The rows as they were last seen, and what was made of them; nothing of a row that cannot be used.
    made: Mutex<Vec<(StoredProvider, Option<Entry>)>>,
}

impl Providers {
    /// # Errors
    /// If the settings of the file cannot be used.
    pub(super) fn new(site: Arc<LoginSettings>, store: Store, clock: Clock) -> Result<Self, Error> {
        let of_file = |settings: &ProviderSettings| {
            let provider = Provider::new(settings.clone(), &site, &site.egress, clock.clone())?;
            Ok(Entry { provider: Arc::new(provider), is_of_file: true, is_on: true })
        };
        let of_file = site.providers.iter().map(of_file).collect::<Result<Vec<_>, Error>>()?;
        Ok(Self(Arc::new(Inner { site, store, clock, of_file, made: Mutex::default() })))
    }

    /// All of them, those of the file first. While the database is away, as they were last seen.
    pub(super) async fn all(&self) -> Vec<Entry> {
        let rows = self.0.store.identity_providers().await;
        let mut made = self.0.made.lock().unwrap_or_else(PoisonError::into_inner);
        match rows {
            Ok(rows) => {
                let before = std::mem::take(&mut *made);
                *made = rows.into_iter().map(|row| self.made_of(row, &before)).collect();
            }
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the providers that were set on the page are not known: they stay as they were"
            ),
        }
        let set = made.iter().filter_map(|(_, entry)| entry.clone());
        self.0.of_file.iter().cloned().chain(set).collect()
    }

    /// The provider of that name, on or off; the hospital's own when none is named.
    pub(super) async fn named(&self, key: Option<&str>) -> Option<Entry> {
        let all = self.all().await;
        match key {
            Some(key) => all.into_iter().find(|entry| entry.provider.settings.key == key),
            None => all.into_iter().find(|entry| entry.is_on && !entry.is_for_patients()),
        }
    }

    /// The one at which a member of staff may sign in.
    pub(super) async fn offered(&self, key: Option<&str>) -> Option<Arc<Provider>> {
        let entry = self.named(key).await.filter(|entry| entry.is_on && !entry.is_for_patients());
        entry.map(|entry| entry.provider)
    }

    /// The one at which patients prove who they are.
    pub(super) async fn for_patients(&self, key: &str) -> Option<Arc<Provider>> {
        let entry = self.named(Some(key)).await.filter(|entry| entry.is_on && entry.is_for_patients());
        entry.map(|entry| entry.provider)
    }

    /// The hospital's own, which is set in the file, if there is one.
    pub(super) fn own(&self) -> Option<Arc<Provider>> {
        let first = self.0.of_file.first().filter(|entry| !entry.is_for_patients());
        first.map(|entry| entry.provider.clone())
    }

    /// What a login rests on that one of them proves: of the page are all that are not in the file.
    pub(super) fn rests_on<'a>(&self, key: &str, issuer: &'a str) -> RestsOn<'a> {
        let is_of_file = self.0.of_file.iter().any(|entry| entry.provider.settings.key == key);
        if is_of_file { RestsOn::File } else { RestsOn::Page { issuer } }
    }

    /// Those of the file, as whoever looks after ways in counts them.
    pub(super) fn ways_of_file(&self) -> Vec<WayOfFile> {
        let way = |settings: &ProviderSettings| WayOfFile {
            key: settings.key.clone(),
            issuer: settings.issuer.clone(),
            gives_administrator: settings.roles.iter().any(|rule| rule.role == StaffRole::Administrator),
            is_for_patients: settings.is_for_patients,
        };
        self.0.of_file.iter().map(|entry| way(&entry.provider.settings)).collect()
    }

    /// What a row becomes: what it was, if nothing of it has changed but whether it is on.
    fn made_of(
        &self,
        row: StoredProvider,
        before: &[(StoredProvider, Option<Entry>)],
    ) -> (StoredProvider, Option<Entry>) {
        let is_same = |(known, _): &&(StoredProvider, Option<Entry>)| {
            let StoredProvider { is_on, changed_at, .. } = row;
            StoredProvider { is_on, changed_at, ..known.clone() } == row
        };
        let entry = match before.iter().find(is_same) {
            Some((_, entry)) => entry.clone().map(|entry| Entry { is_on: row.is_on, ..entry }),
            None => self.new_entry(&row),
        };
        (row, entry)
    }

    fn new_entry(&self, row: &StoredProvider) -> Option<Entry> {
        let settings = settings_of(row);
        // What the file says by now goes before the page.
        let is_same = |known: &Entry| {
            known.provider.settings.key == row.key || known.provider.settings.issuer == row.issuer
        };
        if self.0.of_file.iter().any(is_same) {
            tracing::warn!(provider = row.key, "this provider is set in the file too, which counts");
            return None;
        }
        let made = settings.check().map_err(Error::Provider).and_then(|()| self.make(settings));
        match made {
            Ok(provider) => Some(Entry { provider: Arc::new(provider), is_of_file: false, is_on: row.is_on }),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, provider = row.key, "this provider cannot be used as it was set");
                None
            }
        }
    }

    /// One that is asked as what is set on the page is.
    pub(super) fn make(&self, settings: ProviderSettings) -> Result<Provider, Error> {
        let rules = self.0.site.egress.for_pages();
        Provider::new(settings, &self.0.site, &rules, self.0.clock.clone())
    }

    /// Whether one may be set so: its form, its name and issuer beside those of the file, and where its addresses lead now.
    pub(super) async fn check(&self, set: &StoredProvider) -> Result<(), BadProvider> {
        let settings = settings_of(set);
        if set.discovery_url.is_some() != settings.discovery_url.is_some() {
            return Err(BadProvider::Discovery);
        }
        settings.check()?;
        for known in self.0.of_file.iter().map(|entry| &entry.provider.settings) {
            if known.key == set.key {
                return Err(BadProvider::KeyTaken);
            }
            if known.issuer == set.issuer {
                return Err(BadProvider::IssuerTaken);
            }
        }
        let rules = self.0.site.egress.for_pages();
        for url in settings.named() {
            match rules.look_up(url.host_str().unwrap_or_default()).await {
                // What has no address today may have one tomorrow.
                Ok(()) | Err(crate::egress::Refused::Unknown(_)) => {}
                Err(refused) => return Err(BadProvider::Egress(refused)),
            }
        }
        Ok(())
    }
}

/// A row as the settings of a provider.
pub(super) fn settings_of(row: &StoredProvider) -> ProviderSettings {
    let secret = Secret::new(row.client_secret.expose().clone());
    let authentication = match row.authentication {
        SecretMethod::Basic => ClientAuthentication::Basic(secret),
        SecretMethod::Post => ClientAuthentication::Post(secret),
    };
    let rule = |rule: &crate::store::StoredRoleRule| RoleRule {
        claim: rule.claim.clone(),
        value: rule.value.clone(),
        role: rule.role,
    };
    ProviderSettings {
        label: Some(row.label.clone()),
        is_for_patients: row.is_for_patients,
        discovery_url: row.discovery_url.as_deref().and_then(|url| url.parse().ok()),
        scopes: row.scopes.clone(),
        acr_values: row.acr_values.clone(),
        fresh_acr_values: row.fresh_acr_values.clone(),
        name_claim: row.name_claim.clone(),
        subject_claim: row.subject_claim.clone(),
        ..ProviderSettings::new(
            row.key.clone(),
            row.issuer.clone(),
            row.client_id.clone(),
            authentication,
            row.roles.iter().map(rule).collect(),
        )
    }
}
