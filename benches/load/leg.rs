//! One peer connection of a device with its socket, as a task: it sends or it receives, and counts.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::BytesMut;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::RTCPeerConnection;
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodingParameters, RTCRtpEncodingParameters, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use rtc::sansio::Protocol;
use rtc::shared::marshal::Unmarshal;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::description::{self, Source};
use super::engine;
use super::feedback::Feedback;
use super::media;
use super::sender::Sender;
use super::tally::{Sequences, Tally};

/// Of the packets that come, one in this many is opened for the time in it.
const OPEN_EVERY: u16 = 16;
/// Datagrams that are taken before the timers are looked at.
const BATCH: usize = 64;
/// Bytes that the system keeps for a socket.
const SOCKET_BYTES: usize = 2 << 20;
/// Without anything to do, a leg looks around this often.
const IDLE: Duration = Duration::from_secs(1);

/// What a leg is told.
pub enum Order {
    /// The server's offer; the answer goes back.
    Offer(String, oneshot::Sender<Result<String>>),
    /// The server's answer to this leg's offer.
    Answer(String),
    /// Sends media from now on, or not.
    Send(bool),
    /// Gives what was counted since the last time.
    Tell(oneshot::Sender<Tally>),
    /// Says when the first packet of a key frame came.
    FirstPicture(oneshot::Sender<Instant>),
}

/// A running leg. It ends when it is dropped.
pub struct Leg {
    orders: mpsc::Sender<Order>,
    task: JoinHandle<Result<()>>,
}

