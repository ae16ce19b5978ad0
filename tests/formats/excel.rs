//! Workbooks: adjacency sheets and lists.

use neuropil::connectomes::{Columns, Connectome, EdgeKind, ReadOptions};

use super::{edges, file, fixture, flipped, gzip, read, weights, zip};

const CHEMICAL: EdgeKind = EdgeKind::Chemical;
const GAP: EdgeKind = EdgeKind::Gap;

/// A workbook of one sheet for each name; a cell that is a number is kept as one, "#..." as an error.
pub(super) fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let (mut listed, mut related, mut members) = (String::new(), String::new(), Vec::new());
    for (k, (name, rows)) in sheets.iter().enumerate() {
        listed += &format!("<sheet name=\"{name}\" sheetId=\"{}\" r:id=\"r{k}\"/>", k + 1);
        related +=
            &format!("<Relationship Id=\"r{k}\" Type=\"{relation}/worksheet\" Target=\"worksheets/sheet{k}.xml\"/>");
        let mut text = format!("<worksheet xmlns=\"{main}\"><sheetData>");
        for (r, row) in rows.iter().enumerate() {
            text += &format!("<row r=\"{}\">", r + 1);
            for (c, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let at = format!("{}{}", char::from(b'A' + c as u8), r + 1);
                text += &match cell {
                    _ if cell.starts_with('#') => format!("<c r=\"{at}\" t=\"e\"><v>{cell}</v></c>"),
                    _ if cell.starts_with('\'') => {
                        format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{}</t></is></c>", &cell[1..])
                    }
                    _ if cell.parse::<f64>().is_ok() => format!("<c r=\"{at}\"><v>{cell}</v></c>"),
                    _ => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"),
                };
            }
            text += "</row>";
        }
        members.push((format!("xl/worksheets/sheet{k}.xml"), text + "</sheetData></worksheet>"));
    }
    members.push((
        "xl/workbook.xml".into(),
        format!("<workbook xmlns=\"{main}\" xmlns:r=\"{relation}\"><sheets>{listed}</sheets></workbook>"),
    ));
    members.push((
        "xl/_rels/workbook.xml.rels".into(),
        format!("<Relationships xmlns=\"{package}\">{related}</Relationships>"),
    ));
    let target = format!("<Relationship Id=\"w\" Type=\"{relation}/officeDocument\" Target=\"xl/workbook.xml\"/>");
    members.push(("_rels/.rels".into(), format!("<Relationships xmlns=\"{package}\">{target}</Relationships>")));
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zip(&members)
}

pub(super) fn refused(name: &str, content: impl AsRef<[u8]>, options: &ReadOptions, words: &str) {
    let error = Connectome::read(file("excel_bad", name, content), options).unwrap_err();
    let sentence = error.to_string();
    assert!(sentence.contains(words) && !sentence.contains('\n') && error.exit_code() == 2, "{sentence}");
}

#[test]
fn adjacency_with_gap_junctions() {
    let options = ReadOptions { worm_names: true, ..ReadOptions::default() };
    let connectome = Connectome::read(fixture("adjacency.xlsx"), &options).unwrap();
    let expected = [
        ("I1L", "VC1", 10.0, CHEMICAL),
        ("I1L", "MDL01", 2.0, CHEMICAL),
        ("VC1", "I1L", 3.0, CHEMICAL),
        ("VC1", "VC1", 1.0, CHEMICAL),
        ("I1L", "VC1", 4.0, GAP),
        ("VC1", "I1L", 4.0, GAP),
    ];
    assert_eq!(edges(&connectome), expected, "the names repeated at the end are no nodes");
    let categories: Vec<&str> = connectome.nodes.iter().filter_map(|n| n.category.as_deref()).collect();
    assert_eq!(categories, ["PHARYNX", "PHARYNX", "MUSCLES"]);
    let sheet = ReadOptions { sheet: Some("hermaphrodite chemical".into()), ..options.clone() };
    assert_eq!(edges(&Connectome::read(fixture("adjacency.xlsx"), &sheet).unwrap()), expected[..4]);
    let sheet = ReadOptions { sheet: Some("hermaphrodite gap jn symmetric".into()), ..options };
    assert_eq!(edges(&Connectome::read(fixture("adjacency.xlsx"), &sheet).unwrap()), expected[4..]);
    let packed = file("excel", "adjacency.xlsx.gz", gzip(&std::fs::read(fixture("adjacency.xlsx")).unwrap()));
    assert_eq!(read(&packed).edges, connectome.edges);
}

