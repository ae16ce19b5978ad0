//! Nothing of a workbook, a matrix or an archive is dropped, merged or put elsewhere without a word.

use neuropil::connectomes::{Connectome, ReadOptions, Reading};

use super::excel::workbook;
use super::{file, read, weights, zip};

fn sentence(name: &str, content: impl AsRef<[u8]>, options: &ReadOptions) -> String {
    let error = Connectome::read(file("told_bad", name, content), options).unwrap_err();
    assert_eq!(error.exit_code(), 2, "{error}");
    error.to_string()
}

pub(super) fn refused(name: &str, content: impl AsRef<[u8]>, words: &str) {
    let sentence = sentence(name, content, &ReadOptions::default());
    assert!(sentence.contains(words) && !sentence.contains('\n'), "{sentence}");
}

fn taken<'r>(reading: &'r Reading, part: &str) -> &'r str {
    reading.taken.iter().find(|taken| taken.part == part).map_or("", |taken| &taken.from)
}

fn book(rows: &[&[&str]]) -> Vec<u8> {
    workbook(&[("chemical", rows)])
}

#[test]
fn a_neuron_called_by_a_number_keeps_its_row_and_column() {
    for name in ["101", "'101", "'inf", "'1e3", "-5"] {
        let rows: &[&[&str]] =
            &[&["", "AVAL", name, "AVAR"], &["AVAL", "0", "1", "2"], &[name, "3", "0", "4"], &["AVAR", "5", "6", "0"]];
        let name = name.trim_start_matches('\'');
        let same = [
            ("AVAL", name, 1.0),
            ("AVAL", "AVAR", 2.0),
            (name, "AVAL", 3.0),
            (name, "AVAR", 4.0),
            ("AVAR", "AVAL", 5.0),
            ("AVAR", name, 6.0),
        ];
        assert_eq!(weights(&read(&file("told", "number.xlsx", book(rows)))), same, "{name}");
    }
}

#[test]
fn weights_outside_the_names_of_a_matrix_are_refused_and_notes_told() {
    let header: &[&str] = &["", "A", "B", "C"];
    let (a, b): (&[&str], &[&str]) = (&["A", "0", "1", "2"], &["B", "3", "0", "4"]);
    let whole =
        read(&file("told", "notes.xlsx", book(&[header, a, b, &["C", "5", "6", "0"], &[], &["counted by hand"]])));
    assert_eq!((whole.nodes.len(), whole.edges.len()), (3, 6));
    assert_eq!(whole.reading.left, ["cell A6 ('counted by hand')"]);
    refused("row.xlsx", book(&[header, a, &["", "5", "6", "0"], b]), "cell B3: its row has no name; name the row");
    refused("last.xlsx", book(&[header, a, b, &["", "5", "6", "0"]]), "cell B4: its row has no name");
    refused("column.xlsx", book(&[&["", "A", "", "B"], a, b]), "cell C2: its column has no name; name the column");
    let mean: &[&[&str]] = &[&["", "A", "B", "", "mean"], &["A", "0", "1", "", "0.5"], &["B", "3", "0", "", "1.5"]];
    refused("mean.xlsx", book(mean), "cell E2: its column is called 'mean' and stands behind an empty one");
    let sums: &[&[&str]] = &[&["", "A", "B"], &["A", "0", "1"], &["B", "3", "0"], &[], &["sum", "3", "1"]];
    refused("sums.xlsx", book(sums), "cell B5: its row is called 'sum' and stands behind an empty one");
    let apart: &[&[&str]] = &[&["", "A", "", "B"], &["A", "0", "", "1"], &["B", "3", "", "0"]];
    let apart = read(&file("told", "apart.xlsx", book(apart)));
    assert_eq!(
        weights(&apart),
        [("A", "B", 1.0), ("B", "A", 3.0)],
        "a node that is known from the rows goes on behind a gap"
    );
    let muscles = read(&file("told", "muscles.xlsx", book(&[&["", "A", "B", "M"], a, b])));
    assert_eq!(taken(&muscles.reading, "nodes that are columns only"), "1, such as 'M'");
    assert_eq!(taken(&whole.reading, "nodes that are columns only"), "");
}

