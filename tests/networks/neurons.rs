//! Networks of the neurons in text, spike for spike as NEST 3.10.0 plays them.

use std::sync::Arc;

use neuropil::equations::text;
use neuropil::tile::Interpreted;

use super::listed::{Made, built_in, listed, played, unmatched};

/// The built-in model, its text changed on purpose where it holds `from`.
fn changed(name: &str, lists: &[(&str, &[f64])], from: &str, to: &str) -> Made {
    let path = format!("{}/models/neurons/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let whole = std::fs::read_to_string(path).unwrap();
    if !whole.contains(from) {
        return built_in(name, lists);
    }
    let (_, values) = built_in(name, lists);
    let text = lists_written_out(&whole.replace(from, to), lists);
    let model = text::Model::of_file("changed.toml", &text).unwrap().remove(0);
    (Arc::new(Interpreted::new(model).unwrap()), values)
}

/// A text with its lists, of which each is as long as the first of its group.
fn lists_written_out(text: &str, lists: &[(&str, &[f64])]) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        match lists.iter().find(|(group, _)| line.contains(&format!("{{{group}}}"))) {
            None => lines.push(line.to_owned()),
            Some((group, values)) => lines.extend((1..=values.len()).map(|k| {
                line.replace(&format!("{{{group}}}"), &k.to_string())
                    .replace(&format!("{{{group}-1}}"), &(k - 1).to_string())
            })),
        }
    }
    let text = lines.join("\n");
    lists.iter().fold(text, |text, (group, values)| text.replace(&format!("{{{group}#}}"), &values.len().to_string()))
}

#[test]
fn a_network_of_eight_kinds_of_neurons_is_nests() {
    let listed = listed("mixed200", &built_in);
    let (spikes, traces) = played(&listed, listed.duration);
    assert_eq!(listed.spikes.len(), 4451);
    // Each in its very step for long, then within one.
    assert_eq!(unmatched(&listed.spikes, &spikes, 4000, 0), []);
    let late = unmatched(&listed.spikes, &spikes, u32::MAX, 1);
    assert!(late.len() <= 4451 / 200, "{late:?}");
    let times = &listed.traces["time_ms"];
    for (name, trace) in listed.watched.iter().zip(&traces) {
        let off: Vec<f64> = times
            .iter()
            .zip(&listed.traces[name])
            .zip(trace)
            .filter(|((time, _), _)| **time <= 100.0)
            .map(|((_, nest), here)| (nest - here).abs())
            .collect();
        let most = off.iter().copied().fold(0.0, f64::max);
        // NEST follows hh_psc_alpha with a tolerance of 1e-3 that nothing changes.
        let tolerance = if name == "V_m_hh" { 5e-3 } else { 2e-4 };
        assert!(off.len() == 20 && most < tolerance, "{name}: {most} mV");
    }
}

#[test]
fn a_reset_at_the_grid_is_noticed() {
    let grid =
        |name: &str, lists: &[(&str, &[f64])]| changed(name, lists, "spike_in_substep = true\nspikes = 12\n", "");
    let listed = listed("mixed200", &grid);
    let (spikes, _) = played(&listed, 100.0);
    assert!(unmatched(&listed.spikes, &spikes, 1000, 1).len() > 10);
}

#[test]
fn neurons_with_numbered_receptors_are_nests() {
    let listed = listed("multisyn", &built_in);
    let (spikes, traces) = played(&listed, listed.duration);
    assert_eq!(listed.spikes.len(), 602);
    assert_eq!(unmatched(&listed.spikes, &spikes, u32::MAX, 1), []);
    assert!(unmatched(&listed.spikes, &spikes, u32::MAX, 0).len() <= 4);
    for (name, trace) in listed.watched.iter().zip(&traces) {
        let off = listed.traces[name].iter().zip(trace).take(20).map(|(nest, here)| (nest - here).abs());
        assert!(off.fold(0.0, f64::max) < 1e-4, "{name}");
    }
}

#[test]
fn a_weight_at_another_receptor_is_noticed() {
    let other = |name: &str, lists: &[(&str, &[f64])]| {
        let turned: Vec<Vec<f64>> = lists.iter().map(|(_, values)| values.iter().rev().copied().collect()).collect();
        let lists: Vec<(&str, &[f64])> =
            lists.iter().zip(&turned).map(|((name, _), values)| (*name, values.as_slice())).collect();
        built_in(name, &lists)
    };
    let listed = listed("multisyn", &other);
    let (spikes, _) = played(&listed, 100.0);
    assert!(unmatched(&listed.spikes, &spikes, 1000, 1).len() > 10);
}

#[test]
fn neurons_with_nmda_receptors_are_nests() {
    let listed = listed("bw2001", &built_in);
    let (spikes, traces) = played(&listed, listed.duration);
    assert_eq!(listed.spikes.len(), 869);
    assert_eq!(unmatched(&listed.spikes, &spikes, u32::MAX, 0), []);
    // The reference has nine digits.
    for (name, trace) in listed.watched.iter().zip(&traces) {
        let off = listed.traces[name].iter().zip(trace).map(|(nest, here)| (nest - here).abs());
        assert!(off.fold(0.0, f64::max) < 1e-7, "{name}");
    }
}

#[test]
fn magnesium_that_blocks_half_as_much_is_noticed() {
    let half = |name: &str, lists: &[(&str, &[f64])]| changed(name, lists, "3.57 mM", "7.14 mM");
    let listed = listed("bw2001", &half);
    let (spikes, _) = played(&listed, 200.0);
    assert_ne!(unmatched(&listed.spikes, &spikes, 2000, 0), []);
}

#[test]
fn adapting_neurons_with_a_sharp_threshold_are_nests() {
    let listed = listed("gif", &built_in);
    let (spikes, traces) = played(&listed, listed.duration);
    assert_eq!(listed.spikes.len(), 392);
    assert_eq!(unmatched(&listed.spikes, &spikes, u32::MAX, 0), []);
    let off = listed.traces["V_m_0"].iter().zip(&traces[0]).map(|(nest, here)| (nest - here).abs());
    assert!(off.fold(0.0, f64::max) < 1e-7);
}

#[test]
fn adaptation_that_decays_within_the_step_is_noticed() {
    let now = |name: &str, lists: &[(&str, &[f64])]| changed(name, lists, "before(stc_{tau_stc})", "stc_{tau_stc}");
    let listed = listed("gif", &now);
    let (spikes, traces) = played(&listed, listed.duration);
    let off = listed.traces["V_m_0"].iter().zip(&traces[0]).map(|(nest, here)| (nest - here).abs());
    assert!(off.fold(0.0, f64::max) > 1e-3);
    assert_ne!(unmatched(&listed.spikes, &spikes, u32::MAX, 0), []);
}
