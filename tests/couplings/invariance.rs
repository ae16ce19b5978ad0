//! Coupled networks give the same bits for any threads, shards and stops.

use super::read;
use neuropil::checkpoint::Checkpoint;
use neuropil::network::RecorderId;
use neuropil::plan::{Delivery, Plan, PlanPart, Storage};
use neuropil::prelude::*;

pub type Found = (Vec<Spike>, Vec<f64>, Vec<f64>);

/// Neurons of three models, joined by junctions and graded synapses of several rules, with synapses and stimuli besides.
pub fn mixed() -> Network {
    let mut net = Network::new(0.1.ms());
    let mut native = Population::new("native", 70, neuropil::models::named("iaf_psc_exp", "test").unwrap()).unwrap();
    native.set("V_m", Value::uniform(-70.0, -56.0)).unwrap();
    native.set("E_L", Value::normal(-70.0, 1.0)).unwrap();
    native.set("I_e", Value::uniform(100.0, 450.0)).unwrap();
    let native = net.add_population(native).unwrap();
    let model = neuropil::models::named("hh_psc_alpha_gap", "test").unwrap();
    let mut text = Population::new("text", 12, model).unwrap();
    text.set("V_m", Value::uniform(-75.0, -60.0)).unwrap();
    text.set("I_e", Value::uniform(0.0, 140.0)).unwrap();
    let text = net.add_population(text).unwrap();
    let own = read(super::passive::LEAKY);
    let leaky = net.add_population(Population::new("leaky", 30, own).unwrap()).unwrap();
    let spread = GapJunction::new(Value::uniform(0.1, 0.8));
    net.couple(&text, &text, PairwiseBernoulli(0.4), spread.clone()).unwrap();
    net.couple(native.and(&leaky), native.and(&leaky), PairwiseBernoulli(0.05), spread).unwrap();
    net.couple(&native, &leaky, FixedIndegree(3), GapJunction::new(0.3).one_way()).unwrap();
    net.couple(native.slice(0..30), &leaky, OneToOne, Graded::new(Value::normal(40.0, 5.0), -60.0, 2.0)).unwrap();
    net.connect(&native, &text, FixedIndegree(4), Static::new(60.0, Value::uniform(0.3, 2.0))).unwrap();
    net.connect(&text, &native, FixedIndegree(4), Static::new(40.0, 0.5)).unwrap();
    net.stimulate(&native, PoissonGenerator::new(4000.0), Static::new(30.0, 1.0)).unwrap();
    let pulse = DcGenerator { amplitude: 80.0, start: 20.0, stop: 30.0 };
    net.stimulate(leaky.and(native.slice(0..5)), pulse, Static::new(1.0, 1.0)).unwrap();
    net.record(native.and(&text), Spikes).unwrap();
    net.record(&text, Variable::every("V_m", 0.7)).unwrap();
    net.record(&leaky, Variable::every("V_m", 0.7)).unwrap();
    net
}

/// Neurons joined by junctions and graded synapses with delays of many lengths; some without where it is `partly`.
fn later(partly: bool) -> Network {
    let mut net = Network::new(0.1.ms());
    let mut native = Population::new("native", 60, neuropil::models::named("iaf_psc_exp", "test").unwrap()).unwrap();
    native.set("V_m", Value::uniform(-70.0, -56.0)).unwrap();
    native.set("I_e", Value::uniform(300.0, 450.0)).unwrap();
    let native = net.add_population(native).unwrap();
    let leaky = net.add_population(Population::new("leaky", 30, read(super::passive::LEAKY)).unwrap()).unwrap();
    let drawn = || Value::uniform(0.3, 6.0).within(0.3, 6.0);
    net.couple(&native, &leaky, FixedIndegree(4), GapJunction::new(0.5).one_way().delayed(drawn())).unwrap();
    net.couple(&leaky, &leaky, PairwiseBernoulli(0.1), GapJunction::new(0.4).delayed(1.0)).unwrap();
    net.couple(&leaky, leaky.slice(0..9), FixedIndegree(1), Graded::new(20.0, -66.0, 2.0).delayed(70.0)).unwrap();
    net.connect(&native, &native, FixedIndegree(3), Static::new(20.0, 0.8)).unwrap();
    net.couple(native.slice(0..30), &native, FixedIndegree(3), Graded::new(60.0, -60.0, 2.0).delayed(drawn())).unwrap();
    if partly {
        net.couple(&native, native.slice(20..40), PairwiseBernoulli(0.1), GapJunction::new(0.3).delayed(0.1)).unwrap();
        net.couple(&leaky, native.slice(0..10), FixedIndegree(2), Graded::new(30.0, -65.0, 3.0)).unwrap();
    }
    net.record(&native, Spikes).unwrap();
    net.record(&native, Variable::every("V_m", 0.7)).unwrap();
    net.record(&leaky, Variable::every("V_m", 0.7)).unwrap();
    net
}

