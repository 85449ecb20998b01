use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// What can happen, in a world of few bookings and keys, so that commands collide.
#[derive(Debug, Clone)]
enum Command {
    Admit(Vec<Wish>),
    Settle(Vec<Push>),
    Wait { minutes: u64 },
    Resize { event: u8, capacity: u32 },
    CallOff { event: u8 },
}

#[derive(Debug, Clone)]
struct Wish {
    id: u8,
    event: u8,
    tickets: u32,
    key: Option<u8>,
}

#[derive(Debug, Clone)]
struct Push {
    id: u8,
    cause: u8,
    /// Tells notifications of one kind apart.
    copy: u8,
    is_amount_right: bool,
    /// How long ago the money was paid.
    paid_minutes_ago: u64,
}

const IDS: u8 = 8;

fn wish() -> impl Strategy<Value = Wish> {
    (0..IDS, 1_u8..=3, 1_u32..=5, proptest::option::of(0_u8..3))
        .prop_map(|(id, event, tickets, key)| Wish { id, event, tickets, key })
}

fn push() -> impl Strategy<Value = Push> {
    (0..IDS, 0_u8..10, 0_u8..3, prop::bool::weighted(0.9), 0_u64..40).prop_map(
        |(id, cause, copy, is_amount_right, paid_minutes_ago)| Push {
            id,
            cause,
            copy,
            is_amount_right,
            paid_minutes_ago,
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => vec(wish(), 1..6).prop_map(Command::Admit),
        6 => vec(push(), 1..6).prop_map(Command::Settle),
        3 => (1_u64..20).prop_map(|minutes| Command::Wait { minutes }),
        1 => (1_u8..=2, 1_u32..12).prop_map(|(event, capacity)| Command::Resize { event, capacity }),
        1 => (1_u8..=2).prop_map(|event| Command::CallOff { event }),
    ]
}

fn to_request(wish: &Wish, now: Timestamp) -> HoldRequest {
    let request = HoldRequest {
        event_id: event(u128::from(wish.event)),
        expires_at: now.saturating_add(HOLD),
        ..request(u128::from(wish.id), wish.tickets)
    };
    match wish.key {
        None => request,
        Some(key) => keyed(request, &key.to_string(), &[wish.event, wish.id % 2]),
    }
}

fn to_settlement(push: &Push, store: &Store, now: Timestamp) -> Settlement {
    let id = u128::from(push.id);
    let tickets = store.bookings.get(&booking(id)).map_or(1, |b| i64::from(b.quantity.get()));
    let told = |kind: NotificationKind| {
        let ago = Duration::from_mins(push.paid_minutes_ago);
        let mut message = message(id, tickets, kind, now.saturating_sub(ago));
        message.id = ForeignId::new(format!("{}/{}", message.id, push.copy)).unwrap();
        message.amount_minor += i64::from(!push.is_amount_right);
        Settlement::notified(message)
    };
    match push.cause {
        0 | 1 => told(NotificationKind::Succeeded),
        2 => told(NotificationKind::Failed),
        3 => told(NotificationKind::Refunded),
        4 => because(id, Cause::CustomerCancelled),
        5 => because(id, Cause::HoldExpired),
        6 => because(id, Cause::LinkFailed),
        7 => because(id, Cause::EventCancelled),
        8 => because(id, Cause::RefundRequested),
        _ => because(id, Cause::RefundCompleted),
    }
}

impl Store {
    fn edit(&mut self, number: u8, capacity: Option<u32>, cause: MovementCause, now: Timestamp) {
        let ledger = self.ledgers.get_mut(&event(u128::from(number))).unwrap();
        if let Edit::Done(stock, line) = ledger.edit(capacity, cause, now).unwrap() {
            ledger.stock = stock;
            self.journal.push(line);
        }
    }
}

fn tickets_of(store: &Store, event_id: EventId, status: BookingStatus) -> u32 {
    let bookings = store.bookings.values();
    bookings
        .filter(|b| b.event_id == event_id && b.status == status)
        .map(|b| b.quantity.get())
        .sum()
}

/// No outcome but these may have changed anything, except that overdue holds were released for it.
fn may_change(outcome: &HoldOutcome) -> bool {
    matches!(outcome, HoldOutcome::Held(_) | HoldOutcome::SoldOut(_))
}

fn play(store: &mut Store, now: &mut Timestamp, command: &Command) -> Result<(), TestCaseError> {
    let lines = store.journal.len();
    match command {
        Command::Admit(wishes) => {
            let requests: Vec<_> = wishes.iter().map(|wish| to_request(wish, *now)).collect();
            let outcomes = store.admit_at(*now, &requests);
            prop_assert_eq!(outcomes.len(), requests.len());
            if !outcomes.iter().any(may_change) {
                prop_assert_eq!(store.journal.len(), lines);
            }
            for (request, outcome) in requests.iter().zip(&outcomes) {
                if let HoldOutcome::SoldOut(sold_out) = outcome {
                    prop_assert!(sold_out.available < request.quantity.get());
                    let all = Shortage { event_id: request.event_id, holds: u32::MAX };
                    let left = store.overdue(all, *now);
                    prop_assert!(left.is_empty(), "nobody is refused while holds are overdue");
                }
            }
            // What was admitted is answered the same again, and changes nothing.
            let before = store.journal.len();
            let again = store.admit_at(*now, &requests);
            for (first, second) in outcomes.iter().zip(&again) {
                if let HoldOutcome::Held(first) = first {
                    let same = matches!(second, HoldOutcome::Held(b) if b.id == first.id);
                    prop_assert!(same);
                }
            }
            prop_assert_eq!(store.journal.len(), before);
        }
        Command::Settle(pushes) => {
            let batch: Vec<_> = pushes.iter().map(|p| to_settlement(p, store, *now)).collect();
            let outcomes = store.settle_at(*now, &batch);
            prop_assert_eq!(outcomes.len(), batch.len());
            if !outcomes.iter().any(|outcome| matches!(outcome, SettleOutcome::Moved { .. })) {
                prop_assert_eq!(store.journal.len(), lines);
            }
        }
        Command::Wait { minutes } => *now = now.saturating_add(Duration::from_mins(*minutes)),
        Command::Resize { event, capacity } => {
            store.edit(*event, Some(*capacity), MovementCause::Edited, *now);
        }
        Command::CallOff { event: number } => {
            let ledger = store.ledgers.get_mut(&event(u128::from(*number))).unwrap();
            ledger.terms.status = EventStatus::Cancelled;
            store.edit(*number, None, MovementCause::Cancelled, *now);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// No sequence of commands creates or loses a ticket, and the audit finds nothing.
    #[test]
    fn tickets_are_conserved(
        capacities in (1_u32..12, 1_u32..12),
        commands in vec(command(), 0..60),
    ) {
        let mut store = Store::new(capacities.0);
        store.enter(event(2), capacities.1, terms());
        let mut now = now();
        for command in &commands {
            play(&mut store, &mut now, command)?;
            for ledger in store.ledgers.values() {
                let id = ledger.event_id;
                let held = tickets_of(&store, id, BookingStatus::Pending);
                let sold = tickets_of(&store, id, BookingStatus::Confirmed);
                prop_assert_eq!((ledger.stock.held(), ledger.stock.sold()), (held, sold));
            }
            prop_assert_eq!(store.audit(), []);
        }
    }

    /// A batch decides exactly what its requests would decide one by one.
    #[test]
    fn a_batch_is_its_requests_one_by_one(
        capacity in 1_u32..12,
        wishes in vec(wish(), 0..20),
    ) {
        let mut together = Store::new(capacity);
        together.enter(event(2), 3, terms());
        let mut alone = together.clone();
        let requests: Vec<_> = wishes.iter().map(|wish| to_request(wish, now())).collect();
        let outcomes = together.admit(&requests);
        for (request, outcome) in requests.into_iter().zip(outcomes) {
            prop_assert_eq!(alone.admit_one(request), outcome);
        }
        prop_assert_eq!(&alone.journal, &together.journal);
        prop_assert_eq!(&alone.bookings, &together.bookings);
    }
}
