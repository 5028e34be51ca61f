//! Bars over an axis, with marks below it.

use plotters::backend::SVGBackend;
use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};

use super::{BAR, ChartError, FAINT, INK, RULE, SUSPECT, style};

/// The part of a drawing that a panel is drawn on.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Left of the axis: numbers.
const LEFT: i32 = 64;
/// Right of the axis.
const RIGHT: i32 = 44;

/// One bar.
pub(super) struct Bar {
    pub from: f64,
    pub to: f64,
    pub height: f64,
    pub suspected: bool,
    /// Stands above the bar.
    pub label: Option<String>,
}

/// A place below the axis.
pub(super) struct Mark {
    pub at: f64,
    pub suspected: bool,
}

/// Bars with a title, an axis and marks.
pub(super) struct Panel {
    /// Stands above the bars, at the left.
    pub title: String,
    /// Stands above the bars, at the right.
    pub aside: String,
    pub ends: (f64, f64),
    pub bars: Vec<Bar>,
    pub marks: Vec<Mark>,
    /// Places on the axis with what is written there.
    pub ticks: Vec<(f64, String)>,
    /// A line across.
    pub level: Option<f64>,
    /// The top of the scale; the highest bar if absent.
    pub top: Option<f64>,
}

impl Panel {
    pub(super) fn draw(&self, area: &Area<'_>) -> Result<(), ChartError> {
        let (width, _) = area.dim_in_pixel();
        let right = i32::try_from(width).unwrap_or(i32::MAX) - RIGHT;
        let put = |text: &str, at: (i32, i32), pixels: f64, color: RGBColor, anchor: HPos| {
            let style = style(pixels, color).pos(Pos::new(anchor, VPos::Center));
            area.draw(&Text::new(text.to_owned(), at, style))
                .map_err(ChartError::from_drawing)
        };
        put(&self.title, (LEFT, 12), 17.0, INK, HPos::Left)?;
        put(&self.aside, (right, 12), 15.0, FAINT, HPos::Right)?;

        let highest = self.bars.iter().map(|bar| bar.height).fold(0.0, f64::max);
        let top = self.top.unwrap_or((highest * 1.15).min(1.0)).max(1e-9);
        let (low, high) = self.ends;
        let chart = ChartBuilder::on(area)
            .margin_top(26)
            .margin_left(LEFT)
            .margin_right(RIGHT)
            .margin_bottom(34)
            .build_cartesian_2d(low..high.max(low + 1e-9), 0.0..top)
            .map_err(ChartError::from_drawing)?;
        let plot = chart.plotting_area();
        for step in 0..=2 {
            let height = top * f64::from(step) / 2.0;
            let line = PathElement::new(vec![(low, height), (high, height)], RULE.stroke_width(1));
            plot.draw(&line).map_err(ChartError::from_drawing)?;
            let (_, y) = plot.map_coordinate(&(low, height));
            let (_, top_of_area) = area.get_base_pixel();
            let share = format!("{:.1}%", height * 100.0);
            put(
                &share,
                (LEFT - 8, y - top_of_area),
                13.0,
                FAINT,
                HPos::Right,
            )?;
        }
        for bar in &self.bars {
            let color = if bar.suspected { SUSPECT } else { BAR };
            let ends = [(bar.from, 0.0), (bar.to, bar.height)];
            plot.draw(&Rectangle::new(ends, color.filled()))
                .map_err(ChartError::from_drawing)?;
        }
        let (left_of_area, top_of_area) = area.get_base_pixel();
        let place = |x: f64, y: f64| {
            let (x, y) = plot.map_coordinate(&(x, y));
            (x - left_of_area, y - top_of_area)
        };
        for bar in &self.bars {
            if let Some(label) = &bar.label {
                let (x, y) = place((bar.from + bar.to) / 2.0, bar.height);
                put(label, (x, y - 9), 13.0, INK, HPos::Center)?;
            }
        }
        if let Some(height) = self.level {
            let line = PathElement::new(vec![(low, height), (high, height)], INK.stroke_width(2));
            plot.draw(&line).map_err(ChartError::from_drawing)?;
        }
        for mark in &self.marks {
            let (x, y) = place(mark.at, 0.0);
            let color = if mark.suspected { SUSPECT } else { INK };
            let length = if mark.suspected { 11 } else { 7 };
            let line =
                PathElement::new(vec![(x, y + 2), (x, y + 2 + length)], color.stroke_width(2));
            area.draw(&line).map_err(ChartError::from_drawing)?;
        }
        for (at, label) in &self.ticks {
            let (x, y) = place(*at, 0.0);
            put(label, (x, y + 22), 13.0, FAINT, HPos::Center)?;
        }
        Ok(())
    }
}
