//! What is wrong in a text is told with its place; nothing that is written panics.

use neuropil::Error;
use neuropil::equations::text::Model;
use neuropil::random::Draws;

use super::text::{AEIF, ASTROCYTE, COND_EXP, PSC_EXP, STDP};

/// What is said of a text.
fn refusal(text: &str) -> String {
    match Model::of_file("m.toml", text) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("this was read: {text}"),
    }
}

/// A small model.
const SMALL: &str = r#"[model.x]
kind = "neuron"
about = "a small one"
parameters = { tau = "10 ms > 0: decay", v_th = "5 mV > 0 mV: threshold" }
state = { v = "0 mV, from -50 mV to 2 * v_th: potential" }
receptors = { in = "mV all: v += in" }
[model.x.dynamics]
equations = """
drive = 0.1 mV/ms * max(1, I / 1 pA) # a comment
v' = -v / tau + drive
"""
spike = "v >= v_th and v > before(v)"
reset = "v = 0"
refractory = "tau holds v at -v_th"
"#;

/// Pieces that are put into texts.
const PIECES: [&str; 40] = [
    "(", ")", "((((((((", "-", "- - - -", "not ", "^", "^-", "'", "=", "+=", "==", ">", "<=", ":", ",", "\n", "\r\n",
    "\"", "\"\"\"", "\\", "#", "{", "}", "[", "]", "1e38", "1e-320", "0", ".", "NaN", " if ", " else ", "before(",
    "V_m", "µ", "\u{202e}", "send ", "mV/ms^9", "\0",
];

/// A text with something wrong in its equations.
fn mutated_equations(text: &str, draws: &mut Draws) -> String {
    let parts: Vec<&str> = text.splitn(3, "\"\"\"").collect();
    [parts[0], "\"\"\"\n", &mutated(parts[1].trim_start(), draws), "\n\"\"\"", parts[2]].concat()
}

/// A text with something wrong.
fn mutated(text: &str, draws: &mut Draws) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=draws.below(2) {
        let count = characters.len().max(1) as u32;
        let (at, other) = (draws.below(count) as usize, draws.below(count) as usize);
        let (from, to) = (at.min(other), at.max(other).min(at.min(other) + 12).min(characters.len()));
        match draws.below(7) {
            0 => characters.truncate(at),
            1 => drop(characters.drain(from..to)),
            2 => {
                let piece = PIECES[draws.below(PIECES.len() as u32) as usize].chars();
                drop(characters.splice(at..at, piece));
            }
            3 => characters.swap(at, other),
            4 => {
                let copied = characters[from..to].to_vec();
                drop(characters.splice(at..at, copied));
            }
            5 => {
                let mut lines: Vec<String> = characters.iter().collect::<String>().lines().map(str::to_owned).collect();
                let (a, b) = (draws.below(lines.len() as u32) as usize, draws.below(lines.len() as u32) as usize);
                lines.swap(a, b);
                characters = lines.join("\n").chars().collect();
            }
            _ => characters[at] = char::from(32 + draws.below(95) as u8),
        }
        if characters.is_empty() {
            characters.push(' ');
        }
    }
    characters.into_iter().collect()
}

#[test]
fn no_mutated_text_panics_and_each_refusal_points_at_a_line_and_a_column() {
    let mut draws = Draws::new(77, 1, 0);
    let (mut read, mut refused) = (0, 0);
    for k in 0..20_000 {
        let text = match k % 200 {
            0 => AEIF,
            1 => ASTROCYTE,
            2 | 3 => STDP,
            4 => PSC_EXP,
            5 => COND_EXP,
            _ => SMALL,
        };
        let text = if k % 3 == 0 { mutated(text, &mut draws) } else { mutated_equations(text, &mut draws) };
        match Model::of_file("m.toml", &text) {
            Ok(_) => read += 1,
            Err(error) => {
                let said = error.to_string();
                assert!(said.contains(", line ") && said.contains(", column "), "{said} of {text}");
                assert!(!said.contains(['\n', '\r', '\0']) && said.chars().count() < 1700, "{said} of {text}");
                assert!(matches!(error, Error::Invalid { .. }), "{error:?} of {text}");
                refused += 1;
            }
        }
    }
    assert!(read > 1500 && refused > 10_000, "{read} {refused}");
}