/// A workbook in which one value is that of a formula, calculated or not.
fn formula(rows: &[&[&str]], of: &str, instead: &str) -> Vec<u8> {
    let book = book(rows);
    let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let names: Vec<String> =
        (0..archive.len()).map(|k| archive.by_index(k).unwrap().name().unwrap().into_owned()).collect();
    let mut members = Vec::new();
    for name in &names {
        let text = std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
        members.push((name.as_str(), text.replace(of, instead).into_bytes()));
    }
    assert!(members.iter().any(|(_, text)| String::from_utf8_lossy(text).contains(instead)));
    zip(&members.iter().map(|(name, text)| (*name, text.as_slice())).collect::<Vec<_>>())
}

#[test]
fn formulas_without_a_value_are_refused_and_those_with_one_read() {
    let list: &[&[&str]] = &[&["pre", "post", "weight"], &["A", "B", "7"], &["B", "C", "2"]];
    let matrix: &[&[&str]] = &[&["", "A", "B"], &["A", "0", "7"], &["B", "3", "0"]];
    for (name, rows, first) in [("list", list, ("A", "B", 7.0)), ("matrix", matrix, ("A", "B", 7.0))] {
        let with = |instead: &str| formula(rows, "<v>7</v>", instead);
        let calculated = read(&file("told", &format!("{name}.xlsx"), with("<f>3+4</f><v>7</v>")));
        assert_eq!(weights(&calculated)[0], first);
        for bare in ["<f>3+4</f><v></v>", "<f>3+4</f><v/>", "<f>3+4</f>", "<f t=\"shared\" si=\"0\"/>"] {
            refused(
                &format!("{name}.xlsx"),
                with(bare),
                "cell C2: it is a formula without its value; open the workbook",
            );
        }
    }
    let cells = |value: &str| {
        let text = |text: &str| {
            format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
        };
        let row = |cells: &[String]| format!("<table:table-row>{}</table:table-row>", cells.concat());
        let formula = format!("<table:table-cell table:formula=\"of:=3+4\" {value}/>");
        let rows = [row(&["pre", "post", "weight"].map(text)), row(&[text("A"), text("B"), formula])].concat();
        let content = format!(
            "<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><office:body><office:spreadsheet>\
             <table:table table:name=\"edges\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
        );
        let kind = b"application/vnd.oasis.opendocument.spreadsheet";
        zip(&[("mimetype", kind), ("content.xml", content.as_bytes())])
    };
    let calculated = cells("office:value-type=\"float\" office:value=\"7\"");
    assert_eq!(weights(&read(&file("told", "list.ods", calculated))), [("A", "B", 7.0)]);
    refused("list.ods", cells(""), "cell C2: it is a formula without its value");
}

#[test]
fn lengths_of_a_file_of_their_own_are_taken_by_name() {
    let weights = file("told", "named.csv", ",a,b,c\na,0,1,2\nb,3,0,4\nc,5,6,0\n");
    let with = |lengths: &str| {
        let lengths = Some(file("told", "lengths.csv", lengths));
        Connectome::read(&weights, &ReadOptions { lengths, ..ReadOptions::default() })
    };
    let lengths = |connectome: &Connectome| connectome.edges.iter().map(|e| e.length.unwrap()).collect::<Vec<f64>>();
    let same = with(",a,b,c\na,0,12,13\nb,21,0,23\nc,31,32,0\n").unwrap();
    assert_eq!(lengths(&same), [12.0, 13.0, 21.0, 23.0, 31.0, 32.0]);
    let turned = with(",c,a,b\nc,0,31,32\na,13,0,12\nb,23,21,0\n").unwrap();
    assert_eq!(lengths(&turned), lengths(&same));
    assert!(taken(&turned.reading, "lengths").ends_with("lengths.csv, by the names of the nodes"));
    let bare = with("0,12,13\n21,0,23\n31,32,0\n").unwrap();
    assert_eq!(lengths(&bare), lengths(&same));
    assert!(taken(&bare.reading, "lengths").contains("by their places; names stand in at most one of the two files"));
    let other = with(",a,b,d\na,0,12,13\nb,21,0,23\nd,31,32,0\n").unwrap_err().to_string();
    assert!(other.contains("lengths.csv: it has no lengths of the node 'c' of the weights"), "{other}");
    let fewer = with(",a,b\na,0,12\nb,21,0\n").unwrap_err().to_string();
    assert!(fewer.contains("it has lengths of 2 nodes and the weights have 3"), "{fewer}");
}

