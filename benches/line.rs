//! A line between the gateway and one device: what is sent goes through a token bucket and arrives later, in both directions. It carries TCP
//! connections, and so WebSockets; the bytes of TCP and IP themselves are not counted.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use crate::bucket::TokenBucket;

/// What a line bears, the same both ways.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// As figures name it.
    pub name: &'static str,
    pub bits_per_second: f64,
    /// What leaves at once after a pause, in bytes: as much as passes in a few ticks of a timer.
    pub burst: f64,
    pub one_way: Duration,
}

/// A cable, a good and a bad mobile network.
pub const KINDS: [Kind; 3] = [
    Kind { name: "100m", bits_per_second: 100e6, burst: 64_000.0, one_way: Duration::from_millis(10) },
    Kind { name: "4m", bits_per_second: 4e6, burst: 8000.0, one_way: Duration::from_millis(30) },
    Kind { name: "400k", bits_per_second: 400e3, burst: 3000.0, one_way: Duration::from_millis(40) },
];

/// Bytes that pass together, as in a packet of Ethernet.
const PACKET: usize = 1400;
/// Packets that are on their way at once, at most.
const ON_THE_WAY: usize = 1024;
/// What waits at the line's near end before the sender waits, in bytes.
const BUFFER: u32 = 32 << 10;

/// A line that is open. It is cut when this is dropped.
pub struct Line {
    address: SocketAddr,
    brought: Arc<AtomicU64>,
    carrying: AbortHandle,
}

impl Line {
    /// Leads from an address of its own to `gateway`.
    pub async fn open(gateway: SocketAddr, kind: Kind) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let brought = Arc::new(AtomicU64::new(0));
        let counted = brought.clone();
        let carrying = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((device, _)) = listener.accept().await {
                connections.spawn(connect(device, gateway, kind, counted.clone()));
            }
        });
        Ok(Self { address, brought, carrying: carrying.abort_handle() })
    }

    /// Whoever connects here is connected to the gateway by the line.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Bytes that have left the gateway's end.
    pub fn brought(&self) -> u64 {
        self.brought.load(Ordering::Relaxed)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

async fn connect(device: TcpStream, gateway: SocketAddr, kind: Kind, brought: Arc<AtomicU64>) -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    // Before it connects: what waits here is to hold up the sender as a line does.
    socket.set_recv_buffer_size(BUFFER)?;
    let gateway = socket.connect(gateway).await.context("the gateway does not answer")?;
    for end in [&device, &gateway] {
        end.set_nodelay(true)?;
    }
    let ((from_device, to_device), (from_gateway, to_gateway)) = (device.into_split(), gateway.into_split());
    tokio::try_join!(
        carry(from_gateway, to_device, kind, Some(brought)),
        carry(from_device, to_gateway, kind, None)
    )?;
    Ok(())
}

/// Carries one direction until either end closes.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    kind: Kind,
    brought: Option<Arc<AtomicU64>>,
) -> Result<()> {
    let mut bucket = TokenBucket::new(kind.bits_per_second, kind.burst, Instant::now());
    let (send, mut way) = mpsc::channel::<(Instant, Vec<u8>)>(ON_THE_WAY);
    let leave = async move {
        let mut packet = vec![0; PACKET];
        loop {
            let length = from.read(&mut packet).await?;
            if length == 0 {
                return Ok::<_, anyhow::Error>(());
            }
            let now = Instant::now();
            let left_at = bucket.take(now, length);
            if left_at > now {
                tokio::time::sleep_until(left_at.into()).await;
            }
            if let Some(brought) = &brought {
                brought.fetch_add(length as u64, Ordering::Relaxed);
            }
            if send.send((left_at + kind.one_way, packet[..length].to_vec())).await.is_err() {
                return Ok(());
            }
        }
    };
    let arrive = async move {
        while let Some((at, packet)) = way.recv().await {
            tokio::time::sleep_until(at.into()).await;
            to.write_all(&packet).await?;
        }
        to.shutdown().await?;
        Ok(())
    };
    tokio::try_join!(leave, arrive)?;
    Ok(())
}
