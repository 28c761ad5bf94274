//! The operations on proofs.

use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, web};
use deadpool_postgres::GenericClient;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::leaf::Event;
use super::note;
use super::problems::NOT_YET_SEALED;
use super::receipt::Receipt;
use super::store::{self, ProofError, Published, Tree, signed};
use super::{Keys, tree};
use crate::edge::{Fault, Faults, FieldFault, FromText};
use crate::http::actor::Actor;
use crate::http::answer::with_position;
use crate::http::etag::Held;
use crate::http::openapi::codes;
use crate::http::read::{WAIT_MS_MAX, min_position};
use crate::http::{Answer, NoFilters, ProblemResponse, Service, actor, body, feed, problems};
use crate::problem::Rejection;
use crate::read_from_text;

/// Pause between two looks at the newest checkpoint.
const CHECKPOINT_POLL_MS: u64 = 20;

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(read_checkpoint)
        .service(read_key)
        .service(prove_inclusion)
        .service(prove_consistency)
        .service(read_receipt);
}

/// A read of something proven: parameters of its own, and what the caller has already.
struct Asked<F> {
    service: web::Data<Service>,
    keys: web::Data<Keys>,
    actor: Actor,
    filters: F,
    min_position: i64,
    held: Held,
}

impl<F: deserr::Deserr<Faults> + 'static> FromRequest for Asked<F> {
    type Error = ProblemResponse;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut actix_web::dev::Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

impl<F: deserr::Deserr<Faults>> Asked<F> {
    fn of(request: &HttpRequest) -> Result<Self, ProblemResponse> {
        let actor = actor::authenticate(request)?;
        let (parameters, mut faults) = body::query(request);
        let min_position = min_position(request).map_err(|fault| faults.push(fault));
        let held = Held::of(request).map_err(|fault| faults.push(fault));
        let filters = body::all_or_faults(body::read_query(parameters), faults)?;
        let service = request.app_data::<web::Data<Service>>().expect("the app registers it");
        let keys = request.app_data::<web::Data<Keys>>().expect("the app registers them");
        Ok(Self {
            service: service.clone(),
            keys: keys.clone(),
            actor,
            filters,
            min_position: min_position.unwrap_or(0),
            held: held.unwrap_or_default(),
        })
    }

    /// Waits, within bounds, until a checkpoint reaches `position`.
    async fn sealed(&self, position: i64) -> Result<Published, ProblemResponse> {
        let started = Instant::now();
        loop {
            let client = self.service.log.pool.get().await?;
            let newest = store::newest(&client, self.service.log.log).await?;
            drop(client);
            let reached = newest.as_ref().map_or(0, |newest| signed(newest.size));
            match newest {
                Some(newest) if reached >= position => return Ok(newest),
                Some(_) | None if started.elapsed() > Duration::from_millis(WAIT_MS_MAX) => {
                    let rejection = Rejection::new(&NOT_YET_SEALED);
                    return Err(rejection.with("wanted", position).with("reached", reached).into());
                }
                Some(_) | None => {
                    tokio::time::sleep(Duration::from_millis(CHECKPOINT_POLL_MS)).await;
                }
            }
        }
    }

    /// The size asked for, or that of the newest checkpoint.
    async fn size(&self, asked: Option<u64>, pointer: &str) -> Result<u64, ProblemResponse> {
        let newest = self.sealed(self.min_position).await?;
        match asked {
            Some(size) if size > newest.size => Err(FieldFault::at(pointer, not_sealed()).into()),
            Some(size) => Ok(size),
            None => Ok(newest.size),
        }
    }

    /// Answers text whose version is its own digest.
    fn send(&self, text: String, media_type: &str) -> Answer {
        let digest = Sha256::digest(text.as_bytes());
        let tag: String = digest[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        let tag = format!("\"{tag}\"");
        let mut response = HttpResponse::Ok();
        with_position(&mut response, self.service.log.known_head());
        response.insert_header((header::ETAG, tag.clone()));
        if self.held.has(&tag) {
            return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
        }
        response.insert_header((header::CONTENT_TYPE, media_type));
        Ok(response.body(text))
    }

    fn send_json(&self, body: &impl Serialize) -> Answer {
        let text = serde_json::to_string(body).expect("proofs are plain data");
        self.send(text, "application/json")
    }
}

impl From<ProofError> for ProblemResponse {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Log(failure) => failure.into(),
            broken @ ProofError::Broken(_) => Self::failed(&broken, &problems::INTERNAL_ERROR),
        }
    }
}

fn not_sealed() -> Fault {
    Fault::new(
        "not_sealed",
        "Must be at most the size of the newest checkpoint.",
        "Må være høyst størrelsen til det nyeste kontrollpunktet.",
    )
}

/// A position, or a number of events from the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place(u64);

