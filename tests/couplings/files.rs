//! Couplings and third factors in experiment files.

use neuropil::experiment::Experiment;
use neuropil::network::{Pool, ThirdFactor, Tripartite};
use neuropil::prelude::*;

const TISSUE: &str = r#"
[simulation]
duration = 20.0

[[population]]
name = "neurons"
size = 40
model = "iaf_psc_exp"
params.I_e = 300.0

[[population]]
name = "astrocytes"
size = 10
model = "astrocyte_lr_1994"
params.delta_IP3 = { uniform = { low = 0.1, high = 0.3 } }
initial = { Ca_astro = 0.3 }

[[projection]]
from = "neurons"
to = "neurons"
rule = "fixed_indegree"
indegree = 5
weight = 20.0
delay = 1.5
third = { astrocytes = "astrocytes", p = 0.5, pool_size = 3, weight_in = 2.0, delay_in = 0.7, weight_out = 5.0, delay_out = 1.3 }

[[coupling]]
type = "gap_junction"
from = "neurons[0..10]"
to = "neurons[10..20]"
rule = "one_to_one"
weight = { uniform = { low = 0.5, high = 1.0 } }

[[coupling]]
type = "graded_synapse"
from = "neurons"
to = "neurons"
rule = "pairwise_bernoulli"
p = 0.1
weight = -30.0
half = -60.0
slope = 2.0

[[coupling]]
type = "sic_connection"
from = "astrocytes"
to = "neurons[0..10]"
rule = "one_to_one"
weight = 2.0
delay = 3.0

[[record]]
what = "Ca_astro"
from = "astrocytes"
"#;

fn setup(text: &str) -> neuropil::Result<neuropil::experiment::Setup> {
    Experiment::parse("net.toml", text.as_bytes())?.setup()
}

fn refused(from: &str, to: &str) -> String {
    assert!(TISSUE.contains(from), "{from}");
    let error = setup(&TISSUE.replacen(from, to, 1)).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    error.to_string()
}

#[test]
fn a_file_says_what_the_library_says() {
    let found = setup(TISSUE).unwrap();
    let mut net = Network::new(0.1.ms());
    let neurons = net.add("neurons", 40, IafPscExp { I_e: 300.0, ..default() }).unwrap();
    let model = neuropil::models::named("astrocyte_lr_1994", "test").unwrap();
    let mut astrocytes = Population::new("astrocytes", 10, model).unwrap();
    astrocytes.set("delta_IP3", Value::uniform(0.1, 0.3)).unwrap();
    astrocytes.set("Ca_astro", 0.3).unwrap();
    let astrocytes = net.add_population(astrocytes).unwrap();
    let three = Tripartite {
        primary: Static::new(20.0, 1.5).into(),
        third_in: Static::new(2.0, 0.7).into(),
        third_out: Sic::new(5.0, 1.3),
    };
    let factor = ThirdFactor { p: 0.5, pool: Pool::Random(3) };
    net.connect_tripartite((&neurons, &neurons, &astrocytes), FixedIndegree(5), factor, three).unwrap();
    let junction = GapJunction::new(Value::uniform(0.5, 1.0));
    net.couple(neurons.slice(0..10), neurons.slice(10..20), OneToOne, junction).unwrap();
    net.couple(&neurons, &neurons, PairwiseBernoulli(0.1), Graded::new(-30.0, -60.0, 2.0)).unwrap();
    net.couple(&astrocytes, neurons.slice(0..10), OneToOne, Sic::new(2.0, 3.0)).unwrap();
    assert_eq!(found.network.couplings(), net.couplings());
    assert_eq!(found.network.projections(), net.projections());
    let mut simulation = found.simulation().unwrap();
    simulation.run(20.0.ms()).unwrap();
    assert!(simulation.facts().couplings > 200);
    // What is written again is the same.
    let again = setup(&found.resolved.to_toml().unwrap()).unwrap();
    assert_eq!(again.network.digest(), found.network.digest());
    let other = setup(&TISSUE.replacen("p = 0.1", "p = 0.2", 1)).unwrap();
    assert_ne!(other.network.digest(), found.network.digest());
}

#[test]
fn values_of_couplings_are_set_from_outside() {
    let mut experiment = Experiment::parse("net.toml", TISSUE.as_bytes()).unwrap();
    experiment.set("coupling[2].weight=7").unwrap();
    experiment.set("astrocytes->neurons[0..10].delay=4").unwrap();
    let setup = experiment.setup().unwrap();
    assert_eq!(setup.network.couplings()[3].coupling, Sic::new(7.0, 4.0).into());
}

#[test]
fn mistakes_in_couplings_are_told_with_their_table() {
    let said = refused("type = \"gap_junction\"", "type = \"gap_junctions\"");
    assert!(said.contains("line 27") && said.contains("did you mean 'gap_junction'?"), "{said}");
    assert!(refused("half = -60.0\n", "").contains("graded_synapse needs half and slope"));
    assert!(refused("slope = 2.0", "slope = 2.0\nsymmetric = false").contains("symmetric goes with gap_junction"));
    assert!(refused("delay = 3.0", "delay = { velocity = 1.0 }").contains("is given in ms"));
    assert!(refused("pool_size = 3", "pool_size = 11").contains("a pool of 11 cannot be taken of 10 astrocytes"));
    assert!(refused("pool_size = 3", "pool_type = \"blocks\"").contains("did you mean 'block'?"));
    assert!(
        refused("weight = { uniform = { low = 0.5", "weight = { uniform = { low = -0.5").contains("0 nS or greater")
    );
    assert!(refused("weight = -30.0", "weigth = -30.0").contains("did you mean 'weight'?"));
}

