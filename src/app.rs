//! One instance of the service, put together: database, log, read models, HTTP. Settings, signals
//! and the private PostgreSQL are [`crate::serve`]'s.

mod groups;
mod pages;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio_postgres::Config;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access_log;
use crate::capabilities::access::permissions::{self, BootstrapOrganisations, PermissionsCache};
use crate::capabilities::person::{forget, retention};
use crate::capabilities::{self, access::gate};
use crate::database;
use crate::event_log::combiner::Combiner;
use crate::event_log::projector::{self, Projection};
use crate::event_log::{
    DEFAULT_LOG, EventLog, Failure, checkpoint_skipper, listener, newest_of_types, rebuild,
};
use crate::http::limits::{self, Counters, Limits};
use crate::http::openapi::{self, Operations};
use crate::http::operation::Operation;
use crate::http::registry::{self, Looks};
use crate::http::{
    ProblemResponse, Service, access_audit, context, cors, feed, health, problems, report,
};
use crate::identity::issuer::Issuer;
use crate::identity::{Identity, LocalIssuer};
use crate::personal_data::Vault;
use crate::problem::Rejection;
use crate::proof;
use crate::sealed_keys;

/// What an instance needs.
pub struct Settings {
    /// Who connects: migrates what is its own.
    pub login: Config,
    /// The role that the service acts as.
    pub service: Config,
    pub listen: SocketAddr,
    /// The issuers whose tokens are taken, beside the program's own.
    pub issuers: Vec<Issuer>,
    /// The program's own issuer, on private installations.
    pub own_issuer: Option<LocalIssuer>,
    /// Who keeps the register, and who may load it.
    pub bootstrap_organisations: BootstrapOrganisations,
    /// Scheme and host that callers use, when the service stands behind another name.
    pub public_url: Option<String>,
    /// Serves by TLS with this certificate and key; without them in the clear.
    pub tls: Option<rustls::ServerConfig>,
    /// Origins whose pages may call; see [`cors::origin`].
    pub cors_origins: Vec<String>,
    pub limits: Limits,
    pub vault: Vault,
    /// For how many days reads of personal data are kept.
    pub access_log_days: u16,
    /// After how many years without news persons are erased; nobody is without it.
    pub person_years: Option<u16>,
    pub proof: proof::Settings,
    pub pool_size: u16,
    pub workers: usize,
    /// How long requests in flight get at shutdown.
    pub drain: Duration,
}

