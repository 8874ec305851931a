//! What goes in and out of the forwarding: settings, commands, events, counters.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use crate::clinical::{AppointmentId, MediaPath};
use crate::room::{ConnectionId, Publication, PublicationId, PublishedTrack, Source};

/// Where media are received.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SfuSettings {
    /// Address and port for UDP. `[::]` takes IPv4 as well. Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Addresses that browsers are told. Empty: the address of `listen`, or if that is unspecified, the
    /// address from which this machine reaches others, and the loopback address if there is none.
    pub announce: Vec<IpAddr>,
    /// How many threads forward, 1 to 16. A room lives on one of them.
    pub shards: usize,
    /// The TCP port on which browsers reach the same addresses (ICE-TCP, RFC 6544). They are told of it in every
    /// description. `None`: they are not.
    pub tcp_port: Option<u16>,
}

/// Which of the two one-way peer connections of a device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// From the device: it offers, the server answers.
    Publish,
    /// To the device: the server offers, the device answers.
    Subscribe,
}

/// One wanted publication, with where to find it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedTrack {
    /// Its name in the room.
    pub publication: PublicationId,
    /// The device that sends it.
    pub publisher: ConnectionId,
    /// The media section that carries it, in the publisher's description.
    pub mid: String,
    /// Where it comes from.
    pub source: Source,
    /// Its picture is what its person is there for (an interpreter): it is not held back before all others are.
    pub is_needed: bool,
}

impl From<&Publication> for WantedTrack {
    fn from(publication: &Publication) -> Self {
        Self {
            publication: publication.id,
            publisher: publication.connection,
            mid: publication.mid.clone(),
            source: publication.source,
            is_needed: false,
        }
    }
}

/// One publication that a device shows, and how large.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Watched {
    /// Its name in the room.
    pub publication: PublicationId,
    /// Device pixels. 0 by 0: not shown now.
    pub width: u32,
    /// Device pixels.
    pub height: u32,
    /// The person chose to see it large.
    pub is_pinned: bool,
}

/// What to do. Commands about a connection that is not open do nothing.
#[derive(Debug)]
pub enum Command {
    /// A device may send and receive in this room. If it is open already, its events go to the new queue
    /// from now on and an offer that waits for its answer is repeated there.
    Open {
        /// The room: only its publications can be forwarded to the device.
        room: AppointmentId,
        /// The device.
        connection: ConnectionId,
        /// Bounded. A few events more than fit are kept for later; beyond those they are dropped and counted. Once
        /// its receiver is gone, the connection is closed.
        events: mpsc::Sender<Event>,
    },
    /// The device offers to send. Answered by [`Event::PublishAnswer`] or [`Event::PublishRejected`].
    PublishOffer {
        /// The device.
        connection: ConnectionId,
        /// Comes back in the answer. An offer with a generation below the last one is ignored.
        generation: u32,
        /// The session description.
        sdp: String,
        /// What each sending media section carries, by its mid.
        sources: Vec<(String, Source)>,
    },
    /// The device shall receive exactly these. Leads to [`Event::SubscribeOffer`] if anything is negotiated anew.
    Subscribe {
        /// The device.
        connection: ConnectionId,
        /// The whole set.
        publications: Vec<WantedTrack>,
    },
    /// The device answers an offer.
    SubscribeAnswer {
        /// The device.
        connection: ConnectionId,
        /// That of the offer. Any other than that of the offer in flight is ignored.
        generation: u32,
        /// The session description.
        sdp: String,
    },
    /// Offers again with new ICE credentials (RFC 8445 section 2.4), because the device lost its path. For the
    /// other direction the device offers with new credentials itself.
    RestartSubscribe {
        /// The device.
        connection: ConnectionId,
    },
    /// What the device shows of what it receives. Until it says so, everything counts as shown.
    Watch {
        /// The device.
        connection: ConnectionId,
        /// The whole set. A publication that is not listed is not shown.
        tracks: Vec<Watched>,
        /// The person asked to spare the connection.
        is_saving_data: bool,
        /// The device wants no video at all.
        is_video_off: bool,
    },
    /// Of what the device publishes, exactly these sections go to nobody, whatever it sends.
    HoldBack {
        /// The publisher.
        connection: ConnectionId,
        /// The whole set, by the sections in the publisher's own description.
        mids: Vec<String>,
    },
    /// The device left.
    Close {
        /// The device.
        connection: ConnectionId,
    },
    /// All devices of the room left.
    CloseRoom {
        /// The room.
        room: AppointmentId,
    },
    /// A drill, not in a release: the next look at the layers of this room panics, or the thread itself.
    #[cfg(debug_assertions)]
    Drill {
        /// The room; none: the thread.
        room: Option<AppointmentId>,
    },
}

