//! Every way in which a request fails: the whole table on two screens. To the outside, unknown and forbidden look the same.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::archive;
use crate::clinical::{
    AfterClosed, BookError, ContactFault, DoorClosed, FolderClosed, FolderWishError, NoReason, NotAllowed,
    ReportRefusal, ServiceFault, ShareRefusal, Stale, TextRefusal, WrongStatus,
};
use crate::login;
use crate::protocol::{Problem, ProblemCode};
use crate::store;

/// A request that failed; becomes `application/problem+json` (RFC 9457).
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    code: ProblemCode,
    detail: String,
}

impl Failure {
    pub(super) fn new(status: StatusCode, code: ProblemCode, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ProblemCode::BadRequest, detail)
    }

    /// Not there, or not for whoever asks.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, ProblemCode::NotFound, "there is nothing here for you")
    }

    pub(super) fn sign_in_needed() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, ProblemCode::SignInNeeded, "nobody is signed in")
    }

    /// Signed in, but too long ago, or by too weak means, for this.
    pub(super) fn fresh_sign_in_needed() -> Self {
        let detail = "this asks for a sign-in of just now";
        Self::new(StatusCode::FORBIDDEN, ProblemCode::FreshSignInNeeded, detail)
    }

    /// The link is known; whoever holds it has to show something besides it.
    pub(super) fn pass_needed() -> Self {
        Self::new(StatusCode::FORBIDDEN, ProblemCode::PassNeeded, "the link alone does not lead there")
    }

    pub(super) fn too_many() -> Self {
        let detail = "too often in a short time: wait a minute";
        Self::new(StatusCode::TOO_MANY_REQUESTS, ProblemCode::TooMany, detail)
    }

    /// Another site's page asks, or something that is no page.
    pub(super) fn foreign_origin() -> Self {
        let detail = "this request does not come from a page of this site";
        Self::new(StatusCode::FORBIDDEN, ProblemCode::ForeignOrigin, detail)
    }

    /// There is no place for it just now.
    pub(super) fn busy() -> Self {
        let detail = "too many requests at once: try again in a moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, ProblemCode::Unavailable, detail)
    }

    pub(super) fn code(&self) -> ProblemCode {
        self.code
    }

    /// Something here is broken: logged with its cause, told without it.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, ProblemCode::Internal, "this server has a fault")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = Problem { status: self.status.as_u16(), code: self.code, detail: self.detail };
        let mut response = (self.status, axum::Json(body)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let wait_s = match self.status {
            StatusCode::TOO_MANY_REQUESTS => Some("60"),
            StatusCode::SERVICE_UNAVAILABLE => Some("1"),
            _ => None,
        };
        if let Some(wait_s) = wait_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(wait_s));
        }
        response
    }
}

impl From<NotAllowed> for Failure {
    fn from(_: NotAllowed) -> Self {
        Self::not_found()
    }
}

impl From<BookError> for Failure {
    fn from(error: BookError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.into(), error.to_string())
    }
}

impl From<ContactFault> for Failure {
    fn from(fault: ContactFault) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, fault.into(), fault.to_string())
    }
}

impl From<ServiceFault> for Failure {
    fn from(fault: ServiceFault) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::BadService, fault.to_string())
    }
}

impl From<DoorClosed> for Failure {
    fn from(closed: DoorClosed) -> Self {
        Self::new(StatusCode::FORBIDDEN, closed.into(), "the link does not open the door now")
    }
}

impl From<ShareRefusal> for Failure {
    fn from(refusal: ShareRefusal) -> Self {
        let status = match refusal {
            ShareRefusal::Over | ShareRefusal::TooMany => StatusCode::CONFLICT,
            ShareRefusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ShareRefusal::WrongKind => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        };
        Self::new(status, refusal.into(), refusal.to_string())
    }
}

impl From<Stale> for Failure {
    fn from(stale: Stale) -> Self {
        Self::new(StatusCode::CONFLICT, ProblemCode::Stale, stale.to_string())
    }
}

impl From<TextRefusal> for Failure {
    fn from(refusal: TextRefusal) -> Self {
        let code = match refusal {
            TextRefusal::TooLong => ProblemCode::TooLong,
            TextRefusal::ControlCharacter => ProblemCode::BadRequest,
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, refusal.to_string())
    }
}

impl From<ReportRefusal> for Failure {
    fn from(refusal: ReportRefusal) -> Self {
        let (status, code) = match refusal {
            ReportRefusal::Stale(_) => (StatusCode::CONFLICT, ProblemCode::Stale),
            ReportRefusal::Signed => (StatusCode::CONFLICT, ProblemCode::ReportSigned),
            ReportRefusal::DraftExists => (StatusCode::CONFLICT, ProblemCode::DraftExists),
            ReportRefusal::NotOver => (StatusCode::CONFLICT, ProblemCode::WrongStatus),
            ReportRefusal::WhyMissing => (StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::WhyMissing),
            ReportRefusal::ConclusionsMissing => {
                (StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::ConclusionsMissing)
            }
            ReportRefusal::TooManyImages => (StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::TooMany),
        };
        Self::new(status, code, refusal.to_string())
    }
}

