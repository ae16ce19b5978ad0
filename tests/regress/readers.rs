//! What a file says, and what is taken of it.

use crate::support::room::Room;

use super::{case, printed};

/// What `connectome info` counts: nodes, edges and their total weight.
fn counted(room: &Room, arguments: &[&str]) -> (u64, u64, f64) {
    let told = info(room, arguments);
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    (told["nodes"].as_u64().unwrap(), told["chemical"]["edges"].as_u64().unwrap(), number(&told["chemical"]["weight"]))
}

fn info(room: &Room, arguments: &[&str]) -> serde_json::Value {
    let all = [&["connectome", "info"], arguments, &["--json"]].concat();
    serde_json::from_str(&printed(room, &all)).unwrap()
}

fn refused(room: &Room, file: &str) -> String {
    room.refused(&["connectome", "info", file])
}

/// What is refused of a file of this content.
fn told(room: &Room, content: &str) -> String {
    room.write("some.csv", content);
    refused(room, "some.csv")
}

#[test]
fn w11_ids_in_scientific_notation_are_refused() {
    let room = case("w11-ids-scientific");
    assert_eq!(
        refused(&room, "excel.csv"),
        "excel.csv, line 2: column 'pre_root_id': the id '7.20576E+17' is in scientific notation and has lost digits; \
         keep ids as text"
    );
    let real = told(&room, "pre,post\n720575940000000001.0,2\n");
    assert!(real.contains("line 2: column 'pre': the id '720575940000000001.0' is above 2^53"), "{real}");
    let missing = told(&room, "pre,post\n1,2\n1,nan\n");
    assert!(missing.contains("line 3: column 'post': a node is called 'nan'"), "{missing}");
}

#[test]
fn w11_the_same_neuron_is_never_two() {
    let room = Room::new("one-neuron");
    room.write("real.csv", "pre,post,weight\n2.0,3,1\n2,3.0,4\n\u{feff}2 ,\u{a0}3,8\n");
    assert_eq!(counted(&room, &["real.csv"]), (2, 3, 13.0));
    assert!(printed(&room, &["connectome", "info", "real.csv"]).contains("ids that are real numbers are whole ones"));
    room.write("exact.csv", "pre,post\n720575940000000001,720575940000000002\n1.1,1.10\n");
    assert_eq!(counted(&room, &["exact.csv"]), (4, 2, 2.0), "what differs is not merged");
}

#[test]
fn w02_the_one_column_of_numbers_is_the_weight() {
    let room = case("w02-weight-column");
    assert_eq!(counted(&room, &["edges.csv"]), (3, 2, 53.0));
    assert_eq!(counted(&room, &["strength.csv"]), (3, 2, 53.0));
    let text = printed(&room, &["connectome", "info", "strength.csv"]);
    assert!(text.contains("weight: column 'strength'") && text.contains("weight = \"...\""), "{text}");
    for name in
        ["synapse_count", "num_synapses", "w", "weights", "weightHP", "size", "value", "FA_mean", "Nbr of synapses"]
    {
        room.write("one.csv", format!("source,target,note,{name}\na,b,x,5\nb,c,,0.5\n"));
        assert_eq!(counted(&room, &["one.csv"]).2, 5.5, "{name}");
    }
    let several = refused(&room, "fibres.graphml");
    assert!(
        several.contains("several hold numbers (FA_mean, fibres); say weight = \"FA_mean\" or another"),
        "{several}"
    );
}

#[test]
fn w02_a_list_without_numbers_says_that_its_weights_are_1() {
    let room = Room::new("unweighted");
    room.write("plain.csv", "id,source,target,note,delay_ms\n0,a,b,x,1.5\n1,b,c,y,1.5\n");
    assert_eq!(counted(&room, &["plain.csv"]), (3, 2, 2.0));
    let text = printed(&room, &["connectome", "info", "plain.csv"]);
    assert!(text.contains("weight: none; 1 for each edge"), "{text}");
    assert!(text.contains("left aside: column 'id', column 'note', column 'delay_ms'"), "{text}");
    let comma = told(&room, "source,target,count\na,b,\"1,234\"\n");
    assert!(
        comma.contains("line 2: weight '1,234' is not a number; write a decimal point, and no separator"),
        "{comma}"
    );
    let blank = told(&room, "source,target,strength\na,b,3\na,c,\n");
    assert!(blank.contains("line 3: weight '' is not a number"), "{blank}");
    let nan = told(&room, "source,target,strength\na,b,3\na,c,NaN\n");
    assert!(nan.contains("line 3: weight is NaN; it must be finite"), "{nan}");
}

