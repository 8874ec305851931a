//! One archive: what is asked of it, within bounds of time, bytes and requests at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use super::retrieval::Retrieval;
use super::{PacsFault, PacsPatience};
use crate::clinical::PatientNumber;
use crate::clock::Clock;
use crate::egress::{Begun, Client, Rules};
use crate::imaging::{Asked, FoundSeries, Offered, dicomweb_series, dicomweb_studies, is_dicomweb};
use crate::store::{PacsSignIn, StoredPacs};

/// Questions at one time; more wait for their turn.
const QUESTIONS: usize = 4;
/// Series that are retrieved at one time.
const RETRIEVALS: usize = 2;
/// The longest answer to a question, in bytes.
const MOST_BYTES: u64 = 2 << 20;
/// The most studies that are asked for.
const MOST_STUDIES: &str = "200";
/// Longer than anything takes: what bounds a request is [`PacsPatience`].
const EVER: Duration = Duration::from_secs(24 * 3600);

/// When an archive was asked, since this program runs with these settings of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    pub at: Option<DateTime<Utc>>,
    /// It answers no more as it should since then.
    pub failing_since: Option<DateTime<Utc>>,
}

/// What a trial found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// From the question to the end of the answer.
    pub took: Duration,
}

/// One archive as it was set.
pub struct Node {
    pub set: StoredPacs,
    root: Url,
    client: Client,
    patience: PacsPatience,
    clock: Clock,
    shared: Arc<Shared>,
}

/// What outlives a change of what the archive is called and whom it serves.
struct Shared {
    questions: Semaphore,
    retrievals: Arc<Semaphore>,
    reached: Mutex<Reached>,
}

impl Node {
    pub(super) fn new(
        set: StoredPacs,
        root: Url,
        rules: &Rules,
        patience: PacsPatience,
        clock: Clock,
    ) -> Result<Self, reqwest::Error> {
        let tune =
            |builder: reqwest::ClientBuilder| Ok(builder.timeout(EVER).connect_timeout(patience.first));
        let client = Client::new(rules, std::slice::from_ref(&root), tune)?;
        let shared = Shared {
            questions: Semaphore::new(QUESTIONS),
            retrievals: Arc::new(Semaphore::new(RETRIEVALS)),
            reached: Mutex::default(),
        };
        Ok(Self { set, root, client, patience, clock, shared: Arc::new(shared) })
    }

    /// The same archive with other words, services, or on where it was off.
    pub(super) fn as_set(&self, set: StoredPacs) -> Self {
        let (root, client, clock) = (self.root.clone(), self.client.clone(), self.clock.clone());
        Self { set, root, client, patience: self.patience, clock, shared: self.shared.clone() }
    }

    /// Where it is.
    pub fn root(&self) -> &Url {
        &self.root
    }

    /// See [`PacsPatience::keep`].
    pub fn keep_within(&self) -> Duration {
        self.patience.keep
    }

