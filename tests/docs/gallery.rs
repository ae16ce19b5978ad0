//! Every example is short, and stands with a small picture in the gallery, or, if it is an experiment, on the page of presets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::page::Page;
use super::{files, root};
use crate::support::room::Room;

const MOST_LINES: usize = 60;
// A panel for each of all models is the largest.
const MOST_BYTES: u64 = 220_000;
/// Width of the pictures of the gallery.
const WIDTH: u32 = 1000;
/// Their colours: the most frequent ones, and as many levels of each channel for all others.
const FREQUENT: usize = 40;
const LEVELS: u32 = 6;

type Colour = [u8; 3];

/// The name of an experiment, settings of its run, and pictures of the run with their names in the documentation.
type Drawn = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

/// The experiments among the examples, options of their commands, and which file that a run writes is which picture.
const EXPERIMENTS: [Drawn; 8] = [
    (
        "astrocyte_brunel",
        &[],
        &[("raster", "astrocyte_brunel"), ("traces_astrocytes_Ca_astro", "astrocyte_brunel_calcium")],
    ),
    ("c_elegans_gap", &[], &[("traces_canal_V_m", "c_elegans_gap")]),
    ("coba_hh", &[], &[("raster", "coba_hh"), ("traces_excitatory_V_m", "coba_hh_membranes")]),
    ("hpc_benchmark", &[], &[("weights-0", "hpc_benchmark")]),
    ("larva_odour", &[], &[("rate-0", "larva_odour")]),
    ("larva_silenced", &["--against-unperturbed"], &[("rate-0", "larva_silenced")]),
    ("microcircuit_thalamic", &[], &[("raster", "microcircuit_thalamic")]),
    ("working_memory", &[], &[("rate-0", "working_memory")]),
];

/// The examples in Rust: their names, and their files.
fn examples() -> Vec<(String, PathBuf)> {
    let folder = root().join("examples");
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let all = files(&folder, "rs").into_iter().map(|path| match path.parent() {
        Some(parent) if parent != folder => (name(parent), path),
        _ => (name(&path), path),
    });
    all.collect()
}

/// What is wrong with an example and its place in the gallery.
fn problems(gallery: &Page, name: &str, lines: usize) -> Vec<String> {
    let picture = format!("pictures/{name}.png");
    let bytes = std::fs::metadata(root().join("docs").join(&picture)).map(|found| found.len());
    let shown = gallery.links.iter().any(|link| link.target == picture);
    let run = format!("cargo run --release --example {name}");
    let told = gallery.blocks.iter().any(|block| block.text.lines().any(|line| line == run));
    let wrong = [
        (lines > MOST_LINES, format!("{lines} lines")),
        (!shown, format!("no picture {picture} in the gallery")),
        (!told, format!("no '{run}' in the gallery")),
        (!bytes.as_ref().is_ok_and(|&bytes| bytes < MOST_BYTES), format!("{picture}: {bytes:?}")),
    ];
    wrong.into_iter().filter(|(wrong, _)| *wrong).map(|(_, what)| format!("{name}: {what}")).collect()
}

fn gallery() -> Page {
    Page::read(&root().join("docs/gallery.md"))
}

