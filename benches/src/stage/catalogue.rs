//! A large catalogue: events of many kinds in many cities.

use std::fmt::Write as _;
use std::process::Stdio;

use anyhow::Context as _;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// So many events are written at a time.
const AT_ONCE: u64 = 1_000;

const KINDS: [&str; 8] = [
    "MusicEvent",
    "TheaterEvent",
    "SportsEvent",
    "ExhibitionEvent",
    "ComedyEvent",
    "DanceEvent",
    "BusinessEvent",
    "LiteraryEvent",
];

const WORDS: [&str; 16] = [
    "Night", "Organ", "River", "Festival", "Jazz", "Winter", "Garden", "Open", "Baroque", "Rust",
    "Summit", "Derby", "Gala", "Forum", "Echo", "Lantern",
];

const CITIES: [(&str, &str); 10] = [
    ("Basel", "CH"),
    ("Zürich", "CH"),
    ("Paris", "FR"),
    ("Berlin", "DE"),
    ("Wien", "AT"),
    ("Milano", "IT"),
    ("London", "GB"),
    ("Osaka", "JP"),
    ("Toronto", "CA"),
    ("São Paulo", "BR"),
];

/// Feeds so many events to the program's importer.
pub(super) async fn import(mut command: Command, events: u64) -> anyhow::Result<()> {
    let mut importer = command
        .args(["import", "--publish", "--capacity", "1000", "--timezone", "UTC", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut input = importer.stdin.take().context("it is piped")?;
    let mut lines = String::new();
    for number in 0..events {
        line(&mut lines, number);
        if (number + 1) % AT_ONCE == 0 || number + 1 == events {
            input.write_all(lines.as_bytes()).await?;
            lines.clear();
        }
    }
    drop(input);
    let ended = importer.wait().await?;
    anyhow::ensure!(ended.success(), "the catalogue cannot be imported: {ended}");
    Ok(())
}

fn line(lines: &mut String, number: u64) {
    let pick = |count: usize, step: u64| {
        usize::try_from(number / step % u64::try_from(count).unwrap_or(1)).unwrap_or(0)
    };
    let kind = KINDS[pick(KINDS.len(), 1)];
    let (first, second) = (WORDS[pick(WORDS.len(), 3)], WORDS[pick(WORDS.len(), 48)]);
    let (city, country) = CITIES[pick(CITIES.len(), 7)];
    let (month, day, hour) = (1 + number / 28 % 12, 1 + number % 28, 10 + number % 12);
    let price = 10 + number % 90;
    writeln!(
        lines,
        r#"{{"@context":"https://schema.org","@type":"{kind}","@id":"https://example.org/events/{number}","name":"{first} {second} {number}","description":"An evening of the {first}, made up to fill a catalogue.","startDate":"2098-{month:02}-{day:02}T{hour:02}:00:00Z","location":{{"@type":"Place","name":"Hall {}","address":{{"@type":"PostalAddress","addressLocality":"{city}","addressCountry":"{country}"}}}},"offers":{{"@type":"Offer","price":"{price}.00","priceCurrency":"EUR"}}}}"#,
        number % 100,
    )
    .expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_event_of_its_own() {
        let mut lines = String::new();
        (0..100).for_each(|number| line(&mut lines, number));
        let names: std::collections::BTreeSet<String> = lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|event| event["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(names.len(), 100);
    }
}