    /// The last word on whether it answers.
    pub fn reached(&self) -> Reached {
        *self.shared.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for one study of anybody, and reads nothing of it but whether it is DICOMweb.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn try_out(&self) -> Result<Tried, PacsFault> {
        let began = self.clock.instant();
        let mut url = self.address(&["studies"]);
        url.query_pairs_mut().append_pair("limit", "1");
        let answer = self.ask(url).await;
        let read = answer.and_then(|bytes| Ok(is_dicomweb(&bytes)?));
        self.note(&read);
        read.map(|()| Tried { took: self.clock.instant().duration_since(began) })
    }

    /// The studies of one patient: whatever else it tells is dropped. `study`: one alone, by its identifier.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn studies_of(
        &self,
        number: &PatientNumber,
        study: Option<&str>,
    ) -> Result<Offered, PacsFault> {
        let mut url = self.address(&["studies"]);
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("PatientID", number.expose());
            if let Some(study) = study {
                query.append_pair("StudyInstanceUID", study);
            }
            // What does not come by itself with each study (PS3.18 section 10.6.3.3).
            for tag in ["00081030", "00100021", "00100024"] {
                query.append_pair("includefield", tag);
            }
            query.append_pair("limit", MOST_STUDIES);
        }
        let asked = Asked { number: number.expose(), domain: &self.set.domain, study };
        let answer = self.ask(url).await;
        let read = answer.and_then(|bytes| Ok(dicomweb_studies(&bytes, asked)?));
        self.note(&read);
        read
    }

    /// The series of a study that [`Self::studies_of`] offered.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn series_of(&self, study: &str) -> Result<Vec<FoundSeries>, PacsFault> {
        let answer = self.ask(self.address(&["studies", study, "series"])).await;
        let read = answer.and_then(|bytes| Ok(dicomweb_series(&bytes)?));
        self.note(&read);
        read
    }

    /// The objects of a series, in the form in which the archive keeps them. Waits for its turn. `most_bytes`: all of them together.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn retrieve(&self, study: &str, series: &str, most_bytes: u64) -> Result<Retrieval, PacsFault> {
        // Nothing closes it.
        let turn = self.shared.retrievals.clone().acquire_owned().await.map_err(|_| PacsFault::Busy)?;
        let request = self.request(self.address(&["studies", study, "series", series]))?;
        let request =
            request.header(ACCEPT, "multipart/related; type=\"application/dicom\"; transfer-syntax=*");
        let begun = match timeout(self.patience.quiet, self.client.begin(request)).await {
            Ok(begun) => begun.map_err(PacsFault::from).and_then(good),
            Err(_) => Err(PacsFault::Slow),
        };
        self.note(&begun);
        let begun = begun?;
        let kind = begun.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        Retrieval::new(kind.to_owned(), begun, most_bytes, self.patience.quiet, self.clock.clone(), turn)
    }

    /// Asks, and reads a short answer.
    async fn ask(&self, url: Url) -> Result<Vec<u8>, PacsFault> {
        let turn = timeout(self.patience.turn, self.shared.questions.acquire()).await;
        let _turn = turn.map_err(|_| PacsFault::Busy)?.map_err(|_| PacsFault::Busy)?;
        let request = self.request(url)?.header(ACCEPT, "application/dicom+json");
        let answer = async {
            let begun = timeout(self.patience.first, self.client.begin(request)).await;
            let mut begun = good(begun.map_err(|_| PacsFault::Slow)??)?;
            let mut bytes = Vec::new();
            if begun.length().is_some_and(|length| length > MOST_BYTES) {
                return Err(PacsFault::TooLong(MOST_BYTES));
            }
            // What has begun may break off, and that is another fault than no answer.
            while let Some(chunk) = begun.chunk().await.map_err(|_| PacsFault::Cut)? {
                if bytes.len() as u64 + chunk.len() as u64 > MOST_BYTES {
                    return Err(PacsFault::TooLong(MOST_BYTES));
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        };
        timeout(self.patience.answer, answer).await.map_err(|_| PacsFault::Slow)?
    }

    fn request(&self, url: Url) -> Result<RequestBuilder, PacsFault> {
        let request = self.client.request(Method::GET, url)?;
        Ok(match &self.set.sign_in {
            PacsSignIn::Nothing => request,
            PacsSignIn::Password { user, password } => request.basic_auth(user, Some(password.expose())),
            PacsSignIn::Token(token) => request.bearer_auth(token.expose()),
        })
    }

    /// An address below the root.
    fn address(&self, path: &[&str]) -> Url {
        let mut url = self.root.clone();
        // An address of http has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    fn note<T>(&self, found: &Result<T, PacsFault>) {
        let now = self.clock.now();
        let mut reached = self.shared.reached.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(_) => *reached = Reached { at: Some(now), failing_since: None },
            // That is no fault of the archive.
            Err(PacsFault::Busy) => {}
            Err(fault) => {
                reached.failing_since.get_or_insert(now);
                tracing::warn!(
                    pacs = self.set.key,
                    error = fault as &dyn std::error::Error,
                    "an archive did not answer as it should"
                );
            }
        }
    }
}

/// An answer that says that it is one.
fn good(begun: Begun) -> Result<Begun, PacsFault> {
    match begun.status() {
        status if status.is_success() => Ok(begun),
        status if status.is_redirection() => Err(PacsFault::Redirected),
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            Err(PacsFault::NotSignedIn(status.as_u16()))
        }
        status => Err(PacsFault::Status(status.as_u16())),
    }
}
