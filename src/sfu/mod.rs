//! Packets and peer connections, on the sans-IO `rtc` crate. Decides nothing that the `room` core can decide.
