//! What is left when processes are killed: the service, its connections, PostgreSQL, all of them at
//! once, under the load of clients that keep what was acknowledged and ask for the rest again.
//!
//! Nothing in the service knows of these tests. To hit it between two steps on purpose they listen
//! on its way to PostgreSQL ([`wire`]); everything else is killed at random, from a printed seed.

mod account;
mod load;
mod random;
mod server;
mod steps;
mod wire;

use std::net::SocketAddr;

use tokio::sync::watch;

use crate::support::operator::{Operator, Served};

/// A service that is killed and started again, and the word where it is to be found.
pub struct Post {
    served: Option<Served>,
    announced: watch::Sender<Option<SocketAddr>>,
}

impl Post {
    /// Starts a service.
    async fn start(operator: &Operator) -> Self {
        let mut post = Self { served: None, announced: watch::channel(None).0 };
        post.start_again(operator).await;
        post
    }

    async fn start_again(&mut self, operator: &Operator) {
        let served = operator.serve().await;
        self.announced.send_replace(Some(served.address));
        self.served = Some(served);
    }

    /// Kills the service. Its clients find out by themselves.
    fn kill(&mut self) {
        self.served.take().expect("it runs").kill();
        self.announced.send_replace(None);
    }

    /// The running service.
    fn served(&self) -> &Served {
        self.served.as_ref().expect("it runs")
    }

    /// Stops the service in order.
    fn stop(mut self) {
        assert!(self.served.take().expect("it runs").stop().success());
    }
}
