//! Which pairs the rules couple, and both ways or one.

use neuropil::network::RecorderId;
use neuropil::prelude::*;

const CELLS: u32 = 6;

/// The potentials of cells after 1 ms, which start 1 mV apart and are joined.
fn after(couple: impl FnOnce(&mut Network, &Selection) -> neuropil::Result<()>) -> neuropil::Result<Vec<f64>> {
    let mut net = Network::new(0.1.ms());
    let model = neuropil::models::named("iaf_psc_exp", "test")?;
    let mut population = Population::new("cells", CELLS, model)?;
    population.set("V_m", Value::each((0..CELLS).map(|i| -70.0 + f64::from(i)).collect::<Vec<_>>()))?;
    let cells = net.add_population(population)?;
    couple(&mut net, &cells)?;
    net.record(&cells, Spikes)?;
    net.record(&cells, Variable::every("V_m", 1.0))?;
    let device = Device::cpu().threads(1).precision(Precision::F64);
    let mut sim = Simulation::new(net, device, Seed(1), &PlanOptions::default())?;
    sim.run(1.0.ms())?;
    Ok(sim.samples(RecorderId(1))?.to_vec())
}

fn listed(pairs: &[(u32, u32)], junction: GapJunction) -> neuropil::Result<Vec<f64>> {
    let (sources, targets): (Vec<u32>, Vec<u32>) = pairs.iter().copied().unzip();
    after(|net, cells| net.couple(cells, cells, Explicit::new(sources, targets), junction))
}

fn near(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
}

#[test]
fn a_listed_pair_couples_both_ways() {
    let junction = GapJunction::new(2.0);
    let chain = [(0, 1), (1, 2), (4, 5)];
    let once = listed(&chain, junction.clone()).unwrap();
    let both = [(0, 1), (1, 2), (4, 5), (1, 0), (2, 1), (5, 4)];
    assert!(near(&once, &listed(&both, junction.clone().one_way()).unwrap()));
    // What is listed both ways is not doubled.
    assert!(near(&once, &listed(&both, junction.clone()).unwrap()));
    assert!(!near(&once, &listed(&chain, junction.clone().one_way()).unwrap()));
    assert!(!near(&once, &listed(&chain, GapJunction::new(4.0)).unwrap()));
    // A junction of a cell with itself carries no current.
    assert!(near(&once, &listed(&[(0, 1), (3, 3), (1, 2), (4, 5)], junction).unwrap()));
}

#[test]
fn a_mirror_image_that_is_missing_is_told() {
    let said = |weights: Value| {
        let list = Explicit::new([0, 1, 2], [1, 0, 3]);
        after(|net, cells| net.couple(cells, cells, list, GapJunction::new(weights))).unwrap_err()
    };
    let missing = said(Value::Constant(1.0));
    let words = "gap_junction cells -> cells: neurons 0 and 1 are listed both ways, but 2 -> 3 has no mirror image of \
                 its weight and delay; list all junctions once, or all both ways, or say symmetric = false";
    assert_eq!((missing.exit_code(), missing.to_string().as_str()), (2, words));
    assert!(
        said(Value::each([1.0, 2.0, 3.0])).to_string().contains("0 -> 1 has no mirror image of its weight and delay")
    );
    assert!(said(Value::uniform(1.0, 2.0)).to_string().contains("list each junction once"));
}

#[test]
fn rules_join_each_pair_once() {
    let junction = || GapJunction::new(0.5);
    let all = after(|net, cells| net.couple(cells, cells, AllToAll, junction())).unwrap();
    let sure = after(|net, cells| net.couple(cells, cells, PairwiseBernoulli(1.0), junction())).unwrap();
    let pairs: Vec<(u32, u32)> = (0..CELLS).flat_map(|a| (a + 1..CELLS).map(move |b| (a, b))).collect();
    let each = listed(&pairs, junction()).unwrap();
    assert!(near(&all, &each) && near(&sure, &each));
    assert!(!near(&each, &listed(&pairs[1..], junction()).unwrap()));
    // A ring: the last to the first is no mirror image.
    let ring =
        after(|net, cells| net.couple(cells, cells.slice(1..CELLS).and(cells.slice(0..1)), OneToOne, junction()));
    assert!(near(&ring.unwrap(), &listed(&[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0)], junction()).unwrap()));
    let said = after(|net, cells| net.couple(cells, cells, FixedIndegree(2), junction())).unwrap_err().to_string();
    assert!(said.contains("fixed_indegree within one population would draw some pairs from both ends"), "{said}");
    assert!(after(|net, cells| net.couple(cells.slice(0..3), cells.slice(3..6), FixedIndegree(2), junction())).is_ok());
}
