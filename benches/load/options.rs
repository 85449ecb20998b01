//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use booking_benches::load::{Rhythm, Span};
use booking_benches::stage::Backdrop;
use clap::{Parser, ValueEnum};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mix {
    /// Buyers who load the page, book, and pay or do not
    OnSale,
    /// Bookings alone
    Bookings,
    /// The event's page alone
    Pages,
    /// Bookings of an event that is sold out
    SoldOut,
    /// The gateway's notifications about bookings that are made first
    Notifications,
    /// Searches
    Search,
    /// Bookings, while reminders of other events are sent and while none are
    Reminders,
    /// Nothing: to see what servers use that nobody asks
    Idle,
}

/// Drives load over HTTP and says what came of it.
#[derive(Debug, Parser)]
#[command(name = "load")]
pub(crate) struct Options {
    /// What is asked for
    #[arg(long, value_enum, default_value = "bookings")]
    pub(crate) mix: Mix,
    /// A public listener, HOST:PORT; several are used in turn
    #[arg(long)]
    pub(crate) public: Vec<String>,
    /// The admin listener: to make an event, to watch its stock, and to check the books
    #[arg(long)]
    pub(crate) admin: Option<String>,
    /// The secret that the servers expect notifications to be signed with
    #[arg(long, env = "BOOKING_IPN_SECRET", hide_env_values = true, value_parser = never_as_argument)]
    pub(crate) ipn_secret: Option<String>,
    /// Starts private servers on this and loads them
    #[arg(long, value_enum, conflicts_with = "public")]
    pub(crate) stage: Option<Backdrop>,
    /// How many servers the stage has
    #[arg(long, default_value_t = 1)]
    pub(crate) servers: usize,
    /// The program of the stage's servers
    #[arg(long, default_value = "target/release/booking-server")]
    pub(crate) server: PathBuf,
    /// How long the stage's servers hold unpaid tickets [default: 20s for on-sale, 120m for reminders, the server's otherwise]
    #[arg(long, requires = "stage")]
    pub(crate) hold_ttl: Option<String>,
    /// Fills the stage's catalogue with so many further events first
    #[arg(long, requires = "stage", default_value_t = 0)]
    pub(crate) catalogue: u64,
    /// Makes so many bookings of other events first
    #[arg(long, requires = "stage", default_value_t = 0)]
    pub(crate) history: u64,
    /// Flags for the stage's servers, after --
    #[arg(last = true)]
    pub(crate) flags: Vec<String>,
    /// A closed loop over so many connections: each sends its next request when it has the answer
    #[arg(long, conflicts_with = "open")]
    pub(crate) closed: Option<usize>,
    /// An open loop: so many arrivals a second, that do not wait for answers
    #[arg(long)]
    pub(crate) open: Option<f64>,
    /// In which manner the arrivals of an open loop come
    #[arg(long, value_enum, default_value_t)]
    pub(crate) arrivals: Rhythm,
    /// How many connections an open loop or a crowd of buyers may have
    #[arg(long, default_value_t = 2_000)]
    pub(crate) connections: usize,
    /// Whoever waits longer for one of these connections goes away, and counts as not sent
    #[arg(long, value_parser = duration, default_value = "5s")]
    pub(crate) give_up: Duration,
    /// After the open loop, so many arrivals a second, to see how soon everything is well again
    #[arg(long, requires = "open")]
    pub(crate) recover: Option<f64>,
    /// How long load is counted
    #[arg(long, value_parser = duration, default_value = "10s")]
    pub(crate) duration: Duration,
    /// How long load is driven before it is counted
    #[arg(long, value_parser = duration, default_value = "2s")]
    pub(crate) warm_up: Duration,
    /// Decides when arrivals come and what buyers do
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// An event that exists; otherwise one is made
    #[arg(long)]
    pub(crate) event: Option<String>,
    /// How many events are made
    #[arg(long, default_value_t = 1)]
    pub(crate) events: usize,
    /// How many tickets an event that is made has [default: 20,000 for on-sale, 1 for sold-out, plenty otherwise]
    #[arg(long)]
    pub(crate) tickets: Option<u32>,
    /// Tickets of one booking
    #[arg(long, default_value_t = 1)]
    pub(crate) quantity: u32,
    /// Gives each booking an Idempotency-Key of its own
    #[arg(long)]
    pub(crate) keys: bool,
    /// notifications: how many bookings are made first
    #[arg(long, default_value_t = 200_000)]
    pub(crate) prepared: usize,
    /// notifications: so many further connections book meanwhile
    #[arg(long, default_value_t = 0)]
    pub(crate) with_bookings: usize,
    /// reminders: how many fall due at once in each round
    #[arg(long, default_value_t = 10_000)]
    pub(crate) reminders: u32,
    /// reminders: how many rounds there are, each once with reminders and once without
    #[arg(long, default_value_t = 4)]
    pub(crate) rounds: u32,
    /// on-sale: how many buyers come
    #[arg(long, default_value_t = 10_000)]
    pub(crate) buyers: u64,
    /// on-sale: within which time
    #[arg(long, value_parser = duration, default_value = "60s")]
    pub(crate) within: Duration,
    /// on-sale: how often each loads the page before booking
    #[arg(long, default_value_t = 5)]
    pub(crate) page_loads: u32,
    /// on-sale: pause between two steps of a buyer, on average
    #[arg(long, value_parser = duration, default_value = "1s")]
    pub(crate) think: Duration,
    /// on-sale: the share whose payment fails
    #[arg(long, value_parser = share, default_value = "5%")]
    pub(crate) decline: f64,
    /// on-sale: the share who neither pay nor cancel
    #[arg(long, value_parser = share, default_value = "5%")]
    pub(crate) walk_away: f64,
    /// on-sale: the share who cancel
    #[arg(long, value_parser = share, default_value = "0%")]
    pub(crate) cancel: f64,
    /// on-sale: the share of those who find it sold out who come again as long as holds may end
    #[arg(long, value_parser = share, default_value = "25%")]
    pub(crate) come_back: f64,
    /// on-sale: how long after the last arrival they do, and holds are waited for
    #[arg(long, value_parser = duration, default_value = "20m")]
    pub(crate) settle: Duration,
    /// Draws rates, latencies and stock over time into this SVG file
    #[arg(long)]
    pub(crate) svg: Option<PathBuf>,
    /// Watches memory and processor of this process, on the same machine; of several, each
    #[arg(long)]
    pub(crate) watch: Vec<u32>,
    /// A command that audits the books at the end, such as 'booking-server audit'
    #[arg(long)]
    pub(crate) audit: Option<String>,
}

