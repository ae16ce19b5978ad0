//! The separator of a text file: what splits its first lines alike, outside quotes.

use super::Columns;
use super::columns::{Layout, is_number};

/// Lines that are looked at.
const LINES: usize = 50;
/// Candidates; where several fit equally well, the first counts. A blank stands for any run of blanks and tabs.
const CANDIDATES: [(u8, &str); 5] =
    [(b'\t', "tabs"), (b',', "commas"), (b';', "semicolons"), (b'|', "bars"), (b' ', "blanks")];

type Rows = Vec<Vec<String>>;

/// What a separator is called.
pub(super) fn name(separator: u8) -> String {
    let known = CANDIDATES.iter().find(|(byte, _)| *byte == separator);
    known.map_or_else(|| format!("'{}'", char::from(separator)), |(_, name)| (*name).to_owned())
}

/// The separator of a text that begins with these bytes; `whole` tells whether that is all of it.
pub(super) fn find(head: &[u8], whole: bool, comment: Option<u8>) -> u8 {
    let end = if whole { None } else { head.iter().rposition(|b| *b == b'\n') };
    let text = String::from_utf8_lossy(&head[..end.unwrap_or(head.len())]).into_owned();
    let text = text.trim_start_matches('\u{feff}');
    let split: Vec<(u8, Rows)> = CANDIDATES.iter().map(|(byte, _)| (*byte, first_rows(text, *byte, comment))).collect();
    let alike = |rows: &Rows, first: usize| {
        let width = rows.last().map_or(0, Vec::len);
        width > 1 && rows[1..].iter().all(|row| row.len() == width) && rows[0].len() + first == width
    };
    // A table of R has no name above its column of row names.
    for first in [0, 1] {
        let mut fitting: Vec<&(u8, Rows)> = split.iter().filter(|(_, rows)| alike(rows, first)).collect();
        if fitting.iter().any(|(byte, _)| matches!(byte, b'\t' | b';')) && only_decimal_commas(text) {
            fitting.retain(|(byte, _)| *byte != b',');
        }
        if let Some(found) = best_separator(&fitting) {
            return found;
        }
    }
    // Lines that differ are refused by their reader; here most of them decide.
    let most = |rows: &Rows| {
        let widths = rows.iter().map(Vec::len).filter(|width| *width > 1);
        widths.clone().map(|width| widths.clone().filter(|w| *w == width).count()).max().unwrap_or(0)
    };
    let counts = split.iter().map(|(byte, rows)| (*byte, most(rows)));
    let most = counts.clone().map(|(_, count)| count).max().unwrap_or(0);
    counts.into_iter().find(|(_, count)| most > 0 && *count == most).map_or(b' ', |(byte, _)| byte)
}

/// The one under which the first line names the columns of an edge list, else under which most columns are numbers.
fn best_separator(fitting: &[&(u8, Rows)]) -> Option<u8> {
    let score = |(byte, rows): &(u8, Rows)| {
        let named = Layout::fits(&rows[0], &Columns::default());
        let below = if rows.len() > 1 { &rows[1..] } else { &rows[..] };
        let cut = |row: &Vec<String>| *byte == b' ' && row.iter().any(|text| text.ends_with([',', ';']));
        let numbers = (0..rows[0].len()).filter(|c| below.iter().all(|row| row.get(*c).is_some_and(|t| is_number(t))));
        let share = if below.iter().any(cut) { 0 } else { 1000 * numbers.count() / rows[0].len().max(1) };
        (named, share)
    };
    let most = fitting.iter().map(|candidate| score(candidate)).max()?;
    fitting.iter().find(|candidate| score(candidate) == most).map(|(byte, _)| *byte)
}

/// Whether every comma stands between digits.
fn only_decimal_commas(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    bytes.iter().enumerate().filter(|(_, b)| **b == b',').all(|(i, _)| digit(i.checked_sub(1)) && digit(Some(i + 1)))
}

