//! What operators see.

use std::process::Stdio;

use booking_testbed::{PgBouncer, Postgres, Redis, RedisCluster};
use http::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::support::{Folder, Launch, PATIENCE, Server, command, until};

#[tokio::test]
async fn an_embedded_server_says_what_it_runs_on() {
    let server = Server::start().await;
    let ready = server.get("/readyz").await.expect(200);
    assert_eq!(ready["kinds"], json!({"database": "sqlite", "cache": "memory"}));
    assert_eq!(ready["dependencies"], json!({"database": "up", "cache": "up"}));
}

#[tokio::test]
async fn a_server_in_production_says_what_it_runs_on_and_how_that_is() {
    for kinds in [("postgresql-pgbouncer", "redis"), ("postgresql", "redis-cluster")] {
        let pooled = kinds.0 == "postgresql-pgbouncer";
        let database = format!("operations_{}", if pooled { "pooled" } else { "direct" });
        Postgres::shared().create_database(&database).await;
        let direct = Postgres::shared().url(&database);
        let launch = Launch::new().variable("BOOKING_DATABASE_CONNECTIONS", "5");
        let launch = if pooled {
            launch
                .variable("DATABASE_URL", &PgBouncer::shared().url(&database))
                .variable("BOOKING_MIGRATE_URL", &direct)
                .variable("BOOKING_PGBOUNCER", "1")
        } else {
            launch.variable("DATABASE_URL", &direct)
        };
        let is_cluster = kinds.1 == "redis-cluster";
        let redis = if is_cluster { RedisCluster::shared().urls() } else { Redis::shared().url() };
        let server = launch.variable("REDIS_URL", &redis).start().await;

        let ready = server.get("/readyz").await.expect(200);
        assert_eq!(ready["kinds"], json!({"database": kinds.0, "cache": kinds.1}));

        let event = server.event(1).await;
        server.hold(&event, 1).await;
        let text = until("the connections to be counted", async || {
            let text = server.manage(Method::GET, "/metrics", &Value::Null).await.text();
            let busy = text.contains("booking_database_connections{state=\"busy\"}");
            (busy && text.contains("booking_database_connections{state=\"idle\"}")).then_some(text)
        })
        .await;
        for sample in [
            "booking_database_connections_max 5\n",
            "booking_cache_breaker_state 0\n",
            "booking_database_wait_seconds_bucket{",
            "booking_batch_size_bucket{queue=\"admission\",le=\"1\"} 1\n",
            "booking_cache_lookups_total{result=\"miss\"} ",
            "booking_gate_verdicts_total{gate=\"taken\",database=\"held\"} 1\n",
        ] {
            assert!(text.contains(sample), "{sample}: {text}");
        }
        assert!(!text.contains(&event), "ids are no labels");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_slow_search_is_logged_with_its_plan_and_without_what_only_somebody_typed() {
    let server = Launch::new().flag("--slow-search", "0s").start().await;
    let event = server.event(5).await;
    let title = server.get(&format!("/v1/events/{event}")).await.expect(200)["title"].clone();
    let word = title.as_str().unwrap().split_whitespace().max_by_key(|word| word.len()).unwrap();
    let typed = format!("{word} lovelace ada@analytical.example 5105105105105100");
    let query = format!("q={}&near=51.50735,-0.12776&tag=byron", typed.replace(' ', "%20"));
    let path = format!("/v1/events?{query}");
    let log = until("a search is logged", async || {
        server.get(&path).await.expect(200);
        Some(server.log()).filter(|log| log.contains("near"))
    })
    .await;
    let line = log.lines().find(|line| line.contains("a search was slow")).unwrap();
    assert!(log.contains("q tag near") && log.contains(&word.to_lowercase()), "{log}");
    assert!(line.contains("took_ms=") && line.contains("plan="), "{log}");
    for secret in ["lovelace", "analytical", "5105105", "51.50", "byron"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

/// What a server said at its start of the connections that it takes, if it said something.
fn said_of_connections(server: &Server) -> Option<String> {
    let log = server.log();
    let line = log.lines().find(|line| line.contains("fewer connections are taken at once"));
    line.map(str::to_owned)
}

#[tokio::test]
async fn a_server_that_may_not_open_enough_files_warns_at_its_start() {
    let launch = |files, connections: &str| {
        Launch::new().open_files(files).flag("--max-connections", connections)
    };
    // 192 files are for everything but clients.
    let server = launch(392, "200").start().await;
    assert_eq!(said_of_connections(&server), None);
    server.stop().await;
    let server = launch(300, "200").start().await;
    let said = said_of_connections(&server).unwrap();
    for part in [" WARN ", "asked_for=200 taken=108 needed_files=392", "ulimit -n"] {
        assert!(said.contains(part), "{part:?} in {said}");
    }
    server.get("/readyz").await.expect(200);
    server.stop().await;
}

#[tokio::test]
async fn connections_to_the_database_are_files_too() {
    let database = "operations_files";
    Postgres::shared().create_database(database).await;
    let start = async |files, connections: &str| {
        let launch = Launch::new().variable("DATABASE_URL", &Postgres::shared().url(database));
        let launch = launch.open_files(files).flag("--max-connections", "100");
        launch.flag("--database-connections", connections).start().await
    };
    let server = start(300, "8").await;
    assert_eq!(said_of_connections(&server), None);
    server.stop().await;
    let server = start(300, "60").await;
    let said = said_of_connections(&server).unwrap();
    assert!(said.contains("asked_for=100 taken=48 needed_files=352"), "{said}");
    server.stop().await;
}

/// Whoever starts servers does not wait for one that waits for its database.
#[tokio::test]
async fn a_server_that_waits_for_its_database_can_be_told_to_stop() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://nobody@{}/none", silent.local_addr().unwrap());
    let folder = Folder::new();
    let arguments = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let secret = ("BOOKING_IPN_SECRET", "a secret of sixteen bytes or more");
    let mut command = command(&folder, &arguments, &[("DATABASE_URL", &url), secret]);
    let mut server = command.stderr(Stdio::null()).spawn().unwrap();
    // It has asked, and is not answered.
    let asked = tokio::time::timeout(PATIENCE, silent.accept()).await;
    let _connection = asked.expect("it asks its database").unwrap();
    let id = server.id().unwrap().to_string();
    let told = Command::new("kill").args(["-s", "TERM", &id]).status().await.unwrap();
    assert!(told.success());
    let ended = tokio::time::timeout(PATIENCE, server.wait()).await;
    assert!(ended.expect("it stops when it is told to").unwrap().success());
}
