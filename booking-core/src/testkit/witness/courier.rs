//! How the bank's messages reach the instances: late, twice, in any order, until one of them has answered.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::dice::Dice;
use super::super::lock::lock;
use super::{Finding, Rule, Slip, Witness};
use crate::service::{BookingSystem, NotificationOutcome};

/// How long an instance has to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// An instance that takes messages.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The instance.
    pub system: BookingSystem,
}

/// Carries messages to whichever instances there are. Clones are the same courier.
#[derive(Debug, Clone)]
pub struct Courier {
    witness: Arc<Witness>,
    desks: Arc<Mutex<Vec<Desk>>>,
}

impl Courier {
    /// Makes a courier without instances to go to.
    pub fn new(witness: Arc<Witness>) -> Self {
        Self { witness, desks: Arc::default() }
    }

    /// Says which instances there are.
    pub fn set_desks(&self, desks: Vec<Desk>) {
        *lock(&self.desks) = desks;
    }

    /// Carries a message until an instance has answered for it. Dice choose the instance of each attempt.
    pub async fn carry(&self, slip: &Slip, dice: &Dice) {
        let mut pause = Duration::from_secs(1);
        while !self.hand_over(slip, dice).await {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Hands a message to one instance; tells whether that answered for it.
    async fn hand_over(&self, slip: &Slip, dice: &Dice) -> bool {
        let desks = lock(&self.desks).clone();
        let Some(desk) = dice.pick(&desks) else { return false };
        let id = &slip.notification.id;
        let was_taken = {
            let mut facts = self.witness.facts();
            if slip.is_sound {
                facts.handed_over.insert((slip.notification.booking_id, slip.notification.kind));
            }
            facts.taken.contains_key(id)
        };
        let message = slip.message();
        let answer = desk.system.payments().take_notification(&message);
        let Ok(Ok(outcome)) = tokio::time::timeout(PATIENCE, answer).await else { return false };
        let mut facts = self.witness.facts();
        if was_taken && outcome != NotificationOutcome::Duplicate {
            let seen = format!("{id} came again and was answered {}", name(&outcome));
            facts.contradictions.push(Finding::new(Rule::ANotificationCountsOnce, seen));
        }
        if outcome == NotificationOutcome::NotFound {
            return false;
        }
        facts.taken.insert(id.clone(), slip.notification.booking_id);
        true
    }
}

const fn name(outcome: &NotificationOutcome) -> &'static str {
    match outcome {
        NotificationOutcome::Applied(_) => "applied",
        NotificationOutcome::Unchanged(_) => "unchanged",
        NotificationOutcome::Duplicate => "duplicate",
        NotificationOutcome::SetAside(_) => "set aside",
        NotificationOutcome::NotFound => "not found",
    }
}
