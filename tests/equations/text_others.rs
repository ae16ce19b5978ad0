//! Astrocytes and synapses read from text against NEST 3.10.0.

use neuropil::equations::evaluate;
use neuropil::equations::text::{Functions, Model, Trace};

use super::text::{ASTROCYTE, Played, STDP, model};

const ASTROCYTE_NEST: &str = include_str!("data/astrocyte_lr_1994.csv");
const STDP_NEST: &str = include_str!("data/stdp_synapse.csv");

/// The numbers in the second line, and those in each of the lines behind the third.
fn table(text: &str) -> (Vec<f64>, Vec<Vec<f64>>) {
    let numbers = |line: &str, by: char| line.split(by).map(|word| word.parse().unwrap()).collect();
    let listed = text.lines().nth(1).unwrap().trim_start_matches("# ");
    (numbers(listed, ' '), text.lines().skip(3).map(|line| numbers(line, ',')).collect())
}

/// The largest relative difference of an astrocyte from NEST, driven or not.
fn astrocyte_difference(text: &str, driven: bool) -> f64 {
    let (spikes, rows) = table(ASTROCYTE_NEST);
    let arrivals: Vec<u32> = spikes.iter().map(|time| (time * 10.0).round() as u32 + 10).collect();
    let mut played = Played::new(text, 0.1, &[("delta_IP3", 0.2)]);
    let mut worst: f64 = 0.0;
    let mut step = 0;
    for row in rows.iter().take(if driven { 30 } else { 3 }) {
        while f64::from(step) < row[0] * 10.0 - 0.5 {
            step += 1;
            let arriving = arrivals.iter().filter(|&&at| at == step).count() as f64;
            played.step(&[if driven { arriving } else { 0.0 }], 0.0);
        }
        let nest = &row[if driven { 4 } else { 1 }..];
        for (name, nest) in ["IP3", "Ca", "h_IP3R"].iter().zip(nest) {
            worst = worst.max((played.get(name) / nest - 1.0).abs());
        }
    }
    worst
}

#[test]
fn an_astrocyte_moves_as_in_nest() {
    assert!(astrocyte_difference(ASTROCYTE, false) < 1e-9);
    assert!(astrocyte_difference(ASTROCYTE, true) < 1e-9);
    // What makes a difference is seen.
    assert!(astrocyte_difference(&ASTROCYTE.replace("0.0009 uM/ms", "0.00091 uM/ms"), false) > 1e-4);
}

#[test]
fn an_astrocyte_gives_a_current_of_its_calcium() {
    let played = Played::new(ASTROCYTE, 0.1, &[]);
    let Functions::Astrocyte { signals, gives, .. } = &played.model.functions else { panic!() };
    assert_eq!((signals.len(), signals[0].name.as_str()), (1, "SIC"));
    let at = |ca: f64| evaluate(gives, &[played.derived.as_slice(), &[0.5, ca, 0.5]].concat())[0];
    assert_eq!(at(0.19), 0.0);
    // ln of 100 nM above the threshold.
    assert!((at(0.19669 + 0.1) - 100f64.ln()).abs() < 1e-9);
}

/// A synapse between two neurons that emit spikes at given times.
struct Pair {
    model: Model,
    derived: Vec<f64>,
    weight: Vec<f64>,
    source: Vec<f64>,
    target: Vec<f64>,
    /// When the traces of source and target were last moved.
    moved: [f64; 2],
}

impl Pair {
    fn new(text: &str, set: &[(&str, f64)]) -> Pair {
        let Played { model, derived, .. } = Played::new(text, 0.1, set);
        Pair { model, derived, weight: vec![50.0], source: vec![0.0], target: vec![0.0], moved: [0.0; 2] }
    }

    fn parts(&self) -> (&Trace, &Trace, [&neuropil::equations::Function; 2]) {
        let Functions::Synapse { source, target, pre, post, .. } = &self.model.functions else { panic!() };
        (source, target, [pre, post])
    }

    /// Traces up to a time.
    fn advance(&mut self, time: f64) {
        let (source, target, _) = self.parts();
        let moved = |trace: &Trace, state: &[f64], since: f64| {
            evaluate(&trace.advance, &[self.derived.as_slice(), state, &[time - since]].concat())
        };
        let states = (moved(source, &self.source, self.moved[0]), moved(target, &self.target, self.moved[1]));
        (self.source, self.target) = states;
        self.moved = [time; 2];
    }

    fn event(&mut self, which: usize) -> Option<f64> {
        let inputs = [self.derived.as_slice(), &self.weight, &self.source, &self.target].concat();
        let after = evaluate(self.parts().2[which], &inputs);
        self.weight = vec![after[0]];
        after.get(1).copied()
    }

    fn spike(&mut self, at_source: bool) {
        let (source, target, _) = self.parts();
        if at_source {
            self.source = evaluate(&source.spike, &[self.derived.as_slice(), &self.source].concat());
        } else {
            self.target = evaluate(&target.spike, &[self.derived.as_slice(), &self.target].concat());
        }
    }
}

/// The largest difference of the weights sent from NEST's, in one of its three variants.
fn stdp_difference(text: &str, set: &[(&str, f64)], variant: usize) -> f64 {
    let (post, rows) = table(STDP_NEST);
    let delayed: Vec<i64> = post.iter().map(|time| (time * 10.0).round() as i64 + 10).collect();
    let mut pair = Pair::new(text, set);
    let mut worst: f64 = 0.0;
    let mut row = rows.iter().peekable();
    for step in 0..20_000i64 {
        let pre = row.peek().is_some_and(|row| (row[0] * 10.0).round() as i64 == step);
        let post = delayed.contains(&step);
        if !pre && !post {
            continue;
        }
        pair.advance(step as f64 / 10.0);
        if post {
            pair.event(1);
        }
        if let Some(row) = row.next_if(|_| pre) {
            let sent = pair.event(0).unwrap();
            worst = worst.max((sent - row[1 + variant]).abs());
            pair.spike(true);
        }
        if post {
            pair.spike(false);
        }
    }
    assert!(row.peek().is_none());
    worst
}

#[test]
fn weights_change_with_spike_times_as_in_nest() {
    let variants = [[1.0, 1.0, 1.0], [1.05, 0.0, 0.0], [1.05, 0.4, 0.4]];
    for (variant, [alpha, mu_plus, mu_minus]) in variants.into_iter().enumerate() {
        let set = [("tau_plus", 15.0), ("alpha", alpha), ("mu_plus", mu_plus), ("mu_minus", mu_minus)];
        let worst = stdp_difference(STDP, &set, variant);
        assert!(worst < 1e-11, "variant {variant}: {worst}");
        let wrong = STDP.replace("weight - Wmax * lambda", "weight - 1.001 * Wmax * lambda");
        assert!(stdp_difference(&wrong, &set, variant) > 1e-4);
    }
}

#[test]
fn a_weight_stays_in_its_range_and_what_is_sent_does_too() {
    let text = STDP.replace("send weight", "weight += 200 pA\nsend weight");
    let mut pair = Pair::new(&text, &[]);
    assert_eq!(pair.event(0), Some(100.0));
    assert_eq!(pair.weight, [100.0]);
    let free = text.replace(", from 0 pA to Wmax", "");
    assert_eq!(Pair::new(&free, &[]).event(0), Some(250.0));
    assert_eq!(model(STDP).state_rules.rules[0].words, "from 0 pA to Wmax");
}
