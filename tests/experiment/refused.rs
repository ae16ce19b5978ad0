//! Experiment files with a mistake: the sentence names the line and what to do.

use super::experiment;
use neuropil::experiment::Experiment;

/// The sentence that an experiment with `more` ends in.
fn sentence(more: &str) -> String {
    let error = match experiment(more) {
        Err(error) => error,
        Ok(experiment) => experiment.setup().expect_err(more),
    };
    assert_eq!(error.exit_code(), 2);
    error.to_string()
}

#[test]
fn mistakes_in_tables_name_their_line() {
    let cases = [
        ("[[projektion]]\nfrom = \"exc\"", "unknown key 'projektion' in net.toml, line 11; did you mean 'projection'?"),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"\nwieght = 3",
            "unknown key 'wieght' in net.toml, line 15, in projection; did you mean 'weight'?",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_too_all\"",
            "net.toml, line 11: unknown rule 'all_too_all' in projection exc -> inh; did you mean 'all_to_all'?",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"fixed_indegree\"\np = 0.1",
            "net.toml, line 11: projection exc -> inh: fixed_indegree takes indegree, not p",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"fixed_indegree\"",
            "net.toml, line 11: projection exc -> inh: fixed_indegree needs indegree",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"",
            "net.toml, line 11: projection exc -> inh: give exactly one of rule, file and connectome",
        ),
        ("[[projection]]\nfrom = \"exc\"", "net.toml, line 11: projection: the key `to` is missing"),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"\nweight = { normal = { mean = 1.0 } }",
            "net.toml, line 15: projection.weight.normal: the key `sd` is missing",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"\nweight = { min = 1.0 }",
            "net.toml, line 15: projection.weight: give exactly one of normal, lognormal, uniform, exponential, gamma, normal_clipped, binomial, uniform_int, file and velocity",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"\nweight = { binomial = { n = 2.5, p = 0.1 } }",
            "net.toml, line 15: projection.weight.binomial.n: `2.5` is given, expected a whole number, 0 or more",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"\nweight = { uniform_int = { low = 1.5, high = 3 } }",
            "net.toml, line 15: projection.weight.uniform_int.low: `1.5` is given, expected a whole number",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"\nweight = { uniform_int = { low = 3, max = 3 } }",
            "net.toml, line 15: projection.weight: uniform_int takes max alone (0 to max - 1, so max is 1 or more), or low and high (both included)",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"\nweight = { uniform_int = { min = 1, max = 3 } }",
            "net.toml, line 15: projection.weight: uniform_int takes max alone (0 to max - 1, so max is 1 or more), or low and high (both included)",
        ),
        (
            "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"\nweight = { binomial = { n = 3, p = 1.5 } }",
            "net.toml, line 11: projection exc -> inh, weight: binomial = { n = 3, p = 1.5 }: p must lie between 0 and 1",
        ),
        (
            "[[projection]]\nfrom = \"exc[0..9]\"\nto = \"inh\"\nrule = \"all_to_all\"",
            "net.toml, line 11: projection exc[0..9] -> inh: 'exc[0..9]' reaches outside exc, which has 8 neurons (0 to 7)",
        ),
        (
            "[[projection]]\nfrom = \"ext\"\nto = \"inh\"\nrule = \"all_to_all\"",
            "net.toml, line 11: unknown population 'ext' in projection ext -> inh; did you mean 'exc'?",
        ),
        (
            "[[stimulus]]\ntype = \"poisson\"\nto = \"inh\"",
            "net.toml, line 11: unknown type of stimulus 'poisson' in stimulus poisson -> inh; \
             known: poisson_generator, sinusoidal_poisson_generator, inhomogeneous_poisson_generator, mip_generator, \
             gamma_sup_generator, pulsepacket_generator, spike_generator, image_generator, dc_generator, \
             step_current_generator, ac_generator, noise_generator, ou_current_generator, ou_conductance_generator",
        ),
        (
            "[[stimulus]]\ntype = \"dc_generator\"\nto = \"inh\"\nrate = 3",
            "net.toml, line 11: stimulus dc_generator -> inh: a dc_generator takes amplitude, start, stop, not rate",
        ),
        (
            "[[record]]\nwhat = \"V_n\"",
            "net.toml, line 11: unknown state variable 'V_n' in recorder of 'exc' (iaf_psc_exp); did you mean 'V_m'?",
        ),
        (
            "[[record]]\nwhat = \"V_m\"\ninterval = 0.25",
            "net.toml, line 11: recorder of exc: interval = 0.25 ms is not a whole number of steps of 0.1 ms",
        ),
        ("[[population]]\nname = 3", "net.toml, line 12: population.name: `3` is given, expected a string"),
    ];
    for (more, expected) in cases {
        assert_eq!(sentence(more), expected, "for:\n{more}");
    }
}

