//! A wire between the program and PostgreSQL that writes down which statements are prepared over
//! it. Nothing else of what passes is looked at or changed.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The message with which a client prepares a statement.
const PARSE: u8 = b'P';
/// Where PostgreSQL listens unless it is told otherwise.
const PORT: u16 = 5432;

type Seen = Arc<Mutex<BTreeSet<String>>>;

/// A wire, for as long as the test's runtime lives.
pub struct Wire {
    /// How to connect over it.
    pub config: Config,
    seen: Seen,
}

impl Wire {
    /// Lays a wire to a database.
    pub async fn to(database: &Config) -> Wire {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a loopback port is free");
        let address = listener.local_addr().expect("it listens");
        let (seen, far) = (Seen::default(), database.clone());
        let remembered = seen.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, far.clone(), remembered.clone()));
            }
        });
        Wire { config: over(address, database), seen }
    }

    /// The text of every statement that was prepared so far.
    pub fn prepared(&self) -> BTreeSet<String> {
        self.seen.lock().expect("no test panics while it holds this").clone()
    }
}

/// The same user and database, at another address.
fn over(address: SocketAddr, database: &Config) -> Config {
    let mut config = Config::new();
    config.host(address.ip().to_string()).port(address.port());
    config.user(database.get_user().expect("the test's databases name their user"));
    config.dbname(database.get_dbname().expect("the test's databases have a name"));
    if let Some(password) = database.get_password() {
        config.password(password);
    }
    config
}

/// Carries one connection until either side ends it.
async fn carry(near: TcpStream, far: Config, seen: Seen) -> io::Result<()> {
    let port = far.get_ports().first().copied().unwrap_or(PORT);
    match far.get_hosts().first() {
        Some(Host::Tcp(host)) => {
            between(near, TcpStream::connect((&host[..], port)).await?, seen).await
        }
        Some(Host::Unix(directory)) => {
            let socket = directory.join(format!(".s.PGSQL.{port}"));
            between(near, UnixStream::connect(socket).await?, seen).await
        }
        None => panic!("the test's database has no address"),
    }
}

async fn between(
    near: TcpStream,
    far: impl AsyncRead + AsyncWrite + Send,
    seen: Seen,
) -> io::Result<()> {
    let (mut near_in, mut near_out) = near.into_split();
    let (mut far_in, mut far_out) = io::split(far);
    tokio::select! {
        ended = io::copy(&mut far_in, &mut near_out) => ended.map(drop),
        ended = forward(&mut near_in, &mut far_out, seen) => ended,
    }
}

/// Passes a client's messages on. Only the first one has no type before its length.
async fn forward(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    seen: Seen,
) -> io::Result<()> {
    let mut kind = None;
    loop {
        let length = from.read_u32().await?;
        let mut body = vec![0; usize::try_from(length).expect("it fits").saturating_sub(4)];
        from.read_exact(&mut body).await?;
        if let Some(kind) = kind {
            to.write_u8(kind).await?;
        }
        to.write_u32(length).await?;
        to.write_all(&body).await?;
        if kind == Some(PARSE) {
            // The statement's name, its text, then what is left out here: its types.
            let text = body.split(|byte| *byte == 0).nth(1).unwrap_or_default();
            let text = String::from_utf8_lossy(text).into_owned();
            seen.lock().expect("no test panics while it holds this").insert(text);
        }
        kind = Some(from.read_u8().await?);
    }
}