impl FromText for Place {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let digits = text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && *number >= 1);
        number.map(Self).ok_or(Fault::new(
            "invalid_position",
            "Must be a position of the log: a whole number from 1, of at most 18 digits.",
            "Må være en posisjon i loggen: et helt tall fra 1, med høyst 18 sifre.",
        ))
    }
}
read_from_text!(Place);

#[derive(deserr::Deserr)]
#[deserr(deny_unknown_fields, error = Faults)]
struct InclusionAsked {
    position: Place,
    #[deserr(default)]
    size: Option<Place>,
}

#[derive(deserr::Deserr)]
#[deserr(deny_unknown_fields, error = Faults)]
struct ConsistencyAsked {
    from: Place,
    #[deserr(default)]
    to: Option<Place>,
}

/// The proof that an event is in the log of a checkpoint (RFC 6962, 2.1.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct InclusionProof {
    /// Place of the event in the log.
    #[schema(example = 42)]
    position: u64,
    /// Events in the tree.
    #[schema(example = 57)]
    size: u64,
    /// Hash of the event, in base64.
    #[schema(example = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")]
    leaf: String,
    /// Root of the tree, in base64; also in the checkpoint of that size, if there is one.
    #[schema(example = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")]
    root: String,
    /// Hashes from the leaf to the root, in base64.
    #[schema(example = json!(["CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="]))]
    hashes: Vec<String>,
}

/// The proof that the log of a checkpoint is the beginning of a later one's (RFC 6962, 2.1.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsistencyProof {
    /// Events in the earlier tree.
    #[schema(example = 42)]
    from: u64,
    /// Events in the later tree.
    #[schema(example = 57)]
    to: u64,
    /// Root of the earlier tree, in base64.
    #[schema(example = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")]
    from_root: String,
    /// Root of the later tree, in base64.
    #[schema(example = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")]
    to_root: String,
    /// The hashes of the proof, in base64.
    #[schema(example = json!(["CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="]))]
    hashes: Vec<String>,
}

/// The newest signed checkpoint of the log
///
/// A signed note of C2SP's form `tlog-checkpoint`: the log's name, how many events it has, the root
/// of the Merkle tree over them, a line about the tree over the ledger, and the signature. Keep it:
/// no log that contradicts it can be shown to you later.
#[utoipa::path(tag = "proof", operation_id = "read_checkpoint",
    extensions(("x-access" = json!("anybody")), ("x-problems" = json!(codes(&[&NOT_YET_SEALED])))),
    responses((status = 200, description = "The checkpoint", body = String,
        content_type = "text/plain",
        example = "example.no/alis\n57\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nledger 61 mP8mxHxL1vkC7FhfZ3WxV0bCqVTi4q1WV1b2G1p8Yw0=\n\n\u{2014} example.no/alis Az3g...\n")))]
#[get("/v1/log/checkpoint")]
async fn read_checkpoint(asked: Asked<NoFilters>) -> Answer {
    let checkpoint = asked.sealed(asked.min_position).await?;
    asked.send(checkpoint.note, "text/plain; charset=utf-8")
}

/// The keys that checkpoints are signed with
///
/// One a line in C2SP's form `vkey`: the one in use first, then those that were in use before. Get
/// it once, on a way you trust, and keep it: a key that comes with what it signs proves nothing.
#[utoipa::path(tag = "proof", operation_id = "read_checkpoint_key",
    extensions(("x-access" = json!("anybody"))),
    responses((status = 200, description = "The published keys", body = String,
        content_type = "text/plain",
        example = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n")))]
#[get("/v1/log/key")]
async fn read_key(asked: Asked<NoFilters>) -> Answer {
    asked.service.wait_for_log(asked.min_position).await?;
    let keys: String = asked.keys.0.iter().map(|key| format!("{key}\n")).collect();
    asked.send(keys, "text/plain; charset=utf-8")
}

/// Prove that an event is in the log
#[utoipa::path(tag = "proof", operation_id = "prove_inclusion",
    params(
        ("position" = i64, Query, description = "Place of the event in the log.", minimum = 1, maximum = 999999999999999999_i64, example = 1),
        ("size" = Option<i64>, Query, description = "Events in the tree; those of the newest checkpoint by default.", minimum = 1, maximum = 999999999999999999_i64, example = 1),
    ),
    extensions(("x-access" = json!("anybody")), ("x-problems" = json!(codes(&[&NOT_YET_SEALED, &problems::NOT_FOUND])))),
    responses((status = 200, description = "The proof", body = InclusionProof)))]
