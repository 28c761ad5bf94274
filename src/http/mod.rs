//! The HTTP kernel: what every operation has in common. `docs/api.md` tells it to callers.
//!
//! A change goes through [`change::Change`], a read of one resource through [`read::Read`], a list
//! through [`read::List`]; a handler parses, hands on and shapes the answer. No rule lives here.

pub mod access;
pub mod actor;
pub mod answer;
pub mod body;
mod valid_since;
pub mod change;
pub mod cloud_event;
pub mod concerns;
pub mod context;
pub mod cors;
pub mod etag;
pub mod external_ids;
pub mod feed;
pub mod header;
pub mod health;
mod history;
pub mod response_cache;
pub mod limits;
pub mod list;
pub mod listing;
pub mod openapi;
pub mod operation;
pub mod other;
pub mod page;
pub mod problems;
pub mod read;
pub mod access_audit;
pub mod registry;
pub mod report;
pub mod resource;
pub mod person;
mod decrypt;
pub mod security;
pub mod time_axes;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_util::sync::CancellationToken;

use crate::access_log::AccessLog;
use crate::capabilities::access::permissions::PermissionsCache;
use crate::event_log::EventLog;
use crate::event_log::projector::Projection;
use crate::identity::Identity;
use crate::personal_data::Vault;

pub use alis_log::clock::now;
pub use answer::{Answer, ProblemResponse};
pub use body::Body;
pub use change::Change;
pub use context::current;
pub use history::{History, InTime};
pub use list::ListQuery;
pub use page::Unsorted;
pub use read::{Filtered, List, NoFilters, Read};

/// What every handler may use. Cheap to clone; each worker thread has a clone with a pool of its
/// own, so that a query's answer wakes nobody on another thread.
#[derive(Clone)]
pub struct Service {
    pub log: EventLog,
    /// Answers of this worker that may still hold.
    pub answers: Arc<response_cache::Answers>,
    pub vault: Arc<Vault>,
    /// Where reads of personal data are written down.
    pub access_log: AccessLog,
    /// Tells who is calling.
    pub identity: Arc<Identity>,
    /// How far callers reach.
    pub permissions_cache: Arc<PermissionsCache>,
    /// Scheme and host that callers use, when the service stands behind another name.
    pub public_url: Option<Arc<str>>,
    /// Callers reach the service by TLS, its own or that of what stands before it.
    pub https: bool,
    pub limits: limits::Limits,
    /// What callers have used up of their limits.
    pub counters: Arc<limits::Counters>,
    pub projections: Vec<Arc<dyn Projection>>,
    /// What the catalogue of reports lists.
    pub reports: Vec<&'static dyn report::AnyReport>,
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
    /// Turns true once every read model is built, false again when the service drains.
    pub ready: Arc<AtomicBool>,
    /// Ends open streams and long polls at shutdown.
    pub stop: CancellationToken,
    /// Methods and paths of the service, for answering 405 and for the documentation.
    pub operations: Arc<openapi::Operations>,
    /// Whom addresses concern.
    pub looks: registry::Looks,
}

/// What day it is in Norway.
pub fn today() -> Date {
    day_of(now())
}

/// The instant at which a day begins in Norway; `None` at the end of all time.
pub fn beginning_of(day: Date) -> Option<Timestamp> {
    day.to_zoned(oslo()).ok().map(|begun| begun.timestamp())
}

/// The Norwegian day of an instant.
pub fn day_of(instant: Timestamp) -> Date {
    instant.to_zoned(oslo()).date()
}

fn oslo() -> jiff::tz::TimeZone {
    static OSLO: std::sync::LazyLock<jiff::tz::TimeZone> = std::sync::LazyLock::new(|| {
        jiff::tz::TimeZone::get("Europe/Oslo").expect("the time zones are part of the program")
    });
    OSLO.clone()
}