#[test]
fn a_correct_table_is_not_refused() {
    let more = "[[projection]]\nfrom = \"exc\"\nto = \"inh\"\nrule = \"all_to_all\"\nweight = 3";
    assert!(experiment(more).unwrap().setup().is_ok());
}

#[test]
fn mistakes_in_set_are_sentences() {
    let cases = [
        ("V_th=-52", "--set V_th=-52: write it as population.PARAMETER=value, such as exc.V_th=-52"),
        ("exz.V_th=-52", "unknown population 'exz' in --set exz.V_th=-52; did you mean 'exc'?"),
        (
            "exc.V_th=high",
            "--set exc.V_th=high: string \"high\" is given, expected a number, a list of numbers, or a table such as { normal = { mean = 1.0, sd = 0.1 } }",
        ),
        ("simulation.dtt=1", "unknown key 'dtt' in --set simulation.dtt=1; did you mean 'dt'?"),
        ("simulation.seed=-1", "--set simulation.seed=-1: `-1` is given, expected a whole number, 0 or more"),
        ("preset.scale=1", "--set preset.scale=1: this experiment does not start from a preset"),
        ("exc->inh.weight=1", "unknown projection 'exc->inh' in --set exc->inh.weight=1"),
    ];
    for (assignment, expected) in cases {
        let error = experiment("").unwrap().set(assignment).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn simulation_settings_are_checked() {
    let parse = |keys: &str| {
        let text = format!("[simulation]\n{keys}\n[[population]]\nname = \"a\"\nsize = 1\nmodel = \"iaf_psc_exp\"\n");
        Experiment::parse("net.toml", text.as_bytes()).and_then(|e| e.setup().map(drop))
    };
    for plan in ["", "[plan]\ndelivery = \"direct\"", "[plan]\ndelivery = \"sorted\""] {
        parse(&format!("duration = 10\n{plan}")).unwrap();
    }
    let cases = [
        ("", "net.toml, line 1: duration is missing; give it in ms"),
        ("duration = -1", "net.toml, line 1: duration = -1 ms must be a number greater than 0"),
        ("duration = nan", "net.toml, line 1: duration = NaN ms must be a number greater than 0"),
        ("duration = 10\ndt = 0.0", "net.toml, line 1: dt = 0 ms must be a number greater than 0"),
        ("duration = 10\ndevice = \"gup\"", "unknown device 'gup' in net.toml, line 1; did you mean 'gpu'?"),
        ("duration = 10\nprecision = \"f16\"", "unknown precision 'f16' in net.toml, line 1; did you mean 'f32'?"),
        ("duration = 10\nthreads = 0", "net.toml, line 1: threads = 0 must lie between 1 and 4096"),
        ("duration = 10\n[plan]\nblock = 3", "net.toml, line 3: block = 3 must be a power of two from 1 to 256"),
        (
            "duration = 10\n[plan]\ndelivery = \"sort\"",
            "unknown delivery 'sort' in net.toml, line 3; did you mean 'sorted'?",
        ),
        ("duration = \"long\"", "net.toml, line 2: simulation.duration: string \"long\" is given, expected a number"),
        ("duration = 10\nduration = 11", "net.toml, line 3: this is not TOML: duplicate key"),
    ];
    for (keys, expected) in cases {
        assert_eq!(parse(keys).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_mistake_in_a_stimulus_is_one_sentence() {
    let cases = [
        ("sinusoidal_poisson_generator", "rate = -1", "rate = -1 spikes/s must lie between 0 and 5000000"),
        ("sinusoidal_poisson_generator", "rate = 1\namplitude = inf", "amplitude inf is not a finite number"),
        (
            "sinusoidal_poisson_generator",
            "rate = 3e6\namplitude = -3e6",
            "rate + amplitude = 6000000 spikes/s must lie between 0 and 5000000",
        ),
        ("sinusoidal_poisson_generator", "amplitude = 1", "rate is missing"),
        (
            "inhomogeneous_poisson_generator",
            "rate_times = [1.0, 3.0]\nrate_values = [1.0]",
            "rate_times has 2 values and rate_values has 1 value; give a rate for each time, or for each time and target",
        ),
        (
            "inhomogeneous_poisson_generator",
            "rate_times = [3.0, 1.0]\nrate_values = [1.0, 2.0]",
            "rate_times must rise, and 3 is followed by 1",
        ),
        (
            "inhomogeneous_poisson_generator",
            "rate_times = [1.0]\nrate_values = [-2.0]",
            "rate = -2 spikes/s must lie between 0 and 5000000",
        ),
        (
            "inhomogeneous_poisson_generator",
            "rate_times = [0.0]\nrate_values = [2.0]",
            "rate time 0 ms is too early; the first allowed time is one step, 0.1 ms",
        ),
        (
            "inhomogeneous_poisson_generator",
            "rate_times = [1.0]",
            "give either rate_times and rate_values, or file and interval",
        ),
        ("mip_generator", "rate = 10\np_copy = 1.5", "p_copy = 1.5 must lie between 0 and 1"),
        ("mip_generator", "rate = nan\np_copy = 0.5", "rate = NaN spikes/s must lie between 0 and 5000000"),
        ("pulsepacket_generator", "pulse_times = [5]\nsdev = -1", "sdev = -1 ms must be 0 or more"),
        ("pulsepacket_generator", "pulse_times = [inf]", "pulse time inf is not a finite number"),
        ("pulsepacket_generator", "activity = 3", "pulse_times is missing"),
        ("pulsepacket_generator", "pulse_times = [5]\nstart = 3\nstop = 2", "start = 3 ms lies after stop = 2 ms"),
        ("ac_generator", "frequency = nan", "frequency NaN is not a finite number"),
        (
            "ac_generator",
            "rate = 3",
            "an ac_generator takes amplitude, offset, frequency, phase, start, stop, not rate",
        ),
        (
            "ac_generator",
            "receptor = \"ex\"",
            "a current goes to no receptor, and receptor = \"ex\" is given; leave it out",
        ),
        ("noise_generator", "std = -1", "std = -1 pA must be 0 or more"),
        ("noise_generator", "std = 1\nstd_mod = 2", "std_mod = 2 pA must lie between 0 and std = 1 pA"),
        ("noise_generator", "std = 1\ndt = 0", "dt = 0 ms must be a step, 0.1 ms, or more"),
        (
            "noise_generator",
            "std = 1\ndt = 0.25",
            "time 0.25 ms is not a multiple of dt = 0.1 ms from 0 on; off_grid = \"round\" or \"up\" moves it onto one",
        ),
        ("ou_current_generator", "std = 1", "tau is missing"),
        ("ou_current_generator", "std = 1\ntau = 0", "tau = 0 ms must be greater than 0 and at most 100000 ms"),
        ("ou_current_generator", "std = inf\ntau = 1", "std = inf pA must be 0 or more"),
    ];
    for (name, keys, problem) in cases {
        let more = format!("[[stimulus]]\ntype = \"{name}\"\nto = \"inh\"\n{keys}");
        assert_eq!(sentence(&more), format!("net.toml, line 11: stimulus {name} -> inh: {problem}"), "{keys}");
    }
}
