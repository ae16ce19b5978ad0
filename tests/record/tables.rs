//! Tables `[[record]]` of measures, and the files that come of them.

use neuropil::experiment::{Experiment, Setup};
use neuropil::network::{Bold, Probe};

const TABLES: &str = "[simulation]\nduration = 100\ntransient = 10\n\
    [[population]]\nname = \"lh_1 E\"\nsize = 8\nmodel = \"iaf_psc_exp\"\nparams = { I_e = { uniform = { low = 380, high = 500 } } }\n\
    [[population]]\nname = \"lh_1 I\"\nsize = 4\nmodel = \"iaf_psc_exp\"\nparams = { I_e = 400 }\n\
    [[population]]\nname = \"lh_2 E\"\nsize = 8\nmodel = \"iaf_psc_exp\"\nparams = { I_e = 420 }\n";

fn setup(more: &str) -> neuropil::Result<Setup> {
    Experiment::parse("net.toml", format!("{TABLES}[[record]]\n{more}").as_bytes())?.setup()
}

#[test]
fn tables_of_measures_are_read() {
    let setup = setup(
        "what = \"rate\"\nfrom = \"* E\"\ninterval = 5\nfc = true\nwindow = 50\nshift = 10\n\
         [[record]]\nwhat = \"bold\"\ninterval = 40\nbin = 4\nconstants = \"tvb\"\nparams = { gain = 0.02 }\n\
         [[record]]\nwhat = \"lfp\"\nfrom = \"lh_1 E\"\n\
         [[record]]\nwhat = \"rate\"\n\
         [[record]]\nwhat = [\"V_m\", \"I_syn_ex\"]\nfrom = \"lh_1*\"\ninterval = 2\n",
    )
    .unwrap();
    let stems: Vec<String> = setup.measures.iter().map(|measure| measure.stem()).collect();
    assert_eq!(stems, ["rate-0", "bold-0", "lfp-0", "rate-1"]);
    let fc = setup.measures[0].fc.as_ref().unwrap();
    assert_eq!((fc.settle, fc.dynamics), (0, Some((10, 2))));
    let recorder = &setup.network.recorders()[setup.measures[1].recorder.0];
    let Probe::Bold(Bold { balloon, bin, interval }) = recorder.probe else { panic!() };
    assert!((bin, interval) == (4.0, 40.0) && balloon.gain == 0.02 && balloon.tau == 0.98 && balloon.V_0 == 4.0);
    let columns = |k: usize| setup.network.recorders()[setup.measures[k].recorder.0].from.parts().len();
    assert_eq!([0, 1, 2, 3].map(columns), [2, 3, 1, 3]);
    // Spikes, four measures, two variables of two populations.
    assert_eq!(setup.network.recorders().len(), 9);
    assert!(setup.network.recorders().iter().all(|recorder| recorder.start == 10.0));
}

#[test]
fn tables_of_measures_that_cannot_be_are_told() {
    let cases = [
        ("what = \"V_m\"\nfc = true", "fc goes with \"rate\", \"lfp\" or \"bold\", and not with V_m"),
        ("what = \"spikes\"\nbin = 3", "bin goes with"),
        ("what = [\"rate\", \"V_m\"]", "rate has a table of its own"),
        ("what = \"rate\"\nparams = { gain = 2 }", "params does not go with rate"),
        ("what = \"lfp\"\nconstants = \"tvb\"", "constants does not go with lfp"),
        (
            "what = \"bold\"\nconstants = \"tbv\"",
            "unknown set of constants 'tbv' in record of bold; did you mean 'tvb'?",
        ),
        ("what = \"bold\"\nparams = { gian = 1 }", "unknown parameter 'gian' in record of bold; did you mean 'gain'?"),
        ("what = \"bold\"\nparams = { tau = 0 }", "tau = 0 must be greater than 0"),
        ("what = \"bold\"\ninterval = 35\nbin = 10", "interval = 35 ms is not a whole number of bins of 10 ms"),
        ("what = \"rate\"\nfrom = \"x*\"", "no population is called 'x*', where * stands for anything"),
        ("what = \"rate\"\nwindow = 50", "window goes with fc = true"),
        ("what = \"rate\"\nfc = true\nshift = 10", "shift goes with window"),
        ("what = \"rate\"\nfrom = \"lh_1 E\"\nfc = true", "fc is of pairs of populations"),
        ("what = \"rate\"\nfc = true\nwindow = 100", "fc needs 11 samples, 10 ms apart, and 90 ms are recorded"),
        (
            "what = \"rate\"\nfc = true\nstructure = \"cook2019\"",
            "has no node that population 'lh_1 E' is called after",
        ),
        ("what = \"bold\"\ninterval = 40\nstart = 100", "recording begins at 100 ms"),
    ];
    for (table, said) in cases {
        let error = setup(table).unwrap_err();
        assert!(error.to_string().contains(said), "{table}: {error}");
        assert!(error.exit_code() == 2 && error.to_string().contains("line "), "{error}");
    }
}

