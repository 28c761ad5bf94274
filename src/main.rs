//! The commands of the program.

use std::path::PathBuf;
use std::process::ExitCode;

use alis::config::ServeSettings;
use alis::embedded_postgres::{self, Durability, Settings};
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
    /// Print the OpenAPI document, or write all generated files.
    Openapi {
        /// Write openapi/openapi.json, openapi/operations.txt and docs/errors.md.
        #[arg(long)]
        write: bool,
    },
}

fn main() -> ExitCode {
    telemetry::start();
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("alis: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(settings) => runtime()?.block_on(serve::serve(settings)),
        Command::Postgres { data_dir } => {
            let settings = Settings { data_dir, durability: Durability::Durable };
            Ok(embedded_postgres::run_until_signal(&settings)?)
        }
        Command::Openapi { write } => print_openapi(write),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn print_openapi(write: bool) -> anyhow::Result<()> {
    use std::io::Write;
    let document = app::operations().document;
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
