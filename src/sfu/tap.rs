//! Brings the RTCP packets that forwarding needs to the application. The engine gives it none by itself.

use std::collections::VecDeque;
use std::time::Instant;

use rtc::interceptor::{Attribute, Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::sansio::Protocol;

/// Delivers sender reports, requests for key frames and negative acknowledgements, one by one, because the engine
/// assigns a whole delivery to the stream of its first packet. Everything else ends here.
#[derive(Default)]
pub(super) struct RtcpTap {
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for RtcpTap {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = rtc::shared::error::Error;
    type Time = Instant;

    fn handle_read(&mut self, mut tagged: TaggedPacket) -> Result<(), Self::Error> {
        let Packet::Rtcp(packets) = &tagged.message.packet else {
            self.inbound.push_back(tagged);
            return Ok(());
        };
        let wanted: Vec<_> = packets.iter().filter_map(|packet| wanted(packet.as_ref())).collect();
        tagged.message.add(Attribute::DeliverToApplication);
        for packet in wanted {
            let mut message = tagged.message.clone();
            message.packet = Packet::Rtcp(vec![packet]);
            self.inbound.push_back(TaggedPacket { now: tagged.now, transport: tagged.transport, message });
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, tagged: TaggedPacket) -> Result<(), Self::Error> {
        self.outbound.push_back(tagged);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

fn wanted(packet: &dyn rtc::rtcp::Packet) -> Option<Box<dyn rtc::rtcp::Packet>> {
    let any = packet.as_any();
    if let Some(report) = any.downcast_ref::<SenderReport>() {
        // Without the blocks about what its sender receives, so that it is assigned to what it sends.
        return Some(Box::new(SenderReport { reports: Vec::new(), ..report.clone() }));
    }
    let is_request = any.is::<PictureLossIndication>() || any.is::<FullIntraRequest>();
    (is_request || any.is::<TransportLayerNack>()).then(|| packet.cloned())
}

impl Interceptor for RtcpTap {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
