//! One instance of the service, put together: database, log, read models, HTTP. Settings, signals
//! and the private PostgreSQL are [`crate::serve`]'s.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use actix_web::dev::{ResourceDef, ServerHandle};
use actix_web::http::header;
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, get, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio_postgres::Config;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::capabilities::access::reach::{self, Founders, Reaches};
use crate::capabilities::{self, access::gate};
use crate::database;
use crate::event_log::combiner::Combiner;
use crate::event_log::projector::{self, Projection};
use crate::event_log::{DEFAULT_LOG, EventLog, pass_over, rebuild, tail, watched};
use crate::http::limits::{self, Counters, Limits};
use crate::http::openapi::{self, Operations};
use crate::http::{ProblemResponse, Service, context, cors, feed, health, problems};
use crate::identity::issuer::Issuer;
use crate::identity::{Identity, LocalIssuer};
use crate::personal_data::Vault;
use crate::problem::Rejection;
use crate::proof;

/// What an instance needs.
pub struct Settings {
    /// Whoever owns the tables: for migrations only.
    pub owner: Config,
    /// The role that the service acts as.
    pub service: Config,
    pub listen: SocketAddr,
    /// The issuers whose tokens are taken, beside the program's own.
    pub issuers: Vec<Issuer>,
    /// The program's own issuer, on private installations.
    pub own_issuer: Option<LocalIssuer>,
    /// Who keeps the register, and who may load it.
    pub founders: Founders,
    /// Scheme and host that callers use, when the service stands behind another name.
    pub public_url: Option<String>,
    /// Serves by TLS with this certificate and key; without them in the clear.
    pub tls: Option<rustls::ServerConfig>,
    /// Origins whose pages may call; see [`cors::origin`].
    pub cors_origins: Vec<String>,
    pub limits: Limits,
    pub vault: Vault,
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
    #[error("the read models could not be built")]
    ReadModels(#[from] crate::event_log::Failure),
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
    workers: Vec<tokio::task::JoinHandle<()>>,
}

/// Starts an instance: migrates, builds the read models, listens.
pub async fn start(settings: Settings) -> Result<Running, StartError> {
    database::migrate(&settings.owner).await?;
    let pool = database::pool(&settings.service, settings.pool_size)?;
    let stop = CancellationToken::new();
    let head = tail::follow(settings.service.clone(), DEFAULT_LOG, stop.clone()).await?;
    let combiner = Combiner::start(settings.service.clone(), DEFAULT_LOG).await?;
    let log = EventLog::new(DEFAULT_LOG, pool, combiner, head).watching(reach::TYPES);
    let vault = Arc::new(settings.vault);
    let identity = Identity::new(settings.issuers, settings.own_issuer.as_ref(), vault.clone());
    let is_public_https =
        settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let service = web::Data::new(Service {
        log: log.clone(),
        answers: Arc::default(),
        vault,
        identity: Arc::new(identity),
        reaches: Arc::new(Reaches::new(settings.founders)),
        public_url: settings.public_url.map(Into::into),
        https: settings.tls.is_some() || is_public_https,
        counters: Arc::new(Counters::new(&settings.limits)),
        limits: settings.limits,
        projections: projections(),
        metrics: metrics_handle(),
        ready: Arc::new(AtomicBool::new(false)),
        stop: stop.clone(),
        operations: Arc::new(operations()),
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
    let mut workers = vec![tokio::spawn(watched::follow(log.clone(), stop.clone()))];
    let models = service.projections.clone();
    let head = log.watch_head();
    let news = pass_over::follow(log.pool.clone(), DEFAULT_LOG, models, head, stop.clone());
    let builders = database::pool(&settings.service, rebuild::CONNECTIONS)?;
    for projection in service.projections.clone() {
        rebuild::ensure(&builders, DEFAULT_LOG, projection.as_ref(), &|_count| {}).await?;
        let (pool, stop) = (log.pool.clone(), stop.clone());
        let head = news.of(projection.as_ref());
        let worker = projector::run(pool, DEFAULT_LOG, projection, head, stop);
        workers.push(tokio::spawn(worker));
    }
    builders.close();
    workers.extend(proof::start(settings.proof, &log.pool, DEFAULT_LOG, log.watch_head(), &stop));
    service.ready.store(true, Ordering::Release);
    Ok(Running { address, tls, service, server: handle, ended, workers })
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
    let server = HttpServer::new(move || {
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
                // What each part tells of itself is dropped at once: the document is made already,
                // and memory that a worker needs only here would be kept for good.
                for routes in parts() {
                    routes(&mut ServiceConfig::new(config));
                }
            });
        app.service(openapi_json)
            .service(docs_redirect)
            .service(problem_page)
            .service(docs)
            .default_service(web::to(elsewhere))
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
        .configure(proof::http::routes);
}

/// The groups of operations, in the order of the documentation page, each with the area of its
/// scopes; none for pages that ask nothing of callers.
const TAGS: &[(&str, &str, Option<&str>)] = &[
    (
        "municipalities",
        "Municipalities, what became of them, and where they belong.",
        Some("reference"),
    ),
    (
        "alis-offices",
        "Regional ALIS offices, and the municipalities they answer for.",
        Some("reference"),
    ),
    ("organisations", "Organisations, by their number.", Some("reference")),
    ("access", "What organisations are granted, and for how long.", Some("access")),
    (
        "programmes",
        "Programmes that municipalities take part in with a number of positions.",
        Some("programmes"),
    ),
    ("positions", "Training positions, and who holds them.", Some("positions")),
    ("trainees", "Doctors in specialist training in general practice.", Some("trainees")),
    (
        "supervisors",
        "Who may supervise trainees, or recommend on their goals.",
        Some("supervision"),
    ),
    (
        "supervision exemptions",
        "By which somebody supervises, for a time, who is no specialist.",
        Some("supervision"),
    ),
    ("supervisor assignments", "Who supervises whom.", Some("supervision")),
    ("leaders", "Who decides on learning goals, and where.", Some("leaders")),
    ("curricula", "Catalogues of learning goals, by version.", Some("curricula")),
    ("learning goals", "Plans, goals, recommendations, decisions.", Some("goals")),
    ("reports", "Tables with totals, as JSON or CSV.", Some("reports")),
    ("feed", "Everything that has happened, in order.", Some("events")),
    (
        "proof",
        "Checkpoints and receipts, by which others check that nothing was changed.",
        Some("proof"),
    ),
    ("operations", "For operators.", None),
];

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
    let tags = TAGS.iter().map(|(name, text, area)| {
        let area = area.map(|area| ExtensionsBuilder::new().add("x-scope-area", area).build());
        TagBuilder::new().name(*name).description(Some(*text)).extensions(area).build()
    });
    let mut components = Components::new();
    components.add_security_scheme("token", token);
    OpenApiBuilder::new().info(info).tags(Some(tags)).components(Some(components)).build()
}

/// The operations of the service and their document.
pub fn operations() -> Operations {
    let app = App::new().into_utoipa_app().openapi(base());
    let (_app, collected) = parts().fold(app, |app, part| app.configure(part)).split_for_parts();
    let mut operations = openapi::complete(&collected);
    let pages = PAGES.map(|path| (ResourceDef::new(path), vec!["GET".to_owned()]));
    operations.paths.extend(pages);
    operations
}

/// What the service answers beside its operations: the document, and pages for people.
const PAGES: [&str; 4] = ["/openapi.json", "/docs", "/docs/{page}*", "/problems/{code}"];

#[get("/openapi.json")]
async fn openapi_json(service: web::Data<Service>) -> HttpResponse {
    HttpResponse::Ok().json(&service.operations.document)
}

#[get("/docs")]
async fn docs_redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

/// A file of the documentation page; its start for the empty name.
#[get("/docs/{file:.*}")]
async fn docs(file: web::Path<String>) -> Result<HttpResponse, ProblemResponse> {
    static CONFIG: LazyLock<Arc<utoipa_swagger_ui::Config<'static>>> = LazyLock::new(|| {
        // The page's own default asks a validator on the internet about the document.
        Arc::new(utoipa_swagger_ui::Config::new(["/openapi.json"]).validator_url("none"))
    });
    let found = utoipa_swagger_ui::serve(&file, CONFIG.clone()).map_err(|error| {
        tracing::error!(error = %error, "The documentation page cannot be served");
        &problems::INTERNAL_ERROR
    })?;
    let found = found.ok_or(&problems::NOT_FOUND)?;
    let mut response = HttpResponse::Ok();
    if found.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, header::ContentEncoding::Gzip));
    }
    Ok(response.content_type(found.content_type).body(found.bytes.into_owned()))
}

/// What `type` of a problem points at.
#[get("/problems/{code}")]
async fn problem_page(code: web::Path<String>) -> Result<HttpResponse, ProblemResponse> {
    let all = openapi::all_problems();
    let problem = all.into_iter().find(|problem| problem.code == code.as_str());
    let problem = problem.ok_or(&problems::NOT_FOUND)?;
    let words = problem.doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = format!(
        "{} ({})\n\n{} / {}\n\n{words}\n",
        problem.code, problem.status, problem.title.en, problem.title.nb
    );
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
}

/// 405 for an address that exists under other methods, 404 for any other.
async fn elsewhere(
    service: web::Data<Service>,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemResponse> {
    let known = service.operations.paths.iter().find(|(path, _)| path.is_match(request.path()));
    match known {
        Some((_, methods)) => {
            let allowed = methods.join(", ");
            let rejection = Rejection::new(&problems::METHOD_NOT_ALLOWED).with("allowed", &allowed);
            Err(ProblemResponse::new(rejection).allow(allowed))
        }
        None => Err(ProblemResponse::new(&problems::NOT_FOUND)),
    }
}
