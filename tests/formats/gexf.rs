//! GEXF as Gephi and networkx write it.

use neuropil::connectomes::{Connectome, ReadOptions};

use super::{file, read, weights};

const DIRECTED: &str = r#"<?xml version='1.0' encoding='utf-8'?>
<!-- made up -->
<gexf xmlns="http://www.gexf.net/1.2draft" xmlns:viz="http://www.gexf.net/1.2draft/viz" version="1.2">
  <graph defaultedgetype="directed" mode="static">
    <attributes class="node" mode="static"><attribute id="0" title="cell_type" type="string"/></attributes>
    <attributes class="edge" mode="static">
      <attribute id="0" title="transmitter" type="string"><default>ACh</default></attribute>
    </attributes>
    <nodes>
      <node id="0" label="AVAL"><attvalues><attvalue for="0" value="command"/></attvalues><viz:size value="2"/></node>
      <node id="1" label="AVBL"><attvalues><attvalue for="0" value="inter"/></attvalues></node>
    </nodes>
    <edges>
      <edge id="0" source="0" target="1" weight="2.5"><attvalues><attvalue for="0" value="GABA"/></attvalues></edge>
      <edge id="1" source="1" target="0"/>
      <edge id="2" source="1" target="1" weight="4" type="undirected"/>
    </edges>
  </graph>
</gexf>"#;

#[test]
fn attributes_of_nodes_and_edges_are_told_apart() {
    let connectome = read(&file("gexf", "directed.gexf", DIRECTED));
    assert_eq!(weights(&connectome), [("AVAL", "AVBL", 2.5), ("AVBL", "AVAL", 1.0), ("AVBL", "AVBL", 4.0)]);
    assert_eq!(connectome.nodes[0].kind.as_deref(), Some("command"));
    let transmitters: Vec<_> = connectome.edges.iter().map(|e| e.transmitter.as_deref().unwrap()).collect();
    assert_eq!(transmitters, ["GABA", "ACh", "ACh"]);
    assert_eq!(connectome.reading.format, "GEXF");
    assert!(connectome.reading.left.iter().any(|l| l.contains("drawn")), "{:?}", connectome.reading);
}

#[test]
fn edges_are_undirected_unless_said_otherwise() {
    let loose = DIRECTED.replace(" defaultedgetype=\"directed\"", "");
    let connectome = read(&file("gexf", "loose.gexf", &loose));
    // The two between 0 and 1 differ, so that each goes both ways; a loop counts once.
    let [there, back] = [("AVAL", "AVBL"), ("AVBL", "AVAL")].map(|(a, b)| [2.5, 1.0].map(|weight| (a, b, weight)));
    let expected = [there[0], back[0], back[1], there[1], ("AVBL", "AVBL", 4.0)];
    assert_eq!(weights(&connectome), expected);
    let one = loose.replace(r#"<edge id="1" source="1" target="0"/>"#, "");
    let connectome = read(&file("gexf", "one.gexf", one));
    assert_eq!(weights(&connectome), [("AVAL", "AVBL", 2.5), ("AVBL", "AVAL", 2.5), ("AVBL", "AVBL", 4.0)]);
    let told = connectome.reading.taken.iter().find(|t| t.part == "undirected edges").unwrap();
    assert!(told.from.contains("both directions"), "{told:?}");
}

#[test]
fn labels_that_repeat_do_not_name_nodes() {
    let same = DIRECTED.replace("AVBL", "AVAL");
    let connectome = read(&file("gexf", "same.gexf", same));
    assert_eq!(connectome.nodes[1].name, "1");
    let told = connectome.reading.taken.iter().find(|t| t.part == "names").unwrap();
    assert_eq!(told.from, "ids of the nodes ('label' repeats)");
}

#[test]
fn bad_files_are_refused_with_their_line() {
    let refused = |text: String, words: &str| {
        let error = Connectome::read(file("gexf_bad", "bad.gexf", text), &ReadOptions::default()).unwrap_err();
        let sentence = error.to_string();
        assert!(sentence.contains(words) && !sentence.contains('\n') && error.exit_code() == 2, "{sentence}");
    };
    refused(DIRECTED.replace("target=\"0\"", "target=\"7\""), "line 15: the edge names the node '7'");
    refused(DIRECTED.replace("2.5", "many"), "line 14: weight 'many' is not a number");
    refused(DIRECTED.replace("type=\"undirected\"", "type=\"odd\""), "line 16: 'odd' is no type of edge");
    refused(DIRECTED.replace("for=\"0\" value=\"GABA\"", "for=\"9\" value=\"GABA\""), "the attribute '9' of the edges");
    refused(DIRECTED.replace("<viz:size value=\"2\"/>", "<nodes/><node id='5'/>"), "flatten the hierarchy first");
    let twice = "<attvalue for=\"0\" value=\"GABA\"/>";
    refused(DIRECTED.replace(twice, &twice.repeat(2)), "the attribute '0' has several values");
    refused("<gexf><graph/></gexf>".into(), "it holds no nodes");
    refused(DIRECTED[..DIRECTED.len() - 20].to_owned(), "it is not well-formed XML");
}

#[test]
fn damaged_files_never_panic() {
    super::flipped_file("gexf_damaged", &file("gexf_damaged", "whole.gexf", DIRECTED), 400);
}