#[test]
fn sheets_by_name() {
    let chemical: &[&[&str]] = &[&["", "A", "B"], &["A", "0", "2"], &["B", "", "1.5"]];
    let gap: &[&[&str]] = &[&["", "A", "C"], &["A", "7", ""], &["C", "", "8"]];
    let book = workbook(&[("notes", &[&["made up"]]), ("male chemical", chemical), ("male gap jn asymmetric", gap)]);
    let path = file("excel", "sheets.xlsx", book);
    assert_eq!(edges(&read(&path)), [("A", "B", 2.0, CHEMICAL), ("B", "B", 1.5, CHEMICAL)], "no symmetric sheet");
    let options = ReadOptions { gap_sheet: Some("male gap jn asymmetric".into()), ..ReadOptions::default() };
    let both = Connectome::read(&path, &options).unwrap();
    assert_eq!(edges(&both)[2..], [("A", "A", 7.0, GAP), ("C", "C", 8.0, GAP)]);
    assert_eq!(both.nodes.len(), 3);
    let options = ReadOptions { sheet: Some("male chemcal".into()), ..ReadOptions::default() };
    let error = Connectome::read(&path, &options).unwrap_err().to_string();
    assert!(error.ends_with("did you mean 'male chemical'?"), "{error}");
}

#[test]
fn list_of_edges() {
    assert_eq!(edges(&read(&fixture("list.xlsx"))), [("ADAL", "ADAR", 1.0, GAP), ("ADAL", "AIBR", 4.0, CHEMICAL)]);
    let rows: &[&[&str]] =
        &[&["", "id_1", "id_2", "n"], &["0", "'720575940600000001", "7", "3"], &[], &["1", "7", "7", "2"]];
    let path = file("excel", "ids.xlsx", workbook(&[("cover", &[&["made up"]]), ("edges", rows)]));
    let columns = Columns {
        source: Some("id_1".into()),
        target: Some("id_2".into()),
        weight: Some("n".into()),
        ..Columns::default()
    };
    let connectome = Connectome::read(&path, &ReadOptions { columns, ..ReadOptions::default() }).unwrap();
    assert_eq!(
        weights(&connectome),
        [("720575940600000001", "7", 3.0), ("7", "7", 2.0)],
        "an id kept as text is exact"
    );
}

#[test]
fn bad_lists_are_refused() {
    let plain = ReadOptions::default();
    let list = |rows: &[&[&str]]| workbook(&[("edges", rows)]);
    let header = &["pre", "post", "type", "synapses"][..];
    refused(
        "word.xlsx",
        list(&[header, &["A", "B", "chemical", "many"]]),
        &plain,
        "sheet 'edges', row 2: weight 'many' is not a number",
    );
    refused(
        "error.xlsx",
        list(&[header, &["A", "B", "chemical", "#NUM!"]]),
        &plain,
        "row 2: weight '#NUM!' is not a number",
    );
    refused(
        "kind.xlsx",
        list(&[header, &["A", "B", "gap", "1"], &["A", "B", "both", "1"]]),
        &plain,
        "row 3: 'both' is no kind of edge; write chemical or gap",
    );
    refused(
        "gap.xlsx",
        list(&[header, &["A", "", "gap", "1"]]),
        &plain,
        "row 2: column 'post': a node has an empty name",
    );
    let id = &["720575940600000001", "B", "chemical", "1"];
    refused("id.xlsx", list(&[header, id]), &plain, "sheet 'edges', cell A2: the id is above 2^53 and has lost digits");
    let two = &["Source", "", "Target", "Weight"];
    refused("two.xlsx", list(&[two, &["Name", "NT", "Name", "n"]]), &plain, "cell B1: the column has no name");
    let columns = Columns { weight: Some("synapse".into()), ..Columns::default() };
    let options = ReadOptions { columns, ..ReadOptions::default() };
    refused("column.xlsx", list(&[header, &["A", "B", "gap", "1"]]), &options, "did you mean 'synapses'?");
    refused("header.xlsx", list(&[header]), &plain, "it holds no edges");
}

#[test]
fn bad_adjacency_sheets_are_refused() {
    let plain = ReadOptions::default();
    let sheet = |rows: &[&[&str]]| workbook(&[("x chemical", rows)]);
    let header = &["", "A", "B"][..];
    refused(
        "word_of_matrix.xlsx",
        sheet(&[header, &["A", "1", "none"], &["B"]]),
        &plain,
        "sheet 'x chemical', cell C2: weight 'none' is not a number",
    );
    refused(
        "error.xlsx",
        sheet(&[header, &["A", "#DIV/0!"], &["B"]]),
        &plain,
        "cell B2: weight '#DIV/0!' is not a number",
    );
    refused(
        "twice.xlsx",
        sheet(&[header, &["A", "1"], &["B"], &["A"]]),
        &plain,
        "cell A4: the name 'A' stands in A2 too",
    );
    refused("numbers.xlsx", sheet(&[&["1", "2"], &["3", "4"]]), &plain, "sheet 'x chemical' has no names of nodes");
    refused("text.xlsx", sheet(&[&["made up"]]), &plain, "sheet 'x chemical' is no adjacency matrix");
    refused("empty.xlsx", sheet(&[]), &plain, "sheet 'x chemical' is empty; say sheet = \"...\" for another one");
}

