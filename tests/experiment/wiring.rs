//! Populations and projections from connectomes: committed ones and files.

use neuropil::connectomes::{Connectome, Edge, EdgeKind};
use neuropil::experiment::{Experiment, Setup};
use neuropil::network::{Delay, Value};

const TABLES: &str = "[simulation]\nduration = 10\n\
    [[population]]\nname = \"inter\"\nconnectome = \"cook2019\"\nmodel = \"iaf_psc_exp\"\n\
    nodes = { kind = [\"Layer*\", \"Category*\"] }\n\
    [[population]]\nname = \"command\"\nconnectome = \"cook2019\"\nmodel = \"iaf_psc_exp\"\n\
    nodes = { name = [\"AVA*\", \"PVCL\"] }\n";

fn setup(text: &str) -> neuropil::Result<Setup> {
    Experiment::parse("net.toml", text.as_bytes())?.setup()
}

/// The chemical edges whose ends are in these lists of names, in the order of the connectome.
fn edges<'a>(connectome: &'a Connectome, from: &[String], to: &[String]) -> Vec<&'a Edge> {
    let within = |names: &[String], node: u32| names.contains(&connectome.nodes[node as usize].name);
    let joined = |edge: &&Edge| edge.kind == EdgeKind::Chemical && within(from, edge.source) && within(to, edge.target);
    connectome.edges.iter().filter(joined).collect()
}

