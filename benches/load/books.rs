//! Whether everything is as it was answered.

use std::collections::HashMap;
use std::time::Duration;

use booking_benches::load::{Connection, get};
use booking_benches::stage::stock;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::sleep;
use uuid::Uuid;

use crate::Target;
use crate::door_list::DoorList;

/// So many bookings are looked up one by one where there is no list of all of them.
const LOOKED_UP: usize = 1_000;

/// So often the list and the counts are read, if something changes between them.
const READINGS: usize = 20;

/// What a server said that it had done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Done {
    /// The tickets are held.
    Booked,
    /// It was told that the payment failed.
    Declined,
    /// The buyer gave it up.
    Cancelled,
    /// It was told that the booking is paid for.
    Paid,
}

/// A booking and the last thing that was said of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise {
    pub(crate) booking: Uuid,
    pub(crate) done: Done,
}

/// What was answered, to be compared with what is.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) promises: Vec<Promise>,
    /// Notifications that were accepted without a promise of their own.
    pub(crate) payments: u64,
    /// Requests for bookings of which nobody knows what came.
    pub(crate) unknown: u64,
    /// Buyers who came again and again, and got nothing in the end.
    pub(crate) empty_handed: u64,
}

/// The tickets of an event, as the admin listener counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tickets {
    pub(crate) capacity: i64,
    pub(crate) available: i64,
    pub(crate) held: i64,
    pub(crate) sold: i64,
}

impl Tickets {
    pub(crate) async fn read(admin: &str, event: &str) -> anyhow::Result<Self> {
        let answer = stock(admin, event).await?;
        let count = |name: &str| answer[name].as_i64();
        let tickets = (|| {
            let (capacity, available) = (count("capacity")?, count("available")?);
            Some(Self { capacity, available, held: count("held")?, sold: count("sold")? })
        })();
        tickets.ok_or_else(|| anyhow::anyhow!("the tickets cannot be counted: {answer}"))
    }
}

/// Returns what is wrong.
pub(crate) async fn check(
    target: &Target,
    told: &Told,
    quantity: u32,
) -> anyhow::Result<Vec<String>> {
    let kept = strongest(&told.promises);
    let Some(admin) = &target.admin else {
        return look_up(&target.public[0], &kept).await;
    };
    let mut wrong = Vec::new();
    let mut all = DoorList::default();
    let mut left = 0;
    for event in &target.events {
        let (tickets, list) = read_quietly(admin, event).await?;
        wrong.extend(add_up(event, tickets, &list));
        left += tickets.available;
        all.0.extend(list.0);
    }
    wrong.extend(compare(&kept, &all, quantity));
    if target.is_alone {
        wrong.extend(explain(&kept, told, &all));
        if told.empty_handed > 0 && left >= i64::from(quantity) {
            let buyers = told.empty_handed;
            wrong.push(format!("{left} tickets are left, and {buyers} buyers got none"));
        }
    }
    Ok(wrong)
}

/// Reads tickets and bookings as they were at one moment: nothing changed between two counts.
async fn read_quietly(admin: &str, event: &str) -> anyhow::Result<(Tickets, DoorList)> {
    for _ in 0..READINGS {
        let before = Tickets::read(admin, event).await?;
        let list = DoorList::read(admin, event).await?;
        if Tickets::read(admin, event).await? == before {
            return Ok((before, list));
        }
        sleep(Duration::from_millis(500)).await;
    }
    anyhow::bail!("the tickets of {event} change all the time: somebody else books")
}

/// A booking may be spoken of several times; the last state counts.
fn strongest(promises: &[Promise]) -> HashMap<Uuid, Done> {
    let mut kept = HashMap::new();
    for promise in promises {
        let done = kept.entry(promise.booking).or_insert(promise.done);
        *done = (*done).max(promise.done);
    }
    kept
}