#[test]
fn w10_lists_without_names_are_read_or_asked_about() {
    let room = case("w10-headerless");
    assert_eq!(
        refused(&room, "three.csv"),
        "three.csv, line 1: it may be an edge list without column names, of 3 edges, or a matrix of 3 x 3; say \
         format = \"edge_list\" or format = \"matrix\""
    );
    let four = refused(&room, "four.edgelist");
    assert!(four.contains("an edge list without column names, of 4 edges, or a matrix of 3 x 3 under a row"), "{four}");
    assert_eq!(counted(&room, &["names.tsv"]), (3, 3, 9.0));
    assert!(printed(&room, &["connectome", "info", "names.tsv"]).contains("there are no column names"));
    room.write("five.edgelist", "0 1 5\n1 2 3\n2 0 1\n0 2 4\n2 1 0.5\n");
    assert_eq!(counted(&room, &["five.edgelist"]), (3, 5, 13.5));
    room.write("pairs.txt", "10 20\n20 30\n10 30\n30 40\n");
    assert_eq!(counted(&room, &["pairs.txt"]), (4, 4, 4.0));
    let words = told(&room, "RIML,ALML,tyramine\nRIML,ALMR,tyramine\n");
    assert!(words.contains("header = false says that it is an edge list without column names"), "{words}");
}

#[test]
fn w10_attributes_as_networkx_writes_them() {
    let room = Room::new("networkx");
    room.write("data.edgelist", "A B {'weight': 3.0, 'length': 12}\nB C {'weight': 1.5, 'length': 7}\n");
    let told = info(&room, &["data.edgelist"]);
    assert_eq!((told["nodes"].as_u64(), told["chemical"]["weight"].as_f64()), (Some(3), Some(4.5)));
    assert_eq!(told["lengths"]["max"].as_f64(), Some(12.0));
    room.write("bare.edgelist", "A B {}\nB C {}\n");
    assert_eq!(counted(&room, &["bare.edgelist"]), (3, 2, 2.0));
    room.write("odd.edgelist", "A B {'weight': 3.0}\nB C {'weight': many}\n");
    assert!(refused(&room, "odd.edgelist").contains("line 2: weight 'many' is not a number"));
}

#[test]
fn b02_the_separator_splits_every_line_alike() {
    let room = case("b02-tvb-comma-names");
    assert_eq!(counted(&room, &["mouse.zip"]), (3, 4, 10.0));
    let mouse = info(&room, &["mouse.zip"]);
    assert!(mouse["lengths"].is_object() && mouse["hubs"].to_string().contains("Left_cortex,_area_1"), "{mouse}");
    assert_eq!(counted(&room, &["list.tsv"]), (3, 2, 7.0));
    room.write("european.csv", "source;target;weight\nA;B;1,5\n");
    assert!(refused(&room, "european.csv").contains("line 2: weight '1,5' is not a number; write a decimal point"));
    room.write("r.txt", "\"source\" \"target\" \"weight\"\n\"1\" \"A b\" \"B\" 3\n\"2\" \"B\" \"C\" 4\n");
    assert_eq!(counted(&room, &["r.txt"]), (3, 2, 7.0), "row names, and blanks in quotes");
}

