//! Twenty cells with thirty junctions, listed: `tests/golden/gap20`, recorded from NEST 3.10 and solved to convergence.

use crate::support::columns;
use neuropil::network::{RecorderId, Value};
use neuropil::prelude::*;

const CELLS: usize = 20;

/// The rows of a table of a run, its first column a word.
fn rows(file: &str, run: &str) -> Vec<Vec<f64>> {
    let path = format!("{}/tests/golden/gap20/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let own = text.lines().filter_map(|line| line.strip_prefix(run)?.strip_prefix(','));
    own.map(|line| line.split(',').map(|field| field.parse().unwrap()).collect()).collect()
}

/// One of the two runs: its name, step, duration, weight of input, and the interval of its samples.
pub struct Run(&'static str, f64, f64, f64, f64);

const REST: Run = Run("rest", 0.1, 100.0, 60.0, 0.5);
const SPIKING: Run = Run("spiking", 0.05, 60.0, 200.0, 1.0);

/// The cells, joined as `couple` does it with sources, targets and conductances.
pub fn network(run: &Run, couple: impl FnOnce(&mut Network, &Selection, Explicit, Value)) -> Network {
    let Run(name, dt, _, weight, interval) = *run;
    let cells = rows("neurons.csv", name);
    let model = neuropil::models::named("hh_psc_alpha_gap", "test").unwrap();
    let mut population = Population::new("cells", CELLS as u32, model).unwrap();
    population.set("V_m", Value::each(cells.iter().map(|cell| cell[1]).collect::<Vec<_>>())).unwrap();
    population.set("I_e", Value::each(cells.iter().map(|cell| cell[2]).collect::<Vec<_>>())).unwrap();
    let mut net = Network::new(dt.ms());
    let cells = net.add_population(population).unwrap();
    let inputs = rows("inputs.csv", name).into_iter().map(|input| (input[0] as u32, input[1]));
    net.stimulate(&cells, SpikeGenerator::listed(inputs), Static::new(weight, 1.0)).unwrap();
    let junctions = columns("gap20/gap_junctions.csv");
    let index = |column: &[f64]| column.iter().map(|&v| v as u32).collect::<Vec<u32>>();
    let list = Explicit::new(index(&junctions[0]), index(&junctions[1]));
    couple(&mut net, &cells, list, Value::each(junctions[2].clone()));
    net.record(&cells, Spikes).unwrap();
    net.record(&cells, Variable::every("V_m", interval)).unwrap();
    net
}

/// With its junctions.
fn coupled(run: &Run) -> Network {
    network(run, |net, cells, list, weights| net.couple(cells, cells, list, GapJunction::new(weights)).unwrap())
}

/// Per cell its spikes, ms; and rows of time and potentials.
struct Found {
    spikes: Vec<Vec<f64>>,
    rows: Vec<Vec<f64>>,
}

fn played(run: &Run, net: Network, precision: Precision) -> Found {
    let Run(_, dt, duration, _, interval) = *run;
    let device = Device::cpu().threads(2).precision(precision);
    let mut sim = Simulation::new(net, device, Seed(1), &PlanOptions::default()).unwrap();
    sim.run(duration.ms()).unwrap();
    let mut spikes = vec![Vec::new(); CELLS];
    sim.all_spikes().iter().for_each(|spike| spikes[spike.id as usize].push(f64::from(spike.step) * dt));
    let samples = sim.samples(RecorderId(1)).unwrap().chunks(CELLS).enumerate();
    let rows = samples.map(|(k, row)| [&[(k + 1) as f64 * interval], row].concat()).collect();
    Found { spikes, rows }
}

/// What is on file: the `exact` solution, or NEST's `one_step` scheme.
fn on_file(run: &Run, kind: &str) -> Found {
    let table = columns(&format!("gap20/V_{}_{kind}.csv", run.0));
    let rows = (0..table[0].len()).filter(|&k| table[0][k] <= run.2);
    let rows = rows.map(|k| table.iter().map(|column| column[k]).collect()).collect();
    let mut spikes = vec![Vec::new(); CELLS];
    if run.0 == "spiking" {
        let list = columns(&format!("gap20/spikes_spiking_{kind}.csv"));
        let until = list[0].iter().zip(&list[1]).filter(|(_, time)| **time <= run.2);
        until.for_each(|(cell, time)| spikes[*cell as usize].push(*time));
    }
    Found { spikes, rows }
}

/// Distances of potentials (mV) more than 3 ms from spikes, and of spikes (ms), from the solution: median and largest. None
/// where the numbers of spikes are not the same.
fn distance(found: &Found, exact: &Found) -> Option<[(f64, f64); 2]> {
    if !found.spikes.iter().map(Vec::len).eq(exact.spikes.iter().map(Vec::len)) {
        return None;
    }
    let far = |cell: usize, time: f64| {
        [found, exact].iter().all(|run| run.spikes[cell].iter().all(|spike| (spike - time).abs() > 3.0))
    };
    let mut apart = Vec::new();
    for row in &exact.rows {
        let Some(own) = found.rows.iter().find(|own| (own[0] - row[0]).abs() < 1e-6) else { continue };
        for cell in (0..CELLS).filter(|&cell| far(cell, row[0])) {
            apart.push((own[cell + 1] - row[cell + 1]).abs());
        }
    }
    let spikes = found.spikes.iter().flatten().zip(exact.spikes.iter().flatten());
    Some([summary(apart), summary(spikes.map(|(a, b)| (a - b).abs()).collect())])
}

fn summary(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    (values.get(values.len() / 2).copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0))
}

#[test]
fn cells_at_rest_are_nearer_to_the_solution_than_nests() {
    let exact = on_file(&REST, "exact");
    let [nest, _] = distance(&on_file(&REST, "one_step"), &exact).unwrap();
    for (precision, closer) in [(Precision::F64, (20.0, 20.0)), (Precision::F32, (2.0, 20.0))] {
        let [own, _] = distance(&played(&REST, coupled(&REST), precision), &exact).unwrap();
        println!(
            "rest, {precision:?}: median {:.1e}, most {:.1e} mV; NEST {:.1e}, {:.1e}",
            own.0, own.1, nest.0, nest.1
        );
        assert!(own.0 * closer.0 < nest.0 && own.1 * closer.1 < nest.1, "{own:?}, and NEST {nest:?}");
    }
    for (change, net) in broken(&REST) {
        let [own, _] = distance(&played(&REST, net, Precision::F64), &exact).unwrap();
        assert!(own.0 > 10.0 * nest.0, "{change}: {own:?}");
    }
}

#[test]
fn cells_that_spike_are_nearer_to_the_solution_than_nests() {
    let exact = on_file(&SPIKING, "exact");
    assert!(exact.spikes.iter().map(Vec::len).sum::<usize>() >= 15);
    let [nest, late] = distance(&on_file(&SPIKING, "one_step"), &exact).unwrap();
    for precision in [Precision::F64, Precision::F32] {
        let [own, shift] = distance(&played(&SPIKING, coupled(&SPIKING), precision), &exact).unwrap();
        println!(
            "spiking, {precision:?}: median {:.1e}, most {:.1e} mV; NEST {:.1e}, {:.1e}; spikes by {:.2}, NEST {:.2} ms",
            own.0, own.1, nest.0, nest.1, shift.1, late.1
        );
        assert!(own.0 * 10.0 < nest.0 && own.1 * 5.0 < nest.1, "{own:?}, and NEST {nest:?}");
        assert!(shift.1 < 0.051 && late.1 >= shift.1, "{shift:?}, and NEST {late:?}");
    }
    for (change, net) in broken(&SPIKING).into_iter().skip(2) {
        let own = distance(&played(&SPIKING, net, Precision::F64), &exact);
        assert!(own.is_none_or(|[own, _]| own.0 > nest.0), "{change}: {own:?}");
    }
}

/// The same cells with something else between them.
fn broken(run: &Run) -> [(&'static str, Network); 3] {
    let one_way = |net: &mut Network, cells: &Selection, list, weights| {
        net.couple(cells, cells, list, GapJunction::new(weights).one_way()).unwrap();
    };
    let stronger = |net: &mut Network, cells: &Selection, list, weights: Value| {
        net.couple(cells, cells, list, GapJunction::new(weights.times(1.1))).unwrap();
    };
    [
        ("no junctions", network(run, |_, _, _, _| ())),
        ("one way", network(run, one_way)),
        ("a tenth more", network(run, stronger)),
    ]
}
