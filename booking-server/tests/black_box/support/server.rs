//! A server as a child process.

use std::process::{ExitStatus, Stdio};

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::process::{command, limited_command, run};
use super::{Answer, Client, Database, Folder, Output, PATIENCE, SECRET, until};

/// How a server is to be started.
#[derive(Clone)]
pub(crate) struct Launch {
    pub(crate) folder: Folder,
    /// Made by the first start.
    database: Option<Database>,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    open_files: Option<u32>,
}

impl Launch {
    pub(crate) fn new() -> Self {
        Self {
            folder: Folder::new(),
            database: None,
            arguments: Vec::new(),
            open_files: None,
            variables: vec![("BOOKING_IPN_SECRET".to_owned(), SECRET.to_owned())],
        }
    }

    /// Lets the server open so many files and no more.
    pub(crate) fn open_files(mut self, most: u32) -> Self {
        self.open_files = Some(most);
        self
    }

    /// Lets the server work on a database that others work on, too.
    pub(crate) fn on(mut self, database: &Database) -> Self {
        self.database = Some(database.clone());
        self
    }

    pub(crate) fn flag(mut self, name: &str, value: &str) -> Self {
        self.arguments.extend([name.to_owned(), value.to_owned()]);
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(earlier, _)| earlier != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn variable_unless_set(mut self, name: &str, value: String) -> Self {
        if self.variables.iter().all(|(earlier, _)| earlier != name) {
            self.variables.push((name.to_owned(), value));
        }
        self
    }

    pub(crate) fn without_variable(mut self, name: &str) -> Self {
        self.variables.retain(|(earlier, _)| earlier != name);
        self
    }

    /// Returns the database of the servers that were started.
    pub(crate) fn database(&self) -> &Database {
        self.database.as_ref().expect("a server was started")
    }

    /// Returns what the servers of this folder logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// Starts a server on free ports, and waits until it is ready.
    pub(crate) async fn start(mut self) -> Server {
        let database = match &self.database {
            Some(database) => database.clone(),
            None => self.database.insert(Database::new(&self.folder).await).clone(),
        };
        // A file is found without being named: it is where the server looks by itself.
        if !matches!(database, Database::File(_)) {
            for (name, value) in database.variables() {
                self = self.variable_unless_set(name, value);
            }
        }
        let fixed = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        let arguments: Vec<&str> =
            fixed.into_iter().chain(self.arguments.iter().map(String::as_str)).collect();
        let variables: Vec<(&str, &str)> =
            self.variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("server.log"))
            .unwrap();
        let mut child = {
            // It is large, and must not outlive the start.
            let mut command = match self.open_files {
                Some(most) => limited_command(most, &self.folder, &arguments, &variables),
                None => command(&self.folder, &arguments, &variables),
            };
            command.stdout(Stdio::piped()).stderr(log).spawn().unwrap()
        };
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, stdout.read_line(&mut line)).await;
        let addresses = (|| {
            let bound = line.strip_prefix("Open ")?.split_once("(listening on ")?.1;
            let (public, admin) =
                bound.trim_end().strip_suffix(')')?.split_once(", for admins on ")?;
            Some((public.to_owned(), admin.to_owned()))
        })();
        let mut server = Server {
            child,
            public: String::new(),
            admin: String::new(),
            client: Client::new(),
            launch: self,
        };
        let Some((public, admin)) = addresses else {
            panic!("the server did not start: {read:?} {line:?}");
        };
        (server.public, server.admin) = (public, admin);
        let url = server.public("/readyz");
        until("the server to be ready", async || {
            let answer = server.client.try_send(Method::GET, &url, &[], "").await;
            answer.ok().filter(|answer| answer.status == 200)
        })
        .await;
        server
    }
}