#[test]
fn regions_of_the_human_preset_meet_their_connectome() {
    let text = "[preset]\nname = \"human-dti\"\nscale = 0.05\n[simulation]\nduration = 100\n\
        [[record]]\nwhat = \"rate\"\nfrom = \"* E\"\nfc = true\nstructure = \"hcp-schaefer100\"\n";
    let setup = Experiment::parse("net.toml", text.as_bytes()).unwrap().setup().unwrap();
    let (what, with, matrix) = &setup.measures[0].fc.as_ref().unwrap().compared[0];
    assert_eq!((*what, with.as_str(), matrix.size()), ("SC-FC", "hcp-schaefer100", 100));
    let connectome = neuropil::connectomes::Connectome::named("hcp-schaefer100").unwrap();
    let edge = connectome.edges.iter().find(|edge| edge.weight > 100.0).unwrap();
    assert_eq!(matrix.at(edge.source as usize, edge.target as usize), edge.weight);
    assert!(matrix.names[3].ends_with(" E") && matrix.pairs().iter().filter(|w| **w > 0.0).count() > 2000);
}

#[cfg(feature = "cli")]
#[test]
fn measures_and_a_twin_are_written_into_the_folder() {
    use crate::support::room::Room;
    let room = Room::new("measures");
    let run = |arguments: &[&str]| {
        let output = room.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let more = "[[record]]\nwhat = \"rate\"\ninterval = 5\nfc = true\nwindow = 40\n\
        [[record]]\nwhat = \"bold\"\ninterval = 20\nbin = 5\n\
        [[perturb]]\nwhat = \"silence\"\nof = \"lh_1 E\"\nstart = 40\nstop = 70\n";
    room.write("net.toml", format!("{TABLES}{more}"));
    let told = run(&["run", "net.toml", "--out", "out", "--against-unperturbed"]);
    assert!(told.contains("rate") && told.contains("mean correlation"), "{told}");
    assert!(told.contains("Perturbed from 40 to 70 ms, against the same run without"), "{told}");
    for file in
        ["rate-0.csv", "rate-0.png", "rate-0-fc.csv", "rate-0-fc.png", "rate-0-fcd.csv", "bold-0.csv", "bold-0.png"]
    {
        assert!(room.path("out").join(file).is_file(), "{file}");
    }
    let rates = std::fs::read_to_string(room.path("out/rate-0.csv")).unwrap();
    let lines: Vec<&str> = rates.lines().collect();
    assert_eq!((lines.len(), lines[0]), (19, "time_ms,lh_1 E,lh_1 I,lh_2 E"));
    assert!(lines[1].starts_with("15.0,") || lines[1].starts_with("15,"), "{}", lines[1]);
    let against = std::fs::read_to_string(room.path("out/against.csv")).unwrap();
    let silent: Vec<&str> = against.lines().filter(|line| line.starts_with("lh_1 E,in,0,")).collect();
    assert!(silent.len() == 1 && !silent[0].ends_with(",0"), "{against}");
    let equal = against.lines().find(|line| line.starts_with("all,before,")).unwrap();
    let [a, b] = [2, 3].map(|k| equal.split(',').nth(k).unwrap());
    assert!(a == b && a != "0", "{equal}");
    // A run without them takes their place.
    room.write("plain.toml", TABLES);
    run(&["run", "plain.toml", "--out", "out", "--force"]);
    for file in ["rate-0.csv", "rate-0-fc.png", "bold-0.png", "against.csv", "raster-unperturbed.png"] {
        assert!(!room.path("out").join(file).exists(), "{file}");
    }
    let told = room.refused(&["run", "plain.toml", "--out", "twin", "--against-unperturbed"]);
    assert!(told.contains("--against-unperturbed: nothing is perturbed; add a table [[perturb]]"), "{told}");
}