#[test]
fn damaged_workbooks_are_refused() {
    let plain = ReadOptions::default();
    let whole = std::fs::read(fixture("list.xlsx")).unwrap();
    refused("cut.xlsx", &whole[..whole.len() / 2], &plain, "it is not a whole zip archive");
    refused("cut.xlsx.gz", &gzip(&whole)[..2000], &plain, "get a whole copy");
    let broken = zip(&[("xl/workbook.xml", b"<workbook><sheets>")]);
    refused("broken.xlsx", broken, &plain, "it is not a workbook that can be read");
    let count = format!("<sst uniqueCount=\"{}\"><si><t>A</t></si></sst>", u64::MAX / 64);
    let bomb = zip(&[("xl/workbook.xml", b"<workbook/>"), ("xl/sharedStrings.xml", count.as_bytes())]);
    refused(
        "bomb.xlsx",
        bomb,
        &plain,
        "xl/sharedStrings.xml: it declares more strings than fit in it; save the workbook again",
    );
    let small = ReadOptions { max_bytes: 20_000, ..ReadOptions::default() };
    refused("large.xlsx", zip(&[("xl/workbook.xml", &[b' '; 30_000])]), &small, "over the limit of 19.5 KiB");
    for name in ["adjacency.xlsx", "list.xlsx"] {
        flipped("excel_damaged", name, 150);
    }
}

#[test]
fn workbooks_with_damaged_xml_never_end_the_program() {
    let book = workbook(&[("edges", &[&["pre", "post", "synapses"], &["A", "B", "2"]])]);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let mut text = |name: &str| std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
    let others = ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"].map(|name| (name, text(name)));
    let sheet = text("xl/worksheets/sheet0.xml");
    let with = |sheet: &[u8]| {
        let others = others.iter().map(|(name, text)| (*name, text.as_bytes()));
        zip(&[("xl/worksheets/sheet0.xml", sheet)].into_iter().chain(others).collect::<Vec<_>>())
    };
    let backwards = sheet.replace("<sheetData>", "<dimension ref=\"C9:A1\"/><sheetData>");
    let words = "cannot be read (the library that reads it gave up: its parts contradict each other); save it again";
    refused("backwards.xlsx", with(backwards.as_bytes()), &ReadOptions::default(), words);
    super::flipped_copies(sheet.as_bytes(), 150, |sheet| {
        Connectome::read(file("excel_xml", "damaged.xlsx", with(sheet)), &ReadOptions::default())?.check()
    });
}

#[test]
fn distant_cells_cost_nothing() {
    let book = workbook(&[("edges", &[&["pre", "post"], &["A", "B"]])]);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let names: Vec<String> =
        (0..archive.len()).map(|k| archive.by_index(k).unwrap().name().unwrap().into_owned()).collect();
    let mut members = Vec::new();
    for name in &names {
        let text = std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
        let far = "<row r=\"1048576\"><c r=\"A1048576\" t=\"inlineStr\"><is><t>C</t></is></c>\
                   <c r=\"B1048576\" t=\"inlineStr\"><is><t>D</t></is></c><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>";
        members.push((name.as_str(), text.replace("</sheetData>", far).into_bytes()));
    }
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, text)| (*name, text.as_slice())).collect();
    assert_eq!(weights(&read(&file("excel", "far.xlsx", zip(&members)))), [("A", "B", 1.0), ("C", "D", 1.0)]);
}

#[test]
fn sheets_in_every_wording_of_the_worms_tables() {
    let sheet: &[&[&str]] = &[&["", "A", "B"], &["A", "0", "2"], &["B", "", "1.5"]];
    let other: &[&[&str]] = &[&["", "A", "B"], &["A", "9", "9"], &["B", "9", "9"]];
    for (chemical, gap) in [
        ("hermaphrodite chemical", "hermaphrodite gap jn symmetric"),
        ("herm chem synapse adjacency", "herm gap jn synapse adjacency"),
        ("Chemical", "Electrical"),
    ] {
        let book = workbook(&[
            ("notes", other),
            ("herm chem grouped", other),
            (chemical, sheet),
            ("male chemical", other),
            ("hermaphrodite gap jn asymmetric", other),
            ("male gap jn symmetric", other),
            (gap, sheet),
        ]);
        let connectome = read(&file("excel_wording", "book.xlsx", book));
        let expected =
            [("A", "B", 2.0, CHEMICAL), ("B", "B", 1.5, CHEMICAL), ("A", "B", 2.0, GAP), ("B", "B", 1.5, GAP)];
        assert_eq!(edges(&connectome), expected, "{chemical}");
        assert!(connectome.reading.left.contains(&"sheet 'herm chem grouped'".to_owned()), "{:?}", connectome.reading);
    }
    let two = workbook(&[("herm chemical L4", sheet), ("herm chemical adult", sheet)]);
    let words = "several sheets may be the one; say sheet = \"...\", one of: herm chemical L4, herm chemical adult";
    refused("two.xlsx", two, &ReadOptions::default(), words);
}
