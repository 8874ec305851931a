//! The load on Parvis: appointments booked over HTTP, everybody admitted and in the call over the WebSocket.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use chrono::{TimeDelta, Utc};
use parvis::protocol::{ClientMessage, OfferedTrack, ServerMessage, SourceWord};
use tokio::time::MissedTickBehavior;

use super::leg::{Leg, Order};
use super::{Load, Shape, Signalling};
use crate::gateway::Gateway;
use crate::person::{Heard, Seat};
use crate::visit::Visit;

/// A doctor has one appointment at a time; so short they all fit where the doors are open.
const LENGTH: TimeDelta = TimeDelta::seconds(40);
/// A booking may start so long ago.
const EARLIEST: TimeDelta = TimeDelta::minutes(-4);
const PING_EVERY: Duration = Duration::from_secs(10);

/// Fills the rooms; media come from, and go to, this address.
pub async fn fill(gateway: &Gateway, shape: Shape, ip: IpAddr, epoch: Instant) -> Result<Load> {
    let mut load = Load::new(shape);
    let first = Utc::now() + EARLIEST;
    for room in 0..shape.rooms {
        let starts_at = first + LENGTH * room as i32;
        let guests = shape.senders + shape.receivers - 1;
        let visit = Visit::book_at(gateway, guests, starts_at, starts_at + LENGTH).await?;
        fill_room(&mut load, &visit, ip, epoch).await.with_context(|| format!("room {}", room + 1))?;
    }
    load.send(true).await?;
    Ok(load)
}

async fn fill_room(load: &mut Load, visit: &Visit, ip: IpAddr, epoch: Instant) -> Result<()> {
    let mut doctor = visit.doctor_enters().await?;
    let mut guests = Vec::new();
    for link in &visit.links {
        guests.push(visit.guest_is_admitted(link, &mut doctor).await?);
    }
    let senders = load.shape.senders;
    for (place, seat) in std::iter::once(doctor).chain(guests).enumerate() {
        let is_first = place == 0;
        let begun = Instant::now();
        let receiving = Arc::new(Leg::receiving(ip, epoch).await?);
        let mut device = Device { seat, receiving: receiving.clone(), sending: None, offer: None };
        if place < senders {
            let ssrc = 1_000_000 + load.senders.len() as u32 * 10;
            let (leg, sdp, mids) = Leg::sending(ip, ssrc, epoch).await?;
            let leg = Arc::new(leg);
            leg.order(Order::Send(true)).await?;
            load.senders.push(leg.clone());
            (device.sending, device.offer) = (Some(leg), Some((sdp, mids)));
        }
        load.receivers.push(receiving.clone());
        load.signalling.push(Signalling(tokio::spawn(device.run(!is_first))));
        if !is_first {
            let joined = Load::first_picture(begun, &receiving).await;
            load.joins_ms.push(joined.with_context(|| format!("person {}", place + 1))?);
        }
    }
    Ok(())
}

struct Device {
    seat: Seat,
    receiving: Arc<Leg>,
    sending: Option<Arc<Leg>>,
    /// What it offers once it is in, with the names of the sections of sound and picture.
    offer: Option<(String, [String; 2])>,
}

impl Device {
    async fn run(mut self, must_enter: bool) -> Result<()> {
        let ended = self.speak(must_enter).await;
        if let Err(error) = &ended {
            eprintln!("bench: a device fell out of the call: {error:#}");
        }
        ended
    }

    async fn speak(&mut self, must_enter: bool) -> Result<()> {
        if must_enter {
            // Not awaited by itself: an offer may come before it is accepted.
            self.seat.say(&ClientMessage::Enter { request: u32::MAX }).await?;
        } else {
            self.publish().await?;
        }
        let mut pings = tokio::time::interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let heard = tokio::select! {
                heard = self.seat.next() => heard?,
                _ = pings.tick() => {
                    self.seat.say(&ClientMessage::Ping {}).await?;
                    continue;
                }
            };
            let Heard::Message(message) = heard else { continue };
            match *message {
                ServerMessage::Accepted { request: u32::MAX } => self.publish().await?,
                ServerMessage::PublishAnswer { sdp, .. } => {
                    let leg = self.sending.as_ref().context("an answer to no offer")?;
                    leg.order(Order::Answer(sdp)).await?;
                }
                ServerMessage::SubscribeOffer { generation, sdp, .. } => {
                    let sdp = self.receiving.answer(sdp).await?;
                    self.seat.say(&ClientMessage::SubscribeAnswer { generation, sdp }).await?;
                }
                ServerMessage::Rejected { detail, .. } => bail!("the gateway refused: {detail}"),
                ServerMessage::TakenOver {} | ServerMessage::Ended { .. } => {
                    bail!("the consultation is over")
                }
                _ => {}
            }
        }
    }

    async fn publish(&mut self) -> Result<()> {
        let Some((sdp, mids)) = self.offer.take() else { return Ok(()) };
        let sources = [SourceWord::Microphone, SourceWord::Camera];
        let tracks =
            mids.into_iter().zip(sources).map(|(mid, source)| OfferedTrack { mid, source }).collect();
        self.seat.say(&ClientMessage::PublishOffer { generation: 1, sdp, tracks }).await
    }
}
