//! One token: signature, times and audience by `jsonwebtoken`, then the claims of its issuer's
//! shape.
//!
//! Maskinporten: docs.digdir.no, "Access token" and "Delegering i Maskinporten". HelseID:
//! utviklerportal.nhn.no, "Validating access tokens" and "The usage of organization numbers". The
//! national identity number that HelseID may send along is not read.

use std::collections::BTreeSet;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation};
use serde_json::Value;

use super::issuer::{Issuer, Shape};
use super::keys::Key;
use super::{Beside, Caller, DELEGATION_SOURCE_BYTES_MAX, Refused, Who, local};
use crate::edge::FromText;
use crate::identifiers::{HprNumber, OrganisationNumber};
use crate::personal_data::Vault;

/// Scopes of one token that are read.
const SCOPES_MAX: usize = 100;
/// Bytes of a client's id that are kept.
const CLIENT_BYTES_MAX: usize = 200;
/// Organisations are named in the register of legal entities by this prefix (ISO 6523).
const ORGANISATION_PREFIX: &str = "0192:";

/// What a token says of itself before anything is verified.
pub struct Unread {
    pub key_id: String,
    algorithm: Algorithm,
    issuer: String,
    shape: Option<String>,
}

/// A token that was verified.
pub struct Verified {
    pub caller: Caller,
    pub until: i64,
    pub bound_to: Option<String>,
}

impl Unread {
    /// Reads the header, and the claims as far as they say whose keys to look for.
    pub fn of(text: &str) -> Result<Self, Refused> {
        let header = jsonwebtoken::decode_header(text).map_err(|_bad| Refused::Signature)?;
        // `crit` names what must be understood, and nothing of it is.
        let kind = header.typ.as_deref().map(str::to_ascii_lowercase);
        let is_access_token = matches!(kind.as_deref(), None | Some("jwt" | "at+jwt"));
        if header.crit.is_some() || !is_access_token {
            return Err(Refused::Signature);
        }
        let key_id = header.kid.ok_or(Refused::Signature)?;
        let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(text)
            .map_err(|_bad| Refused::Signature)?;
        let issuer = claims["iss"].as_str().ok_or(Refused::Issuer)?.to_owned();
        let shape = claims[local::SHAPE_CLAIM].as_str().map(str::to_owned);
        Ok(Self { key_id, algorithm: header.alg, issuer, shape })
    }

    /// Whether an issuer is the one that the token names. The program's own issues both shapes.
    pub fn is_from(&self, issuer: &Issuer) -> bool {
        let named = self.issuer == issuer.issuer;
        let own = issuer.issuer == local::ISSUER;
        named && (!own || self.shape.as_deref() == Some(local::shape_word(issuer.shape)))
    }

    /// Verifies the token and reads its claims.
    pub fn verify(
        self,
        text: &str,
        issuer: &Issuer,
        key: &Key,
        vault: &Vault,
    ) -> Result<Verified, Refused> {
        let allowed = issuer.algorithms.contains(&self.algorithm);
        if !allowed || key.algorithm.is_some_and(|only| only != self.algorithm) {
            return Err(Refused::Signature);
        }
        let mut validation = Validation::new(self.algorithm);
        validation.leeway = issuer.leeway_seconds;
        validation.validate_nbf = true;
        validation.set_issuer(&[&issuer.issuer]);
        validation.set_audience(&[&issuer.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        let read = jsonwebtoken::decode::<Value>(text, &key.decoding, &validation);
        let claims = read.map_err(|error| refusal(error.kind()))?.claims;
        let until = claims["exp"].as_i64().ok_or(Refused::Claims)?;
        let bound_to = bound_to(&claims)?;
        if issuer.require_dpop && bound_to.is_none() {
            return Err(Refused::Proof);
        }
        let (who, beside) = match issuer.shape {
            Shape::Maskinporten => organisation(&claims)?,
            Shape::Helseid => person(&claims, vault)?,
        };
        let client = printable(claims["client_id"].as_str().unwrap_or(""));
        let client = client.take(CLIENT_BYTES_MAX).collect();
        let scopes = scopes(&claims, &issuer.scope_prefix);
        let caller = Caller { issuer: issuer.issuer.as_str().into(), client, who, scopes, beside };
        let leeway = i64::try_from(issuer.leeway_seconds).unwrap_or(0);
        Ok(Verified { caller, until: until.saturating_add(leeway), bound_to })
    }
}

fn refusal(kind: &ErrorKind) -> Refused {
    match kind {
        ErrorKind::ExpiredSignature => Refused::Expired,
        ErrorKind::ImmatureSignature => Refused::NotYetValid,
        ErrorKind::InvalidAudience => Refused::Audience,
        ErrorKind::InvalidIssuer => Refused::Issuer,
        ErrorKind::MissingRequiredClaim(claim) if claim == "aud" => Refused::Audience,
        ErrorKind::MissingRequiredClaim(_) => Refused::Claims,
        ErrorKind::InvalidToken | ErrorKind::InvalidSignature | _ => Refused::Signature,
    }
}

/// A text without signs that no log line and no database should hold.
fn printable(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_control())
}

/// A claim that is there.
fn given<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    claims.get(name).filter(|claim| !claim.is_null())
}

