//! Wall time of 10 ms of biological time of a Brunel network (Brunel 2000, J. Comput. Neurosci. 8:183), and of its build.
//!
//! `cargo bench --features bench` prints the machine, the network and criterion's medians. Divide by 10 ms for wall over
//! biological time; compare ratios of one run, not numbers of two machines.
#![allow(missing_docs, clippy::print_stdout)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use neuropil::prelude::*;

/// 4·`order` excitatory and `order` inhibitory neurons, one tenth connected, in the asynchronous irregular state.
fn brunel(order: u32) -> Result<Network> {
    let mut net = Network::new(0.1.ms());
    let neuron = IafPscDelta { C_m: 1.0, tau_m: 20.0, t_ref: 2.0, E_L: 0.0, V_reset: 0.0, V_th: 20.0, ..default() };
    let exc = net.add("exc", 4 * order, neuron)?;
    let inh = net.add("inh", order, neuron)?;
    let all = exc.and(&inh);
    // J·C_E is kept, so the rates are those of the full network.
    let weight = 0.1 * 2500.0 / f64::from(order);
    net.connect(&exc, &all, FixedIndegree(4 * order / 10), Static::new(weight, 1.5))?;
    net.connect(&inh, &all, FixedIndegree(order / 10), Static::new(-5.0 * weight, 1.5))?;
    net.stimulate(&all, PoissonGenerator::new(2000.0 / weight), Static::new(weight, 1.5))?;
    Ok(net)
}

fn steps(c: &mut Criterion) {
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    println!("{} {}, {cores} cores", std::env::consts::ARCH, std::env::consts::OS);
    let mut group = c.benchmark_group("brunel, 10 ms");
    group.sample_size(20);
    for (order, device) in [(250, Device::cpu().threads(1)), (2500, Device::cpu().threads(1)), (2500, Device::cpu())] {
        let Ok(mut sim) = brunel(order).and_then(|net| net.build(device, Seed(1))) else { continue };
        // The start is not yet the state that lasts.
        if sim.run(100.0.ms()).is_err() {
            continue;
        }
        let (facts, neurons) = (sim.facts().clone(), sim.network().neurons());
        let per_synapse = facts.bytes as f64 / facts.synapses as f64;
        println!("{}: {neurons} neurons, {} synapses, {per_synapse:.1} B each", sim.device(), facts.synapses);
        let id = BenchmarkId::new(sim.device(), neurons);
        group.bench_function(id, |b| b.iter(|| black_box(sim.run(10.0.ms()).is_ok())));
    }
    group.finish();
}

fn build(c: &mut Criterion) {
    let mut group = c.benchmark_group("build");
    group.sample_size(10);
    if let Ok(net) = brunel(1000) {
        let name = format!("brunel, {} neurons", net.neurons());
        group.bench_function(name, |b| b.iter(|| black_box(net.build(Device::cpu(), Seed(1)).is_ok())));
    }
    group.finish();
}

criterion_group!(benches, steps, build);
criterion_main!(benches);
