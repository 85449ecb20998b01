use uuid::Uuid;

use super::*;

fn event() -> EventRecord {
    EventRecord {
        event_id: EventId::new(Uuid::from_u128(1)),
        capacity: 10,
        stock: 8,
        held: 3,
        version: 5,
        movements: 5,
        last_version: 5,
        moved_capacity: 10,
        moved_stock: 8,
        moved_held: 3,
        pending_tickets: 3,
        confirmed_tickets: 2,
        orphans: 0,
        has_details: true,
    }
}

fn line(cause: &str, status: &str, stock: i64, held: i64) -> HistoryRecord {
    HistoryRecord { cause: cause.to_owned(), status: status.to_owned(), stock, held }
}

fn held() -> HistoryRecord {
    line("held", "pending", 0, 2)
}

fn sold() -> HistoryRecord {
    line("payment_succeeded", "confirmed", -2, -2)
}

/// Two tickets that were held and paid.
fn booking() -> BookingRecord {
    BookingRecord {
        booking_id: BookingId::new(Uuid::from_u128(7)),
        event_id: EventId::new(Uuid::from_u128(1)),
        quantity: 2,
        unit_price: 4_500,
        total: 9_000,
        status: "confirmed".to_owned(),
        history: vec![held(), sold()],
        has_event: true,
        is_paid: true,
        is_paid_back: false,
    }
}

fn findings(discrepancies: Vec<Discrepancy>) -> Vec<String> {
    discrepancies.into_iter().map(|discrepancy| discrepancy.finding).collect()
}

/// Asserts that a record is found wrong, by each of these words and nothing else.
fn assert_found(discrepancies: Vec<Discrepancy>, words: &[&str]) {
    let findings = findings(discrepancies);
    assert_eq!(findings.len(), words.len(), "{findings:?}");
    for (finding, word) in findings.iter().zip(words) {
        assert!(finding.contains(word), "{finding:?} does not speak of {word:?}");
    }
}

#[test]
fn good_books_are_not_complained_about() {
    assert_eq!(event().check(), []);
    assert_eq!(booking().check(), []);
}

#[test]
fn every_figure_of_an_event_is_compared() {
    let e = event;
    let cases: [(EventRecord, &[&str]); 13] = [
        (EventRecord { capacity: 11, ..e() }, &["capacity is 11", "capacity less stock is 3"]),
        (EventRecord { stock: 9, ..e() }, &["stock is 9", "capacity less stock is 1"]),
        (EventRecord { held: 2, ..e() }, &["held is 2", "pending bookings"]),
        (EventRecord { version: 6, ..e() }, &["the journal's last 5", "number of lines"]),
        (EventRecord { movements: 4, ..e() }, &["the number of lines in the journal, 4"]),
        (EventRecord { last_version: 4, ..e() }, &["the journal's last 4"]),
        (EventRecord { moved_capacity: 9, ..e() }, &["capacity is 10, the journal's 9"]),
        (EventRecord { moved_stock: 7, ..e() }, &["stock is 8, the journal's 7"]),
        (EventRecord { moved_held: 4, ..e() }, &["held is 3, the journal's 4"]),
        (EventRecord { pending_tickets: 5, ..e() }, &["pending bookings, 5"]),
        (EventRecord { confirmed_tickets: 0, ..e() }, &["confirmed bookings, 0"]),
        (EventRecord { has_details: false, ..e() }, &["the event itself is missing"]),
        (EventRecord { orphans: 1, ..e() }, &["lines about missing bookings is 1"]),
    ];
    for (record, words) in cases {
        assert_found(record.check(), words);
    }
}

#[test]
fn an_oversold_event_is_found_even_if_all_sums_agree() {
    let oversold = EventRecord {
        stock: -1,
        held: 0,
        moved_stock: -1,
        moved_held: 0,
        pending_tickets: 0,
        confirmed_tickets: 11,
        ..event()
    };
    assert_found(oversold.check(), &["0 <= held <= stock <= capacity does not hold"]);
    let held_too_much = EventRecord { stock: 2, moved_stock: 2, confirmed_tickets: 8, ..event() };
    assert_found(held_too_much.check(), &["does not hold for 3, 2, 10"]);
}

#[test]
fn figures_at_the_edge_of_the_range_do_not_overflow() {
    let wild = EventRecord { capacity: i64::MIN, stock: i64::MAX, ..event() };
    assert!(!wild.check().is_empty());
    let wild = BookingRecord { quantity: i64::MAX, unit_price: i64::MAX, ..booking() };
    assert!(!wild.check().is_empty());
}