#[test]
fn b10_a_column_called_type_may_mean_something_else() {
    let room = case("b10-type-column");
    assert_eq!(counted(&room, &["gephi.csv"]), (3, 3, 7.0));
    assert_eq!(counted(&room, &["cells.csv"]), (2, 1, 2.0));
    let text = printed(&room, &["connectome", "info", "cells.csv"]);
    assert!(text.contains("left aside: column 'type', which names no kinds of edges"), "{text}");
    let mixed = told(&room, "pre,post,weight,type\nA,B,2,chemical\nA,B,2,E->I\n");
    assert!(
        mixed.contains("line 3: 'e->i' is no kind of edge; write chemical or gap")
            || mixed.contains("'E->I' is no kind"),
        "{mixed}"
    );
    let both = told(&room, "pre,post,weight,type\nA,B,2,E\nA,C,2,E\n");
    assert!(both.contains("'E', electrical or excitatory"), "{both}");
    let late: String = (0..300).map(|i| format!("n{i},m,1,AMPA\n")).collect();
    let late = told(&room, &format!("pre,post,weight,type\n{late}A,C,2,gap\n"));
    assert!(late.contains("line 302: 'gap' is a kind of edge and others in the column 'type' are none"), "{late}");
    room.write("both.csv", "Source,Target,Type\na,b,Undirected\nb,a,Undirected\na,a,Undirected\n");
    assert_eq!(counted(&room, &["both.csv"]).1, 3, "listed both ways, and to itself");
}

#[test]
fn b11_ids_above_a_matrix_are_names() {
    let room = case("b11-numeric-header");
    assert_eq!(counted(&room, &["rois.csv"]), (3, 6, 15.0));
    let text = printed(&room, &["connectome", "info", "rois.csv"]);
    assert!(text.contains("the first row holds the ids of the nodes (else: header = false)"), "{text}");
    assert_eq!(counted(&room, &["rois.xlsx"]), (3, 6, 15.0));
    let matrix: String = (0..5).map(|row| format!("{row},1,2,3\n")).collect();
    assert!(told(&room, &matrix.replace("0,1,2,3", "1,1,1,1")).contains("is the first row names?"));
}

#[test]
fn b03_an_empty_member_is_left_aside_with_a_word() {
    let room = case("b03-tvb-empty-tracts");
    assert_eq!(counted(&room, &["tumour.zip"]).1, 2);
    let told = info(&room, &["tumour.zip"]);
    assert!(told["lengths"].is_null(), "{told}");
    assert_eq!(told["reading"]["left"][0], "member tract_lengths.txt, which is empty");
    room.write(
        "net.toml",
        "[simulation]\nduration = 1.0\n[[population]]\nname = \"n\"\nmodel = \"iaf_psc_exp\"\nconnectome = \"tumour.zip\"\n\
         [[projection]]\nfrom = \"n\"\nto = \"n\"\nconnectome = \"tumour.zip\"\nsign = \"excitatory\"\n\
         delay = { velocity = 3.0 }\n",
    );
    let text = printed(&room, &["run", "net.toml", "--device", "cpu"]);
    assert!(text.contains("delays by velocity follow straight lines between positions"), "{text}");
}

#[test]
fn b04_every_option_of_a_reader_can_be_given() {
    let room = case("b04-reader-options");
    for file in ["two.mat", "two.npz"] {
        let said = refused(&room, file);
        assert!(said.contains("it holds several matrices; say array = \"...\", one of: "), "{said}");
    }
    let (chemical, gap) = (info(&room, &["two.mat", "--array", "AChem"]), info(&room, &["two.mat", "--array", "AGap"]));
    assert_ne!(chemical["chemical"], gap["chemical"]);
    assert_eq!(chemical["reading"]["left"][0], "array 'AGap'");
    let said = refused(&room, "names.csv");
    assert!(said.contains("say source = \"...\""), "{said}");
    assert_eq!(counted(&room, &["names.csv", "--source", "Origin"]), (2, 1, 4.0));
    let none = counted(&room, &["names.csv", "--source", "Origin", "--weight", ""]);
    assert_eq!(none, (2, 1, 1.0), "an empty name is no column");
}

