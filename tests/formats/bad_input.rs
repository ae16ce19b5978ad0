//! What a user is told about a bad file: one sentence with the place, never a panic.

use std::path::{Path, PathBuf};

use neuropil::connectomes::{Columns, Connectome, ReadOptions};

use super::{file, fixture, gzip, zip};

/// The sentence for a file, without its folder.
fn refusal_with(path: &Path, options: &ReadOptions) -> String {
    let error = Connectome::read(path, options).unwrap_err();
    assert_eq!(error.exit_code(), 2, "{error}");
    let sentence = error.to_string();
    assert!(!sentence.contains('\n'), "{sentence}");
    let folder = format!("{}/", path.parent().unwrap().display());
    sentence.replace(&folder, "")
}

fn refusal(test: &str, name: &str, content: impl AsRef<[u8]>) -> String {
    refusal_with(&file(test, name, content), &ReadOptions::default())
}

#[test]
fn missing_file() {
    let error = Connectome::read("no/such/file.csv", &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.starts_with("no/such/file.csv: there is no such file"), "{error}");
}

#[test]
fn empty_file() {
    assert_eq!(refusal("empty", "empty.csv", ""), "empty.csv: it is empty; expected a connectome");
    assert_eq!(refusal("empty", "blank.csv", "\n\n"), "blank.csv: it is empty; expected a connectome");
    assert_eq!(
        refusal("empty", "header.csv", "source,target\n"),
        "header.csv: it holds no edges; expected a connectome"
    );
    assert_eq!(refusal("empty", "empty.csv.gz", gzip(b"")), "empty.csv.gz: it is empty; expected a connectome");
}

#[test]
fn missing_column() {
    let path = file("column", "list.csv", "source,target,wieght\nA,B,1\n");
    let columns = Columns { weight: Some("weight".into()), ..Columns::default() };
    let options = ReadOptions { columns, ..ReadOptions::default() };
    assert_eq!(refusal_with(&path, &options), "unknown column 'weight' in list.csv; did you mean 'wieght'?");
    let columns = Columns { source: Some("source".into()), ..Columns::default() };
    let options = ReadOptions { columns, ..ReadOptions::default() };
    let path = file("column", "ends.csv", "source,aim\nA,B\n");
    assert_eq!(
        refusal_with(&path, &options),
        "ends.csv: no column is called 'target'; say target = \"...\", out of: source, aim"
    );
    assert_eq!(
        refusal("column", "unknown.csv", "one,two\nA,B\n"),
        "unknown.csv, line 1: its columns (one, two) are unknown; name the columns of an edge list source and target, \
         or say source = \"...\" and target = \"...\"; header = false says that it is an edge list without column names"
    );
}

#[test]
fn bad_fields_of_an_edge_list() {
    let at_line_3 = |row: &str| {
        let text = format!("source,target,weight,kind,sign,length\nA,B,1,gap,,\n{row}\n");
        refusal("fields", "list.csv", text)
    };
    assert_eq!(at_line_3("A,B,NaN,,,"), "list.csv, line 3: weight is NaN; it must be finite");
    assert_eq!(at_line_3("A,B,inf,,,"), "list.csv, line 3: weight is inf; it must be finite");
    assert_eq!(at_line_3("A,B,many,,,"), "list.csv, line 3: weight 'many' is not a number");
    assert_eq!(
        at_line_3("A,B,1,odd,,"),
        "list.csv, line 3: 'odd' is no kind of edge; write chemical or gap, or say kind = \"\" if the column means something else"
    );
    assert_eq!(at_line_3("A,B,1,,?,"), "list.csv, line 3: '?' is no sign; write +, - or nothing");
    assert_eq!(at_line_3("A,B,1,,,-4"), "list.csv, line 3: length is -4 mm; it must not be negative");
    assert_eq!(at_line_3("A,,1,,,"), "list.csv, line 3: column 'target': a node has an empty name; name every node");
    assert_eq!(at_line_3("A,B,1"), "list.csv, line 3: it has 3 fields, the first line has 6");
    let good = file("fields", "good.csv", "source,target,weight\nA,B,1\n");
    assert!(Connectome::read(good, &ReadOptions::default()).is_ok(), "a good list passes");
}

