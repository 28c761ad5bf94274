//! Taking turns at a subject that many want at once.
//!
//! Guards alone are fair to nobody: of a hundred who decide on the same head one is recorded and
//! ninety-nine decide again, a hundred times over. So whoever has lost once waits here for the
//! losers before it, within this instance, and then decides alone. This is for speed and fairness
//! only: correctness rests on the guards, which other instances meet as well.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Queues; subjects that share one only wait a little longer.
const QUEUES: usize = 256;

/// The queues of one instance.
#[derive(Clone)]
pub struct Turns(Arc<[Arc<Mutex<()>>]>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..QUEUES).map(|_| Arc::default()).collect())
    }
}

impl Turns {
    /// Waits for everybody before us at `subject`. The turn lasts until the guard is dropped;
    /// whoever holds one takes no other, so nobody waits in a circle.
    pub async fn take(&self, subject: &str) -> OwnedMutexGuard<()> {
        let mut hasher = DefaultHasher::new();
        subject.hash(&mut hasher);
        let number = usize::try_from(hasher.finish() % QUEUES as u64).unwrap_or(0);
        self.0[number].clone().lock_owned().await
    }
}
