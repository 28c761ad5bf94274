//! The keys of an issuer: read from a file or fetched, kept, and looked for again within limits.
//!
//! An issuer that is away changes nothing for keys that are known already until they are too old to
//! be believed, and a caller who invents key ids causes no more than one look a while.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::client;
use crate::event_log::combiner::with_causes;

/// Pause between two looks for keys, also when callers name ids that nobody knows.
const LOOK_PAUSE: Duration = Duration::from_secs(10);
/// Age at which known keys are looked for again, so that a withdrawn one ends.
const KEYS_AGE_MAX: Duration = Duration::from_secs(600);
/// Age at which keys count no longer, when their issuer has not answered since. An issuer's bad day
/// is no reason to stop; but whoever keeps it from answering must not keep a withdrawn key alive
/// for ever.
const KEYS_BELIEVED_MAX: Duration = Duration::from_secs(24 * 3_600);
/// How long one fetch may take.
const FETCH_SECONDS_MAX: u64 = 5;
/// Bytes of a set of keys.
const SET_BYTES_MAX: usize = 256 * 1024;
/// Keys of one issuer that are kept.
const SET_KEYS_MAX: usize = 100;

/// A public key and the signatures it may be used for.
pub struct Key {
    pub decoding: DecodingKey,
    /// The one algorithm that the set allows it, when it says so.
    pub algorithm: Option<Algorithm>,
}

/// Where keys come from.
#[derive(Debug, Clone)]
pub enum Source {
    File(PathBuf),
    Url(String),
    /// The program's own issuer: given once.
    Own,
}

/// The set that the source gave last.
#[derive(Default)]
struct Fetched {
    keys: HashMap<String, Arc<Key>>,
    /// Counts the sets that differed from the one before.
    generation: u64,
    text: Vec<u8>,
    /// When the source last answered.
    at: Option<Instant>,
}

/// The keys of one issuer.
pub struct Keys {
    source: Source,
    pause: Duration,
    age_max: Duration,
    believed_max: Duration,
    fetched: RwLock<Fetched>,
    /// When a look was last tried; held while one is under way.
    looked: Mutex<Option<Instant>>,
}

/// Why there is no key.
#[derive(Debug, PartialEq, Eq)]
pub enum NoKey {
    /// The issuer does not have it.
    Unknown,
    /// The issuer has never answered, or not for too long.
    Away,
}

