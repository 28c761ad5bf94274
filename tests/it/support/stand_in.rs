//! A stand-in for a server that the program calls: it answers what a test says and remembers what
//! it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

/// A request as the stand-in saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Path and query.
    pub target: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// Answers a request; the number counts the requests before it.
type Answerer = dyn Fn(usize, &Seen) -> HttpResponse + Send + Sync;

/// A running stand-in.
pub struct StandIn {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    handle: ServerHandle,
}

impl StandIn {
    /// Starts one on a free port.
    pub fn start(answer: impl Fn(usize, &Seen) -> HttpResponse + Send + Sync + 'static) -> StandIn {
        let answer: Arc<Answerer> = Arc::new(answer);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let remembered = seen.clone();
        let server = HttpServer::new(move || {
            let (answer, seen) = (answer.clone(), remembered.clone());
            let handler = move |request: HttpRequest, body: web::Bytes| {
                let asked = asked(&request, &body);
                let mut seen = seen.lock().expect("no test panics while it holds this");
                let response = answer(seen.len(), &asked);
                seen.push(asked);
                std::future::ready(response)
            };
            App::new().default_service(web::to(handler))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0");
        let server = server.expect("a loopback port is free");
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        StandIn { address, seen, handle }
    }

    /// What it was asked so far, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no test panics while it holds this").clone()
    }

    /// Stops it.
    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

fn asked(request: &HttpRequest, body: &web::Bytes) -> Seen {
    let headers = request.headers().iter().map(|(name, value)| {
        (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
    });
    Seen {
        target: request.uri().to_string(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(body).into_owned(),
    }
}
