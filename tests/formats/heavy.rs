//! GraphML, Excel and Parquet, in builds with the feature `formats`.

use neuropil::connectomes::celegans::Activity;
use neuropil::connectomes::{Columns, Connectome, EdgeKind, ReadOptions, Side};

use super::{edges, file, fixture, read, weights};

const GRAPHML: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<graphml>
  <key attr.name="dn_position_x" attr.type="double" for="node" id="d1"/>
  <key attr.name="dn_position_y" attr.type="double" for="node" id="d2"/>
  <key attr.name="dn_position_z" attr.type="double" for="node" id="d3"/>
  <key attr.name="fn_fsname" attr.type="string" for="node" id="d6"/>
  <key attr.name="dn_hemisphere" attr.type="string" for="node" id="d8"/>
  <key attr.name="number_of_fibers" attr.type="int" for="edge" id="d9"/>
  <key attr.name="fiber_length" attr.type="double" for="edge" id="d10"/>
  <graph edgedefault="DIRECTION">
    <node id="1"><data key="d1">1.5</data><data key="d2">2</data><data key="d3">3</data>
      <data key="d6">insula &amp; &#99;o</data><data key="d8">left</data></node>
    <node id="2"><data key="d6">insula &amp; co</data><data key="d8">right</data></node>
    <edge source="1" target="2"><data key="d9">287619.75</data><data key="d10">55.5</data></edge>
    <edge source="2" target="2"><data key="d9">3</data></edge>
  </graph>
</graphml>
"#;

#[test]
fn graphml_without_namespace_and_with_wrong_types() {
    let connectome = read(&file("graphml", "directed.graphml", GRAPHML));
    let names = ["left.insula & co", "right.insula & co"];
    assert_eq!(weights(&connectome), [(names[0], names[1], 287_619.75), (names[1], names[1], 3.0)]);
    assert_eq!((connectome.edges[0].length, connectome.edges[1].length), (Some(55.5), None));
    assert_eq!(connectome.nodes[0].position, Some([1.5, 2.0, 3.0]));
    assert_eq!(connectome.nodes[1].side, Some(Side::Right));
}

#[test]
fn graphml_undirected_edges_go_both_ways() {
    let text = GRAPHML.replace("DIRECTION", "undirected");
    let path = file("graphml_undirected", "both.graphml", text);
    let connectome = read(&path);
    assert_eq!(connectome.edges.len(), 3, "the self loop stays one");
    let columns = Columns { weight: Some("fiber_length".into()), ..Columns::default() };
    let error = Connectome::read(&path, &ReadOptions { columns, ..ReadOptions::default() }).unwrap_err().to_string();
    assert!(error.ends_with("an edge has no 'fiber_length'; choose another key for the weight"), "{error}");
}

#[test]
fn graphml_that_is_broken_is_refused() {
    let at = |text: String, words: &str| {
        let path = file("graphml_broken", "broken.graphml", text);
        let error = Connectome::read(&path, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains(", line "), "{error}");
    };
    at(GRAPHML.replace("target=\"2\"", "target=\"7\""), "names the node '7'");
    at(GRAPHML.replace("287619.75", "many"), "weight 'many' is not a number");
    at(GRAPHML.replace("id=\"2\"", "id=\"1\""), "listed twice");
    at(GRAPHML[..GRAPHML.len() - 60].to_owned(), "get a whole copy");
}

#[test]
fn excel_adjacency_with_gap_junctions() {
    let options = ReadOptions { worm_names: true, ..ReadOptions::default() };
    let connectome = Connectome::read(fixture("adjacency.xlsx"), &options).unwrap();
    let (chemical, gap) = (EdgeKind::Chemical, EdgeKind::Gap);
    assert_eq!(
        edges(&connectome),
        [
            ("I1L", "VC1", 10.0, chemical),
            ("I1L", "MDL01", 2.0, chemical),
            ("VC1", "I1L", 3.0, chemical),
            ("VC1", "VC1", 1.0, chemical),
            ("I1L", "VC1", 4.0, gap),
            ("VC1", "I1L", 4.0, gap),
        ]
    );
    let sheet = ReadOptions { sheet: Some("hermaphrodite chemical".into()), ..options };
    assert_eq!(Connectome::read(fixture("adjacency.xlsx"), &sheet).unwrap().edges.len(), 4, "only the sheet asked for");
    let packed = file("excel", "adjacency.xlsx.gz", super::gzip(&std::fs::read(fixture("adjacency.xlsx")).unwrap()));
    assert_eq!(read(&packed).edges.len(), 6);
}