/// What happened to one connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The answer to an offer, and everything that the device publishes now.
    PublishAnswer {
        /// The device.
        connection: ConnectionId,
        /// That of the offer.
        generation: u32,
        /// The session description.
        sdp: String,
        /// The whole set.
        tracks: Vec<PublishedTrack>,
    },
    /// An offer to send was refused; what was agreed before stays.
    PublishRejected {
        /// The device.
        connection: ConnectionId,
        /// That of the offer.
        generation: u32,
        /// Why, without personal data.
        reason: String,
    },
    /// The server offers. One offer is in flight at a time.
    SubscribeOffer {
        /// The device.
        connection: ConnectionId,
        /// To be sent back with the answer.
        generation: u32,
        /// The session description.
        sdp: String,
        /// What each sending media section carries, by its mid. Other sections are out of use.
        tracks: Vec<(String, PublicationId)>,
    },
    /// Media can flow.
    Connected {
        /// The device.
        connection: ConnectionId,
        /// Which way.
        which: Direction,
    },
    /// The path was lost; it may come back by itself or by an ICE restart.
    Disconnected {
        /// The device.
        connection: ConnectionId,
        /// Which way.
        which: Direction,
    },
    /// This peer connection is given up and closed. The other direction and other devices go on. After that of
    /// [`Direction::Publish`] the device publishes nothing, and its next offer begins anew. After that of
    /// [`Direction::Subscribe`] the next [`Command::Subscribe`] or [`Command::RestartSubscribe`] begins anew.
    /// Either way the device needs a new peer connection as well.
    Failed {
        /// The device.
        connection: ConnectionId,
        /// Which way.
        which: Direction,
        /// Why, without personal data.
        reason: String,
    },
    /// These encodings of a section are forwarded to somebody; the device need not send the others.
    LayersWanted {
        /// The publisher.
        connection: ConnectionId,
        /// The section, in the publisher's own description.
        mid: String,
        /// Names of encodings (RFC 8851); empty when nobody watches.
        rids: Vec<String>,
    },
    /// Another device speaks now, or none. Told to every connection of the room.
    Speaker {
        /// Which room.
        room: AppointmentId,
        /// The device that speaks.
        connection: Option<ConnectionId>,
    },
    /// A picture is held back from this receiver because its connection does not carry it, or comes again.
    Paused {
        /// The receiver.
        connection: ConnectionId,
        /// The picture.
        publication: PublicationId,
        /// As it is now.
        is_paused: bool,
    },
    /// So many devices do without a picture, because their connections do not carry it.
    Unseen {
        /// The publisher.
        connection: ConnectionId,
        /// The section, in the publisher's own description.
        mid: String,
        /// How many; 0: everybody who looks at it gets it.
        receivers: usize,
    },
    /// The video of this publisher does not get through to the server, or does again.
    Uplink {
        /// The publisher.
        connection: ConnectionId,
        /// As it is now.
        is_slow: bool,
    },
    /// The packets of a peer connection travel this way now.
    Path {
        /// The device.
        connection: ConnectionId,
        /// Which of its peer connections.
        which: Direction,
        /// The way.
        path: MediaPath,
    },
}

