//! What went to one device, by transport-wide sequence number, until the device says when it arrived
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use std::time::{Duration, Instant};

use rtc::rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
};

use crate::room::Fate;

/// How many packets are remembered: three seconds of 5 Mbit/s.
const CAPACITY: usize = 2_048;

/// One packet that went out.
#[derive(Clone, Copy, Debug)]
struct Sent {
    sequence_number: u16,
    /// Of the whole datagram, in bytes.
    size: u16,
    /// It carried nothing.
    is_padding: bool,
    at: Instant,
}

/// What became of one packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Delivery {
    pub(super) sent_at: Instant,
    /// On the device's clock, of unknown begin: only differences mean something. `None` if the packet did not
    /// arrive, or not yet.
    pub(super) arrived: Option<Duration>,
    /// Of the whole datagram, in bytes.
    pub(super) size: u16,
    /// It carried nothing.
    pub(super) is_padding: bool,
}

impl From<Delivery> for Fate {
    fn from(delivery: Delivery) -> Self {
        Self {
            sent_at: delivery.sent_at,
            arrived: delivery.arrived,
            size: usize::from(delivery.size),
            is_padding: delivery.is_padding,
        }
    }
}

/// The packets that went out, one a transport-wide sequence number.
#[derive(Debug, Default)]
pub(super) struct SentPackets {
    ring: Vec<Option<Sent>>,
    next: u16,
}

impl SentPackets {
    /// The number of the next packet.
    pub(super) fn next(&self) -> u16 {
        self.next
    }

    /// The next packet went out.
    pub(super) fn note(&mut self, at: Instant, size: usize, is_padding: bool) {
        if self.ring.is_empty() {
            self.ring.resize(CAPACITY, None); // not before there is something to remember
        }
        let size = size.min(usize::from(u16::MAX)) as u16;
        let sent = Sent { sequence_number: self.next, size, is_padding, at };
        let slot = usize::from(self.next) % CAPACITY;
        self.ring[slot] = Some(sent);
        self.next = self.next.wrapping_add(1);
    }

    /// What a report says of the packets that are remembered, in the order of their numbers. What was reported as
    /// arrived is not reported again.
    pub(super) fn feedback<'a>(
        &'a mut self,
        report: &'a TransportLayerCc,
    ) -> impl Iterator<Item = Delivery> + 'a {
        let ring = &mut self.ring;
        let mut arrived_us = i64::from(report.reference_time) * 64_000;
        let mut deltas = report.recv_deltas.iter();
        let mut sequence_number = report.base_sequence_number;
        symbols(report).take(usize::from(report.packet_status_count)).filter_map(move |symbol| {
            let number = sequence_number;
            sequence_number = sequence_number.wrapping_add(1);
            let has_delta = matches!(
                symbol,
                SymbolTypeTcc::PacketReceivedSmallDelta | SymbolTypeTcc::PacketReceivedLargeDelta
            );
            let arrived = if has_delta {
                arrived_us += deltas.next()?.delta;
                Some(Duration::from_micros(arrived_us.max(0) as u64))
            } else {
                None
            };
            let slot = ring.get_mut(usize::from(number) % CAPACITY)?;
            let sent = slot.filter(|sent| sent.sequence_number == number)?;
            if arrived.is_some() {
                *slot = None;
            }
            Some(Delivery { sent_at: sent.at, arrived, size: sent.size, is_padding: sent.is_padding })
        })
    }
}

fn symbols(report: &TransportLayerCc) -> impl Iterator<Item = SymbolTypeTcc> {
    report.packet_chunks.iter().flat_map(|chunk| {
        let (run, list): (usize, &[SymbolTypeTcc]) = match chunk {
            PacketStatusChunk::RunLengthChunk(chunk) => {
                (usize::from(chunk.run_length), std::slice::from_ref(&chunk.packet_status_symbol))
            }
            PacketStatusChunk::StatusVectorChunk(chunk) => (1, &chunk.symbol_list),
        };
        std::iter::repeat_n(list, run).flatten().copied()
    })
}
