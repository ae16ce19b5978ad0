//! A reservoir wired as the worm is: a readout learns a chaotic series one step ahead, then the two go on by themselves.
//!
//!     cargo run --release --example reservoir

use neuropil::record::pictures::curves::{Curve, Curves, draw};
use neuropil::train::Array;
use neuropil::train::reservoir::signals::{MackeyGlass, mackey_glass, nrmse};
use neuropil::train::reservoir::{Graph, Rates, Reservoir, ridge, rows, with_one};

/// Steps that are not learned from, that are, and that the network goes on for.
const STEPS: [usize; 3] = [200, 3000, 300];

fn main() -> neuropil::Result<()> {
    let [washout, train, alone] = STEPS;
    let series = mackey_glass(1000 + washout + train + alone + 1, &MackeyGlass::default())?;
    let series: Vec<f64> = series[1000..].iter().map(|x| x - 1.0).collect();
    let reservoir: Reservoir<f64> = Graph::Worm.wiring(1)?.reservoir(1, &Rates::default(), 1)?;

    let mut state = reservoir.start();
    let heard = washout + train;
    let input = Array::new("series", &[heard, 1], series[..heard].to_vec())?;
    let states = rows(&with_one(&reservoir.run_on(&mut state, &input)?)?, washout, heard)?;
    let targets = Array::new("series", &[train, 1], series[washout + 1..=heard].to_vec())?;
    let weights = ridge(&states, &targets, 1e-9)?.into_data();

    let say = |states: &[f64]| states.iter().chain(&[1.0]).zip(&weights).map(|(x, w)| x * w).sum::<f64>();
    let mut said = vec![say(&states.data()[(train - 1) * (reservoir.units() + 1)..][..reservoir.units()])];
    while said.len() < alone {
        let last = said[said.len() - 1];
        said.push(say(reservoir.step(&mut state, &[last])));
    }
    let truth = &series[heard..heard + alone];
    println!("NRMSE {:.3} over the first 84 steps alone", nrmse(&said[..84], &truth[..84])?);

    let curve = |name: &str, values: &[f64]| Curve {
        name: name.into(),
        points: values.iter().enumerate().map(|(t, &x)| (t as f64, x)).collect(),
    };
    let curves = vec![curve("Mackey-Glass", truth), curve("the worm's 302 neurons, alone", &said)];
    let path = std::env::args().nth(1).unwrap_or("target/reservoir.png".into());
    let title = "A chaotic series, continued by a reservoir wired as C. elegans";
    draw(&Curves { across: "step".into(), up: "x - 1".into(), curves }, title)?.save(path)
}