impl Options {
    /// Returns how many tickets an event gets.
    pub(crate) fn tickets(&self) -> u32 {
        self.tickets.unwrap_or(match self.mix {
            Mix::OnSale => 20_000,
            Mix::SoldOut => 1,
            Mix::Bookings
            | Mix::Pages
            | Mix::Notifications
            | Mix::Search
            | Mix::Reminders
            | Mix::Idle => 100_000_000,
        })
    }

    /// Returns the flags of the stage's servers.
    pub(crate) fn server_flags(&self) -> Vec<String> {
        let usual = match self.mix {
            Mix::OnSale => Some("20s".to_owned()),
            // Mails about holds that ended would come between.
            Mix::Reminders => Some("120m".to_owned()),
            _ => None,
        };
        let hold_ttl = self.hold_ttl.clone().or(usual);
        let mut flags = self.flags.clone();
        if let Some(hold_ttl) = hold_ttl
            && !flags.iter().any(|flag| flag.starts_with("--hold-ttl"))
        {
            flags.extend(["--hold-ttl".to_owned(), hold_ttl]);
        }
        flags
    }

    /// Returns how load is driven.
    pub(crate) fn span(&self) -> Span {
        Span { warm_up: self.warm_up, counted: self.duration }
    }
}

/// Whatever stands on a command line is seen by everybody on the machine; clap cannot tell where a value is from.
fn never_as_argument(secret: &str) -> Result<String, String> {
    if std::env::args().any(|argument| argument.starts_with("--ipn-secret")) {
        return Err("give the secret in BOOKING_IPN_SECRET, not as an argument".to_owned());
    }
    Ok(secret.to_owned())
}

/// Reads `90s`, `5m` or `250ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    units
        .into_iter()
        .find_map(|(unit, seconds)| {
            let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
            Duration::try_from_secs_f64(number * seconds).ok()
        })
        .ok_or_else(|| "write it like 90s, 5m or 250ms".to_owned())
}

/// Reads `5%`.
fn share(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    number
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or_else(|| "write it like 5%".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_consistent_and_units_are_read() {
        use clap::CommandFactory as _;
        Options::command().debug_assert();
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert!(duration("5").is_err() && duration("-1s").is_err());
        assert_eq!(share("5%"), Ok(0.05));
        assert!(share("0.05").is_err() && share("101%").is_err());
    }

    #[test]
    fn an_on_sale_does_not_wait_for_long_holds_unless_it_is_told_to() {
        let flags = |words: &[&str]| {
            let words = ["load", "--stage", "embedded"].iter().chain(words);
            Options::parse_from(words).server_flags()
        };
        assert_eq!(flags(&["--mix", "on-sale"]), ["--hold-ttl", "20s"]);
        assert_eq!(flags(&["--mix", "on-sale", "--hold-ttl", "2m"]), ["--hold-ttl", "2m"]);
        assert_eq!(flags(&["--mix", "on-sale", "--", "--hold-ttl=1m"]), ["--hold-ttl=1m"]);
        assert!(flags(&["--mix", "bookings"]).is_empty());
    }
}
