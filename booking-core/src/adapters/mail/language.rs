//! The languages of mails. Each is one file, and a line in [`ALL`].

mod de;
mod en;
mod number;

use std::fmt::Debug;

use jiff::civil::{Date, Time};

use crate::domain::locale::Locale;
use crate::domain::money::Money;

use super::story::Story;

/// Every language that there are texts in. The first one is for all who speak none of them.
const ALL: [&dyn Language; 2] = [&en::English, &de::German];

/// Returns the language of a buyer, or English.
pub(super) fn of(locale: Locale) -> &'static dyn Language {
    ALL.into_iter().find(|language| language.tag() == locale.language()).unwrap_or(ALL[0])
}

/// Tells whether there are texts in a language, for hosts that choose one of several that somebody understands.
pub fn is_spoken(locale: Locale) -> bool {
    ALL.into_iter().any(|language| language.tag() == locale.language())
}

/// Everything that a mail says, and how a language writes dates and money.
pub(super) trait Language: Debug + Sync {
    /// Returns the primary subtag of the language, such as `en` (RFC 5646).
    fn tag(&self) -> &'static str;

    /// Returns in which direction it is written: `ltr` or `rtl`.
    fn direction(&self) -> &'static str {
        "ltr"
    }

    /// Returns on which side its lines begin: `left` or `right`.
    fn side(&self) -> &'static str {
        if self.direction() == "rtl" { "right" } else { "left" }
    }

    /// Returns the short texts.
    fn labels(&self) -> &'static Labels;

    /// Greets a buyer, or somebody whose name does not look like one.
    fn greeting(&self, name: Option<&str>) -> String;

    /// Tells what happened. `total` is the price of all tickets, in words.
    fn tell(&self, story: Story, total: &str) -> Telling;

    /// Writes a day, with its name.
    fn date(&self, date: Date) -> String;

    /// Writes a time of day.
    fn time(&self, time: Time) -> String;

    /// Writes a day and a time, such as a beginning.
    fn date_and_time(&self, date: Date, time: Time) -> String {
        format!("{}, {}", self.date(date), self.time(time))
    }

    /// Writes a span. Both ends are written already.
    fn span(&self, from: &str, to: &str) -> String;

    /// Says that the clocks change during an event: forward by so many minutes, or back if there are less than none.
    fn clock_change(&self, minutes: i32) -> String;

    /// Writes an amount by the decimals of its currency.
    fn money(&self, money: Money) -> String;
}

/// Short texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Labels {
    pub(super) event: &'static str,
    pub(super) when: &'static str,
    pub(super) place: &'static str,
    pub(super) tickets: &'static str,
    pub(super) total: &'static str,
    pub(super) booking_number: &'static str,
    pub(super) held_until: &'static str,
    /// Where an event takes place that has no place.
    pub(super) online: &'static str,
    pub(super) see_booking: &'static str,
    pub(super) add_to_google: &'static str,
    pub(super) book_again: &'static str,
    /// Why somebody gets these mails: the last line of each.
    pub(super) why: &'static str,
}

/// What happened, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Telling {
    /// What the subject begins with.
    pub(super) subject: &'static str,
    pub(super) heading: &'static str,
    pub(super) paragraphs: Vec<String>,
}

#[cfg(test)]
mod tests;
