//! Reservoirs on tasks: what a memory can hold, balances that units find, the same bits for any number of threads.

use neuropil::train::Array;
use neuropil::train::reservoir::balance::{Balanced, Homeostasis, Settings, Targets};
use neuropil::train::reservoir::tasks::{Learner, Protocol, Task};
use neuropil::train::reservoir::trial;
use neuropil::train::reservoir::{
    ALPHAS, Drive, Graph, Job, Machine, Neurons, Rates, Spiking, Sweep, memory, signals, trials,
};

const SHORT: Protocol = Protocol { washout: 100, train: 600, test: 400 };

fn ridge() -> Learner {
    Learner::Ridge(ALPHAS.to_vec())
}

fn rate(units: usize) -> Machine {
    Machine::Rate { graph: Graph::Random { units, degree: units as f64 / 10.0 }, rates: Rates::default() }
}

fn column(numbers: &[f64]) -> Array<f64> {
    Array::new("test", &[numbers.len(), 1], numbers.to_vec()).unwrap()
}

#[test]
fn a_line_of_delays_remembers_exactly_its_length() {
    let u = signals::uniform(1200, (-1.0, 1.0), 1);
    let line = |length: usize| {
        let tap = |t: usize, delay: usize| t.checked_sub(delay).map_or(0.0, |t| u[t]);
        let data = (0..u.len()).flat_map(|t| (1..=length).map(move |delay| tap(t, delay))).collect();
        Array::new("test", &[u.len(), length], data).unwrap()
    };
    let parts = memory(&line(12), &u, 15, 800).unwrap();
    assert!((parts[..12].iter().sum::<f64>() - 12.0).abs() < 1e-9, "{parts:?}");
    assert!(parts[12..].iter().all(|&part| part < 0.03), "{parts:?}");
    let parts = memory(&line(11), &u, 15, 800).unwrap();
    assert!((parts.iter().sum::<f64>() - 12.0).abs() > 0.5);
    assert!(memory(&line(3), &u[1..], 5, 800).is_err());
}

#[test]
fn no_memory_is_larger_than_the_reservoir() {
    let u = signals::uniform(3000, (-1.0, 1.0), 2);
    // A ring of 20 units that are almost linear, and no leak: nearly all of its units remember.
    let mut w = vec![0.0; 400];
    (0..20).for_each(|unit| w[20 * unit + (unit + 19) % 20] = 0.95);
    let (w, mut w_in) = (Array::new("w", &[20, 20], w).unwrap(), vec![0.0; 20]);
    w_in[0] = 1e-3;
    let ring = neuropil::train::reservoir::Reservoir::<f64>::from_matrices(
        &w,
        &Array::new("w", &[20, 1], w_in).unwrap(),
        &[0.0; 20],
        1.0,
    );
    let states = ring.unwrap().run(&column(&u)).unwrap();
    // The correlations of delays that are not remembered are 1 / 2,000 each, by chance.
    let capacity: f64 = memory(&states, &u, 60, 1000).unwrap().iter().sum();
    assert!(capacity < 20.0 + 0.1 && capacity > 18.0, "{capacity}");
}

#[test]
fn each_unit_finds_its_target() {
    let settings = Settings { units: 100, degree: 30, ..Settings::default() };
    let input = column(&signals::uniform(2000, (-1.0, 1.0), 3));
    for targets in [Targets::Same(0.4), Targets::Beta22] {
        let wanted = targets.for_units(100, 5).unwrap();
        let mut reservoir = Balanced::random(&settings, 1, 0.7, 5).unwrap();
        let far = |mean: &[f64]| mean.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).sum::<f64>() / 100.0;
        let still = Homeostasis { phases: [(0.0, 500), (0.0, 500)] };
        let before = far(&reservoir.adapt(&wanted, &input, &still).unwrap());
        let after = far(&reservoir.adapt(&wanted, &input, &Homeostasis::default()).unwrap());
        assert!(after < 0.02 && before > 0.1, "{before}, {after}");
        // Dale's law is kept.
        let signs = |unit| {
            let (places, weights) = reservoir.weights().row(unit);
            places.iter().zip(weights).all(|(&place, &weight)| if place < 80 { weight >= 0.0 } else { weight <= 0.0 })
        };
        assert!((0..100).all(signs));
    }
    let spread = Targets::Beta22.for_units(10_000, 1).unwrap();
    let mean = spread.iter().sum::<f64>() / 1e4;
    let variance = spread.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / 1e4;
    assert!((mean - 0.5).abs() < 0.01 && (variance - 0.05).abs() < 0.003, "{mean}, {variance}");
    assert!(Targets::Same(1.0).for_units(3, 1).is_err());
}

