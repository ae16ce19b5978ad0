//! `neuropil connectome convert` with the real program.

use serde_json::Value;

use crate::support::program::Room;

const LIST: &str = "source,target,weight,sign\n\"A, 1\",B,2.5,-1\nB,\"A, 1\",1e-300,1\n";

fn printed(room: &Room, arguments: &[&str]) -> String {
    let output = room.run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(room: &Room, arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(room, arguments)).unwrap()
}

fn convert<'a>(input: &'a str, output: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["connectome", "convert", input, output], more].concat()
}

/// What `info` counts, without names and how the file was read.
fn counts(room: &Room, arguments: &[&str]) -> Value {
    let mut found = json(room, &[&["connectome", "info"], arguments, &["--json"]].concat());
    for key in ["name", "about", "reading"] {
        found.as_object_mut().unwrap().remove(key);
    }
    found
}

#[test]
fn a_converted_file_counts_the_same() {
    let room = Room::new("convert-counts");
    room.write("list.csv", LIST);
    let before = counts(&room, &["list.csv"]);
    let endings: &[&str] =
        if cfg!(feature = "formats") { &["csv.gz", "npz", "graphml", "parquet"] } else { &["csv.gz", "npz"] };
    for ending in endings {
        let name = format!("out.{ending}");
        let text = printed(&room, &convert("list.csv", &name, &[]));
        assert!(text.starts_with(&format!("wrote {name}: ")) && text.contains("2 edges among 2 nodes\n"), "{text}");
        assert_eq!(counts(&room, &[&name]), before, "{ending}");
    }
    printed(&room, &convert("list.csv", "out.mat", &["--without", "sign"]));
    let unsigned = counts(&room, &["out.mat"]);
    assert_ne!(unsigned, before);
    assert_eq!(unsigned["chemical"], before["chemical"]);
    assert_eq!(unsigned["hubs"], before["hubs"]);
}

#[test]
fn a_connectome_of_the_program_goes_there_and_back() {
    let room = Room::new("convert-named");
    let before = counts(&room, &["hcp-schaefer100"]);
    let text = printed(&room, &convert("hcp-schaefer100", "net.csv", &["--node-table", "nodes.csv"]));
    assert!(
        text.contains("wrote nodes.csv: the table of nodes, to be read beside it with --nodes nodes.csv\n"),
        "{text}"
    );
    assert!(text.contains("left out: the title and the line on its source\n"), "{text}");
    printed(&room, &convert("net.csv", "net.npz", &["--nodes", "nodes.csv"]));
    assert_eq!(counts(&room, &["net.npz"]), before);
    let sentence = room.refused(&convert("net.npz", "net.mat", &[]));
    assert!(sentence.contains("say --without kind,category,cortical,side to leave them out"), "{sentence}");
    let parts = ["--without", "kind,category,cortical,side"];
    let text = printed(&room, &convert("net.npz", "net.mat", &parts));
    assert!(text.contains("left out: types of nodes (kind) (100), categories of nodes (100)"), "{text}");
    assert_eq!(counts(&room, &["net.mat"]), before, "the counts are those of edges");
}

#[test]
fn how_the_file_was_read_is_printed_as_by_info() {
    let room = Room::new("convert-account");
    room.write("list.txt", "7 8 2.5 x\n8 7 1.5 y\n");
    let info = printed(&room, &["connectome", "info", "list.txt"]);
    let account: Vec<&str> =
        info.lines().skip_while(|line| !line.starts_with("read as")).take_while(|l| !l.is_empty()).collect();
    assert!(account.iter().any(|line| line.contains("supposed: ") && line.contains("header = true")), "{info}");
    let text = printed(&room, &convert("list.txt", "list.csv", &[]));
    assert!(text.ends_with(&format!("{}\n", account.join("\n"))), "{text}");
    let done = json(&room, &convert("list.txt", "other.csv", &["--json"]));
    assert_eq!((&done["nodes"], &done["edges"]), (&2.into(), &2.into()));
    assert_eq!((&done["written"], &done["format"]), (&"other.csv".into(), &"an edge list".into()));
    assert!(done["reading"]["guesses"].as_array().is_some_and(|guesses| !guesses.is_empty()), "{done}");
    let done = json(&room, &convert("list.txt", "third.csv", &["--json", "--header", "false", "--weight", ""]));
    assert_eq!(std::fs::read_to_string(room.path("third.csv")).unwrap(), "source,target,weight\n7,8,1\n8,7,1\n");
    assert!(!done["reading"].to_string().contains("header = true"), "{done}");
}

