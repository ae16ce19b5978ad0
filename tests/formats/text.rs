//! Edge lists and matrices in text, and the flyvis description.

use neuropil::connectomes::{Columns, Connectome, EdgeKind, Format, Matrix, Orientation, ReadOptions, celegans};

use super::{edges, file, gzip, read, weights};

const CHEMICAL: EdgeKind = EdgeKind::Chemical;
const GAP: EdgeKind = EdgeKind::Gap;

#[test]
fn edge_list_finds_its_columns() {
    let text =
        "# made up\nsource,target,weight,kind,sign,length,transmitter\nA,B,2.5,chemical,-,12.5,GABA\nB,A,1,gap,,,\n";
    let connectome = read(&file("edge_list", "plain.csv", text));
    assert_eq!(edges(&connectome), [("A", "B", 2.5, CHEMICAL), ("B", "A", 1.0, GAP)]);
    let edge = &connectome.edges[0];
    assert_eq!((edge.sign, edge.length, edge.transmitter.as_deref()), (-1, Some(12.5), Some("GABA")));
    assert_eq!(connectome.name, "plain");

    let packed = read(&file("edge_list", "plain.csv.gz", gzip(text.as_bytes())));
    assert_eq!(packed.edges, connectome.edges);
    assert_eq!(packed.name, "plain");
}

#[test]
fn edge_list_takes_the_names_in_use() {
    let codex = "pre_root_id,post_root_id,neuropil,syn_count,nt_type\n\
                 720575940000000001,720575940000000002,ME_R,6,ACH\n720575940000000001,720575940000000002,LO_R,4,ACH\n";
    let path = file("edge_list_names", "codex.csv", codex);
    let kept = read(&path);
    assert_eq!(kept.edges.len(), 2);
    let summed = Connectome::read(&path, &ReadOptions { sum_repeated: true, ..ReadOptions::default() }).unwrap();
    assert_eq!(weights(&summed), [("720575940000000001", "720575940000000002", 10.0)]);
    assert_eq!(summed.edges[0].transmitter.as_deref(), Some("ACH"));

    let padded = "Source,Target,Weight,Type\nI1L , I2L           ,10,chemical\nI1L , I3            ,3,electrical\n";
    let connectome = read(&file("edge_list_names", "padded.csv", padded));
    assert_eq!(edges(&connectome), [("I1L", "I2L", 10.0, CHEMICAL), ("I1L", "I3", 3.0, GAP)]);
}

#[test]
fn edge_list_takes_tabs_under_a_header_with_blanks() {
    let text = "pre post type synapses\r\nADAL\tADFL\telectrical\t1\r\n\r\nADAL\tAIBL\tchemical\t2\r\n";
    let connectome = read(&file("edge_list_blanks", "white.csv", text));
    assert_eq!(edges(&connectome), [("ADAL", "ADFL", 1.0, GAP), ("ADAL", "AIBL", 2.0, CHEMICAL)]);
}

#[test]
fn edge_list_without_header() {
    let path = file("edge_list_headless", "bentley.csv", "ADEL,AIBL,dopamine,dop-1\nADEL,AIBR,dopamine,dop-1\n");
    let columns = Columns { transmitter: Some("3".into()), ..Columns::default() };
    let options = ReadOptions { header: Some(false), columns, ..ReadOptions::default() };
    let connectome = Connectome::read(&path, &options).unwrap();
    assert_eq!(weights(&connectome), [("ADEL", "AIBL", 1.0), ("ADEL", "AIBR", 1.0)]);
    assert_eq!(connectome.edges[1].transmitter.as_deref(), Some("dopamine"));

    let path = file("edge_list_headless", "three.tsv", "1\t2\t0.5\n2\t1\t4\n");
    let options = ReadOptions { header: Some(false), ..ReadOptions::default() };
    assert_eq!(weights(&Connectome::read(&path, &options).unwrap()), [("1", "2", 0.5), ("2", "1", 4.0)]);
}

#[test]
fn edge_list_can_do_without_a_column() {
    let path = file("edge_list_without", "transmitters.csv", "pre,post,type,weight\nA,B,Acetylcholine,3\n");
    let columns = Columns { kind: Some(String::new()), transmitter: Some("type".into()), ..Columns::default() };
    let connectome = Connectome::read(&path, &ReadOptions { columns, ..ReadOptions::default() }).unwrap();
    assert_eq!(connectome.edges[0].transmitter.as_deref(), Some("Acetylcholine"));
    let plain = read(&path);
    assert_eq!(weights(&plain), [("A", "B", 3.0)], "a transmitter is no kind of edge");
    assert_eq!(plain.reading.left, ["column 'type', which names no kinds of edges"]);
}

