//! Tasks with a name and an end. The only file that starts one.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tracing::Instrument;

/// Starts tasks and ends them together. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tasks {
    stop: Arc<watch::Sender<bool>>,
    running: Arc<Running>,
}

#[derive(Debug, Default)]
struct Running {
    count: std::sync::atomic::AtomicUsize,
    /// Tasks that a panic ended.
    panics: std::sync::atomic::AtomicU64,
    is_none_left: Notify,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { stop: Arc::new(watch::Sender::new(false)), running: Arc::default() }
    }
}

impl Tasks {
    /// Starts a task. A panic in it is logged and ends it alone.
    #[expect(clippy::disallowed_methods, reason = "the one place that starts tasks")]
    pub fn spawn(&self, name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
        use std::sync::atomic::Ordering::SeqCst;
        let running = self.running.clone();
        running.count.fetch_add(1, SeqCst);
        let task = tokio::spawn(future.instrument(tracing::info_span!("task", task.name = name)));
        tokio::spawn(async move {
            if let Err(error) = task.await
                && error.is_panic()
            {
                running.panics.fetch_add(1, SeqCst);
                tracing::error!(task.name = name, "a task panicked");
            }
            if running.count.fetch_sub(1, SeqCst) == 1 {
                running.is_none_left.notify_waiters();
            }
        });
    }

    /// Tasks that a panic has ended so far.
    pub fn panics(&self) -> u64 {
        self.running.panics.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Resolves when the program is asked to end; every long-lived task waits for it beside its work.
    pub async fn stopped(&self) {
        let mut stop = self.stop.subscribe();
        // The sender lives in self.
        let _ = stop.wait_for(|is_stopped| *is_stopped).await;
    }

    /// Asks every task to end.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Resolves when no task is left.
    pub async fn ended(&self) {
        loop {
            let none_left = self.running.is_none_left.notified();
            if self.running.count.load(std::sync::atomic::Ordering::SeqCst) == 0 {
                return;
            }
            none_left.await;
        }
    }
}