impl Keys {
    /// Keys that will be read from `source` when they are first needed.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            pause: LOOK_PAUSE,
            age_max: KEYS_AGE_MAX,
            believed_max: KEYS_BELIEVED_MAX,
            fetched: RwLock::default(),
            looked: Mutex::default(),
        }
    }

    /// The keys of a set that is at hand.
    pub fn own(set: &Value) -> Self {
        let this = Self::new(Source::Own);
        this.take(set.to_string().into_bytes());
        this
    }

    /// Keys that are looked for again whenever they are used.
    #[cfg(test)]
    pub fn old_at_once(source: Source, believed_max: Duration) -> Self {
        let (pause, age_max) = (Duration::ZERO, Duration::ZERO);
        Self { pause, age_max, believed_max, ..Self::new(source) }
    }

    /// Counts up whenever the set changes: what was verified before may have to be again.
    pub fn generation(&self) -> u64 {
        self.read().generation
    }

    /// The key of this id, and the generation of its set. Looks for it once in a while when it is
    /// not known; one that is known serves while the set is looked for again, and for a time while
    /// its issuer is away.
    pub async fn find(self: &Arc<Self>, id: &str) -> Result<(Arc<Key>, u64), NoKey> {
        if let Some(found) = self.look_up(id) {
            self.freshen();
            return Ok(found);
        }
        self.look().await;
        match self.look_up(id) {
            Some(found) => Ok(found),
            None if self.is_believed(&self.read()) => Err(NoKey::Unknown),
            None => Err(NoKey::Away),
        }
    }

    /// Whether what was verified by a set of this generation still is; has the set looked for again
    /// when it is old, and waits for nothing.
    pub fn still_hold(self: &Arc<Self>, generation: u64) -> bool {
        self.freshen();
        let fetched = self.read();
        fetched.generation == generation && self.is_believed(&fetched)
    }

    fn look_up(&self, id: &str) -> Option<(Arc<Key>, u64)> {
        let fetched = self.read();
        let key = fetched.keys.get(id).filter(|_| self.is_believed(&fetched))?;
        Some((key.clone(), fetched.generation))
    }

    /// Whether the source answered lately enough for its keys to count.
    fn is_believed(&self, fetched: &Fetched) -> bool {
        let lately = fetched.at.is_some_and(|at| at.elapsed() < self.believed_max);
        lately || matches!(self.source, Source::Own)
    }

    /// Has an old set looked for, behind whoever needs it.
    fn freshen(self: &Arc<Self>) {
        let is_fresh = self.read().at.is_some_and(|at| at.elapsed() < self.age_max);
        if is_fresh || matches!(self.source, Source::Own) {
            return;
        }
        // Held, somebody is looking now.
        let looked = self.looked.try_lock().map_or_else(|_held| true, |at| self.is_pause(*at));
        if !looked {
            let this = self.clone();
            tokio::spawn(async move { this.look().await });
        }
    }

    fn is_pause(&self, looked: Option<Instant>) -> bool {
        looked.is_some_and(|at| at.elapsed() < self.pause)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Fetched> {
        self.fetched.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Asks the source, unless somebody just did; whoever comes meanwhile waits for that answer.
    async fn look(&self) {
        let mut looked = self.looked.lock().await;
        if self.is_pause(*looked) {
            return;
        }
        *looked = Some(Instant::now());
        match self.fetch().await {
            Ok(Some(text)) => self.take(text),
            Ok(None) => {}
            Err(reason) => {
                metrics::counter!("alis_issuer_keys_failed_total").increment(1);
                tracing::warn!(source = ?self.source, reason, "An issuer's keys cannot be read");
            }
        }
    }

    async fn fetch(&self) -> Result<Option<Vec<u8>>, String> {
        match &self.source {
            Source::Own => Ok(None),
            Source::File(path) => {
                tokio::fs::read(path).await.map(Some).map_err(|error| with_causes(&error))
            }
            Source::Url(url) => {
                let http = client::http().map_err(|error| with_causes(&error))?;
                let request = http.get(url).timeout(Duration::from_secs(FETCH_SECONDS_MAX));
                let response = request.send().await.and_then(reqwest::Response::error_for_status);
                let response = response.map_err(|error| with_causes(&error))?;
                let body = client::bounded(response, SET_BYTES_MAX).await;
                body.map(Some).map_err(|error| with_causes(&error))
            }
        }
    }

    /// Takes a set over, if it is one: a page of an error is no reason to forget what is known.
    fn take(&self, text: Vec<u8>) {
        let keys = match read_set(&text) {
            Ok(keys) => keys,
            Err(error) => {
                tracing::warn!(source = ?self.source, error, "This is no set of keys");
                return;
            }
        };
        let mut fetched = self.fetched.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        fetched.at = Some(Instant::now());
        if fetched.text != text {
            fetched.generation += 1;
            fetched.keys = keys;
            fetched.text = text;
        }
    }
}

/// The usable keys of a JWK set, by id. A key of another kind or for another use is passed over.
fn read_set(text: &[u8]) -> Result<HashMap<String, Arc<Key>>, String> {
    let set: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let members = set["keys"].as_array().ok_or("there is no array `keys`")?;
    let usable = members.iter().take(SET_KEYS_MAX).filter_map(|member| {
        let jwk: Jwk = serde_json::from_value(member.clone()).ok()?;
        let id = jwk.common.key_id.clone()?;
        let signs = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let asymmetric = matches!(
            jwk.algorithm,
            AlgorithmParameters::EllipticCurve(_)
                | AlgorithmParameters::RSA(_)
                | AlgorithmParameters::OctetKeyPair(_)
        );
        let algorithm = match jwk.common.key_algorithm {
            // One that this program does not know is none that it may be used with, nor is one of
            // shared secrets.
            Some(named) => Some(Algorithm::try_from(named).ok().filter(|one| !is_shared(*one))?),
            None => None,
        };
        let decoding = DecodingKey::from_jwk(&jwk).ok().filter(|_| signs && asymmetric)?;
        Some((id, Arc::new(Key { decoding, algorithm })))
    });
    Ok(usable.collect())
}

/// Whether whoever checks such a signature could have made it.
pub(super) fn is_shared(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::local::LocalIssuer;
    use serde_json::json;

    /// Keys in a file of the test's own, looked for as often as they are asked for.
    struct Rotating {
        path: PathBuf,
        keys: Arc<Keys>,
    }

    impl Rotating {
        fn new(name: &str) -> Self {
            crate::identity::crypto::install();
            let path =
                std::env::temp_dir().join(format!("alis-keys-{}-{name}", std::process::id()));
            let mut keys = Keys::new(Source::File(path.clone()));
            keys.pause = Duration::ZERO;
            Self { path, keys: Arc::new(keys) }
        }

        fn publish(&self, ids: &[&str]) {
            let issuer = LocalIssuer::new(&LocalIssuer::generate_key()).expect("a fresh key");
            let key = issuer.jwks()["keys"][0].clone();
            let keys: Vec<Value> = ids
                .iter()
                .map(|id| {
                    let mut key = key.clone();
                    key["kid"] = json!(id);
                    key
                })
                .collect();
            std::fs::write(&self.path, json!({ "keys": keys }).to_string()).expect("writable");
        }
    }

    impl Drop for Rotating {
        fn drop(&mut self) {
            if std::fs::remove_file(&self.path).is_err() {
                eprintln!("{} was not there any more", self.path.display());
            }
        }
    }

    #[tokio::test]
    async fn a_key_that_is_new_is_found_and_one_that_is_gone_is_forgotten() {
        let rotating = Rotating::new("rotate");
        rotating.publish(&["old"]);
        assert!(rotating.keys.find("old").await.is_ok());
        let before = rotating.keys.generation();
        rotating.publish(&["old", "new"]);
        assert!(rotating.keys.find("new").await.is_ok());
        assert!(rotating.keys.generation() > before);
        rotating.publish(&["new"]);
        assert_eq!(rotating.keys.find("unknown").await.err(), Some(NoKey::Unknown));
        assert_eq!(rotating.keys.find("old").await.err(), Some(NoKey::Unknown));
    }

    #[tokio::test]
    async fn an_issuer_that_goes_away_or_answers_nonsense_takes_nothing_from_what_is_known() {
        let rotating = Rotating::new("away");
        assert_eq!(rotating.keys.find("one").await.err(), Some(NoKey::Away));
        rotating.publish(&["one"]);
        assert!(rotating.keys.find("one").await.is_ok());
        std::fs::write(&rotating.path, "<html>busy</html>").expect("writable");
        assert_eq!(rotating.keys.find("two").await.err(), Some(NoKey::Unknown));
        assert!(rotating.keys.find("one").await.is_ok());
    }

    #[tokio::test]
    async fn an_issuer_that_stays_away_is_believed_for_a_time_and_no_longer() {
        let mut rotating = Rotating::new("gone");
        rotating.publish(&["one"]);
        let keys = Arc::get_mut(&mut rotating.keys).expect("nobody else holds it");
        (keys.age_max, keys.believed_max) = (Duration::ZERO, Duration::from_millis(200));
        let generation = rotating.keys.find("one").await.expect("it is published").1;
        std::fs::remove_file(&rotating.path).expect("it is ours");
        assert!(rotating.keys.still_hold(generation));
        tokio::time::sleep(Duration::from_millis(210)).await;
        assert!(!rotating.keys.still_hold(generation));
        assert_eq!(rotating.keys.find("one").await.err(), Some(NoKey::Away));
        // Back again, it is believed again.
        rotating.publish(&["one"]);
        assert!(rotating.keys.find("one").await.is_ok());
    }

    #[test]
    fn a_key_of_shared_secrets_is_passed_over_whatever_it_calls_itself() {
        let issuer = LocalIssuer::new(&LocalIssuer::generate_key()).expect("a fresh key");
        let mut set = issuer.jwks();
        let taken = |set: &Value| read_set(set.to_string().as_bytes()).map(|keys| keys.len());
        assert_eq!(taken(&set), Ok(1));
        set["keys"][0]["alg"] = json!("HS256");
        assert_eq!(taken(&set), Ok(0));
        let secret = json!({ "keys": [{ "kty": "oct", "kid": "one", "k": "AAAA" }] });
        assert_eq!(taken(&secret), Ok(0));
    }

    #[tokio::test]
    async fn ids_that_nobody_knows_cause_one_look_a_while() {
        let mut rotating = Rotating::new("pause");
        rotating.publish(&["one"]);
        Arc::get_mut(&mut rotating.keys).expect("nobody else holds it").pause = LOOK_PAUSE;
        assert!(rotating.keys.find("one").await.is_ok());
        rotating.publish(&["one", "two"]);
        assert_eq!(rotating.keys.find("two").await.err(), Some(NoKey::Unknown));
    }
}
