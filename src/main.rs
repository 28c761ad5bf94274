//! The commands of the program.

use std::path::PathBuf;

use alis::embedded_postgres::{self, Durability, Settings};
use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Run only the private PostgreSQL and print how to open it with psql.
    Postgres {
        /// Where its data is.
        #[arg(long, env = "ALIS_DATA_DIR")]
        data_dir: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    match Command::parse() {
        Command::Postgres { data_dir } => {
            let settings = Settings {
                data_dir,
                durability: Durability::Durable,
            };
            embedded_postgres::run_until_signal(&settings)?;
        }
    }
    Ok(())
}
