//! Command lines as they stand in a page, in a form that takes no time.

/// The words of a line as a shell takes them, up to a comment, a pipe or a file for the output.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    // The word that has begun, which may be empty between quotes.
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#' | '|' | '>') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Biological time of a run, s: one that shows that it runs.
const SECONDS: &str = "0.06";

/// A size at which large presets are built in no time.
const SCALE: &str = "0.02";

/// Presets that are run at that size.
const LARGE: [&str; 7] =
    ["brunel", "cuba-40k", "microcircuit", "microcircuit-thalamic", "sparse-1m", "fly-scale", "multi-area"];

/// The arguments of `neuropil` that do what `arguments` do, only shorter and on a smaller network; a benchmark is not begun.
pub fn quick(arguments: &[String]) -> Vec<String> {
    let mut quick = arguments.to_vec();
    let given = |quick: &[String], name: &str| quick.iter().any(|word| word == name);
    match arguments.first().map(String::as_str) {
        Some("bench") if !given(&quick, "--list") => quick.push("--list".into()),
        Some("run") if !given(&quick, "--help-format") => {
            shorten(&mut quick);
            let played = !given(&quick, "--explain-plan");
            if played && !given(&quick, "--seconds") {
                quick.extend(["--seconds".into(), SECONDS.into()]);
            }
            if played && !given(&quick, "--scale") && LARGE.iter().any(|preset| given(&quick, preset)) {
                quick.extend(["--scale".into(), SCALE.into()]);
            }
        }
        Some("resume") => shorten(&mut quick),
        // A study is not begun, as it takes long: tests/train does each at small sizes.
        Some("train") if arguments.get(1).is_some_and(|name| neuropil::train::studies::named(name).is_some()) => {
            quick = vec!["train".into(), "--list".into()];
        }
        Some("train") if given(&quick, "diffusion") => shorten(&mut quick),
        Some("train") if !given(&quick, "--list") => {
            shorten(&mut quick);
            for (name, value) in [("--epochs", "1"), ("--samples", "64"), ("--hidden", "8"), ("--play", "8")] {
                if !given(&quick, name) {
                    quick.extend([name.into(), value.into()]);
                }
            }
        }
        Some("reservoir") if given(&quick, "--bench") => quick = vec!["reservoir".into(), "--list".into()],
        Some("reservoir") if !given(&quick, "--list") => {
            shorten(&mut quick);
            quick.iter_mut().filter(|word| word.as_str() == "--sweep").for_each(|word| word.push_str("=2"));
            let short = [("--washout", "50"), ("--train", "200"), ("--test", "200")];
            let small = (!given(&quick, "--graph")).then_some(("--units", "60"));
            for (name, value) in short.into_iter().chain(small) {
                if !given(&quick, name) {
                    quick.extend([name.into(), value.into()]);
                }
            }
        }
        _ => {}
    }
    quick
}

/// Replaces values of options that make a run long or a network large, or that need a GPU.
fn shorten(arguments: &mut [String]) {
    for i in 1..arguments.len() {
        let shorter = match arguments[i - 1].as_str() {
            "--seconds" => SECONDS,
            "--scale" => SCALE,
            "--trials" => "2",
            "--seeds" => "1",
            "--epochs" => "1",
            "--samples" => "64",
            "--sample" => "1",
            "--sampling-steps" => "2",
            "--device" => "cpu",
            _ => continue,
        };
        arguments[i] = shorter.into();
    }
}

#[test]
fn words_are_a_shell_s() {
    let line = "neuropil run net.toml  --set 'exc->inh.weight=30' --json | jq .x # comment";
    assert_eq!(words(line), ["neuropil", "run", "net.toml", "--set", "exc->inh.weight=30", "--json"]);
    assert_eq!(words("a \"b c\" '' d#e # f"), ["a", "b c", "", "d#e"]);
    assert!(words("# only a comment").is_empty());
}

#[test]
fn long_runs_are_made_short_and_keep_their_options() {
    let quick = |line: &str| quick(&words(line)).join(" ");
    assert_eq!(quick("run brunel --trials 16"), "run brunel --trials 2 --seconds 0.06 --scale 0.02");
    assert_eq!(quick("run x.toml --seconds 600 --device gpu"), "run x.toml --seconds 0.06 --device cpu");
    assert_eq!(quick("run sparse-1m --explain-plan"), "run sparse-1m --explain-plan");
    assert_eq!(quick("bench --runs 5"), "bench --runs 5 --list");
    assert_eq!(quick("resume a.checkpoint --seconds 60"), "resume a.checkpoint --seconds 0.06");
}