#[test]
fn excel_list_of_edges() {
    let connectome = read(&fixture("list.xlsx"));
    assert_eq!(edges(&connectome), [("ADAL", "ADAR", 1.0, EdgeKind::Gap), ("ADAL", "AIBR", 4.0, EdgeKind::Chemical)]);
    let options = ReadOptions { sheet: Some("Shet".into()), ..ReadOptions::default() };
    let error = Connectome::read(fixture("list.xlsx"), &options).unwrap_err().to_string();
    assert!(error.ends_with("did you mean 'Sheet'?"), "{error}");
}

#[test]
fn excel_that_declares_too_many_strings_is_refused() {
    let content: &[u8] = b"<sst uniqueCount=\"99999999999999\"><si><t>a</t></si></sst>";
    let archive = super::zip(&[("xl/workbook.xml", b"<workbook/>"), ("xl/sharedStrings.xml", content)]);
    let error =
        Connectome::read(file("excel", "strings.xlsx", archive), &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.ends_with("it declares more strings than it has bytes; save the workbook again"), "{error}");
}

#[test]
fn parquet_keeps_64_bit_ids() {
    let shiu = read(&fixture("shiu.parquet"));
    let id = |n: u64| (720_575_940_000_000_000 + n).to_string();
    assert_eq!(
        weights(&shiu),
        [
            (id(1).as_str(), id(2).as_str(), 5.0),
            (id(2).as_str(), id(3).as_str(), 7.0),
            (id(1).as_str(), id(3).as_str(), 1.0)
        ]
    );
    assert_eq!(shiu.edges.iter().map(|e| e.sign).collect::<Vec<_>>(), [1, -1, 1]);
    assert_ne!(id(1).parse::<f64>().unwrap() as u64, id(1).parse::<u64>().unwrap(), "a float would not keep them");

    let summed = ReadOptions { sum_repeated: true, ..ReadOptions::default() };
    let codex = Connectome::read(fixture("codex.parquet"), &summed).unwrap();
    assert_eq!(
        weights(&codex),
        [("9223372036854775809", "9223372036854775811", 10.0), ("9223372036854775811", "9223372036854775813", 9.0)]
    );
    assert_eq!(codex.edges[0].transmitter.as_deref(), Some("ACH"));
    assert_eq!(codex.edges[1].transmitter, None);
}

#[test]
fn parquet_columns_by_name() {
    let columns = Columns {
        source: Some("Presynaptic_Index".into()),
        target: Some("Postsynaptic_Index".into()),
        weight: Some("Excitatory x Connectivity".into()),
        ..Columns::default()
    };
    let options = ReadOptions { columns, size: Some(3), ..ReadOptions::default() };
    let connectome = Connectome::read(fixture("shiu.parquet"), &options).unwrap();
    assert_eq!(weights(&connectome), [("0", "1", 5.0), ("1", "2", -7.0), ("0", "2", 1.0)]);
    let columns = Columns { weight: Some("Conectivity".into()), ..Columns::default() };
    let error = Connectome::read(fixture("shiu.parquet"), &ReadOptions { columns, ..ReadOptions::default() });
    assert!(error.unwrap_err().to_string().ends_with("did you mean 'Connectivity'?"));
}

#[test]
fn activity_by_worm() {
    let activity = Activity::read(fixture("activity.parquet"), 1 << 20).unwrap();
    let worms: Vec<(&str, &str, usize)> =
        activity.recordings.iter().map(|r| (r.source_dataset.as_str(), r.worm.as_str(), r.traces.len())).collect();
    assert_eq!(worms, [("Made2024", "worm0", 2), ("Made2024", "worm1", 1), ("Up2023", "worm0", 1)]);
    let slot = &activity.recordings[0].traces[1];
    assert_eq!((slot.neuron.as_str(), slot.labelled), ("17", false));
    assert_eq!((slot.calcium.as_slice(), slot.time.as_slice()), ([0.0, 0.25].as_slice(), [0.0, 0.333].as_slice()));
    assert!(
        Activity::read(fixture("shiu.parquet"), 1 << 20)
            .unwrap_err()
            .to_string()
            .contains("unknown column 'source_dataset'")
    );
    let error = Activity::read(fixture("activity.parquet"), 64).unwrap_err().to_string();
    assert!(error.contains("over the limit of 64 B"), "{error}");
}

#[test]
fn damaged_parquet_and_excel_are_refused() {
    for (name, words) in [("shiu.parquet", "parquet file"), ("list.xlsx", "zip archive")] {
        let whole = std::fs::read(fixture(name)).unwrap();
        let path = file("damaged", name, &whole[..whole.len() / 2]);
        let error = Connectome::read(&path, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("get a whole copy"), "{error}");
    }
}