#[test]
fn b04_an_experiment_says_how_its_connectome_is_read() {
    let room = case("b04-reader-options");
    let net = |connectome: &str, more: &str| {
        let head =
            "[simulation]\nduration = 1.0\ndevice = \"cpu\"\n[[population]]\nname = \"n\"\nmodel = \"parrot_neuron\"\n";
        room.write("net.toml", format!("{head}connectome = {connectome}\n{more}"));
    };
    let projection = |connectome: &str| {
        format!("[[projection]]\nfrom = \"n\"\nto = \"n\"\nconnectome = {connectome}\nsign = \"excitatory\"\n")
    };
    let table = "{ file = \"two.mat\", array = \"AChem\" }";
    let edges = info(&room, &["two.mat", "--array", "AChem"])["chemical"]["edges"].clone();
    for same in ["\"two.mat\"", table] {
        net(table, &projection(same));
        let ran: serde_json::Value = serde_json::from_str(&printed(&room, &["run", "net.toml", "--json"])).unwrap();
        assert_eq!(ran["synapses"], edges, "{same}");
        assert_eq!(ran["connectomes"][0]["taken"][0]["from"], "array 'AChem'");
    }
    let written = std::fs::read_to_string(room.path("neuropil-out/net-1/experiment.toml")).unwrap();
    assert!(written.contains("array = \"AChem\""), "{written}");
    let summary = std::fs::read_to_string(room.path("neuropil-out/net-1/summary.json")).unwrap();
    assert!(summary.contains("array 'AGap'"), "what is left aside is kept");
    std::fs::remove_dir_all(room.path("neuropil-out")).unwrap();
    net(table, &projection("{ file = \"two.mat\", array = \"AGap\" }"));
    assert!(room.refused(&["run", "net.toml"]).contains("is not made of nodes of connectome"));
    net("{ file = \"two.mat\", arry = \"AChem\" }", "");
    assert!(room.refused(&["run", "net.toml"]).contains("did you mean 'array'?"));
    net("{ array = \"AChem\" }", "");
    assert!(room.refused(&["run", "net.toml"]).contains("the key `file` is missing"));
}

/// A value for each option, and the readers that take it.
#[cfg(feature = "formats")]
const OPTIONS: [(&str, &str, &[&str]); 22] = [
    ("array", "sc", &["matrix.npz"]),
    ("sheet", "edges", &["list.xlsx"]),
    ("gap-sheet", "edges", &["list.xlsx"]),
    ("source", "pre", &["list.csv", "list.xlsx", "list.parquet"]),
    ("target", "post", &["list.csv", "list.xlsx", "list.parquet"]),
    ("weight", "", &["list.csv", "list.xlsx", "list.parquet", "list.graphml"]),
    ("kind", "", &["list.csv", "list.xlsx", "list.parquet", "list.graphml"]),
    ("sign", "", &["list.csv", "list.xlsx", "list.parquet", "list.graphml"]),
    ("length", "", &["list.csv", "list.xlsx", "list.parquet", "list.graphml"]),
    ("transmitter", "", &["list.csv", "list.xlsx", "list.parquet", "list.graphml"]),
    ("header", "true", &["list.csv", "matrix.csv"]),
    ("separator", ",", &["list.csv", "matrix.csv"]),
    ("comment", "%", &["list.csv", "matrix.csv", "matrix.npz"]),
    ("orientation", "column_is_source", &["matrix.csv", "matrix.npz", "tvb.zip"]),
    ("labels", "names.txt", &["matrix.csv", "matrix.npz"]),
    ("lengths", "matrix.csv", &["matrix.csv", "matrix.npz"]),
    ("nodes", "nodes.csv", &["list.csv", "list.xlsx", "list.parquet", "list.graphml"]),
    ("size", "9", &["list.csv", "list.xlsx", "list.parquet", "list.graphml"]),
    ("sum-repeated", "true", &["list.csv", "list.xlsx", "list.parquet", "list.graphml"]),
    ("worm-names", "true", &["list.csv", "list.xlsx", "list.parquet", "list.graphml"]),
    ("extent", "2", &[]),
    ("hull-fill", "false", &[]),
];

