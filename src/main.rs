//! The commands of the program.

use std::path::PathBuf;
use std::process::ExitCode;

use alis::config::{ImportSettings, ReferenceCommand, ServeSettings};
use alis::embedded_postgres::{self, Durability, Settings};
use alis::import::{self, Summary, reference};
use alis::{app, http::openapi, serve, telemetry};
use clap::{Parser, Subcommand};

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
    Serve(ServeSettings),
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
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("alis: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(settings) => runtime()?.block_on(serve::serve(settings))?,
        Command::Postgres { data_dir } => {
            let settings = Settings { data_dir, durability: Durability::Durable };
            embedded_postgres::run_until_signal(&settings)?;
        }
        Command::Import(settings) => {
            return told(&runtime()?.block_on(import::run(&settings))?);
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
            return told(&run.summary);
        }
        Command::Openapi { write } => print_openapi(write)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints how an import went; nothing to mend is success.
fn told(summary: &Summary) -> anyhow::Result<ExitCode> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{summary}")?;
    Ok(if summary.mend_count() == 0 { ExitCode::SUCCESS } else { ExitCode::from(TO_MEND) })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn print_openapi(write: bool) -> anyhow::Result<()> {
    use std::io::Write;
    let document = app::operations().document;
    let text = serde_json::to_string_pretty(&document)? + "\n";
    if write {
        std::fs::write("openapi/openapi.json", text)?;
        std::fs::write("openapi/operations.txt", openapi::operations_text(&document))?;
        std::fs::write("docs/errors.md", openapi::errors_markdown())?;
    } else {
        std::io::stdout().write_all(text.as_bytes())?;
    }
    Ok(())
}
