//! The rules of programmes.
