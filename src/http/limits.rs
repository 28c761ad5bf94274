//! How much a caller may ask, and how long a request may be on its way: limits per caller, and
//! limits of a request's form. What is in a body is judged where it is read ([`super::body`]).
//!
//! A caller is counted by this instance; several instances count each for itself.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::{ProblemResponse, problems};
use crate::problem::Rejection;

/// Requests a second that a caller may go on sending, unless the settings say otherwise.
pub const REQUESTS_PER_SECOND: NonZeroU32 = whole(600);
/// Requests that a caller may send at once, unless the settings say otherwise.
pub const REQUESTS_BURST: NonZeroU32 = whole(6_000);
/// Refused tokens a second, and at once, from one address before it is told to wait.
const REFUSALS_PER_SECOND: NonZeroU32 = whole(50);
const REFUSALS_BURST: NonZeroU32 = whole(500);
/// Event streams that a caller may hold open, unless the settings say otherwise.
pub const STREAMS_PER_CALLER: usize = 20;
/// Seconds that the head of a request may take, unless the settings say otherwise.
pub const HEAD_SECONDS: u64 = 5;
/// Seconds that a body may take, unless the settings say otherwise.
pub const BODY_SECONDS: u64 = 30;
/// Seconds that a connection without a request is kept.
pub const KEEP_ALIVE_SECONDS: u64 = 15;
/// Connections of one worker thread; further ones wait to be taken.
pub const CONNECTIONS_PER_WORKER_MAX: usize = 10_000;
/// Bytes of an address, with its query.
pub const ADDRESS_BYTES_MAX: usize = 8 * 1024;
/// Headers of a request. (The HTTP library cuts the connection at 96.)
pub const HEADERS_MAX: usize = 64;
/// Bytes of all headers: a token and its proof, and room for what proxies add. (The HTTP library
/// cuts the connection at 128 KiB.)
pub const HEADER_BYTES_MAX: usize = 32 * 1024;

/// The name of the policy of proved callers.
const CALLER: &str = "caller";
/// Callers and addresses that are counted at a time.
const COUNTED_MAX: usize = 50_000;
/// Seconds after which another event stream is worth a try.
const STREAM_RETRY_SECONDS: u64 = 10;

const fn whole(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("the numbers above are not zero")
}

/// What the settings say.
#[derive(Debug, Clone)]
pub struct Limits {
    pub requests_per_second: NonZeroU32,
    pub requests_burst: NonZeroU32,
    /// Refused tokens from one address.
    pub refusals_per_second: NonZeroU32,
    pub refusals_burst: NonZeroU32,
    pub streams_per_caller: usize,
    /// How long the head of a request may take.
    pub head: Duration,
    /// How long a body may take.
    pub body: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_second: REQUESTS_PER_SECOND,
            requests_burst: REQUESTS_BURST,
            refusals_per_second: REFUSALS_PER_SECOND,
            refusals_burst: REFUSALS_BURST,
            streams_per_caller: STREAMS_PER_CALLER,
            head: Duration::from_secs(HEAD_SECONDS),
            body: Duration::from_secs(BODY_SECONDS),
        }
    }
}

/// Counts what callers ask.
#[derive(Debug)]
pub struct Counters {
    /// By [`crate::identity::Caller::id`].
    callers: Meter<String>,
    /// Who shows tokens that are refused, by address.
    refused: Meter<IpAddr>,
    streams: Arc<Mutex<HashMap<String, usize>>>,
    streams_max: usize,
}