impl From<AfterClosed> for Failure {
    fn from(closed: AfterClosed) -> Self {
        let (status, code) = match closed {
            AfterClosed::Unknown => (StatusCode::FORBIDDEN, ProblemCode::LinkUnknown),
            AfterClosed::NotOver => (StatusCode::CONFLICT, ProblemCode::WrongStatus),
            AfterClosed::Expired => (StatusCode::FORBIDDEN, ProblemCode::LinkExpired),
        };
        Self::new(status, code, closed.to_string())
    }
}

impl From<FolderClosed> for Failure {
    fn from(closed: FolderClosed) -> Self {
        Self::new(StatusCode::FORBIDDEN, ProblemCode::FolderClosed, closed.to_string())
    }
}

impl From<FolderWishError> for Failure {
    fn from(error: FolderWishError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::BadFolder, error.to_string())
    }
}

impl From<NoReason> for Failure {
    fn from(error: NoReason) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, ProblemCode::BadRequest, error.to_string())
    }
}

impl From<crate::retention::Error> for Failure {
    fn from(error: crate::retention::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<WrongStatus> for Failure {
    fn from(error: WrongStatus) -> Self {
        Self::new(StatusCode::CONFLICT, ProblemCode::WrongStatus, error.to_string())
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Constraint(store::Constraint::AppointmentOverlap) => Self::new(
                StatusCode::CONFLICT,
                ProblemCode::PractitionerBusy,
                "a practitioner has another appointment at that time",
            ),
            store::Error::Constraint(store::Constraint::UnknownReference) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                ProblemCode::UnknownPractitioner,
                "there is no such practitioner",
            ),
            store::Error::Constraint(store::Constraint::ServiceName) => Self::new(
                StatusCode::CONFLICT,
                ProblemCode::ServiceNameTaken,
                "this site has a service of that name",
            ),
            store::Error::Constraint(store::Constraint::QueueAddress) => Self::new(
                StatusCode::CONFLICT,
                ProblemCode::QueueAddressTaken,
                "another queue has that address",
            ),
            store::Error::LastWayIn => Self::new(
                StatusCode::CONFLICT,
                ProblemCode::LastWayIn,
                "no administrator could sign in any more",
            ),
            other => Self::internal(&other),
        }
    }
}

impl From<login::Error> for Failure {
    fn from(error: login::Error) -> Self {
        match error {
            login::Error::ProviderUnreachable(fault) => {
                tracing::warn!(
                    error = &fault as &dyn std::error::Error,
                    "the identity provider cannot be used"
                );
                let detail = "the identity provider does not answer";
                Self::new(StatusCode::BAD_GATEWAY, ProblemCode::ProviderUnreachable, detail)
            }
            login::Error::UnknownProvider => Self::not_found(),
            other => Self::internal(&other),
        }
    }
}

impl From<login::Refused> for Failure {
    fn from(refused: login::Refused) -> Self {
        use login::Refused as R;
        let (status, code) = match &refused {
            R::NoRole => (StatusCode::FORBIDDEN, ProblemCode::NoRole),
            R::WrongState | R::Expired => (StatusCode::BAD_REQUEST, ProblemCode::SignInExpired),
            R::ProviderSaid(_) | R::SwitchedOff => (StatusCode::FORBIDDEN, ProblemCode::SignInRefused),
            R::WrongIssuer | R::BadToken(_) => (StatusCode::FORBIDDEN, ProblemCode::SignInUntrusted),
            R::WeakSignIn => (StatusCode::FORBIDDEN, ProblemCode::SignInWeak),
            R::NotFresh => (StatusCode::FORBIDDEN, ProblemCode::SignInNotFresh),
            R::OtherPerson => (StatusCode::FORBIDDEN, ProblemCode::SignInOtherPerson),
            R::ProviderUnreachable(_) => (StatusCode::BAD_GATEWAY, ProblemCode::ProviderUnreachable),
            R::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, ProblemCode::Internal),
        };
        tracing::warn!(error = &refused as &dyn std::error::Error, "a sign-in was refused");
        Self::new(status, code, refused.to_string())
    }
}

