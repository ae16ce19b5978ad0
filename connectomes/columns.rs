//! Which column of an edge list means what, and what the words in it mean.

use std::collections::BTreeSet;

use super::builder::Builder;
use super::headings::{self, KIND, LENGTH, TRANSMITTER, find, listed};
use super::source::finite;
use super::{Columns, Edge, EdgeKind, Reading, sign};
use crate::error::{Error, Result};

/// Words for chemical synapses: plain ones, OpenWorm's, Varshney's (S, Sp, NMJ), Winding's compartments.
const CHEMICAL: &[&str] =
    &["", "chemical", "chem", "generic_cs", "synapse", "c", "s", "sp", "nmj", "ad", "aa", "dd", "da"];
/// Words for gap junctions.
const GAP: &[&str] =
    &["gap", "electrical", "gap junction", "gap_junction", "gapjunction", "generic_gj", "ej", "e", "gj"];
/// Varshney's receiving side of S and Sp, which would count every synapse twice.
const RECEIVED: &[&str] = &["r", "rp"];

/// Words that say whether an edge has a direction, as Gephi writes them under "Type".
const DIRECTIONS: &[&str] = &["directed", "undirected", "mutual"];
/// Positions of the columns that matter.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Layout {
    pub source: usize,
    pub target: usize,
    pub weight: Option<usize>,
    pub kind: Option<usize>,
    pub sign: Option<usize>,
    pub length: Option<usize>,
    pub transmitter: Option<usize>,
    /// A column that says which edges go both ways.
    pub direction: Option<usize>,
    /// What edges are made of where no column says so.
    pub otherwise: EdgeKind,
    /// A column with the name of one of kinds and none of their words, as far as was looked.
    unkind: Option<usize>,
    /// Why a column is the weight that has no known name.
    because: Option<&'static str>,
    header: Vec<String>,
}

/// The first rows of a list, by which columns are told apart.
pub(super) type Sample<'a> = &'a [Vec<String>];

impl Layout {
    /// Whether these column names are those of an edge list.
    pub fn fits(header: &[String], columns: &Columns) -> bool {
        let [source, target] = headings::known_ends(header);
        (columns.source.is_some() || !source.is_empty()) && (columns.target.is_some() || !target.is_empty())
    }

    /// Whether these column names are those of an edge list, and those asked for are among them.
    #[cfg(feature = "formats")]
    pub fn is_among(header: &[String], columns: &Columns) -> bool {
        let there = |name: &&String| find(header, &[&*name.to_lowercase()]).is_some();
        Layout::fits(header, columns)
            && [&columns.source, &columns.target].into_iter().flatten().all(|name| there(&name))
    }

    /// Finds the columns by the names given, else by those in common use and by what the first rows hold.
    pub fn new(header: &[String], sample: Sample, columns: &Columns, place: &str) -> Result<Layout> {
        let get = |wanted: &Option<String>, known: &[&str]| match wanted {
            None => Ok(find(header, known)),
            Some(name) if name.is_empty() => Ok(None),
            Some(name) => headings::named_column(header, name, place).map(Some),
        };
        let [source, target] = headings::end_columns(header, columns, place)?;
        let mut layout = Layout {
            source,
            target,
            weight: if columns.weight.is_some() { get(&columns.weight, &[])? } else { None },
            sign: get(&columns.sign, sign::NAMES)?,
            length: get(&columns.length, LENGTH)?,
            transmitter: get(&columns.transmitter, TRANSMITTER)?,
            header: header.to_vec(),
            ..Layout::default()
        };
        if columns.kind.is_some() {
            layout.kind = get(&columns.kind, KIND)?;
        } else {
            layout.find_kind(sample).map_err(|problem| Error::file(place, problem))?;
        }
        if columns.weight.is_none() {
            layout.find_weight(sample).map_err(|problem| Error::file(place, problem))?;
        }
        layout.check_twice(columns).map_err(|problem| Error::file(place, problem))?;
        Ok(layout)
    }

