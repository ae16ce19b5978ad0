//! Published counts of the committed connectomes.

use neuropil::connectomes::{Connectome, EdgeKind, Side, committed, functional_connectivity, names};

fn named(name: &str) -> Connectome {
    let connectome = Connectome::named(name).unwrap();
    connectome.check().unwrap();
    connectome
}

fn count(connectome: &Connectome, kind: EdgeKind) -> (usize, f64) {
    let weights: Vec<f64> = connectome.edges.iter().filter(|e| e.kind == kind).map(|e| e.weight).collect();
    (weights.len(), weights.iter().sum())
}

#[test]
fn cook2019_has_the_published_counts() {
    let worm = named("cook2019");
    assert_eq!(worm.nodes.len(), 473);
    assert_eq!(count(&worm, EdgeKind::Chemical), (4_879, 28_113.0));
    assert_eq!(count(&worm, EdgeKind::Gap).0, 2_883);
    assert_eq!(count(&worm, EdgeKind::Gap).1, 23_313.0);
    let of = |category: &str| worm.nodes.iter().filter(|n| n.category.as_deref() == Some(category)).count();
    assert_eq!((of("neuron"), of("muscle"), of("other")), (302, 135, 36));

    let neurons = worm.among(|n| n.category.as_deref() == Some("neuron"));
    assert_eq!(neurons.nodes.len(), 302);
    assert_eq!(count(&neurons, EdgeKind::Chemical), (3_709, 20_965.0));
    assert_eq!(count(&neurons, EdgeKind::Gap), (2_196, 11_523.0));
    let autapses: Vec<f64> = neurons
        .edges
        .iter()
        .filter(|e| e.source == e.target && e.kind == EdgeKind::Chemical)
        .map(|e| e.weight)
        .collect();
    assert_eq!((autapses.len(), autapses.iter().sum::<f64>()), (38, 117.0));
}

#[test]
fn cook2019_has_the_published_edges() {
    let worm = named("cook2019");
    let both = |a, b| (worm.weight(a, b, EdgeKind::Chemical), worm.weight(a, b, EdgeKind::Gap));
    assert_eq!(both("AVAL", "DA1"), (Some(6.0), Some(2.0)));
    assert_eq!(both("AVAL", "PVCL"), (Some(21.0), Some(5.0)));
    assert_eq!(both("AVAL", "AVAR"), (Some(12.0), Some(18.0)));
    assert_eq!(both("PVCL", "AVBL").0, Some(7.0));
    assert_eq!(both("ASEL", "AIYL").0, Some(32.0));
    assert_eq!(both("RIML", "AVAL").0, Some(5.0));
    assert_eq!(both("AVBL", "VB2"), (Some(3.0), Some(14.0)));
    assert_eq!(both("DA1", "no such neuron"), (None, None));
}

#[test]
fn fenyves2020_has_the_published_counts_and_signs() {
    let signed = named("fenyves2020");
    assert_eq!(signed.nodes.len(), 297);
    assert_eq!(count(&signed, EdgeKind::Chemical), (3_638, 20_589.0));
    let sign = |sign: i8| {
        let weights = signed.edges.iter().filter(|e| e.sign == sign).map(|e| e.weight);
        (weights.clone().count(), weights.sum::<f64>())
    };
    assert_eq!(sign(1), (1_327, 9_070.0));
    assert_eq!(sign(-1), (425, 2_580.0));
    assert_eq!(sign(0), (471 + 1_415, 3_413.0 + 5_526.0));
    let transmitters = signed.edges.iter().filter(|e| e.transmitter.is_some()).count();
    assert!(transmitters > 3_000, "{transmitters}");

    let worm = named("cook2019");
    let known = |n: &&neuropil::connectomes::Node| worm.node(&n.name).is_some();
    assert_eq!(signed.nodes.iter().filter(known).count(), 297, "the same names in both");
}