impl Counters {
    /// Nothing counted yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            callers: Meter::new(CALLER, limits.requests_per_second, limits.requests_burst),
            refused: Meter::new(
                "refused-tokens",
                limits.refusals_per_second,
                limits.refusals_burst,
            ),
            streams: Arc::default(),
            streams_max: limits.streams_per_caller,
        }
    }

    /// Counts a request of a proved caller.
    pub fn request(&self, caller: String) -> Allowance {
        self.callers.count(caller)
    }

    /// Counts a token that was refused, by where it came from.
    pub fn refusal(&self, from: IpAddr) -> Allowance {
        self.refused.count(network_of(from))
    }

    /// Room for one more event stream of a caller; it is given back when dropped.
    ///
    /// # Errors
    /// When the caller holds as many as are allowed.
    pub fn stream(&self, caller: String) -> Result<StreamPermit, ProblemResponse> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let open = streams.entry(caller.clone()).or_default();
        if *open >= self.streams_max {
            return Err(too_many(
                format!("{} event streams", self.streams_max),
                STREAM_RETRY_SECONDS,
            ));
        }
        *open += 1;
        Ok(StreamPermit { streams: self.streams.clone(), caller })
    }
}

/// Whoever has one IPv6 address has all of its network's.
fn network_of(address: IpAddr) -> IpAddr {
    const NETWORK: u128 = !(u64::MAX as u128);
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & NETWORK).into()),
    }
}

fn too_many(limit: String, retry_seconds: u64) -> ProblemResponse {
    let rejection = Rejection::new(&problems::TOO_MANY_REQUESTS);
    let rejection = rejection.with("limit", limit).with("seconds", retry_seconds);
    ProblemResponse::new(rejection).retry_after(retry_seconds)
}

/// An open event stream of a caller.
#[derive(Debug)]
pub struct StreamPermit {
    streams: Arc<Mutex<HashMap<String, usize>>>,
    caller: String,
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = streams.get_mut(&self.caller) {
            *open -= 1;
            if *open == 0 {
                streams.remove(&self.caller);
            }
        }
    }
}

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// One policy, and how far each key has used it up.
#[derive(Debug)]
struct Meter<K: Hash + Eq + Clone> {
    name: &'static str,
    per_second: NonZeroU32,
    burst: NonZeroU32,
    limiter: RwLock<Limiter<K>>,
}

impl<K: Hash + Eq + Clone> Meter<K> {
    fn new(name: &'static str, per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        let limiter = RwLock::new(Self::limiter(per_second, burst));
        Self { name, per_second, burst, limiter }
    }

    fn limiter(per_second: NonZeroU32, burst: NonZeroU32) -> Limiter<K> {
        let quota = Quota::per_second(per_second).allow_burst(burst);
        RateLimiter::new(quota, HashMapStateStore::default(), DefaultClock::default())
    }

    fn count(&self, key: K) -> Allowance {
        self.make_room(COUNTED_MAX);
        let limiter = self.limiter.read().unwrap_or_else(PoisonError::into_inner);
        let (remaining, wait) = match limiter.check_key(&key) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(until) => (0, Some(until.wait_time_from(limiter.clock().now()))),
        };
        let Self { name, per_second, burst, .. } = *self;
        Allowance { name, per_second, burst, remaining, wait }
    }

    /// Forgets who has not used up anything; everybody, if that is not enough: it lets some ask
    /// more than they should for a moment, and bounds the memory.
    fn make_room(&self, counted_max: usize) {
        let limiter = self.limiter.read().unwrap_or_else(PoisonError::into_inner);
        if limiter.len() < counted_max {
            return;
        }
        limiter.retain_recent();
        if limiter.len() < counted_max {
            return;
        }
        drop(limiter);
        let mut limiter = self.limiter.write().unwrap_or_else(PoisonError::into_inner);
        *limiter = Self::limiter(self.per_second, self.burst);
    }
}

/// What is left of a policy after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    name: &'static str,
    per_second: NonZeroU32,
    burst: NonZeroU32,
    remaining: u32,
    /// How long to wait, when nothing was left for this request.
    wait: Option<Duration>,
}

impl Allowance {
    /// Whether it is that of a proved caller.
    pub fn is_of_caller(&self) -> bool {
        self.name == CALLER
    }

