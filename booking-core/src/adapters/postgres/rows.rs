//! Rows of bookings and stocks, and how every row is read: through the constructors that check user input.

use std::fmt::Display;

use sqlx::postgres::{PgRow, Postgres};
use sqlx::{Decode, Row, Type};
use uuid::Uuid;

use super::error::corrupt;
use super::instant::Instant;
use crate::domain::booking::{Booking, BookingStatus, Customer};
use crate::domain::event::{EventStatus, ReminderLead, SaleTerms};
use crate::domain::ids::{BookingId, EventId};
use crate::domain::invalid::Invalid;
use crate::domain::locale::Locale;
use crate::domain::money::{Currency, Money};
use crate::domain::payment::{ForeignId, PaymentLink};
use crate::domain::quantity::Quantity;
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::fault::RepositoryError;

/// The columns of [`booking`], of a table or alias `b`.
macro_rules! booking_columns {
    () => {
        "b.id, b.event_id, b.quantity, b.unit_price_minor, b.total_minor, b.currency, \
         b.customer_name, b.customer_email, b.locale, b.status, b.payment_id, b.payment_url, b.expires_at, \
         b.created_at, b.confirmed_at, b.cancelled_at"
    };
}
pub(super) use booking_columns;

/// The columns of [`terms`], of a table or alias `e`.
macro_rules! terms_columns {
    () => {
        "e.id, e.status, e.starts_at, e.ends_at, e.on_sale_from, e.on_sale_until, e.price_minor, \
         e.currency, e.max_per_booking, e.reminder_minutes"
    };
}
pub(super) use terms_columns;

/// A row that is being read. It knows where it comes from, so that whatever is wrong with it can be found.
pub(super) struct Fields<'r> {
    row: &'r PgRow,
    table: &'static str,
    id: Uuid,
}

impl<'r> Fields<'r> {
    /// Begins to read a row that is named by the UUID in its column `id`.
    pub(super) fn of(
        row: &'r PgRow,
        table: &'static str,
        id: &'static str,
    ) -> Result<Self, RepositoryError> {
        let mut fields = Self { row, table, id: Uuid::nil() };
        fields.id = fields.take(id)?;
        Ok(fields)
    }

    /// Returns the UUID that names the row.
    pub(super) const fn id(&self) -> Uuid {
        self.id
    }

    /// Says what is wrong with the row.
    pub(super) fn corrupt(&self, what: impl Display) -> RepositoryError {
        corrupt(self.table, self.id.as_hyphenated(), what)
    }

    /// Reads a column as it is.
    pub(super) fn take<T>(&self, column: &'static str) -> Result<T, RepositoryError>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        // The driver's error quotes nothing but the column.
        self.row.try_get(column).map_err(|error| self.corrupt(error))
    }

    /// Reads a column that may be `NULL`.
    pub(super) fn take_optional<T>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, RepositoryError>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        self.take(column)
    }

    /// Passes a checked value on, or says which column is wrong.
    pub(super) fn check<T>(
        &self,
        column: &'static str,
        checked: Result<T, Invalid>,
    ) -> Result<T, RepositoryError> {
        checked.map_err(|invalid| self.corrupt(format_args!("{column} {invalid}")))
    }

    /// Reads an instant.
    pub(super) fn time(&self, column: &'static str) -> Result<Timestamp, RepositoryError> {
        let Instant(micros) = self.take(column)?;
        self.check(column, Timestamp::from_micros(micros))
    }

    /// Reads an instant that may be missing.
    pub(super) fn optional_time(
        &self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, RepositoryError> {
        let instant: Option<Instant> = self.take_optional(column)?;
        instant
            .map(|Instant(micros)| self.check(column, Timestamp::from_micros(micros)))
            .transpose()
    }

    /// Reads a number of things.
    pub(super) fn count(&self, column: &'static str) -> Result<u32, RepositoryError> {
        u32::try_from(self.take::<i32>(column)?)
            .map_err(|_| self.corrupt(format_args!("{column} is not a number of things")))
    }

    /// Reads a version.
    pub(super) fn version(&self, column: &'static str) -> Result<u64, RepositoryError> {
        u64::try_from(self.take::<i64>(column)?)
            .map_err(|_| self.corrupt(format_args!("{column} is negative")))
    }

    /// Reads the lead of an event's reminder.
    pub(super) fn reminder(&self) -> Result<ReminderLead, RepositoryError> {
        let lead = ReminderLead::from_minutes(self.count("reminder_minutes")?);
        self.check("reminder_minutes", lead)
    }

    /// Reads the four columns of a stock.
    pub(super) fn stock(&self) -> Result<Stock, RepositoryError> {
        let version = self.version("version")?;
        let (capacity, stock) = (self.count("capacity")?, self.count("stock")?);
        let stock = Stock::restore(capacity, stock, self.count("held")?, version);
        self.check("stock", stock)
    }
}