#[test]
fn index_out_of_range() {
    let options = ReadOptions { size: Some(3), ..ReadOptions::default() };
    let with = |row: &str| refusal_with(&file("index", "list.csv", format!("source,target\n0,1\n{row}\n")), &options);
    assert_eq!(with("1,3"), "list.csv, line 3: column 'target': node index 3 is out of range of 3 nodes, 0 to 2");
    assert_eq!(with("-1,2"), "list.csv, line 3: column 'source': node index -1 is out of range of 3 nodes, 0 to 2");
    assert_eq!(with("1,two"), "list.csv, line 3: column 'target': node index 'two' is not a whole number");
    let huge = ReadOptions { size: Some(u64::MAX), ..ReadOptions::default() };
    let error = refusal_with(&file("index", "list.csv", "source,target\n0,1\n"), &huge);
    assert_eq!(
        error,
        "a list of 18,446,744,073,709,551,615 nodes needs 16384.0 PiB and 2.0 GiB are available; give the number of nodes that \
         the file names"
    );
}

#[test]
fn bad_tables_of_nodes() {
    let list = file("nodes", "list.csv", "source,target\nA,C\n");
    let with = |nodes: &str| {
        let nodes = Some(file("nodes", "nodes.csv", nodes));
        refusal_with(&list, &ReadOptions { nodes, ..ReadOptions::default() })
    };
    assert_eq!(with("name\nA\nB\nA\n"), "nodes.csv, line 4: the node 'A' is listed twice; names must be unique");
    assert_eq!(with("name\nA\nB\n"), "list.csv, line 2: column 'target': the node 'C' is not in the table of nodes");
    assert_eq!(with("nom,x\nA,1\n"), "nodes.csv, line 1: there is no column 'name'; found: nom, x");
    assert_eq!(with("name,x,y,z\nA,1,2,far\n"), "nodes.csv, line 2: z 'far' is not a number");
    assert_eq!(with(""), "nodes.csv: it is empty; expected a table of nodes with a column 'name'");
}

#[test]
fn bad_matrices() {
    assert_eq!(
        refusal("matrix", "ragged.csv", "0,1\n1,0,2\n"),
        "ragged.csv, line 2: it has 3 values, the rows before have 2"
    );
    assert_eq!(
        refusal("matrix", "long.csv", "0,0.5\n1,0\n0,0\n"),
        "long.csv: the matrix is 3 x 2, one row more than columns: is the first row names? Then say header = true; a \
         connectome needs a square one"
    );
    assert_eq!(refusal("matrix", "nan.csv", "0,1\nnan,0\n"), "nan.csv, line 2: weight is NaN; it must be finite");
    assert_eq!(refusal("matrix", "word.csv", "0,1\nx,0\n"), "word.csv, line 2: weight 'x' is not a number");
    assert_eq!(
        refusal("matrix", "order.csv", ",a,b\na,0,1\nc,1,0\n"),
        "order.csv: row 2 is called 'c' and column 2 'b'; their order must agree"
    );
    let weights = file("matrix", "weights.csv", "0,1\n1,0\n");
    let options = ReadOptions { labels: Some(file("matrix", "labels.csv", "a,b,c\n")), ..ReadOptions::default() };
    assert_eq!(refusal_with(&weights, &options), "weights.csv: it has 3 labels for 2 nodes");
    let options = ReadOptions { labels: Some(file("matrix", "labels.csv", "a,a\n")), ..ReadOptions::default() };
    assert_eq!(refusal_with(&weights, &options), "connectome weights: two nodes are called 'a'; names must be unique");
    let options =
        ReadOptions { lengths: Some(file("matrix", "lengths.csv", "0,1,2\n1,0,2\n2,2,0\n")), ..ReadOptions::default() };
    let error = refusal_with(&weights, &options);
    assert_eq!(error, "weights.csv: the weights are 2 x 2 and the lengths 3 x 3; they must agree");
    let options = ReadOptions { lengths: Some(file("matrix", "lengths.csv", "0,-1\n1,0\n")), ..ReadOptions::default() };
    let error = refusal_with(&weights, &options);
    assert_eq!(error, "weights.csv: the length in row 1, column 2 is -1 mm; it must be finite and not negative");
}