    /// The refusal of a request that nothing was left for.
    ///
    /// # Errors
    /// When nothing was left.
    pub fn or_refuse(&self) -> Result<(), ProblemResponse> {
        let Some(wait) = self.wait else { return Ok(()) };
        let limit = format!("{} a second, {} at once", self.per_second, self.burst);
        Err(too_many(limit, wait.as_secs() + 1))
    }

    /// Tells the caller: the policy, what is left, and in how many seconds all of it is back
    /// (draft-ietf-httpapi-ratelimit-headers).
    pub fn put(&self, headers: &mut HeaderMap) {
        let Self { name, per_second, burst, remaining, wait: _ } = self;
        let window = burst.get().div_ceil(per_second.get());
        let reset = (burst.get() - remaining).div_ceil(per_second.get());
        let policy = format!("\"{name}\";q={burst};w={window}");
        let left = format!("\"{name}\";r={remaining};t={reset}");
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", left)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// Refuses a request whose head is too large, before anything of it is looked at.
///
/// # Errors
/// When the address, the number of headers or their size is over its limit.
pub fn check_head(request: &ServiceRequest) -> Result<(), ProblemResponse> {
    let uri = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if uri > ADDRESS_BYTES_MAX {
        let rejection = Rejection::new(&problems::ADDRESS_TOO_LONG);
        return Err(rejection.with("limit", ADDRESS_BYTES_MAX).into());
    }
    let headers = request.headers();
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    if headers.len() > HEADERS_MAX || bytes.sum::<usize>() > HEADER_BYTES_MAX {
        let rejection = Rejection::new(&problems::HEADERS_TOO_LARGE);
        return Err(rejection.with("count", HEADERS_MAX).with("bytes", HEADER_BYTES_MAX).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_of_callers_is_bounded() {
        let meter: Meter<u32> = Meter::new("caller", whole(1), whole(2));
        let counted = |meter: &Meter<u32>| meter.limiter.read().expect("nobody panics").len();
        for caller in 0..100 {
            meter.make_room(10);
            let remaining = meter.count(caller).remaining;
            assert_eq!(remaining, 1, "each caller has an allowance of its own");
            assert!(counted(&meter) <= 10, "{}", counted(&meter));
        }
    }

    #[test]
    fn an_allowance_says_what_is_left_and_when_it_is_back() {
        let meter: Meter<&str> = Meter::new("caller", whole(1), whole(2));
        let recorded = |allowance: &Allowance| {
            let mut headers = HeaderMap::new();
            allowance.put(&mut headers);
            let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
            (text("ratelimit-policy"), text("ratelimit"))
        };
        let policy = Some("\"caller\";q=2;w=2".to_owned());
        let first = meter.count("a");
        assert_eq!(recorded(&first), (policy.clone(), Some("\"caller\";r=1;t=1".to_owned())));
        assert!(first.or_refuse().is_ok());
        assert!(meter.count("a").or_refuse().is_ok());
        let third = meter.count("a");
        assert_eq!(recorded(&third), (policy, Some("\"caller\";r=0;t=2".to_owned())));
        assert!(third.or_refuse().is_err());
        assert!(meter.count("b").or_refuse().is_ok(), "another caller has its own");
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let network = |text: &str| network_of(text.parse().expect("an address"));
        assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
    }

    #[test]
    fn streams_are_given_back_when_they_end() {
        let limits = Limits { streams_per_caller: 1, ..Limits::default() };
        let counters = Counters::new(&limits);
        let first = counters.stream("a".to_owned()).expect("there is room");
        assert!(counters.stream("a".to_owned()).is_err());
        assert!(counters.stream("b".to_owned()).is_ok());
        drop(first);
        assert!(counters.stream("a".to_owned()).is_ok());
        let left = counters.streams.lock().expect("nobody panics").len();
        assert_eq!(left, 0, "who holds none is forgotten");
    }
}