/// No ticket exists twice, and the bookings are the ones that the tickets were counted for.
fn add_up(event: &str, tickets: Tickets, list: &DoorList) -> Option<String> {
    let Tickets { capacity, available, held, sold } = tickets;
    let is_right = available >= 0
        && available + held + sold == capacity
        && list.tickets("pending") == held
        && list.tickets("confirmed") == sold;
    (!is_right).then(|| {
        format!(
            "the tickets of {event} do not add up: {tickets:?}, and bookings of {} that are pending and {} that are \
             confirmed",
            list.tickets("pending"),
            list.tickets("confirmed")
        )
    })
}

/// Whatever was answered is so.
fn compare(kept: &HashMap<Uuid, Done>, list: &DoorList, quantity: u32) -> Vec<String> {
    let broken = kept.iter().filter_map(|(id, done)| match list.0.get(id) {
        None => Some(format!("{id} was answered as {done:?} and is missing")),
        Some(entry) if !is_kept(*done, &entry.status) => {
            Some(format!("{id} was answered as {done:?} and is {}", entry.status))
        }
        Some(entry) if entry.quantity != i64::from(quantity) => {
            Some(format!("{id} was booked for {quantity} tickets and has {}", entry.quantity))
        }
        Some(_) => None,
    });
    shorten(broken.collect())
}

/// Whatever is so was answered, but for requests that got no answer.
fn explain(kept: &HashMap<Uuid, Done>, told: &Told, list: &DoorList) -> Vec<String> {
    let mut wrong = Vec::new();
    let untold = list.0.keys().filter(|id| !kept.contains_key(id)).count();
    if u64::try_from(untold).is_ok_and(|untold| untold > told.unknown) {
        let unknown = told.unknown;
        wrong.push(format!(
            "{untold} bookings were answered to nobody, and only {unknown} requests got no answer"
        ));
    }
    let paid = ["confirmed", "refund_due", "refunded"];
    let paid = list.0.values().filter(|entry| paid.contains(&entry.status.as_str())).count();
    if u64::try_from(paid).is_ok_and(|paid| paid < told.payments) {
        wrong.push(format!("{} payments were accepted, and {paid} are known", told.payments));
    }
    wrong
}

fn is_kept(done: Done, status: &str) -> bool {
    match done {
        Done::Booked => true,
        Done::Declined => matches!(status, "payment_failed" | "expired"),
        Done::Cancelled => matches!(status, "cancelled" | "expired"),
        Done::Paid => matches!(status, "confirmed" | "refund_due" | "refunded"),
    }
}

/// A thousand lines say no more than ten.
fn shorten(mut wrong: Vec<String>) -> Vec<String> {
    const SHOWN: usize = 10;
    if wrong.len() > SHOWN {
        let rest = wrong.len() - SHOWN;
        wrong.truncate(SHOWN);
        wrong.push(format!("and {rest} more of the kind"));
    }
    wrong
}

/// Asks the public listener for some of the bookings.
async fn look_up(public: &str, kept: &HashMap<Uuid, Done>) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::new(public);
    let mut wrong = Vec::new();
    for (id, done) in kept.iter().take(LOOKED_UP) {
        let answer = connection.send(get(&format!("/v1/bookings/{id}").parse()?)).await;
        let Ok(answer) = answer else { anyhow::bail!("{public} does not say what became of {id}") };
        let found: Value = serde_json::from_slice(&answer.body)?;
        match (answer.status.as_u16(), found["status"].as_str()) {
            (200, Some(status)) if is_kept(*done, status) => {}
            (200, Some(status)) => {
                wrong.push(format!("{id} was answered as {done:?} and is {status}"));
            }
            (404, _) => wrong.push(format!("{id} was answered as {done:?} and is missing")),
            (status, _) => anyhow::bail!("{public} answers {status} when asked for {id}"),
        }
    }
    Ok(shorten(wrong))
}

