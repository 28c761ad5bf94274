//! Positions, supervisor assignments and learning-goal approvals for general practitioners in
//! specialist training.

pub mod embedded_postgres;
