//! Settings: flags and environment variables, in this one place. A wrong one stops the start with
//! its name. Secrets come from files or the environment and are never printed.

mod front;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{RangedI64ValueParser, RangedU64ValueParser};
use clap::{Args, Subcommand};
use jiff::civil::Date;

use crate::access_log::KEPT_DAYS_MIN;
use crate::edge::FromText;
use crate::identifiers::OrganisationNumber;
use crate::identity::cast::Scenario;

pub use front::FrontSettings;

/// Numbers within a range.
type U16 = RangedI64ValueParser<u16>;
/// Larger numbers within a range.
type U64 = RangedU64ValueParser<u64>;

/// How the service finds its database; shared by all commands that need one.
#[derive(Debug, Clone, Args)]
pub struct DatabaseSettings {
    /// Where the private PostgreSQL and the files `issuer.key` and `master.key` are kept, when no
    /// database is given.
    #[arg(long, env = "ALIS_DATA_DIR", default_value = ".data")]
    pub data_dir: PathBuf,

    /// A PostgreSQL to use instead of a private one: postgres://user@host/database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// File with the password of the database user, when the URL holds none.
    #[arg(long, env = "ALIS_DATABASE_PASSWORD_FILE")]
    pub database_password_file: Option<PathBuf>,

    /// File with the authorities (PEM) that vouch for the database's certificate. With it, every
    /// connection is by TLS and verified by name, as sslmode=verify-full in the URL asks for.
    #[arg(long, env = "ALIS_DATABASE_CA_FILE")]
    pub database_ca_file: Option<PathBuf>,

    /// Role that the service acts as in the database; it cannot rewrite the log.
    #[arg(long, env = "ALIS_DATABASE_ROLE", default_value = "alis_service")]
    pub database_role: String,

    /// File with the master key (32 bytes in base64) that personal fields are sealed under. On the
    /// private PostgreSQL it is made once, as `master.key` in the data directory.
    #[arg(long, env = "ALIS_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,

    /// File with the master key before the present one, while `alis keys rotate` has not finished.
    #[arg(long, env = "ALIS_PREVIOUS_MASTER_KEY_FILE")]
    pub previous_master_key_file: Option<PathBuf>,

    /// Connections for reading; writing needs one more, listening another.
    #[arg(
        long,
        env = "ALIS_POOL_SIZE",
        default_value_t = 16,
        value_parser = U16::new().range(2..=200)
    )]
    pub pool_size: u16,
}

/// How the log is sealed.
#[derive(Debug, Clone, Args)]
pub struct ProofSettings {
    #[command(flatten)]
    pub keys: ProofKeySettings,

    /// File that every checkpoint is appended to; keep it where whoever owns the database does not
    /// reach. On the private PostgreSQL it is `anchors` in the data directory.
    #[arg(long, env = "ALIS_ANCHOR_FILE")]
    pub anchor_file: Option<PathBuf>,

    /// Address that every checkpoint is posted to.
    #[arg(long, env = "ALIS_ANCHOR_URL", hide_env_values = true)]
    pub anchor_url: Option<String>,

    /// A checkpoint is signed as soon as so many events are new.
    #[arg(
        long, env = "ALIS_SEAL_EVENTS", default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub seal_events: u32,

    /// A checkpoint is signed once the last one is so many seconds old, if anything is new.
    #[arg(
        long, env = "ALIS_SEAL_SECONDS", default_value_t = 2,
        value_parser = U16::new().range(1..=3_600)
    )]
    pub seal_seconds: u16,
}

/// Whose signatures on checkpoints are ours.
#[derive(Debug, Clone, Args)]
pub struct ProofKeySettings {
    /// File with the key (32 bytes in base64) that checkpoints are signed with. On the private
    /// PostgreSQL it is made once, as `checkpoint.key` in the data directory.
    #[arg(long, env = "ALIS_CHECKPOINT_KEY_FILE")]
    pub checkpoint_key_file: Option<PathBuf>,

    /// File with the published keys that signed before this one, one a line.
    #[arg(long, env = "ALIS_CHECKPOINT_OLD_KEYS_FILE")]
    pub checkpoint_old_keys_file: Option<PathBuf>,

    /// What the log is called in checkpoints: an address of yours without its scheme, such as
    /// example.no/alis. By default it is called after the key.
    #[arg(long, env = "ALIS_LOG_ORIGIN")]
    pub log_origin: Option<String>,
}

