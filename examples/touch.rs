//! The worm is touched: potentials of the interneurons that command movement, in a nervous system that does not spike.
//!
//!     cargo run --release --example touch

use neuropil::experiment::Experiment;
use neuropil::prelude::*;
use neuropil::record::pictures::curves::{self, Curve, Curves};

/// Command interneurons: the first two drive the worm backward, the others forward.
const COMMAND: [(&str, [&str; 2]); 4] =
    [("AVD", ["AVDL", "AVDR"]), ("AVA", ["AVAL", "AVAR"]), ("PVC", ["PVCL", "PVCR"]), ("AVB", ["AVBL", "AVBR"])];

fn main() -> neuropil::Result<()> {
    let setup = Experiment::preset("c-elegans-graded").setup()?;
    let interneurons = setup.network.populations().iter().find(|population| population.name == "interneuron");
    let names = interneurons.and_then(|population| population.names.clone()).unwrap_or_default();
    let mut sim = setup.network.build(Device::cpu(), setup.seed)?;

    // Touched in front from 100 to 400 ms, behind from 600 to 900 ms.
    let mut curves: Vec<Curve> = COMMAND.map(|(name, _)| Curve { name: name.into(), points: Vec::new() }).into();
    for ms in 0..=200 {
        let potentials = sim.state("interneuron", "V_m")?;
        for (curve, (_, pair)) in curves.iter_mut().zip(COMMAND) {
            let own = names.iter().zip(&potentials).filter(|(name, _)| pair.contains(&name.as_str()));
            curve.points.push((5.0 * f64::from(ms), own.map(|(_, v)| v + 35.0).sum::<f64>() / 2.0));
        }
        sim.run(5.0.ms())?;
    }
    for Curve { name, points } in &curves {
        println!("{name}: {:+.2} mV by a touch in front, {:+.2} mV by one behind", points[80].1, points[180].1);
    }
    let drawn = Curves { across: "time (ms)".into(), up: "potential above rest (mV)".into(), curves };
    let path = std::env::args().nth(1).unwrap_or("target/touch.png".into());
    curves::draw(&drawn, "C. elegans, touched in front and behind")?.save(path)
}
