//! The commands of the program.

use std::path::PathBuf;
use std::process::ExitCode;

use alis::config::{
    DatabaseSettings, HealthcheckSettings, ImportSettings, KeysCommand, LogCommand, ProjectCommand,
    ReferenceCommand, ServeSettings, TokenSettings, VerifyReceiptSettings,
};
use alis::embedded_postgres::{self, Durability, Settings};
use alis::import::{self, Summary, reference};
use alis::{app, http::openapi, operate, serve, telemetry, token};
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};

/// Positions, supervisor assignments and learning-goal approvals of doctors in specialist training.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service.
    #[command(after_help = "Beside these, PG_BIN names the folder of the private PostgreSQL's \
        programs, where they are not found by themselves, and RUST_LOG how much is logged: a level \
        (error, warn, info, debug), or one for a part of the program, as in alis_proof=debug.")]
    Serve(Box<ServeSettings>),
    /// Bring the database's schema up to date.
    Migrate(DatabaseSettings),
    /// Ask the service on this machine whether it is ready. Ends with 1 when it is not.
    Healthcheck(HealthcheckSettings),
    /// Look after the read models.
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Look after the keys of persons.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look after the event log.
    #[command(subcommand)]
    Log(LogCommand),
    /// Check a receipt without asking anybody. Ends with 1 when it does not hold.
    VerifyReceipt(VerifyReceiptSettings),
    /// Run only the private PostgreSQL and print how to open it with psql.
    Postgres {
        /// Where its data is.
        #[arg(long, env = "ALIS_DATA_DIR", default_value = ".data")]
        data_dir: PathBuf,
    },
    /// Post the requests of a file, one a line, to a running service; again changes nothing.
    Import(ImportSettings),
    /// Tell a running service what SSB publishes about municipalities.
    #[command(subcommand)]
    Reference(ReferenceCommand),
    /// Print a token of the program's own issuer, for somebody of the ready cast.
    Token(TokenSettings),
    /// Print the OpenAPI document, or write all generated files.
    Openapi {
        /// Write openapi/openapi.json, openapi/operations.txt and docs/errors.md.
        #[arg(long)]
        write: bool,
    },
}

/// What a program answers that came to its end but leaves somebody something to mend.
const TO_MEND: u8 = 2;

fn main() -> ExitCode {
    telemetry::start();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => named(error).exit(),
    };
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("alis: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(settings) => runtime()?.block_on(serve::serve(*settings))?,
        Command::Migrate(settings) => runtime()?.block_on(operate::migrate(&settings))?,
        Command::Healthcheck(settings) => runtime()?.block_on(operate::healthcheck(&settings))?,
        Command::Project(ProjectCommand::Status(settings)) => {
            runtime()?.block_on(operate::status(&settings))?;
        }
        Command::Project(ProjectCommand::Rebuild(settings)) => {
            runtime()?.block_on(operate::rebuild(&settings))?;
        }
        Command::Keys(KeysCommand::Rotate(settings)) => {
            runtime()?.block_on(operate::rotate(&settings))?;
        }
        Command::Log(LogCommand::Verify(settings)) => {
            if !runtime()?.block_on(operate::verify(&settings))? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::VerifyReceipt(settings) => operate::verify_receipt(&settings)?,
        Command::Postgres { data_dir } => {
            let settings = Settings { data_dir, durability: Durability::Durable };
            embedded_postgres::run_until_signal(&settings)?;
        }
        Command::Import(settings) => {
            return exit_code(&runtime()?.block_on(import::run(&settings))?);
        }
        Command::Reference(command) => {
            let run = runtime()?.block_on(async {
                match &command {
                    ReferenceCommand::Import(settings) => reference::import(settings).await,
                    ReferenceCommand::Sync(settings) => reference::sync(settings).await,
                }
            })?;
            for (place, finding) in &run.findings {
                eprintln!("{place}: {finding}");
            }
            return exit_code(&run.summary);
        }
        Command::Token(settings) => token::print(&settings)?,
        Command::Openapi { write } => print_openapi(write)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Adds the environment variable to a complaint about a setting: whoever set that did not write
/// the flag which the complaint names.
fn named(mut error: clap::Error) -> clap::Error {
    fn variable(command: &clap::Command, flag: &str) -> Option<String> {
        let own = command.get_arguments().find(|arg| arg.to_string() == flag);
        let own = own.and_then(|arg| Some(arg.get_env()?.to_string_lossy().into_owned()));
        own.or_else(|| command.get_subcommands().find_map(|below| variable(below, flag)))
    }
    let mut cli = Cli::command();
    cli.build(); // until then its arguments do not know what they are called
    if let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg)
        && let Some(variable) = variable(&cli, flag)
    {
        let both = ContextValue::String(format!("{flag} [env: {variable}]"));
        error.insert(ContextKind::InvalidArg, both);
    }
    error
}

/// Prints how an import went; nothing to mend is success.
fn exit_code(summary: &Summary) -> anyhow::Result<ExitCode> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{summary}")?;
    Ok(if summary.mend_count() == 0 { ExitCode::SUCCESS } else { ExitCode::from(TO_MEND) })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn print_openapi(write: bool) -> anyhow::Result<()> {
    use std::io::Write;
    let document = app::document();
    let text = serde_json::to_string_pretty(&document)? + "\n";
    if write {
        std::fs::create_dir_all("openapi")?;
        std::fs::create_dir_all("docs")?;
        std::fs::write("openapi/openapi.json", text)?;
        std::fs::write("openapi/operations.txt", openapi::operations_text(&document))?;
        std::fs::write("docs/errors.md", openapi::errors_markdown())?;
    } else {
        std::io::stdout().write_all(text.as_bytes())?;
    }
    Ok(())
}