#[test]
fn winding2023_has_the_published_counts() {
    let larva = named("winding2023");
    assert_eq!(larva.nodes.len(), 2_952);
    assert_eq!(count(&larva, EdgeKind::Chemical), (110_677, 352_611.0));
    assert_eq!(larva.edges.iter().filter(|e| e.source == e.target).count(), 537);
    assert_eq!(larva.edges.iter().map(|e| e.weight).fold(0.0, f64::max), 121.0);
    let of = |kind: &str| larva.nodes.iter().filter(|n| n.kind.as_deref() == Some(kind)).count();
    assert_eq!((of("KC"), of("MBON"), of("sensory")), (144, 48, 430));
    assert_eq!(larva.nodes.iter().filter(|n| n.kind.is_none()).count(), 346);
}

#[test]
fn flyvis_has_the_published_counts() {
    let lobe = named("flyvis");
    assert_eq!(lobe.nodes.len(), 45_669);
    assert_eq!(lobe.edges.len(), 1_513_231);
    let synapses: f64 = lobe.edges.iter().map(|e| e.weight).sum();
    assert!((synapses - 5_440_440.5).abs() < 0.1, "{synapses}");
    let of = |kind: &str| lobe.nodes.iter().filter(|n| n.kind.as_deref() == Some(kind)).count();
    assert_eq!(of("T4a"), 721);
    let kinds: std::collections::BTreeSet<_> = lobe.nodes.iter().map(|n| n.kind.clone()).collect();
    assert_eq!(kinds.len(), 65);
    assert!(lobe.edges.iter().all(|e| e.sign == 1 || e.sign == -1));
}

#[test]
fn hcp_schaefer100_has_the_published_counts() {
    let human = named("hcp-schaefer100");
    assert_eq!(human.nodes.len(), 100);
    assert_eq!(human.edges.len(), 9_184);
    let (count, sum) = count(&human, EdgeKind::Chemical);
    assert_eq!(count, 9_184);
    assert!((sum - 6_092_633.0).abs() < 1.0, "{sum}");
    assert_eq!(human.edges.iter().map(|e| e.weight).fold(0.0, f64::max), 38_177.5);
    let lengths: Vec<f64> = human.edges.iter().filter_map(|e| e.length).collect();
    assert_eq!(lengths.len(), 9_184);
    assert!((lengths.iter().copied().fold(0.0, f64::max) - 235.08).abs() < 0.01);
    assert!((lengths.iter().sum::<f64>() / 9_184.0 - 143.25).abs() < 0.01);
    assert_eq!(human.nodes[0].name, "LH_Vis_1");
    assert_eq!(human.nodes[50].side, Some(Side::Right));

    let functional = functional_connectivity("hcp-schaefer100").unwrap();
    assert_eq!((functional.rows, functional.columns), (100, 100));
    let upper: Vec<f64> =
        (0..100).flat_map(|i| (i + 1..100).map(move |j| (i, j))).map(|(i, j)| functional.get(i, j).unwrap()).collect();
    assert!((upper.iter().sum::<f64>() / upper.len() as f64 - 0.2872).abs() < 1e-3);
    assert_eq!(functional.get(0, 100), None);
}

#[test]
fn a_lost_edge_shows_in_the_counts() {
    let mut worm = named("cook2019");
    worm.edges.pop();
    assert_ne!(worm.edges.len(), 4_879 + 2_883);
    let mut human = named("hcp-schaefer100");
    human.edges[0].target = human.edges[0].source;
    assert_ne!(human.statistics().unwrap().self_loops, 0);
}

#[test]
fn every_committed_set_says_where_it_comes_from() {
    assert_eq!(names(), ["cook2019", "fenyves2020", "winding2023", "flyvis", "hcp-schaefer100"]);
    for set in committed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("connectomes/data").join(set.name);
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
        for heading in ["Source", "Licence", "Cite"] {
            assert!(readme.contains(heading), "{}: no {heading}", set.name);
        }
        assert!(!set.citation.is_empty() && !set.licence.is_empty());
    }
    let error = Connectome::named("cook2018").unwrap_err().to_string();
    assert_eq!(error, "unknown connectome 'cook2018' in the committed ones; did you mean 'cook2019'?");
}
