//! Core types to wire types and back.
