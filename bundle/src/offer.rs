//! Work that a thread with nothing to do may take before its result is asked for. Nobody waits for work that nobody has begun:
//! it goes back to whoever asks, so that one thread alone is as good as none to help. Owns who does it, not what it is.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
};

/// Work on a `W` that gives a `T`, offered to the threads that share all others.
#[derive(Debug)]
pub struct Offer<W, T> {
    /// Whoever takes it does the work, and nobody else.
    what: Arc<Mutex<Option<W>>>,
    done: Receiver<T>,
}

/// What has become of an [`Offer`].
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<W, T> {
    /// Nobody has begun; what it was to be done on.
    Free(W),
    /// What came of it.
    Done(T),
    /// Whoever began has panicked.
    Lost,
}

impl<W: Send + 'static, T: Send + 'static> Offer<W, T> {
    /// Offers to do `work` on `what`. The work must not wait for other work: it may be waited for by a thread that would have
    /// to do that. It is given up with the offer if nobody has begun by then.
    pub fn new(what: W, work: impl FnOnce(W) -> T + Send + 'static) -> Self {
        let what = Arc::new(Mutex::new(Some(what)));
        let (sender, done) = sync_channel(1);
        let offered = Arc::downgrade(&what);
        rayon::spawn(move || {
            let Some(what) = offered.upgrade().and_then(|what| take(&what)) else { return };
            // A panic in here would end the process; whoever asks hears of it by the closed channel.
            let _ = catch_unwind(AssertUnwindSafe(move || sender.send(work(what))));
        });
        Self { what, done }
    }

    /// The result, or the work where nobody has begun. Waits while another thread is at it.
    #[must_use]
    pub fn outcome(self) -> Outcome<W, T> {
        match take(&self.what) {
            Some(what) => Outcome::Free(what),
            None => self.done.recv().map_or(Outcome::Lost, Outcome::Done),
        }
    }
}

fn take<W>(what: &Mutex<Option<W>>) -> Option<W> {
    what.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc::{Sender, channel},
        time::Duration,
    };

    use super::*;

    /// Runs `test` in a pool of its own, all of whose `threads` but the one it runs on have nothing to do.
    fn with_threads(threads: usize, test: impl FnOnce() + Send) {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(test);
    }

    /// An offer that another thread has begun.
    fn begun(work: impl FnOnce(u32) -> u32 + Send + 'static) -> Offer<u32, u32> {
        let (sender, begun): (Sender<()>, _) = channel();
        let offer = Offer::new(20, move |what| {
            sender.send(()).unwrap();
            work(what)
        });
        begun.recv_timeout(Duration::from_secs(60)).unwrap();
        offer
    }

    #[test]
    fn what_nobody_has_begun_goes_back_to_whoever_asks() {
        with_threads(1, || {
            let offer = Offer::new(20, |what| what + 1);
            assert_eq!(offer.outcome(), Outcome::Free(20), "the only thread asks instead of working");
        });
    }

    #[test]
    fn what_another_thread_has_begun_is_waited_for() {
        with_threads(2, || {
            let slow = |what| {
                std::thread::sleep(Duration::from_millis(50));
                what + 1
            };
            assert_eq!(begun(slow).outcome(), Outcome::Done(21));
        });
    }

    #[test]
    fn a_panic_is_told_and_ends_nothing_else() {
        with_threads(2, || {
            assert_eq!(begun(|_| panic!("on purpose")).outcome(), Outcome::Lost);
            assert_eq!(begun(|what| what * 2).outcome(), Outcome::Done(40), "the threads are all there");
        });
    }

    #[test]
    fn nothing_is_done_for_an_offer_that_is_gone() {
        let (sender, done) = channel();
        with_threads(1, || {
            drop(Offer::new(20, move |what| sender.send(what)));
            rayon::yield_now();
        });
        assert!(done.recv().is_err(), "the work was dropped undone");
    }
}