#[test]
fn what_would_be_overwritten_is_not() {
    let room = Room::new("convert-force");
    room.write("list.csv", LIST);
    room.write("out.csv", "mine");
    let sentence = room.refused(&convert("list.csv", "out.csv", &[]));
    assert_eq!(sentence, "out.csv: there is such a file already; name another, or say --force to replace it");
    assert_eq!(std::fs::read_to_string(room.path("out.csv")).unwrap(), "mine");
    let sentence = room.refused(&convert("list.csv", "net.csv", &["--node-table", "out.csv"]));
    assert!(sentence.starts_with("out.csv: there is such a file already"), "{sentence}");
    printed(&room, &convert("list.csv", "out.csv", &["--force"]));
    assert_eq!(std::fs::read_to_string(room.path("out.csv")).unwrap(), LIST);
    for own in ["list.csv", "./list.csv"] {
        let sentence = room.refused(&convert("list.csv", own, &["--force"]));
        assert!(sentence.ends_with("it would replace a file that is read; name another"), "{sentence}");
    }
    std::fs::hard_link(room.path("list.csv"), room.path("link.csv")).unwrap();
    room.write("names.csv", "name\nB\nx\n");
    for arguments in [
        convert("list.csv", "link.csv", &["--force"]),
        convert("list.csv", "names.csv", &["--force", "--nodes", "names.csv"]),
        convert("list.csv", "net.csv", &["--force", "--node-table", "list.csv"]),
    ] {
        let sentence = room.refused(&arguments);
        assert!(sentence.ends_with("it would replace a file that is read; name another"), "{sentence}");
    }
    assert_eq!(std::fs::read_to_string(room.path("list.csv")).unwrap(), LIST);
}

#[test]
fn a_conversion_that_fails_leaves_what_was_there() {
    let room = Room::new("convert-failed");
    room.write("bad.csv", "source,target,weight\nA,B,x\n");
    room.write("kinds.csv", "name,kind,x\nA,k,\nB,,\n");
    room.write("list.csv", "source,target,weight\nA,B,1\n");
    room.write("old.csv", "mine");
    for arguments in [
        convert("bad.csv", "new.npz", &[]),
        convert("missing.csv", "new.npz", &[]),
        convert("bad.csv", "old.csv", &["--force"]),
        convert("list.csv", "old.csv", &["--force", "--nodes", "kinds.csv"]),
        convert("list.csv", "new.mat", &["--nodes", "kinds.csv"]),
        convert("list.csv", "new.npz", &["--array", "x"]),
        convert("cook2019", "new.npz", &["--array", "x"]),
        convert("cook2020", "new.npz", &[]),
    ] {
        room.refused(&arguments);
        assert_eq!(std::fs::read_to_string(room.path("old.csv")).unwrap(), "mine");
    }
    room.write(".new.npz.123.partial", "of a conversion that was killed");
    printed(&room, &convert("list.csv", "new.npz", &["--nodes", "kinds.csv"]));
    assert!(!room.path(".new.npz.123.partial").exists() && room.path("new.npz").exists());
}

#[cfg(unix)]
#[test]
fn a_file_that_does_not_fit_leaves_nothing() {
    let room = Room::new("convert-full");
    let endings: &[&str] = if cfg!(feature = "formats") {
        &["csv", "csv.gz", "npz", "mat", "graphml", "parquet"]
    } else {
        &["csv", "csv.gz", "npz", "mat"]
    };
    for ending in endings {
        let name = format!("net.{ending}");
        let table = ["csv", "csv.gz", "parquet"].contains(ending);
        let more: &[&str] = if table { &["--node-table", "nodes.csv"] } else { &["--without", "kind,side"] };
        let arguments = convert("winding2023", &name, more);
        let command = room.command(&arguments);
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\""]).arg(command.get_program());
        let output = limited.args(&arguments).current_dir(room.path("")).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{ending}: {said}");
        assert!(said.starts_with("error: ") && said.lines().count() == 1, "{ending}: {said}");
        assert!(said.ends_with("raise the limit on file sizes or choose another disk\n"), "{ending}: {said}");
        assert_eq!(room.contents(), Vec::<std::path::PathBuf>::new(), "{ending}");
        printed(&room, &arguments);
        room.contents().iter().for_each(|path| std::fs::remove_file(path).unwrap());
    }
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_read() {
    let room = Room::new("convert-early");
    // What is no connectome would be the mistake if it were read.
    room.write("bad.csv", "x");
    std::fs::create_dir(room.path("folder.csv")).unwrap();
    for (arguments, end) in [
        (convert("bad.csv", "out.xlsx", &[]), "end it in one of .csv.gz, .csv, .graphml, .npz, .mat, .parquet"),
        (convert("bad.csv", "out", &[]), "end it in one of .csv.gz, .csv, .graphml, .npz, .mat, .parquet"),
        (convert("bad.csv", "none/out.csv", &[]), "create the folder first"),
        (convert("bad.csv", "bad.csv/out.csv", &[]), "a part of this path is a file, choose another folder"),
        (convert("bad.csv", "folder.csv", &[]), "names a folder; name a file"),
        (convert("bad.csv", "out.csv/", &[]), "names a folder; name a file"),
        (
            convert("bad.csv", "out.csv", &["--without", "kinds"]),
            "unknown part 'kinds' in --without; did you mean 'kind'?",
        ),
        (convert("bad.csv", "out.npz", &["--node-table", "n.csv"]), "leave --node-table out"),
        (convert("bad.csv", "out.csv", &["--node-table", "n.txt"]), "end its name in .csv or .csv.gz"),
        (convert("bad.csv", "out.csv", &["--node-table", "./out.csv"]), "would be one file; name two"),
        (convert("bad.csv", "out.csv", &["--node-table", "none/n.csv"]), "create the folder first"),
    ] {
        let sentence = room.refused(&arguments);
        assert!(sentence.ends_with(end), "{arguments:?}: {sentence}");
    }
    let sentence = room.refused(&convert("bad.csv", "out.csv", &[]));
    assert!(sentence.starts_with("bad.csv"), "now it is read: {sentence}");
    if cfg!(target_os = "linux") {
        std::os::unix::fs::symlink("/dev/null", room.path("null.csv")).unwrap();
        let sentence = room.refused(&convert("bad.csv", "null.csv", &["--force"]));
        assert!(sentence.ends_with("this is a device or a pipe and no file; name another"), "{sentence}");
    }
}

