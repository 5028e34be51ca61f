//! The page that a report is written on: headings, lines, tables, as plain text for a terminal or a file.

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use console::measure_text_width;
use textwrap::{Options, WordSplitter};

/// Below this width a page is not worth wrapping.
const WIDTH_MIN: usize = 40;
/// Before a line.
const INDENT: &str = "  ";
/// Before what a line goes on with.
const INDENT_NEXT: &str = "      ";

/// What is written, from top to bottom.
#[derive(Debug, Default)]
pub struct Page {
    blocks: Vec<Block>,
}

#[derive(Debug)]
enum Block {
    Title(String),
    Heading(String),
    Line {
        label: Option<String>,
        text: String,
    },
    Table {
        head: Vec<String>,
        rows: Vec<Vec<String>>,
        names: usize,
    },
}

impl Page {
    /// What the page is about.
    pub fn title(&mut self, text: String) {
        self.blocks.push(Block::Title(text));
    }

    /// A new section.
    pub fn heading(&mut self, text: String) {
        self.blocks.push(Block::Heading(text));
    }

    /// A line of a section.
    pub fn line(&mut self, text: String) {
        self.blocks.push(Block::Line { label: None, text });
    }

    /// A line of a section that says what it is about.
    pub fn labelled(&mut self, label: String, text: String) {
        let label = Some(label);
        self.blocks.push(Block::Line { label, text });
    }

    /// A table. Its columns are numbers, but for column `names`.
    pub fn table(&mut self, head: Vec<String>, rows: Vec<Vec<String>>, names: usize) {
        self.blocks.push(Block::Table { head, rows, names });
    }

    /// The page as text; lines are wrapped if a width is given. `colon` stands behind a label.
    pub fn write(&self, width: Option<usize>, colon: &str) -> String {
        let width = width.map(|width| width.max(WIDTH_MIN));
        let mut text = String::new();
        for block in &self.blocks {
            match block {
                Block::Title(title) => {
                    text.push_str(title);
                    text.push('\n');
                    text.push_str(&"=".repeat(measure_text_width(title)));
                    text.push('\n');
                }
                Block::Heading(heading) => {
                    text.push('\n');
                    text.push_str(&wrapped(heading, "", INDENT, width));
                }
                Block::Line { label, text: line } => {
                    let line = match label {
                        Some(label) => format!("{label}{colon}{line}"),
                        None => line.clone(),
                    };
                    text.push_str(&wrapped(&line, INDENT, INDENT_NEXT, width));
                }
                Block::Table { head, rows, names } => {
                    text.push_str(&table(head, rows, *names, width));
                }
            }
        }
        text
    }
}

fn wrapped(line: &str, first: &str, next: &str, width: Option<usize>) -> String {
    let Some(width) = width else {
        return format!("{first}{line}\n");
    };
    let options = Options::new(width)
        .initial_indent(first)
        .subsequent_indent(next)
        .word_splitter(WordSplitter::NoHyphenation);
    let mut text = textwrap::fill(line, options);
    text.push('\n');
    text
}

fn table(head: &[String], rows: &[Vec<String>], names: usize, width: Option<usize>) -> String {
    let mut table = Table::new();
    // A line below the head and nothing else; box-drawing characters are wide on some Chinese terminals.
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('-').junction(' ')));
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        let width = width.saturating_sub(INDENT.len());
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    table.set_header(head);
    for row in rows {
        table.add_row(row.iter().map(Cell::new));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        if index != names {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(INDENT);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
