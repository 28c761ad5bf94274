//! A load generator that costs little itself: keep-alive connections, requests written as bytes
//! beforehand, answers read only as far as needed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::TOKEN;

/// The method of a request.
#[derive(Clone, Copy)]
pub enum Method {
    Get,
    Post,
}

/// A request as bytes.
pub struct Request(Vec<u8>);

impl Request {
    /// A request with the benchmark's token.
    pub fn new(method: Method, path: &str, body: &str) -> Self {
        let method = match method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            TOKEN.as_str(),
            body.len()
        );
        Self(text.into_bytes())
    }
}

/// Sends `requests` over `clients` connections for `seconds`; answers how many a second came back
/// with `expected`. Any other status ends the run.
pub async fn run(
    address: SocketAddr,
    clients: usize,
    seconds: u64,
    requests: Vec<Request>,
    expected: u16,
) -> anyhow::Result<f64> {
    let requests = Arc::new(requests);
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let until = started + Duration::from_secs(seconds);
    let mut tasks = Vec::new();
    for _ in 0..clients {
        let (requests, next) = (requests.clone(), next.clone());
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut done = 0_u64;
            while Instant::now() < until {
                let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    break;
                };
                let status = connection.exchange(request).await?;
                if status != expected {
                    bail!("{status}: {}", String::from_utf8_lossy(&connection.buffer));
                }
                done += 1;
            }
            Ok(done)
        }));
    }
    let mut done = 0;
    for task in tasks {
        done += task.await??;
    }
    Ok(done as f64 / started.elapsed().as_secs_f64())
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    async fn exchange(&mut self, request: &Request) -> anyhow::Result<u16> {
        self.stream.write_all(&request.0).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed");
            }
            let Some(end) = find(&self.buffer, b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&self.buffer[..end])?.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length = length.map(|length| length.trim().parse::<usize>()).transpose()?;
            // A body without a length ends with an empty chunk; none of ours looks like one.
            let is_whole = |buffer: &[u8]| match length {
                Some(length) => buffer.len() >= end + 4 + length,
                None => buffer[end + 2..].ends_with(b"\r\n0\r\n\r\n"),
            };
            while !is_whole(&self.buffer) {
                if self.stream.read_buf(&mut self.buffer).await? == 0 {
                    bail!("the connection was closed");
                }
            }
            return Ok(head[9..12].parse()?);
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Reads the whole feed as NDJSON, a thousand events a request; answers how many there were.
pub async fn follow_feed(address: SocketAddr) -> anyhow::Result<u64> {
    let mut connection = Connection::open(address).await?;
    let (mut after, mut count) = (0_u64, 0_u64);
    loop {
        let path = format!("/v1/events?format=ndjson&limit=1000&after={after}");
        let status = connection.exchange(&Request::new(Method::Get, &path, "")).await?;
        anyhow::ensure!(status == 200, "{status}");
        let end = find(&connection.buffer, b"\r\n\r\n").context("a head")?;
        // The sizes of chunks stand on lines of their own, which end in two bytes.
        let body = connection.buffer[end + 4..].iter();
        let counted = |of: u8| body.clone().filter(|byte| **byte == of).count() as u64;
        let lines = counted(b'\n') - counted(b'\r');
        if lines == 0 {
            return Ok(count);
        }
        count += lines;
        let head = std::str::from_utf8(&connection.buffer[..end])?.to_ascii_lowercase();
        let permissions = head.lines().find_map(|line| line.strip_prefix("log-position:"));
        after = permissions.context("a position")?.trim().parse()?;
    }
}
