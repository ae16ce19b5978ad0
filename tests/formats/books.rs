//! Workbooks as other programs keep them (.xls, .ods, .xlsb), and the choice of a sheet.

use neuropil::connectomes::{Columns, Connectome, EdgeKind, ReadOptions};

use super::excel::{refused, workbook};
use super::{edges, file, fixture, flipped, flipped_copies, read, weights, zip};

const CHEMICAL: EdgeKind = EdgeKind::Chemical;
const GAP: EdgeKind = EdgeKind::Gap;

fn plain() -> ReadOptions {
    ReadOptions::default()
}

fn sheet(name: &str) -> ReadOptions {
    ReadOptions { sheet: Some(name.into()), ..plain() }
}

#[test]
fn the_same_workbook_in_every_format_is_the_same_connectome() {
    let odd_names = ReadOptions { worm_names: true, ..plain() };
    for (name, options) in [("adjacency", &odd_names), ("list", &plain())] {
        let whole = Connectome::read(fixture(&format!("{name}.xlsx")), options).unwrap();
        assert!(whole.edges.len() > 1, "{name}");
        for ending in ["xls", "ods", "xlsb"] {
            let other = Connectome::read(fixture(&format!("{name}.{ending}")), options).unwrap();
            assert_eq!(other.edges, whole.edges, "{name}.{ending}");
            assert_eq!(other.nodes, whole.nodes, "{name}.{ending}");
            assert_eq!(other.reading, whole.reading, "{name}.{ending}");
        }
    }
    for ending in ["xls", "ods", "xlsb"] {
        let options = sheet("hermaphrodite chemcal");
        let error = Connectome::read(fixture(&format!("adjacency.{ending}")), &options).unwrap_err().to_string();
        assert!(error.ends_with("did you mean 'hermaphrodite chemical'?"), "{ending}: {error}");
        let packed = super::gzip(&std::fs::read(fixture(&format!("list.{ending}"))).unwrap());
        assert_eq!(read(&file("books", &format!("list.{ending}.gz"), packed)).edges.len(), 2, "{ending}");
        let archive = zip(&[("in/list", &std::fs::read(fixture(&format!("list.{ending}"))).unwrap())]);
        assert_eq!(read(&file("books", "list.zip", archive)).edges.len(), 2, "{ending}");
    }
}

#[test]
fn old_workbooks_keep_every_kind_of_number_and_text() {
    let connectome = read(&fixture("odd.xls"));
    assert_eq!(connectome.edges.len(), 200);
    for (r, edge) in (1u32..).zip(&connectome.edges) {
        let x = f64::from(r);
        assert_eq!(edge.weight, [x, -x, x / 4.0, x / 3.0, x * 1e9, x / 100.0][r as usize % 6], "row {r}");
        let [source, target] = [edge.source, edge.target].map(|node| connectome.nodes[node as usize].name.as_str());
        assert_eq!(source, format!("neuron {}{r}", "x".repeat(90)));
        assert_eq!(target, format!("Nervenzelle \u{3b1}\u{1d11e}{}{r}", "ü".repeat(50)));
    }
    assert!(connectome.reading.left.contains(&"sheet 'hidden'".to_owned()), "{:?}", connectome.reading);
    assert!(connectome.reading.guesses.iter().any(|g| g.what == "hidden sheets are not meant"));
    let columns = Columns { target: Some("when".into()), ..Columns::default() };
    let error = Connectome::read(fixture("odd.xls"), &ReadOptions { columns, ..plain() }).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "sheet 'edges', cell D2: it is a date, as Excel makes of names such as SEP2; keep names as text"
        ),
        "{error}"
    );
    let error = Connectome::read(fixture("odd.xls"), &sheet("far")).unwrap_err().to_string();
    assert!(error.contains("sheet 'far' has no names of nodes"), "{error}");
}