/// What was counted since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Datagrams that arrived.
    pub datagrams_in: u64,
    /// Datagrams that were sent.
    pub datagrams_out: u64,
    /// Datagrams that the system would not take at once.
    pub datagrams_dropped: u64,
    /// Datagrams from nobody known, or of no known protocol.
    pub datagrams_unknown: u64,
    /// Datagrams that came to the socket of another thread than that of their room, and were handed over.
    pub datagrams_handed: u64,
    /// Those that were not, because the other thread was behind.
    pub datagrams_unhanded: u64,
    /// Datagrams given to streams, of ICE-TCP and of the relay.
    pub paths_out: u64,
    /// Datagrams from or to streams that found a full queue, or no stream any more.
    pub paths_dropped: u64,
    /// STUN requests of nobody known that were answered: somebody tries whether this port can be reached.
    pub probes: u64,
    /// RTP packets from publishers, each once.
    pub packets_in: u64,
    /// RTP packets for subscribers, without retransmissions.
    pub packets_out: u64,
    /// RTP packets that went to nobody because staff have muted their publisher.
    pub packets_held: u64,
    /// RTP packets that came twice or too late.
    pub packets_duplicate: u64,
    /// RTP packets that did not arrive and were there in a later one.
    pub packets_recovered: u64,
    /// RTP packets that a subscriber should have got and did not, because its queue was full or sealing failed.
    pub packets_dropped: u64,
    /// Requests to publishers for single packets that did not arrive.
    pub packets_missed: u64,
    /// Key frames that subscribers asked for.
    pub keyframes_wanted: u64,
    /// Key frames that publishers were asked for.
    pub keyframes_requested: u64,
    /// Sequence numbers in negative acknowledgements of subscribers.
    pub packets_nacked: u64,
    /// Packets sent again.
    pub packets_retransmitted: u64,
    /// Events that did not fit into the queue of their connection.
    pub events_dropped: u64,
    /// Devices whose media were ended, because they left or their room was closed.
    pub connections_closed: u64,
    /// Those among them whose events nobody took any more.
    pub connections_orphaned: u64,
    /// Faults inside of the media engine that were held at one connection.
    pub panics: u64,
}

macro_rules! tally {
    ($($field:ident),* $(,)?) => {
        /// The counters while they count.
        #[derive(Debug, Default)]
        pub(super) struct Tally { $(pub(super) $field: AtomicU64),* }

        impl Tally {
            pub(super) fn read(&self) -> Counters {
                Counters { $($field: self.$field.load(Ordering::Relaxed)),* }
            }
        }

        impl std::iter::Sum for Counters {
            fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
                all.fold(Self::default(), |sum, other| Self { $($field: sum.$field + other.$field),* })
            }
        }
    };
}

tally!(
    datagrams_in,
    datagrams_out,
    datagrams_dropped,
    datagrams_unknown,
    datagrams_handed,
    datagrams_unhanded,
    paths_out,
    paths_dropped,
    probes,
    packets_in,
    packets_out,
    packets_held,
    packets_duplicate,
    packets_recovered,
    packets_dropped,
    packets_missed,
    keyframes_wanted,
    keyframes_requested,
    packets_nacked,
    packets_retransmitted,
    events_dropped,
    connections_closed,
    connections_orphaned,
    panics,
);

/// Adds to a counter.
pub(super) fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

/// The queue of commands is full, or the forwarding has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the forwarding takes no more commands at present")]
pub struct Busy;

/// Why the forwarding cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken, not of this machine, or not allowed.
    #[error("cannot listen for media on UDP {address}")]
    Listen {
        /// As set.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// No thread, or more than there are letters for.
    #[error("media threads: {0} asked for, 1 to 16 are possible")]
    Shards(usize),
    /// No key or no certificate for DTLS.
    #[error("cannot make a certificate for media: {0}")]
    Identity(String),
    /// No thread, or no socket to wake it with.
    #[error("cannot start the thread that forwards media")]
    Thread(#[source] std::io::Error),
}