    /// The layout of a list without column names: source, target and weight come first unless the options say else.
    pub fn headless(width: usize, columns: &Columns, place: &str) -> Result<Layout> {
        let header: Vec<String> = (1..=width).map(|c| c.to_string()).collect();
        let mut columns = columns.clone();
        columns.source.get_or_insert_with(|| "1".into());
        columns.target.get_or_insert_with(|| "2".into());
        let third = Some("3".to_owned());
        let others = [&columns.source, &columns.target, &columns.kind, &columns.sign, &columns.length];
        let taken = others.into_iter().chain([&columns.transmitter]).any(|c| *c == third);
        columns.weight = columns.weight.or(third.filter(|_| width >= 3 && !taken));
        Layout::new(&header, &[], &columns, place)
    }

    /// Which column says what edges are made of, and which one says whether they have a direction.
    fn find_kind(&mut self, sample: Sample) -> Result<(), String> {
        let named = |column: &usize| KIND.contains(&self.header[*column].trim().to_lowercase().as_str());
        for column in (0..self.header.len()).filter(named) {
            let words: BTreeSet<String> = filled_fields(sample, column).map(str::to_lowercase).collect();
            let known = words.iter().filter(|word| is_kind(word)).count();
            let name = &self.header[column];
            if !words.is_empty() && words.iter().all(|word| DIRECTIONS.contains(&word.as_str())) {
                self.direction = self.direction.or(Some(column));
            } else if known == 1 && words.contains("e") {
                return Err(format!(
                    "the column '{name}' holds 'E', electrical or excitatory; say kind = \"{name}\", sign = \"{name}\", or \
                     kind = \"\" for neither"
                ));
            } else if known > 0 || words.is_empty() {
                self.kind = self.kind.or(Some(column));
            } else {
                self.unkind = self.unkind.or(Some(column));
            }
        }
        Ok(())
    }

    /// The weight: the column whose name says so, else the one column of numbers that is left. Several are a question,
    /// and so are numbers of which none is taken.
    fn find_weight(&mut self, sample: Sample) -> Result<(), String> {
        let used = self.used();
        let free: Vec<usize> = (0..self.header.len()).filter(|c| !used.contains(c)).collect();
        if let Some(weight) = free.iter().find(|c| headings::is_weight(&self.header[**c])) {
            self.weight = Some(*weight);
            return Ok(());
        }
        let numbers = |column: &usize| {
            let mut words = filled_fields(sample, *column).peekable();
            words.peek().is_some() && words.all(is_number)
        };
        let some = |column: &usize| filled_fields(sample, *column).any(is_number);
        let says = |column: &usize| headings::says_weight(&self.header[*column]);
        let sure =
            |column: &usize| says(column) == Some(headings::Says::Known) || says(column).is_some() && some(column);
        let named = free.iter().copied().filter(|c| says(c) != Some(headings::Says::Doubtful) && sure(c));
        let named: Vec<usize> = named.collect();
        let other = |column: &usize| numbers(column) && !headings::is_mark(&self.header[*column]);
        let others = free.iter().copied().filter(|c| says(c) == Some(headings::Says::Doubtful) && some(c) || other(c));
        let (likely, unlikely): (Vec<usize>, Vec<usize>) =
            others.partition(|c| says(c).is_some() || !headings::says_otherwise(&self.header[*c]));
        self.because = match (named.as_slice(), likely.as_slice()) {
            ([only], _) => {
                self.weight = Some(*only);
                (says(only) != Some(headings::Says::Known)).then_some("by its name")
            }
            ([], [only]) if says(only).is_none() => {
                self.weight = Some(*only);
                Some("the only one of numbers")
            }
            ([], []) if unlikely.is_empty() => None,
            ([], []) => return Err(self.which_weight(&unlikely)),
            ([], several) => return Err(self.which_weight(several)),
            (several, _) => return Err(self.which_weight(several)),
        };
        Ok(())
    }

    /// The question which of some columns of numbers is the weight.
    fn which_weight(&self, columns: &[usize]) -> String {
        let (count, another) = if columns.len() > 1 { ("several hold", " or another") } else { ("one holds", "") };
        format!(
            "no column is called 'weight' and {count} numbers ({}); say weight = \"{}\"{another}, or weight = \"\" for a \
             weight of 1 in each row",
            listed(&self.header, columns.iter().copied()),
            self.header[columns[0]]
        )
    }