#[test]
fn totals_are_recomputed() {
    assert_found(BookingRecord { total: 8_999, ..booking() }.check(), &["not 2 times 4500"]);
    assert_found(BookingRecord { unit_price: 1, ..booking() }.check(), &["not 2 times 1"]);
}

#[test]
fn a_status_must_exist_and_be_the_journals() {
    assert_found(
        BookingRecord { status: "lost".to_owned(), ..booking() }.check(),
        &["status is none that exists"],
    );
    assert_found(
        BookingRecord { status: "refund_due".to_owned(), ..booking() }.check(),
        &["status is refund_due, the journal's confirmed"],
    );
}

#[test]
fn a_history_must_begin_with_the_hold() {
    let none = BookingRecord { history: vec![], ..booking() };
    assert_found(none.check(), &["the journal knows nothing of it"]);
    let cut_off = BookingRecord { history: vec![sold()], ..booking() };
    assert_found(cut_off.check(), &["does not begin with its hold"]);
    let too_small = line("held", "pending", 0, 1);
    let other = BookingRecord { history: vec![too_small, sold()], ..booking() };
    assert_found(other.check(), &["does not begin with its hold"]);
}

#[test]
fn every_line_must_follow_from_the_rules() {
    let illegal = [
        line("payment_failed", "confirmed", -2, -2),
        line("payment_succeeded", "confirmed", -1, -2),
        line("payment_succeeded", "confirmed", -2, 0),
        line("abracadabra", "confirmed", -2, -2),
    ];
    for wrong in illegal {
        let record = BookingRecord { history: vec![held(), wrong], ..booking() };
        assert_found(record.check(), &["which the rules do not allow"]);
    }
    let twice = BookingRecord { history: vec![held(), sold(), sold()], ..booking() };
    assert_found(twice.check(), &["from confirmed to confirmed"]);
    let late = BookingRecord {
        history: vec![
            held(),
            line("hold_expired", "expired", 0, -2),
            line("payment_succeeded", "confirmed", -2, 0),
        ],
        ..booking()
    };
    assert_eq!(late.check(), [], "a late success may take tickets or not");
}

#[test]
fn no_ticket_is_given_away_and_no_money_is_kept_for_nothing() {
    let lost = BookingRecord { has_event: false, ..booking() };
    assert_found(lost.check(), &["its event is missing"]);
    let unpaid = BookingRecord { is_paid: false, ..booking() };
    assert_found(unpaid.check(), &["is confirmed, but no payment is recorded"]);
    let free = BookingRecord { unit_price: 0, total: 0, ..unpaid };
    assert_eq!(free.check(), []);
    let paid_back = BookingRecord { is_paid_back: true, ..booking() };
    assert_found(paid_back.check(), &["is confirmed, but a refund is recorded"]);
    for (cause, status) in [
        ("hold_expired", "expired"),
        ("customer_cancelled", "cancelled"),
        ("payment_failed", "payment_failed"),
    ] {
        let kept = BookingRecord {
            status: status.to_owned(),
            history: vec![held(), line(cause, status, 0, -2)],
            ..booking()
        };
        assert_found(kept.check(), &["but a payment is recorded"]);
    }
    let waiting =
        BookingRecord { status: "pending".to_owned(), history: vec![held()], ..booking() };
    assert_found(waiting.check(), &["is pending, but a payment is recorded"]);
}

#[test]
fn money_that_is_due_back_must_have_been_paid_and_not_be_back_yet() {
    let due = BookingRecord {
        status: "refund_due".to_owned(),
        history: vec![held(), sold(), line("refund_requested", "refund_due", 2, 0)],
        ..booking()
    };
    assert_eq!(due.check(), []);
    let unpaid = BookingRecord { is_paid: false, ..due.clone() };
    assert_found(unpaid.check(), &["is refund_due, but no payment is recorded"]);
    let back = BookingRecord { is_paid_back: true, ..due };
    assert_found(back.check(), &["is refund_due, but a refund is recorded"]);
}

#[test]
fn findings_name_what_they_are_about() {
    let wrong = BookingRecord { total: 1, ..booking() }.check().remove(0).to_string();
    assert_eq!(
        wrong,
        "event 00000000-0000-0000-0000-000000000001, \
         booking 00000000-0000-0000-0000-000000000007: total is 1, not 2 times 4500"
    );
}
