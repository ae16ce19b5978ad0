//! Presets as a list: names, documentation, options, sizes, delays.

use neuropil::connectomes::networks::{self, PresetOptions};
use neuropil::network::PoissonGenerator;
use neuropil::prelude::*;

use super::network;

#[test]
fn presets_have_names_and_documentation() {
    let mut names: Vec<&str> = networks::all().iter().map(|preset| preset.name).collect();
    assert_eq!(names.len(), 23);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 23);
    for preset in networks::all() {
        assert_eq!(networks::named(preset.name).unwrap().title, preset.title);
        for heading in
            ["# Equations", "# Parameters", "# What to expect", "# What is real and what is assumed", "# Cite"]
        {
            let found = preset.documentation.lines().any(|line| line == heading);
            assert!(found, "{} has no section '{heading}'", preset.name);
        }
        assert!(preset.seconds > 0.0 && preset.title.len() < 110, "{}", preset.name);
    }
}

#[test]
fn an_unknown_preset_is_refused_with_the_nearest() {
    let message = networks::named("c-elegant").unwrap_err().to_string();
    assert_eq!(message, "unknown preset 'c-elegant' in the list of presets; did you mean 'c-elegans'?");
}

#[test]
fn options_that_do_not_apply_are_refused() {
    let refused = |name: &str, options: PresetOptions| {
        let error = networks::named(name).unwrap().network(&options).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    };
    let scaled = |scale: f64| PresetOptions { scale, ..default() };
    let fast = |velocity: f64| PresetOptions { velocity: Some(velocity), ..default() };
    for name in ["c-elegans", "c-elegans-gap", "c-elegans-graded", "larva", "optic-lobe"] {
        assert!(refused(name, scaled(2.0)).contains("scale = 2 must be left at 1"));
        assert!(refused(name, fast(3.0)).contains("leave velocity out"));
    }
    let standard = ["cuba-4k", "coba-4k", "cuba-40k", "sparse-1m", "fly-scale", "multi-area"];
    let cortex = ["microcircuit", "microcircuit-thalamic"];
    let theories = ["brunel", "vogels-abbott", "vogels-abbott-coba", "coba-hh", "hpc-benchmark"];
    let tissue = ["stdp-balance", "astrocyte-brunel", "calcium-waves", "working-memory"];
    for name in standard.iter().chain(&cortex).chain(&theories).chain(&tissue) {
        assert!(refused(name, fast(3.0)).contains("leave velocity out"));
    }
    for name in standard.iter().chain(&cortex).chain(&theories).chain(&tissue).chain(&["human-dti"]) {
        for scale in [0.0, -1.0, f64::NAN, 1e9, f64::INFINITY] {
            assert!(refused(name, scaled(scale)).contains("it must be greater than 0"), "{name} {scale}");
        }
        networks::named(name).unwrap().network(&scaled(0.05)).unwrap();
    }
    for velocity in [0.0, -3.0, f64::NAN] {
        assert!(refused("human-dti", fast(velocity)).contains("must be greater than 0"));
    }
}

/// Neurons, synapses, shortest and longest delay in steps, of a network as it is laid out.
fn facts(net: &Network) -> (u32, u64, (u32, u32)) {
    let simulation = net.build(Device::cpu(), Seed(1)).unwrap();
    (net.neurons(), simulation.facts().synapses, simulation.facts().delays)
}

#[test]
fn presets_have_the_published_sizes() {
    assert_eq!(facts(&network("c-elegans", 1.0)), (302, 3_709, (10, 10)));
    assert_eq!(facts(&network("larva", 1.0)), (2_952, 110_677, (18, 18)));
    assert_eq!(facts(&network("optic-lobe", 1.0)), (45_669, 1_513_231, (18, 18)));
    assert_eq!(facts(&network("vogels-abbott", 1.0)), (4_000, 320_000, (1, 1)));
    assert_eq!(facts(&network("vogels-abbott-coba", 0.5)), (2_000, 160_000, (1, 1)));
    assert_eq!(facts(&network("brunel", 0.2)), (2_500, 2_500 * 250, (15, 15)));
    assert_eq!(facts(&network("coba-hh", 0.5)), (2_000, 160_000, (1, 1)));
    assert_eq!(facts(&network("hpc-benchmark", 0.1)), (1_000, 100_000, (15, 15)));
    assert_eq!(facts(&network("cuba-4k", 1.0)), (4_000, 320_000, (1, 1)));
    assert_eq!(facts(&network("coba-4k", 0.5)), (2_000, 160_000, (1, 1)));
    assert_eq!(facts(&network("cuba-40k", 1.0)), (40_000, 3_200_000, (1, 1)));
    assert_eq!(facts(&network("sparse-1m", 0.005)), (5_000, 500_000, (10, 200)));
    // One synapse more is noticed.
    let mut net = network("c-elegans", 1.0);
    let sensory = net.population("sensory", "test").unwrap();
    net.connect(sensory.slice(0..1), sensory.slice(1..2), OneToOne, Static::new(0.1, 1.0)).unwrap();
    assert_eq!(facts(&net).1, 3_710);
}

#[test]
fn brunel_keeps_its_mean_input_at_any_scale() {
    let drive = |scale: f64| {
        let net = network("brunel", scale);
        let neuropil::network::Drive::Poisson(PoissonGenerator { rate, .. }) = net.stimuli()[0].drive else { panic!() };
        let neuropil::network::Value::Constant(weight) = net.stimuli()[0].synapse.weight else { panic!() };
        (rate, weight, rate * weight)
    };
    assert_eq!(drive(1.0), (20_000.0, 0.1, 2_000.0));
    let small = drive(0.2);
    assert!((small.2 - 2_000.0).abs() < 1e-9 && (small.1 - 0.5).abs() < 1e-12 && small.0 < 20_000.0);
}
