//! Signs and flags: one rule for every format and every type that a format has.

use super::{file, fixture};
use neuropil::connectomes::{Columns, Connectome, ReadOptions};
use std::path::PathBuf;

/// How yes and no are written; by `make.py` in the workbook and the Parquet file, in their own types there.
const KINDS: [(&str, [&str; 2]); 9] = [
    ("truth", ["true", "false"]),
    ("whole", ["1", "0"]),
    ("real", ["1.0", "0.0"]),
    ("true", ["true", "False"]),
    ("T", ["T", "F"]),
    ("yes", ["yes", "no"]),
    ("E", ["E", "I"]),
    ("exc", ["exc", "inhibitory"]),
    ("plus", ["1", "-1"]),
];
const ASKED: [&str; 3] = ["excitatory", "inhibitory", "sign"];

/// Name, what two edges say, and kind.
type Column = (String, [&'static str; 2], &'static str);

/// All columns by name, with what two edges say in them.
fn columns() -> Vec<Column> {
    let all = ASKED.iter().flat_map(|asks| KINDS.iter().map(move |(kind, words)| (asks, kind, words)));
    all.map(|(asks, kind, words)| (format!("{asks}_{kind}"), *words, *kind)).collect()
}

/// The signs that the two edges have; nothing where the words are none in such a column.
fn meant(column: &str) -> Option<[i8; 2]> {
    match column.split_once('_').unwrap() {
        ("inhibitory", "plus") => None,
        ("sign", "whole" | "real") => Some([1, 0]),
        ("inhibitory", "E" | "exc") => Some([1, -1]),
        ("inhibitory", _) => Some([-1, 1]),
        _ => Some([1, -1]),
    }
}

/// Lines of fields, with this between them.
fn table(separator: &str) -> String {
    let line = |ends: [&str; 2], cell: &dyn Fn(&Column) -> String| {
        let cells = columns().iter().map(cell).collect::<Vec<_>>();
        ends.iter().map(ToString::to_string).chain(cells).collect::<Vec<_>>().join(separator) + "\n"
    };
    line(["source", "target"], &|c| c.0.clone())
        + &line(["A", "B"], &|c| c.1[0].into())
        + &line(["A", "C"], &|c| c.1[1].into())
}

/// For each edge, what `attribute` makes of each column's name, place, word and type.
fn each(attribute: impl Fn(&str, usize, &str, &str) -> String) -> [String; 2] {
    [0, 1].map(|edge| {
        columns().iter().enumerate().map(|(i, (name, words, kind))| attribute(name, i, words[edge], kind)).collect()
    })
}

fn graphml() -> String {
    let typed = |kind: &str| match kind {
        "truth" => "boolean",
        "whole" | "plus" => "int",
        "real" => "double",
        _ => "string",
    };
    let keys = columns().into_iter().enumerate().map(|(i, (name, _, kind))| {
        format!("<key id=\"d{i}\" for=\"edge\" attr.name=\"{name}\" attr.type=\"{}\"/>", typed(kind))
    });
    let keys: String = keys.collect();
    let [first, second] = each(|_, i, word, _| format!("<data key=\"d{i}\">{word}</data>"));
    format!(
        "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">{keys}<graph edgedefault=\"directed\">\
         <node id=\"A\"/><node id=\"B\"/><node id=\"C\"/><edge source=\"A\" target=\"B\">{first}</edge>\
         <edge source=\"A\" target=\"C\">{second}</edge></graph></graphml>"
    )
}

fn gexf() -> String {
    let keys = columns()
        .iter()
        .enumerate()
        .map(|(i, (name, ..))| format!("<attribute id=\"{i}\" title=\"{name}\" type=\"string\"/>"))
        .collect::<String>();
    let [first, second] = each(|_, i, word, _| format!("<attvalue for=\"{i}\" value=\"{word}\"/>"));
    let edge = |id: u32, target: &str, values: &str| {
        format!("<edge id=\"{id}\" source=\"A\" target=\"{target}\"><attvalues>{values}</attvalues></edge>")
    };
    format!(
        "<gexf version=\"1.2\"><graph defaultedgetype=\"directed\"><attributes class=\"edge\">{keys}</attributes>\
         <nodes><node id=\"A\"/><node id=\"B\"/><node id=\"C\"/></nodes><edges>{}{}</edges></graph></gexf>",
        edge(0, "B", &first),
        edge(1, "C", &second)
    )
}

fn gml() -> String {
    let [first, second] = each(|name, _, word, kind| match kind {
        "whole" | "real" | "plus" => format!("    {name} {word}\n"),
        _ => format!("    {name} \"{word}\"\n"),
    });
    let node = |id: u32, name: &str| format!("  node [ id {id} label \"{name}\" ]\n");
    let nodes = node(0, "A") + &node(1, "B") + &node(2, "C");
    format!(
        "graph [\n  directed 1\n{nodes}  edge [ source 0 target 1\n{first}  ]\n  edge [ source 0 target 2\n{second}  ]\n]\n"
    )
}

fn node_link() -> String {
    let [first, second] = each(|name, _, word, kind| match kind {
        "truth" | "whole" | "real" | "plus" => format!(", \"{name}\": {word}"),
        _ => format!(", \"{name}\": \"{word}\""),
    });
    format!(
        "{{\"directed\": true, \"nodes\": [{{\"id\": \"A\"}}, {{\"id\": \"B\"}}, {{\"id\": \"C\"}}], \"links\": [\
         {{\"source\": \"A\", \"target\": \"B\"{first}}}, {{\"source\": \"A\", \"target\": \"C\"{second}}}]}}"
    )
}

/// One file of each format.
fn files() -> Vec<PathBuf> {
    let mut files = vec![file("flags", "flags.csv", table(",")), file("flags", "flags.tsv", table("\t"))];
    if cfg!(feature = "formats") {
        let graphs = [("graphml", graphml()), ("gexf", gexf()), ("gml", gml()), ("json", node_link())];
        files.extend(graphs.map(|(ending, text)| file("flags", &format!("flags.{ending}"), text)));
        files.extend([fixture("flags.parquet"), fixture("flags.xlsx")]);
    }
    files
}

#[test]
fn a_flag_means_the_same_in_every_format_and_type() {
    for path in files() {
        for (column, ..) in columns() {
            let taken = Columns { sign: Some(column.clone()), weight: Some(String::new()), ..Columns::default() };
            let options = ReadOptions { columns: taken, ..ReadOptions::default() };
            let found = Connectome::read(&path, &options);
            let place = format!("{}, {column}", path.display());
            match meant(&column) {
                Some(signs) => {
                    let found = found.unwrap_or_else(|error| panic!("{place}: {error}"));
                    assert_eq!(found.edges.iter().map(|e| e.sign).collect::<Vec<_>>(), signs, "{place}");
                }
                None => {
                    let said = found.map(drop).unwrap_err().to_string();
                    assert!(said.contains("'-1' in the column 'inhibitory_plus' is no flag"), "{place}: {said}");
                }
            }
        }
    }
}

#[test]
fn a_plus_in_a_column_of_inhibition_is_a_question() {
    for word in ["+", "-", "\u{2212}", "-1"] {
        let path = file("flags", "plus.csv", format!("source,target,weight,inhibitory\nA,B,1,{word}\n"));
        let said = Connectome::read(&path, &ReadOptions::default()).unwrap_err().to_string();
        assert!(
            said.contains(&format!("'{word}' in the column 'inhibitory' is no flag; write 1, 0 or nothing")),
            "{said}"
        );
        let path = file("flags", "plus.csv", format!("source,target,weight,excitatory\nA,B,1,{word}\n"));
        let sign = Connectome::read(&path, &ReadOptions::default()).unwrap().edges[0].sign;
        assert_eq!(sign, if word == "+" { 1 } else { -1 });
    }
}
