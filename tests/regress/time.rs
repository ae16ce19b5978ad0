//! Times on and off the grid.

use super::{case, printed};
use crate::support::program::{Room, net, sentence};

const RUN: [&str; 6] = ["--threads", "1", "--device", "cpu", "--out", "o"];

/// What the program says of an experiment that it must refuse.
fn refused(room: &Room, file: &str) -> String {
    room.refused(&[&["run", file][..], &RUN].concat())
}

/// Times of the spikes of an experiment that it must play.
fn times(room: &Room, file: &str) -> Vec<String> {
    printed(room, &[&["run", file][..], &RUN].concat());
    let text = std::fs::read_to_string(room.path("o/spikes.csv")).unwrap();
    text.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
}

#[test]
fn a_time_off_the_grid_is_refused_however_late() {
    let room = case("w05-offgrid-late");
    for (file, time) in [("late.toml", "60000.05 ms"), ("fine.toml", "600.0004 ms")] {
        let said = refused(&room, file);
        assert!(said.contains(&format!("time {time} is not a multiple of dt")), "{said}");
    }
    let said = refused(&room, "length.toml");
    assert!(said.contains("duration = 60000.04 ms is not a whole number of steps of 0.1 ms"), "{said}");
    let on_grid = std::fs::read_to_string(room.path("late.toml")).unwrap().replace("60000.05", "60000.1");
    room.write("late.toml", on_grid);
    assert_eq!(times(&room, "late.toml"), ["2.0", "60001.1"], "the same on the grid is played");
}

#[test]
fn a_stop_that_no_run_reaches_is_never() {
    let room = case("b01-stop-forever");
    let forever = times(&room, "forever.toml");
    let endless = std::fs::read_to_string(room.path("forever.toml")).unwrap().replace("stop = 1e10\n", "");
    room.write("endless.toml", endless);
    std::fs::remove_dir_all(room.path("o")).unwrap();
    assert_eq!(times(&room, "endless.toml"), forever);
    assert!(!forever.is_empty());
    std::fs::remove_dir_all(room.path("o")).unwrap();
    assert!(!times(&room, "current.toml").is_empty());
    for stop in ["inf", "1e300", "4e8"] {
        let later = std::fs::read_to_string(room.path("forever.toml")).unwrap().replace("1e10", stop);
        room.write("later.toml", later);
        std::fs::remove_dir_all(room.path("o")).unwrap();
        assert_eq!(times(&room, "later.toml"), forever, "stop = {stop}");
    }
}

#[test]
fn a_start_that_no_run_reaches_is_never_too() {
    let room = case("b01-stop-forever");
    for (file, key) in [("forever.toml", "start"), ("current.toml", "start")] {
        let text = std::fs::read_to_string(room.path(file)).unwrap().replace("stop = 1e10", &format!("{key} = 1e10"));
        room.write("net.toml", text);
        assert_eq!(times(&room, "net.toml"), [""; 0], "{file}");
        std::fs::remove_dir_all(room.path("o")).unwrap();
    }
}

#[test]
fn refractory_periods_are_rounded_up_as_in_nest() {
    let room = case("w06-tref-up");
    assert_eq!(times(&room, "tref.toml"), ["2.1", "6.3", "10.5", "14.7", "18.9"]);
    // NEST 3.10: 0.04 ms is 1 step, 0.14 are 2; on the grid nothing is added.
    let experiment = std::fs::read_to_string(room.path("tref.toml")).unwrap();
    for (t_ref, second) in [("0.04", "4.3"), ("0.14", "4.4"), ("2.05", "6.3"), ("2.0", "6.2"), ("0.3", "4.5")]
        .into_iter()
        // NEST holds times in whole microseconds before it counts steps: 2.0004 ms are 2.000, and 2.0006 ms 2.001.
        .chain([("2.0004", "6.2"), ("2.0006", "6.3"), ("1.9996", "6.2"), ("1.9994", "6.2"), ("1.8994", "6.1")])
    {
        room.write("net.toml", experiment.replace("2.04", t_ref));
        std::fs::remove_dir_all(room.path("o")).unwrap();
        assert_eq!(times(&room, "net.toml")[1], second, "t_ref = {t_ref}");
    }
}

#[test]
fn times_of_a_stimulus_are_moved_onto_the_grid_where_asked() {
    let room = Room::new("off-grid");
    let experiment = |more: &str| {
        format!(
            "[simulation]\nduration = 5.0\n[[population]]\nname = \"p\"\nsize = 1\nmodel = \"parrot_neuron\"\n\
             [[stimulus]]\ntype = \"spike_generator\"\nto = \"p\"\nspike_times = [1.01, 2.05, 3.0]\n{more}\n"
        )
    };
    for (how, expected) in [("round", ["2.0", "3.1", "4.0"]), ("up", ["2.1", "3.1", "4.0"])] {
        room.write("net.toml", experiment(&format!("off_grid = \"{how}\"")));
        assert_eq!(times(&room, "net.toml"), expected, "{how}");
        std::fs::remove_dir_all(room.path("o")).unwrap();
    }
    for (how, said) in [("", "time 1.01 ms is not a multiple of dt"), ("off_grid = \"refuse\"", "time 1.01 ms is not")]
    {
        room.write("net.toml", experiment(how));
        let sentence = refused(&room, "net.toml");
        assert!(sentence.contains(said), "{sentence}");
        assert!(sentence.ends_with("; off_grid = \"round\" or \"up\" moves it onto one"), "{sentence}");
    }
    room.write("net.toml", experiment("off_grid = \"sideways\""));
    let said = refused(&room, "net.toml");
    assert!(said.contains("unknown way 'sideways'") && said.contains("refuse, round, up"), "{said}");
}