#[test]
fn not_text() {
    assert_eq!(
        refusal("utf8", "list.csv", b"source,target\nA,B\n\xff\xfe,B\n"),
        "list.csv, line 3: it is not UTF-8 text (byte ff, 'ÿ' in Latin-1); save it as UTF-8, as iconv -f windows-1252 -t utf-8 does for most western texts"
    );
    assert_eq!(
        refusal("utf8", "blanks.txt", b"0 1\n1 \xff\n"),
        "blanks.txt, line 2: it is not UTF-8 text (byte ff, 'ÿ' in Latin-1); save it as UTF-8, as iconv -f windows-1252 -t utf-8 does for most western texts"
    );
    assert_eq!(
        refusal("utf8", "flyvis.json", b"{\n\"nodes\": \"\xff\"}"),
        "flyvis.json, line 2: it is not UTF-8 text (byte ff, 'ÿ' in Latin-1); save it as UTF-8, as iconv -f windows-1252 -t utf-8 does for most western texts"
    );
}

#[test]
fn a_quote_that_is_not_closed_is_told_with_its_line() {
    let lost = "source,target,note\nA,B,\"one\nB,C,two\nC,D,three\n";
    let words = "list.csv, line 2: a quote (\") opens here and is not closed; close it or remove it";
    assert_eq!(refusal("quotes", "list.csv", lost.as_bytes()), words);
    let closed = lost.replace("three", "three\"");
    assert_eq!(super::read(&file("quotes", "closed.csv", closed)).edges.len(), 1);
    let far = format!("{lost}{}", "C,D,three\n".repeat(300_000));
    let words = "list.csv, line 2: a quote (\") opens here and is not closed within 1 MiB; close it or remove it";
    assert_eq!(refusal("quotes", "list.csv", far.as_bytes()), words);
}

#[test]
fn cut_off_files() {
    let text: String = (0..5_000).fold("source,target\n".into(), |text, i| format!("{text}{i},{}\n", i * 7 % 5_000));
    let packed = gzip(text.as_bytes());
    let error = refusal("cut", "list.csv.gz", &packed[..packed.len() / 2]);
    assert_eq!(error, "list.csv.gz: it ends too early, as if cut off; get a whole copy");
    let archive = zip(&[("weights.txt", b"0 1\n1 0\n"), ("tract_lengths.txt", b"0 1\n1 0\n")]);
    let error = refusal("cut", "tvb.zip", &archive[..archive.len() - 30]);
    assert!(error.starts_with("tvb.zip: it is not a whole zip archive"), "{error}");
    for (name, words) in [("weights.npy", "it ends too early"), ("plain.mat", "not a whole MATLAB file")] {
        let whole = std::fs::read(fixture(name)).unwrap();
        let error = refusal("cut", name, &whole[..whole.len() - 20]);
        assert!(error.contains(words), "{error}");
    }
    let whole = std::fs::read(fixture("packed.mat")).unwrap();
    assert!(refusal("cut", "packed.mat", &whole[..whole.len() - 20]).contains("not a whole MATLAB file"));
    let mut damaged = whole;
    damaged[150..160].fill(0xff);
    assert!(refusal("cut", "damaged.mat", damaged).contains("get a whole copy"));
}

#[test]
fn negative_and_huge_sizes() {
    let mut mat = std::fs::read(fixture("plain.mat")).unwrap();
    let at = mat.windows(8).position(|w| w == [3, 0, 0, 0, 3, 0, 0, 0]).unwrap();
    mat[at..at + 4].copy_from_slice(&(-3i32).to_le_bytes());
    assert_eq!(
        refusal("size", "minus.mat", &mat),
        "minus.mat: its array sc has -3 rows or columns; a size is never negative"
    );
    mat[at..at + 8].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]);
    let error = refusal("size", "huge.mat", &mat);
    assert!(
        error.contains("2147483647 x 2147483647 unpacks to 16.0 EiB") || error.contains("over the limit of 2.0 GiB"),
        "{error}"
    );
    mat[at..at + 8].copy_from_slice(&[4, 0, 0, 0, 4, 0, 0, 0]);
    assert_eq!(refusal("size", "wrong.mat", &mat), "wrong.mat: its array sc is 4 x 4 and holds 9 numbers");

    let npy = std::fs::read(fixture("weights.npy")).unwrap();
    let text = String::from_utf8_lossy(&npy[..128]).into_owned();
    let at = text.find("(3, 3), }").map(|_| npy.windows(9).position(|w| w == b"(3, 3), }").unwrap()).unwrap();
    let mut huge = npy.clone();
    huge[at..at + 16].copy_from_slice(b"(999999,999999)}");
    let error = refusal("size", "huge.npy", &huge);
    assert!(error.contains("999999 x 999999") && error.contains("over the limit of 2.0 GiB"), "{error}");
    let mut minus = npy.clone();
    minus[at..at + 10].copy_from_slice(b"(-3, 3), }");
    let error = refusal("size", "minus.npy", &minus);
    assert!(error.contains("it is not a whole NPY array"), "{error}");
    let mut header = npy;
    header[8..10].copy_from_slice(&[0xff, 0xff]);
    assert!(refusal("size", "header.npy", &header).contains("it ends within its header"));
}

