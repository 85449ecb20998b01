//! What can be said on the command line.
//!
//! Values stay text here. [`config`](crate::config) joins them with the environment and checks
//! them, so that a bad value is reported in the same words wherever it came from.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const AFTER_HELP: &str = "\
Every option can be set in the environment by the variable that stands beside it; the command line
wins, and an empty variable counts as unset.

Only from the environment, or from a file that the same name with _FILE leads to:
  BOOKING_IPN_SECRET  signs and verifies payment notifications; several separated by commas while
                      rotating, the first one signs. Made once and kept beside an embedded database
  BOOKING_WEBHOOK_SECRET
                      signs what --webhook-url is sent: whsec_ and the base64 of 24 to 64 bytes;
                      several separated by commas while rotating, all of them sign
  BOOKING_SMTP_URL    hands mails to this server instead of writing files: smtps://USER:PASSWORD@HOST,
                      or smtp://… for STARTTLS, which ?tls=opportunistic or ?tls=none does without
DATABASE_URL, BOOKING_MIGRATE_URL and REDIS_URL can be read from a file in the same way.

Exit status: 0 done; 1 the books do not balance, or records or notices were refused; 2 it could not be
done.";

/// Sells tickets to events, and never more than there are.
#[derive(Debug, Parser)]
#[command(name = "booking-server", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,
    /// Without one, it serves.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The options that every command knows. Each has a variable, named in its help.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Options {
    /// Public listener [env: BOOKING_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
    /// Admin listener, never to be public [env: BOOKING_ADMIN_LISTEN] [default: 127.0.0.1:8081]
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub(crate) admin_listen: Option<String>,
    /// Connections to the public listener at most, 64 to 100000; those that wait longest for their clients make
    /// room for new ones [env: BOOKING_MAX_CONNECTIONS] [default: 4096]
    #[arg(long, global = true, value_name = "NUMBER")]
    pub(crate) max_connections: Option<String>,
    /// What links in answers and mails begin with [env: BOOKING_PUBLIC_URL]
    /// [default: from --listen]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// sqlite://PATH (made if missing) or postgres://… [env: DATABASE_URL]
    /// [default: sqlite://booking.db]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// The database URL leads to a pgbouncer in transaction mode [env: BOOKING_PGBOUNCER]
    #[arg(long, global = true)]
    pub(crate) pgbouncer: bool,
    /// Connections to PostgreSQL at most [env: BOOKING_DATABASE_CONNECTIONS] [default: 10]
    #[arg(long, global = true, value_name = "NUMBER")]
    pub(crate) database_connections: Option<String>,
    /// Direct connection for migrations [env: BOOKING_MIGRATE_URL] [default: the database URL]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) migrate_url: Option<String>,
    /// Do not migrate the database at the start [env: BOOKING_NO_MIGRATE]
    #[arg(long, global = true)]
    pub(crate) no_migrate: bool,
    /// Stock cache; several separated by commas are a cluster [env: REDIS_URL]
    /// [default: in-process]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) redis_url: Option<String>,
    /// Which payment gateway [env: BOOKING_PAYMENT_GATEWAY] [default: mock]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) payment_gateway: Option<String>,
    /// How long unpaid tickets are held, 1s to 2h, less than 1m for trials only [env: BOOKING_HOLD_TTL] [default: 15m]
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) hold_ttl: Option<String>,
    /// For how long a notice is left to the server that sends it, 5s to 10m; it tries for half of that
    /// [env: BOOKING_NOTICE_LEASE] [default: 2m]
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) notice_lease: Option<String>,
    /// Searches that take longer are logged with their plans, 0s to 1m [env: BOOKING_SLOW_SEARCH] [default: 250ms]
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) slow_search: Option<String>,
    /// Where mails go as files, without a mail server [env: BOOKING_MAIL_DIR]
    /// [default: mail, beside the database]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) mail_dir: Option<String>,
    /// Whom mails are from [env: BOOKING_MAIL_FROM] [default: tickets@ the host of the public URL]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) mail_from: Option<String>,
    /// Post signed events here instead of writing mails [env: BOOKING_WEBHOOK_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) webhook_url: Option<String>,
    /// Let the webhook URL lead to this machine or a private network, over http:// also
    /// [env: BOOKING_WEBHOOK_ALLOW_PRIVATE]
    #[arg(long, global = true)]
    pub(crate) webhook_allow_private: bool,
    /// Fill an empty catalogue with demo events [env: BOOKING_DEMO]
    #[arg(long, global = true)]
    pub(crate) demo: bool,
    /// How long /readyz says no before the listeners close [env: BOOKING_SHUTDOWN_DELAY]
    /// [default: 0s]
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) shutdown_delay: Option<String>,
    /// What is logged, as in info,booking_server::access=debug, which shows every request
    /// [env: RUST_LOG] [default: info]
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// How logs are written: text or json [env: BOOKING_LOG_FORMAT] [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API and the pages (the default)
    Serve,
    /// Bring the database up to date, and end
    Migrate,
    /// Import schema.org events (JSON-LD: an object, an array, an @graph, or one object a line)
    Import(ImportArgs),
    /// Recompute the books from the journal, and print what does not agree; sales go on meanwhile
    Audit,
    /// Show what buyers and the gateway are still to be told, and have it tried again
    Outbox {
        /// What to do with it.
        #[command(subcommand)]
        action: OutboxAction,
    },
    /// Print the OpenAPI document
    Openapi,
}

/// What to do with the outbox.
#[derive(Debug, Subcommand)]
pub(crate) enum OutboxAction {
    /// List notices: a line for each, with id, kind, booking, attempts, time and the last error
    List {
        /// Those that were given up, those that wait, or those of them that are due
        #[arg(long, value_name = "STATE", value_enum, default_value_t = OutboxState::Dead)]
        state: OutboxState,
        /// How many at most
        #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Have notices that were given up delivered after all, by the servers that are running
    Retry {
        /// Which; or --all
        #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<uuid::Uuid>,
        /// All that were given up
        #[arg(long)]
        all: bool,
    },
}

/// Which notices are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutboxState {
    Dead,
    Waiting,
    Due,
}

/// What to import, and what to assume where the data says nothing.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Files to read; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Tickets of an event that does not say
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(crate) capacity: Option<u32>,
    /// Price of an event that does not say, in whole units, as in 12.50
    #[arg(long, value_name = "PRICE", allow_hyphen_values = true)]
    pub(crate) price: Option<String>,
    /// ISO 4217 code of a price without one
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Option<String>,
    /// IANA zone of an event that does not say
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Publish the events, not only enter them as drafts
    #[arg(long)]
    pub(crate) publish: bool,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}
