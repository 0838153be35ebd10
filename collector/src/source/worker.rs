//! Threads that may be given up: a source, or one question to the host, that does not answer in time is left behind, and
//! the run goes on without it.
//! Nothing is shared with an abandoned thread but the host, which is read only.

use std::{
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use koff_bundle::acquisition::{Acquisition, State};

use super::{Budget, Context};
use crate::host::{Answer, Host};

/// What `work` gives, if it does within `limit`.
///
/// # Errors
/// *timed out* where it does not, *failed* where it broke off or no thread could be made.
pub(crate) fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    within_unless(limit, || false, work)
}

/// Most of the time that one question among several may take.
const QUESTION: Duration = Duration::from_secs(8);

/// What the host says to one question among several of a source, each of which may hang without costing the others.
///
/// # Errors
/// As the host says, and as [`within`].
pub(crate) fn aside<T: Send + 'static>(
    context: &Context,
    budget: &Budget,
    ask: impl FnOnce(&dyn Host) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let host = Arc::clone(&context.host);
    // Half of what is left, so that the next question has some, too.
    within(QUESTION.min(budget.left() / 2), move || ask(host.as_ref()))?
}

/// How often somebody who waits is asked whether it is still wanted.
const ASK: Duration = Duration::from_millis(100);

/// As [`within`], but left behind as soon as `cancelled` says so.
///
/// # Errors
/// As [`within`]; *skipped* where it was cancelled.
pub(crate) fn within_unless<T: Send + 'static>(
    limit: Duration,
    cancelled: impl Fn() -> bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Answer<T> {
    let (send, receive) = mpsc::sync_channel(1);
    let started = thread::Builder::new().name("source".to_owned()).spawn(move || {
        // Nobody listens any more once the time is up: then the result is dropped, which is what is wanted.
        let _ = send.send(work());
    });
    if let Err(error) = started {
        return Err(Acquisition::ended(State::Failed, format!("no thread for this source: {error}")));
    }
    let begun = Instant::now();
    let answer = loop {
        let left = limit.saturating_sub(begun.elapsed());
        match receive.recv_timeout(left.min(ASK)) {
            Err(RecvTimeoutError::Timeout) if cancelled() => {
                return Err(Acquisition::ended(State::Skipped, "stopped by the user"));
            }
            Err(RecvTimeoutError::Timeout) if left > ASK => {}
            answer => break answer,
        }
    };
    match answer {
        Ok(result) => Ok(result),
        Err(RecvTimeoutError::Timeout) => {
            let seconds = limit.as_secs_f64();
            Err(Acquisition::ended(State::TimedOut, format!("no answer within {seconds:.1} seconds")))
        }
        Err(RecvTimeoutError::Disconnected) => {
            Err(Acquisition::ended(State::Failed, "the source broke off without an answer"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_nobody_wants_any_more_is_left_behind_at_once() {
        let begun = Instant::now();
        let left = within_unless(Duration::from_secs(60), || true, || thread::sleep(Duration::from_secs(60)));
        assert_eq!(left.unwrap_err().state, State::Skipped);
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn one_that_hangs_is_left_behind_and_one_that_breaks_is_a_failure() {
        let begun = Instant::now();
        let hung = within(Duration::from_millis(50), || thread::sleep(Duration::from_secs(60)));
        assert_eq!(hung.unwrap_err().state, State::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(10));
        let broken = within(Duration::from_secs(10), || panic!("a source with a fault"));
        assert_eq!(broken.map(|()| 0).unwrap_err().state, State::Failed);
        assert_eq!(within(Duration::from_secs(10), || 7), Ok(7));
    }
}
