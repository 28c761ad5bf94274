//! What the tests stand on. Nothing here knows a capability, but for [`sample`].

pub mod client;
pub mod contract;
pub mod examples;
pub mod facts;
pub mod instance;
pub mod operator;
pub mod overheard;
pub mod postgres;
pub mod program;
pub mod sample;
pub mod scratch;
pub mod source;
pub mod stand_in;
pub mod wire;
