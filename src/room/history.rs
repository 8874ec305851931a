//! The packets of one layer that may still be asked for again.

/// A bounded history, indexed by sequence number: one a publisher's layer answers the negative
/// acknowledgements (RFC 4585 section 6.2.1) of all its subscribers. The newest packet wins a slot.
#[derive(Clone, Debug)]
pub struct PacketHistory<T> {
    slots: Vec<Option<(u16, T)>>,
    newest: Option<u16>,
}

impl<T> PacketHistory<T> {
    /// Keeps at most `capacity` packets, rounded up to a power of two, at least 1 and at most 2^15.
    pub fn new(capacity: u16) -> Self {
        let capacity = usize::from(capacity.clamp(1, 1 << 15)).next_power_of_two();
        Self { slots: (0..capacity).map(|_| None).collect(), newest: None }
    }

    /// The bound on [`PacketHistory::len`].
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// How many packets are kept.
    pub fn len(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// Nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.newest.is_none()
    }

    /// Keeps a packet; gives back the one whose place it takes. One that is older than everything that could be
    /// kept is given back itself.
    pub fn insert(&mut self, sequence_number: u16, packet: T) -> Option<T> {
        let newest = *self.newest.get_or_insert(sequence_number);
        if sequence_number.wrapping_sub(newest) < 0x8000 {
            self.newest = Some(sequence_number);
        } else if usize::from(newest.wrapping_sub(sequence_number)) >= self.slots.len() {
            return Some(packet);
        }
        let slot = self.slot(sequence_number);
        self.slots[slot].replace((sequence_number, packet)).map(|(_, packet)| packet)
    }

    /// The packet with this sequence number, if it is among the last [`PacketHistory::capacity`].
    pub fn get(&self, sequence_number: u16) -> Option<&T> {
        let age = self.newest?.wrapping_sub(sequence_number);
        if usize::from(age) >= self.slots.len() {
            return None;
        }
        match &self.slots[self.slot(sequence_number)] {
            Some((kept, packet)) if *kept == sequence_number => Some(packet),
            _ => None,
        }
    }

    fn slot(&self, sequence_number: u16) -> usize {
        usize::from(sequence_number) & (self.slots.len() - 1)
    }
}
