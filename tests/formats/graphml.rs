//! GraphML as it is found, not only as it is specified.

use neuropil::connectomes::{Columns, Connectome, EdgeKind, ReadOptions, Side};

use super::{edges, file, gzip, read, weights};

/// In the manner of braingraph.org and Connectomes.jl: no name space, and text of a real number under "int".
const GRAPHML: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<graphml>
  <key attr.name="dn_position_x" attr.type="double" for="node" id="d1"/>
  <key attr.name="dn_position_y" attr.type="double" for="node" id="d2"/>
  <key attr.name="dn_position_z" attr.type="double" for="node" id="d3"/>
  <key attr.name="dn_region" attr.type="string" for="node" id="d5"/>
  <key attr.name="fn_fsname" attr.type="string" for="node" id="d6"/>
  <key attr.name="dn_hemisphere" attr.type="string" for="node" id="d8"/>
  <key attr.name="number_of_fibers" attr.type="int" for="edge" id="d9"/>
  <key attr.name="fiber_length" attr.type="double" for="edge" id="d10"/>
  <graph edgedefault="directed">
    <node id="1"><data key="d1">1.5</data><data key="d2">2</data><data key="d3">3</data><data key="d5">cortical</data>
      <data key="d6">insula &amp; &#99;o</data><data key="d8">left</data></node>
    <node id="2"><data key="d6"><![CDATA[insula & co]]></data><data key="d8">right</data></node>
    <edge source="1" target="2"><data key="d9">1.6414603e6</data><data key="d10">55.5</data></edge>
    <edge source="2" target="2"><data key="d9">3</data></edge>
  </graph>
</graphml>
"#;

/// In the manner of NetworkX and igraph: a name space, defaults, single edges that say their direction.
const DEFAULTS: &str = r#"<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="v_name" for="node" attr.name="name" attr.type="string"/>
<key id="w" for="edge" attr.name="weight" attr.type="double"><default>0.5</default></key>
<key id="t" for="edge" attr.name="type" attr.type="string"/>
<key id="k" for="edge" attr.name="nt_type" attr.type="string"/>
<graph id="G" edgedefault="undirected">
<edge source="n0" target="n1"><data key="w">2</data></edge>
<node id="n0"><data key="v_name">AVAL</data></node><node id="n1"><data key="v_name">DA01</data></node>
<node id="n2"><data key="v_name">PVCL</data></node>
<edge source="n1" target="n0"><data key="w">4</data></edge>
<edge source="n1" target="n2"><data key="t">gap</data></edge>
<edge source="n2" target="n0" directed="true"><data key="k">ACH</data></edge>
</graph></graphml>"#;

#[test]
fn without_name_space_and_with_wrong_types() {
    let connectome = read(&file("graphml", "directed.graphml", GRAPHML));
    let names = ["left.insula & co", "right.insula & co"];
    assert_eq!(weights(&connectome), [(names[0], names[1], 1_641_460.3), (names[1], names[1], 3.0)]);
    assert_eq!((connectome.edges[0].length, connectome.edges[1].length), (Some(55.5), None));
    assert_eq!((connectome.nodes[0].position, connectome.nodes[1].position), (Some([1.5, 2.0, 3.0]), None));
    assert_eq!((connectome.nodes[0].side, connectome.nodes[1].side), (Some(Side::Left), Some(Side::Right)));
    assert_eq!((connectome.nodes[0].cortical, connectome.nodes[1].cortical), (Some(true), None));
    assert_eq!(read(&file("graphml", "packed.graphml.gz", gzip(GRAPHML.as_bytes()))).edges, connectome.edges);
}

#[test]
fn undirected_edges_go_both_ways_once() {
    let both = read(&file("graphml_both", "both.graphml", GRAPHML.replace("directed\"", "undirected\"")));
    assert_eq!(both.edges.len(), 3, "the self loop stays one");
    assert_eq!((both.edges[1].source, both.edges[1].target, both.edges[1].length), (1, 0, Some(55.5)));
    let listed =
        GRAPHML.replace("directed\"", "undirected\"").replace("source=\"2\" target=\"2\"", "source=\"2\" target=\"1\"");
    let listed = read(&file("graphml_both", "listed.graphml", listed));
    assert_eq!(
        listed.edges.iter().map(|e| e.weight).collect::<Vec<_>>(),
        [1_641_460.3, 1_641_460.3, 3.0, 3.0],
        "two that differ go both ways each"
    );
}

#[test]
fn defaults_names_and_single_directions() {
    let options = ReadOptions { worm_names: true, ..ReadOptions::default() };
    let connectome = Connectome::read(file("graphml", "defaults.xml", DEFAULTS), &options).unwrap();
    let (chemical, gap) = (EdgeKind::Chemical, EdgeKind::Gap);
    assert_eq!(
        edges(&connectome),
        [
            ("AVAL", "DA1", 2.0, chemical),
            ("DA1", "AVAL", 2.0, chemical),
            ("DA1", "AVAL", 4.0, chemical),
            ("AVAL", "DA1", 4.0, chemical),
            ("DA1", "PVCL", 0.5, gap),
            ("PVCL", "DA1", 0.5, gap),
            ("PVCL", "AVAL", 0.5, chemical),
        ]
    );
    assert_eq!(connectome.edges[6].transmitter.as_deref(), Some("ACH"));
}