    /// Refuses a column in use that shares its name with another.
    fn check_twice(&self, columns: &Columns) -> Result<(), String> {
        let given = [columns.source.as_ref().map(|_| self.source), columns.target.as_ref().map(|_| self.target)];
        let plain = |column: usize| self.header[column].trim().to_lowercase();
        let twice = |column: &usize| {
            let name = plain(*column);
            !name.is_empty() && (0..self.header.len()).filter(|other| plain(*other) == name).count() > 1
        };
        match self.used().into_iter().filter(|column| !given.contains(&Some(*column))).find(twice) {
            Some(column) => {
                let name = &self.header[column];
                Err(format!("two columns are called '{name}'; give one of them another name"))
            }
            None => Ok(()),
        }
    }

    /// The columns in use, in ascending order.
    pub fn used(&self) -> Vec<usize> {
        let optional = [self.weight, self.kind, self.sign, self.length, self.transmitter, self.direction, self.unkind];
        let mut used: Vec<usize> =
            [self.source, self.target].into_iter().chain(optional.into_iter().flatten()).collect();
        used.sort_unstable();
        used.dedup();
        used
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.header.len()
    }

    /// Says which columns are taken for what, and which are left aside.
    pub fn account(&self, reading: &mut Reading) {
        reading.take("source", format!("column '{}'", self.header[self.source]));
        reading.take("target", format!("column '{}'", self.header[self.target]));
        self.account_for(reading, "column", 0);
    }

    /// Says the same of the attributes of edges, the columns from `first` on.
    pub fn account_for(&self, reading: &mut Reading, what: &str, first: usize) {
        let name = |column: usize| format!("{what} '{}'", self.header[column]);
        reading.take("weight", self.weight.map_or("none; 1 for each edge".into(), name));
        let others = [
            ("kind", self.kind),
            ("sign", self.sign),
            ("length", self.length),
            ("transmitter", self.transmitter),
            ("direction", self.direction),
        ];
        for (part, column) in others {
            column.into_iter().for_each(|column| reading.take(part, name(column)));
        }
        if let (Some(weight), Some(because)) = (self.weight, self.because) {
            let guessed = format!("the weight is the {}, {because}", name(weight));
            reading.guess(guessed, "weight = \"...\", or weight = \"\" for none");
        }
        for column in first..self.header.len() {
            if Some(column) == self.unkind && !self.is_used(column) {
                reading.leave(format!("{}, which names no kinds of edges", name(column)));
            } else if !self.is_used(column) {
                reading.leave(name(column));
            }
        }
    }

    /// Whether the column gives edges anything besides the kind that was ruled out.
    fn is_used(&self, column: usize) -> bool {
        Layout { unkind: None, ..self.clone() }.used().contains(&column)
    }