/// Networks of couplings with delays: all with one of 3 steps and more, so that 3 are played at once; and some without.
pub fn delayed() -> [(&'static str, Network); 2] {
    [("delayed", later(false)), ("partly delayed", later(true))]
}

/// Neurons, astrocytes that their spikes reach, and slow inward currents, without a coupling that has no delay.
pub fn tripartite() -> Network {
    let mut net = Network::new(0.1.ms());
    let neurons = net.add("neurons", 80, IafPscExp { I_e: 300.0, ..default() }).unwrap();
    let mut astrocytes =
        Population::new("astrocytes", 40, neuropil::models::named("astrocyte_lr_1994", "").unwrap()).unwrap();
    astrocytes.set("delta_IP3", Value::uniform(0.05, 0.3)).unwrap();
    astrocytes.set("Ca_astro", Value::uniform(0.1, 0.5)).unwrap();
    let astrocytes = net.add_population(astrocytes).unwrap();
    let others = net.add_population(Population::new("others", 20, read(super::passive::LEAKY)).unwrap()).unwrap();
    net.connect(&neurons, &astrocytes, FixedIndegree(5), Static::new(1.0, Value::uniform(0.5, 4.0))).unwrap();
    net.connect(&neurons, &neurons, FixedIndegree(5), Static::new(20.0, Value::uniform(0.8, 2.0))).unwrap();
    net.stimulate(&neurons, PoissonGenerator::new(4000.0), Static::new(20.0, 1.0)).unwrap();
    let sic = Sic::new(Value::uniform(2.0, 9.0), Value::uniform(0.4, 7.0).within(0.4, 7.0));
    net.couple(&astrocytes, neurons.and(&others), FixedTotalNumber(150), sic).unwrap();
    net.couple(astrocytes.slice(0..20), &others, OneToOne, Sic::new(1.0, 1.0)).unwrap();
    net.record(&neurons, Spikes).unwrap();
    net.record(&astrocytes, Variable::every("Ca_astro", 0.7)).unwrap();
    net.record(&others, Variable::every("V_m", 0.7)).unwrap();
    net
}

pub fn found(sim: &Simulation) -> Found {
    let samples = |k| sim.samples(RecorderId(k)).unwrap().to_vec();
    (sim.all_spikes().to_vec(), samples(1), samples(2))
}

fn run(net: &Network, device: Device, options: &PlanOptions, ms: f64) -> Found {
    let mut sim = Simulation::new(net.clone(), device, Seed(7), options).unwrap();
    sim.set_batch(37);
    sim.run(ms.ms()).unwrap();
    found(&sim)
}

fn ways() -> Vec<(Device, PlanOptions)> {
    let options = |shards, delivery| PlanOptions { shards, delivery, ..default() };
    vec![
        (Device::cpu().threads(1), options(1, Delivery::Direct)),
        (Device::cpu().threads(2), options(2, Delivery::Direct)),
        (Device::cpu().threads(3), options(7, Delivery::Direct)),
        (Device::cpu().threads(2), options(160, Delivery::Direct)),
        (Device::cpu().threads(2), options(3, Delivery::Sorted)),
        (Device::cpu().threads(1), PlanOptions { shards: 2, storage: Storage::Procedural, ..default() }),
        (Device::cpu().threads(1), PlanOptions { shards: 2, skip_idle: false, ..default() }),
    ]
}

#[test]
fn threads_and_shards_do_not_matter_to_couplings() {
    for net in [mixed(), tripartite()].into_iter().chain(delayed().map(|(_, net)| net)) {
        for precision in [Precision::F32, Precision::F64] {
            let ways = ways().into_iter().map(|(device, options)| (device.precision(precision), options));
            let all: Vec<Found> = ways.map(|(device, options)| run(&net, device, &options, 40.0)).collect();
            assert!(all[0].0.len() > 60, "{} spikes", all[0].0.len());
            for (k, other) in all.iter().enumerate() {
                assert!(*other == all[0], "way {k}, {precision:?}");
            }
        }
    }
    let epoch = |net: &Network| Plan::<i32>::new(net, 7, &PlanOptions::default()).unwrap().longest_epoch();
    assert_eq!([epoch(&tripartite()), epoch(&delayed()[0].1), epoch(&delayed()[1].1)], [5, 3, 1]);
    let mut other = mixed();
    let (native, leaky) = (other.population("native", "").unwrap(), other.population("leaky", "").unwrap());
    other.couple(native.slice(0..1), leaky.slice(0..1), OneToOne, GapJunction::new(0.01)).unwrap();
    let (device, options) = ways().remove(0);
    assert!(run(&other, device.clone(), &options, 40.0) != run(&mixed(), device, &options, 40.0), "one junction more");
}

fn saved(net: &Network, (device, options): &(Device, PlanOptions), ms: f64) -> Checkpoint {
    let mut sim = Simulation::new(net.clone(), device.clone(), Seed(7), options).unwrap();
    sim.run(ms.ms()).unwrap();
    sim.checkpoint().unwrap()
}

fn resumed(
    net: &Network,
    (device, options): &(Device, PlanOptions),
    from: &Checkpoint,
    ms: f64,
) -> neuropil::Result<Found> {
    let mut sim = Simulation::resume(net.clone(), device.clone(), Seed(7), options, from)?;
    sim.run(ms.ms())?;
    Ok(found(&sim))
}

/// What a whole run of 40 ms gives, and so do those that stop and go on.
fn goes_on(net: &Network, name: &str) -> Found {
    let ways = ways();
    let whole = run(net, ways[0].0.clone(), &ways[0].1, 40.0);
    for (k, stop) in [0.1, 0.2, 23.4, 31.2].into_iter().enumerate() {
        let checkpoint = saved(net, &ways[k], stop);
        let path = std::env::temp_dir().join(format!("neuropil-{name}-{}-{k}", std::process::id()));
        checkpoint.write(&path).unwrap();
        let read = Checkpoint::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(read == checkpoint);
        for way in [&ways[(k + 1) % ways.len()], &ways[4]] {
            assert!(resumed(net, way, &read, 40.0 - stop).unwrap() == whole, "{name} after {stop} ms");
        }
    }
    whole
}

#[test]
fn a_coupled_run_goes_on_where_it_stopped() {
    for (name, net) in [("coupled", mixed()), ("tripartite", tripartite())].into_iter().chain(delayed()) {
        let whole = goes_on(&net, name);
        let way = &ways()[0];
        let mut lost = saved(&net, way, 30.0);
        lost.signals[0].iter_mut().for_each(|signal| *signal += 1.0);
        assert!(resumed(&net, way, &lost, 10.0).unwrap() != whole, "the oldest signals count");
        lost.signals.pop();
        let said = resumed(&net, way, &lost, 10.0).unwrap_err().to_string();
        assert_eq!(said, "checkpoint: it has not the signals of this network's couplings; take an earlier copy");
    }
}

#[test]
fn trials_of_a_coupled_network_are_runs_of_their_seeds() {
    let net = mixed();
    let trials = net.trials(2, Device::cpu().threads(2), Seed(7)).unwrap();
    let all = trials
        .run(2, |mut sim| {
            sim.run(30.0.ms())?;
            Ok(found(&sim))
        })
        .unwrap();
    for (number, found_there) in all.iter().enumerate() {
        let mut sim = net.build(Device::cpu().threads(1), Seed(7).trial(number as u64)).unwrap();
        sim.run(30.0.ms()).unwrap();
        assert!(found(&sim) == *found_there, "trial {number}");
    }
    assert!(all[0] != all[1]);
}

/// Players that own some shards each exchange signals, too.
#[test]
fn players_with_shards_of_their_own_exchange_signals() {
    use neuropil::device::{Player, cpu::Cpu};
    use neuropil::exchange::{Exchange, loopback};
    let net = mixed();
    let played = |part: Option<PlanPart>, exchange: Option<Box<dyn Exchange>>| {
        let plan = Plan::<i32>::new(&net, 7, &PlanOptions { shards: 6, part, ..default() }).unwrap();
        let mut cpu = match exchange {
            Some(exchange) => Cpu::<f32>::among(plan, 2, exchange),
            None => Cpu::<f32>::new(plan, 2),
        };
        cpu.submit(400).unwrap();
        cpu.next().unwrap().unwrap().spikes
    };
    let one = played(None, None);
    let ends = loopback::ends(2).into_iter().enumerate();
    let both: Vec<Vec<Spike>> = std::thread::scope(|scope| {
        let players: Vec<_> = ends
            .map(|(index, end)| {
                let part = Some(PlanPart { index: index as u32, of: 2 });
                scope.spawn(move || played(part, Some(Box::new(end))))
            })
            .collect();
        players.into_iter().map(|player| player.join().unwrap()).collect()
    });
    assert!(one.len() > 50 && both.iter().all(|player| *player == one));
}
