//! A network under all kinds of stimuli that change from step to step.

use neuropil::network::{
    AcGenerator, GammaSupGenerator, InhomogeneousPoissonGenerator, MipGenerator, NoiseGenerator,
    OuConductanceGenerator, OuCurrentGenerator, PulsepacketGenerator, SinusoidalPoissonGenerator, Value,
};
use neuropil::prelude::*;

/// Neurons of two models, relays among them, driven by trains and currents of all kinds, whose targets begin and end within
/// blocks of random numbers.
pub fn stimulated(neurons: u32) -> Network {
    let mut net = Network::new(0.1.ms());
    let a = net.add("a", neurons, IafPscExp { tau_m: 8.0, ..default() }).unwrap();
    let relays = net.add("relays", 37, ParrotNeuron::default()).unwrap();
    let b = net.add("b", neurons, IafPscExp::default()).unwrap();
    net.connect(&a, &b, FixedIndegree(neurons / 10), Static::new(60.0, Value::uniform(1.1, 4.0))).unwrap();
    net.connect(&relays, &a, FixedIndegree(3), Static::new(40.0, 1.5)).unwrap();
    let swing = SinusoidalPoissonGenerator {
        rate: 9000.0,
        amplitude: 8000.0,
        frequency: 40.0,
        phase: 30.0,
        start: 3.0,
        ..default()
    };
    net.stimulate(&a, swing, Static::new(50.0, 0.1)).unwrap();
    let same = SinusoidalPoissonGenerator { individual_spike_trains: false, ..swing };
    net.stimulate(b.slice(5..neurons - 3), same, Static::new(30.0, 1.0)).unwrap();
    let rates = InhomogeneousPoissonGenerator::new(&[2.0, 20.0, 30.5], &[8000.0, 0.0, 12_000.0]);
    net.stimulate(&b, rates, Static::new(Value::normal(40.0, 3.0), 0.5)).unwrap();
    let own: Vec<f64> = (0..3 * 37).map(|k| f64::from(k % 11) * 100.0).collect();
    net.stimulate(&relays, InhomogeneousPoissonGenerator::new(&[1.0, 15.0, 31.0], &own), Static::new(1.0, 1.0))
        .unwrap();
    let copies = MipGenerator { rate: 3000.0, p_copy: 0.3, start: 10.0, stop: 44.0 };
    net.stimulate(a.slice(11..neurons), copies, Static::new(90.0, 0.3)).unwrap();
    let packets = PulsepacketGenerator {
        pulse_times: vec![12.3, 31.77],
        activity: 40,
        sdev: 1.5,
        start: 0.0,
        stop: f64::INFINITY,
    };
    net.stimulate(a.and(&relays), packets, Static::new(35.0, 0.2)).unwrap();
    let processes = GammaSupGenerator { start: 2.0, stop: 41.0, ..GammaSupGenerator::new(30.0, 3, 200) };
    net.stimulate(a.slice(7..neurons - 5), processes, Static::new(Value::uniform(20.0, 40.0), 0.4)).unwrap();
    net.stimulate(
        relays.slice(20..37).and(relays.slice(0..11)),
        GammaSupGenerator::new(50.0, 5, 7),
        Static::new(1.0, 1.0),
    )
    .unwrap();
    let quiet = currents(&mut net, &a, &b, neurons);
    net.record(a.and(&relays).and(&b).and(&quiet), Spikes).unwrap();
    net.record(b.slice(0..9), Variable::every("V_m", 0.7)).unwrap();
    net
}

/// Currents into neurons of `a` and `b`, and into some that are at rest before and behind.
fn currents(net: &mut Network, a: &Selection, b: &Selection, neurons: u32) -> Selection {
    let quiet = net.add("quiet", 21, IafPscExp::default()).unwrap();
    let swing =
        AcGenerator { amplitude: 90.0, offset: 10.0, frequency: 60.0, phase: 20.0, start: 5.0, stop: f64::INFINITY };
    net.stimulate(a.slice(3..neurons - 1), swing, Static::new(Value::uniform(0.5, 1.5), 0.4)).unwrap();
    let while_on = AcGenerator { offset: 800.0, start: 20.0, stop: 32.1, ..swing };
    net.stimulate(&quiet, while_on, Static::new(1.0, 1.0)).unwrap();
    let noise = NoiseGenerator {
        mean: 20.0,
        std: 80.0,
        dt: 0.7,
        std_mod: 40.0,
        frequency: 25.0,
        phase: 10.0,
        start: 4.2,
        stop: 40.0,
    };
    net.stimulate(b.slice(7..neurons), noise, Static::new(1.0, 0.1)).unwrap();
    let cond = net.add("cond", neurons, IafCondExp { tau_syn_ex: 3.0, ..default() }).unwrap();
    let conductance = OuConductanceGenerator { mean: 12.0, std: 5.0, tau: 3.0, start: 3.0, stop: 43.0 };
    net.stimulate(cond.slice(9..neurons - 20), conductance, Static::new(Value::uniform(0.8, 1.4), 0.6)).unwrap();
    net.stimulate(cond.slice(30..neurons), conductance, Static::new(-0.2, 1.0)).unwrap();
    let path = OuCurrentGenerator { mean: 10.0, std: 60.0, tau: 3.0, start: 0.0, stop: f64::INFINITY };
    net.stimulate(b.slice(0..neurons - 9).and(&quiet), path, Static::new(0.7, 0.2)).unwrap();
    let pulse = DcGenerator { amplitude: 60.0, start: 11.0, stop: 29.0 };
    net.stimulate(b.slice(2..30), pulse, Static::new(1.0, 0.3)).unwrap();
    quiet.and(cond)
}