/// Settings of `alis serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeSettings {
    /// Address to listen on.
    #[arg(long, env = "ALIS_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    #[command(flatten)]
    pub database: DatabaseSettings,

    #[command(flatten)]
    pub identity: IdentitySettings,

    #[command(flatten)]
    pub front: FrontSettings,

    #[command(flatten)]
    pub proof: ProofSettings,

    /// Threads that answer requests.
    #[arg(
        long,
        env = "ALIS_WORKERS",
        default_value_t = default_workers(),
        value_parser = U16::new().range(1..=256)
    )]
    pub workers: u16,

    /// Seconds that requests in flight get at shutdown.
    #[arg(
        long,
        env = "ALIS_DRAIN_SECONDS",
        default_value_t = 25,
        value_parser = U16::new().range(0..=600)
    )]
    pub drain_seconds: u16,

    /// For how many days it is kept who read whose personal data; 30 at least.
    #[arg(
        long,
        env = "ALIS_ACCESS_LOG_DAYS",
        default_value_t = 1_825,
        value_parser = U16::new().range(i64::from(KEPT_DAYS_MIN)..)
    )]
    pub access_log_days: u16,

    /// After how many years persons are erased of whom nothing new was recorded, and who hold
    /// nothing any more: no position, plan, assignment, exemption or term. Nobody is erased by the
    /// clock unless this is set; docs/privacy.md tells more.
    #[arg(long, env = "ALIS_PERSON_YEARS", value_parser = U16::new().range(1..=100))]
    pub person_years: Option<u16>,

    /// Do not load the sample data into a new private PostgreSQL.
    #[arg(long, env = "ALIS_NO_SAMPLE")]
    pub no_sample: bool,

    /// Allow the private PostgreSQL, which is meant for one machine, behind a public address.
    #[arg(long, env = "ALIS_ALLOW_PRIVATE_DATABASE_ON_NETWORK")]
    pub allow_private_database_on_network: bool,
}

/// Whose tokens are taken, and what some organisations are from the start.
#[derive(Debug, Clone, Args)]
pub struct IdentitySettings {
    /// File with the issuers whose tokens are taken; docs/operations.md describes it.
    #[arg(long, env = "ALIS_ISSUERS_FILE")]
    pub issuers_file: Option<PathBuf>,

    /// File with the key of an issuer of the program's own, for trying it out. On the private
    /// PostgreSQL it is made once, as `issuer.key` in the data directory.
    #[arg(long, env = "ALIS_LOCAL_ISSUER_KEY_FILE")]
    pub local_issuer_key_file: Option<PathBuf>,

    /// Number of the organisation that keeps the register: reference data, catalogues,
    /// appointments.
    #[arg(long, env = "ALIS_REGISTER_ORGANISATION", value_parser = organisation_number)]
    pub register_organisation: Option<OrganisationNumber>,

    /// Number of the organisation that may load a new register on everybody's behalf. Leave it out
    /// once that is done: it may see and record everything.
    #[arg(long, env = "ALIS_LOADER_ORGANISATION", value_parser = organisation_number)]
    pub loader_organisation: Option<OrganisationNumber>,

    /// Scheme and host that callers use, such as `https://alis.example.no`; needed behind a proxy
    /// when tokens are bound to keys (DPoP), and wherever an issuer has `require_dpop`.
    #[arg(long, env = "ALIS_PUBLIC_URL")]
    pub public_url: Option<String>,
}

fn organisation_number(text: &str) -> Result<OrganisationNumber, String> {
    OrganisationNumber::from_text(text).map_err(|fault| fault.en.into_owned())
}

/// Settings of `alis token`.
#[derive(Debug, Clone, Args)]
pub struct TokenSettings {
    /// Who the token says is calling.
    #[arg(long = "as", value_name = "SCENARIO")]
    pub scenario: Scenario,

    /// For how many minutes it is good.
    #[arg(long, default_value_t = 480, value_parser = clap::value_parser!(u32).range(1..=10_080))]
    pub minutes: u32,

    #[command(flatten)]
    pub issuer: LocalIssuerSettings,
}

/// Where the key of the program's own issuer is.
#[derive(Debug, Clone, Args)]
pub struct LocalIssuerSettings {
    /// File with the key; without it, `issuer.key` in the data directory.
    #[arg(long, env = "ALIS_LOCAL_ISSUER_KEY_FILE")]
    pub local_issuer_key_file: Option<PathBuf>,

    /// Data directory of a service with a private PostgreSQL on this machine.
    #[arg(long, env = "ALIS_DATA_DIR", default_value = ".data")]
    pub data_dir: PathBuf,
}

/// Settings of `alis healthcheck`.
#[derive(Debug, Clone, Args)]
pub struct HealthcheckSettings {
    /// Address that the service listens on.
    #[arg(long, env = "ALIS_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// The certificate that the service serves with, if it does.
    #[arg(long, env = "ALIS_TLS_CERT_FILE")]
    pub tls_cert_file: Option<PathBuf>,
}

/// The commands of `alis project`.
#[derive(Debug, Clone, Subcommand)]
pub enum ProjectCommand {
    /// Show how far each read model has come, and what it could not take in.
    Status(DatabaseSettings),
    /// Build a read model anew from the log. The old one serves until the new one is whole.
    Rebuild(RebuildSettings),
}