#[test]
#[cfg(feature = "formats")]
fn an_option_that_a_format_does_not_take_is_refused_by_its_name() {
    let room = Room::new("pairs");
    let fixture = |name: &str| {
        std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/fixtures").join(name))
            .unwrap()
    };
    room.write("list.csv", "pre,post,weight\n0,1,2\n1,0,3\n");
    room.write("matrix.csv", "a,b\n0,2.5\n3,0\n");
    room.write("names.txt", "a\nb\n");
    room.write("nodes.csv", "name\n0\n1\n");
    room.write("list.xlsx", fixture("list.xlsx"));
    room.write("list.parquet", fixture("shiu.parquet"));
    room.write("matrix.npz", fixture("region.npz"));
    room.write("tvb.zip", std::fs::read(case("b03-tvb-empty-tracts").path("tumour.zip")).unwrap());
    room.write(
        "list.graphml",
        "<graphml><graph edgedefault='directed'><node id='0'/><node id='1'/><edge source='0' target='1'/></graph></graphml>",
    );
    let files = ["list.csv", "matrix.csv", "list.xlsx", "list.parquet", "matrix.npz", "tvb.zip", "list.graphml"];
    for (option, value, takers) in OPTIONS {
        for file in files {
            let output = room.run(&["connectome", "info", file, &format!("--{option}"), value]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let foreign = said.contains(&format!("takes no option {}", option.replace('-', "_")));
            // Ends make a list of a text, whose columns are then not found.
            let turned = file == "matrix.csv" && matches!(option, "source" | "target");
            assert_eq!(foreign, !takers.contains(&file) && !turned, "{file} --{option}: {said}");
        }
    }
    assert_eq!(info(&room, &["list.csv", "--sum_repeated", "true"])["nodes"], 2, "as it is written in a file, too");
    let named = room.refused(&["connectome", "info", "cook2019", "--array", "sc"]);
    assert!(named.contains("it comes with the program and takes no options of files"), "{named}");
}

#[test]
fn a_neuron_is_addressed_by_its_name() {
    let room = Room::new("addressed");
    room.write("list.csv", "pre,post,weight\n10,\"Left, area 1\",2\n\"R[0]\",10,3\nsay \"\"a\"\",10,1\n");
    let net = |to: &str| {
        room.write(
            "net.toml",
            format!(
                "[simulation]\nduration = 2.0\ndevice = \"cpu\"\n[[population]]\nname = \"n\"\nmodel = \"parrot_neuron\"\n\
                 connectome = \"list.csv\"\n[[stimulus]]\ntype = \"spike_generator\"\nto = '{to}'\nspike_times = [0.5]\n"
            ),
        );
    };
    let spikes = |to: &str| {
        net(to);
        printed(&room, &["run", "net.toml", "--out", "out", "--force", "--json"]);
        std::fs::read_to_string(room.path("out/spikes.csv")).unwrap()
    };
    let place = |text: &str| text.lines().nth(1).unwrap().to_owned();
    assert_eq!(place(&spikes("n[\"10\"]")), place(&spikes("n[0]")));
    assert_eq!(place(&spikes("n[\"Left, area 1\"]")), place(&spikes("n[1]")));
    assert_eq!(place(&spikes("n[\"R[0]\"]")), place(&spikes("n[2]")));
    assert_ne!(place(&spikes("n[2]")), place(&spikes("n[1]")));
    std::fs::remove_dir_all(room.path("out")).unwrap();
    net("n[10]");
    assert!(room.refused(&["run", "net.toml"]).contains("; the neuron called '10' is n[\"10\"]"));
    net("n[Left, area 1]");
    assert!(room.refused(&["run", "net.toml"]).contains("write the name in quotes, [\"Left, area 1\"]"));
    net("n[\"none\"]");
    assert!(room.refused(&["run", "net.toml"]).contains("no neuron of this population is called 'none'"));
    room.write("neurons.csv", "index,name\n0,A\n1,B\n2,A\n");
    room.write(
        "net.toml",
        "[simulation]\nduration = 1.0\n[[population]]\nname = \"n\"\nmodel = \"parrot_neuron\"\nneurons = \"neurons.csv\"\n",
    );
    assert!(room.refused(&["run", "net.toml"]).contains("two neurons are called 'A' in its neurons file"));
}
