//! Changes of events that those who have booked are still to be told of.

use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::books::Session;
use super::changes::signed;
use super::database::PgDatabase;
use super::event_rows::{self, listing_columns};
use super::instant::Instant;
use super::rows::Fields;
use crate::domain::announcement::{Announcement, AnnouncementPlan, ReminderPlan};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::notice::NoticeKind;
use crate::domain::time::Timestamp;
use crate::ports::IdSource;
use crate::ports::fault::RepositoryError;

/// The rows are locked in order of their ids, as those of every batch of events.
const INSERT: &str = "
    INSERT INTO announcements AS a (event_id, version, is_move)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::boolean[]) AS n (event_id, version, is_move) ORDER BY n.event_id
    ON CONFLICT (event_id) DO UPDATE
    SET version = excluded.version, is_move = a.is_move OR excluded.is_move, after = NULL";

const IS_ANY: &str = "SELECT EXISTS (SELECT FROM announcements)";

/// What another worker is spreading is passed over, not waited for.
const TAKE: &str = "
    SELECT event_id, version, is_move, after FROM announcements
    ORDER BY event_id LIMIT 1 FOR UPDATE SKIP LOCKED";

const EVENT: &str = concat!(
    "SELECT ",
    listing_columns!(),
    " FROM events AS e JOIN event_stock AS s ON s.event_id = e.id WHERE e.id = $1"
);

/// The journal tells who was there before the change: clocks of several servers do not.
const CONCERNED: &str = "
    SELECT b.id FROM bookings AS b
    WHERE b.event_id = $1 AND b.id > $2 AND b.status = 'confirmed' AND EXISTS (
        SELECT FROM stock_movements AS m
        WHERE m.event_id = b.event_id AND m.booking_id = b.id AND m.booking_status = 'confirmed'
            AND m.version < $3)
    ORDER BY b.id LIMIT $4";

/// One that waits already is planned anew: with all attempts, and for nobody who has claimed it.
const PLAN: &str = "
    INSERT INTO outbox (event_id, id, booking_id, kind, recipient, run_at)
    SELECT $1, n.id, n.booking_id, $4, $5, $6 FROM unnest($2::uuid[], $3::uuid[]) AS n (id, booking_id)
    ON CONFLICT (event_id, booking_id, kind)
        WHERE state = 'pending' AND kind IN ('event_reminder', 'event_changed')
    DO UPDATE SET run_at = excluded.run_at, edition = outbox.edition + 1, attempts = 0, locked_until = NULL";

const AT_ONCE: &str = "
    UPDATE outbox SET run_at = least(run_at, $4), edition = edition + 1, attempts = 0, locked_until = NULL
    WHERE event_id = $1 AND booking_id = ANY($2) AND kind = $3 AND state = 'pending'";

const DROP: &str = "
    UPDATE outbox SET state = 'done', finished_at = $4, edition = edition + 1, locked_until = NULL
    WHERE event_id = $1 AND booking_id = ANY($2) AND kind = $3 AND state = 'pending'";

const GO_ON: &str = "UPDATE announcements SET after = $3 WHERE event_id = $1 AND version = $2";

const END: &str = "DELETE FROM announcements WHERE event_id = $1 AND version = $2";

/// Does what one announcement asks for, for some of the bookings; tells whether there is one.
pub(super) async fn spread(
    database: &PgDatabase,
    now: Timestamp,
    limit: u32,
    ids: &dyn IdSource,
) -> Result<bool, RepositoryError> {
    // Workers ask again and again: a look costs less than a transaction that writes.
    let mut reading = database.read().await?;
    let is_any = database.query_scalar(IS_ANY).fetch_one(&mut *reading).await;
    let is_any: bool = is_any.map_err(|error| database.not_applied(&error))?;
    reading.end().await?;
    if !is_any {
        return Ok(false);
    }
    let mut transaction = database.begin().await?;
    let mut session = Session { database, connection: &mut transaction };
    let Some(announcement) = session.take_announcement().await? else { return Ok(false) };
    session.spread(&announcement, now, limit, ids).await?;
    database.commit(transaction).await?;
    Ok(true)
}

