//! A stream whose first bytes were looked at already: whoever reads it gets them again.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::gate::Ticket;

/// Plain or inside of TLS.
#[derive(Debug)]
pub struct Stream {
    first: BytesMut,
    inner: Inner,
    progress: Progress,
    /// What it counts for, as long as it lives.
    place: Option<Ticket>,
}

/// How much has left on a connection, whoever writes to it.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    left: Arc<AtomicU64>,
    peer: Option<IpAddr>,
}

impl Progress {
    /// Bytes that the system has taken so far, those of TLS among them.
    pub fn bytes(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Who is at the other end of it.
    pub fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    fn note(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = written {
            self.left.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
    }
}

#[derive(Debug)]
enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<Stream>>),
}

impl Stream {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self {
            first: BytesMut::new(),
            inner: Inner::Plain(stream),
            progress: Progress::default(),
            place: None,
        }
    }

    pub(super) fn tls(stream: TlsStream<Stream>) -> Self {
        // What TLS takes may wait in it: what counts is what leaves below.
        let progress = stream.get_ref().0.progress.clone();
        Self { first: BytesMut::new(), inner: Inner::Tls(Box::new(stream)), progress, place: None }
    }

    pub(super) fn is_tls(&self) -> bool {
        matches!(self.inner, Inner::Tls(_))
    }

    /// Gives back what was looked at.
    pub(super) fn again(mut self, first: BytesMut) -> Self {
        self.first = first;
        self
    }

    /// The same, counted until it ends.
    pub(super) fn in_place(mut self, place: Ticket) -> Self {
        self.place = Some(place);
        self
    }

    /// How much leaves on it, and to whom.
    pub(super) fn progress(&self) -> Progress {
        let peer = self.tcp().peer_addr().ok().map(|address| address.ip());
        Progress { peer, ..self.progress.clone() }
    }

    /// The connection below.
    pub(super) fn tcp(&self) -> &TcpStream {
        match &self.inner {
            Inner::Plain(stream) => stream,
            Inner::Tls(stream) => stream.get_ref().0.tcp(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let length = self.first.len().min(buffer.remaining());
            buffer.put_slice(&self.first[..length]);
            self.first.advance(length);
            return Poll::Ready(Ok(()));
        }
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Inner::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        match &mut this.inner {
            Inner::Plain(stream) => {
                let written = Pin::new(stream).poll_write(context, bytes);
                this.progress.note(&written);
                written
            }
            Inner::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(context),
            Inner::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Inner::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        match &mut this.inner {
            Inner::Plain(stream) => {
                let written = Pin::new(stream).poll_write_vectored(context, slices);
                this.progress.note(&written);
                written
            }
            Inner::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Plain(stream) => stream.is_write_vectored(),
            Inner::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
