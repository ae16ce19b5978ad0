//! Numbers of JSON, whose reader takes 1e-400 for 0 and rounds whole numbers of more than 64 bits.

use super::source::{Source, finite};
use crate::Result;

/// Checks that no number of `text`, which is JSON, becomes another.
///
/// # Errors
/// One that would become 0 or infinite or lose digits, with its line.
pub(super) fn check(source: &Source, text: &str) -> Result<()> {
    let (mut line, mut rest) = (1, text);
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\n' || c == '-' || c.is_ascii_digit()) {
        let found = &rest[at..];
        let length = match found.as_bytes()[0] {
            b'\n' => {
                line += 1;
                1
            }
            b'"' => text_length(found),
            _ => {
                let end = found.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
                let number = &found[..end.unwrap_or(found.len())];
                if is_real(number) {
                    finite(number, "the number").map_err(|problem| source.error_line(line, problem))?;
                }
                number.len()
            }
        };
        rest = &found[length..];
    }
    Ok(())
}

/// Whether serde_json holds it as a real number; whole ones are exact.
fn is_real(number: &str) -> bool {
    number.parse::<f64>().is_ok() && number.parse::<u64>().is_err() && number.parse::<i64>().is_err()
}

/// Bytes of the text in quotes that `json` begins with.
fn text_length(json: &str) -> usize {
    let mut escaped = false;
    let end = json.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(json.len(), |end| end + 2)
}