/// A compound file of one stream.
fn compound(name: &str, stream: &[u8]) -> Vec<u8> {
    let mut content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    let sectors = stream.len().max(4096).div_ceil(512);
    content.resize(512, 0);
    content[26..28].copy_from_slice(&3u16.to_le_bytes());
    content[30..34].copy_from_slice(&[9, 0, 6, 0]);
    let numbers = [(44, 1u32), (48, 1), (56, 4096), (60, u32::MAX - 1), (68, u32::MAX - 1), (76, 0)];
    numbers.iter().for_each(|(at, number)| content[*at..at + 4].copy_from_slice(&number.to_le_bytes()));
    content[80..].fill(0xff);
    // Sector 0 says which follows which, sector 1 is the directory, the stream follows.
    let next = [u32::MAX - 2, u32::MAX - 1].into_iter().chain((0..sectors as u32).map(|at| at + 3));
    let mut next: Vec<u32> = next.collect();
    *next.last_mut().unwrap() = u32::MAX - 1;
    next.resize(128, u32::MAX);
    content.extend(next.iter().flat_map(|number| number.to_le_bytes()));
    for (entry, sort, child, start, size) in
        [("Root Entry", 5u8, 1u32, u32::MAX - 1, 0), (name, 2, u32::MAX, 2, sectors * 512)]
    {
        let mut bytes: Vec<u8> = entry.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.resize(64, 0);
        bytes.extend(((entry.len() as u16 + 1) * 2).to_le_bytes());
        bytes.extend([sort, 1]);
        bytes.extend([u32::MAX, u32::MAX, child].iter().flat_map(|number| number.to_le_bytes()));
        bytes.resize(116, 0);
        bytes.extend(start.to_le_bytes());
        bytes.extend((size as u64).to_le_bytes());
        content.extend(bytes);
    }
    content.resize(512 * 3, 0xff);
    content.extend(stream);
    content.resize(512 * (3 + sectors), 0);
    content
}

/// A record of an .xls.
fn record(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes(), &(content.len() as u16).to_le_bytes(), content].concat()
}

/// Cells of one sheet after a header pre, post, weight, and the workbook around them.
fn old_workbook(before: &[u8], cells: &[u8]) -> Vec<u8> {
    let beginning = record(0x809, &[0, 6, 5, 0]);
    let mut bound = record(0x85, &[0, 0, 0, 0, 0, 0, 5, 0, b'e', b'd', b'g', b'e', b's']);
    let place = (beginning.len() + before.len() + bound.len() + 4) as u32;
    bound[4..8].copy_from_slice(&place.to_le_bytes());
    let text = |row: u8, column: u8, text: &str| {
        record(0x204, &[&[row, 0, column, 0, 0, 0, text.len() as u8, 0, 0], text.as_bytes()].concat())
    };
    let header = ["pre", "post", "weight"].iter().zip(0..).flat_map(|(name, column)| text(0, column, name));
    let ends = [(1, 0, "A"), (1, 1, "B"), (2, 0, "B"), (2, 1, "C")].map(|(row, column, name)| text(row, column, name));
    let sheet = [beginning.clone(), header.collect(), ends.concat(), cells.to_vec(), record(10, &[])].concat();
    compound("Workbook", &[beginning, before.to_vec(), bound, record(10, &[]), sheet].concat())
}

#[test]
fn values_of_formulas_in_old_workbooks_are_taken() {
    let formula = |row: u8, value: [u8; 8]| record(6, &[&[row, 0, 2, 0, 0, 0], &value[..], &[0; 8]].concat());
    let chart = [record(0x809, &[0, 6, 0x20, 0]), formula(1, 9f64.to_le_bytes()), record(10, &[])].concat();
    let text = [formula(2, [0, 0, 0, 0, 0, 0, 0xff, 0xff]), record(0x207, &[3, 0, 0, b'2', b'.', b'5'])].concat();
    let book = old_workbook(&[], &[formula(1, 1.5f64.to_le_bytes()), chart, text].concat());
    assert_eq!(weights(&read(&file("books", "formula.xls", book))), [("A", "B", 1.5), ("B", "C", 2.5)]);
    let wrong =
        old_workbook(&[], &[formula(1, 1f64.to_le_bytes()), formula(2, [2, 0, 7, 0, 0, 0, 0xff, 0xff])].concat());
    refused("error.xls", wrong, &plain(), "row 3: weight '#DIV/0!' is not a number");
}

#[test]
fn compound_files_are_refused_by_their_true_name() {
    for (stream, name) in [
        ("EncryptedPackage", "a workbook or document protected by a password"),
        ("WordDocument", "a Word document"),
        ("PowerPoint Document", "a PowerPoint presentation"),
        ("Something", "a compound file (OLE) without a workbook"),
    ] {
        refused("other.xls", compound(stream, &[0; 64]), &plain(), &format!("it is {name}, which is not read; "));
    }
    let whole = old_workbook(&[], &[]);
    refused("locked.xls", old_workbook(&record(0x2f, &[1, 0]), &[]), &plain(), "a workbook protected by a password");
    let old = compound("Book", &record(0x809, &[0, 5, 5, 0]));
    refused("old.xls", old, &plain(), "it is a workbook of Excel 95 or before, which is not read; save it as .xlsx");
    refused(
        "bare.xls",
        b"\x09\x08\x10\0\0\x06\x05\0 and more",
        &plain(),
        "an .xls workbook without the file around it",
    );
    refused("cut.xls", &whole[..1600], &plain(), "get a whole copy");
}

