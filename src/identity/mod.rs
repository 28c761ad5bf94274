//! Who is calling, proved by a token: the claims of the issuers that are trusted, read into one
//! form. An identity is never taken from a body or a header of the caller's choice.
//!
//! What a caller may touch is not decided here: that follows from facts in the log.

pub mod cast;
mod crypto;
mod dpop;
pub mod issuer;
pub mod keys;
pub mod local;
mod token;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use crate::identifiers::OrganisationNumber;
use crate::personal_data::Vault;
use issuer::{Issuer, Shape};
use keys::{Keys, Source};

pub use dpop::{PROOF_AGE_SECONDS_MAX, Proof};
pub use local::LocalIssuer;

/// What scopes begin with, unless an issuer's entry says otherwise: `alis:positions.read`.
pub const SCOPE_PREFIX: &str = "alis:";
/// Verified tokens that are remembered.
const REMEMBERED_MAX: usize = 10_000;
/// Bytes of a token.
pub const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// Bytes of the name of a register of delegations. It is a URL, and kept with every fact.
pub const DELEGATION_SOURCE_BYTES_MAX: usize = 200;

/// A caller whose token was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `iss` of the token.
    pub issuer: Arc<str>,
    /// The client that the token was issued to. For the record only, never for access.
    pub client: String,
    pub who: Who,
    /// What the token allows: `positions.read` and its like, without the prefix.
    pub scopes: BTreeSet<String>,
    /// For the record only, never for access.
    pub beside: Beside,
}

/// What a token tells of the organisations around its caller. It is kept with what the caller does;
/// what a caller may touch never follows from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// The unit (underenhet) of the organisation, or of a person's employer.
    pub unit: Option<OrganisationNumber>,
    /// Who supplies the client that a person uses. An organisation's supplier is in [`Who`],
    /// because what such a caller reaches is what was delegated to the supplier.
    pub supplier: Option<OrganisationNumber>,
    /// Where the organisation delegated to its supplier: the issuer of a register of delegations,
    /// `https://www.altinn.no/`.
    pub delegation_source: Option<String>,
}

/// Whom a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// An organisation's system. `supplier` runs it on the organisation's behalf.
    Organisation { number: OrganisationNumber, supplier: Option<OrganisationNumber> },
    /// A person, by the keyed hash of the HPR number; the number itself goes no further. `employer`
    /// is the organisation that the person works for in this session.
    Person { hpr_lookup: String, employer: Option<OrganisationNumber> },
}

impl Caller {
    /// What tells this caller from every other: scopes idempotency keys and limits.
    pub fn id(&self) -> String {
        match &self.who {
            Who::Organisation { number, supplier: None } => format!("org:{number}"),
            Who::Organisation { number, supplier: Some(supplier) } => {
                format!("org:{number}/{supplier}")
            }
            Who::Person { hpr_lookup, .. } => format!("person:{hpr_lookup}"),
        }
    }
}

/// Why a token does not tell who is calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Its issuer is not trusted, or the token does not name one.
    Issuer,
    /// It is no token that this service takes: form, algorithm or signature.
    Signature,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It was issued for somebody else.
    Audience,
    /// It does not say who is calling, or not well enough.
    Claims,
    /// It is bound to a key, and the proof of that key is missing or wrong.
    Proof,
    /// The issuer's keys could not be had: nothing can be said of the token now.
    Unknowable,
}

impl Refused {
    /// The word for it in an answer.
    pub fn word(self) -> &'static str {
        match self {
            Refused::Issuer => "issuer",
            Refused::Signature => "signature",
            Refused::Expired => "expired",
            Refused::NotYetValid => "not_yet_valid",
            Refused::Audience => "audience",
            Refused::Claims => "claims",
            Refused::Proof => "proof",
            Refused::Unknowable => "unknowable",
        }
    }
}

/// An issuer and its keys.
struct Trusted {
    issuer: Issuer,
    keys: Arc<Keys>,
}

/// A token that was verified before.
#[derive(Clone)]
struct Remembered {
    caller: Arc<Caller>,
    /// `exp`, in seconds since 1970.
    until: i64,
    /// Thumbprint of the key that the token is bound to.
    bound_to: Option<String>,
    issuer: usize,
    /// Of the keys that it was verified by.
    generation: u64,
}

