//! The state machine of one call: who publishes, who subscribes, what to forward. Pure.
