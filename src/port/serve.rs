//! Speaks HTTP on the streams that turned out to be it, with a limit on everything that a client could draw out: heads of requests, the
//! number of their lines, streams of one connection, connections of one address. Bodies have theirs where they are read.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::ConnectInfo;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::{TowerToHyperService, TowerToHyperServiceFuture};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::entrance::{BREATHER, Http};
use super::stream::{Progress, Stream};
use crate::tasks::Tasks;

/// The head of a request is complete within this time, and a connection on which nothing is asked for this long is closed.
pub const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// The longest head, in bytes: the cookies of some guests and a long address.
const MAX_HEAD: usize = 32 << 10;
/// Lines of one head.
const MAX_LINES: usize = 100;
/// Requests on one connection of HTTP/2 at one time; browsers send as many as they are let.
const MAX_STREAMS: u32 = 128;
/// A client of HTTP/2 is asked so often for a sign of life, and given up when none comes for as long.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// Connections of a listener that does nothing but HTTP.
const MAX_PLAIN: usize = 32;

impl Http {
    /// Serves every stream until the program is asked to end; connections that are open then end with their tasks. `head`: see
    /// [`HEAD_PATIENCE`].
    pub async fn serve(mut self, router: Router, tasks: Tasks, head: Duration) {
        let builder = builder(head);
        loop {
            let stream = tokio::select! {
                () = tasks.stopped() => return,
                stream = self.next() => stream,
            };
            let Some((stream, _)) = stream else { return };
            tasks.spawn("http", speak(builder.clone(), stream, router.clone(), tasks.clone()));
        }
    }
}

/// Serves HTTP without TLS and nothing else on a listener of its own, with the same limits and few connections at one time, until the program is
/// asked to end.
pub async fn serve_plain(listener: TcpListener, router: Router, tasks: Tasks, head: Duration) {
    let (builder, places) = (builder(head), Arc::new(Semaphore::new(MAX_PLAIN)));
    loop {
        let accept = async {
            let place = places.clone().acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            () = tasks.stopped() => return,
            accepted = accept => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(BREATHER).await;
            continue;
        };
        let (builder, router, stopped) = (builder.clone(), router.clone(), tasks.clone());
        tasks.spawn("plain http", async move {
            speak(builder, Stream::plain(stream), router, stopped).await;
            drop(place);
        });
    }
}

fn builder(head: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_LINES)
        .http2()
        .timer(TokioTimer::new())
        .enable_connect_protocol()
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD as u32)
        .keep_alive_interval(HEARTBEAT)
        .keep_alive_timeout(HEARTBEAT);
    builder
}

async fn speak(builder: Builder<TokioExecutor>, stream: Stream, router: Router, tasks: Tasks) {
    let visit = Visit { progress: stream.progress(), inner: TowerToHyperService::new(router) };
    let mut connection = std::pin::pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), visit));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = tasks.stopped() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = &*error, "a connection of HTTP broke");
    }
}

/// Every request of one connection bears who is at the other end.
struct Visit {
    progress: Progress,
    inner: TowerToHyperService<Router>,
}

impl Service<Request<Incoming>> for Visit {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = TowerToHyperServiceFuture<Router, Request<Incoming>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.progress.clone()));
        self.inner.call(request)
    }
}