#[test]
fn a_balanced_reservoir_is_one_of_tanh() {
    let settings = Settings { units: 60, degree: 20, input: 0.3, ..Settings::default() };
    let balanced = Balanced::random(&settings, 1, 1.1, 9).unwrap();
    let u = signals::uniform(30, (-1.0, 1.0), 9);
    let states = balanced.reservoir::<f64>().unwrap().run(&column(&u)).unwrap();
    // r = 1 / (1 + exp(-c V)) with the input weights that the first step shows.
    let a = balanced.weights();
    let (mut r, mut v) = (vec![0.5; 60], vec![0.0; 60]);
    a.product(&r, &mut v);
    let inverse = |x: f64| 0.2 * x.atanh();
    let w_in: Vec<f64> = (0..60).map(|i| (inverse(states.data()[i]) - v[i]) / u[0]).collect();
    for (t, u) in u.iter().enumerate() {
        a.product(&r, &mut v);
        r = (0..60).map(|i| 1.0 / (1.0 + (-10.0 * (v[i] + w_in[i] * u)).exp())).collect();
        let x = &states.data()[60 * t..60 * (t + 1)];
        assert!(x.iter().zip(&r).all(|(x, r)| (x - (2.0 * r - 1.0)).abs() < 1e-6), "step {t}");
    }
}

#[test]
fn homeostasis_remembers_more_than_a_bad_balance() {
    let settings = Settings { units: 120, degree: 24, ..Settings::default() };
    let machine = |targets| Machine::Balanced { settings, beta: 0.6, targets, homeostasis: Homeostasis::default() };
    let capacity = |targets| trial(&Task::Memory(30), &machine(targets), &ridge(), &SHORT, 1).unwrap().scores[0].value;
    let (local, none) = (capacity(Some(Targets::Same(0.5))), capacity(None));
    assert!(local > 2.0 * none, "{local}, {none}");
}

#[test]
fn trials_are_the_same_for_any_number_of_threads() {
    let sweep = Sweep {
        settings: Settings { units: 50, degree: 20, ..Settings::default() },
        count: 2,
        targets: vec![Targets::Beta22],
        homeostasis: Homeostasis { phases: [(1e-2, 300), (1e-3, 300)] },
    };
    let mut jobs = sweep.jobs(&Task::Narma10, &ridge(), &[1, 2]).unwrap();
    jobs.push(Job { task: Task::MackeyGlass, machine: rate(60), learner: Learner::Rls(1e-6), seed: 4 });
    let made = |threads| trials(&jobs, &SHORT, threads, &|_| true).unwrap().unwrap();
    let one = made(1);
    assert_eq!(one, made(3));
    assert_ne!(one[0], one[2]);
    let swept = sweep.measures(&one[..8], 2);
    assert_eq!((swept.len(), swept[0].len(), swept[0][1].values.len()), (1, 2, 2));
    assert_eq!(swept[0][1].values[1][0], one[6].scores[0].value);
    assert_eq!(trials(&jobs, &SHORT, 2, &|made| made < 3).unwrap(), None);
}

#[test]
fn reservoirs_are_better_than_the_last_value() {
    for task in [Task::Narma10, Task::MackeyGlass, Task::Lorenz] {
        let found = trial(&task, &rate(100), &ridge(), &SHORT, 1).unwrap();
        let score = &found.scores[0];
        assert!(score.value < 0.8 * score.last_value.unwrap(), "{}: {score:?}", task.name());
    }
    let found = trial(&Task::Parity, &rate(100), &ridge(), &SHORT, 1).unwrap();
    assert!(found.scores[1].value > 0.9, "{:?}", found.scores);
    // A linear readout of the inputs themselves cannot know a parity.
    let found = trial(&Task::Parity, &Machine::Taps(20), &ridge(), &SHORT, 1).unwrap();
    assert!(found.scores[1].value < 0.65, "{:?}", found.scores);
}