/// Runs a command that audits the books; returns what it says if they do not balance, which is what its exit status 1 means.
pub(crate) async fn audit(command: &str) -> anyhow::Result<Option<String>> {
    let audit = Command::new("sh").args(["-c", command]).output().await?;
    let said = [audit.stdout, audit.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim_end().to_owned();
    match audit.status.code() {
        Some(0) => Ok(None),
        Some(1) => Ok(Some(said)),
        _ => {
            anyhow::bail!("the books could not be audited by {command:?}: {}, {said}", audit.status)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door_list::Entry;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[tokio::test]
    async fn an_audit_that_cannot_look_finds_nothing_wrong() {
        assert_eq!(audit("true").await.unwrap(), None);
        assert_eq!(audit("echo 3 too many; exit 1").await.unwrap().unwrap(), "3 too many");
        for cannot in ["exit 2", "no-such-program-anywhere audit"] {
            assert!(audit(cannot).await.is_err(), "{cannot}");
        }
    }

    fn list(entries: &[(u128, &str, i64)]) -> DoorList {
        let entry = |(number, status, quantity): &(u128, &str, i64)| {
            (id(*number), Entry { status: (*status).to_owned(), quantity: *quantity })
        };
        DoorList(entries.iter().map(entry).collect())
    }

    fn kept(promises: &[(u128, Done)]) -> HashMap<Uuid, Done> {
        let promise = |(number, done): &(u128, Done)| Promise { booking: id(*number), done: *done };
        strongest(&promises.iter().map(promise).collect::<Vec<_>>())
    }

    #[test]
    fn what_was_answered_must_not_be_lost() {
        let told =
            kept(&[(1, Done::Booked), (1, Done::Paid), (2, Done::Booked), (3, Done::Declined)]);
        assert_eq!(told[&id(1)], Done::Paid);
        let right = list(&[(1, "confirmed", 1), (2, "expired", 1), (3, "payment_failed", 1)]);
        assert!(compare(&told, &right, 1).is_empty());
        for wrong in [
            list(&[(1, "expired", 1), (2, "expired", 1), (3, "payment_failed", 1)]),
            list(&[(1, "confirmed", 1), (3, "payment_failed", 1)]),
            list(&[(1, "confirmed", 1), (2, "expired", 1), (3, "confirmed", 1)]),
            list(&[(1, "confirmed", 2), (2, "expired", 1), (3, "payment_failed", 1)]),
        ] {
            assert_eq!(compare(&told, &wrong, 1).len(), 1, "{wrong:?}");
        }
    }

    #[test]
    fn money_that_came_late_is_not_lost_when_it_goes_back() {
        assert!(is_kept(Done::Paid, "refund_due") && is_kept(Done::Paid, "refunded"));
        assert!(!is_kept(Done::Paid, "cancelled") && !is_kept(Done::Cancelled, "confirmed"));
    }

    #[test]
    fn no_ticket_may_exist_twice() {
        let list = list(&[(1, "confirmed", 2), (2, "pending", 1), (3, "expired", 1)]);
        let right = Tickets { capacity: 5, available: 2, held: 1, sold: 2 };
        assert_eq!(add_up("e", right, &list), None);
        for wrong in [
            Tickets { available: 3, ..right },
            Tickets { capacity: 2, available: -1, ..right },
            Tickets { held: 0, available: 3, ..right },
            Tickets { sold: 1, available: 3, ..right },
        ] {
            assert!(add_up("e", wrong, &list).is_some(), "{wrong:?}");
        }
    }

    #[test]
    fn a_booking_that_nobody_was_told_of_must_be_explained() {
        let told = kept(&[(1, Done::Booked)]);
        let list = list(&[(1, "pending", 1), (2, "pending", 1)]);
        assert_eq!(explain(&told, &Told::default(), &list).len(), 1);
        assert!(explain(&told, &Told { unknown: 1, ..Told::default() }, &list).is_empty());
        assert_eq!(
            explain(&told, &Told { unknown: 1, payments: 1, ..Told::default() }, &list).len(),
            1
        );
    }
}