#[test]
fn old_workbooks_that_lie_end_as_a_sentence() {
    let whole = old_workbook(&[], &[]);
    let circle = |at: usize, number: u32| {
        let mut content = whole.clone();
        content[at..at + 4].copy_from_slice(&number.to_le_bytes());
        content
    };
    // The directory, the stream and the table of sectors each follow themselves.
    refused("directory.xls", circle(512 + 4, 1), &plain(), "a chain of its sectors runs in a circle");
    let mut endless = circle(512 + 8, 2);
    endless[1024 + 128 + 120..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    refused("stream.xls", endless, &plain(), "a chain of its sectors runs in a circle");
    refused("table.xls", circle(68, 2), &plain(), "its table of sectors");
    refused("behind.xls", circle(48, 9999), &plain(), "a part of it lies behind its end");
    // A sheet that declares all rows and columns, and text that no table holds.
    let size = record(0x200, &[[0, 0, 0, 0], [0xff; 4], [0, 0, 0xff, 0xff], [0; 4]].concat()[..14]);
    let number = record(0x203, &[&[1, 0, 2, 0, 0, 0], &3f64.to_le_bytes()[..]].concat());
    let other = record(0x203, &[&[2, 0, 2, 0, 0, 0], &4f64.to_le_bytes()[..]].concat());
    let far = record(0x203, &[&[0xff, 0xff, 0xff, 0, 0, 0], &4f64.to_le_bytes()[..]].concat());
    let book = old_workbook(&[], &[size, number.clone(), other].concat());
    assert_eq!(weights(&read(&file("books", "size.xls", book))), [("A", "B", 3.0), ("B", "C", 4.0)]);
    let book = old_workbook(&[], &[number, far].concat());
    refused("far.xls", book, &plain(), "sheet 'edges', row 3: weight '' is not a number");
    let text = record(0xfd, &[1, 0, 2, 0, 0, 0, 9, 0, 0, 0]);
    refused("text.xls", old_workbook(&[], &text), &plain(), "a cell of it names a text that is not there");
}

/// An OpenDocument workbook of these tables.
fn open_document(tables: &str) -> Vec<u8> {
    let spaces: String = ["office", "table", "text", "style", "calcext"].map(|n| format!(" xmlns:{n}='{n}'")).concat();
    let hidden = "<office:automatic-styles><style:style style:name='ta2'><style:table-properties \
                  table:display='false'/></style:style></office:automatic-styles>";
    let content = format!(
        "<?xml version='1.0'?>\n<office:document-content{spaces}>{hidden}<office:body><office:spreadsheet>{tables}\
         </office:spreadsheet></office:body></office:document-content>"
    );
    zip(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content.as_bytes())])
}

fn text(text: &str) -> String {
    format!("<table:table-cell office:value-type='string'><text:p>{text}</text:p></table:table-cell>")
}

fn real(value: &str) -> String {
    format!(
        "<table:table-cell office:value-type='float' office:value='{value}'><text:p>rounded</text:p></table:table-cell>"
    )
}

fn row(cells: &[String]) -> String {
    format!("<table:table-row>\n {}\n</table:table-row>\n", cells.concat())
}

fn header() -> String {
    row(&["pre", "post", "weight"].map(text))
}

#[test]
fn open_document_cells_are_what_they_stand_for() {
    let note = "<office:annotation><text:p>a note</text:p></office:annotation>";
    let noted = format!("<table:table-cell office:value-type='string'>{note}<text:p>A</text:p></table:table-cell>");
    let spaced = text("B<text:s/><text:span>left</text:span> one");
    let given = "<table:table-cell office:value-type='string' office:string-value='C&amp;D'/>".to_owned();
    let table = [
        "<table:table table:name='edges'><table:table-header-rows>".to_owned(),
        header(),
        "</table:table-header-rows>".to_owned(),
        row(&[noted, spaced.clone(), real("2.5")]),
        row(&[spaced, given, real("-1e-3")]),
        "</table:table>".to_owned(),
    ];
    let connectome = read(&file("books", "cells.ods", open_document(&table.concat())));
    assert_eq!(weights(&connectome), [("A", "B left one", 2.5), ("B left one", "C&D", -1e-3)]);
    let date = "<table:table-cell office:value-type='date' office:date-value='2026-09-02'/>".to_owned();
    let table =
        format!("<table:table table:name='edges'>{}{}</table:table>", header(), row(&[date, text("B"), real("1")]));
    refused("date.ods", open_document(&table), &plain(), "cell A2: it is a date");
    let table = format!(
        "<table:table table:name='edges'>{}{}</table:table>",
        header(),
        row(&[text("A"), text("B"), real("x")])
    );
    refused("word.ods", open_document(&table), &plain(), "the value of a cell 'x' is not a number");
}