/// Settings of `alis project rebuild`.
#[derive(Debug, Clone, Args)]
pub struct RebuildSettings {
    /// Which read model; `alis project status` lists them.
    #[arg(required_unless_present = "all")]
    pub name: Option<String>,

    /// Every read model, one after the other.
    #[arg(long, conflicts_with = "name")]
    pub all: bool,

    #[command(flatten)]
    pub database: DatabaseSettings,
}

/// The commands of `alis keys`.
#[derive(Debug, Clone, Subcommand)]
pub enum KeysCommand {
    /// Wrap the keys of all persons under a new master key, while the service runs. Ended half-way,
    /// it goes on when it is called again.
    Rotate(RotateSettings),
}

/// Settings of `alis keys rotate`.
#[derive(Debug, Clone, Args)]
pub struct RotateSettings {
    /// File with the master key that is to go.
    #[arg(long)]
    pub old_master_key_file: PathBuf,

    /// File with the master key that is to come.
    #[arg(long)]
    pub new_master_key_file: PathBuf,

    #[command(flatten)]
    pub database: DatabaseSettings,
}

/// The commands of `alis log`.
#[derive(Debug, Clone, Subcommand)]
pub enum LogCommand {
    /// Check that events, subjects and ledger agree. Ends with 1 when they do not.
    Verify(VerifySettings),
}

/// Settings of `alis log verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifySettings {
    /// Also compute the Merkle trees anew from every row, and hold them against all checkpoints of
    /// the database and of the anchor.
    #[arg(long)]
    pub full: bool,

    #[command(flatten)]
    pub keys: ProofKeySettings,

    /// A published key to check signatures with, or a file of them, when the key that signs is not
    /// at hand.
    #[arg(long, value_name = "FILE|KEY")]
    pub key: Option<String>,

    /// File of checkpoints to hold the log against; on the private PostgreSQL `anchors` in the data
    /// directory, if there is one.
    #[arg(long, env = "ALIS_ANCHOR_FILE")]
    pub anchor_file: Option<PathBuf>,

    #[command(flatten)]
    pub database: DatabaseSettings,
}

/// Settings of `alis verify-receipt`.
#[derive(Debug, Clone, Args)]
pub struct VerifyReceiptSettings {
    /// The receipt, as `GET /v1/log/receipts/{position}` answers it.
    pub file: PathBuf,

    /// The published key (name+hash+base64), or a file of them, one a line.
    #[arg(long, value_name = "FILE|KEY")]
    pub key: String,
}

/// How a command finds the running service that it talks to.
#[derive(Debug, Clone, Args)]
pub struct CallSettings {
    /// Address of the running service.
    #[arg(long, env = "ALIS_URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,

    /// File with the bearer token; without it and ALIS_TOKEN, one is made for the loader of the
    /// service on this machine.
    #[arg(long, env = "ALIS_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,

    /// The bearer token itself, from the environment only: arguments are visible to others.
    #[arg(skip = token_of_environment())]
    pub token: Option<String>,

    #[command(flatten)]
    pub issuer: LocalIssuerSettings,
}

#[expect(clippy::disallowed_methods, reason = "this is config.rs; a flag would show the token")]
fn token_of_environment() -> Option<String> {
    std::env::var("ALIS_TOKEN").ok()
}

/// Settings of `alis import`.
#[derive(Debug, Clone, Args)]
pub struct ImportSettings {
    /// The file, a request a line; docs/import.md describes it.
    pub file: PathBuf,

    #[command(flatten)]
    pub call: CallSettings,

    /// Ask for every verdict, record nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Write the verdict on every line to this file, as JSON, one a line.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// The commands of `alis reference`.
#[derive(Debug, Clone, Subcommand)]
pub enum ReferenceCommand {
    /// Take over lists that were saved from SSB's KLASS, in JSON or CSV.
    Import(ReferenceImportSettings),
    /// Fetch the lists from SSB's KLASS and take them over.
    Sync(ReferenceSyncSettings),
}

/// Settings of `alis reference import`.
#[derive(Debug, Clone, Args)]
pub struct ReferenceImportSettings {
    /// Codes of KLASS 131, its changes, and its correspondence to 128.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub call: CallSettings,
}

/// Settings of `alis reference sync`.
#[derive(Debug, Clone, Args)]
pub struct ReferenceSyncSettings {
    #[command(flatten)]
    pub call: CallSettings,

    /// Address of KLASS.
    #[arg(long, env = "ALIS_KLASS_URL", default_value = "https://data.ssb.no/api/klass/v1")]
    pub klass_url: String,

    /// The first day the register knows municipalities on. Keep to one day: KLASS begins every row
    /// there at the earliest.
    #[arg(long, value_name = "DATE", default_value = "2019-01-01")]
    pub from: Date,
}

fn default_workers() -> u16 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    u16::try_from(cores.min(16)).unwrap_or(1)
}
