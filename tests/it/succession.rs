//! Rules over the turn of 2024, when 5401 Tromsø became 5501, and over a merger.

mod access;
mod learning_goals;
mod lists;
mod quota;
mod staffing;
mod supervision;
