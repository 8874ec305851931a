//! Delegations that end by themselves.

use std::time::Duration;

use crate::clock::Clock;
use crate::live::Live;
use crate::store::{Error, Store};
use crate::tasks::Tasks;

/// They are looked at this often.
const LOOK: Duration = Duration::from_secs(10);

/// Whoever is in a call for somebody for whom they act no more is in it no more.
pub(super) async fn end(store: Store, live: Live, clock: Clock, tasks: Tasks) {
    let mut looked = clock.now();
    loop {
        tokio::select! {
            () = tasks.stopped() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = clock.now();
        let put_out = async {
            for delegation in store.delegations_ended(looked, now).await? {
                live.put_out(&store.acting_no_more(delegation.to, now).await?.into()).await;
            }
            Ok::<_, Error>(())
        };
        match put_out.await {
            Ok(()) => looked = now,
            // Those of this time are looked at again.
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "ends of delegations were not looked at"
                );
            }
        }
    }
}
