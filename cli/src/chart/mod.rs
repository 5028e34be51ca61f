//! Charts: self-contained SVG, without fonts or scripts. Pixels are floats; the numbers that stand beside them are
//! text that was computed exactly elsewhere.
//!
//! | file | what |
//! |---|---|
//! | `simulation.rs` | the report of a simulation: benchmarks, chances to win, rings |
//! | `panel.rs` | bars over an axis, with marks below it |

mod panel;
mod simulation;

pub use simulation::simulation;

use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, TextStyle};

/// A chart that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the chart cannot be drawn: {0}")]
pub struct ChartError(String);

impl ChartError {
    fn from_drawing(error: impl std::fmt::Display) -> ChartError {
        ChartError(error.to_string())
    }
}

/// Fonts that most machines have one of; none is embedded.
const FONTS: &str =
    "Noto Sans, Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif";
const INK: RGBColor = RGBColor(0x22, 0x2b, 0x38);
const FAINT: RGBColor = RGBColor(0x8a, 0x94, 0xa3);
const RULE: RGBColor = RGBColor(0xdd, 0xe2, 0xe8);
const BAR: RGBColor = RGBColor(0x3b, 0x6e, 0xa8);
const SUSPECT: RGBColor = RGBColor(0xc0, 0x39, 0x2b);

fn style(pixels: f64, color: RGBColor) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::Name(FONTS), pixels, FontStyle::Normal);
    TextStyle {
        color: color.to_backend_color(),
        ..TextStyle::from(font)
    }
}
