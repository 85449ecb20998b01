use std::ffi::OsString;
use std::path::Path;

use booking_server::http::limits::Limits;
use clap::Parser as _;

use super::environment::KNOWN;
use super::*;
use crate::cli::Cli;

const SECRET: &str = "a-secret-of-the-gateway";
const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment(variables.iter().map(|(name, value)| ((*name).into(), value.into())).collect())
}

fn load(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Config, String> {
    let line = std::iter::once("booking-server").chain(arguments.iter().copied());
    let cli = Cli::try_parse_from(line).map_err(|error| error.to_string())?;
    Config::load(cli.options, &environment(variables)).map_err(|error| error.to_string())
}

fn file_of(config: &Config) -> &Path {
    match &config.database {
        DatabaseUrl::Sqlite { file, .. } => file,
        DatabaseUrl::Postgres(_) => panic!("the database is no file"),
    }
}

#[test]
fn without_settings_the_documented_defaults_apply() {
    let config = load(&[], &[]).unwrap();
    assert_eq!(config.listen.as_str(), "127.0.0.1:8080");
    assert_eq!(config.admin_listen.as_str(), "127.0.0.1:8081");
    assert_eq!(config.public_url, None);
    assert_eq!(config.database, DatabaseUrl::default());
    assert_eq!(file_of(&config), Path::new("booking.db"));
    assert!(!config.pgbouncer && !config.demo && config.migrates_at_start);
    assert_eq!(config.database_connections, 10);
    assert_eq!(config.max_connections, Limits::default().max_connections);
    assert_eq!(config.migrate_url, None);
    assert!(config.redis.is_empty() && config.smtp.is_none() && config.ipn_secrets.is_none());
    assert_eq!(config.hold_ttl, Duration::from_mins(15));
    assert_eq!(config.notice_lease, Duration::from_mins(2));
    assert_eq!(config.shutdown_delay, Duration::ZERO);
    assert_eq!(config.slow_search, Duration::from_millis(250));
    assert_eq!((config.mail_dir, config.mail_from), (None, None));
    assert!(config.webhook.is_none());
    assert_eq!((config.log.as_str(), config.log_format), ("info", LogFormat::Text));
    assert!(config.unknown_variables.is_empty());
}

/// Flag, variable, one value for each, and what the setting is shown as.
type Row = (&'static str, &'static str, [&'static str; 2], fn(&Config) -> String);

const ROWS: &[Row] = &[
    ("--listen", "BOOKING_LISTEN", ["0.0.0.0:1", "[::1]:2"], |c| c.listen.as_str().to_owned()),
    ("--admin-listen", "BOOKING_ADMIN_LISTEN", ["127.0.0.1:0", "localhost:65535"], |c| {
        c.admin_listen.as_str().to_owned()
    }),
    ("--public-url", "BOOKING_PUBLIC_URL", ["https://a.example/shop", "http://b.example"], |c| {
        c.public_url.as_ref().unwrap().as_str().to_owned()
    }),
    ("--database-url", "DATABASE_URL", ["sqlite://a/b.db", "sqlite:///c.db"], |c| {
        format!("sqlite://{}", file_of(c).display())
    }),
    ("--database-connections", "BOOKING_DATABASE_CONNECTIONS", ["2", "200"], |c| {
        c.database_connections.to_string()
    }),
    ("--max-connections", "BOOKING_MAX_CONNECTIONS", ["64", "100000"], |c| {
        c.max_connections.to_string()
    }),
    ("--migrate-url", "BOOKING_MIGRATE_URL", ["postgres://a/b", "postgresql://u:p@c:1/d"], |c| {
        c.migrate_url.as_ref().unwrap().expose()
    }),
    ("--hold-ttl", "BOOKING_HOLD_TTL", ["1s", "120m"], |c| match c.hold_ttl.as_secs() {
        7_200 => "120m".to_owned(),
        seconds => format!("{seconds}s"),
    }),
    ("--notice-lease", "BOOKING_NOTICE_LEASE", ["5s", "600s"], |c| {
        format!("{}s", c.notice_lease.as_secs())
    }),
    ("--shutdown-delay", "BOOKING_SHUTDOWN_DELAY", ["5s", "300s"], |c| {
        format!("{}s", c.shutdown_delay.as_secs())
    }),
    ("--slow-search", "BOOKING_SLOW_SEARCH", ["20ms", "0ms"], |c| {
        format!("{}ms", c.slow_search.as_millis())
    }),
    ("--mail-dir", "BOOKING_MAIL_DIR", ["out", "/var/mail"], |c| {
        c.mail_dir.as_ref().unwrap().display().to_string()
    }),
    ("--mail-from", "BOOKING_MAIL_FROM", ["a@example.org", "Box <b@example.org>"], |c| {
        c.mail_from.as_ref().unwrap().as_str().to_owned()
    }),
    ("--log", "RUST_LOG", ["debug", "warn,sqlx=trace"], |c| c.log.clone()),
    ("--log-format", "BOOKING_LOG_FORMAT", ["text", "json"], |c| match c.log_format {
        LogFormat::Text => "text".to_owned(),
        LogFormat::Json => "json".to_owned(),
    }),
    ("--payment-gateway", "BOOKING_PAYMENT_GATEWAY", ["mock", "mock"], |_| "mock".to_owned()),
];

/// Flag, variable, and how to tell that it is on.
type Switch = (&'static str, &'static str, fn(&Config) -> bool);

#[test]
fn every_flag_has_a_variable_and_wins_over_it() {
    for (flag, variable, [one, other], show) in ROWS {
        assert_eq!(show(&load(&[flag, one], &[]).unwrap()), *one, "{flag}");
        assert_eq!(show(&load(&[], &[(variable, other)]).unwrap()), *other, "{variable}");
        assert_eq!(show(&load(&[flag, one], &[(variable, other)]).unwrap()), *one, "{flag}");
        assert!(load(&[flag, one], &[(variable, "")]).is_ok(), "{variable}");
        assert!(KNOWN.contains(variable));
    }
    let switches: [Switch; 3] = [
        ("--pgbouncer", "BOOKING_PGBOUNCER", |c| c.pgbouncer),
        ("--no-migrate", "BOOKING_NO_MIGRATE", |c| !c.migrates_at_start),
        ("--demo", "BOOKING_DEMO", |c| c.demo),
    ];
    for (flag, variable, is_on) in switches {
        // The pgbouncer of a file is refused.
        let server = ("DATABASE_URL", "postgres://a/b");
        assert!(is_on(&load(&[flag], &[(variable, "false"), server]).unwrap()), "{flag}");
        for (value, expected) in [("1", true), ("true", true), ("0", false), ("off", false)] {
            let config = load(&[], &[(variable, value), server]).unwrap();
            assert_eq!(is_on(&config), expected, "{variable}");
        }
        let refusal = load(&[], &[(variable, "perhaps")]).unwrap_err();
        assert_eq!(refusal, format!("{variable} must be true or false"));
    }
}

#[test]
fn every_flag_of_the_command_line_is_in_the_tables_above() {
    use clap::CommandFactory as _;
    let known: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
    let others = ["--pgbouncer", "--no-migrate", "--demo", "--redis-url", "--help", "--version"];
    let webhook = ["--webhook-url", "--webhook-allow-private"];
    let others = [&others[..], &webhook].concat();
    for argument in Cli::command().get_arguments().filter_map(clap::Arg::get_long) {
        let flag = format!("--{argument}");
        assert!(known.contains(&flag.as_str()) || others.contains(&flag.as_str()), "{flag}");
    }
}

#[test]
fn every_bad_value_is_refused_by_the_name_of_where_it_stands() {
    let bad: &[(&str, &str, &[&str])] = &[
        ("--listen", "BOOKING_LISTEN", &["8080", ":8080", "a:b", "1.2.3:80", "h:65536", "h:+1"]),
        ("--admin-listen", "BOOKING_ADMIN_LISTEN", &["::1:80", "a b:80", "http://a:80", "h:-1"]),
        (
            "--public-url",
            "BOOKING_PUBLIC_URL",
            &["example.org", "ftp://a", "http://", "http://a/?b", "http://a/#b", "http://u:p@a"],
        ),
        (
            "--database-url",
            "DATABASE_URL",
            &[
                "booking.db",
                "mysql://a/b",
                "sqlite://",
                "sqlite::memory:",
                "sqlite://:memory:",
                "sqlite://a?mode=ro",
                "sqlite://a%20b",
                "postgres://",
            ],
        ),
        (
            "--database-connections",
            "BOOKING_DATABASE_CONNECTIONS",
            &["1", "201", "0", "-2", "ten", "2.5", "4294967298"],
        ),
        (
            "--max-connections",
            "BOOKING_MAX_CONNECTIONS",
            &["63", "100001", "0", "-64", "many", "4096.0"],
        ),
        (
            "--migrate-url",
            "BOOKING_MIGRATE_URL",
            &["x", "postgres:///db", "sqlite://booking.db", "mysql://a/b"],
        ),
        (
            "--redis-url",
            "REDIS_URL",
            &[
                "x",
                "http://a",
                "redis://a,",
                "redis://a,b",
                "redis://a,http://b",
                "redis://a,rediss://b",
            ],
        ),
        ("--payment-gateway", "BOOKING_PAYMENT_GATEWAY", &["stripe", "Mock"]),
        (
            "--hold-ttl",
            "BOOKING_HOLD_TTL",
            &["15", "x", "0s", "999ms", "2h1s", "-15m", "1d", "P1M", "99999999999999999999s"],
        ),
        ("--notice-lease", "BOOKING_NOTICE_LEASE", &["0s", "4999ms", "10m1s", "120", "-2m"]),
        ("--shutdown-delay", "BOOKING_SHUTDOWN_DELAY", &["1", "-1s", "5m1s"]),
        ("--mail-from", "BOOKING_MAIL_FROM", &["x", "a@b.example\nBcc: c@d.example", "A <x>"]),
        ("--log", "RUST_LOG", &["=", "a=b=c", "booking=loud"]),
        ("--log-format", "BOOKING_LOG_FORMAT", &["xml", "JSON"]),
    ];
    for (flag, variable, values) in bad {
        for value in *values {
            let refusal = load(&[&format!("{flag}={value}")], &[]).unwrap_err();
            assert!(refusal.starts_with(&format!("{flag} ")), "{flag}={value}: {refusal}");
            let refusal = load(&[], &[(variable, value)]).unwrap_err();
            assert!(refusal.starts_with(&format!("{variable} ")), "{variable}={value}: {refusal}");
        }
    }
}

#[test]
fn what_goes_with_postgresql_alone_is_refused_with_a_file() {
    let refusal = load(&["--pgbouncer"], &[]).unwrap_err();
    assert_eq!(refusal, "--pgbouncer goes with a --database-url of PostgreSQL only");
    let url = ("DATABASE_URL", "postgres://a/b");
    assert!(load(&["--pgbouncer"], &[url]).unwrap().pgbouncer);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let refusal = load(&["--listen", "x"], &[("BOOKING_HOLD_TTL", "3h")]).unwrap_err();
    assert_eq!(
        refusal,
        "--listen must be HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080\n\
         error: BOOKING_HOLD_TTL must be from 1s to 2h"
    );
}

#[test]
fn unknown_flags_and_repeats_are_errors_that_name_them() {
    for line in [&["--listne", "x"][..], &["serve", "--hold-tll=1m"], &["--demo", "--demo"]] {
        let refusal = load(line, &[]).unwrap_err();
        let named = line.iter().find(|word| word.starts_with("--")).unwrap();
        let named = named.split('=').next().unwrap();
        assert!(refusal.contains(named), "{refusal}");
    }
    assert!(load(&["sell"], &[]).unwrap_err().contains("sell"));
    assert!(load(&["import"], &[]).unwrap_err().contains("FILE"));
    assert!(load(&["audit", "--database-url", "sqlite://x.db"], &[]).is_ok());
}

#[test]
fn secrets_come_from_the_environment_or_a_file() {
    assert!(load(&[], &[("BOOKING_IPN_SECRET", SECRET)]).unwrap().ipn_secrets.is_some());
    let two = format!("{SECRET},the-secret-before-it");
    assert!(load(&[], &[("BOOKING_IPN_SECRET", &two)]).unwrap().ipn_secrets.is_some());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let path = file.to_str().unwrap();
    assert!(load(&[], &[("BOOKING_IPN_SECRET_FILE", path)]).unwrap().ipn_secrets.is_some());
    let both = [("BOOKING_IPN_SECRET_FILE", path), ("BOOKING_IPN_SECRET", SECRET)];
    let refusal = load(&[], &both).unwrap_err();
    assert_eq!(refusal, "BOOKING_IPN_SECRET_FILE is set, and BOOKING_IPN_SECRET too");

    std::fs::write(&file, "sqlite://from-a-file.db\n").unwrap();
    let config = load(&[], &[("DATABASE_URL_FILE", path)]).unwrap();
    assert_eq!(file_of(&config), Path::new("from-a-file.db"));
    let config = load(&["--database-url=sqlite://x.db"], &[("DATABASE_URL_FILE", path)]).unwrap();
    assert_eq!(file_of(&config), Path::new("x.db"));

    let missing = folder.path().join("missing");
    let missing = missing.to_str().unwrap();
    let refusal = load(&[], &[("BOOKING_SMTP_URL_FILE", missing)]).unwrap_err();
    assert!(refusal.starts_with("BOOKING_SMTP_URL_FILE leads to "), "{refusal}");
    std::fs::write(&file, "x".repeat(70_000)).unwrap();
    let refusal = load(&[], &[("BOOKING_IPN_SECRET_FILE", path)]).unwrap_err();
    assert!(refusal.ends_with("which is too long for a secret"), "{refusal}");
}

#[test]
fn webhooks_need_a_secret_and_take_the_place_of_mails() {
    let secret = ("BOOKING_WEBHOOK_SECRET", WEBHOOK_SECRET);
    let url = ("BOOKING_WEBHOOK_URL", "https://shop.example/hooks");
    assert!(load(&[], &[url, secret]).unwrap().webhook.is_some());
    assert!(load(&["--webhook-url=https://a.example"], &[secret]).unwrap().webhook.is_some());
    assert!(load(&[], &[secret]).unwrap().webhook.is_none(), "a secret alone sends nothing");

    let refusal = load(&[], &[url]).unwrap_err();
    assert_eq!(
        refusal,
        "BOOKING_WEBHOOK_URL needs BOOKING_WEBHOOK_SECRET, which signs what is sent"
    );
    let refusal = load(&["--webhook-url=https://a.example"], &[]).unwrap_err();
    assert!(refusal.starts_with("--webhook-url needs BOOKING_WEBHOOK_SECRET"), "{refusal}");
    let refusal = load(&[], &[("BOOKING_SMTP_URL", "smtp://mail.example")]).unwrap_err();
    assert!(refusal.starts_with("--mail-from must be set with BOOKING_SMTP_URL"), "{refusal}");
    for mails in [("BOOKING_MAIL_DIR", "mail"), ("BOOKING_SMTP_URL", "smtp://mail.example")] {
        let refusal = load(&[], &[url, secret, mails]).unwrap_err();
        assert_eq!(
            refusal,
            "--webhook-url takes the place of mails, and goes neither with BOOKING_SMTP_URL nor with --mail-dir"
        );
    }

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{WEBHOOK_SECRET},{WEBHOOK_SECRET}\n")).unwrap();
    let file = ("BOOKING_WEBHOOK_SECRET_FILE", file.to_str().unwrap());
    assert!(load(&[], &[url, file]).unwrap().webhook.is_some());
    for variable in [url.0, secret.0, file.0, "BOOKING_WEBHOOK_ALLOW_PRIVATE"] {
        assert!(KNOWN.contains(&variable), "{variable}");
    }
}

#[test]
fn webhooks_go_to_private_addresses_only_where_that_is_allowed() {
    let secret = ("BOOKING_WEBHOOK_SECRET", WEBHOOK_SECRET);
    let allowed = ("BOOKING_WEBHOOK_ALLOW_PRIVATE", "true");
    for url in ["http://shop/hooks", "http://127.0.0.1:9", "https://10.0.0.7", "https://[::1]"] {
        let line = [&*format!("--webhook-url={url}")];
        assert!(load(&line, &[secret]).unwrap_err().starts_with("--webhook-url "), "{url}");
        assert!(load(&line, &[secret, allowed]).unwrap().webhook.is_some(), "{url}");
        let with_flag = [line[0], "--webhook-allow-private"];
        assert!(load(&with_flag, &[secret]).unwrap().webhook.is_some(), "{url}");
    }
    for url in ["x", "ftp://a", "https://u:p@a.example", "https://a.example/#b", "http://1.1.1.1"] {
        let refusal = load(&[], &[("BOOKING_WEBHOOK_URL", url), secret, allowed]).unwrap_err();
        assert!(refusal.starts_with("BOOKING_WEBHOOK_URL "), "{url}: {refusal}");
    }
    let refusal = load(&[], &[("BOOKING_WEBHOOK_ALLOW_PRIVATE", "perhaps")]).unwrap_err();
    assert_eq!(refusal, "BOOKING_WEBHOOK_ALLOW_PRIVATE must be true or false");
}

#[test]
fn no_secret_is_ever_repeated() {
    let variables = [
        // Base64 may read like this.
        ("BOOKING_WEBHOOK_SECRET", "whsec_hiddenhiddenhiddenhiddenhiddenhi"),
        ("BOOKING_WEBHOOK_URL", "https://shop.example/hidden?token=hidden"),
        ("BOOKING_IPN_SECRET", "hidden-0123456789"),
        ("BOOKING_SMTP_URL", "smtp://user:hidden@mail.example:25"),
        ("DATABASE_URL", "postgres://user:hidden@db.example/booking"),
        ("BOOKING_MIGRATE_URL", "postgres://user:hidden@db.example/booking"),
        ("REDIS_URL", "redis://:hidden@a.example,redis://:hidden@b.example"),
    ];
    let refusal = load(&[], &variables).unwrap_err();
    assert!(refusal.starts_with("--webhook-url ") && !refusal.contains("hidden"), "{refusal}");
    let variables: Vec<_> =
        variables.into_iter().filter(|(name, _)| *name != "BOOKING_SMTP_URL").collect();
    let config = load(&[], &variables).unwrap();
    assert!(config.webhook.is_some());
    assert_eq!(config.redis.len(), 2);
    assert!(!format!("{config:?}").contains("hidden"), "{config:?}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "hidden").unwrap();
    for (variable, value) in [
        ("BOOKING_IPN_SECRET", "hidden"),
        ("BOOKING_WEBHOOK_SECRET", "whsec_hidden"),
        ("BOOKING_SMTP_URL", "http://user:hidden@mail.example"),
        ("DATABASE_URL", "mysql://user:hidden@db.example"),
        ("BOOKING_MIGRATE_URL", "mysql://user:hidden@db.example"),
        ("REDIS_URL", "redis://:hidden@a.example,x"),
        ("BOOKING_IPN_SECRET_FILE", file.to_str().unwrap()),
        ("DATABASE_URL_FILE", file.to_str().unwrap()),
    ] {
        let refusal = load(&[], &[(variable, value)]).unwrap_err();
        assert!(refusal.starts_with(variable) && !refusal.contains("hidden"), "{refusal}");
    }
}

#[test]
fn variables_that_are_misspelt_are_noticed() {
    let variables =
        [("BOOKING_HOLD_TLT", "5m"), ("BOOKING_SERVICE_HOST", "10.0.0.1"), ("BOOKING_PORT", "x")];
    assert_eq!(load(&[], &variables).unwrap().unknown_variables, ["BOOKING_HOLD_TLT"]);
}

#[cfg(unix)]
#[test]
fn variables_that_are_not_text_are_refused() {
    use std::os::unix::ffi::OsStringExt as _;
    let value = OsString::from_vec(vec![0xff, 0xfe]);
    let environment = Environment([("BOOKING_LISTEN".to_owned(), value)].into());
    let refusal = Config::load(Options::default(), &environment).unwrap_err();
    assert_eq!(refusal.to_string(), "BOOKING_LISTEN is not UTF-8 text");
}

#[test]
fn links_begin_with_an_address_that_a_browser_can_open() {
    for (bound, expected) in [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:8080", "http://[::1]:8080"),
        ("192.0.2.7:8080", "http://192.0.2.7:8080"),
    ] {
        assert_eq!(PublicUrl::of_listener(bound.parse().unwrap()).as_str(), expected);
    }
    let config = load(&["--public-url", "https://a.example/shop/"], &[]).unwrap();
    let url = config.public_url.unwrap();
    assert_eq!((url.as_str(), url.host().as_str()), ("https://a.example/shop", "a.example"));
    assert_eq!(MailAddress::at(&url.host()).as_str(), "Tickets <tickets@a.example>");
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let address = MailAddress::at(host);
        assert_eq!(address.as_str(), "Tickets <tickets@localhost>");
        assert_eq!(MailAddress::parse(address.as_str()), Ok(address));
    }
}

#[test]
fn files_beside_the_database_carry_its_name() {
    let beside = |file| DatabaseUrl::beside(Path::new(file), ".ipn-secret");
    assert_eq!(beside("booking.db"), Path::new("booking.db.ipn-secret"));
    assert_eq!(beside("/data/x"), Path::new("/data/x.ipn-secret"));
}