#[test]
fn the_help_lists_it_with_examples() {
    let room = Room::new("convert-help");
    let help = printed(&room, &["connectome", "--help"]);
    assert!(help.contains("convert") && help.contains("info"), "{help}");
    let help = printed(&room, &["connectome", "convert", "--help"]);
    let words =
        ["Examples:", "--node-table", "--without", "--force", "--array", ".parquet", ".mat", "scipy.sparse.load_npz"];
    words.iter().for_each(|word| assert!(help.contains(word), "{word} in {help}"));
}

/// Whether a text is what a terminal shows as it is, but for the ends of its lines.
fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c != '\n' && neuropil::quote::is_hidden(c))
}

#[test]
fn no_name_of_a_file_reaches_the_terminal_as_a_command() {
    let room = Room::new("convert-escapes");
    let (red, long) = ("red\u{1b}[31m\nline\u{9b}2J\u{202e}", "n".repeat(5_000));
    let header = "source,target,weight,\"we\u{1b}[2Jight\nx\"\n";
    room.write("list.csv", format!("{header}\"{red}\",{long},2.5,1\n{long},\"{red}\",1,1\n"));
    let files: &[&str] =
        if cfg!(feature = "formats") { &["list.csv", "net.npz", "net.graphml"] } else { &["list.csv", "net.npz"] };
    let text = printed(&room, &convert("list.csv", "net.npz", &["--weight", "weight"]));
    assert!(is_plain(&text) && text.contains("we\\u{1b}[2Jight\\nx"), "{text}");
    // XML has no such characters, and some programs write them all the same.
    let node = |id: &str, name: &str| format!("<node id=\"{id}\"><data key=\"n\">{name}</data></node>");
    let nodes = node("a", &red.replace('\n', "&#10;")) + &node("b", &long);
    room.write(
        "net.graphml",
        format!(
            "<graphml><key id=\"n\" for=\"node\" attr.name=\"name\"/><graph edgedefault=\"directed\">{nodes}\
             <edge source=\"a\" target=\"b\"/><edge source=\"b\" target=\"a\"/></graph></graphml>"
        ),
    );
    for name in files {
        let text = printed(&room, &["connectome", "info", name]);
        assert!(is_plain(&text), "{name}: {text:?}");
        assert!(text.contains("red\\u{1b}[31m\\nline\\u{9b}2J\\u{202e}") && !text.contains(&long), "{text}");
        let text = printed(&room, &["connectome", "info", name, "--json"]);
        assert!(is_plain(&text), "{name}: {text:?}");
        let known: Value = serde_json::from_str(&text).unwrap();
        let hubs: Vec<&str> =
            known["hubs"].as_array().unwrap().iter().map(|hub| hub["name"].as_str().unwrap()).collect();
        assert_eq!(hubs, [red, &long], "JSON holds names as they are");
        room.write(
            "net.toml",
            format!(
                "[simulation]\nduration = 5.0\ndevice = \"cpu\"\nthreads = 1\n[[population]]\nname = \"n\"\n\
                 model = \"iaf_psc_exp\"\nconnectome = \"{name}\"\nparams = {{ I_e = 1000.0 }}\n"
            ),
        );
        let output = room.run(&["run", "net.toml", "--out", "out", "--force"]);
        let (text, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(is_plain(&text) && is_plain(&said), "{text:?} {said:?}");
        assert!(room.path("out/raster.png").exists());
    }
}
