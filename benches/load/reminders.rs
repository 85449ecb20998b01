//! Reminders of many bookings that fall due at a stroke, beside bookings of another event.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use booking_benches::gateway::unix_now;
use booking_benches::load::{
    Bookings, Class, Kind, Recorder, Report, Script, Usage, Watch, memory,
};
use booking_benches::stage::{Stage, call, publish_event, rehearsal};
use booking_testbed::SmtpSink;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use crate::books::Told;
use crate::mixes::{Outcome, booked, drive, faults, prepare};
use crate::options::{Mix, Options};
use crate::{Target, say};

/// Events begin so late that nobody is to be reminded yet: a day before, unless an organiser wants otherwise.
const BEGINS_AFTER: SignedDuration = SignedDuration::from_hours(10 * 24);

/// The longest lead there is, by which they are all overdue.
const OVERDUE_MINUTES: u32 = 30 * 24 * 60;

/// No mail for so long, and no more are to be expected.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often mails are counted.
const STEP: Duration = Duration::from_millis(20);

/// A stretch of bookings.
struct Window {
    report: Report,
    usage: Vec<Usage>,
    /// Mails that arrived meanwhile, a second.
    mails: f64,
    wrong: Vec<String>,
    unknown: u64,
}

/// How mails came that were due.
struct Wave {
    first: Instant,
    last: Instant,
}

struct Course<'a> {
    options: &'a Options,
    target: &'a Target,
    stage: &'a Stage,
    sink: Arc<SmtpSink>,
    bookings: Arc<Bookings>,
}

/// Measures bookings with and without reminders in turn, and how the reminders come.
pub(crate) async fn run(
    options: &Options,
    target: &Target,
    stage: &Stage,
    sink: &Arc<SmtpSink>,
) -> anyhow::Result<Outcome> {
    let bookings = Bookings::new(target.events.clone(), options.quantity).remember();
    let bookings = Arc::new(bookings);
    let course = Course { options, target, stage, sink: Arc::clone(sink), bookings };
    let started = Instant::now();
    let mut events = Vec::new();
    for _ in 0..options.rounds {
        events.push(course.make_event().await?);
    }
    let each = usize::try_from(options.reminders)?;
    count(sink, each * events.len()).await?;
    say(&format!("all {} buyers have their confirmation", each * events.len()));
    let before = course.memory();
    let (mut notes, mut ratios) = (Vec::new(), Vec::new());
    let (mut wrong, mut unknown) = (Vec::new(), 0);
    for (round, event) in events.iter().enumerate() {
        // Each goes first as often as the other, since the tables grow meanwhile.
        let (without, with, wave) = if round % 2 == 0 {
            let without = course.book().await;
            let (with, wave) = course.book_beside(event).await?;
            (without, with, wave)
        } else {
            let (with, wave) = course.book_beside(event).await?;
            (course.book().await, with, wave)
        };
        ratios.push(with.report.rate(Kind::Book) / without.report.rate(Kind::Book));
        notes.push(format!("without: {without}"));
        notes.push(format!("with:    {with}"));
        notes.push(format!("         {}", wave.describe(each)));
        for window in [without, with] {
            wrong.extend(window.wrong);
            unknown += window.unknown;
        }
    }
    ratios.sort_by(f64::total_cmp);
    let shown: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
    notes.push(format!("bookings with, of those without: {}", shown.join(", ")));
    let (before, after) = (before / 1_048_576, course.memory() / 1_048_576);
    notes.push(format!("memory: {before} MiB before, {after} MiB after"));
    let (sent, wanted) = (sink.taken(), 2 * each * events.len());
    if sent != wanted {
        wrong.push(format!("{sent} mails were sent in place of {wanted}"));
    }
    let promises = booked(&course.bookings).collect();
    let told = Told { promises, unknown, ..Told::default() };
    let report = Report::new(&Recorder::new(Instant::now()), started.elapsed());
    Ok(Outcome { report, notes, told, wrong })
}