/// A zip whose only member declares a size of its own choice.
fn declaring(size: u32) -> Vec<u8> {
    let zeros = vec![b'0'; 4 << 20];
    let mut archive = zip(&[("weights.txt", &zeros)]);
    let central = archive.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    for at in [22, central + 24] {
        archive[at..at + 4].copy_from_slice(&size.to_le_bytes());
    }
    archive
}

#[test]
fn archives_that_unpack_to_too_much() {
    let error = refusal("bomb", "declared.zip", declaring(3 << 30));
    assert_eq!(
        error,
        "declared.zip: its member weights.txt unpacks to 3.0 GiB, over the limit of 2.0 GiB; raise max_bytes if you trust it"
    );
    let small = ReadOptions { max_bytes: 1 << 20, ..ReadOptions::default() };
    let error = refusal_with(&file("bomb", "honest.zip", declaring(4 << 20)), &small);
    assert!(error.contains("unpacks to 4.0 MiB, over the limit of 1.0 MiB"), "{error}");
    let error = refusal_with(&file("bomb", "lying.zip", declaring(10)), &small);
    assert!(error.contains("its member weights.txt"), "{error}");
    let zeros = gzip(&vec![b'0'; 4 << 20]);
    for name in ["bomb.csv.gz", "bomb.npy.gz"] {
        let error = refusal_with(&file("bomb", name, &zeros), &small);
        assert!(
            error.ends_with("it unpacks to more than the limit of 1.0 MiB; raise max_bytes if you trust it"),
            "{error}"
        );
    }
    let whole = ReadOptions { max_bytes: 1 << 30, ..small };
    let read = Connectome::read(file("bomb", "honest.zip", declaring(4 << 20)), &whole);
    assert_eq!(read.unwrap().nodes.len(), 1, "a raised limit lets it through to the reader");
}

#[test]
fn formats_that_are_not_read() {
    let refused = |name: &str, content: &[u8], words: &str| {
        let error = refusal("foreign", name, content);
        assert!(error.contains(words), "{error}");
    };
    let words = if cfg!(feature = "formats") { "save it from MATLAB with save -v7" } else { "does not read HDF5" };
    refused("new.mat", b"\x89HDF\r\n\x1a\n", words);
    refused("weights.feather", b"FEA1\0\0\0\0", "save the table as Parquet or CSV");
    refused(
        "other.zip",
        &zip(&[("readme.txt", b"hello")]),
        "none of its members is known to be a connectome (it has readme.txt)",
    );
    let words = if cfg!(feature = "formats") { "JSON without lists of nodes and of links" } else { "flyvis" };
    refused("other.json", b"{\"nodes\": 3}", words);
}

#[test]
fn bad_connectivities() {
    let with = |members: &[(&str, &[u8])]| refusal("tvb_bad", "c.zip", zip(members)).replace("c.zip/", "");
    let weights: (&str, &[u8]) = ("weights.txt", b"0 1\n1 0\n");
    assert_eq!(with(&[("weights.txt", b"0 1\n1\n")]), "weights.txt, line 2: it has 1 value, the rows before have 2");
    assert_eq!(with(&[weights, ("centres.txt", b"a 1 2 3\n")]), "centres.txt: it has 1 line for 2 regions");
    assert_eq!(
        with(&[weights, ("centres.txt", b"a 1 2\nb 1 2 3\n")]),
        "centres.txt, line 1: it has 3 fields; expected label x y z"
    );
    assert_eq!(with(&[weights, ("areas.txt", b"1\n")]), "areas.txt: it has 1 value for 2 regions");
    assert_eq!(
        with(&[weights, ("tract_lengths.txt", b"0 inf\n1 0\n")]),
        "tract_lengths.txt, line 1: value is inf; it must be finite"
    );
}