/// Why an instance could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Database(#[from] database::DatabaseError),
    #[error("the database refused the service, or its role (ALIS_DATABASE_ROLE)")]
    Connect(#[from] tokio_postgres::Error),
    #[error("the keys of the database do not open: is ALIS_MASTER_KEY_FILE the key of this one?")]
    MasterKey(#[source] Failure),
    #[error("the read models could not be built")]
    ReadModels(#[from] Failure),
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
}

/// A running instance.
pub struct Running {
    pub address: SocketAddr,
    /// Whether it serves by TLS of its own.
    pub tls: bool,
    pub service: web::Data<Service>,
    server: ServerHandle,
    ended: tokio::task::JoinHandle<std::io::Result<()>>,
    /// The writer of the access log, and how to end it.
    reads: (CancellationToken, tokio::task::JoinHandle<()>),
    workers: Vec<tokio::task::JoinHandle<()>>,
}

/// Starts an instance: settles the schema, builds the read models, listens.
pub async fn start(settings: Settings) -> Result<Running, StartError> {
    database::settle_schema(&settings.login, &settings.service).await?;
    let pool = database::pool(&settings.service, settings.pool_size)?;
    let stop = CancellationToken::new();
    let head = listener::follow(settings.service.clone(), DEFAULT_LOG, stop.clone()).await?;
    let combiner = Combiner::start(settings.service.clone(), DEFAULT_LOG).await?;
    let log = EventLog::new(DEFAULT_LOG, pool, combiner, head).watching(permissions::TYPES);
    let vault = sealed_keys::settled(settings.vault, &log.pool).await.map_err(unopened)?;
    let vault = Arc::new(vault);
    let identity = Identity::new(settings.issuers, settings.own_issuer.as_ref(), vault.clone());
    let pool_of_writer = database::pool(&settings.service, 1)?;
    let (access_log, writer) =
        access_log::new(DEFAULT_LOG, pool_of_writer, access_log::WAITING_MAX);
    let is_public_https =
        settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let service = web::Data::new(Service {
        log: log.clone(),
        answers: Arc::default(),
        vault,
        access_log,
        identity: Arc::new(identity),
        permissions_cache: Arc::new(PermissionsCache::new(settings.bootstrap_organisations)),
        public_url: settings.public_url.map(Into::into),
        https: settings.tls.is_some() || is_public_https,
        counters: Arc::new(Counters::new(&settings.limits)),
        limits: settings.limits,
        projections: projections(),
        reports: capabilities::reports().collect(),
        metrics: metrics_handle(),
        ready: Arc::new(AtomicBool::new(false)),
        stop: stop.clone(),
        operations: Arc::new(operations()),
        looks: Looks::of(&values()),
    });
    // Listening comes first, so that /health/ready can tell that the read models are being built.
    let listen = settings.listen;
    let per_worker = PoolSettings {
        config: settings.service.clone(),
        size: (settings.pool_size / u16::try_from(settings.workers).unwrap_or(u16::MAX)).max(2),
    };
    let tls = settings.tls.is_some();
    let front = Front {
        listen,
        tls: settings.tls,
        cors_origins: settings.cors_origins.into(),
        workers: settings.workers,
        drain: settings.drain,
    };
    let keys = web::Data::new(settings.proof.keys());
    let bound = bind(service.clone(), keys, per_worker, front);
    let (server, address) = bound.map_err(|error| StartError::Listen(listen, error))?;
    let handle = server.handle();
    let ended = tokio::spawn(server);
    // Its end is another one than everybody's: requests in flight still read.
    let no_more_reads = CancellationToken::new();
    let reads = (no_more_reads.clone(), tokio::spawn(writer.run(no_more_reads)));
    let kept = (settings.access_log_days, settings.person_years);
    let mut workers = follow_and_clean(&log, kept, &stop);
    workers.extend(move_read_models(&service, &settings.service, &stop).await?);
    workers.extend(proof::start(settings.proof, &log.pool, DEFAULT_LOG, log.watch_head(), &stop));
    service.ready.store(true, Ordering::Release);
    Ok(Running { address, tls, service, server: handle, ended, reads, workers })
}

/// Starts what follows the log for its own sake, and what removes that which is kept no longer:
/// reads after some days, persons after some years, if that is set.
fn follow_and_clean(
    log: &EventLog,
    (access_log_days, person_years): (u16, Option<u16>),
    stop: &CancellationToken,
) -> Vec<tokio::task::JoinHandle<()>> {
    let (pool, until) = (log.pool.clone(), || stop.clone());
    let mut workers = vec![
        tokio::spawn(newest_of_types::follow(log.clone(), until())),
        tokio::spawn(forget::follow(log.clone(), until())),
        tokio::spawn(access_log::keep_for(access_log_days, pool, DEFAULT_LOG, until())),
    ];
    let retention = person_years.map(|years| retention::follow(log.clone(), years, until()));
    workers.extend(retention.map(tokio::spawn));
    workers
}

/// Builds the read models that are not there yet, one after the other, and starts what moves them.
async fn move_read_models(
    service: &Service,
    config: &Config,
    stop: &CancellationToken,
) -> Result<Vec<tokio::task::JoinHandle<()>>, StartError> {
    let (log, models) = (&service.log, service.projections.clone());
    let head = log.watch_head();
    let (pool, hurry) = (log.pool.clone(), log.hurry());
    let news = checkpoint_skipper::follow(pool, DEFAULT_LOG, models, head, hurry, stop.clone());
    let builders = database::pool(config, rebuild::CONNECTIONS)?;
    let mut workers = Vec::with_capacity(service.projections.len());
    for projection in service.projections.clone() {
        rebuild::ensure(&builders, DEFAULT_LOG, projection.as_ref(), &|_count| {}).await?;
        let (pool, stop) = (log.pool.clone(), stop.clone());
        let head = news.of(projection.as_ref());
        let worker = projector::run(pool, DEFAULT_LOG, projection, head, stop);
        workers.push(tokio::spawn(worker));
    }
    builders.close();
    Ok(workers)
}

fn unopened(failure: Failure) -> StartError {
    if matches!(failure, Failure::Sealed(_)) {
        StartError::MasterKey(failure)
    } else {
        StartError::ReadModels(failure)
    }
}

impl Running {
    /// Stops: no new work, streams ended, requests in flight finished, read models put down.
    pub async fn stop(self) {
        self.service.ready.store(false, Ordering::Release);
        self.service.stop.cancel();
        self.server.stop(true).await;
        if let Ok(Err(error)) = self.ended.await {
            tracing::warn!(error = %error, "The HTTP server ended badly");
        }
        let (no_more_reads, writer) = self.reads;
        no_more_reads.cancel();
        if writer.await.is_err() {
            tracing::warn!("The writer of the access log ended badly");
        }
        for worker in self.workers {
            if worker.await.is_err() {
                tracing::warn!("A worker ended badly");
            }
        }
        self.service.log.pool.close();
    }
}

/// Every read model of the program.
pub fn projections() -> Vec<Arc<dyn Projection>> {
    capabilities::ALL.iter().flat_map(|capability| (capability.projections)()).collect()
}

fn metrics_handle() -> PrometheusHandle {
    static HANDLE: LazyLock<PrometheusHandle> = LazyLock::new(|| {
        let seconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];
        PrometheusBuilder::new()
            .set_buckets(&seconds)
            .and_then(PrometheusBuilder::install_recorder)
            .expect("one recorder a process, with buckets")
    });
    HANDLE.clone()
}

/// The pool that each worker thread makes for itself.
#[derive(Clone)]
struct PoolSettings {
    config: Config,
    size: u16,
}

/// Where and how the service listens.
struct Front {
    listen: SocketAddr,
    tls: Option<rustls::ServerConfig>,
    cors_origins: Arc<[String]>,
    workers: usize,
    drain: Duration,
}

fn bind(
    service: web::Data<Service>,
    keys: web::Data<proof::Keys>,
    pool: PoolSettings,
    front: Front,
) -> std::io::Result<(actix_web::dev::Server, SocketAddr)> {
    let Front { listen, tls, cors_origins, workers, drain } = front;
    let head = service.limits.head;
    let values: Arc<[Operation]> = values().into();
    let server = HttpServer::new(move || {
        let values = values.clone();
        let mut own = Service::clone(&service);
        let pool = database::pool(&pool.config, pool.size).expect("a pool connects later");
        own.log = own.log.over(pool);
        own.answers = Arc::default();
        let app = App::new()
            .app_data(web::Data::new(own))
            .app_data(keys.clone())
            .app_data(web::PathConfig::default().error_handler(|_error, _request| {
                ProblemResponse::new(&problems::NOT_FOUND).into()
            }))
            .configure(|config| {
                // What each part tells of itself is dropped at once: it was collected already, and
                // memory that a worker needs only here would be kept for good.
                for routes in parts() {
                    routes(&mut ServiceConfig::new(config));
                }
                registry::routes(&values, config);
            });
        app.service(pages::openapi_json)
            .service(pages::docs_redirect)
            .service(pages::problem_page)
            .service(pages::docs)
            .default_service(web::to(not_found))
            .wrap(from_fn(access_audit::around))
            .wrap(from_fn(gate::admit))
            .wrap(Condition::new(!cors_origins.is_empty(), cors::of(&cors_origins)))
            .wrap(from_fn(context::around))
    })
    .workers(workers)
    .shutdown_timeout(drain.as_secs())
    .disable_signals()
    .client_request_timeout(head)
    .keep_alive(Duration::from_secs(limits::KEEP_ALIVE_SECONDS))
    .max_connections(limits::CONNECTIONS_PER_WORKER_MAX);
    let server = match tls {
        Some(config) => server.bind_rustls_0_23(listen, config)?,
        None => server.bind(listen)?,
    };
    let address = server.addrs()[0];
    Ok((server.run(), address))
}

type Routes = fn(&mut ServiceConfig<'_>);

/// The operations of the service, a part at a time.
fn parts() -> impl Iterator<Item = Routes> {
    let capabilities = capabilities::ALL.iter().map(|capability| capability.routes);
    std::iter::once(kernel as Routes).chain(capabilities)
}

fn kernel(config: &mut ServiceConfig<'_>) {
    config
        .service(feed::read_events)
        .service(health::live)
        .service(health::ready)
        .service(health::metrics)
        .service(report::list_reports)
        .configure(|config| capabilities::reports().for_each(|report| report.register(config)))
        .configure(proof::http::routes);
}

/// What the document says before any operation is collected.
fn base() -> OpenApi {
    let about = "A token (JWT) of an issuer that this installation trusts: Maskinporten for systems, \
                 HelseID for persons. A token that is bound to a key (`cnf.jkt`) comes as \
                 `Authorization: DPoP`, with a proof for this request in the header `DPoP` (RFC 9449).";
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build();
    let token = SecurityScheme::Http(token);
    let info = InfoBuilder::new()
        .title("alis")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("openapi_intro.md")))
        .license(Some(
            LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build(),
        ))
        .build();
    let tags = groups::TAGS.iter().map(|(name, text, area)| {
        let area = area.map(|area| ExtensionsBuilder::new().add("x-scope-area", area).build());
        TagBuilder::new().name(*name).description(Some(*text)).extensions(area).build()
    });
    let mut components = Components::new();
    components.add_security_scheme("token", token);
    OpenApiBuilder::new().info(info).tags(Some(tags)).components(Some(components)).build()
}

