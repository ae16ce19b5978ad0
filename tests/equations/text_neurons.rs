//! Neurons read from text against closed forms and NEST 3.10.0.

use super::text::{AEIF, HH, Played};

fn ms(steps: &[u32]) -> Vec<f64> {
    steps.iter().map(|&step| f64::from(step) / 10.0).collect()
}

fn near(found: &[f64], wanted: &[f64], most: f64) -> bool {
    found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < most)
}

#[test]
fn aeif_fires_as_nest_does() {
    // aeif_cond_exp of NEST 3.10.0 with a current of 800 pA, adaptive steps with a tolerance of 1e-9.
    let nest = [17.8, 37.2, 64.4, 106.0, 164.9, 231.4, 299.2];
    let text = AEIF.replace("\nspike = ", "\nsubsteps = 16\nspike_in_substep = true\nspike = ");
    for (text, late) in [(AEIF, 0.55), (&text, 0.15)] {
        let spikes = ms(&Played::new(text, 0.1, &[("t_ref", 2.0)]).spikes(2999, 800.0));
        assert!(near(&spikes, &nest, late), "{spikes:?}");
    }
}

#[test]
fn hodgkin_and_huxley_fire_as_nest_does() {
    // hh_psc_alpha of NEST 3.10.0 with a current of 650 pA.
    let nest = [
        2.8, 20.9, 39.1, 57.3, 75.5, 93.6, 111.8, 130.0, 148.2, 166.3, 184.5, 202.7, 220.9, 239.0, 257.2, 275.4, 293.6,
    ];
    let spikes = ms(&Played::new(HH, 0.1, &[]).spikes(2990, 650.0));
    assert!(near(&spikes, &nest, 0.15), "{spikes:?}");
}
