//! Statistics of random numbers, connection rules, weights, delays and stimuli against the distributions they claim, and
//! the exactness of timing and of fixed-point sums. Seeds are fixed, so a test passes or fails for good.

mod conductances;
mod currents;
mod degrees;
mod dendrites;
mod discrete;
mod fixed_point;
mod gamma;
mod grid;
mod measures;
mod noise;
mod philox;
mod poisson;
mod refusal;
mod rules;
mod same;
mod tables;
mod timing;
mod trains;
mod values;

use neuropil::network::Rule;
use neuropil::prelude::*;

/// Two populations of `iaf_psc_exp`, "a" and "b", that hold still: their threshold is out of reach.
fn pair(a: u32, b: u32) -> (Network, Selection, Selection) {
    let mut net = Network::new(0.1.ms());
    let still = IafPscExp { E_L: 0.0, V_reset: 0.0, V_th: 1e9, ..default() };
    let a = net.add("a", a, still).unwrap();
    let b = net.add("b", b, still).unwrap();
    (net, a, b)
}

/// "a" joined to "b" by `rule` with weight 1 and a delay of 1 ms.
fn joined(a: u32, b: u32, rule: impl Into<Rule>) -> Network {
    let (mut net, from, to) = pair(a, b);
    net.connect(&from, &to, rule, Static::new(1.0, 1.0)).unwrap();
    net
}

/// One population "a" joined to itself by `rule`.
fn recurrent(size: u32, rule: impl Into<Rule>) -> Network {
    let (mut net, a, _) = pair(size, 1);
    net.connect(&a, &a, rule, Static::new(1.0, 1.0)).unwrap();
    net
}
