//! The study `neuropil train language`: nets with astrocytes, without, and with shuffled ones, beside n-grams.

use super::comparison::Comparison;
use super::law::Trace;
use super::learn::Training;
use super::ngram::WittenBell;
use super::reader::Model;
use super::runs::{DOMAIN, Learned, Sizes, side_by_side};
use super::text::Text;
use crate::error::{Error, Result};
use crate::train::study::{Asked, Cell, File, Report, Study, Table, Takes, Watch};

/// The study `language`; see [`super`].
pub const STUDY: Study = Study {
    name: "language",
    about: "characters told by spiking neurons, with and without astrocytes, beside n-grams",
    takes: &[
        Takes::Data,
        Takes::Epochs,
        Takes::BatchSize,
        Takes::Lr,
        Takes::Hidden,
        Takes::Steps,
        Takes::Seeds,
        Takes::Full,
    ],
    run,
};

/// The n of the n-grams that nets are compared with.
const N_GRAMS: [usize; 3] = [3, 5, 7];
/// The variants of nets, by name and trace; the one that others are compared with is the first.
const VARIANTS: [(&str, Trace); 3] =
    [("astrocytes", Trace::Own), ("no astrocytes", Trace::None), ("shuffled astrocytes", Trace::Shuffled)];
/// The temperature at which text is sampled.
const TEMPERATURE: f64 = 0.8;
/// The number of characters that are sampled.
const DRAWN: usize = 1000;

/// Sizes and training of the nets, as asked for.
fn sizes(asked: &Asked<'_>) -> Result<Sizes> {
    let (hidden, pairs, epochs) = if asked.full { (384, 20, 2) } else { (192, 20, 3) };
    let hidden = Asked::within("--hidden", asked.hidden, hidden, (32, 8192))?;
    if !hidden.is_multiple_of(DOMAIN) {
        let problem = format!("{hidden} neurons do not fill domains of {DOMAIN}; take a multiple");
        return Err(Error::invalid("--hidden", problem));
    }
    let training = Training {
        epochs: Asked::within("--epochs", asked.epochs, epochs, (1, 1000))? as u64,
        batch: Asked::within("--batch-size", asked.batch_size, 16, (2, 1024))?,
        steps: Asked::within("--steps", asked.steps, 128, (1, 4096))?,
        lr: asked.rate(4e-3)?,
        seed: asked.seed,
        threads: asked.threads,
    };
    Ok(Sizes { hidden, pairs, training })
}

/// Counts n-grams, trains all nets, and compares them.
fn run(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
    let text = match asked.data {
        Some(path) => Text::load(path)?,
        None => Text::own()?,
    };
    let (sizes, seeds) = (sizes(asked)?, asked.all_seeds(3)?);
    let (symbols, from) = (text.symbols(), text.judged_from());
    let counted = WittenBell::new(text.alphabet().len(), N_GRAMS[2], &symbols[..from])?;
    let mut grams = Vec::new();
    for n in N_GRAMS {
        grams.push((n, counted.bits(n, symbols, from)?));
    }
    // Seed by seed, so that what is interrupted can be compared, too.
    let jobs = |&seed: &u64| VARIANTS.map(|variant| (variant, seed));
    let jobs: Vec<_> = seeds.iter().flat_map(jobs).collect();
    let all = side_by_side(&text, &sizes, &jobs, watch)?;
    report(&text, &sizes, (&grams, &all), all.len() < jobs.len())
}

/// Tables, sentences and files on the n-grams `grams`, as (n, bits per character), and the trained nets `all`.
fn report(
    text: &Text,
    sizes: &Sizes,
    (grams, all): (&[(usize, f64)], &[Learned]),
    interrupted: bool,
) -> Result<Report> {
    let told = text.symbols().len() - text.judged_from();
    let mut report = Report { interrupted, ..Report::default() };
    report.tables.push(table(text, grams, all));
    report.tables.push(curves(all));
    report.words.push(format!(
        "The last tenth, {told} characters, is told, each from those before it; what is learned is the rest, read {} times.",
        sizes.training.epochs
    ));
    report.words.extend(comparisons(all)?);
    report.words.extend(against_n_grams(grams, all));
    if let Some(best) = all.iter().find(|learned| learned.name == VARIANTS[0].0) {
        report.words.push(memory_sentence(&best.model)?);
        let seed = best.seed;
        let begin: String = best.model.design().alphabet.iter().take(1).collect();
        let drawn = best.model.write(&begin, DRAWN, TEMPERATURE, seed)?;
        let head = format!("{DRAWN} characters drawn at temperature {TEMPERATURE}, with astrocytes, seed {seed}\n");
        report.files.push(File { name: "sample.txt".into(), bytes: (head + &drawn + "\n").into_bytes() });
        report.files.push(File { name: "language.safetensors".into(), bytes: best.model.to_bytes()? });
        report.files.extend(picture(grams, all)?);
    }
    Ok(report)
}

/// The values of the nets of a variant, seed by seed.
fn values_of(all: &[Learned], variant: usize, value: impl Fn(&Learned) -> f64) -> Vec<f64> {
    all.iter().filter(|learned| learned.name == VARIANTS[variant].0).map(value).collect()
}

