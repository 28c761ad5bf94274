//! Reference data: municipalities and what belongs to them, all dated.

pub mod geography;
pub mod klass;