#[test]
fn every_example_is_short_and_in_the_gallery() {
    let examples = examples();
    assert!(examples.len() > 12, "{} examples", examples.len());
    let lines = |path: &Path| std::fs::read_to_string(path).unwrap().lines().count();
    let found: Vec<String> = examples.iter().flat_map(|(name, path)| problems(&gallery(), name, lines(path))).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_long_example_that_is_not_shown_is_seen() {
    let found = problems(&gallery(), "planted", 61).join("\n");
    for expected in ["61 lines", "no picture", "no 'cargo run", "NotFound"] {
        assert!(found.contains(expected), "'{expected}' is not in '{found}'");
    }
}

/// What is wrong with the place of an experiment on a page.
fn unshown(page: &Page, (name, options, pictures): (&str, &[&str], &[(&str, &str)])) -> Vec<String> {
    let run = [&["neuropil run", &format!("examples/{name}.toml")], options].concat().join(" ");
    let told = page.blocks.iter().any(|block| block.text.lines().any(|line| line == run));
    let picture = |(_, picture): &(&str, &str)| {
        let bytes = std::fs::metadata(root().join(format!("docs/pictures/{picture}.png"))).map(|found| found.len());
        let shown = page.links.iter().any(|link| link.target == format!("../pictures/{picture}.png"));
        (!shown || !bytes.as_ref().is_ok_and(|&bytes| bytes < MOST_BYTES))
            .then(|| format!("{name}: the picture {picture} is shown: {shown}, bytes: {bytes:?}"))
    };
    let untold = (!told).then(|| format!("{name}: no '{run}'"));
    untold.into_iter().chain(pictures.iter().filter_map(picture)).collect()
}

fn presets() -> Page {
    Page::read(&root().join("docs/guide/presets.md"))
}

#[test]
fn every_experiment_is_on_the_page_of_presets_with_its_pictures() {
    let folder = root().join("examples");
    let files = files(&folder, "toml").into_iter().filter(|path| path.parent() == Some(&folder));
    let names: Vec<String> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names, EXPERIMENTS.map(|(name, ..)| name));
    let found: Vec<String> = EXPERIMENTS.into_iter().flat_map(|own| unshown(&presets(), own)).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn an_experiment_that_no_page_shows_is_seen() {
    let found = unshown(&presets(), ("planted", &["--force"], &[("raster", "planted")])).join("\n");
    for expected in ["no 'neuropil run examples/planted.toml --force'", "picture planted is shown: false", "NotFound"] {
        assert!(found.contains(expected), "'{expected}' is not in '{found}'");
    }
}

/// A picture with fewer pixels and colours.
fn small(from: &Path, to: &Path) {
    let mut reader =
        png::Decoder::new(std::io::BufReader::new(std::fs::File::open(from).unwrap())).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut rgb).unwrap();
    let (width, height) = (WIDTH.min(info.width), info.height * WIDTH.min(info.width) / info.width);
    let part = |i: u32, all: u32, of: u32| i * of / all..((i + 1) * of).div_ceil(all);
    let mut colours = Vec::new();
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let (across, down) = (part(x, width, info.width), part(y, height, info.height));
        let pixels = down.flat_map(|y| across.clone().map(move |x| (y * info.width + x) as usize * 3));
        let pixels: Vec<usize> = pixels.collect();
        let mean = |c: usize| pixels.iter().map(|&at| u32::from(rgb[at + c])).sum::<u32>() / pixels.len() as u32;
        // In steps of 8, so that equal areas are of one colour.
        colours.push([0, 1, 2].map(|c| ((mean(c) + 4) & !7).min(255) as u8));
    }
    let palette = palette(&colours);
    let mut known: BTreeMap<Colour, u8> = BTreeMap::new();
    let indices = colours.iter().map(|&colour| *known.entry(colour).or_insert_with(|| nearest(&palette, colour)));
    let indices: Vec<u8> = indices.collect();
    let mut encoder = png::Encoder::new(std::fs::File::create(to).unwrap(), width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(palette.concat());
    // In this order: a compression brings a filter of its own.
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header().unwrap().write_image_data(&indices).unwrap();
}

/// The most frequent colours, and some of everywhere.
fn palette(colours: &[Colour]) -> Vec<Colour> {
    let mut counts: BTreeMap<Colour, usize> = BTreeMap::new();
    colours.iter().for_each(|&colour| *counts.entry(colour).or_default() += 1);
    let mut counts: Vec<(usize, Colour)> = counts.into_iter().map(|(colour, count)| (count, colour)).collect();
    counts.sort_by(|a, b| b.cmp(a));
    let frequent = counts.into_iter().take(FREQUENT).map(|(_, colour)| colour);
    let shade = |level: u32| (level * 255 / (LEVELS - 1)) as u8;
    let others = (0..LEVELS.pow(3)).map(|i| [i / LEVELS / LEVELS, i / LEVELS % LEVELS, i % LEVELS].map(shade));
    frequent.chain(others).collect()
}

fn nearest(palette: &[Colour], colour: Colour) -> u8 {
    let apart = |other: &Colour| (0..3).map(|c| (i32::from(colour[c]) - i32::from(other[c])).pow(2)).sum::<i32>();
    (0..palette.len()).min_by_key(|&i| apart(&palette[i])).unwrap() as u8
}

#[test]
#[ignore = "runs all examples, which `cargo build --examples` makes, and writes their pictures into the book"]
fn pictures_of_the_gallery_are_made_anew() {
    let built = Path::new(env!("CARGO_BIN_EXE_neuropil")).parent().unwrap().join("examples");
    let large = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large.png");
    let names: BTreeSet<String> = examples().into_iter().map(|(name, _)| name).collect();
    for name in names {
        let status = Command::new(built.join(&name)).arg(&large).status().unwrap();
        assert!(status.success(), "{name}");
        small(&large, &root().join(format!("docs/pictures/{name}.png")));
        std::fs::remove_file(&large).unwrap();
    }
}

#[test]
#[ignore = "plays all experiments among the examples, and writes their pictures into the book"]
fn pictures_of_experiments_are_made_anew() {
    let room = Room::new("pictures-of-experiments");
    for (name, options, pictures) in EXPERIMENTS {
        let file = root().join(format!("examples/{name}.toml")).display().to_string();
        let output = room.run(&[&["run", &file, "--device", "cpu", "--out", name], options].concat());
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        for (large, picture) in pictures {
            let large = room.path(&format!("{name}/{large}.png"));
            small(&large, &root().join(format!("docs/pictures/{picture}.png")));
        }
    }
}