#[test]
fn edge_list_over_indices_keeps_lonely_nodes() {
    let path = file("edge_list_indices", "list.csv", "source,target\n0,2\n");
    let connectome = Connectome::read(&path, &ReadOptions { size: Some(4), ..ReadOptions::default() }).unwrap();
    assert_eq!(connectome.nodes.len(), 4);
    assert_eq!((connectome.edges[0].source, connectome.edges[0].target), (0, 2));
}

#[test]
fn edge_list_with_a_table_of_nodes() {
    let nodes =
        file("edge_list_nodes", "nodes.csv", "name,kind,side,x,y,z\nA,inter,left,1,2,3\nB,motor,,,,\nC,,R,,,\n");
    let list = file("edge_list_nodes", "edges.csv", "source,target\nC,A\n");
    let connectome = Connectome::read(&list, &ReadOptions { nodes: Some(nodes), ..ReadOptions::default() }).unwrap();
    assert_eq!(connectome.nodes.len(), 3);
    assert_eq!(connectome.nodes[0].position, Some([1.0, 2.0, 3.0]));
    assert_eq!(connectome.nodes[1].kind.as_deref(), Some("motor"));
    assert_eq!(connectome.nodes[1].position, None);
    assert_eq!(connectome.nodes[2].side, Some(neuropil::connectomes::Side::Right));
}

#[test]
fn edge_list_sums_only_what_is_the_same() {
    let text = "source,target,weight,kind,sign\nA,B,1,chemical,+\nA,B,2,gap,\nB,A,4,chemical,+\nA,B,8,chemical,-\n";
    let path = file("edge_list_sum", "list.csv", text);
    let summed = Connectome::read(&path, &ReadOptions { sum_repeated: true, ..ReadOptions::default() }).unwrap();
    assert_eq!(edges(&summed), [("A", "B", 9.0, CHEMICAL), ("A", "B", 2.0, GAP), ("B", "A", 4.0, CHEMICAL)]);
    assert_eq!((summed.edges[0].sign, summed.edges[2].sign), (0, 1), "a sign that differs is unknown");
}

#[test]
fn varshney_mirror_rows_are_dropped() {
    let text = "Neuron 1,Neuron 2,Type,Nbr\nA,B,S,2\nB,A,R,2\nA,C,Sp,3\nC,A,Rp,3\nA,B,EJ,1\n";
    let connectome = read(&file("varshney", "list.csv", text));
    assert_eq!(edges(&connectome), [("A", "B", 2.0, CHEMICAL), ("A", "C", 3.0, CHEMICAL), ("A", "B", 1.0, GAP)]);
}

#[test]
fn matrix_text_with_and_without_names() {
    let plain = read(&file("matrix", "plain.csv", "0,2,0\n0.5,0,7\n0,0,1.5\n"));
    assert_eq!(weights(&plain), [("0", "1", 2.0), ("1", "0", 0.5), ("1", "2", 7.0), ("2", "2", 1.5)]);
    let named = read(&file("matrix", "named.csv", ",a,b\na,0,2\nb,3,0\n"));
    assert_eq!(weights(&named), [("a", "b", 2.0), ("b", "a", 3.0)]);
    let ids = read(&file("matrix", "ids.csv", ",29,37\n29,0,2\n37,3,0\n"));
    assert_eq!(weights(&ids), [("29", "37", 2.0), ("37", "29", 3.0)]);
    let corner = read(&file("matrix", "corner.csv", "Row,a,b,c\na,0,2,0\nb,3,0,0\nc,0,0,0\n"));
    assert_eq!(weights(&corner), weights(&named));
    let top = read(&file("matrix", "top.csv", "a,b,c,d\n0,2,0,0\n3,0,0,0\n0,0,0,0\n0,0,0,0\n"));
    assert_eq!(weights(&top), weights(&named));
    let blanks = read(&file("matrix", "blanks.txt", "  0 2.0e0\n 3   0\n"));
    assert_eq!(weights(&blanks), [("0", "1", 2.0), ("1", "0", 3.0)]);
}