fn weights(scale: f64) -> Vec<f64> {
    let more = format!(
        "[[projection]]\nfrom = \"inter\"\nto = \"command\"\nconnectome = \"cook2019\"\nweight_scale = {scale}\n\
         sign = \"inhibitory\"\n"
    );
    let network = setup(&format!("{TABLES}{more}")).unwrap().network;
    match &network.projections()[0].synapse.weight {
        Value::Each(weights) => weights.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn edges_between_two_populations_are_those_of_the_connectome() {
    let network = setup(TABLES).unwrap().network;
    let names = |i: usize| network.populations()[i].names.clone().unwrap().to_vec();
    assert_eq!(names(1), ["AVAL", "AVAR", "PVCL"]);
    let worm = Connectome::named("cook2019").unwrap();
    let expected: Vec<f64> = edges(&worm, &names(0), &names(1)).iter().map(|edge| -2.5 * edge.weight).collect();
    assert!(expected.len() > 50, "{} edges", expected.len());
    assert_eq!(weights(2.5), expected);
    assert_ne!(weights(2.0), expected);
}

#[test]
fn neurons_of_a_connectome_are_found_by_name() {
    let more = "[[stimulus]]\ntype = \"dc_generator\"\nto = \"command[PVCL, AVAL]\"\namplitude = 100.0\n";
    let network = setup(&format!("{TABLES}{more}")).unwrap().network;
    let first = network.populations()[1].first;
    let to = &network.stimuli()[0].to;
    assert_eq!([to.id(0), to.id(1)], [first + 2, first]);
}

#[test]
fn delays_follow_tract_lengths() {
    let room = crate::support::room::Room::new("tracts");
    room.write("tracts.csv", "source,target,weight,length\na,b,2,30\nb,c,1,0.05\nc,a,4,90\n");
    let text = |velocity: f64| {
        format!(
            "[simulation]\nduration = 10\n[[population]]\nname = \"all\"\nconnectome = \"tracts.csv\"\nmodel = \"iaf_psc_exp\"\n\
             [[projection]]\nfrom = \"all\"\nto = \"all\"\nconnectome = \"tracts.csv\"\nsign = \"excitatory\"\n\
             delay = {{ velocity = {velocity}, offset = 0.0 }}\n"
        )
    };
    let delays = |velocity: f64| {
        let experiment = Experiment::parse(room.path("net.toml"), text(velocity).as_bytes()).unwrap();
        experiment.setup().unwrap().network.projections()[0].synapse.delay.clone()
    };
    // The second tract is shorter than a step, and a step is the shortest delay.
    assert_eq!(delays(3.0), Delay::Value(Value::each([10.0, 0.1, 30.0])));
    assert_ne!(delays(6.0), delays(3.0));
}

/// A list of synapses that is read as a connectome does not lose its delays or receptors in silence.
#[test]
fn columns_that_edges_do_not_have_are_told() {
    let room = crate::support::room::Room::new("columns");
    room.write("weights.csv", "source,target,weight,delay_ms,receptor,receptor_gene\na,b,2,1.5,ex,1\nb,a,1,0.5,ex,2\n");
    let parsed = |keys: &str| {
        let text = format!(
            "[simulation]\nduration = 10\n[[population]]\nname = \"all\"\nconnectome = \"weights.csv\"\nmodel = \"iaf_psc_exp\"\n\
             [[projection]]\nfrom = \"all\"\nto = \"all\"\nconnectome = \"weights.csv\"\nsign = \"excitatory\"\n{keys}\n"
        );
        let experiment = Experiment::parse(room.path("net.toml"), text.as_bytes()).unwrap();
        experiment.setup().map(|_| ()).map_err(|error| error.to_string())
    };
    let lost = parsed("receptor = \"ex\"").unwrap_err();
    assert!(
        lost.contains("column 'delay_ms' of ") && lost.contains("have no delay; give delay here, or list the synapses"),
        "{lost}"
    );
    let lost = parsed("delay = 1.0").unwrap_err();
    assert!(lost.contains("column 'receptor' of ") && lost.contains("have no receptor"), "{lost}");
    parsed("delay = 1.0\nreceptor = \"ex\"").unwrap();
}

#[test]
fn connectomes_that_do_not_fit_are_refused() {
    let cases = [
        (
            "[[projection]]\nfrom = \"inter\"\nto = \"command\"\nconnectome = \"cook2019\"",
            "edges without a sign; set sign to edge_or_excitatory, edge_or_inhibitory, excitatory, inhibitory",
        ),
        (
            "[[projection]]\nfrom = \"inter\"\nto = \"command\"\nconnectome = \"fenyves2020\"",
            "population 'inter' is not made of nodes of connectome fenyves2020; give it connectome = \"fenyves2020\"",
        ),
        (
            "[[projection]]\nfrom = \"inter\"\nto = \"command\"\nconnectome = \"cook2019\"\nindegree = 3",
            "indegree goes with rule, and the synapses are listed one by one",
        ),
        (
            "[[population]]\nname = \"x\"\nconnectome = \"cook2018\"\nmodel = \"iaf_psc_exp\"",
            "unknown connectome 'cook2018' in the committed ones; did you mean 'cook2019'?",
        ),
        (
            "[[population]]\nname = \"x\"\nconnectome = \"cook2019\"\nnodes = { name = \"AVAX\" }\nmodel = \"iaf_psc_exp\"",
            "connectome cook2019 has no node 'AVAX'",
        ),
        (
            "[[population]]\nname = \"x\"\nconnectome = \"cook2019\"\nnodes = { kind = \"Canal neurom\" }\nmodel = \"iaf_psc_exp\"",
            "did you mean 'Canal neuron'?",
        ),
        (
            "[[population]]\nname = \"x\"\nconnectome = \"cook2019\"\nnodes = { category = \"neurons\" }\nmodel = \"iaf_psc_exp\"",
            "did you mean 'neuron'?",
        ),
        (
            "[[population]]\nname = \"x\"\nconnectome = \"cook2019\"\nsize = 7\nmodel = \"iaf_psc_exp\"",
            "size = 7, and the connectome has 473 such nodes; leave size out",
        ),
        (
            "[[stimulus]]\ntype = \"dc_generator\"\nto = \"command[AVBL]\"\namplitude = 1",
            "'AVBL' is neither an index, nor a range such as 0..80, nor the name of a neuron of this population",
        ),
    ];
    for (more, end) in cases {
        let error = setup(&format!("{TABLES}{more}\n")).expect_err(more);
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().ends_with(end), "{error}");
        assert!(error.to_string().starts_with("net.toml, line 13: "), "{error}");
    }
}

#[test]
fn the_neurons_of_the_worm_are_a_category() {
    let more = "[simulation]\nduration = 1\n[[population]]\nname = \"worm\"\nconnectome = \"cook2019\"\n\
                model = \"iaf_psc_exp\"\nnodes = { category = \"neuron\" }\n";
    assert_eq!(setup(more).unwrap().network.neurons(), 302);
    assert_eq!(setup(&more.replace("nodes =", "# nodes =")).unwrap().network.neurons(), 473);
}
