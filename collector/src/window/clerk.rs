//! Does the errand on a thread of its own, so that the window always answers. One order at a time; a later order makes an
//! earlier one stop. Shows nothing.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Sender},
    },
    thread,
};

use koff_bundle::artifact::Artifact;

use super::{Chosen, Errand, Written};
use crate::{
    collect::{Look, Planned, Watch},
    error::Error,
    host::Answer,
    source::Job,
};

/// What the clerk is told to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Look around.
    Survey,
    /// Show an entry; the number comes back with it.
    Look(usize, Job),
    /// Collect and write.
    Collect(Chosen),
    /// Stop what is under way.
    Stop,
}

/// What the clerk says.
#[derive(Debug)]
pub(super) enum Report {
    /// What there is.
    Surveyed(Result<Vec<(Planned, u64)>, Error>),
    /// An entry, by the number it was asked for with.
    Looked(usize, Answer<Look>),
    /// An artifact is about to be collected; so many of so many are through.
    Begins(Artifact, usize, usize),
    /// The bundle, or why there is none.
    Ended(Result<Written, Error>),
}

/// A way to the clerk.
pub(super) struct Clerk {
    orders: Sender<(u64, Order)>,
    /// Number of the newest order.
    newest: Arc<AtomicU64>,
}

impl Clerk {
    /// Puts a clerk to work; what it says goes to `tell`, on its thread.
    pub(super) fn hire(mut errand: Box<dyn Errand>, tell: impl Fn(Report) + Send + 'static) -> io::Result<Self> {
        let (orders, inbox) = mpsc::channel::<(u64, Order)>();
        let newest = Arc::new(AtomicU64::new(0));
        let latest = Arc::clone(&newest);
        thread::Builder::new().name("clerk".to_owned()).spawn(move || {
            while let Ok((number, order)) = inbox.recv() {
                let mut ear = Ear { number, newest: &latest, tell: &tell };
                if ear.cancelled() && !matches!(order, Order::Survey) {
                    continue;
                }
                match order {
                    Order::Survey => tell(Report::Surveyed(errand.survey())),
                    Order::Look(place, job) => {
                        let look = errand.look(&job, &ear);
                        if !ear.cancelled() {
                            tell(Report::Looked(place, look));
                        }
                    }
                    Order::Collect(chosen) => {
                        let end = errand.collect(chosen, &mut ear);
                        tell(Report::Ended(end));
                    }
                    Order::Stop => {}
                }
            }
        })?;
        Ok(Self { orders, newest })
    }

    /// Hands over an order.
    pub(super) fn order(&self, order: Order) {
        let number = self.newest.fetch_add(1, Ordering::SeqCst) + 1;
        // A clerk that is gone has said why before.
        let _ = self.orders.send((number, order));
    }
}

/// Watches one order.
struct Ear<'a, T: Fn(Report)> {
    number: u64,
    newest: &'a AtomicU64,
    tell: &'a T,
}

impl<T: Fn(Report)> Watch for Ear<'_, T> {
    fn begins(&mut self, artifact: Artifact, done: usize, total: usize) {
        (self.tell)(Report::Begins(artifact, done, total));
    }

    fn cancelled(&self) -> bool {
        self.newest.load(Ordering::SeqCst) != self.number
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc::Receiver, time::Duration};

    use koff_bundle::acquisition::{Acquisition, State};

    use super::*;
    use crate::error::Result;

    /// Waits until it is told to stop.
    struct Slow;

    impl Errand for Slow {
        fn survey(&mut self) -> Result<Vec<(Planned, u64)>> {
            Ok(Vec::new())
        }

        fn look(&self, job: &Job, watch: &dyn Watch) -> Answer<Look> {
            while !watch.cancelled() && job.name == "slow" {
                thread::sleep(Duration::from_millis(5));
            }
            Err(Acquisition::ended(State::Absent, job.name.clone()))
        }

        fn collect(&mut self, _: Chosen, watch: &mut dyn Watch) -> Result<Written> {
            watch.begins(Artifact::Users, 0, 1);
            while !watch.cancelled() {
                thread::sleep(Duration::from_millis(5));
            }
            Err(Error::Cancelled)
        }
    }

    fn hired() -> (Clerk, Receiver<Report>) {
        let (send, receive) = mpsc::channel();
        (Clerk::hire(Box::new(Slow), move |report| drop(send.send(report))).unwrap(), receive)
    }

    fn next(receive: &Receiver<Report>) -> Report {
        receive.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn job(name: &str) -> Job {
        let want = crate::source::Want::Nothing(Acquisition::complete());
        let (name, origin) = (name.to_owned(), String::new());
        Job { name, artifact: Artifact::Users, user: None, origin, method: "file", want }
    }

    #[test]
    fn cancel_ends_a_collection_and_the_clerk_works_on() {
        let (clerk, said) = hired();
        clerk.order(Order::Collect(Chosen::default()));
        assert!(matches!(next(&said), Report::Begins(Artifact::Users, 0, 1)));
        clerk.order(Order::Stop);
        assert!(matches!(next(&said), Report::Ended(Err(Error::Cancelled))));
        clerk.order(Order::Survey);
        assert!(matches!(next(&said), Report::Surveyed(Ok(_))));
    }

    #[test]
    fn who_looks_at_another_entry_does_not_wait_for_the_first() {
        let (clerk, said) = hired();
        clerk.order(Order::Look(1, job("slow")));
        clerk.order(Order::Look(2, job("quick")));
        assert!(matches!(next(&said), Report::Looked(2, Err(_))));
    }
}
