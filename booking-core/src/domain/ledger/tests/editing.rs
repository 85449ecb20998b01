use super::*;

fn edit(store: &Store, capacity: Option<u32>) -> Edit {
    store.ledgers[&event(1)].edit(capacity, MovementCause::Edited, after(SECOND)).unwrap()
}

/// Ten tickets, of which two are sold and three are held.
fn store() -> Store {
    let mut store = Store::new(10);
    store.admit(&[request(1, 2), request(2, 3)]);
    store.settle(paid(1, 2));
    store
}

#[test]
fn a_larger_capacity_puts_more_tickets_on_sale() {
    let Edit::Done(stock, line) = edit(&store(), Some(15)) else { panic!() };
    assert_eq!((stock.capacity(), stock.stock(), stock.held(), stock.sold()), (15, 13, 3, 2));
    assert_eq!(line.delta, StockDelta { capacity: 5, stock: 5, held: 0 });
    assert_eq!((line.version, line.at, line.booking), (stock.version(), after(SECOND), None));
}

#[test]
fn a_capacity_may_shrink_to_what_is_sold_and_held() {
    let store = store();
    let Edit::Done(stock, line) = edit(&store, Some(5)) else { panic!() };
    assert_eq!((stock.capacity(), stock.stock(), stock.available()), (5, 3, 0));
    assert_eq!(line.delta, StockDelta { capacity: -5, stock: -5, held: 0 });
    assert_eq!(edit(&store, Some(4)), Edit::CapacityTooLow { taken: 5 });
    assert_eq!(edit(&store, Some(1)), Edit::CapacityTooLow { taken: 5 });
}

#[test]
fn a_change_of_details_alone_still_counts_as_one() {
    let store = store();
    let Edit::Done(stock, line) = edit(&store, None) else { panic!() };
    assert_eq!(stock.version(), store.stock().version() + 1);
    assert_eq!(line.delta, StockDelta::default());
    assert_eq!(edit(&store, Some(10)), Edit::Done(stock, line), "the same capacity is no change");
}

#[test]
fn a_journal_begins_with_the_capacity() {
    let stock = Stock::new(Capacity::new(7).unwrap());
    let line = opening_movement(event(3), stock, now());
    assert_eq!(line.delta, StockDelta { capacity: 7, stock: 7, held: 0 });
    assert_eq!((line.event_id, line.version, line.cause), (event(3), 1, MovementCause::Created));
}

#[test]
fn every_cause_has_a_name_of_its_own() {
    let mut names: Vec<_> = Trigger::ALL.map(MovementCause::Moved).to_vec();
    names.extend([
        MovementCause::Created,
        MovementCause::Edited,
        MovementCause::Published,
        MovementCause::Cancelled,
        MovementCause::Held,
    ]);
    let distinct: BTreeSet<_> = names.iter().map(|cause| cause.as_str()).collect();
    assert_eq!(distinct.len(), names.len());
}