#[test]
fn times_that_are_none_are_told_as_such() {
    let stimulus = |times: &str| {
        sentence("no-time", &format!("[[stimulus]]\ntype = \"spike_generator\"\nto = \"exc\"\nspike_times = [{times}]"))
    };
    assert!(stimulus("inf").ends_with("spike time inf is not a finite number"));
    assert!(stimulus("nan").ends_with("spike time NaN is not a finite number"));
    assert!(stimulus("-1.0").ends_with("time -1 ms is not a multiple of dt = 0.1 ms from 0 on"));
    let room = Room::new("no-dt");
    room.write("net.toml", net("").replace("duration = 5.0", "duration = inf"));
    assert!(refused(&room, "net.toml").ends_with("duration = inf ms must be a number greater than 0"));
}

#[test]
fn a_bad_delay_in_a_file_is_told_with_its_line() {
    let room = Room::new("delay-line");
    room.write("list.csv", "source,target,weight,delay_ms\n0,1,1,1.5\n0,2,1,0.04\n");
    room.write("net.toml", net("[[projection]]\nfrom = \"exc\"\nto = \"exc\"\nfile = \"list.csv\""));
    let said = refused(&room, "net.toml");
    assert!(said.contains("list.csv, line 3: ") && said.contains("delay 0.04 ms is below dt = 0.1 ms"), "{said}");
}

#[test]
fn a_current_that_ends_as_it_starts_is_never_on() {
    let room = Room::new("dc-never");
    let potentials = |window: &str| {
        room.write(
            "net.toml",
            format!(
                "[simulation]\nduration = 8.0\n[[population]]\nname = \"n\"\nsize = 1\nmodel = \"iaf_psc_exp\"\n\
                 [[stimulus]]\ntype = \"dc_generator\"\nto = \"n\"\namplitude = 100.0\n{window}\n\
                 [[record]]\nwhat = \"V_m\"\ninterval = 0.1\n"
            ),
        );
        printed(&room, &[&["run", "net.toml", "--force"][..], &RUN].concat());
        let text = std::fs::read_to_string(room.path("o/traces_n_V_m.csv")).unwrap();
        text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect::<Vec<f64>>()
    };
    for window in [
        "start = 2.0\nstop = 2.0",
        "start = 2.01\nstop = 2.04\noff_grid = \"round\"",
        "start = 2.01\nstop = 2.04\noff_grid = \"up\"",
        "start = 0.0\nstop = 0.0",
    ] {
        assert!(potentials(window).iter().all(|v| *v == -70.0), "{window}");
    }
    // A step more is seen.
    for window in ["start = 2.0\nstop = 2.1", "start = 2.01\nstop = 2.06\noff_grid = \"round\""] {
        assert!(potentials(window).iter().any(|v| *v > -70.0), "{window}");
    }
    let said = |stimulus: &str| sentence("dc-order", &format!("[[stimulus]]\nto = \"exc\"\n{stimulus}"));
    let dc = said("type = \"dc_generator\"\namplitude = 1.0\nstart = 2.0\nstop = 1.0");
    assert!(dc.ends_with("stimulus dc_generator -> exc: start = 2 ms lies after stop = 1 ms"), "{dc}");
    let stairs = said("type = \"step_current_generator\"\namplitude_times = [1.0, 1.0]\namplitude_values = [1.0, 0.0]");
    assert!(stairs.ends_with("times must rise, and 1 is followed by 1"), "{stairs}");
}

#[test]
fn checkpoints_are_as_far_apart_as_the_grid_says() {
    let room = Room::new("checkpoint-grid");
    room.write("net.toml", net("").replace("duration = 5.0", "duration = 5.0\ndt = 0.3333333333333333"));
    let run = |every: &str| {
        [&["run", "net.toml", "--checkpoint", "c", "--checkpoint-every", every, "--force"][..], &RUN].concat().join(" ")
    };
    for every in ["1ms", "0.3333333333333333ms", "0.6666666666666666ms", "0.002s", "0.0001min"] {
        let arguments = run(every);
        printed(&room, &arguments.split(' ').collect::<Vec<_>>());
    }
    std::fs::remove_dir_all(room.path("o")).unwrap();
    for (every, said) in [("0.5ms", "0.5 ms is not a whole number of steps"), ("0.333ms", "0.333 ms is not")] {
        let arguments = run(every);
        let sentence = room.refused(&arguments.split(' ').collect::<Vec<_>>());
        assert!(sentence.contains(said), "{sentence}");
    }
    for every in ["-5s", "-1", "-0.5ms", "-x"] {
        let arguments = run(every);
        let sentence = room.refused(&arguments.split(' ').collect::<Vec<_>>());
        let expected = format!("--checkpoint-every {every}: write a biological time above 0 with its unit");
        assert!(sentence.starts_with(&expected), "{sentence}");
    }
    let memory = room.refused(&["run", "net.toml", "--memory", "-1GiB", "--out", "o"]);
    assert!(memory.contains("-1GiB") && memory.contains("memory"), "{memory}");
}
