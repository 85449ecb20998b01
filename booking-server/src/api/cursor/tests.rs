use booking_core::domain::search::{Near, SearchFilter, SearchText, Sort};
use booking_core::domain::venue::GeoPoint;

use super::*;

fn search(change: impl FnOnce(&mut SearchQuery)) -> ListKey {
    let mut query =
        SearchQuery { filter: SearchFilter::all(), sort: Sort::StartsAt, after: None, limit: 20 };
    change(&mut query);
    ListKey::of_search(&query)
}

fn positions() -> Vec<SearchPosition> {
    let instant = |micros| Timestamp::from_micros(micros).unwrap();
    let kwd = Currency::new("KWD").unwrap();
    let ranks = [
        Rank::StartsAt(instant(-1)),
        Rank::StartsAt(Timestamp::MAX),
        Rank::Relevance { distance: u32::MAX, starts_at: Timestamp::MIN },
        Rank::Distance(Chord::over(1.25)),
        Rank::Distance(Chord::UNKNOWN),
        Rank::Price { currency: kwd, amount_minor: 1_250 },
    ];
    let id = EventId::new(Uuid::from_u128(u128::MAX / 3));
    let position =
        |rank| [false, true].map(|is_forgiving| SearchPosition { rank, id, is_forgiving });
    ranks.into_iter().flat_map(position).collect()
}

#[test]
fn every_position_is_read_back() {
    let list = search(|_| ());
    for position in positions() {
        let cursor = seal_search(list, &position);
        assert_eq!(open_search(list, &cursor), Ok(position));
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    }
    let list = ListKey::of_bookings(EventId::new(Uuid::nil()));
    let id = BookingId::new(Uuid::from_u128(7));
    assert_eq!(open_booking(list, &seal_booking(list, id)), Ok(id));
}

#[test]
fn a_cursor_is_bound_to_every_filter_and_the_order_but_not_to_the_limit() {
    let mine = search(|_| ());
    let point = GeoPoint::new(47.0, 8.0).unwrap();
    let near = |radius_km| Some(Near::new(point, radius_km).unwrap());
    let instant = Timestamp::from_micros(5).unwrap();
    let money = |amount, code| {
        let currency = Currency::new(code).unwrap();
        Some(booking_core::domain::money::Money::new(amount, currency).unwrap())
    };
    let others = [
        search(|query| query.sort = Sort::Price),
        search(|query| query.filter.text = SearchText::new("x").unwrap()),
        search(|query| query.filter.category = Some("x".to_owned())),
        search(|query| query.filter.tag = Some("x".to_owned())),
        search(|query| query.filter.city = Some("x".to_owned())),
        search(|query| {
            query.filter.country = booking_core::domain::country::Country::new("CH").ok();
        }),
        search(|query| query.filter.starts_from = Some(instant)),
        search(|query| query.filter.starts_before = Some(instant)),
        search(|query| query.filter.near = near(1.0)),
        search(|query| query.filter.near = near(2.0)),
        search(|query| query.filter.price_max = money(5, "EUR")),
        search(|query| query.filter.price_max = money(5, "USD")),
        search(|query| query.filter.available = Some(0)),
        search(|query| query.filter.include_past = true),
        ListKey::of_bookings(EventId::new(Uuid::nil())),
    ];
    let cursor = seal_search(mine, &positions()[0]);
    for (index, other) in others.iter().enumerate() {
        assert!(open_search(*other, &cursor).is_err(), "{index}");
        assert!(others[..index].iter().all(|earlier| earlier != other), "{index}");
    }
    let longer = search(|query| query.limit = 5);
    assert!(open_search(longer, &cursor).is_ok());
}

#[test]
fn a_cursor_that_was_changed_is_refused_wherever_it_was_changed() {
    let list = search(|_| ());
    for position in positions() {
        let cursor = seal_search(list, &position);
        let bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(changed);
            let problem = open_search(list, &changed).unwrap_err();
            assert_eq!(problem.kind(), ProblemType::InvalidCursor);
        }
        for length in 0..cursor.len() {
            assert!(open_search(list, &cursor[..length]).is_err());
        }
    }
}

/// Somebody may seal what we never would.
#[test]
fn a_sealed_position_that_makes_no_sense_is_refused() {
    let list = search(|_| ());
    let id = [7; 16];
    let seal = |rank: &[u8]| list.seal(&[rank, &id, &[0]].concat());
    let good = [3, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0];
    assert!(open_search(list, &seal(&good)).is_ok());
    assert!(open_search(list, &list.seal(&[&good[..], &id, &[2]].concat())).is_err());
    assert!(open_search(list, &list.seal(&[&good[..], &id].concat())).is_err());
    for rank in [
        &[][..],
        &[0],
        &[9, 0, 0, 0, 0, 0, 0, 0, 0],
        &[1, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[1, 0, 0, 0],
        &[2, 0, 0],
        &[3, 0, 0, 0, 0, 0, 0, 0],
        &[4, b'X', b'X', b'X', 0, 0, 0, 0, 0, 0, 0, 0],
        &[4, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0],
        &[4, b'E'],
    ] {
        assert!(open_search(list, &seal(rank)).is_err(), "{rank:?}");
    }
    assert!(open_booking(list, &list.seal(&[1; 15])).is_err());
}
