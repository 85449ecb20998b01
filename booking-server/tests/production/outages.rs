//! What is around the servers going away.

use booking_testbed::{
    PgBouncer, PgBouncerOptions, Postgres, PostgresOptions, Redis, RedisOptions,
};

use crate::support::{Folder, Launch, Server, run, until};

/// Fails if a text names one of the addresses, or what opens them.
#[track_caller]
fn assert_tells_nothing(text: &str, hidden: &[String]) {
    for secret in hidden {
        let line = text.lines().find(|line| line.contains(&**secret));
        assert_eq!(line, None, "this tells {secret:?}");
    }
}

async fn is_degraded(server: &Server) -> bool {
    server.get("/readyz").await.expect(200)["degraded"] == true
}

#[tokio::test]
async fn a_server_starts_and_sells_while_redis_is_down() {
    let redis = Redis::start(RedisOptions::default()).await;
    redis.stop().await;
    let server = Launch::new().variable("REDIS_URL", &redis.url()).start().await;
    assert!(is_degraded(&server).await);
    let event = server.event(2).await;
    let booking = server.hold(&event, 1).await;
    server.cancel(&booking).await.expect(200);
    server.hold(&event, 2).await;
    server.book(&event, 1).await.expect_problem(409, "sold-out");
    assert_eq!(server.stock(&event).await, [2, 2, 2, 0]);

    redis.start_again().await;
    until("the cache to be used again", async || (!is_degraded(&server).await).then_some(())).await;
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_connection_that_fails_tells_neither_secrets_nor_addresses() {
    let postgres = Postgres::start(PostgresOptions::fast()).await;
    postgres.create_database("hidden_name").await;
    let pgbouncer = PgBouncer::start(&postgres, PgBouncerOptions::default()).await;
    let redis = Redis::start(RedisOptions::default().password("hidden-password")).await;
    let hidden = [
        postgres.password().to_owned(),
        "hidden".to_owned(),
        format!(":{}", postgres.port()),
        format!(":{}", pgbouncer.port()),
        format!(":{}", redis.port()),
    ];
    let server = Launch::new()
        .variable("DATABASE_URL", &pgbouncer.url("hidden_name"))
        .variable("BOOKING_PGBOUNCER", "true")
        .variable("BOOKING_MIGRATE_URL", &postgres.url("hidden_name"))
        .variable("REDIS_URL", &redis.url())
        .variable("RUST_LOG", "debug")
        .start()
        .await;
    let event = server.event(5).await;
    let booking = server.hold(&event, 1).await;

    let mut answers = String::new();
    let mut ask = async |status: u16| {
        for answer in [
            server.get("/readyz").await,
            server.get(&format!("/v1/bookings/{}", booking["id"].as_str().unwrap())).await,
            server.book(&event, 1).await,
        ] {
            assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
            answers.push_str(&answer.text());
        }
    };
    redis.stop().await;
    postgres.stop().await;
    // What /readyz found is remembered for a moment.
    until("the server to notice", async || {
        (server.get("/readyz").await.status == 503).then_some(())
    })
    .await;
    ask(503).await;
    pgbouncer.stop().await;
    ask(503).await;
    assert_tells_nothing(&answers, &hidden);
    assert_tells_nothing(&server.log(), &hidden);

    postgres.start_again().await;
    pgbouncer.start_again().await;
    until("the server to sell again", async || {
        (server.book(&event, 1).await.status == 201).then_some(())
    })
    .await;
    let log = server.log();
    assert!(log.contains("the database is unavailable"), "what happened is logged");
    assert!(log.contains("the cache is unavailable"), "what happened is logged");
    assert_tells_nothing(&log, &hidden);
}

#[tokio::test]
async fn a_database_that_lets_nobody_in_is_not_told_about() {
    let port = Postgres::shared().port();
    for url in [
        format!("postgres://hidden_user:hidden-password@127.0.0.1:{port}/postgres"),
        format!(
            "postgres://{0}:{1}@127.0.0.1:{port}/hidden_name",
            "booking",
            Postgres::shared().password()
        ),
    ] {
        let output = run(&Folder::new(), &["audit"], &[("DATABASE_URL", &*url)]).await;
        assert_eq!(output.status, Some(2), "{}", output.stderr);
        let hidden =
            ["hidden".to_owned(), Postgres::shared().password().to_owned(), format!(":{port}")];
        assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
        assert_tells_nothing(&output.stderr, &hidden);
        assert_tells_nothing(&output.stdout, &hidden);
    }
}
