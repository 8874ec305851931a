//! How much, how fast and how slowly: over raw sockets where a well-behaved client would not do it.

use std::time::Duration;

use parvis::app::Patience;
use parvis::store::Dialect;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::app::TestApp;
use crate::visit::Visit;

/// What is to end ends within this time, on a busy machine too. Without a limit none of it would ever end.
const LIMIT: Duration = Duration::from_secs(15);

const HASTY: Patience = Patience {
    head: Duration::from_millis(500),
    answer: Duration::from_secs(3),
    upload: Duration::from_millis(500),
};

async fn hasty() -> Visit {
    let change = |settings: &mut parvis::app::Settings| settings.network.patience = HASTY;
    // Booking asks an identity provider in this process, and has its time all the same.
    Visit::book_at(TestApp::start_with(Dialect::Sqlite, change).await, 5).await
}

async fn connect(visit: &Visit) -> TcpStream {
    TcpStream::connect(visit.app.base.trim_start_matches("http://")).await.unwrap()
}

/// Sends this, then one more byte now and then. The answer is all that came until the other side closed.
async fn trickle(visit: &Visit, first: String, every: Option<Duration>) -> String {
    let (mut reader, mut writer) = connect(visit).await.into_split();
    let sending = async {
        writer.write_all(first.as_bytes()).await.unwrap();
        loop {
            match every {
                Some(every) => tokio::time::sleep(every).await,
                None => std::future::pending().await,
            }
            if writer.write_all(b"x").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut answer = Vec::new();
    let reading = async {
        // A reset is an end, too.
        let _ = reader.read_to_end(&mut answer).await;
    };
    let ended = async {
        tokio::select! {
            () = reading => {}
            () = sending => {}
        }
    };
    tokio::time::timeout(LIMIT, ended).await.expect("the connection was never closed");
    String::from_utf8_lossy(&answer).into_owned()
}

fn head(visit: &Visit, line: &str, rest: &str) -> String {
    let cookie = visit.doctor.cookie.as_deref().unwrap();
    let (base, host) = (&visit.app.base, visit.app.base.trim_start_matches("http://"));
    format!(
        "{line} HTTP/1.1\r\nhost: {host}\r\norigin: {base}\r\ncookie: __Host-parvis-login={cookie}\r\n{rest}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_slow_on_purpose_is_given_up_and_others_are_served() {
    let visit = hasty().await;
    let slowly = Some(Duration::from_millis(100));
    let unfinished = head(&visit, "GET /api/me", "x-slow: ");
    let unfinished = unfinished.trim_end().to_owned();
    let json = "content-type: application/json\r\ncontent-length: 1000\r\n";
    let look = head(&visit, "POST /api/guest/look", json);
    let files = format!("POST /api/appointments/{}/files?name=a.pdf", visit.appointment);
    let stalled = head(&visit, &files, "content-length: 1000\r\n") + "%PDF-1.4";
    let idle = head(&visit, "GET /health/live", "");
    let (slow_head, slow_body, upload, idle, served) = tokio::join!(
        trickle(&visit, unfinished, slowly),
        trickle(&visit, look, slowly),
        trickle(&visit, stalled, None),
        trickle(&visit, idle, None),
        async {
            for _ in 0..20 {
                assert_eq!(visit.doctor.get("/api/me").await.0, StatusCode::OK);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            true
        },
    );
    assert!(!slow_head.contains(" 200 "), "{slow_head}");
    assert!(slow_body.starts_with("HTTP/1.1 503"), "{slow_body}");
    assert!(upload.starts_with("HTTP/1.1 400"), "{upload}");
    assert!(idle.starts_with("HTTP/1.1 200"), "{idle}");
    assert!(served);
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_and_bodies_have_a_longest() {
    let visit = hasty().await;
    let many: String = (0..200).map(|number| format!("x-{number}: 1\r\n")).collect();
    let long = format!("x-long: {}\r\n", "x".repeat(64 << 10));
    for rest in [many, long] {
        let answer = trickle(&visit, head(&visit, "GET /api/me", &rest), None).await;
        assert!(answer.starts_with("HTTP/1.1 431") || answer.is_empty(), "{answer}");
    }
    let told = head(
        &visit,
        "POST /api/guest/look",
        "content-type: application/json\r\ncontent-length: 10000000\r\n",
    );
    let answer = trickle(&visit, told + &" ".repeat(100_000), None).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // Two lengths, or a length beside chunks: where one request ends must not be anybody's guess (RFC 9112 section 6.3).
    for rest in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5\r\ntransfer-encoding: chunked, identity\r\n",
        "transfer-encoding: xchunked\r\ncontent-length: 5\r\n",
        "content-length: +5\r\n",
    ] {
        let request = head(&visit, "POST /logout", rest) + "0\r\n\r\nGET /api/me HTTP/1.1\r\n\r\n";
        let answer = trickle(&visit, request, None).await;
        assert!(answer.starts_with("HTTP/1.1 400") || answer.is_empty(), "{rest:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count().max(1), 1, "{rest:?}: {answer}");
    }
    assert_eq!(visit.doctor.get("/api/me").await.0, StatusCode::OK, "the login has not ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_more_than_can_be_answered_at_once_is_refused_at_once() {
    let few = |settings: &mut parvis::app::Settings| settings.network.requests_at_once = Some(8);
    let visit = Visit::book_at(TestApp::start_with(Dialect::Sqlite, few).await, 5).await;
    // Of four uploads that do not end two take the two places of this address, and two are refused.
    let files = format!("POST /api/appointments/{}/files?name=a.pdf", visit.appointment);
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = connect(&visit).await;
        let request = head(&visit, &files, "content-length: 1000\r\n") + "%PDF-1.4";
        stream.write_all(request.as_bytes()).await.unwrap();
        held.push(stream);
    }
    for _ in 0..2 {
        let answers = held.iter_mut().map(|stream| Box::pin(stream.read_u8()));
        let (first, at, rest) =
            tokio::time::timeout(LIMIT, futures_util::future::select_all(answers)).await.unwrap();
        drop(rest);
        assert_eq!(first.unwrap(), b'H', "an answer of HTTP");
        held.swap_remove(at);
    }
    let refused = async {
        loop {
            let answer = visit.doctor.raw(Method::GET, "/api/me").send().await.unwrap();
            if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let refused = tokio::time::timeout(LIMIT, refused).await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(
        visit.app.browser().get("/health/live").await.0,
        StatusCode::OK,
        "whoever watches is answered"
    );
    drop(held);
    let given_back = async {
        while visit.doctor.get("/api/me").await.0 != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, given_back).await.expect("the places are not given back");
}

/// Asks for a code at a door so often that one address is refused; the answer says how often it was let.
async fn codes_of(app: &TestApp, forwarded: impl Fn(usize) -> String) -> usize {
    let mut allowed = 0;
    for turn in 0..40 {
        let report = app.browser().from(Method::POST, "/api/csp-report", Some("null"), None);
        let answer = report.header("x-forwarded-for", forwarded(turn)).body("{}").send().await.unwrap();
        match answer.status() {
            StatusCode::NO_CONTENT => allowed += 1,
            StatusCode::TOO_MANY_REQUESTS => assert_eq!(answer.headers()["retry-after"], "60"),
            other => panic!("{other}"),
        }
    }
    allowed
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_x_forwarded_for_is_believed_only_where_a_setting_names_them() {
    // The test has the whole burst of 30, and one or two more if it takes long.
    let app = TestApp::start(Dialect::Sqlite).await;
    let allowed = codes_of(&app, |turn| format!("198.51.100.{turn}")).await;
    assert!((30..34).contains(&allowed), "it may have written that itself: {allowed}");

    let trusting = |settings: &mut parvis::app::Settings| {
        settings.network.trusted_proxies = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
    };
    let app = TestApp::start_with(Dialect::Sqlite, trusting).await;
    assert_eq!(codes_of(&app, |turn| format!("198.51.100.{turn}")).await, 40, "each has its own");
    let one = codes_of(&app, |turn| format!("203.0.113.{turn}, 2001:db8:0:1::{turn:x}")).await;
    assert!((30..34).contains(&one), "a household of IPv6 is one, whatever it writes before: {one}");
}