#[get("/v1/log/proofs/inclusion")]
async fn prove_inclusion(asked: Asked<InclusionAsked>) -> Answer {
    let InclusionAsked { position: Place(position), size } = asked.filters;
    let size = asked.size(size.map(|size| size.0), "/query/size").await?;
    if position > size {
        return Err((&problems::NOT_FOUND).into());
    }
    let client = asked.service.log.pool.get().await?;
    let log = asked.service.log.log;
    let leaf = tree::Node { level: 0, index: position - 1 };
    let leaves = store::nodes(&client, log, Tree::Events, &[leaf]).await?;
    let proof = tree::inclusion(position - 1, size);
    let hashes = store::parts(&client, log, Tree::Events, &proof).await?;
    let root = store::head(&client, log, Tree::Events, size).await?.root;
    asked.send_json(&InclusionProof {
        position,
        size,
        leaf: leaves.iter().map(note::base64_of).collect(),
        root: note::base64_of(&root),
        hashes: hashes.iter().map(note::base64_of).collect(),
    })
}

/// Prove that an earlier log is the beginning of a later one
#[utoipa::path(tag = "proof", operation_id = "prove_consistency",
    params(
        ("from" = i64, Query, description = "Events in the earlier tree.", minimum = 1, maximum = 999999999999999999_i64, example = 1),
        ("to" = Option<i64>, Query, description = "Events in the later tree; those of the newest checkpoint by default.", minimum = 1, maximum = 999999999999999999_i64, example = 1),
    ),
    extensions(("x-access" = json!("anybody")), ("x-problems" = json!(codes(&[&NOT_YET_SEALED])))),
    responses((status = 200, description = "The proof", body = ConsistencyProof)))]
#[get("/v1/log/proofs/consistency")]
async fn prove_consistency(asked: Asked<ConsistencyAsked>) -> Answer {
    let ConsistencyAsked { from: Place(from), to } = asked.filters;
    let to = asked.size(to.map(|to| to.0), "/query/to").await?;
    if from > to {
        return Err(FieldFault::at("/query/from", not_before()).into());
    }
    let client = asked.service.log.pool.get().await?;
    let log = asked.service.log.log;
    let hashes = store::parts(&client, log, Tree::Events, &tree::consistency(from, to)).await?;
    let earlier = store::head(&client, log, Tree::Events, from).await?;
    let later = store::head(&client, log, Tree::Events, to).await?;
    asked.send_json(&ConsistencyProof {
        from,
        to,
        from_root: note::base64_of(&earlier.root),
        to_root: note::base64_of(&later.root),
        hashes: hashes.iter().map(note::base64_of).collect(),
    })
}

fn not_before() -> Fault {
    Fault::new("not_before", "Must be at most `to`.", "Må være høyst `to`.")
}

/// A receipt for an event
///
/// The event as it is hashed, the proof that it is in the log, and a signed checkpoint: enough for
/// anybody with the published key to check, without this service. The answer to a change names the
/// receipt of its newest event in `Link` (`rel="receipt"`). Waits a moment when the event is newer
/// than the last checkpoint. There is one for each event that the feed would show the caller; it
/// holds `meta` as well (who acted, as what, and which request it came with), which is hashed with
/// the rest.
#[utoipa::path(tag = "proof", operation_id = "read_receipt",
    params(("position" = i64, Path, description = "Place of the event in the log.", minimum = 1, maximum = 999999999999999999_i64, example = 1)),
    extensions(("x-access" = json!("anybody")), ("x-problems" = json!(codes(&[&NOT_YET_SEALED])))),
    responses((status = 200, description = "The receipt", body = Receipt)))]
#[get("/v1/log/receipts/{position}")]
async fn read_receipt(position: web::Path<String>, asked: Asked<NoFilters>) -> Answer {
    let Place(position) = Place::from_text(&position).map_err(|_fault| &problems::NOT_FOUND)?;
    asked.service.wait_for_log(asked.min_position).await?;
    // Who may not see the event in the feed finds no receipt of it either.
    if !feed::is_visible(&asked.service, &asked.actor, signed(position)).await? {
        return Err((&problems::NOT_FOUND).into());
    }
    let log = asked.service.log.log;
    let event = {
        let client = asked.service.log.pool.get().await?;
        event_at(&client, log, position).await?.ok_or(&problems::NOT_FOUND)?
    };
    let sealed = asked.sealed(signed(position)).await?;
    let proof = tree::inclusion(position - 1, sealed.size);
    let client = asked.service.log.pool.get().await?;
    let hashes = store::parts(&client, log, Tree::Events, &proof).await?;
    let origin = sealed.note.lines().next().unwrap_or_default().to_owned();
    asked.send_json(&Receipt::new(&event, sealed.size, &hashes, sealed.note, &origin))
}

/// The event at a position, if there is one.
async fn event_at(
    client: &impl GenericClient,
    log: i32,
    position: u64,
) -> Result<Option<Event>, ProblemResponse> {
    use futures_util::TryStreamExt;
    let rows = store::events(client, log, position - 1, position).await?;
    let rows: Vec<_> = rows.try_collect().await?;
    Ok(rows.first().map(|row| store::event(log, row)).transpose()?)
}