#[test]
fn distant_cells_of_an_open_document_cost_nothing_and_repeated_ones_what_they_hold() {
    let far = "<table:table-row table:number-rows-repeated='1000000'><table:table-cell \
               table:number-columns-repeated='16384'/></table:table-row>";
    let edge = |weight: &str| row(&[text("A"), text("B"), real(weight)]);
    let table = format!("<table:table table:name='edges'>{}{far}{}</table:table>", header(), edge("3"));
    assert_eq!(weights(&read(&file("books", "far.ods", open_document(&table)))), [("A", "B", 3.0)]);
    let twice = edge("3").replace("<table:table-row>", "<table:table-row table:number-rows-repeated='2'>");
    let table = format!("<table:table table:name='edges'>{}{twice}</table:table>", header());
    assert_eq!(weights(&read(&file("books", "twice.ods", open_document(&table)))), [("A", "B", 3.0), ("A", "B", 3.0)]);
    let bomb = twice
        .replace("'2'", "'1000000'")
        .replace("<table:table-cell ", "<table:table-cell table:number-columns-repeated='16384' ");
    let table = format!("<table:table table:name='edges'>{}{bomb}</table:table>", header());
    refused("bomb.ods", open_document(&table), &plain(), "its repeated cells unpack to more than the limit");
    let huge =
        edge("3").replace("<table:table-row>", "<table:table-row table:number-rows-repeated='18446744073709551615'>");
    let table = format!("<table:table table:name='edges'>{}{huge}</table:table>", header());
    refused("huge.ods", open_document(&table), &plain(), "its repeated cells unpack to more than the limit");
}

#[test]
fn other_open_documents_are_refused_by_their_true_name() {
    let with = |sort: &str, more: &[(&str, &[u8])]| {
        let kind = format!("application/vnd.oasis.opendocument.{sort}");
        zip(&[&[("mimetype", kind.as_bytes()), ("content.xml", &b"<x/>"[..])], more].concat())
    };
    refused("text.odt", with("text", &[]), &plain(), "it is an OpenDocument text, which is not read; ");
    refused("slides.odp", with("presentation", &[]), &plain(), "it is an OpenDocument file, and no workbook");
    let manifest: &[u8] = b"<manifest><file-entry><encryption-data/></file-entry></manifest>";
    let locked = with("spreadsheet", &[("META-INF/manifest.xml", manifest)]);
    refused("locked.ods", locked, &plain(), "an OpenDocument file protected by a password");
    let open = with("spreadsheet", &[("META-INF/manifest.xml", b"<manifest/>")]);
    refused("empty.ods", open, &plain(), "it has no sheets");
}

#[test]
fn hidden_sheets_of_an_open_document_are_read_only_where_they_are_asked_for() {
    let table = |name: &str, style: &str, weight: &str| {
        let edge = row(&[text("A"), text("B"), real(weight)]);
        format!("<table:table table:name='{name}' table:style-name='{style}'>{}{edge}</table:table>", header())
    };
    let path = file("books", "hidden.ods", open_document(&(table("old", "ta2", "7") + &table("new", "ta1", "2"))));
    assert_eq!(weights(&read(&path)), [("A", "B", 2.0)]);
    assert_eq!(weights(&Connectome::read(&path, &sheet("old")).unwrap()), [("A", "B", 7.0)]);
}

#[test]
fn two_sheets_that_fit_are_a_question() {
    let list: &[&[&str]] = &[&["pre", "post", "synapses"], &["A", "B", "2"]];
    let other: &[&[&str]] = &[&["pre", "post", "synapses"], &["A", "B", "5"]];
    let matrix: &[&[&str]] = &[&["", "A", "B"], &["A", "0", "3"], &["B", "", ""]];
    let notes: &[&[&str]] = &[&["made up", "by hand"], &["2026", "A"]];
    for (two, what) in [([list, other], "lists"), ([list, matrix], "list and matrix"), ([matrix, matrix], "matrices")] {
        let book = workbook(&[("notes", notes), ("adult", two[0]), ("larva", two[1])]);
        let words = "several sheets may be the one; say sheet = \"...\", one of: adult, larva";
        refused("two.xlsx", book.clone(), &plain(), words);
        let path = file("books", "two.xlsx", book);
        let expected = edges(&Connectome::read(&path, &sheet("larva")).unwrap()).len();
        assert_eq!(expected, 1, "{what}");
    }
    for one in [list, matrix] {
        let connectome = read(&file("books", "one.xlsx", workbook(&[("notes", notes), ("adult", one)])));
        assert_eq!(connectome.edges.len(), 1);
        assert!(connectome.reading.left.contains(&"sheet 'notes'".to_owned()), "{:?}", connectome.reading);
    }
}