/// Tells who is calling.
pub struct Identity {
    trusted: Vec<Trusted>,
    vault: Arc<Vault>,
    /// By SHA-256 of the token.
    remembered: Mutex<HashMap<[u8; 32], Remembered>>,
    proofs: dpop::Replays,
}

impl Identity {
    /// Trusts the issuers of a file, and the program's own if there is one.
    pub fn new(issuers: Vec<Issuer>, own: Option<&LocalIssuer>, vault: Arc<Vault>) -> Self {
        crypto::install();
        let mut trusted: Vec<Trusted> = issuers
            .into_iter()
            .map(|issuer| {
                let source = match (&issuer.jwks_url, &issuer.jwks_file) {
                    (Some(url), _) => Source::Url(url.clone()),
                    (None, file) => Source::File(file.clone().unwrap_or_default()),
                };
                Trusted { issuer, keys: Arc::new(Keys::new(source)) }
            })
            .collect();
        if let Some(own) = own {
            for shape in [Shape::Maskinporten, Shape::Helseid] {
                let keys = Arc::new(Keys::own(&own.jwks()));
                trusted.push(Trusted { issuer: own.as_issuer(shape), keys });
            }
        }
        let remembered = Mutex::default();
        Self { trusted, vault, remembered, proofs: dpop::Replays::default() }
    }

    /// The caller of a request. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// What is wrong with the token, or with the proof that has to come with it.
    pub async fn caller(
        &self,
        token: &str,
        proof: Option<&Proof<'_>>,
        now: i64,
    ) -> Result<Arc<Caller>, Refused> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = match self.recall(&digest, now) {
            Some(known) => known,
            None => {
                let known = self.verify(token).await?;
                self.remember(digest, known.clone(), now);
                known
            }
        };
        match (&known.bound_to, proof) {
            (None, None) => {}
            // A proof that nobody asked for is still checked: the caller thinks it counts. It is
            // not remembered, because anybody can make as many keys as they like.
            (None, Some(proof)) => drop(proof.check(&digest, now).ok_or(Refused::Proof)?),
            (Some(bound_to), Some(proof)) => {
                let proven = proof.check(&digest, now).ok_or(Refused::Proof)?;
                // Used up last, so that what was refused for something else is not.
                let holds = proven.key == *bound_to
                    && self.proofs.is_first(&known.caller.id(), &proven, now);
                holds.then_some(()).ok_or(Refused::Proof)?;
            }
            (Some(_), None) => return Err(Refused::Proof),
        }
        Ok(known.caller)
    }

    fn recall(&self, digest: &[u8; 32], now: i64) -> Option<Remembered> {
        let remembered = self.remembered.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let known = remembered.get(digest)?;
        let holds = self.trusted.get(known.issuer)?.keys.still_hold(known.generation);
        (holds && known.until > now).then(|| known.clone())
    }

    fn remember(&self, digest: [u8; 32], known: Remembered, now: i64) {
        let mut remembered =
            self.remembered.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if remembered.len() >= REMEMBERED_MAX {
            remembered.retain(|_, known| known.until > now);
        }
        if remembered.len() >= REMEMBERED_MAX {
            // All of them live: forgetting them costs a verification each, and bounds the memory.
            remembered.clear();
        }
        remembered.insert(digest, known);
    }

    async fn verify(&self, text: &str) -> Result<Remembered, Refused> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(Refused::Signature);
        }
        let unread = token::Unread::of(text)?;
        let by_name = |trusted: &&Trusted| unread.is_from(&trusted.issuer);
        let trusted = self.trusted.iter().find(by_name).ok_or(Refused::Issuer)?;
        let at = self.trusted.iter().position(|other| std::ptr::eq(other, trusted));
        let found = trusted.keys.find(&unread.key_id).await;
        let (key, generation) = found.map_err(|none| match none {
            keys::NoKey::Unknown => Refused::Signature,
            keys::NoKey::Away => Refused::Unknowable,
        })?;
        let verified = unread.verify(text, &trusted.issuer, &key, &self.vault)?;
        Ok(Remembered {
            caller: Arc::new(verified.caller),
            until: verified.until,
            bound_to: verified.bound_to,
            issuer: at.unwrap_or(usize::MAX),
            generation,
        })
    }
}

#[cfg(test)]
mod tests;