/// The operations of the service that are declared as values.
fn values() -> Vec<Operation> {
    capabilities::ALL.iter().flat_map(|capability| (capability.operations)()).collect()
}

/// What the parts of the service declare.
fn collected() -> OpenApi {
    let app = App::new().into_utoipa_app().openapi(base());
    let app = parts().fold(app, |app, part| app.configure(part));
    let mut document = app.split_for_parts().1;
    values().iter().for_each(|operation| operation.document(&mut document));
    document
}

/// What the service answers, and what it asks for it. It is collected on a thread of its own and
/// copied: what the operations tell of themselves is twenty times as much, and in between it would
/// keep memory that is free from being given back.
fn operations() -> Operations {
    let collected = std::thread::spawn(|| Operations::of(&collected(), &PAGES));
    collected.join().expect("each operation says whom it is for").copied()
}

/// The document of the API, made anew. What is served is the file that was made of it.
pub fn document() -> serde_json::Value {
    let collected = collected();
    openapi::complete(&collected, &Operations::of(&collected, &[]))
}

/// What the service answers beside its operations: the document, and pages for people.
const PAGES: [&str; 4] = ["/openapi.json", "/docs", "/docs/{page}*", "/problems/{code}"];

/// 405 for an address that exists under other methods, 404 for any other.
async fn not_found(
    service: web::Data<Service>,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemResponse> {
    match service.operations.methods_at(request.path()) {
        Some(methods) => {
            let rejection = Rejection::new(&problems::METHOD_NOT_ALLOWED);
            let rejection = rejection.with("allowed", methods.to_vec());
            Err(ProblemResponse::new(rejection).allow(methods.join(", ")))
        }
        None => Err(ProblemResponse::new(&problems::NOT_FOUND)),
    }
}