#[test]
fn bad_flyvis_descriptions() {
    let with = |json: &str| refusal("flyvis_bad", "f.json", json);
    let types = r#"{"nodes": [{"name": "A", "pattern": ["stride", [1, 1]]}], "edges": [EDGES]}"#;
    let edge = r#"{"src": "A", "tar": "B", "offsets": [[[0, 0], 1]], "alpha": 1}"#;
    assert_eq!(with(&types.replace("EDGES", edge)), "unknown cell type 'B' in f.json; did you mean 'A'?");
    let error = with(&types.replace("[1, 1]", "[0, 1]").replace("EDGES", ""));
    assert_eq!(error, "f.json: the type A has the pattern stride 0, 1; expected stride and steps from 1");
    let path = file(
        "flyvis_bad",
        "far.json",
        types.replace("EDGES", edge).replace("\"B\"", "\"A\"").replace("[0, 0]", "[2147483647, -2147483648]"),
    );
    let far = Connectome::read(&path, &ReadOptions { extent: 2, ..ReadOptions::default() }).unwrap();
    assert_eq!((far.nodes.len(), far.edges.len()), (19, 0), "an offset beyond the lattice gives no edge");
    let error = refusal_with(&path, &ReadOptions { extent: 501, ..ReadOptions::default() });
    assert_eq!(error, "far.json: an extent of 501 columns is more than 500");
}

#[test]
fn damaged_bytes_never_panic() {
    let options = ReadOptions { max_bytes: 1 << 20, ..ReadOptions::default() };
    for name in FIXTURES {
        let whole = std::fs::read(fixture(name)).unwrap();
        super::flipped_copies(&whole, 60, |content| {
            Connectome::read(file("damaged_bytes", name, content), &options)?.check()
        });
        for cut in (0..whole.len()).step_by(whole.len() / 20) {
            let error = Connectome::read(file("cut_bytes", name, &whole[..cut]), &options);
            assert!(error.is_err(), "{name} of {cut} bytes");
        }
    }
}

const FIXTURES: [&str; 8] = [
    "weights.npy",
    "region.npz",
    "plain.mat",
    "packed.mat",
    "shiu.parquet",
    "codex.parquet",
    "adjacency.xlsx",
    "list.xlsx",
];

#[test]
#[cfg(not(feature = "formats"))]
fn formats_of_other_builds_are_named() {
    let says = |path: PathBuf, format: &str| {
        let error = refusal_with(&path, &ReadOptions::default());
        let words = format!("this build does not read {format}; build with the cargo feature 'formats'");
        assert!(error.ends_with(&words), "{error}");
    };
    says(fixture("list.xlsx"), "Excel");
    says(fixture("shiu.parquet"), "Parquet");
    says(file("other_build", "g.graphml", "<graphml/>"), "GraphML");
    says(file("other_build", "c.zip", zip(&[("weights.txt.bz2", b"BZh9")])), "bzip2");
}

#[test]
fn unreadable_folder_instead_of_a_file() {
    let folder: PathBuf = file("folder", "inside.csv", "").parent().unwrap().into();
    assert!(Connectome::read(&folder, &ReadOptions::default()).is_err());
}

#[test]
fn a_line_without_end() {
    // 20 MiB of numbers on one line; a file of many short lines as large is read.
    let told = refusal("long-line", "matrix.csv", "0,".repeat(10 << 20));
    assert!(told.contains("has a line of more than 16 MiB"), "{told}");
    let short = "source,target,weight\n".to_owned() + &"a,b,1\n".repeat(3 << 20);
    let told = refusal("short-lines", "edges.csv", short + "a,b,x\n");
    assert!(!told.contains("16 MiB"), "{told}");
}
