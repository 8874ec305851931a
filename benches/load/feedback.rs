//! What a receiving device tells the server: receiver reports and transport-wide feedback, from the headers alone, which travel
//! unencrypted. So the load generator need not open every packet, and the server still has to deal with what real devices send.

use std::time::Instant;

use rtc::interceptor::{
    AttributedPacket, Interceptor, Packet, RTCPFeedback, RTPHeaderExtension, ReceiverReportBuilder,
    ReceiverReportInterceptor, StreamInfo, TaggedPacket, TwccReceiverBuilder, TwccReceiverInterceptor,
};
use rtc::rtp;
use rtc::sansio::Protocol;
use rtc::shared::TransportContext;

use super::description::Source;

const TRANSPORT_CC: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

pub struct Feedback {
    reports: ReceiverReportInterceptor,
    transport: TwccReceiverInterceptor,
}

impl Feedback {
    pub fn new() -> Self {
        Self { reports: ReceiverReportBuilder::new().build(), transport: TwccReceiverBuilder::new().build() }
    }

    /// This source will come.
    pub fn expect(&mut self, source: &Source) {
        let extension = |id| RTPHeaderExtension { uri: TRANSPORT_CC.to_owned(), id };
        let stream = StreamInfo {
            ssrc: source.ssrc,
            clock_rate: if source.is_video { 90_000 } else { 48_000 },
            rtp_header_extensions: source.transport_cc.map(extension).into_iter().collect(),
            rtcp_feedback: vec![RTCPFeedback { typ: "transport-cc".to_owned(), parameter: String::new() }],
            ..StreamInfo::default()
        };
        self.reports.bind_remote_stream(&stream);
        self.transport.bind_remote_stream(&stream);
    }

    /// A packet with this header came.
    pub fn note(&mut self, now: Instant, header: rtp::Header) {
        let packet = Packet::Rtp(rtp::Packet { header, payload: bytes::Bytes::new() });
        let tagged = TaggedPacket {
            now,
            transport: TransportContext::default(),
            message: AttributedPacket::new(packet),
        };
        // Neither refuses a packet.
        let _ = self.reports.handle_read(tagged);
        if let Some(tagged) = self.reports.poll_read() {
            let _ = self.transport.handle_read(tagged);
            let _ = self.transport.poll_read();
        }
    }

    /// What is to be sent by now.
    pub fn poll(&mut self, now: Instant) -> Vec<Box<dyn rtc::rtcp::Packet>> {
        let _ = self.reports.handle_timeout(now);
        let _ = self.transport.handle_timeout(now);
        let mut due = Vec::new();
        while let Some(tagged) = self.reports.poll_write().or_else(|| self.transport.poll_write()) {
            if let Packet::Rtcp(packets) = tagged.message.packet {
                due.extend(packets);
            }
        }
        due
    }

    pub fn deadline(&mut self) -> Option<Instant> {
        [self.reports.poll_timeout(), self.transport.poll_timeout()].into_iter().flatten().min()
    }
}
