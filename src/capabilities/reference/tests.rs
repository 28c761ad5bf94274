//! The rules of reference data.