#[test]
fn a_loop_that_is_closed_follows_the_system() {
    let protocol = Protocol { washout: 100, train: 1000, test: 600 };
    let found = trial(&Task::MackeyGlass, &rate(200), &ridge(), &protocol, 1).unwrap();
    let score = |name: &str| found.scores.iter().find(|score| score.name == name).unwrap().value;
    assert!(score("NRMSE, 84 steps alone") < 0.3 && score("right alone (steps)") > 100.0, "{:?}", found.scores);
    let force = Learner::Force(1.0);
    let told = trial(&Task::Narma10, &rate(50), &force, &SHORT, 1).unwrap_err().to_string();
    assert!(told.contains("is not its next input"), "{told}");
}

#[test]
fn spikes_become_states_that_decay() {
    // No connections among neurons: those that the input excites spike more.
    let neurons = Neurons { weight: 1e-9, current: (300.0, 300.1), input: 300.0, ..Neurons::default() };
    for drive in Drive::ALL {
        let neurons = Neurons { drive, poisson: (2000.0, 200.0), ..neurons };
        let spiking = Spiking::new(&Graph::Random { units: 40, degree: 4.0 }, 1, &neurons, 1).unwrap();
        let states = spiking.run(&column(&[[0.0; 20], [1.0; 20], [0.0; 20]].concat())).unwrap();
        let mean = |unit: usize, to: usize| (to - 8..to).map(|t| states.data()[40 * t + unit]).sum::<f64>() / 8.0;
        let moved = |from: usize, to: usize| (0..40).map(|u| (mean(u, to) - mean(u, from)).abs()).sum::<f64>();
        assert!(moved(20, 40) > 2.0 * moved(12, 20) + 5.0, "{drive:?}: {} {}", moved(20, 40), moved(12, 20));
        assert_eq!(states, spiking.run(&column(&[[0.0; 20], [1.0; 20], [0.0; 20]].concat())).unwrap());
    }
    // A spike that is alone decays by its time constant from one step to the next.
    let quiet = Neurons { current: (0.0, 0.1), input: 60_000.0, share: 1.0, ..neurons };
    let spiking = Spiking::new(&Graph::Random { units: 40, degree: 4.0 }, 1, &quiet, 1).unwrap();
    let states = spiking.run_spikes(&[(0, 5.0)], 6).unwrap();
    let last: Vec<f64> = (0..40).map(|unit| states.data()[5 * 40 + unit] / states.data()[4 * 40 + unit]).collect();
    let decayed = (-10.0f64 / 20.0).exp();
    let spiked: Vec<&f64> = last.iter().filter(|ratio| ratio.is_finite()).collect();
    assert!(spiked.len() > 5 && spiked.iter().all(|ratio| (**ratio - decayed).abs() < 1e-12), "{last:?}");
    let told = spiking.run_spikes(&[(1, 5.0)], 6).unwrap_err().to_string();
    assert!(told.contains("a spike of channel 1 at 5 ms"), "{told}");
}

#[test]
fn patterns_of_spikes_are_told_apart() {
    let graph = Graph::Random { units: 80, degree: 8.0 };
    let spiking = Machine::Spiking { graph, neurons: Neurons::default() };
    let found = trial(&Task::Patterns, &spiking, &ridge(), &SHORT, 1).unwrap();
    assert!(found.scores[0].value > 0.5, "{:?}", found.scores);
    let points: usize =
        found.shown[..2].iter().map(|(_, points)| points.iter().filter(|point| point.1.is_finite()).count()).sum();
    assert_eq!((points, found.axes), (40, ["sample", "pattern"]), "each sample that is judged is right or wrong");
    let told = trial(&Task::Patterns, &rate(50), &ridge(), &SHORT, 1).unwrap_err().to_string();
    assert_eq!(told, "patterns: they are spikes, which rate units do not take; say --spiking");
}

#[cfg(target_os = "linux")]
#[test]
fn more_memory_than_there_is_is_refused_beforehand() {
    let long = Protocol { test: 9_000_000, ..SHORT };
    let told = trial(&Task::Memory(5), &rate(1_000_000), &ridge(), &long, 1).unwrap_err().to_string();
    assert!(
        told.starts_with("reservoir needs ") && told.ends_with("use fewer units, steps or trials at once"),
        "{told}"
    );
}

#[cfg(feature = "cli")]
mod program {
    use crate::support::program::Room;

    const SMALL: [&str; 8] = ["--units", "60", "--washout", "50", "--train", "300", "--test", "300"];

