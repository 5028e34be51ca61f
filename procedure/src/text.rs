//! Texts that people write into statements.

use crate::refusal::{Code, Refusal};

/// Refuses a text that is empty, longer than `chars_max` characters, or holds control characters other than
/// line breaks (they would let a text look like something else where it is shown).
pub(crate) fn length(text: &str, chars_max: usize, pointer: &str) -> Result<(), Refusal> {
    let count = text.chars().count();
    let control = text
        .chars()
        .any(|character| character.is_control() && character != '\n');
    if text.trim().is_empty() || count > chars_max || control {
        let detail =
            format!("{count} characters; 1 to {chars_max} are allowed, no control characters");
        return Err(Refusal::new(Code::TextLength, detail).at(pointer));
    }
    Ok(())
}