/// Reads an event's terms of sale from [`terms_columns`].
pub(super) fn terms(row: &PgRow) -> Result<(EventId, SaleTerms), RepositoryError> {
    let fields = Fields::of(row, "events", "id")?;
    let currency = fields.check("currency", Currency::new(fields.take("currency")?))?;
    let price = Money::new(fields.take("price_minor")?, currency);
    let max_per_booking = Quantity::new(fields.count("max_per_booking")?);
    let terms = SaleTerms {
        status: fields.check("status", EventStatus::parse(fields.take("status")?))?,
        starts_at: fields.time("starts_at")?,
        ends_at: fields.time("ends_at")?,
        on_sale_from: fields.optional_time("on_sale_from")?,
        on_sale_until: fields.optional_time("on_sale_until")?,
        unit_price: fields.check("price_minor", price)?,
        max_per_booking: fields.check("max_per_booking", max_per_booking)?,
        reminder: fields.reminder()?,
    };
    Ok((EventId::new(fields.id()), terms))
}

/// Reads a booking from [`booking_columns`].
pub(super) fn booking(row: &PgRow) -> Result<Booking, RepositoryError> {
    let fields = Fields::of(row, "bookings", "id")?;
    let currency = fields.check("currency", Currency::new(fields.take("currency")?))?;
    let money = |column| fields.check(column, Money::new(fields.take::<i64>(column)?, currency));
    let customer = Customer::new(fields.take("customer_name")?, fields.take("customer_email")?)
        .map_err(|wrong| {
            let names: Vec<&str> = wrong.into_iter().map(|(name, _)| name).collect();
            fields.corrupt(format_args!("customer has no valid {}", names.join(" and ")))
        })?;
    let payment = match fields.take_optional::<String>("payment_id")? {
        None => None,
        Some(id) => Some(PaymentLink {
            payment_id: fields.check("payment_id", ForeignId::new(id))?,
            url: fields.take::<&str>("payment_url")?.into(),
        }),
    };
    Ok(Booking {
        id: BookingId::new(fields.id()),
        event_id: EventId::new(fields.take("event_id")?),
        quantity: fields.check("quantity", Quantity::new(fields.count("quantity")?))?,
        unit_price: money("unit_price_minor")?,
        total: money("total_minor")?,
        customer,
        locale: fields.check("locale", Locale::new(fields.take("locale")?))?,
        status: fields.check("status", BookingStatus::parse(fields.take("status")?))?,
        payment,
        expires_at: fields.time("expires_at")?,
        created_at: fields.time("created_at")?,
        confirmed_at: fields.optional_time("confirmed_at")?,
        cancelled_at: fields.optional_time("cancelled_at")?,
    })
}

/// Reads the bookings of [`booking_columns`].
pub(super) fn bookings(rows: &[PgRow]) -> Result<Vec<Booking>, RepositoryError> {
    rows.iter().map(booking).collect()
}

/// Lists the UUIDs of ids, to be bound as an array.
pub(super) fn event_ids<'a>(ids: impl IntoIterator<Item = &'a EventId>) -> Vec<Uuid> {
    ids.into_iter().map(|id| id.as_uuid()).collect()
}