    #[test]
    fn a_table_a_picture_and_json() {
        let room = Room::new("reservoir_program");
        let run = |arguments: &[&str]| {
            let output = room.run(&[&["reservoir"], arguments, &SMALL].concat());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let said = run(&["narma-10", "--seeds", "2", "--out", "a"]);
        assert!(said.contains("narma-10: NRMSE, 1 step") && said.contains('±'), "{said}");
        assert!(room.path("a/narma-10.png").exists() && room.path("a/reservoir.json").exists());
        let json: serde_json::Value =
            serde_json::from_str(&run(&["memory", "--sweep=2", "--target", "0.5,beta", "--json", "--out", "b"]))
                .unwrap();
        assert_eq!(json["rows"].as_array().unwrap().len(), 3);
        assert!(json["rows"][1]["gain"].is_number() && room.path("b/memory.png").exists());
        room.write("series.csv", (0..700).map(|t| format!("{}\n", (f64::from(t) * 0.1).sin())).collect::<String>());
        let said = run(&["series", "--data", "series.csv", "--readout", "rls", "--out", "c"]);
        assert!(said.contains("series: NRMSE, 1 step"), "{said}");
    }

    #[test]
    fn an_interrupt_says_that_nothing_was_written() {
        let room = Room::new("reservoir_interrupt");
        let mut command =
            room.command(&[&["reservoir", "memory", "--seeds", "10000", "--out", "a"], &SMALL[..]].concat());
        let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
        // The folder is made once the signal is caught.
        while !room.path("a").exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let mut said = String::new();
        std::io::Read::read_to_string(child.stderr.as_mut().unwrap(), &mut said).unwrap();
        let sentence = "Ended early: not all trials were done, so none is reported, and nothing was written.";
        assert_eq!(said.lines().last(), Some(sentence), "{said}");
        assert!(!room.path("a").exists());
    }

    #[test]
    fn mistakes_are_told() {
        let room = Room::new("reservoir_mistakes");
        let told = |arguments: &[&str]| room.refused(&[&["reservoir"], arguments].concat());
        assert_eq!(told(&["narma"]), "unknown task 'narma' in neuropil reservoir; did you mean 'narma-10'?");
        assert_eq!(told(&["memory", "--units", "0"]), "--units: 0 must be from 1 to 1,000,000");
        assert!(
            told(&["memory", "--degree", "1000"]).contains("a mean degree of 1000 must be from 0 to the 500 units")
        );
        assert!(told(&["memory", "--graph", "worm", "--units", "5"]).contains("leave --units and --degree out"));
        assert!(told(&["series"]).contains("name their file by --data"));
        room.write("few.csv", "1\n2\n3\n");
        assert!(
            told(&["series", "--data", "few.csv"])
                .contains("it has 3 values, and washout, training and test need 4,201")
        );
        room.write("bad.csv", "1\n2\nNaN\n");
        assert!(told(&["series", "--data", "bad.csv"]).contains("line 3: 'NaN' is not a finite number"));
        assert!(
            told(&["memory", "--radius", "1e308"]).starts_with("--radius: ")
                && told(&["memory", "--radius", "-1"]).contains("from 0 to 100")
        );
        assert!(told(&["memory", "--sweep", "--radius", "0.5"]).starts_with("--radius: E/I units have none"));
        let said = told(&["memory", "--test", "199"]);
        assert!(
            said.starts_with("memory: 199 steps to be judged by are too few") && said.contains("200 at least"),
            "{said}"
        );
        for option in [&["memory"][..], &["--units", "30"], &["--seeds", "7"], &["--graph", "larva"]] {
            let said = told(&[&["--bench"], option].concat());
            assert!(said.contains("it does not go with") && !said.contains('\n'), "{said}");
        }
        let said = told(&["memory", "--sweep", "--graph", "worm"]);
        assert!(said.contains("it does not go with") && said.contains("--sweep") && !said.contains("[="), "{said}");
        assert!(told(&["series", "--data", "none.csv"]).contains("a series is a text file with a number a line"));
        assert!(told(&["memory", "--train", "3"]).contains("must be 10 at least"));
        assert!(told(&["memory", "--readout", "force"]).contains("choose ridge or rls"));
        assert!(told(&["patterns"]).contains("say --spiking"));
        assert!(told(&["memory", "--target", "2", "--homeostasis", "local"]).contains("must lie between 0 and 1"));
        assert!(told(&["memory", "--leak", "0"]).contains("the leak 0 above 0 and at most 1"));
    }
}
