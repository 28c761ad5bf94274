//! PostgreSQL is killed: the whole server, one of its processes, or everything at once. The service
//! goes on, and tells the truth or that it cannot tell.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio_postgres::{Client, Config, NoTls};

use super::Post;
use super::account::{assert_no_panic, settle};
use super::load::{Load, MUNICIPALITY};
use crate::event_log::rig::Dice;
use crate::support::operator::Operator;
use crate::support::postgres::{OwnCluster, cluster_on_disk};
use crate::support::sample;

/// Servers killed under a service that goes on, and together with it.
const SERVERS: u32 = 3;
const EVERYTHING: u32 = 2;
/// Processes of a server killed.
const BACKENDS: u32 = 5;
/// Requests answered between two kills, and the longest time after them.
const BETWEEN: usize = 6;
const LIFE_MS_MAX: u64 = 200;
/// How long a server may take to recover from the death of one of its processes.
const RECOVERED_SECONDS_MAX: u64 = 30;
const SEED: u64 = 20_201_231;

/// A durable server, a service on it, and clients.
struct Scene {
    cluster: OwnCluster,
    admin: Config,
    operator: Operator,
    post: Post,
    load: Load,
    dice: Dice,
    under_way: usize,
}

impl Scene {
    async fn set() -> Self {
        let cluster = tokio::task::block_in_place(cluster_on_disk);
        let admin = cluster.server().superuser();
        let operator = Operator::on(&admin);
        let post = Post::start(&operator).await;
        sample::municipality(&post.served().client(), MUNICIPALITY).await;
        let load = Load::start(&[&post], SEED);
        let dice = Dice::seeded("kills", SEED);
        Self { cluster, admin, operator, post, load, dice, under_way: 0 }
    }

    /// Waits for a random moment under load.
    async fn some_moment(&mut self) {
        self.load.book.progress(BETWEEN).await;
        tokio::time::sleep(Duration::from_millis(self.dice.below(LIFE_MS_MAX))).await;
    }

    fn killed(&mut self) {
        self.under_way += self.load.book.under_way().len();
    }

    async fn settle(self) {
        let Self { cluster: _cluster, admin, operator, post, load, under_way, .. } = self;
        let unavailable = load.book.unavailable();
        let finished = load.finish().await;
        assert!(under_way > 0, "nobody was waiting when the server was killed");
        eprintln!("{under_way} requests were under way, {unavailable} were answered 503");
        settle(&operator, &post.served().client(), &admin, &finished).await;
        post.stop();
        assert_no_panic(&operator);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_postgresql_loses_nothing_that_was_acknowledged_and_repeats_nothing() {
    let mut scene = Scene::set().await;
    for _ in 0..SERVERS {
        scene.some_moment().await;
        scene.cluster.kill();
        scene.killed();
        let before = scene.load.book.unavailable();
        scene.cluster_is_missed(before).await;
        tokio::task::block_in_place(|| scene.cluster.start_again());
    }
    for _ in 0..EVERYTHING {
        scene.some_moment().await;
        scene.cluster.kill();
        scene.post.kill();
        scene.killed();
        tokio::task::block_in_place(|| scene.cluster.start_again());
        scene.post.start_again(&scene.operator).await;
    }
    scene.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_of_postgresql_loses_nothing_and_repeats_nothing() {
    let mut scene = Scene::set().await;
    for _ in 0..BACKENDS {
        scene.some_moment().await;
        let client = recovered(&scene.admin).await;
        let sql = "select pid from pg_stat_activity where application_name = 'alis' order by pid";
        let rows = client.query(sql, &[]).await.expect("a superuser may look");
        let count = u64::try_from(rows.len()).expect("it is small");
        let victim = usize::try_from(scene.dice.below(count)).expect("it is small");
        let pid = Pid::from_raw(rows[victim].get(0));
        kill(pid, Signal::SIGKILL).expect("it is a process of our server");
        scene.killed();
    }
    scene.settle().await;
}

impl Scene {
    /// Waits until somebody was told that the service cannot answer, and asks as a probe does.
    async fn cluster_is_missed(&self, before: u64) {
        let started = Instant::now();
        while self.load.book.unavailable() == before {
            assert!(started.elapsed().as_secs() < RECOVERED_SECONDS_MAX, "nobody misses it");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let client = self.post.served().client();
        client.get("/health/ready").await.expect_problem(503, "unavailable");
        client.get("/health/live").await.expect(200);
        let listen = self.post.served().address.to_string();
        let asked = self.operator.run_with(&["healthcheck"], &[("ALIS_LISTEN", &listen)]).await;
        assert_eq!(asked.code, Some(1), "{}", asked.out);
    }
}

/// A connection, once the server takes some again.
async fn recovered(admin: &Config) -> Client {
    let started = Instant::now();
    loop {
        if let Ok((client, connection)) = admin.connect(NoTls).await {
            tokio::spawn(async move { drop(connection.await) });
            return client;
        }
        assert!(started.elapsed().as_secs() < RECOVERED_SECONDS_MAX, "the server stays away");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
