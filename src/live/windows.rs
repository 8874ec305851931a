//! Second windows: further screens of somebody who is in the call, for images only. One has no place of its own and no media; it
//! stands where the person's device in the call does, and goes with it.

use std::sync::atomic::Ordering;

use super::consultation::Task;
use super::device::Device;
use super::{AttendError, Attending, pictures};
use crate::clinical::{DeviceNumber, Object, ParticipantId, Place, PlaceKind, Verb, authorize};
use crate::protocol::{ClientMessage, ServerMessage};

/// Second windows that one person may have open at once.
const MAX_WINDOWS: usize = 2;

impl Task {
    /// A second window comes, or comes back: the answer is its number. It is to be welcomed, and then shown to.
    ///
    /// # Errors
    /// If the person is a guest or not in the call, or has as many windows open as one may.
    pub(super) fn open_window(&mut self, attending: Attending) -> Result<DeviceNumber, AttendError> {
        let Attending { participant, actor, outbox, resume, is_ticketed, .. } = attending;
        let main = self.consultation.place(participant).and_then(Place::room_device);
        let main = main.ok_or(AttendError::NoWindow)?;
        // Whoever may show images may have another screen for them.
        let object = Object::Consultation { appointment: &self.appointment, place: PlaceKind::InCall };
        authorize(&actor, Verb::ShareStudies, &object).map_err(|_| AttendError::NoWindow)?;
        let known = self.devices.iter_mut().find(|(_, device)| {
            device.main == Some(main) && resume.as_deref().is_some_and(|token| device.tokens.has(token))
        });
        if let Some((number, device)) = known {
            // Its older connection has ended, and only the window knows so far.
            device.reconnect(actor, outbox);
            return Ok(*number);
        }
        if !is_ticketed {
            return Err(AttendError::NoTicket);
        }
        if self.devices.values().filter(|device| device.main == Some(main)).count() >= MAX_WINDOWS {
            return Err(AttendError::TooManyWindows);
        }
        let number = DeviceNumber(self.ends.device_numbers.fetch_add(1, Ordering::Relaxed));
        let mut device = Device::new(participant, actor, outbox);
        (device.main, device.is_in_room) = (Some(main), true);
        self.devices.insert(number, device);
        tracing::info!(appointment.id = %self.appointment.id, participant.id = %participant, "a second window opens");
        Ok(number)
    }

    /// Tells a second window what is on show.
    pub(super) fn show_in_window(&mut self, number: DeviceNumber) {
        if self.devices.get(&number).is_some_and(|device| device.main.is_some()) {
            pictures::welcome(self, number);
        }
    }

    /// The person's device has left the room: what was open beside it is closed, with a word.
    pub(super) fn close_windows(&mut self, participant: ParticipantId, main: DeviceNumber) {
        let place = self.consultation.place(participant);
        let is_taken_over = place.and_then(Place::device).is_some_and(|device| device != main);
        let word = if is_taken_over {
            Some(ServerMessage::TakenOver {})
        } else {
            place.map(|place| ServerMessage::Place { place: place.into() })
        };
        // When it is over for everybody they are told so like everybody, once that is written.
        let word = word.filter(|_| self.consultation.outcome().is_none());
        for device in self.devices.values_mut().filter(|device| device.main == Some(main)) {
            device.is_in_room = false;
            if let Some(word) = &word {
                device.dismiss(word.clone());
            }
        }
    }

    /// Whether this device is a second window, and the message is none for one: it is of the call, the chat or the door.
    pub(super) fn is_not_for_window(&self, number: DeviceNumber, message: &ClientMessage) -> bool {
        self.devices.get(&number).is_some_and(|device| device.main.is_some()) && is_for_main(message)
    }
}

/// What is said by the device in the call only.
fn is_for_main(message: &ClientMessage) -> bool {
    use ClientMessage as M;
    matches!(
        message,
        M::Ready { .. }
            | M::Enter { .. }
            | M::Leave { .. }
            | M::Admit { .. }
            | M::PutBack { .. }
            | M::Remove { .. }
            | M::End { .. }
            | M::PublishOffer { .. }
            | M::SubscribeAnswer { .. }
            | M::RestartSubscribe {}
            | M::Mute { .. }
            | M::Watch { .. }
            | M::Quality { .. }
            | M::Chat { .. }
            | M::MuteOther { .. }
            | M::Lock { .. }
            | M::Telephone { .. }
    )
}