#[test]
fn weight_of_another_key() {
    let path = file("graphml_weight", "weight.graphml", GRAPHML);
    let with = |weight: &str| {
        let columns = Columns { weight: Some(weight.into()), ..Columns::default() };
        Connectome::read(&path, &ReadOptions { columns, ..ReadOptions::default() })
    };
    let error = with("fiber_lenght").unwrap_err().to_string();
    assert!(error.ends_with("did you mean 'fiber_length'?"), "{error}");
    let error = with("fiber_length").unwrap_err().to_string();
    assert!(error.contains("line 16: the edge from '2' to '2' has no fiber_length; give every edge one"), "{error}");
}

#[test]
fn bad_files_are_refused_with_their_line() {
    let refused = |text: String, words: &str| {
        let error = Connectome::read(file("graphml_bad", "bad.graphml", text), &ReadOptions::default()).unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.contains(words) && !sentence.contains('\n') && error.exit_code() == 2, "{sentence}");
    };
    refused(
        GRAPHML.replace("target=\"2\"", "target=\"7\""),
        "line 15: the edge names the node '7', which is not in the file",
    );
    refused(GRAPHML.replace("1.6414603e6", "many"), "line 15: weight 'many' is not a number");
    refused(GRAPHML.replace("1.6414603e6", "inf"), "line 15: weight is inf; it must be finite");
    refused(GRAPHML.replace("55.5", "-1"), "line 15: length is -1 mm; it must not be negative");
    refused(GRAPHML.replace("id=\"2\"", "id=\"1\""), "line 14: the node '1' is listed twice");
    refused(GRAPHML.replace("<data key=\"d9\">3", "<data key=\"d11\">3"), "line 16: the key 'd11' is not declared");
    refused(GRAPHML.replace(" target=\"2\"", ""), "line 15: <edge> has no attribute 'target'");
    refused(GRAPHML.replace("&amp;", "&bomb;"), "the entity &bomb; is not known; write the character itself");
    refused(GRAPHML.replace("1.5", "left"), "line 12: node 'left.insula & co': x 'left' is not a number");
    refused(GRAPHML.replace("</edge>", "</egde>"), "line 15: it is not well-formed XML");
    refused(GRAPHML.replace("<edge ", "<hyperedge "), "a connectome has edges from one node to another only");
    refused(GRAPHML.replace("<data key=\"d1\">", "<graph/><data key=\"d1\">"), "flatten nested graphs first");
    refused("<graphml></graphml>".into(), "it holds no nodes; expected GraphML");
    refused("<svg width='1'/>".into(), "it is an SVG picture, which is not read");
    refused(GRAPHML[..GRAPHML.len() - 20].to_owned(), "it ends too early, as if cut off; get a whole copy");
    refused(GRAPHML[..GRAPHML.len() - 100].to_owned(), "get a whole copy");
}

#[test]
fn damaged_files_never_panic() {
    let whole = file("graphml_damaged", "whole.graphml", DEFAULTS);
    super::flipped_file("graphml_damaged", &whole, 400);
}

#[test]
fn a_graph_that_does_not_say_its_direction_is_told_and_the_option_says_it() {
    let silent = file("graphml_silent", "silent.graphml", GRAPHML.replace(" edgedefault=\"directed\"", ""));
    let supposed = |connectome: &Connectome| {
        let guess = |g: &&neuropil::connectomes::Guess| g.option == "directed = false";
        connectome.reading.guesses.iter().filter(guess).count()
    };
    let with = |path: &std::path::Path, directed| {
        Connectome::read(path, &ReadOptions { directed: Some(directed), ..ReadOptions::default() })
    };
    let plain = read(&silent);
    assert_eq!((plain.edges.len(), supposed(&plain)), (2, 1));
    let (one, both) = (with(&silent, true).unwrap(), with(&silent, false).unwrap());
    assert_eq!((one.edges.len(), supposed(&one)), (2, 0));
    assert_eq!((both.edges.len(), supposed(&both)), (3, 0), "the self loop stays one");
    let said = file("graphml_silent", "said.graphml", GRAPHML);
    assert_eq!(supposed(&read(&said)), 0);
    assert_eq!(with(&said, true).unwrap().edges.len(), 2);
    let error = with(&said, false).unwrap_err().to_string();
    assert!(error.ends_with("it says itself that directed is true; leave directed out"), "{error}");
    let other = file("graphml_silent", "other.graphml", GRAPHML.replace("\"directed\"", "\"both\""));
    let error = Connectome::read(other, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.ends_with("edgedefault is 'both'; write directed or undirected"), "{error}");
}