impl From<login::local::Refused> for Failure {
    fn from(refused: login::local::Refused) -> Self {
        use login::local::{Refused as R, rules::BadPassword};
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        let (status, code) = match &refused {
            R::Wrong => (StatusCode::FORBIDDEN, ProblemCode::LocalWrong),
            R::WrongSecondFactor => (StatusCode::FORBIDDEN, ProblemCode::SecondFactorWrong),
            R::Locked => (StatusCode::TOO_MANY_REQUESTS, ProblemCode::LocalLocked),
            R::Expired => (StatusCode::FORBIDDEN, ProblemCode::LocalExpired),
            R::AddressClosed => (StatusCode::FORBIDDEN, ProblemCode::AddressClosed),
            R::BadUserName => (unprocessable, ProblemCode::BadUserName),
            R::UserNameTaken => (StatusCode::CONFLICT, ProblemCode::UserNameTaken),
            R::BadPassword(BadPassword::Short) => (unprocessable, ProblemCode::PasswordShort),
            R::BadPassword(BadPassword::Long) => (unprocessable, ProblemCode::TooLong),
            R::BadPassword(BadPassword::Guessable) => (unprocessable, ProblemCode::PasswordGuessable),
            R::BadName => (unprocessable, ProblemCode::NameMissing),
            R::NoRole => (unprocessable, ProblemCode::RoleMissing),
            R::Disabled => (StatusCode::FORBIDDEN, ProblemCode::NoRole),
            R::Hash | R::Store(_) => return Self::internal(&refused),
        };
        Self::new(status, code, refused.to_string())
    }
}

impl From<archive::Error> for Failure {
    fn from(error: archive::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            let detail = "the disk of this server is full";
            return Self::new(StatusCode::INSUFFICIENT_STORAGE, ProblemCode::StorageFull, detail);
        }
        Self::internal(&error)
    }
}

/// What this program's libraries refuse by themselves is told as a problem too: a query or an address that cannot be read, a method that
/// an address does not have, a body that came too slowly or is too large, an answer that took too long, a panic.
pub(super) async fn word(request: Request, rest: Next) -> Response {
    // Whoever watches this process reads its word.
    let is_watched = request.uri().path().starts_with("/health/");
    let response = rest.run(request).await;
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_bare = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if is_watched || !is_bare || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => (ProblemCode::NotFound, "there is nothing here for you"),
        StatusCode::METHOD_NOT_ALLOWED => (ProblemCode::BadRequest, "this address does not take that method"),
        StatusCode::PAYLOAD_TOO_LARGE => (ProblemCode::TooLarge, "the body is too large"),
        StatusCode::SERVICE_UNAVAILABLE => {
            (ProblemCode::Unavailable, "this took too long: try again in a moment")
        }
        _ if status.is_server_error() => (ProblemCode::Internal, "this server has a fault"),
        _ => (ProblemCode::BadRequest, "the request cannot be read"),
    };
    let mut told = Failure::new(status, code, detail).into_response();
    for (name, value) in response.headers() {
        // `Allow` and `Connection`, say, belong to the refusal and not to its body.
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            told.headers_mut().insert(name, value.clone());
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::extract::Query;
    use axum::http::HeaderMap;
    use axum::middleware::from_fn;
    use axum::routing::{get, post};
    use hyper::service::Service as _;
    use hyper_util::service::TowerToHyperService;
    use serde_json::Value;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    async fn asked(method: &str, address: &str) -> (StatusCode, HeaderMap, Value) {
        let router = Router::new()
            .route("/panic", get(async || -> StatusCode { unreachable!("what nobody thought of") }))
            .route("/query", get(async |Query(_): Query<Vec<(String, u8)>>| StatusCode::NO_CONTENT))
            .route("/post", post(async || StatusCode::NO_CONTENT))
            .route("/health/ready", get(async || (StatusCode::SERVICE_UNAVAILABLE, "not now\n")))
            .layer(CatchPanicLayer::new())
            .layer(from_fn(word));
        let request = Request::builder().method(method).uri(address).body(Body::empty()).unwrap();
        let response = TowerToHyperService::new(router).call(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1000).await.unwrap();
        (parts.status, parts.headers, serde_json::from_slice(&body).unwrap_or_default())
    }

    #[tokio::test]
    async fn what_libraries_refuse_by_themselves_is_a_problem_too() {
        let (status, headers, told) = asked("GET", "/panic").await;
        assert_eq!((status, &told["code"]), (StatusCode::INTERNAL_SERVER_ERROR, &Value::from("internal")));
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
        let (status, _, told) = asked("GET", "/query?x=one").await;
        assert_eq!((status, &told["code"]), (StatusCode::BAD_REQUEST, &Value::from("bad_request")));
        let (status, headers, told) = asked("GET", "/post").await;
        assert_eq!((status, &told["status"]), (StatusCode::METHOD_NOT_ALLOWED, &Value::from(405)));
        assert_eq!(headers[header::ALLOW], "POST");
        let (status, _, told) = asked("GET", "/health/ready").await;
        assert_eq!(
            (status, told),
            (StatusCode::SERVICE_UNAVAILABLE, Value::Null),
            "whoever watches reads a word"
        );
    }
}
