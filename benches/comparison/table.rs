//! Medians and ratios.

use std::fmt;

/// The way that most systems book, which every other is compared with.
pub(crate) const ROW_LOCK: &str = "row lock a booking";

/// What each contender reached in each round, in order of appearance.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Line>);

#[derive(Debug)]
struct Line {
    name: String,
    limit: Option<&'static str>,
    rates: Vec<f64>,
}

impl Table {
    /// Adds what a contender reached in one round, and which contender is its limit.
    pub(crate) fn add(&mut self, name: &str, limit: Option<&'static str>, rate: f64) {
        match self.0.iter_mut().find(|line| line.name == name) {
            Some(line) => line.rates.push(rate),
            None => self.0.push(Line { name: name.to_owned(), limit, rates: vec![rate] }),
        }
    }

    /// Returns the median of the ratios to another contender within each round.
    fn ratio(&self, line: &Line, other: &str) -> Option<f64> {
        let other = self.0.iter().find(|line| line.name == other)?;
        let ratios: Vec<f64> =
            line.rates.iter().zip(&other.rates).map(|(rate, other)| rate / other).collect();
        Some(median(&ratios))
    }
}

fn median(rates: &[f64]) -> f64 {
    let mut sorted = rates.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| contender | per second | lowest to highest | of its limit | times the row lock |"
        )?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: |")?;
        for line in &self.0 {
            let lowest = line.rates.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = line.rates.iter().copied().fold(0.0, f64::max);
            let limit = line.limit.and_then(|limit| self.ratio(line, limit));
            let limit = limit.map(|ratio| format!("{:.0} %", ratio * 100.0)).unwrap_or_default();
            let times = self.ratio(line, ROW_LOCK).map(|ratio| format!("{ratio:.1}"));
            writeln!(
                f,
                "| {} | {:.0} | {lowest:.0}–{highest:.0} | {limit} | {} |",
                line.name,
                median(&line.rates),
                times.unwrap_or_default()
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_a_round() {
        let mut table = Table::default();
        for (first, second) in [(100.0, 50.0), (10.0, 4.0), (1_000.0, 600.0)] {
            table.add("limit", None, first);
            table.add("engine", Some("limit"), second);
            table.add(ROW_LOCK, None, second / 10.0);
        }
        assert!(table.to_string().contains("| engine | 50 | 4–600 | 50 % | 10.0 |"), "{table}");
        assert!((median(&[1.0, 3.0]) - 2.0).abs() < f64::EPSILON);
    }
}