/// The first lines as fields.
fn first_rows(text: &str, separator: u8, comment: Option<u8>) -> Rows {
    if separator == b' ' {
        let lines = text.lines().filter(|line| !line.trim().is_empty() && line.bytes().next() != comment);
        return lines.take(LINES).map(blanks).collect();
    }
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(separator).comment(comment).trim(csv::Trim::All);
    let records = reader.from_reader(text.as_bytes()).into_records().filter_map(|record| record.ok());
    let mut rows: Rows = records.take(LINES).map(|r| r.iter().map(str::to_owned).collect()).collect();
    // An attribute dictionary of networkx has commas of its own.
    let ends = |row: &Vec<String>| row.last().is_some_and(|text| text.ends_with('}'));
    let cut = |row: &Vec<String>| row.len() > 1 && row.last().is_some_and(|text| !text.starts_with('{'));
    let dictionary = |row: &Vec<String>| ends(row) && row.iter().any(|text| text.contains('{'));
    if rows.iter().all(dictionary) && rows.iter().any(cut) {
        rows.clear();
    }
    if rows.is_empty() {
        rows.push(Vec::new());
    }
    rows
}

/// Fields between blanks; one in double quotes may hold blanks, and one in braces is the last.
pub(super) fn blanks(line: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('"').and_then(|inner| {
            let (field, after) = inner.split_once('"')?;
            (after.is_empty() || after.starts_with(char::is_whitespace)).then_some((field, after))
        });
        let (field, after) = match quoted {
            Some(quoted) => quoted,
            None if rest.starts_with('{') && rest.ends_with('}') => (rest, ""),
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        fields.push(field.to_owned());
        rest = after.trim_start();
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_splits_all_lines_alike_is_the_separator() {
        let of = |text: &str| char::from(find(text.as_bytes(), true, Some(b'#')));
        for (text, separator) in [
            ("source\ttarget\tregion, if known\nA\tB\tleft\n", '\t'),
            ("\"Left, 1\"\t1\t2\t3\n\"Right\"\t1\t2\t3\n", '\t'),
            ("source;target;weight\nA;B;1,5\n", ';'),
            ("A;B;1,5\nB;C;2,5\n", ';'),
            ("0,5;0,7\n1,5;2,5\n", ';'),
            ("source;target, if any;weight\nA;B, C;1\n", ';'),
            ("source,target,weight\nA;1,B;2,3\n", ','),
            ("A, B, 3\nB, C, 4\n", ','),
            ("Area 1,Area 2,3\nArea 2,Area 3,3\n", ','),
            ("source|target|weight\nA|B|1\n", '|'),
            ("A B {'weight': 3.0, 'length': 2}\nB C {'weight': 1.0, 'length': 2}\n", ' '),
            ("A,B,{'weight': 3.0}\nB,C,{'weight': 1.0}\n", ','),
            ("A B {'weight': 3.0}\nB C {'weight': 1.0, 'length': 2}\n", ' '),
            ("source,target,weight\nA,{x: y},1\n{x,\"y,\n z: w}\",1\n", ','),
            ("pre post type synapses\nA\tB\tgap\t1\n", ' '),
            ("\"a\" \"b\"\n\"a\" 0 1\n\"b\" 1 0\n", ' '),
            ("a\tb\na\t0\t1\nb\t1\t0\n", '\t'),
            ("0,1\n1,0,2\n", ','),
            ("one\n", ' '),
            ("", ' '),
        ] {
            assert_eq!(of(text), separator, "{text:?}");
        }
    }

    #[test]
    fn fields_between_blanks_may_be_quoted() {
        assert_eq!(blanks(" \"a b\" \t1  {'w': 2, 'x': 3} "), ["a b", "1", "{'w': 2, 'x': 3}"]);
        assert_eq!(blanks("6\" 5\"b c"), ["6\"", "5\"b", "c"]);
    }
}
