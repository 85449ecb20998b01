//! Curves over time, as a picture.

use std::path::Path;

use plotters::prelude::*;

use super::recorder::Recorder;

const SIZE: (u32, u32) = (900, 900);

/// How many tickets were in which state, and when.
#[derive(Debug, Clone, Copy)]
pub struct StockSample {
    /// Seconds since the beginning.
    pub at: f64,
    /// Tickets that can be booked.
    pub available: f64,
    /// Tickets that are held.
    pub held: f64,
    /// Tickets that are paid for.
    pub sold: f64,
}

/// What is drawn.
#[derive(Debug)]
pub struct Curve<'a> {
    /// Stands above it.
    pub title: &'a str,
    /// Rates and latencies.
    pub recorder: &'a Recorder,
    /// Tickets; may be empty.
    pub stock: &'a [StockSample],
}

type Series<'s> = (&'s str, RGBColor, Vec<(f64, f64)>);

impl Curve<'_> {
    /// Draws it into an SVG file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn draw(&self, path: &Path) -> anyhow::Result<()> {
        let area = SVGBackend::new(path, SIZE).into_drawing_area();
        let fail = |error| anyhow::anyhow!("the curve cannot be drawn: {error}");
        area.fill(&WHITE).map_err(fail)?;
        let area = area.titled(self.title, ("sans-serif", 22)).map_err(fail)?;
        let parts = area.split_evenly((if self.stock.is_empty() { 2 } else { 3 }, 1));
        let seconds = self.recorder.slots();
        #[expect(clippy::cast_precision_loss, reason = "seconds and counts are far below 2^52")]
        let over_time = |of: &dyn Fn(&super::recorder::Slot) -> u64| -> Vec<(f64, f64)> {
            seconds.iter().enumerate().map(|(at, second)| (at as f64, of(second) as f64)).collect()
        };
        let rates = [
            ("served", BLUE, over_time(&|second| second.served)),
            ("503", RGBColor(230, 140, 0), over_time(&|second| second.shed)),
            ("failed", RED, over_time(&|second| second.failed)),
        ];
        panel(&parts[0], "requests per second", &rates).map_err(fail)?;
        let latency = |share: f64| -> Vec<(f64, f64)> {
            let of = move |second: &super::recorder::Slot| second.latency.value_at_quantile(share);
            over_time(&of).into_iter().map(|(at, micros)| (at, micros / 1_000.0)).collect()
        };
        let latencies = [
            ("p50", BLUE, latency(0.5)),
            ("p99", RED, latency(0.99)),
            ("p99.9", BLACK, latency(0.999)),
        ];
        panel(&parts[1], "latency in ms", &latencies).map_err(fail)?;
        if let Some(part) = parts.get(2) {
            let tickets = |of: fn(&StockSample) -> f64| -> Vec<(f64, f64)> {
                self.stock.iter().map(|sample| (sample.at, of(sample))).collect()
            };
            let stock = [
                ("available", BLUE, tickets(|sample| sample.available)),
                ("held", RGBColor(230, 140, 0), tickets(|sample| sample.held)),
                ("sold", RGBColor(0, 130, 60), tickets(|sample| sample.sold)),
            ];
            panel(part, "tickets", &stock).map_err(fail)?;
        }
        area.present().map_err(fail)
    }
}

fn panel<B: DrawingBackend>(
    area: &DrawingArea<B, plotters::coord::Shift>,
    unit: &str,
    series: &[Series<'_>],
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let points = || series.iter().flat_map(|(_, _, points)| points);
    let right = points().map(|point| point.0).fold(1.0, f64::max);
    let top = points().map(|point| point.1).fold(1.0, f64::max) * 1.1;
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(34)
        .y_label_area_size(76)
        .build_cartesian_2d(0.0..right, 0.0..top)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("seconds")
        .y_desc(unit)
        .label_style(("sans-serif", 13))
        .y_label_formatter(&|value| format!("{value:.0}"))
        .x_label_formatter(&|value| format!("{value:.0}"))
        .draw()?;
    for (name, colour, points) in series {
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(points.iter().copied(), style))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .label_font(("sans-serif", 13))
        .draw()
}
