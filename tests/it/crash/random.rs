//! The service is killed at random moments: of two on one database, now one and now the other, so
//! that the living one is asked again while the dead one's words are still on their way.

use std::time::Duration;

use super::Post;
use super::account::{assert_calm, settle};
use super::load::{Load, MUNICIPALITY};
use crate::event_log::rig::Dice;
use crate::support::operator::Operator;
use crate::support::postgres::fresh;
use crate::support::program::superuser;
use crate::support::sample;

/// Services killed, and services killed that run their own PostgreSQL.
const KILLS: u32 = 8;
const PRIVATE_KILLS: u32 = 3;
/// Requests answered between two of the latter.
const BETWEEN: usize = 10;
/// The longest time from a start to the next kill.
const LIFE_MS_MAX: u64 = 200;
const SEED: u64 = 20_200_331;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_killed_at_random_moments_loses_nothing_and_repeats_nothing() {
    let database = fresh().await;
    let operator = Operator::on(&database.admin);
    let mut posts = [Post::start(&operator).await, Post::start(&operator).await];
    sample::municipality(&posts[0].served().client(), MUNICIPALITY).await;
    let load = Load::start(&[&posts[0], &posts[1]], SEED);
    let mut dice = Dice::seeded("kills", SEED);
    let mut under_way = 0;
    for _ in 0..KILLS {
        load.book.progress(1).await;
        tokio::time::sleep(Duration::from_millis(dice.below(LIFE_MS_MAX))).await;
        let victim = usize::from(dice.below(2) == 0);
        posts[victim].kill();
        under_way += load.book.under_way().len();
        posts[victim].start_again(&operator).await;
    }
    let finished = load.finish().await;
    assert!(under_way > 0, "nobody was waiting when the services were killed");
    settle(&operator, &posts[0].served().client(), &database.admin, &finished).await;
    for post in posts {
        post.stop();
    }
    assert_calm(&operator);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_killed_with_its_private_postgresql_loses_nothing_and_repeats_nothing() {
    let operator = Operator::private();
    let mut post = Post::start(&operator).await;
    sample::municipality(&post.served().client(), MUNICIPALITY).await;
    let load = Load::start(&[&post], SEED);
    let mut dice = Dice::seeded("kills", SEED);
    for _ in 0..PRIVATE_KILLS {
        load.book.progress(BETWEEN).await;
        tokio::time::sleep(Duration::from_millis(dice.below(LIFE_MS_MAX))).await;
        post.kill();
        post.start_again(&operator).await;
    }
    let finished = load.finish().await;
    let admin = superuser(&operator.data_dir());
    settle(&operator, &post.served().client(), &admin, &finished).await;
    post.stop();
    assert_calm(&operator);
}