#[test]
fn matrix_with_labels_and_lengths_beside_it() {
    let weights_file = file("matrix_beside", "weights.csv", "0,2\n3,0\n");
    let options = ReadOptions {
        labels: Some(file("matrix_beside", "labels.csv", "L.V1,R.V1\n")),
        lengths: Some(file("matrix_beside", "lengths.csv", "0,40\n41,0\n")),
        orientation: Some(Orientation::ColumnIsSource),
        ..ReadOptions::default()
    };
    let connectome = Connectome::read(&weights_file, &options).unwrap();
    assert_eq!(weights(&connectome), [("R.V1", "L.V1", 2.0), ("L.V1", "R.V1", 3.0)]);
    assert_eq!(connectome.edges[0].length, Some(40.0));
    let turned = ReadOptions { orientation: Some(Orientation::RowIsSource), ..options };
    let turned = Connectome::read(&weights_file, &turned).unwrap();
    assert_eq!(weights(&turned)[0], ("L.V1", "R.V1", 2.0), "the orientation matters");
    let matrix = Matrix::read(&weights_file, &ReadOptions::default()).unwrap();
    assert_eq!((matrix.rows, matrix.get(1, 0)), (2, Some(3.0)));
}

#[test]
fn consensus_table_of_celegans() {
    let text = "from_neuron,to_neuron,from_pos,to_pos,from_type,to_type,mean_gap_weight,mean_chem_weight,uncertainty,functional_weight,data_sources\n\
        ASEL,ASEL,\"(0.5, -2.5, 0.4)\",\"(0.5, -2.5, 0.4)\",sensory,sensory,,,,0.17,['funconn']\n\
        ASEL,AVAL,\"(0.5, -2.5, 0.4)\",\"(1, 2, 3)\",sensory,inter,1.0,8.25,4.2,,\"['cook_2019', 'white_1986_whole']\"\n";
    let path = file("consensus", "consensus_connectome_full_withfunc.csv", text);
    let connectome = read(&path);
    assert_eq!(edges(&connectome), [("ASEL", "AVAL", 8.25, CHEMICAL), ("ASEL", "AVAL", 1.0, GAP)]);
    assert_eq!(connectome.nodes[1].position, Some([1.0, 2.0, 3.0]));
    assert_eq!(connectome.nodes[1].kind.as_deref(), Some("inter"));
    let consensus = celegans::read_consensus(&path, &ReadOptions::default()).unwrap();
    assert_eq!(consensus.functional, [(0, 0, 0.17)]);
}

#[test]
fn worm_names_lose_their_padding() {
    let path = file("worm_names", "list.csv", "pre,post\nVC01,MDL01\nVD10,I1L\n");
    let options = ReadOptions { worm_names: true, ..ReadOptions::default() };
    assert_eq!(weights(&Connectome::read(&path, &options).unwrap()), [("VC1", "MDL01", 1.0), ("VD10", "I1L", 1.0)]);
    assert_eq!(weights(&read(&path))[0], ("VC01", "MDL01", 1.0), "only if asked for");
    assert_eq!(celegans::normalise_name("AVAL"), "AVAL");
    assert_eq!(celegans::normalise_name("VA00"), "VA00", "a name of zeros has no number left");
}

#[test]
fn flyvis_lattice_counts() {
    let json = concat!(env!("CARGO_MANIFEST_DIR"), "/connectomes/data/flyvis/fib25-fib19_v2.2.json.gz");
    let read = |options| Connectome::read(json, &options).unwrap();
    let bare = read(ReadOptions { hull_fill: false, ..ReadOptions::default() });
    assert_eq!((bare.nodes.len(), bare.edges.len()), (45_669, 1_357_269));
    let taken: Vec<&str> = bare.reading.taken.iter().map(|t| t.part.as_str()).collect();
    assert_eq!(taken, ["source", "target", "weight", "sign", "kind", "category", "position"]);
    assert!(bare.reading.left.contains(&"'lambda_mult' of edges".to_owned()), "{:?}", bare.reading);
    let options: Vec<&str> = bare.reading.guesses.iter().map(|g| g.option.as_str()).collect();
    assert_eq!(options, ["extent = ..."], "hull_fill is given");
    let small = read(ReadOptions { extent: 1, format: Some(Format::Flyvis), ..ReadOptions::default() });
    assert_eq!(small.nodes.iter().filter(|n| n.kind.as_deref() == Some("R1")).count(), 7);
    let near = |a: &str, b: &str| {
        let at = |name: &str| small.nodes[small.node(name).unwrap() as usize].position.unwrap();
        let ([x0, y0, _], [x1, y1, _]) = (at(a), at(b));
        ((x0 - x1).powi(2) + (y0 - y1).powi(2)).sqrt()
    };
    for neighbour in ["R1[1,0]", "R1[0,1]", "R1[1,-1]", "R1[-1,0]", "R1[0,-1]", "R1[-1,1]"] {
        assert!((near("R1[0,0]", neighbour) - 1.0).abs() < 1e-12, "{neighbour}");
    }
}