impl Session<'_> {
    /// Keeps announcements, beside the changes that they are of.
    pub(super) async fn insert_announcements(
        &mut self,
        announcements: &[Announcement],
    ) -> Result<(), RepositoryError> {
        if announcements.is_empty() {
            return Ok(());
        }
        let events: Vec<Uuid> = announcements.iter().map(|a| a.event_id.as_uuid()).collect();
        let versions: Vec<i64> = announcements.iter().map(|a| signed(a.version)).collect();
        let moves: Vec<bool> = announcements.iter().map(|a| a.is_move).collect();
        let query = self.database.query(INSERT).bind(events).bind(versions).bind(moves);
        self.run(query).await
    }

    async fn take_announcement(&mut self) -> Result<Option<Announcement>, RepositoryError> {
        let row = self.database.query(TAKE).fetch_optional(&mut *self.connection).await;
        let row = row.map_err(|error| self.database.not_applied(&error))?;
        let Some(row) = row else { return Ok(None) };
        let fields = Fields::of(&row, "announcements", "event_id")?;
        Ok(Some(Announcement {
            event_id: EventId::new(fields.id()),
            version: fields.version("version")?,
            is_move: fields.take("is_move")?,
            after: fields.take_optional("after")?.map(BookingId::new),
        }))
    }

    async fn spread(
        &mut self,
        announcement: &Announcement,
        now: Timestamp,
        limit: u32,
        ids: &dyn IdSource,
    ) -> Result<(), RepositoryError> {
        let event = announcement.event_id.as_uuid();
        let row = self.database.query(EVENT).bind(event).fetch_one(&mut *self.connection).await;
        let row: PgRow = row.map_err(|error| self.database.not_applied(&error))?;
        let listing = event_rows::listing(&row)?;
        let mut concerned: Vec<Uuid> = Vec::new();
        if let Some(plan) = announcement.plan(&listing.event, now) {
            concerned = self.load_concerned(announcement, limit).await?;
            self.carry_out(plan, event, &concerned, now, ids).await?;
        }
        let version = signed(announcement.version);
        // A page that is not full is the last.
        match concerned.last().filter(|_| u32::try_from(concerned.len()) == Ok(limit)) {
            Some(last) => {
                let query = self.database.query(GO_ON).bind(event).bind(version).bind(*last);
                self.run(query).await
            }
            None => self.run(self.database.query(END).bind(event).bind(version)).await,
        }
    }

    async fn load_concerned(
        &mut self,
        announcement: &Announcement,
        limit: u32,
    ) -> Result<Vec<Uuid>, RepositoryError> {
        let query = self
            .database
            .query_scalar(CONCERNED)
            .bind(announcement.event_id.as_uuid())
            .bind(announcement.after.map_or(Uuid::nil(), BookingId::as_uuid))
            .bind(signed(announcement.version))
            .bind(i64::from(limit));
        let found = query.fetch_all(&mut *self.connection).await;
        found.map_err(|error| self.database.not_applied(&error))
    }

    async fn carry_out(
        &mut self,
        plan: AnnouncementPlan,
        event: Uuid,
        bookings: &[Uuid],
        now: Timestamp,
        ids: &dyn IdSource,
    ) -> Result<(), RepositoryError> {
        if bookings.is_empty() {
            return Ok(());
        }
        let reminder = NoticeKind::EventReminder;
        if plan.is_told {
            self.plan(NoticeKind::EventChanged, event, bookings, now, ids).await?;
        }
        let (statement, reminder) = match plan.reminder {
            ReminderPlan::At(at) => return self.plan(reminder, event, bookings, at, ids).await,
            ReminderPlan::AtOnce => (AT_ONCE, reminder.as_str()),
            ReminderPlan::Dropped => (DROP, reminder.as_str()),
        };
        let query = self.database.query(statement).bind(event).bind(bookings.to_vec());
        self.run(query.bind(reminder).bind(Instant::from(now))).await
    }

    async fn plan(
        &mut self,
        kind: NoticeKind,
        event: Uuid,
        bookings: &[Uuid],
        run_at: Timestamp,
        ids: &dyn IdSource,
    ) -> Result<(), RepositoryError> {
        let names: Vec<Uuid> = bookings.iter().map(|_| ids.next_id()).collect();
        let query = self.database.query(PLAN).bind(event).bind(names).bind(bookings.to_vec());
        let query = query.bind(kind.as_str()).bind(kind.recipient().as_str());
        self.run(query.bind(Instant::from(run_at))).await
    }

    async fn run(&mut self, query: super::changes::Statement) -> Result<(), RepositoryError> {
        let done = query.execute(&mut *self.connection).await;
        done.map(drop).map_err(|error| self.database.not_applied(&error))
    }
}
