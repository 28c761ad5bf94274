//! Reference data, all dated: municipalities and what becomes of them, the ALIS offices that answer
//! for them, and organisations.
//!
//! The operator loads it. Who may act for an organisation or an office is not decided here.

pub mod domain;
pub mod municipality;
pub mod lineage;
pub mod alis_office;
pub mod organisation;
pub mod geography;
pub mod problems;
pub mod view;
#[cfg(test)]
mod tests;

pub use domain::Event;
pub use lineage::Lineage;
pub use municipality::Municipality;
pub use organisation::Organisation;