impl Course<'_> {
    /// Makes an event that costs nothing, so that whoever books has a ticket at once, and sells it out.
    async fn make_event(&self) -> anyhow::Result<String> {
        let tickets = self.options.reminders;
        let mut body = rehearsal(tickets);
        let starts_at = Timestamp::from_second(unix_now())?.saturating_add(BEGINS_AFTER)?;
        let ends_at = starts_at.saturating_add(SignedDuration::from_hours(3))?;
        body["starts_at"] = json!(starts_at.to_string());
        body["ends_at"] = json!(ends_at.to_string());
        body["price"]["amount"] = json!(0);
        let event = publish_event(&self.stage.admin, &body).await?;
        prepare(self.target, std::slice::from_ref(&event), usize::try_from(tickets)?).await?;
        Ok(event)
    }

    /// Books, and nothing else.
    async fn book(&self) -> Window {
        let span = self.options.span();
        let from = Instant::now() + span.warm_up;
        let recorder = Arc::new(Recorder::new(from).until(from + span.counted));
        let watches: Vec<_> = self.stage.processes().map(Watch::start).collect();
        let (started, before) = (Instant::now(), self.sink.taken());
        let script: Arc<dyn Script> = self.bookings.clone();
        drive(self.options, self.target, span, &script, &recorder).await;
        #[expect(clippy::cast_precision_loss, reason = "mails are far below 2^52")]
        let mails = (self.sink.taken() - before) as f64 / started.elapsed().as_secs_f64();
        Window {
            report: Report::new(&recorder, recorder.elapsed()),
            usage: watches.into_iter().map(Watch::finish).collect(),
            mails,
            wrong: faults(Mix::Reminders, &recorder),
            unknown: recorder.unknown(Kind::Book),
        }
    }

    /// Books from the moment at which the first of an event's reminders has come, and waits for the last one.
    async fn book_beside(&self, event: &str) -> anyhow::Result<(Window, Wave)> {
        let goal = self.sink.taken() + usize::try_from(self.options.reminders)?;
        let change = json!({ "reminder_minutes": OVERDUE_MINUTES });
        let path = format!("/v1/events/{event}");
        let changed = call(&self.stage.admin, Method::PATCH, &path, &change).await?;
        anyhow::ensure!(changed["reminder_minutes"] == OVERDUE_MINUTES, "refused: {changed}");
        let sink = Arc::clone(&self.sink);
        let before = sink.taken();
        let wave = tokio::spawn(async move { count(&sink, goal).await });
        let first = async {
            while self.sink.taken() == before {
                sleep(STEP).await;
            }
        };
        timeout(PATIENCE, first).await.context("nobody is reminded")?;
        let window = self.book().await;
        Ok((window, wave.await??))
    }

    fn memory(&self) -> u64 {
        self.stage.processes().map(memory).sum()
    }
}

impl Wave {
    #[expect(clippy::cast_precision_loss, reason = "mails are far below 2^52")]
    fn describe(&self, mails: usize) -> String {
        let took = (self.last - self.first).as_secs_f64();
        format!("{mails} reminders in {took:.1} s, {:.0} /s", mails as f64 / took)
    }
}

/// Counts mails until there are so many.
async fn count(sink: &SmtpSink, goal: usize) -> anyhow::Result<Wave> {
    let (mut first, mut last, mut taken) = (None, Instant::now(), sink.taken());
    while taken < goal {
        sleep(STEP).await;
        let now = sink.taken();
        if now > taken {
            (taken, last) = (now, Instant::now());
            first.get_or_insert(last);
        }
        anyhow::ensure!(last.elapsed() < PATIENCE, "{taken} mails of {goal}, and no more come");
    }
    Ok(Wave { first: first.unwrap_or(last), last })
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>6.0} bookings/s", self.report.rate(Kind::Book))?;
        let report = self.report.kinds.iter().find(|report| report.kind == Kind::Book);
        for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
            let latency = report.and_then(|report| report.latency(Class::Done, share));
            let millis = latency.unwrap_or_default().as_secs_f64() * 1_000.0;
            write!(f, ", {name} {millis:.1} ms")?;
        }
        write!(f, "; {:.0} mails/s", self.mails)?;
        self.usage.iter().try_for_each(|usage| write!(f, "; {usage}"))
    }
}