/// The table of bits per character of n-grams and variants.
fn table(text: &Text, grams: &[(usize, f64)], all: &[Learned]) -> Table {
    let gram = |&(n, bits): &(usize, f64)| {
        vec![Cell::text(format!("{n}-gram")), Cell::text(format!("{bits:.3}")), Cell::None, Cell::None, Cell::None]
    };
    let mut rows: Vec<Vec<Cell>> = grams.iter().map(gram).collect();
    for (variant, (name, _)) in VARIANTS.iter().enumerate() {
        let Some(first) = all.iter().find(|learned| learned.name == *name) else { continue };
        let values = values_of(all, variant, |learned| learned.bits);
        let bits = match Cell::spread(&values) {
            Cell::Spread { mean, sd } => Cell::text(format!("{mean:.3} ± {sd:.3}")),
            Cell::Number(value) => Cell::text(format!("{value:.3}")),
            other => other,
        };
        let seeds: Vec<String> = values.iter().map(|value| format!("{value:.3}")).collect();
        let rate = Cell::spread(&values_of(all, variant, |learned| learned.rate));
        let count = first.model.parameters().trained() as u64;
        rows.push(vec![Cell::text(*name), bits, Cell::text(seeds.join(", ")), rate, Cell::Whole(count)]);
    }
    let head = vec!["model", "bits per character", "seed by seed", "spikes per neuron and step", "numbers learned"];
    Table { title: format!("Characters of {}", text.about), head, rows }
}

/// The table of bits per character during training, the mean over seeds of each variant.
fn curves(all: &[Learned]) -> Table {
    let means: Vec<Vec<(f64, f64)>> = (0..VARIANTS.len()).map(|variant| mean_curve(all, variant)).collect();
    let points = means.iter().map(Vec::len).max().unwrap_or(0);
    let row = |point: usize| {
        let read = means.iter().find_map(|curve| curve.get(point)).map_or(Cell::None, |at| Cell::Number(at.0));
        let bits =
            |curve: &Vec<(f64, f64)>| curve.get(point).map_or(Cell::None, |at| Cell::text(format!("{:.3}", at.1)));
        std::iter::once(read).chain(means.iter().map(bits)).collect()
    };
    let head = std::iter::once("times read").chain(VARIANTS.map(|variant| variant.0)).collect();
    let title = "Bits per character of the first quarter of the last tenth, while nets learn".into();
    Table { title, head, rows: (0..points).map(row).collect() }
}

/// The learning curve of a variant, the mean over seeds.
fn mean_curve(all: &[Learned], variant: usize) -> Vec<(f64, f64)> {
    let curves: Vec<_> =
        all.iter().filter(|learned| learned.name == VARIANTS[variant].0).map(|learned| &learned.curve).collect();
    let points = curves.iter().map(|curve| curve.len()).min().unwrap_or(0);
    let at = |point: usize| curves.iter().map(|curve| curve[point].1).sum::<f64>() / curves.len() as f64;
    (0..points).map(|point| (curves[0][point].0, at(point))).collect()
}

/// A sentence for each pair of variants.
fn comparisons(all: &[Learned]) -> Result<Vec<String>> {
    let mut words = Vec::new();
    for (one, other) in [(0, 1), (0, 2), (2, 1)] {
        // Only seeds that both variants have: after an interruption one may lack some.
        let both = |learned: &&Learned| {
            let has = |name: &str| all.iter().any(|other| other.seed == learned.seed && other.name == name);
            has(VARIANTS[one].0) && has(VARIANTS[other].0)
        };
        let paired: Vec<&Learned> = all.iter().filter(both).collect();
        let bits = |variant: usize| -> Vec<f64> {
            paired.iter().filter(|learned| learned.name == VARIANTS[variant].0).map(|learned| learned.bits).collect()
        };
        let (left, right) = (bits(one), bits(other));
        if !left.is_empty() {
            words.push(Comparison::new(&left, &right)?.words(&net_name(one), &net_name(other), left.len()));
        }
    }
    Ok(words)
}

/// The name of the nets of a variant in sentences.
fn net_name(variant: usize) -> String {
    format!("the net with {}", VARIANTS[variant].0)
}

/// A sentence that compares the nets with the best n-gram; `None` without nets.
fn against_n_grams(grams: &[(usize, f64)], all: &[Learned]) -> Option<String> {
    let bits = values_of(all, 0, |learned| learned.bits);
    let (n, gram) = grams.iter().copied().min_by(|one, other| one.1.total_cmp(&other.1))?;
    let below = bits.iter().filter(|&&bits| bits < gram).count();
    let seeds = bits.len();
    (seeds > 0).then(|| {
        format!(
            "Of {seeds} nets with astrocytes {below} have fewer bits than the best n-gram (the {n}-gram, {gram:.3})."
        )
    })
}

/// A sentence on the size of a reader's state, after one character and after many.
fn memory_sentence(model: &Model) -> Result<String> {
    let mut reader = model.reader()?;
    reader.read(0)?;
    let one = reader.state().bytes();
    for place in 0..DRAWN as u32 {
        reader.read(place % model.design().alphabet.len() as u32)?;
    }
    let many = reader.state().bytes();
    Ok(format!(
        "Read character by character, a net holds {one} bytes behind the first one, and {many} behind {}.",
        DRAWN + 1
    ))
}

/// The picture of the learning curves.
fn picture(grams: &[(usize, f64)], all: &[Learned]) -> Result<Vec<File>> {
    let curves: Vec<(&str, Vec<(f64, f64)>)> =
        VARIANTS.iter().enumerate().map(|(variant, (name, _))| (*name, mean_curve(all, variant))).collect();
    super::picture::files(&curves, grams)
}