impl Leg {
    /// A leg that sends, and its offer with the names of its sections: sound, picture.
    pub async fn sending(ip: IpAddr, first_ssrc: u32, epoch: Instant) -> Result<(Self, String, [String; 2])> {
        let (mut state, orders) = State::new(ip, true, epoch).await?;
        let now = Instant::now();
        let mut mids = Vec::new();
        for (kind, ssrc) in [(RtpCodecKind::Audio, first_ssrc), (RtpCodecKind::Video, first_ssrc + 1)] {
            let is_video = kind == RtpCodecKind::Video;
            let rtx = is_video.then_some(RTCRtpRtxParameters { ssrc: first_ssrc + 2 });
            let coding = RTCRtpEncodingParameters {
                rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), rtx, ..Default::default() },
                codec: engine::codec(kind),
                ..Default::default()
            };
            let name = format!("track-{ssrc}");
            let track = MediaStreamTrack::new("stream".to_owned(), name.clone(), name, kind, vec![coding]);
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Sendonly,
                ..Default::default()
            };
            let id = state.pc.add_transceiver_from_track(track, Some(init))?;
            let transceiver = state.pc.rtp_transceiver(id).context("a transceiver")?;
            let sender = transceiver.sender().context("a sender")?;
            state.senders.push(Sender::new(sender, ssrc, is_video));
            mids.push(id);
        }
        let offer = state.pc.create_offer(None)?;
        state.pc.set_local_description(now, offer)?;
        let sdp = state.pc.local_description().context("an offer")?.sdp;
        let names = mids.into_iter().map(|id| state.pc.rtp_transceiver(id)?.mid().clone());
        let names: Vec<String> = names.collect::<Option<_>>().context("sections have names")?;
        let names = names.try_into().map_err(|_| anyhow::anyhow!("two sections"))?;
        Ok((Self { orders, task: tokio::spawn(state.run()) }, sdp, names))
    }

    /// A leg that receives what it is offered.
    pub async fn receiving(ip: IpAddr, epoch: Instant) -> Result<Self> {
        let (state, orders) = State::new(ip, false, epoch).await?;
        Ok(Self { orders, task: tokio::spawn(state.run()) })
    }

    /// # Errors
    /// If the leg has ended.
    pub async fn order(&self, order: Order) -> Result<()> {
        ensure!(!self.task.is_finished(), "a peer connection has ended");
        self.orders.send(order).await.ok().context("a peer connection has ended")
    }

    /// Answers the server's offer.
    pub async fn answer(&self, offer: String) -> Result<String> {
        let (reply, answer) = oneshot::channel();
        self.order(Order::Offer(offer, reply)).await?;
        answer.await.context("a peer connection has ended")?
    }

    pub async fn tell(&self) -> Result<Tally> {
        let (reply, tally) = oneshot::channel();
        self.order(Order::Tell(reply)).await?;
        tally.await.context("a peer connection has ended")
    }

    /// Waits until a picture can be shown; the answer is when its first packet came.
    pub async fn first_picture(&self) -> Result<Instant> {
        let (reply, first) = oneshot::channel();
        self.order(Order::FirstPicture(reply)).await?;
        first.await.context("a peer connection has ended")
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct State {
    pc: RTCPeerConnection,
    socket: UdpSocket,
    address: SocketAddr,
    epoch: Instant,
    orders: mpsc::Receiver<Order>,
    is_connected: bool,
    /// What it sends; empty if it receives.
    senders: Vec<Sender>,
    is_sending: bool,
    feedback: Feedback,
    sources: Vec<Source>,
    sequences: Sequences,
    tally: Tally,
    first_picture_at: Option<Instant>,
    wants_first_picture: Option<oneshot::Sender<Instant>>,
}

impl State {
    async fn new(ip: IpAddr, does_send: bool, epoch: Instant) -> Result<(Self, mpsc::Sender<Order>)> {
        let socket =
            socket2::Socket::new(socket2::Domain::for_address((ip, 0).into()), socket2::Type::DGRAM, None)?;
        socket.set_recv_buffer_size(SOCKET_BYTES)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SocketAddr::from((ip, 0)).into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        let address = socket.local_addr()?;
        let (sender, orders) = mpsc::channel(16);
        let state = Self {
            pc: engine::connection(does_send, address, Instant::now())?,
            socket,
            address,
            epoch,
            orders,
            is_connected: false,
            senders: Vec::new(),
            is_sending: false,
            feedback: Feedback::new(),
            sources: Vec::new(),
            sequences: Sequences::default(),
            tally: Tally::default(),
            first_picture_at: None,
            wants_first_picture: None,
        };
        Ok((state, sender))
    }

    async fn run(mut self) -> Result<()> {
        let mut buffer = vec![0; 2048];
        let mut deadline = Instant::now();
        loop {
            tokio::select! {
                order = self.orders.recv() => {
                    let Some(order) = order else { return Ok(()) };
                    self.take(order);
                    deadline = self.work(true)?;
                }
                ready = self.socket.readable() => {
                    ready?;
                    let is_engine_due = self.receive(&mut buffer)?;
                    let now = Instant::now();
                    if is_engine_due || now >= deadline {
                        deadline = self.work(is_engine_due)?;
                    }
                }
                () = tokio::time::sleep_until(deadline.into()) => deadline = self.work(false)?,
            }
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Offer(sdp, reply) => {
                let answer = self.answer(sdp);
                // Whoever asked may have gone.
                let _ = reply.send(answer);
            }
            Order::Answer(sdp) => {
                let taken = RTCSessionDescription::answer(sdp)
                    .and_then(|sdp| self.pc.set_remote_description(Instant::now(), sdp));
                if let Err(error) = taken {
                    eprintln!("bench: an answer of the server cannot be used: {error}");
                }
            }
            Order::Send(is_sending) => self.is_sending = is_sending,
            Order::Tell(reply) => {
                let mut tally = std::mem::take(&mut self.tally);
                tally.lost = self.sequences.take_lost();
                tally.connected = u64::from(self.is_connected);
                let _ = reply.send(tally);
            }
            Order::FirstPicture(reply) => match self.first_picture_at {
                Some(at) => drop(reply.send(at)),
                None => self.wants_first_picture = Some(reply),
            },
        }
    }

    fn answer(&mut self, sdp: String) -> Result<String> {
        let now = Instant::now();
        for source in description::sources(&sdp) {
            if !self.sources.contains(&source) {
                if !source.is_repair {
                    self.feedback.expect(&source);
                }
                self.sources.push(source);
            }
        }
        self.pc.set_remote_description(now, RTCSessionDescription::offer(sdp)?)?;
        let answer = self.pc.create_answer(None)?;
        self.pc.set_local_description(now, answer)?;
        Ok(self.pc.local_description().context("an answer")?.sdp)
    }

    /// Takes datagrams. Says whether the engine got one.
    fn receive(&mut self, buffer: &mut [u8]) -> Result<bool> {
        let mut is_engine_due = false;
        for _ in 0..BATCH {
            let (length, from) = match self.socket.try_recv_from(buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                // The server's port is closed: it ends.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(error.into()),
            };
            let (now, datagram) = (Instant::now(), &buffer[..length]);
            if self.is_for_engine(now, datagram) {
                let transport = TransportContext {
                    local_addr: self.address,
                    peer_addr: from,
                    transport_protocol: TransportProtocol::UDP,
                    ecn: None,
                };
                let message = BytesMut::from(datagram);
                // What the engine does not understand is the server's mistake or late.
                let _ = self.pc.handle_read(TaggedBytesMut { now, transport, message });
                self.read(now);
                is_engine_due = true;
            }
        }
        Ok(is_engine_due)
    }

    /// Counts a packet of media by its header, which is not encrypted. Only a sample goes into the engine, and all that is not
    /// RTP (RFC 7983 section 7, RFC 5761 section 4).
    fn is_for_engine(&mut self, now: Instant, datagram: &[u8]) -> bool {
        let [first, second, ..] = datagram else { return false };
        if !(128..192).contains(first) || (192..224).contains(second) {
            return true;
        }
        let Ok(header) = rtc::rtp::Header::unmarshal(&mut &datagram[..]) else { return false };
        let Some(source) = self.sources.iter().find(|source| source.ssrc == header.ssrc) else {
            return true;
        };
        if source.is_repair {
            self.tally.repairs += 1;
            return false;
        }
        self.tally.received += 1;
        self.tally.received_bytes += datagram.len() as u64;
        let number = header.sequence_number;
        self.sequences.note(header.ssrc, number);
        // Until a picture could be shown, every packet of pictures is looked into.
        let is_awaited = source.is_video && self.first_picture_at.is_none();
        self.feedback.note(now, header);
        is_awaited || number.is_multiple_of(OPEN_EVERY)
    }

    /// What came out of the engine.
    fn read(&mut self, now: Instant) {
        while let Some(tagged) = self.pc.poll_read() {
            match tagged.message {
                RTCMessage::RtpPacket(_, packet) => {
                    self.tally.ages.extend(media::age(&packet.payload, self.epoch, now));
                    let is_video = packet.header.payload_type == engine::VP8;
                    if is_video && media::begins_key_frame(&packet.payload) {
                        self.note_picture(now);
                    }
                }
                RTCMessage::RtcpPacket(_, packets) => {
                    let asks = |packet: &dyn std::any::Any| {
                        packet.is::<PictureLossIndication>() || packet.is::<FullIntraRequest>()
                    };
                    if packets.iter().any(|packet| asks(packet.as_any())) {
                        self.tally.key_frames_asked += 1;
                        self.senders.iter_mut().for_each(Sender::ask_key_frame);
                    }
                }
                _ => {}
            }
        }
    }

    fn note_picture(&mut self, now: Instant) {
        self.first_picture_at.get_or_insert(now);
        if let Some(reply) = self.wants_first_picture.take() {
            // Whoever asked may have gone.
            let _ = reply.send(now);
        }
    }

    /// Sends what is due and moves the timers; says when to come again.
    fn work(&mut self, is_engine_due: bool) -> Result<Instant> {
        let now = Instant::now();
        let mut must_flush = is_engine_due;
        if self.is_connected && self.is_sending {
            for sender in &mut self.senders {
                self.tally.sent += sender.send(&mut self.pc, self.epoch, now)?;
            }
            must_flush = true;
        }
        for packet in self.feedback.poll(now) {
            if self.is_connected {
                let message = RTCMessage::RtcpPacket(String::new(), vec![packet]);
                self.pc.handle_write(TaggedRTCMessage { now, message })?;
                must_flush = true;
            }
        }
        if self.pc.poll_timeout().is_some_and(|at| at <= now) {
            self.pc.handle_timeout(now)?;
            must_flush = true;
        }
        if must_flush {
            self.flush()?;
        }
        let is_sending = self.is_connected && self.is_sending;
        let media = self.senders.iter().filter(|_| is_sending).map(|sender| sender.next_at().unwrap_or(now));
        let next = media.chain(self.pc.poll_timeout()).chain(self.feedback.deadline()).min();
        Ok(next.unwrap_or(now + IDLE).min(now + IDLE))
    }

    fn flush(&mut self) -> Result<()> {
        while let Some(event) = self.pc.poll_event() {
            if let RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) = event {
                self.is_connected = state == RTCPeerConnectionState::Connected;
                ensure!(state != RTCPeerConnectionState::Failed, "a peer connection failed");
            }
        }
        self.read(Instant::now());
        while let Some(datagram) = self.pc.poll_write() {
            // A full socket loses it, as a device's does.
            let _ = self.socket.try_send_to(&datagram.message, datagram.transport.peer_addr);
        }
        Ok(())
    }
}
