//! What a repository is told of a batch, besides what came of each request.

use super::*;

/// The books of a store in which booking 1, of two tickets, has got as far as `causes` bring it.
fn books_after(causes: &[Cause]) -> Books {
    let mut store = Store::new(5);
    store.admit_one(request(1, 2));
    for cause in causes {
        store.settle(because(1, cause.clone()));
    }
    store.books(now())
}

#[test]
fn whatever_is_to_be_written_is_something_to_write() {
    assert!(Changes::default().is_empty());

    let mut store = Store::new(5);
    let mut books = store.books(now());
    books.admit(&[request(1, 2)]).unwrap();
    let Changes { movements, new_bookings, .. } = books.close();
    store.admit_one(request(1, 2));
    let message = message(1, 2, NotificationKind::Succeeded, now());
    let notifications = vec![(message, Verdict::Unchanged)];
    for changes in [
        Changes { movements, ..Changes::default() },
        Changes { new_bookings, ..Changes::default() },
        Changes { notifications, ..Changes::default() },
        Changes { forgotten_keys: vec![booking(1)], ..Changes::default() },
    ] {
        assert!(!changes.is_empty(), "{changes:?}");
    }
}

#[test]
fn a_message_that_moves_nothing_is_to_be_written_all_the_same() {
    let mut books =
        books_after(&[Cause::Notified(message(1, 2, NotificationKind::Succeeded, now()))]);
    let failed = books.settle(&[failed(1, 2)]).unwrap();
    assert!(matches!(failed[..], [SettleOutcome::Unchanged(_)]), "{failed:?}");
    let changes = books.close();
    assert!(changes.movements.is_empty());
    assert!(!changes.is_empty());
}

#[test]
fn a_settlement_depends_on_the_stock_only_if_it_has_to_find_tickets() {
    let mut in_time = books_after(&[]);
    in_time.settle(&[paid(1, 2)]).unwrap();
    assert!(!in_time.depends_on_stock(), "the tickets are held for it");

    let mut given_up = books_after(&[Cause::CustomerCancelled]);
    given_up.settle(&[failed(1, 2)]).unwrap();
    assert!(!given_up.depends_on_stock(), "nobody wants tickets");
    given_up.settle(&[paid(1, 2)]).unwrap();
    assert!(given_up.depends_on_stock(), "with fewer tickets, the money would go back");
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
#[test]
fn a_stock_is_written_over_the_version_that_the_books_were_opened_with() {
    let mut store = Store::new(5);
    store.enter(event(2), 5, terms());
    store.admit(&[request(1, 1), request(2, 1)]);
    let opened = store.ledgers.clone();

    let mut books = store.books(now());
    let other = HoldRequest { event_id: event(2), ..request(6, 1) };
    books.admit(&[request(3, 1), other, request(4, 1), request(5, 1)]).unwrap();
    let Changes { stocks, movements, .. } = books.close();
    let written: Vec<_> = with_versions_before(&stocks, &movements)
        .map(|(id, before, stock)| (id, before, stock.version()))
        .collect();
    assert_eq!(written, [(event(1), 3, 6), (event(2), 1, 2)]);
    assert!(written.iter().all(|(id, before, _)| opened[id].stock.version() == *before));
}

#[test]
fn with_each_message_is_kept_what_came_of_it() {
    let mut books = books_after(&[]);
    let crossed =
        Notification { payment_id: payment(9), ..message(1, 2, NotificationKind::Refunded, now()) };
    books.settle(&[paid(1, 3), Settlement::notified(crossed)]).unwrap();
    let in_order =
        [failed(1, 2), Settlement::notified(again(message(1, 2, NotificationKind::Failed, now())))];
    books.settle(&in_order).unwrap();
    let kept: Vec<_> =
        books.close().notifications.iter().map(|(_, verdict)| verdict.as_str()).collect();
    assert_eq!(kept, ["amount_mismatch", "payment_mismatch", "applied", "unchanged"]);
}

/// The same message under another id.
fn again(message: Notification) -> Notification {
    Notification {
        id: ForeignId::new(format!("{}-again", message.id.as_str())).unwrap(),
        ..message
    }
}
