//! TLS to callers and to the database, with certificates made for the test.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio_postgres::config::Host;
use tokio_rustls::TlsAcceptor;

use crate::support::instance::Instance;
use crate::support::postgres::{TestDatabase, fresh};
use crate::support::program;
use crate::support::scratch::Scratch;

/// A certificate for some names, and its key, in files.
struct Certified {
    certificate: PathBuf,
    key: PathBuf,
    pem: String,
}

fn certified(directory: &Path, file: &str, names: &[&str]) -> Certified {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let certificate = directory.join(format!("{file}.pem"));
    let key = directory.join(format!("{file}.key"));
    let pem = made.cert.pem();
    std::fs::write(&certificate, &pem).expect("our own directory");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("our own directory");
    Certified { certificate, key, pem }
}

#[tokio::test]
async fn with_a_certificate_the_service_speaks_tls_and_nothing_else() {
    let scratch = Scratch::on_disk();
    let own = certified(scratch.path(), "own", &["127.0.0.1"]);
    let tls = alis::tls::server(&own.certificate, &own.key).expect("the files fit");
    let instance = Instance::with(|settings| settings.tls = Some(tls)).await;
    let address = instance.running.address;
    let trusted = reqwest::Certificate::from_pem(own.pem.as_bytes()).expect("PEM");
    let client = |trusted: Vec<reqwest::Certificate>| {
        let builder = reqwest::Client::builder().no_proxy().tls_certs_only(trusted);
        builder.build().expect("a client")
    };
    let url = format!("https://{address}/health/live");
    let answer = client(vec![trusted]).get(&url).send().await.expect("the certificate is trusted");
    assert_eq!(answer.status(), 200);
    let said = answer.headers().get("strict-transport-security");
    assert!(said.is_some(), "{:?}", answer.headers());
    let other = certified(scratch.path(), "other", &["127.0.0.1"]);
    let other = reqwest::Certificate::from_pem(other.pem.as_bytes()).expect("PEM");
    assert!(client(vec![other]).get(&url).send().await.is_err(), "another's certificate");
    let clear = format!("http://{address}/health/live");
    let clear = alis::client::http().expect("a client").get(clear).send().await;
    assert!(clear.is_err(), "{clear:?}");
    let mut health = program::alis();
    health.args(["healthcheck", "--listen", &address.to_string(), "--tls-cert-file"]);
    health.arg(&own.certificate);
    let health = program::output_of(health).await;
    assert!(health.status.success(), "{health:?}");
    instance.stop().await;
}

#[test]
fn a_key_of_another_certificate_stops_the_start() {
    let scratch = Scratch::on_disk();
    let own = certified(scratch.path(), "own", &["localhost"]);
    let other = certified(scratch.path(), "other", &["localhost"]);
    assert!(alis::tls::server(&own.certificate, &own.key).is_ok());
    assert!(alis::tls::server(&own.certificate, &other.key).is_err());
    assert!(alis::tls::server(&own.key, &own.key).is_err(), "a key is no certificate");
    assert!(alis::tls::client(Some(&scratch.path().join("none.pem"))).is_err());
}

/// Plays a PostgreSQL with TLS: agrees to it as the protocol says, and hands what is within to the
/// test's own server. Answers its port.
async fn behind_tls(database: &TestDatabase, own: &Certified) -> u16 {
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    let config = &database.admin;
    let [Host::Unix(directory)] = config.get_hosts() else { panic!("the test's own server") };
    let socket = directory.join(format!(".s.PGSQL.{}", config.get_ports()[0]));
    let tls = alis::tls::server(&own.certificate, &own.key).expect("the files fit");
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((mut outer, _)) = listener.accept().await {
            let (acceptor, socket) = (acceptor.clone(), socket.clone());
            tokio::spawn(async move {
                let mut asked = [0; 8];
                outer.read_exact(&mut asked).await?;
                if asked != SSL_REQUEST {
                    return Ok(()); // in the clear: not with this server
                }
                outer.write_all(b"S").await?;
                let mut outer = acceptor.accept(outer).await?;
                let mut inner = UnixStream::connect(socket).await?;
                tokio::io::copy_bidirectional(&mut outer, &mut inner).await?;
                std::io::Result::Ok(())
            });
        }
    });
    port
}

/// `alis migrate` on a URL.
async fn migrate(url: String, authorities: Option<PathBuf>) -> Output {
    let mut command = program::alis();
    command.arg("migrate").env("DATABASE_URL", url).env_remove("ALIS_DATABASE_CA_FILE");
    if let Some(path) = authorities {
        command.env("ALIS_DATABASE_CA_FILE", path);
    }
    program::output_of(command).await
}

#[tokio::test]
async fn the_database_is_spoken_to_by_tls_and_must_prove_who_it_is() {
    let scratch = Scratch::on_disk();
    let own = certified(scratch.path(), "own", &["localhost"]);
    let other = certified(scratch.path(), "other", &["localhost"]);
    let database = fresh().await;
    let port = behind_tls(&database, &own).await;
    let user = database.admin.get_user().expect("a user");
    let url = |host: &str, mode: &str| {
        format!("postgres://{user}@{host}:{port}/{}{mode}", database.name())
    };
    for mode in ["", "?sslmode=require", "?sslmode=verify-full"] {
        let ran = migrate(url("localhost", mode), Some(own.certificate.clone())).await;
        assert!(ran.status.success(), "{mode}: {ran:?}");
    }
    for (wrong, url, authorities) in [
        ("nobody is trusted", url("localhost", "?sslmode=require"), None),
        ("another is trusted", url("localhost", ""), Some(&other)),
        ("the name is another", url("127.0.0.1", ""), Some(&own)),
        ("TLS is off", url("localhost", "?sslmode=disable"), Some(&own)),
        ("it is in the clear", url("localhost", ""), None),
    ] {
        let ran = migrate(url, authorities.map(|it| it.certificate.clone())).await;
        assert!(!ran.status.success(), "{wrong}: {ran:?}");
    }
}
