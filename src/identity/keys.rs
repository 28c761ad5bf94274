//! The keys of an issuer: read from a file or fetched, kept, and looked for again within limits.
//!
//! An issuer that is away changes nothing for keys that are known already, and a caller who invents
//! key ids causes no more than one look a while.

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

#[derive(Default)]
struct Known {
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
    known: RwLock<Known>,
    /// When a look was last tried; held while one is under way.
    looked: Mutex<Option<Instant>>,
}

/// Why there is no key.
#[derive(Debug, PartialEq, Eq)]
pub enum NoKey {
    /// The issuer does not have it.
    Unknown,
    /// The issuer has never answered.
    Away,
}

impl Keys {
    /// Keys that will be read from `source` when they are first needed.
    pub fn new(source: Source) -> Self {
        let (pause, age_max) = (LOOK_PAUSE, KEYS_AGE_MAX);
        Self { source, pause, age_max, known: RwLock::default(), looked: Mutex::default() }
    }

    /// The keys of a set that is at hand.
    pub fn own(set: &Value) -> Self {
        let this = Self::new(Source::Own);
        this.take(set.to_string().into_bytes());
        this
    }

    /// Counts up whenever the set changes: what was verified before may have to be again.
    pub fn generation(&self) -> u64 {
        self.read().generation
    }

    /// The key of this id. Looks for it once in a while when it is not known; one that is known
    /// serves while the set is looked for again, and while its issuer is away.
    pub async fn find(self: &Arc<Self>, id: &str) -> Result<Arc<Key>, NoKey> {
        let (found, fresh) = self.look_up(id);
        if let Some(key) = found {
            if !fresh {
                let this = self.clone();
                tokio::spawn(async move { this.look().await });
            }
            return Ok(key);
        }
        self.look().await;
        match self.look_up(id).0 {
            Some(key) => Ok(key),
            None if self.read().at.is_some() => Err(NoKey::Unknown),
            None => Err(NoKey::Away),
        }
    }

    fn look_up(&self, id: &str) -> (Option<Arc<Key>>, bool) {
        let known = self.read();
        let fresh = known.at.is_some_and(|at| at.elapsed() < self.age_max);
        (known.keys.get(id).cloned(), fresh || matches!(self.source, Source::Own))
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Asks the source, unless somebody just did; whoever comes meanwhile waits for that answer.
    async fn look(&self) {
        let mut looked = self.looked.lock().await;
        if looked.is_some_and(|at| at.elapsed() < self.pause) {
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
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.at = Some(Instant::now());
        if known.text != text {
            known.generation += 1;
            known.keys = keys;
            known.text = text;
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