#[test]
fn hostile_texts_are_refused_before_they_fill_memory_or_stack() {
    let long = |piece: &str, count: usize| piece.repeat(count);
    let tanh = |count: usize| (0..count).map(|k| format!("-tanh(I/{k}.5pA)")).collect::<String>();
    let cases = [
        (format!("drive = {}1{} mV/ms", long("(", 20_000), long(")", 20_000)), "levels deep"),
        (format!("drive = {}1 mV/ms", long("- ", 20_000)), "levels deep"),
        (format!("drive = {}2", long("2^", 20_000)), "levels deep"),
        (format!("drive = 1{}", long(" if v > 0 else 1", 3000)), "levels deep"),
        (format!("drive = 1{}", tanh(2500)), "more than 40000 operations"),
        (format!("drive = {}", long("a", 1000)), "at most 60 characters"),
        (format!("drive = {}1", long("1 + ", 20_000)), "longer than 65536 bytes"),
        ("drive = v^1000 * 1 /ms".into(), "powers of this unit"),
        ((0..1800).map(|k| format!("d{k} = tanh(I / {k}.5 pA)\n")).collect(), "more than 40000 operations"),
        (format!("drive = {}(1)", long("exp", 15)), "unknown function"),
    ];
    for (line, wanted) in cases {
        let said = refusal(&SMALL.replace("drive = 0.1 mV/ms * max(1, I / 1 pA) # a comment", &line));
        assert!(said.contains(wanted), "{said}");
    }
    let many: String = (0..1100).map(|k| format!("p{k} = \"1: a number\"\n")).collect();
    let text = format!("[model.x]\nkind = \"neuron\"\nabout = \"x\"\n[model.x.dynamics]\n[model.x.parameters]\n{many}");
    assert!(refusal(&text).contains("there are 1100 entries, and at most 1024 may be"));
    let states: String = (0..600).map(|k| format!("p{k} = \"1: a number\"\n")).collect();
    let text = text.replace("parameters]", "state]").replace(&many, &states);
    assert!(refusal(&text).contains("there are 600 entries, and at most 520 may be"));
    let deep = format!("[model.x]\nkind = {}1{}", long("[", 5000), long("]", 5000));
    assert!(refusal(&deep).contains("not TOML"));
    // A long chain of equations is read.
    let chain: String = (0..64).map(|k| format!("p{k} = \"1: a number\"\n")).collect();
    let lines: String = (1..64).map(|k| format!("p{k}' = (p{} - p{k}) / 1 ms\n", k - 1)).collect();
    let about = "[model.x]\nkind = \"neuron\"\nabout = \"x\"\n";
    let text = format!("{about}[model.x.dynamics]\nequations = \"\"\"\n{lines}\"\"\"\n[model.x.state]\n{chain}");
    assert_eq!(Model::of_file("m.toml", &text).unwrap()[0].state.len(), 64);
}

#[test]
fn a_table_that_is_no_file_is_read_and_its_keys_are_named() {
    let table: toml::Table = toml::from_str(SMALL).unwrap();
    let model = table["model"]["x"].as_table().unwrap();
    assert_eq!(Model::of_table("x", model).unwrap().state.len(), 2);
    let wrong: toml::Table = toml::from_str(&SMALL.replace("+ drive", "+ drove")).unwrap();
    let said = Model::of_table("x", wrong["model"]["x"].as_table().unwrap()).unwrap_err().to_string();
    let wanted = "model.x.dynamics.equations, line 2, column 17: unknown name 'drove' (did you mean 'drive'?), \
                  in \"v' = -v / tau + drove\"";
    assert_eq!(said, wanted);
}