    /// Adds the edge of one row.
    pub fn add<'r>(&self, builder: &mut Builder, field: impl Fn(usize) -> &'r str) -> Result<(), String> {
        let edge = self.edge(&field)?;
        let mut node = |column: usize| {
            builder.node(field(column)).map_err(|problem| format!("column '{}': {problem}", self.header[column]))
        };
        let ends = [node(self.source)?, node(self.target)?];
        self.put_edge(builder, ends, edge, self.goes_both_ways(&field)?, self.kind.map_or("", field))
    }

    /// Adds the edge of one row whose nodes are known by their index; `both` says that it has no direction.
    #[cfg(feature = "formats")]
    pub fn add_between<'r>(
        &self,
        builder: &mut Builder,
        ends: [u32; 2],
        both: bool,
        field: impl Fn(usize) -> &'r str,
    ) -> Result<(), String> {
        let (edge, both) = (self.edge(&field)?, both || self.goes_both_ways(&field)?);
        self.put_edge(builder, ends, edge, both, self.kind.map_or("", field))
    }

    /// Adds an edge that the row's source sends, or receives.
    fn put_edge(
        &self,
        builder: &mut Builder,
        [source, target]: [u32; 2],
        edge: Edge,
        both: bool,
        word: &str,
    ) -> Result<(), String> {
        match is_received(word) {
            true => builder.receive(Edge { source: target, target: source, ..edge }, word),
            false => builder.edge_or_both(Edge { source, target, ..edge }, both),
        }
    }

    /// Whether a row's edge has no direction, which is one each way.
    pub fn goes_both_ways<'r>(&self, field: impl Fn(usize) -> &'r str) -> Result<bool, String> {
        let Some(column) = self.direction else { return Ok(false) };
        match field(column).trim().to_lowercase().as_str() {
            "" | "directed" => Ok(false),
            "undirected" | "mutual" => Ok(true),
            other => Err(format!("'{other}' is no direction; write Directed or Undirected, or say kind = \"...\"")),
        }
    }

    /// Refuses a kind of edge in a column that seemed to name none.
    pub fn still_unkind(&self, word: &str) -> Result<(), String> {
        match self.unkind {
            Some(column) if !word.trim().is_empty() && is_kind(&word.trim().to_lowercase()) => {
                let name = &self.header[column];
                Err(format!(
                    "'{}' is a kind of edge and others in the column '{name}' are none; write chemical or gap in all, or say \
                     kind = \"\" to leave it aside",
                    word.trim()
                ))
            }
            _ => Ok(()),
        }
    }

    /// The column that seemed to name no kinds.
    #[cfg(feature = "formats")]
    pub fn unkind(&self) -> Option<usize> {
        self.unkind
    }

    /// The sign that a text in the column of signs stands for.
    pub fn sign(&self, text: &str) -> Result<i8, String> {
        self.sign.map_or(Ok(0), |column| sign::sign(&self.header[column], text))
    }

    /// What a row says about its edge but for the nodes.
    fn edge<'r>(&self, field: impl Fn(usize) -> &'r str) -> Result<Edge, String> {
        let get = |column: Option<usize>| column.map(&field).unwrap_or_default();
        self.still_unkind(get(self.unkind))?;
        let kind = self.kind.map_or(Ok(self.otherwise), |column| kind(field(column)))?;
        let length = match get(self.length).trim() {
            "" => None,
            text => match finite(text, "length")? {
                length if length < 0.0 => return Err(format!("length is {length} mm; it must not be negative")),
                length => Some(length),
            },
        };
        Ok(Edge {
            weight: self.weight.map_or(Ok(1.0), |column| finite(field(column), "weight"))?,
            kind,
            sign: self.sign(get(self.sign))?,
            length,
            transmitter: Some(get(self.transmitter).trim()).filter(|t| !t.is_empty()).map(str::to_owned),
            ..Edge::default()
        })
    }
}

/// The fields of a sample in a column that are not empty.
fn filled_fields<'a>(sample: Sample<'a>, column: usize) -> impl Iterator<Item = &'a str> {
    sample.iter().filter_map(move |row| row.get(column)).map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// Whether a text is meant to be a number, be it one that is not read ("1,234", "nan").
pub(super) fn is_number(text: &str) -> bool {
    let plain = text.replace([',', ' ', '\'', '%'], "");
    plain.parse::<f64>().is_ok()
}

/// Whether a word names a kind of edge.
fn is_kind(word: &str) -> bool {
    [CHEMICAL, GAP, RECEIVED].iter().any(|words| words.contains(&word))
}

/// Whether a kind of edge is told by its target: the row's source receives from the row's target.
pub(super) fn is_received(text: &str) -> bool {
    RECEIVED.contains(&text.trim().to_lowercase().as_str())
}

/// Chemical or gap junction.
pub(super) fn kind(text: &str) -> Result<EdgeKind, String> {
    let word = text.trim().to_lowercase();
    let is = |words: &[&str]| words.contains(&word.as_str());
    match () {
        _ if is(CHEMICAL) || is(RECEIVED) => Ok(EdgeKind::Chemical),
        _ if is(GAP) => Ok(EdgeKind::Gap),
        _ => Err(format!(
            "'{}' is no kind of edge; write chemical or gap, or say kind = \"\" if the column means something else",
            text.trim()
        )),
    }
}
