use BookingStatus as S;
use Trigger as T;
use proptest::prelude::*;

use super::*;

const fn go(to: S, stock: i8, held: i8) -> Step {
    Step::Go(Move { to, stock, held })
}

/// The whole table again, written down cell by cell and not derived from the code.
#[rustfmt::skip]
const EXPECTED: [(S, [Step; 8]); 7] = {
    const STAY: Step = Step::Stay;
    const NO: Step = Step::Refuse;
    const LATE: Step = Step::IfAvailable(
        Move { to: S::Confirmed, stock: -1, held: 0 },
        Move { to: S::RefundDue, stock: 0, held: 0 },
    );
    const BACK: Step = go(S::Refunded, 0, 0);
    [
        (S::Pending, [
            go(S::Confirmed, -1, -1), go(S::PaymentFailed, 0, -1), go(S::Cancelled, 0, -1), go(S::Expired, 0, -1),
            go(S::PaymentFailed, 0, -1), go(S::Cancelled, 0, -1), NO, go(S::Refunded, 0, -1),
        ]),
        (S::Confirmed, [
            STAY, STAY, NO, STAY, STAY, go(S::RefundDue, 1, 0), go(S::RefundDue, 1, 0), go(S::Refunded, 1, 0),
        ]),
        (S::PaymentFailed, [LATE, STAY, STAY, STAY, STAY, STAY, NO, BACK]),
        (S::Cancelled, [LATE, STAY, STAY, STAY, STAY, STAY, NO, BACK]),
        (S::Expired, [LATE, STAY, STAY, STAY, STAY, STAY, NO, BACK]),
        (S::RefundDue, [STAY, STAY, NO, STAY, STAY, STAY, STAY, BACK]),
        (S::Refunded, [STAY, STAY, NO, STAY, STAY, STAY, STAY, STAY]),
    ]
};

#[test]
fn every_cell_says_what_the_rules_say() {
    let statuses: Vec<S> = EXPECTED.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, S::ALL);
    for (status, row) in EXPECTED {
        for (trigger, expected) in T::ALL.into_iter().zip(row) {
            assert_eq!(step(status, trigger), expected, "{status:?} on {trigger:?}");
        }
    }
}

/// What a booking in a status has taken from `stock` and `held`, for each ticket.
const fn taken(status: S) -> (i8, i8) {
    match status {
        S::Pending => (0, 1),
        S::Confirmed => (-1, 0),
        S::PaymentFailed | S::Cancelled | S::Expired | S::RefundDue | S::Refunded => (0, 0),
    }
}

#[test]
fn every_move_changes_the_stock_by_the_difference_of_what_the_statuses_take() {
    for status in S::ALL {
        for trigger in T::ALL {
            let moves = match step(status, trigger) {
                Step::Go(only) => vec![only],
                Step::IfAvailable(yes, no) => vec![yes, no],
                Step::Stay | Step::Refuse => vec![],
            };
            for there in moves {
                let (stock, held) =
                    (taken(there.to).0 - taken(status).0, taken(there.to).1 - taken(status).1);
                assert_eq!((there.stock, there.held), (stock, held), "{status:?} on {trigger:?}");
                assert_ne!(there.to, status);
            }
        }
    }
}

fn play(triggers: &[T], available: bool) -> S {
    triggers.iter().fold(S::Pending, |status, trigger| match step(status, *trigger) {
        Step::Go(there) => there.to,
        Step::IfAvailable(yes, no) => {
            if available {
                yes.to
            } else {
                no.to
            }
        }
        Step::Stay | Step::Refuse => status,
    })
}

proptest! {
    /// The gateway may repeat and reorder what it says of a payment as it likes.
    #[test]
    fn payment_messages_end_the_same_in_any_order(
        mut messages in prop::collection::vec(
            prop_oneof![Just(T::PaymentSucceeded), Just(T::PaymentFailed), Just(T::Refunded)], 1..6),
        seed in any::<u64>(),
    ) {
        let first = play(&messages, true);
        // A shuffle that needs no generator: rotate and swap by the bits of the seed.
        for bit in 0..64 {
            let length = messages.len();
            if seed >> bit & 1 == 1 { messages.swap(bit % length, (bit * 7 + 3) % length); }
        }
        prop_assert_eq!(play(&messages, true), first);
        messages.extend_from_within(..);
        prop_assert_eq!(play(&messages, true), first);
    }
}