/// Delays of junctions and graded synapses: one for all, drawn, from a file; none unless given.
#[test]
fn delays_of_couplings_are_read() {
    let room = crate::support::room::Room::new("delayed-couplings");
    room.write("pairs.csv", "source,target,weight,delay_ms\n0,1,0.5,1.5\n1,2,0.25,3\n");
    room.write("undelayed.csv", "source,target,weight\n0,1,0.5\n1,2,0.25\n");
    let read = |keys: &str| {
        let text = format!(
            "[simulation]\nduration = 5.0\n[[population]]\nname = \"cells\"\nsize = 3\nmodel = \"iaf_psc_exp\"\n\
             [[coupling]]\nfrom = \"cells\"\nto = \"cells\"\n{keys}\n"
        );
        let setup = Experiment::parse(room.path("net.toml"), text.as_bytes()).unwrap().setup();
        setup.map(|setup| setup.network.couplings()[0].coupling.clone()).map_err(|error| error.to_string())
    };
    let junction = GapJunction::new(Value::each([0.5, 0.25]));
    let list = |file: &str| format!("type = \"gap_junction\"\nfile = \"{file}\"");
    assert_eq!(read(&list("undelayed.csv")).unwrap(), junction.clone().into());
    assert_eq!(read(&list("pairs.csv")).unwrap(), junction.clone().delayed(Value::each([1.5, 3.0])).into());
    assert_eq!(read(&(list("undelayed.csv") + "\ndelay = 2.0")).unwrap(), junction.delayed(2.0).into());
    let graded = "type = \"graded_synapse\"\nrule = \"all_to_all\"\nhalf = -60.0\nslope = 2.0\nvariable = \"I_syn_ex\"";
    let synapse = Graded { variable: "I_syn_ex".into(), ..Graded::new(1.0, -60.0, 2.0) };
    assert_eq!(read(graded).unwrap(), synapse.clone().into());
    let drawn = format!("{graded}\ndelay = {{ uniform = {{ low = 1.0, high = 4.0 }} }}");
    assert_eq!(read(&drawn).unwrap(), synapse.delayed(Value::uniform(1.0, 4.0)).into());
    let twice = read(&(list("pairs.csv") + "\ndelay = 2.0")).unwrap_err();
    assert!(twice.contains("delay is given here and in the file"), "{twice}");
}

/// The junctions of a connectome, which lists them once or both ways.
#[test]
fn the_gap_junctions_of_a_connectome_are_coupled() {
    let folder = std::env::temp_dir().join(format!("neuropil-gaps-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let edges =
        "source,target,weight,kind\nA,B,3,chemical\nA,B,2,gap\nB,A,2,gap\nC,B,5,gap\nB,B,1,gap\nC,A,1,chemical\n";
    std::fs::write(folder.join("edges.csv"), edges).unwrap();
    let text = r#"
[simulation]
duration = 5.0

[[population]]
name = "cells"
model = "iaf_psc_exp"
connectome = "edges.csv"
initial = { V_m = [-70.0, -60.0, -65.0] }

[[projection]]
from = "cells"
to = "cells"
connectome = "edges.csv"
sign = "excitatory"
weight_scale = 10.0

[[coupling]]
type = "gap_junction"
from = "cells"
to = "cells"
connectome = "edges.csv"
weight_scale = 0.1
"#;
    let read = |text: &str| Experiment::parse(folder.join("net.toml"), text.as_bytes()).unwrap().setup();
    let with = read(text).unwrap();
    let list = Explicit::new([0, 1], [1, 2]);
    let mut net = Network::new(0.1.ms());
    let cells = net.add("cells", 3, IafPscExp::default()).unwrap();
    net.couple(&cells, &cells, list, GapJunction::new(Value::each([0.2, 0.5]))).unwrap();
    assert_eq!(with.network.couplings(), net.couplings());
    let left = |setup: &neuropil::experiment::Setup| format!("{:?}", setup.connectomes);
    assert!(!left(&with).contains("gap junctions"), "{}", left(&with));
    let without = read(text.split("[[coupling]]").next().unwrap()).unwrap();
    assert!(left(&without).contains("4 gap junctions, which no [[coupling]] takes"), "{}", left(&without));
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Cook et al. 2019 list 2,883 entries: 1,433 pairs both ways, and 17 cells with themselves.
#[test]
fn the_junctions_of_the_worm_are_coupled() {
    let text = r#"
[simulation]
duration = 2.0

[[population]]
name = "cells"
model = "iaf_psc_exp"
connectome = "cook2019"
initial = { V_m = { uniform = { low = -70.0, high = -60.0 } } }

[[coupling]]
type = "gap_junction"
from = "cells"
to = "cells"
connectome = "cook2019"
weight_scale = 0.1
"#;
    let spread = |setup: neuropil::experiment::Setup| {
        let mut simulation = setup.simulation().unwrap();
        simulation.run(2.0.ms()).unwrap();
        let potentials = simulation.state("cells", "V_m").unwrap();
        let mean = potentials.iter().sum::<f64>() / potentials.len() as f64;
        (potentials.iter().map(|v| (v - mean).powi(2)).sum::<f64>(), simulation.facts().couplings)
    };
    let setup = setup(text).unwrap();
    assert_eq!(setup.network.couplings()[0].rule.explicit_pairs().unwrap().targets.len(), 1433);
    let alone = self::setup(text.split("[[coupling]]").next().unwrap()).unwrap();
    let (joined, alone) = (spread(setup), spread(alone));
    assert_eq!((joined.1, alone.1), (2 * 1433, 0));
    assert!(joined.0 < 0.97 * alone.0, "junctions bring potentials together: {} and {} mV²", joined.0, alone.0);
}
