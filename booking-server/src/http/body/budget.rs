//! How much memory all bodies together may take.

use bytes::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::http::problem::{Problem, ProblemType};

/// What a body takes at least, so that small ones need not ask again and again.
const FIRST_BYTES: usize = 1024;

/// Memory for bodies. What a body declares counts for nothing; what has arrived of it does.
#[derive(Debug)]
pub struct BodyBudget(Semaphore);

impl BodyBudget {
    /// Makes a budget of so many bytes.
    pub const fn new(bytes: usize) -> Self {
        let bytes = if bytes < Semaphore::MAX_PERMITS { bytes } else { Semaphore::MAX_PERMITS };
        Self(Semaphore::const_new(bytes))
    }

    /// Begins a body that will not be longer than `max_bytes`.
    pub(super) const fn begin(&self, max_bytes: usize) -> ReadBody<'_> {
        ReadBody { budget: &self.0, claim: None, content: Vec::new(), max_bytes }
    }
}

/// A body in memory that its budget counts for as long as this lives.
#[derive(Debug)]
pub struct ReadBody<'b> {
    budget: &'b Semaphore,
    claim: Option<SemaphorePermit<'b>>,
    content: Vec<u8>,
    max_bytes: usize,
}

impl<'b> ReadBody<'b> {
    /// Returns how much has arrived.
    pub(super) const fn len(&self) -> usize {
        self.content.len()
    }

    /// Appends what has arrived.
    ///
    /// # Errors
    /// - `overloaded` if the budget is used up.
    pub(super) fn push(&mut self, part: &[u8]) -> Result<(), Problem> {
        let length = self.content.len() + part.len();
        if length > self.content.capacity() {
            let capacity = length.next_power_of_two().max(FIRST_BYTES).min(self.max_bytes);
            let more = self.claim_more(capacity - self.content.capacity())?;
            match &mut self.claim {
                Some(claim) => claim.merge(more),
                none => *none = Some(more),
            }
            self.content.reserve_exact(capacity - self.content.len());
        }
        self.content.extend_from_slice(part);
        Ok(())
    }

    fn claim_more(&self, bytes: usize) -> Result<SemaphorePermit<'b>, Problem> {
        let bytes = u32::try_from(bytes).map_err(|_| ProblemType::PayloadTooLarge)?;
        self.budget.try_acquire_many(bytes).map_err(|_| ProblemType::Overloaded.into())
    }

    /// Returns the content, and what keeps its memory counted until it is dropped.
    pub fn into_parts(self) -> (Bytes, BodyClaim<'b>) {
        (self.content.into(), BodyClaim { _permit: self.claim })
    }
}

/// Keeps the memory of a body counted.
#[derive(Debug)]
pub struct BodyClaim<'b> {
    _permit: Option<SemaphorePermit<'b>>,
}
