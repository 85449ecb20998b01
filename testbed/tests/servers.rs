//! Each kind of server starts, answers, comes back at the same address after it was killed, stands still
//! when it is told to, and leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use booking_testbed::{
    PgBouncer, PgBouncerOptions, Postgres, PostgresOptions, Redis, RedisCluster, RedisOptions,
};
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClient;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

const PATIENCE: Duration = Duration::from_secs(30);

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A process and the folder it lives in.
#[derive(Debug)]
struct Traces {
    process: PathBuf,
    folder: PathBuf,
}

impl Traces {
    fn of(process_id: Option<i32>) -> Self {
        let process = Path::new("/proc").join(process_id.unwrap().to_string());
        let inside = std::fs::read_link(process.join("cwd")).unwrap();
        let is_ours = |folder: &&Path| {
            let name = folder.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("booking-testbed-"))
        };
        let folder = inside.ancestors().find(is_ours).unwrap().to_owned();
        Self { process, folder }
    }

    fn is_there(&self) -> bool {
        self.process.exists() || self.folder.exists()
    }
}

async fn connect(url: &str) -> PgConnection {
    // What pgbouncer does not know is not sent.
    let options: PgConnectOptions = url.parse().unwrap();
    PgConnection::connect_with(&options.extra_float_digits(None)).await.unwrap()
}

async fn count(url: &str) -> i64 {
    let mut connection = connect(url).await;
    let mut transaction = connection.begin().await.unwrap();
    let count = sqlx::query_scalar("SELECT count(*) FROM things").persistent(false);
    let count = count.fetch_one(&mut *transaction).await.unwrap();
    transaction.rollback().await.unwrap();
    count
}

#[tokio::test]
async fn postgres_keeps_what_it_committed_and_leaves_nothing_behind() {
    let postgres = Postgres::start(PostgresOptions::durable()).await;
    postgres.create_database("shop").await;
    postgres.execute("shop", "CREATE TABLE things (id int); INSERT INTO things VALUES (1)").await;
    let url = postgres.url("shop");

    postgres.kill9().await;
    assert!(PgConnection::connect(&url).await.is_err(), "nobody listens");
    postgres.start_again().await;
    assert_eq!(count(&url).await, 1);
    postgres.restart().await;
    assert_eq!(count(&url).await, 1);

    postgres.pause().await;
    let stuck = tokio::time::timeout(Duration::from_millis(200), count(&url)).await;
    assert!(stuck.is_err(), "a paused server does not answer");
    postgres.resume().await;
    assert_eq!(count(&url).await, 1);

    let traces = Traces::of(postgres.process_id());
    drop(postgres);
    assert!(!traces.is_there(), "{traces:?}");
}

#[tokio::test]
async fn a_killed_postgres_leaves_nothing_behind_either() {
    let postgres = Postgres::start(PostgresOptions::fast()).await;
    let traces = Traces::of(postgres.process_id());
    postgres.kill9().await;
    drop(postgres);
    assert!(!traces.is_there(), "{traces:?}");
}

#[tokio::test]
async fn a_paused_postgres_is_removed_too() {
    let postgres = Postgres::start(PostgresOptions::fast()).await;
    let traces = Traces::of(postgres.process_id());
    postgres.pause().await;
    drop(postgres);
    assert!(!traces.is_there(), "{traces:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_template_is_filled_once_and_copied_often() {
    let copy = || async {
        let postgres = Postgres::shared();
        let fill = |url: String| async move {
            let mut connection = connect(&url).await;
            let create = "CREATE TABLE things AS SELECT 1 AS id";
            sqlx::raw_sql(create).execute(&mut connection).await.unwrap();
        };
        let template = postgres.template("things", fill).await;
        let name = postgres.copy_database(&template).await;
        (count(&postgres.url(&name)).await, name)
    };
    let copies: Vec<_> = (0..8).map(|_| tokio::spawn(copy())).collect();
    let mut names = Vec::new();
    for copied in copies {
        let (things, name) = copied.await.unwrap();
        assert_eq!(things, 1);
        names.push(name);
    }
    let postgres = Postgres::shared();
    for name in &names {
        postgres.drop_database(name).await;
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 8, "each copy has a name of its own");
}

#[tokio::test]
async fn pgbouncer_leads_to_any_database_and_comes_back() {
    let postgres = Postgres::start(PostgresOptions::fast()).await;
    let pgbouncer = PgBouncer::start(&postgres, PgBouncerOptions::default()).await;
    for database in ["one", "two"] {
        postgres.create_database(database).await;
        postgres.execute(database, "CREATE TABLE things AS SELECT 1 AS id").await;
        assert_eq!(count(&pgbouncer.url(database)).await, 1);
    }
    let refused = PgConnection::connect(&pgbouncer.url("one")).await;
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("extra_float_digits"), "adapters have to cope: {message}");

    let url = pgbouncer.url("one");
    pgbouncer.kill9().await;
    assert!(PgConnection::connect(&url).await.is_err(), "nobody listens");
    pgbouncer.start_again().await;
    assert_eq!(count(&url).await, 1);
    pgbouncer.stop().await;
    pgbouncer.start_again().await;
    pgbouncer.pause().await;
    let stuck = tokio::time::timeout(Duration::from_millis(200), count(&url)).await;
    assert!(stuck.is_err(), "a paused pgbouncer does not answer");
    pgbouncer.resume().await;
    assert_eq!(count(&url).await, 1);

    postgres.restart().await;
    assert_eq!(count(&url).await, 1);

    let traces = Traces::of(pgbouncer.process_id());
    drop(pgbouncer);
    assert!(!traces.is_there(), "{traces:?}");
}

