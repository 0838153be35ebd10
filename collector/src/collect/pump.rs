//! A file read on a thread of its own while it is redacted and written: two blocks are in flight, never the file. A host
//! that does not answer costs its own patience only, and keeps what came before. Decides nothing about the content.

use std::{
    io::{self, Read},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use koff_bundle::acquisition::{Acquisition, State};

use crate::{
    host::Answer,
    source::file::{Ending, Stream},
};

/// Blocks that wait to be taken.
const WAITING: usize = 1;

/// How often somebody who waits for the first block is asked whether it is still wanted.
const ASK: Duration = Duration::from_millis(100);

enum Piece {
    Block(Vec<u8>),
    End(Ending),
}

/// How the flow of a file ended, for whoever writes the manifest: complete or truncated, and bytes read.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome(Arc<Mutex<(Option<Acquisition>, u64)>>);

impl Outcome {
    /// What is known now; everything once the flow was read to its end.
    pub(super) fn get(&self) -> (Acquisition, u64) {
        let (end, read) = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (end.unwrap_or_else(Acquisition::complete), read)
    }
}

/// The bytes of a file as they come.
pub(super) struct Pump {
    receive: Receiver<Piece>,
    /// How long the host may still take, the writer's own time left out.
    patience: Duration,
    /// When the whole run must end.
    until: Instant,
    now: io::Cursor<Vec<u8>>,
    ended: bool,
    outcome: Outcome,
}

impl Pump {
    /// Begins to read, and waits for the first block.
    ///
    /// # Errors
    /// Where not one byte came.
    pub(super) fn start(
        stream: Stream,
        patience: Duration,
        left: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Answer<(Self, Outcome)> {
        let (send, receive) = mpsc::sync_channel(WAITING);
        let started = thread::Builder::new().name("file".to_owned()).spawn(move || {
            let ending = stream.give(&mut |block| send.send(Piece::Block(block)).is_ok());
            // Nobody listens any more where the run gave up.
            let _ = send.send(Piece::End(ending));
        });
        if let Err(error) = started {
            return Err(Acquisition::ended(State::Failed, format!("no thread for this file: {error}")));
        }
        let now = Instant::now();
        let until = now.checked_add(left).unwrap_or(now);
        let outcome = Outcome::default();
        let mut pump =
            Self { receive, patience, until, now: io::Cursor::default(), ended: false, outcome: outcome.clone() };
        match pump.next(cancelled) {
            Some(end) if end.state != State::Complete && pump.count() == 0 => Err(end),
            end => {
                pump.settle(end);
                Ok((pump, outcome))
            }
        }
    }

    fn count(&self) -> u64 {
        self.outcome.get().1
    }

    /// Takes the next block, or says how it ended.
    fn next(&mut self, cancelled: &dyn Fn() -> bool) -> Option<Acquisition> {
        let begun = Instant::now();
        let left = self.until.saturating_duration_since(begun);
        let limit = left.min(self.patience);
        let piece = loop {
            let rest = limit.saturating_sub(begun.elapsed());
            match self.receive.recv_timeout(rest.min(ASK)) {
                Err(RecvTimeoutError::Timeout) if cancelled() => {
                    return Some(Acquisition::ended(State::Skipped, "stopped by the user"));
                }
                Err(RecvTimeoutError::Timeout) if rest > ASK => {}
                piece => break piece,
            }
        };
        self.patience = self.patience.saturating_sub(begun.elapsed());
        match piece {
            Ok(Piece::Block(block)) => {
                let mut outcome = self.outcome.0.lock().unwrap_or_else(PoisonError::into_inner);
                outcome.1 = outcome.1.saturating_add(block.len() as u64);
                self.now = io::Cursor::new(block);
                None
            }
            Ok(Piece::End(ending)) => Some(match ending {
                Ending::Read(None) => Acquisition::complete(),
                Ending::Read(Some(why)) => Acquisition::ended(State::Truncated, why),
                Ending::Broken(0, end) => end,
                Ending::Broken(at, end) => {
                    let reason = format!("reading failed at byte {at}: {}", end.reason);
                    Acquisition { reason, state: State::Truncated, ..end }
                }
                Ending::Unwanted => Acquisition::ended(State::Failed, "the run ended first"),
            }),
            Err(RecvTimeoutError::Timeout) => {
                let why = if left.is_zero() { "the run's deadline came first" } else { "no answer in time" };
                let state = if self.count() == 0 { State::TimedOut } else { State::Truncated };
                Some(Acquisition::ended(state, format!("{why}, after {} bytes", self.count())))
            }
            Err(RecvTimeoutError::Disconnected) => {
                let state = if self.count() == 0 { State::Failed } else { State::Truncated };
                Some(Acquisition::ended(state, "the source broke off without an answer"))
            }
        }
    }

    fn settle(&mut self, end: Option<Acquisition>) {
        if let Some(end) = end {
            self.ended = true;
            self.outcome.0.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(end);
        }
    }
}

impl Read for Pump {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.now.read(buffer)?;
            if count > 0 || buffer.is_empty() || self.ended {
                return Ok(count);
            }
            let end = self.next(&|| false);
            self.settle(end);
        }
    }
}