#[test]
fn gap_junctions_may_be_a_list_on_a_sheet_of_their_own() {
    let list: &[&[&str]] = &[&["pre", "post", "synapses"], &["A", "B", "2"]];
    let gaps: &[&[&str]] = &[&["pre", "post", "size"], &["A", "B", "0.5"]];
    let both = [("A", "B", 2.0, CHEMICAL), ("A", "B", 0.5, GAP)];
    for (chemical, electrical) in [("chemical", "gap junctions"), ("synapses", "Gap_jn"), ("edges", "electrical")] {
        let connectome = read(&file("books", "gaps.xlsx", workbook(&[(electrical, gaps), (chemical, list)])));
        assert_eq!(edges(&connectome), both, "{chemical}");
        let taken = |part: &str| connectome.reading.taken.iter().find(|t| t.part == part).map(|t| t.from.as_str());
        assert_eq!(taken("gap junctions"), Some(&*format!("sheet '{electrical}'")));
        assert_eq!(taken("weight of gap junctions"), Some("column 'size'"));
    }
    let path = file("books", "gaps.xlsx", workbook(&[("Singapore", gaps), ("gap 2", gaps), ("gap 1", gaps)]));
    let error = Connectome::read(&path, &plain()).unwrap_err().to_string();
    assert!(error.ends_with("say gap_sheet = \"...\", one of: gap 2, gap 1"), "{error}");
    let options = ReadOptions { gap_sheet: Some("gap 1".into()), ..plain() };
    assert_eq!(edges(&Connectome::read(&path, &options).unwrap()).len(), 2);
    assert_eq!(edges(&Connectome::read(&path, &sheet("gap 2")).unwrap()), [("A", "B", 0.5, GAP)]);
}

#[test]
fn damaged_workbooks_of_other_programs_never_end_the_program() {
    for name in ["adjacency.xls", "list.xls", "adjacency.ods", "list.ods", "adjacency.xlsb", "list.xlsb"] {
        flipped("books_damaged", name, 200);
    }
    let book = old_workbook(&[], &record(0x203, &[&[1, 0, 2, 0, 0, 0], &3f64.to_le_bytes()[..]].concat()));
    let half = record(0x203, &[&[2, 0, 2, 0, 0, 0], &3f64.to_le_bytes()[..]].concat());
    let whole = old_workbook(
        &[],
        &[&record(0x203, &[&[1, 0, 2, 0, 0, 0], &3f64.to_le_bytes()[..]].concat())[..], &half].concat(),
    );
    assert!(Connectome::read(file("books_damaged", "half.xls", book), &plain()).is_err());
    // Where the records and the chains of sectors stand.
    for part in [0..1400, 1536..1800] {
        let (before, rest) = whole.split_at(part.start);
        let (middle, after) = rest.split_at(part.len());
        flipped_copies(middle, 300, |middle| {
            let content = [before, middle, after].concat();
            Connectome::read(file("books_damaged", "flipped.xls", content), &plain())?.check()
        });
    }
}

#[test]
fn records_that_the_reader_of_xlsb_passes_over_are_told() {
    let whole = std::fs::read(fixture("list.xlsb")).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(whole)).unwrap();
    let name = "xl/worksheets/sheet1.bin";
    let mut sheet = Vec::new();
    std::io::copy(&mut archive.by_name(name).unwrap(), &mut sheet).unwrap();
    let end = sheet.len() - 6;
    for (kind, words) in [(0x0bu8, "a formula of it ends as an error"), (0x3e, "a cell of it has several fonts")] {
        let with = [&sheet[..end], &[kind, 9, 0, 0, 0, 0, 0, 0, 0, 0, 7], &sheet[end..]].concat();
        let mut members = vec![(name.to_owned(), with)];
        for other in ["xl/workbook.bin", "xl/sharedStrings.bin", "xl/_rels/workbook.bin.rels"] {
            let mut content = Vec::new();
            std::io::copy(&mut archive.by_name(other).unwrap(), &mut content).unwrap();
            members.push((other.to_owned(), content));
        }
        let members: Vec<(&str, &[u8])> = members.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
        refused("passed.xlsb", zip(&members), &plain(), words);
    }
}
