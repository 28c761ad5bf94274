//! How the read models stand: how far each has come, and which keys it could not take in.

use deadpool_postgres::Pool;

use super::Failure;

/// Parked keys told; a read model with more needs a rebuild, not a longer list.
const PARKED_MAX: i64 = 100;

/// All builds of all read models of a log.
#[derive(Debug)]
pub struct Status {
    /// The position of the newest event.
    pub head: i64,
    pub builds: Vec<Build>,
    pub parked: Vec<Parked>,
}

/// A table of a read model, or one in the making.
#[derive(Debug)]
pub struct Build {
    pub name: String,
    pub build: i32,
    pub version: i32,
    pub is_live: bool,
    /// Every event up to here is in the table.
    pub position: i64,
    /// Keys that stand still.
    pub parked: i64,
}

impl Build {
    /// The build in one line.
    pub fn sentence(&self, head: i64) -> String {
        let Build { name, build, version, position, .. } = self;
        if !self.is_live {
            return format!("{name}: version {version}, build {build}, is being built");
        }
        let behind = match head - position {
            ..=0 => "up to date".to_owned(),
            1 => "1 event behind".to_owned(),
            n => format!("{n} events behind"),
        };
        let parked = match self.parked {
            0 => String::new(),
            1 => ", 1 key parked".to_owned(),
            n => format!(", {n} keys parked"),
        };
        format!(
            "{name}: version {version}, build {build}, at position {position}, {behind}{parked}"
        )
    }
}

/// A key that one event could not be applied to.
#[derive(Debug)]
pub struct Parked {
    pub name: String,
    pub build: i32,
    pub key: String,
    pub position: i64,
    pub error: String,
}

/// Reads the status of a log.
pub async fn read(pool: &Pool, log: i32) -> Result<Status, Failure> {
    let client = pool.get().await?;
    let head = client.query_one(include_str!("sql/head.sql"), &[&log]).await?.try_get(0)?;
    let mut builds = Vec::new();
    for row in client.query(include_str!("sql/status.sql"), &[&log]).await? {
        builds.push(Build {
            name: row.try_get(0)?,
            build: row.try_get(1)?,
            version: row.try_get(2)?,
            is_live: row.try_get::<_, &str>(3)? == "live",
            position: row.try_get(4)?,
            parked: row.try_get(5)?,
        });
    }
    let mut parked = Vec::new();
    for row in client.query(include_str!("sql/parked.sql"), &[&log, &PARKED_MAX]).await? {
        parked.push(Parked {
            name: row.try_get(0)?,
            build: row.try_get(1)?,
            key: row.try_get(2)?,
            position: row.try_get(3)?,
            error: row.try_get(4)?,
        });
    }
    Ok(Status { head, builds, parked })
}
