//! Tries the gateway's own relay as a browser would: an allocation, a permission, a question to the media port and its answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use md5::{Digest, Md5};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::relay::IceServer;
use crate::stun::{HEADER, Message, Reply, attribute, kind};

/// All steps together take milliseconds.
const LIMIT: Duration = Duration::from_secs(5);
/// The longest answer.
const MAX_ANSWER: usize = 2048;

/// What the self-test found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SelfTest {
    /// It has not ended yet, or there is no relay of the gateway's own.
    NotRun,
    /// Media come through the relay.
    Passed,
    /// They do not; one sentence.
    Failed(String),
}

/// Which step failed.
#[derive(Debug, thiserror::Error)]
pub enum SelfTestError {
    /// Nobody listens, or the stream broke.
    #[error("the relay cannot be reached")]
    Stream(#[from] std::io::Error),
    /// An answer did not come.
    #[error("the relay did not answer in time")]
    Late,
    /// An answer is none.
    #[error("the relay answered something else ({0})")]
    Answer(&'static str),
    /// A step was refused, with this code.
    #[error("the relay refused the {0} with {1}")]
    Refused(&'static str, u16),
    /// The media port did not answer, or not to the allocation.
    #[error("the media port did not answer through the relay")]
    Media,
}

/// Goes through the relay that listens here to this media address.
///
/// # Errors
/// At the first step that fails.
pub async fn self_test(
    relay: SocketAddr,
    credentials: &IceServer,
    media: SocketAddr,
) -> Result<(), SelfTestError> {
    let tested = tokio::time::timeout(LIMIT, test(own(relay), credentials, media)).await;
    tested.unwrap_or(Err(SelfTestError::Late))
}

/// Where a listener of all addresses is reached from here.
fn own(listen: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

async fn test(relay: SocketAddr, credentials: &IceServer, media: SocketAddr) -> Result<(), SelfTestError> {
    let mut stream = TcpStream::connect(relay).await?;
    let udp = [17, 0, 0, 0];
    let family = [if media.is_ipv6() { 2 } else { 1 }, 0, 0, 0];
    let allocate = |transaction| {
        let request = Reply::new(kind::ALLOCATE, transaction).with(attribute::REQUESTED_TRANSPORT, &udp);
        request.with(attribute::REQUESTED_ADDRESS_FAMILY, &family)
    };
    let first = ask(&mut stream, allocate([1; 12])).await?;
    let first = Message::read(&first).ok_or(SelfTestError::Answer("to an allocation"))?;
    let (Some(realm), Some(nonce)) = (first.text(attribute::REALM), first.text(attribute::NONCE)) else {
        return Err(SelfTestError::Answer("without realm and nonce"));
    };
    let user = &credentials.username;
    let key = Md5::digest(format!("{user}:{realm}:{}", credentials.credential.expose()));
    let sign = |request: Reply| {
        request
            .with(attribute::USERNAME, user.as_bytes())
            .with(attribute::REALM, realm.as_bytes())
            .with(attribute::NONCE, nonce.as_bytes())
            .signed(&key)
    };
    let allocated = ask(&mut stream, sign(allocate([2; 12]))).await?;
    let relayed = is_granted(&allocated, "allocation")?.address(attribute::XOR_RELAYED_ADDRESS);
    let permit =
        Reply::new(kind::CREATE_PERMISSION, [3; 12]).with_address(attribute::XOR_PEER_ADDRESS, media);
    is_granted(&ask(&mut stream, sign(permit)).await?, "permission")?;
    let question = Reply::new(kind::BINDING, [4; 12]).into_bytes();
    let send = Reply::new(kind::SEND, [5; 12]).with_address(attribute::XOR_PEER_ADDRESS, media);
    let indication = ask(&mut stream, send.with(attribute::DATA, &question)).await?;
    let indication = Message::read(&indication).filter(|message| message.kind() == kind::DATA);
    let answer = indication.and_then(|indication| indication.attribute(attribute::DATA));
    let answer = answer.and_then(Message::read).filter(|answer| answer.transaction() == [4; 12]);
    let seen = answer.and_then(|answer| answer.address(attribute::XOR_MAPPED_ADDRESS));
    if seen.is_none() || seen != relayed {
        return Err(SelfTestError::Media);
    }
    // Politely; whatever it says.
    let give_up = Reply::new(kind::REFRESH, [6; 12]).with(attribute::LIFETIME, &[0; 4]);
    let _ = ask(&mut stream, sign(give_up)).await;
    Ok(())
}

fn is_granted<'a>(answer: &'a [u8], step: &'static str) -> Result<Message<'a>, SelfTestError> {
    let message = Message::read(answer).ok_or(SelfTestError::Answer(step))?;
    match message.attribute(attribute::ERROR_CODE) {
        Some([_, _, hundreds, rest, ..]) => {
            Err(SelfTestError::Refused(step, u16::from(*hundreds) * 100 + u16::from(*rest)))
        }
        Some(_) => Err(SelfTestError::Answer(step)),
        None => Ok(message),
    }
}

/// One question, one answer.
async fn ask(stream: &mut TcpStream, question: Reply) -> Result<Vec<u8>, SelfTestError> {
    stream.write_all(&question.into_bytes()).await?;
    let mut answer = vec![0; HEADER];
    stream.read_exact(&mut answer).await?;
    let length = usize::from(u16::from_be_bytes([answer[2], answer[3]]));
    if length > MAX_ANSWER {
        return Err(SelfTestError::Answer("that is too long"));
    }
    answer.resize(HEADER + length, 0);
    stream.read_exact(&mut answer[HEADER..]).await?;
    Ok(answer)
}
