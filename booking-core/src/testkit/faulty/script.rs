//! Which call fails, and how.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing: the call goes through.
    #[default]
    None,
    /// It fails without effect, as if it had not been sent.
    Before,
    /// It takes effect, and its answer is lost.
    After,
    /// It goes through after this much time of tokio's clock.
    Delay(Duration),
    /// It never gets through and never ends: the caller has to give up.
    Hang,
    /// It takes effect and never ends, as if the caller's process were killed while it waits.
    HangAfter,
}

type Chooser = dyn FnMut(&'static str) -> Fault + Send;

/// Decides what happens to each call of a faulty port. Clones are the same script.
///
/// A fault that was queued for a method comes first, then one that was queued for any method, then what the
/// closure says, if there is one.
#[derive(Clone, Default)]
pub struct FaultScript(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    queue: VecDeque<(Option<&'static str>, Fault)>,
    chooser: Option<Box<Chooser>>,
    calls: Vec<&'static str>,
}

impl fmt::Debug for FaultScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("FaultScript").field("queue", &state.queue).finish_non_exhaustive()
    }
}

impl FaultScript {
    /// Makes a script without faults.
    pub fn none() -> Self {
        Self::default()
    }

    /// Makes a script that asks a closure about each call, by the name of the port's method.
    pub fn choose(chooser: impl FnMut(&'static str) -> Fault + Send + 'static) -> Self {
        let script = Self::default();
        script.state(|state| state.chooser = Some(Box::new(chooser)));
        script
    }

    /// Queues a fault for the next call of any method.
    pub fn push(&self, fault: Fault) {
        self.state(|state| state.queue.push_back((None, fault)));
    }

    /// Queues a fault for the next call of one method of the port, such as `admit`.
    pub fn push_for(&self, method: &'static str, fault: Fault) {
        self.state(|state| state.queue.push_back((Some(method), fault)));
    }

    /// Drops everything that is queued, and the closure: from now on nothing fails.
    pub fn heal(&self) {
        self.state(|state| {
            state.queue.clear();
            state.chooser = None;
        });
    }

    /// Returns the methods that were called so far, in order.
    pub fn calls(&self) -> Vec<&'static str> {
        self.state(|state| state.calls.clone())
    }

    /// Plays one call: `before` and `after` make the port's errors for a fault before and after the effect.
    pub(super) async fn play<T, E>(
        &self,
        method: &'static str,
        before: fn() -> E,
        after: fn() -> E,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match self.next(method) {
            Fault::None => call.await,
            Fault::Before => Err(before()),
            Fault::After => {
                // An answer that is lost may well have been a failure; either way nobody hears of it.
                let _ = call.await;
                Err(after())
            }
            Fault::Delay(by) => {
                tokio::time::sleep(by).await;
                call.await
            }
            Fault::Hang => std::future::pending().await,
            Fault::HangAfter => {
                let _ = call.await;
                std::future::pending().await
            }
        }
    }

    fn next(&self, method: &'static str) -> Fault {
        self.state(|state| {
            state.calls.push(method);
            let own = state.queue.iter().position(|(wanted, _)| *wanted == Some(method));
            let any = || state.queue.iter().position(|(wanted, _)| wanted.is_none());
            if let Some(index) = own.or_else(any) {
                return state.queue.remove(index).map_or(Fault::None, |(_, fault)| fault);
            }
            state.chooser.as_mut().map_or(Fault::None, |choose| choose(method))
        })
    }

    fn state<T>(&self, run: impl FnOnce(&mut State) -> T) -> T {
        run(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
