//! Edge lists whose edges have their attributes in a Python dictionary, as networkx writes them: `A B {'weight': 3.0}`.

use super::table::Sample;
use crate::text::counted;

/// The columns of such a list: the attributes that its first rows name.
pub(super) struct Attributes(Vec<String>);

impl Attributes {
    /// The attributes, if every row ends in a dictionary.
    pub fn of(sample: &Sample) -> Option<Attributes> {
        let dictionary = |row: &Vec<String>| row.len() == 3 && row[2].starts_with('{') && row[2].ends_with('}');
        if sample.rows.is_empty() || !sample.rows.iter().all(dictionary) {
            return None;
        }
        let mut names = Vec::new();
        for (name, _) in sample.rows.iter().flat_map(|row| entries(&row[2])) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Some(Attributes(names))
    }

    /// The names of the columns: source, target, attributes.
    pub fn header(&self) -> Vec<String> {
        ["source", "target"].map(str::to_owned).into_iter().chain(self.0.iter().cloned()).collect()
    }

    /// A row as columns.
    pub fn row<'r>(&self, row: impl IntoIterator<Item = &'r str>) -> Result<Vec<String>, String> {
        let mut fields: Vec<String> = row.into_iter().map(str::to_owned).collect();
        if fields.len() != 3 {
            return Err(format!(
                "it has {fields}; expected a source, a target and a dictionary",
                fields = counted(fields.len(), "field")
            ));
        }
        let said = entries(&fields.remove(2));
        if let Some((name, _)) = said.iter().find(|(name, _)| !self.0.contains(name)) {
            return Err(format!("the attribute '{name}' is in none of the first rows; name it in the first of them"));
        }
        let of =
            |name: &String| said.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone()).unwrap_or_default();
        fields.extend(self.0.iter().map(of));
        Ok(fields)
    }
}

/// Names and values of a dictionary, without their quotes.
fn entries(text: &str) -> Vec<(String, String)> {
    let inner = text.trim().trim_start_matches('{').trim_end_matches('}');
    let (mut quote, mut depth, mut start) = (None, 0i32, 0);
    let mut parts = Vec::new();
    for (at, letter) in inner.char_indices() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(letter),
            ('[' | '(' | '{', None) => depth += 1,
            (']' | ')' | '}', None) => depth -= 1,
            (',', None) if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    let bare = |text: &str| text.trim().trim_matches(['\'', '"']).to_owned();
    parts.into_iter().filter_map(|part| part.split_once(':')).map(|(name, value)| (bare(name), bare(value))).collect()
}