#[test]
fn entries_of_sparse_matrices_that_are_listed_twice_are_told() {
    let market = |kind: &str, entries: &[&str]| {
        format!("%%MatrixMarket matrix coordinate real {kind}\n3 3 {}\n{}\n", entries.len(), entries.join("\n"))
    };
    const PART: &str = "places that the file lists more than once";
    let twice = read(&file("told", "twice.mtx", market("general", &["1 2 1", "1 2 -1", "2 3 2", "2 3 5", "3 1 1"])));
    assert_eq!(weights(&twice), [("1", "2", 7.0), ("2", "0", 1.0)]);
    assert_eq!(taken(&twice.reading, PART), "2, the values of each added; 1 of the sums are 0, and no edges");
    let once = read(&file("told", "once.mtx", market("general", &["1 2 1", "2 3 2"])));
    assert_eq!(taken(&once.reading, PART), "");
    let upper = read(&file("told", "upper.mtx", market("symmetric", &["1 2 1", "1 3 2", "2 2 1"])));
    assert_eq!(upper.edges.len(), 5);
    refused(
        "both.mtx",
        market("symmetric", &["2 1 1", "1 2 1"]),
        "line 4: a symmetric matrix lists one side of its diagonal",
    );
    refused(
        "skew.mtx",
        market("skew-symmetric", &["2 1 1", "2 2 1"]),
        "line 4: a skew-symmetric matrix has nothing on its",
    );
}

#[test]
fn two_graphs_two_keys_of_a_name_and_two_values_of_a_key_are_refused_in_graphml() {
    let graph = "<graph edgedefault=\"directed\"><node id=\"a\"/><node id=\"b\"/>\
                 <edge source=\"a\" target=\"b\"><data key=\"w\">2</data></edge></graph>";
    let key = "<key id=\"w\" for=\"edge\" attr.name=\"weight\"/>";
    let around = |inside: &str| format!("<graphml>{inside}</graphml>");
    let one = around(&format!("{key}<key id=\"n\" for=\"node\" attr.name=\"weight\"/>{graph}"));
    assert_eq!(weights(&read(&file("told", "one.graphml", one))), [("a", "b", 2.0)], "nodes may have one of the name");
    refused("two.graphml", around(&format!("{key}{graph}{graph}")), "it holds a second graph; keep one in a file");
    for of in ["edge", "all"] {
        let keys = format!("{key}<key id=\"v\" for=\"{of}\" attr.name=\"weight\"/>");
        refused("keys.graphml", around(&format!("{keys}{graph}")), "a second key is called 'weight'");
    }
    let twice = graph.replace("</data>", "</data><data key=\"w\">3</data>");
    refused("twice.graphml", around(&format!("{key}{twice}")), "'weight' is given twice");
}

#[test]
fn archives_with_two_members_of_one_name_are_refused() {
    let list = b"pre,post\nA,B\n";
    let archive = zip(&[("e.csv", list), ("f.txt", b"C"), ("f.csv", b"pre,post\nC,D\n")]);
    refused("two.zip", &archive, "it is an archive of several connectomes");
    let mut same = archive.clone();
    let places: Vec<usize> = (0..same.len() - 5).filter(|at| same[*at..].starts_with(b"f.csv")).collect();
    places.iter().for_each(|at| same[*at] = b'e');
    let words = "it has two members called 'e.csv'; unpack it, and give the one that is meant alone";
    refused("same.zip", &same, words);
    let options = ReadOptions { member: Some("e.csv".into()), ..ReadOptions::default() };
    assert!(sentence("asked.zip", &same, &options).ends_with(words));
    let mut tar = tar::Builder::new(Vec::new());
    for text in [&list[..], b"pre,post\nC,D\n"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_cksum();
        tar.append_data(&mut header, "e.csv", text).unwrap();
    }
    refused("same.tar", tar.into_inner().unwrap(), words);
}