/// The key that the token is bound to. Another binding (a certificate) cannot be checked here.
fn bound_to(claims: &Value) -> Result<Option<String>, Refused> {
    let thumbprint = |cnf: &Value| cnf["jkt"].as_str().map(str::to_owned).ok_or(Refused::Proof);
    given(claims, "cnf").map(thumbprint).transpose()
}

fn scopes(claims: &Value, prefix: &str) -> BTreeSet<String> {
    let (text, list) = (claims["scope"].as_str(), claims["scope"].as_array());
    let of_text = text.into_iter().flat_map(|text| text.split(' '));
    let of_list = list.into_iter().flatten().filter_map(Value::as_str);
    let ours = of_text.chain(of_list).filter_map(|scope| scope.strip_prefix(prefix));
    ours.take(SCOPES_MAX).map(str::to_owned).collect()
}

fn organisation_of(claim: &Value) -> Result<OrganisationNumber, Refused> {
    let id = claim["ID"].as_str().filter(|_| claim["authority"] == "iso6523-actorid-upis");
    let number = id.and_then(|id| id.strip_prefix(ORGANISATION_PREFIX));
    number.and_then(|n| OrganisationNumber::from_text(n).ok()).ok_or(Refused::Claims)
}

fn organisation(claims: &Value) -> Result<(Who, Beside), Refused> {
    let number = organisation_of(&claims["consumer"])?;
    let supplier = given(claims, "supplier").map(organisation_of).transpose()?;
    let supplier = supplier.filter(|supplier| *supplier != number);
    // Without a supplier nothing was delegated.
    let delegation_source = match &supplier {
        Some(_) => delegation_source(claims)?,
        None => None,
    };
    let beside = Beside { delegation_source, ..Beside::default() };
    Ok((Who::Organisation { number, supplier }, beside))
}

/// Where the consumer delegated the scope to its supplier: the issuer of that register, a URL. It
/// decides nothing here, so nothing is asked of it but that it is short.
fn delegation_source(claims: &Value) -> Result<Option<String>, Refused> {
    let source = claims["delegation_source"].as_str();
    if source.is_some_and(|source| source.len() > DELEGATION_SOURCE_BYTES_MAX) {
        return Err(Refused::Claims);
    }
    Ok(source.map(|source| printable(source).collect()))
}

const HPR: &str = "helseid://claims/hpr/hpr_number";
const ASSURANCE: &str = "helseid://claims/identity/assurance_level";
const SECURITY: &str = "helseid://claims/identity/security_level";
const PARENT: &str = "helseid://claims/client/claims/orgnr_parent";
const CHILD: &str = "helseid://claims/client/claims/orgnr_child";
const SUPPLIER: &str = "helseid://claims/client/claims/orgnr_supplier";

/// A person with an HPR number, strongly authenticated; without one, the client's organisation.
/// HelseID looks up that the parent has delegated to the supplier, and does not check whose unit
/// the child is.
fn person(claims: &Value, vault: &Vault) -> Result<(Who, Beside), Refused> {
    let number = |name: &str| {
        let read = |value: &Value| OrganisationNumber::from_text(value.as_str()?).ok();
        given(claims, name).map(|value| read(value).ok_or(Refused::Claims)).transpose()
    };
    let (employer, unit, supplier) = (number(PARENT)?, number(CHILD)?, number(SUPPLIER)?);
    let Some(hpr) = given(claims, HPR) else {
        // A person without an HPR number is nobody here; a client without a person is a system.
        if given(claims, SECURITY).or(given(claims, ASSURANCE)).is_some() {
            return Err(Refused::Claims);
        }
        let number = employer.ok_or(Refused::Claims)?;
        let supplier = supplier.filter(|supplier| *supplier != number);
        let beside = Beside { unit, ..Beside::default() };
        return Ok((Who::Organisation { number, supplier }, beside));
    };
    // One that is there and low is not made good by the other.
    let level = |name, enough| given(claims, name).map(|level| level == enough);
    let levels = [level(ASSURANCE, "high"), level(SECURITY, "4")];
    let strong = levels.contains(&Some(true)) && !levels.contains(&Some(false));
    let hpr = hpr.as_str().filter(|_| strong).and_then(|n| HprNumber::from_text(n).ok());
    let hpr_lookup = vault.lookup(&hpr.ok_or(Refused::Claims)?);
    let beside = Beside { unit, supplier, ..Beside::default() };
    Ok((Who::Person { hpr_lookup, employer }, beside))
}
