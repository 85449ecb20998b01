//! Medians and ratios.

use std::fmt;

/// What each contender reached in each round, in order of appearance.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<(String, Vec<f64>)>);

impl Table {
    /// Adds what a contender reached in one round.
    pub(crate) fn add(&mut self, name: &str, rate: f64) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, rates)) => rates.push(rate),
            None => self.0.push((name.to_owned(), vec![rate])),
        }
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

/// The ratio of two contenders is the median of the ratios within each round.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| contender | per second | lowest to highest | of the first |")?;
        writeln!(f, "| --- | ---: | ---: | ---: |")?;
        let first = self.0.first().map(|(_, rates)| rates.as_slice()).unwrap_or_default();
        for (name, rates) in &self.0 {
            let ratios: Vec<f64> =
                rates.iter().zip(first).map(|(rate, first)| rate / first).collect();
            let lowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = rates.iter().copied().fold(0.0, f64::max);
            writeln!(
                f,
                "| {name} | {:.0} | {lowest:.0}–{highest:.0} | {:.3} |",
                median(rates),
                median(&ratios)
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
            table.add("limit", first);
            table.add("engine", second);
        }
        assert!(table.to_string().contains("| engine | 50 | 4–600 | 0.500 |"), "{table}");
        assert!((median(&[1.0, 3.0]) - 2.0).abs() < f64::EPSILON);
    }
}