/// A running server. It is killed when it goes out of scope.
pub(crate) struct Server {
    child: Child,
    public: String,
    admin: String,
    pub(crate) client: Client,
    pub(crate) launch: Launch,
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.launch.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(40)..];
            println!("the end of the server's log:\n{}", last.join("\n"));
        }
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Launch::new().start().await
    }

    /// Returns the address of a path on the public listener.
    pub(crate) fn public(&self, path: &str) -> String {
        format!("http://{}{path}", self.public)
    }

    /// Returns the address of a path on the admin listener.
    pub(crate) fn admin(&self, path: &str) -> String {
        format!("http://{}{path}", self.admin)
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.launch.folder
    }

    /// Kills the process as nothing else can be killed, and returns how to start it again.
    pub(crate) async fn kill(mut self) -> Launch {
        self.child.start_kill().unwrap();
        self.child.wait().await.unwrap();
        self.launch.clone()
    }

    /// Tells the process to stop in order, and waits until it has.
    pub(crate) async fn stop(self) -> (ExitStatus, Launch) {
        self.signal("TERM").await;
        self.stop_once_signalled().await
    }

    /// Waits until the process, which was told to stop, has.
    pub(crate) async fn stop_once_signalled(mut self) -> (ExitStatus, Launch) {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        (status.expect("the server stops when it is told to").unwrap(), self.launch.clone())
    }

    /// Returns the number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("the server runs")
    }

    /// Sends a signal by its name.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Returns what the server logged.
    pub(crate) fn log(&self) -> String {
        self.launch.log()
    }

    /// Recomputes the books with the program itself, while the server runs.
    pub(crate) async fn audit(&self) -> Output {
        audit(self.launch.database()).await
    }

    pub(crate) async fn assert_balanced(&self) {
        let audit = self.audit().await;
        assert_eq!(audit.status, Some(0), "{}{}", audit.stdout, audit.stderr);
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.client.send(Method::GET, &self.public(path), &[], "").await
    }

    /// Posts JSON to the public listener.
    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.client.send(Method::POST, &self.public(path), &headers, body.to_string()).await
    }

    /// Calls the admin listener; `Null` sends no body.
    pub(crate) async fn manage(&self, method: Method, path: &str, body: &Value) -> Answer {
        let url = self.admin(path);
        if body.is_null() {
            return self.client.send(method, &url, &[], "").await;
        }
        let headers = [("content-type", "application/json")];
        self.client.send(method, &url, &headers, body.to_string()).await
    }

    /// Enters an event with so many tickets as a draft, and returns its id.
    pub(crate) async fn draft(&self, capacity: u32) -> String {
        let answer = self.manage(Method::POST, "/v1/events", &event(capacity)).await;
        answer.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// Puts an event with so many tickets on sale, and returns its id.
    pub(crate) async fn event(&self, capacity: u32) -> String {
        let id = self.draft(capacity).await;
        let path = format!("/v1/events/{id}/publish");
        self.manage(Method::POST, &path, &Value::Null).await.expect(200);
        id
    }

    /// Asks for tickets.
    pub(crate) async fn book(&self, event_id: &str, quantity: u32) -> Answer {
        self.post("/v1/bookings", &[], &booking(event_id, quantity)).await
    }

    /// Books tickets that there must be, and returns the booking.
    pub(crate) async fn hold(&self, event_id: &str, quantity: u32) -> Value {
        self.book(event_id, quantity).await.expect(201)
    }

    pub(crate) async fn cancel(&self, booking: &Value) -> Answer {
        let path = format!("/v1/bookings/{}/cancel", booking["id"].as_str().unwrap());
        self.client.send(Method::POST, &self.public(&path), &[], "").await
    }

    /// Returns a booking as it stands now.
    pub(crate) async fn find(&self, booking: &Value) -> Value {
        self.get(&format!("/v1/bookings/{}", booking["id"].as_str().unwrap())).await.expect(200)
    }

    pub(crate) async fn status(&self, booking: &Value) -> String {
        self.find(booking).await["status"].as_str().unwrap().to_owned()
    }

    /// Waits until a booking has a status, and returns it.
    pub(crate) async fn wait_for(&self, booking: &Value, status: &str) -> Value {
        until(&format!("the booking to be {status}"), async || {
            let now = self.find(booking).await;
            (now["status"] == status).then_some(now)
        })
        .await
    }

    /// Returns capacity, stock, held and sold tickets of an event.
    pub(crate) async fn stock(&self, event_id: &str) -> [i64; 4] {
        let path = format!("/v1/events/{event_id}/stock");
        let stock = self.manage(Method::GET, &path, &Value::Null).await.expect(200);
        ["capacity", "stock", "held", "sold"].map(|name| stock[name].as_i64().unwrap())
    }

    /// Returns a sample of the metrics by its name and labels as they are printed.
    pub(crate) async fn metric(&self, sample: &str) -> Option<f64> {
        let metrics = self.manage(Method::GET, "/metrics", &Value::Null).await;
        assert_eq!(metrics.status, 200);
        let text = metrics.text();
        let line = text.lines().find_map(|line| line.strip_prefix(sample))?;
        line.trim().parse().ok()
    }
}

/// Recomputes the books of a database.
pub(crate) async fn audit(database: &Database) -> Output {
    let variables = database.variables();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
    run(&Folder::new(), &["audit"], &variables).await
}

/// The body that enters an event with so many tickets.
pub(crate) fn event(capacity: u32) -> Value {
    json!({
        "title": "Night of the Organ",
        "description": "Bach and Buxtehude until the candles are down.",
        "category": "concert",
        "tags": ["organ"],
        "venue": {
            "name": "Grossmünster",
            "address": "Grossmünsterplatz 1",
            "city": "Zürich",
            "country": "CH",
            "latitude": 47.3702,
            "longitude": 8.5440,
        },
        "starts_at": "2099-06-01T18:00:00Z",
        "ends_at": "2099-06-01T21:00:00Z",
        "timezone": "Europe/Zurich",
        "price": { "amount": 4500, "currency": "CHF" },
        "capacity": capacity,
        "max_per_booking": 10,
    })
}

/// The body that books tickets.
pub(crate) fn booking(event_id: &str, quantity: u32) -> Value {
    json!({
        "event_id": event_id,
        "quantity": quantity,
        "customer": { "name": "Ada Lovelace", "email": "ada@example.org" },
    })
}