async fn connect_redis(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

#[tokio::test]
async fn redis_comes_back_empty() {
    let options = RedisOptions::default().password("a password: it's 'quoted'");
    let redis = Redis::start(options).await;
    let url = redis.url();
    let anonymous = format!("redis://127.0.0.1:{}", redis.port());
    let client = redis::Client::open(anonymous).unwrap();
    let mut stranger = client.get_multiplexed_async_connection().await.unwrap();
    assert!(stranger.get::<_, Option<i32>>("key").await.is_err(), "a password is asked for");

    let mut connection = connect_redis(&url).await;
    let () = connection.set("key", 1).await.unwrap();
    redis.kill9().await;
    redis.start_again().await;
    let mut connection = connect_redis(&url).await;
    assert_eq!(connection.get::<_, Option<i32>>("key").await.unwrap(), None);
    let () = connection.set("key", 2).await.unwrap();

    redis.pause().await;
    let mut asked = connection.clone();
    let stuck = tokio::time::timeout(Duration::from_millis(200), asked.get::<_, i32>("key")).await;
    assert!(stuck.is_err(), "a paused server does not answer");
    redis.resume().await;
    assert_eq!(connection.get::<_, i32>("key").await.unwrap(), 2);
    redis.stop().await;
    redis.start_again().await;

    let traces = Traces::of(redis.process_id());
    drop(redis);
    assert!(!traces.is_there(), "{traces:?}");
}

#[tokio::test]
async fn a_cluster_replaces_masters_that_were_killed_or_asked_to_go() {
    let cluster = RedisCluster::start().await;
    let urls = cluster.urls();
    let client = || ClusterClient::new(urls.split(',').collect::<Vec<_>>()).unwrap();
    let mut connection = client().get_async_connection().await.unwrap();
    for number in 0..100 {
        let () = connection.set(format!("key:{number}"), number).await.unwrap();
    }
    let masters: Vec<usize> = vec![cluster.master_of("event:{a}").await, 0, 1, 2];
    assert!(masters[0] < 3, "the first three are masters");

    let killed = cluster.fail_over("event:{a}").await;
    assert_eq!(killed, masters[0]);
    let successor = cluster.master_of("event:{a}").await;
    assert_ne!(successor, killed);
    cluster.node(killed).start_again().await;
    cluster.wait_until_healthy().await;

    assert_eq!(cluster.switch_over("event:{a}").await, successor);
    assert_eq!(cluster.master_of("event:{a}").await, killed);
    cluster.wait_until_healthy().await;
    let mut connection = client().get_async_connection().await.unwrap();
    for number in 0..100 {
        assert_eq!(connection.get::<_, i32>(format!("key:{number}")).await.unwrap(), number);
    }

    let traces: Vec<Traces> =
        cluster.nodes().iter().map(|node| Traces::of(node.process_id())).collect();
    drop(cluster);
    assert!(!traces.iter().any(Traces::is_there), "{traces:?}");
}

#[test]
fn shared_servers_serve_runtimes_that_come_and_go() {
    let threads: Vec<_> = (0..4)
        .map(|number| {
            std::thread::spawn(move || {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let database = format!("of_thread_{number}");
                    let postgres = Postgres::shared();
                    postgres.create_database(&database).await;
                    postgres.execute(&database, "CREATE TABLE things (id int)").await;
                    assert_eq!(count(&PgBouncer::shared().url(&database)).await, 0);
                    let mut connection = connect_redis(&Redis::shared().url()).await;
                    let () = connection.set(&database, 1).await.unwrap();
                });
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Not a test: what [`a_process_that_is_killed_leaves_nothing_behind`] kills.
#[test]
#[ignore = "waits to be killed"]
fn starts_servers_and_waits_to_be_killed() {
    let shared = [
        Postgres::shared().process_id(),
        PgBouncer::shared().process_id(),
        Redis::shared().process_id(),
        RedisCluster::shared().node(5).process_id(),
    ];
    for process_id in shared {
        println!("\nserver {}", process_id.unwrap());
    }
    println!("that is all");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_nothing_behind() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--nocapture", "--exact", "starts_servers_and_waits_to_be_killed"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let traces: Vec<Traces> = lines
        .take_while(|line| line != "that is all")
        .filter_map(|line| Some(Traces::of(line.strip_prefix("server ")?.parse().ok())))
        .collect();
    assert_eq!(traces.len(), 4);
    assert!(traces.iter().all(|traces| traces.process.exists()));

    child.kill().unwrap();
    child.wait().unwrap();
    until("everything is gone", || !traces.iter().any(Traces::is_there)).await;
}
