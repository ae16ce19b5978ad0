//! The study `neuropil train motion`: accuracy, pruning, and the same on the engine.

use super::judge::{Answers, Pool, Window};
use super::kernel::{Extent, Kernel};
use super::movie::{Field, Gaze, RandomUse, draws};
use super::patch::Patches;
use super::planted::{found, planted, taught};
use super::progress::{JUDGED, Run, differing, tested};
use super::prune::{Keep, half_saturation, prune};
use super::rival;
use super::task::{Sight, Task};
use super::{convolve, picture, play};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::train::Spikes;
use crate::train::array::argmax;
use crate::train::study::{Asked, Cell, Report, Study, Table, Takes, Watch};

/// The study `motion`; see [`super`].
pub const STUDY: Study = Study {
    name: "motion",
    about: "kernels of learned delays tell how textures move; pruned, and on the engine event for event",
    takes: &[Takes::Samples, Takes::Lr, Takes::Hidden, Takes::Seeds, Takes::Full],
    run,
};

/// Movies that are learned from, unless another number is asked for.
const MOVIES: usize = 2000;
/// Movies by which a detector's threshold and the mean contributions of weights are set.
const TUNED: u64 = 48;
/// The shares of weights that pruning leaves.
const SHARES: [f64; 12] = [1.0, 0.3, 0.1, 0.05, 0.02, 0.01, 0.005, 0.003, 0.0015, 0.0008, 0.0004, 0.0002];
/// The share of weights at which half of the accuracy is kept, as published.
const PUBLISHED: f64 = 0.0015;
/// The windows in which kernels are judged: an event; a step in parts of the field and in all of it; several steps.
const WINDOWS: [(&str, Window); 7] = [
    ("one event", window(0, 0)),
    ("1 step, 16 x 16 pixels", window(1, 16)),
    ("1 step, 32 x 32 pixels", window(1, 32)),
    ("1 step, 48 x 48 pixels", window(1, 0)),
    ("4 steps, 16 x 16 pixels", window(4, 16)),
    ("4 steps, 48 x 48 pixels", window(4, 0)),
    ("16 steps, 48 x 48 pixels", window(16, 0)),
];
/// One step of the whole field, as published.
const STEP: Window = window(1, 0);
/// The same, where the motion is at least eight steps old.
const SETTLED: Window = Window { since: 8, ..STEP };

/// A window of `steps` steps and `side` pixels, see [`Window`], whatever the age of the motion.
const fn window(steps: usize, side: usize) -> Window {
    Window { steps, side, since: 0 }
}

/// Runs all parts of the study, one after the other.
fn run(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
    let movies = Asked::within("--samples", asked.samples, MOVIES, (16, 1_000_000))? as u64;
    let seeds = asked.all_seeds(if asked.full { 3 } else { 1 })?;
    rival::hidden_neurons(asked)?;
    let task = Task { rate: asked.rate(Task::default().rate)?, seed: asked.seed, ..Task::default() };
    // The curve learns from twice as many movies as its last point, with ties and without.
    let curve = if asked.full { 4 * movies } else { 2 * movies };
    let beside = if asked.full { 3 * movies } else { 0 };
    let tested = tested(movies);
    let judged = 4 * tested + 13 * tested;
    let of = seeds.len() as u64 * 2 * (movies + tested) + curve + 2 * movies + beside + judged;
    let mut run = Run { asked, watch, tested, done: 0, of, stopped: false };
    let mut report = Report::default();
    let kernel = accuracies(&mut run, &task, movies, &seeds, &mut report)?;
    type Part = fn(&mut Run<'_, '_>, &Task, u64, &Kernel, &mut Report) -> Result<()>;
    let parts: [Part; 5] = [pruning, on_engine, over_movies, controls, planted_kernels];
    for part in parts.into_iter().chain(asked.full.then_some(rival::compare as Part)) {
        if run.stopped {
            break;
        }
        part(&mut run, &task, movies, &kernel, &mut report)?;
    }
    report.files.extend(picture::of_kernels(&task, &kernel)?);
    report.interrupted = run.stopped;
    Ok(report)
}

/// Adds the table of accuracies over seeds; returns the kernel of the first seed.
fn accuracies(run: &mut Run<'_, '_>, task: &Task, movies: u64, seeds: &[u64], report: &mut Report) -> Result<Kernel> {
    let windows = WINDOWS.map(|(_, window)| window);
    let (mut steady, mut jagged, mut first) = (Vec::new(), Vec::new(), None);
    for &seed in seeds {
        let task = Task { seed, ..task.clone() };
        let kernel = run.learn(&task, movies, "learning")?;
        steady.push(run.judge(&task, &[(&kernel, Pool::Evidence)], &windows, run.tested)?.swap_remove(0));
        first.get_or_insert(kernel);
        let task = Task { gaze: Gaze::Jagged(24.0), ..task };
        let kernel = run.learn(&task, movies, "learning, the gaze jagged")?;
        jagged.push(run.judge(&task, &[(&kernel, Pool::Evidence)], &[STEP, SETTLED], run.tested)?.swap_remove(0));
        if run.stopped {
            break;
        }
    }
    let directions = task.motions.directions;
    let row = |name: &str, answers: Vec<&Answers>| {
        let cell = |of: &dyn Fn(&Answers) -> f64| spread(&answers.iter().map(|own| of(own)).collect::<Vec<_>>());
        let direction = cell(&|own| own.direction(directions));
        vec![Cell::text(name), cell(&Answers::right), direction, cell(&|own| own.speed(directions))]
    };
    let mut rows: Vec<_> = WINDOWS
        .iter()
        .enumerate()
        .map(|(k, (name, _))| row(name, steady.iter().map(|all| &all[k]).collect()))
        .collect();
    for (k, name) in ["jagged gaze, 1 step", "the same, 8 steps after a turn or later"].into_iter().enumerate() {
        rows.push(row(name, jagged.iter().map(|all| &all[k]).collect()));
    }
    let title = format!("Right answers, {movies} movies seen once, {} others judged", run.tested);
    let head = vec!["evidence of", "36 classes", "12 directions", "3 speeds"];
    report.tables.push(Table { title, head, rows });
    first.ok_or_else(|| Error::Internal("a study without seeds".into()))
}

/// The share of one seed as percent, or mean and standard deviation over seeds.
fn spread(values: &[f64]) -> Cell {
    match values {
        [one] => Cell::Percent(*one),
        _ => Cell::spread(values),
    }
}

/// A share of weights, which may be small, as percent with up to four decimals.
fn percent(share: f64) -> Cell {
    Cell::text(format!("{} %", (1e6 * share).round() / 1e4))
}

/// Adds the table of accuracies of pruned kernels.
fn pruning(run: &mut Run<'_, '_>, task: &Task, _: u64, kernel: &Kernel, report: &mut Report) -> Result<()> {
    let features = kernel.extent().features();
    let (seen, _) = task.patches(0..TUNED, run.asked.threads)?;
    let (means, all) = (seen.shares(features), (features * kernel.classes()) as f64);
    let mut curves = Vec::new();
    for keep in [Keep::Largest, Keep::Soonest, Keep::Any] {
        let mut draws = draws(task.seed, RandomUse::Planted, 1);
        let pruned = SHARES.map(|share| prune(kernel, (share * all).round() as u64, keep, &means, &mut draws));
        let pruned: Vec<Kernel> = pruned.into_iter().collect::<Result<_>>()?;
        let judged: Vec<_> = pruned.iter().map(|own| (own, Pool::Evidence)).collect();
        let movies = if keep == Keep::Largest { run.tested } else { run.fewer() };
        curves.push(run.judge(task, &judged, &[STEP, window(4, 0)], movies)?);
    }
    let rows = SHARES.iter().enumerate().map(|(k, &share)| {
        let right = |curve: usize, window: usize| Cell::Percent(curves[curve][k][window].right());
        let weights = Cell::Whole((share * all).round() as u64);
        vec![percent(share), weights, right(0, 0), right(0, 1), right(1, 0), right(2, 0)]
    });
    let head = vec![
        "weights left",
        "weights",
        "largest: 1 step",
        "largest: 4 steps",
        "shortest delays: 1 step",
        "any: 1 step",
    ];
    let title = format!(
        "Right answers of 36 classes from few weights; largest: {} movies judged, shortest delays and any: {} of these",
        run.tested,
        run.fewer()
    );
    report.tables.push(Table { title, head, rows: rows.collect() });
    let points = |curve: usize| -> Vec<(f64, f64)> {
        SHARES.iter().zip(&curves[curve]).map(|(&share, own)| (share, own[0].right())).collect()
    };
    let names = ["largest weights", "shortest delays", "any weights"];
    let ways = [0, 1, 2].map(|k| (names[k].to_owned(), points(k)));
    report.files.extend(picture::of_few(&ways)?);
    let chance = 1.0 / kernel.classes() as f64;
    report.words.push(halves(ways.each_ref().map(|(_, curve)| half_saturation(curve, chance)), all));
    Ok(())
}

/// The sentence on the shares of `all` weights that keep half of the accuracy above chance: of the largest weights, of
/// those with the shortest delays, and of any.
fn halves(shares: [Option<f64>; 3], all: f64) -> String {
    let kept = |share: f64| format!("{:.3} % of the weights ({:.0})", 100.0 * share, share * all);
    let ways = ["the largest", "those of the shortest delays", "any"];
    let (mut found, mut not) = (Vec::new(), Vec::new());
    for (way, share) in ways.into_iter().zip(shares) {
        match share {
            Some(share) => found.push(format!("{} where {way} are kept", kept(share))),
            None => not.push(way),
        }
    }
    let mut words = match found.is_empty() {
        true => String::new(),
        false => format!("Half of the accuracy above chance: {} (published: 0.15 %, 652).", found.join(", ")),
    };
    if !not.is_empty() {
        let space = if words.is_empty() { "" } else { " " };
        words += &format!(
            "{space}The share of weights that keeps half of the accuracy above chance was not found where {} are kept: accuracy does not fall that far.",
            not.join(" or ")
        );
    }
    words
}

/// The pruned kernel, with `share` of its weights; the detector made of it that the engine plays, for ON and OFF, on a
/// grid; and its threshold, which evidence exceeds as often as there are events.
fn detector(task: &Task, kernel: &Kernel, share: f64, threads: usize) -> Result<(Kernel, Kernel, f32)> {
    let features = kernel.extent().features();
    let (seen, _) = task.patches(0..TUNED, threads)?;
    let count = (share * (features * kernel.classes()) as f64).round() as u64;
    let pruned =
        prune(kernel, count, Keep::Largest, &seen.shares(features), &mut draws(task.seed, RandomUse::Planted, 1))?;
    let threshold = threshold(&pruned, &seen);
    let detector = pruned.detector(threshold)?.with_flipped()?.on_grid()?;
    Ok((pruned, detector, threshold))
}

/// The value that the evidence for all classes exceeds about as often as there are patches.
fn threshold(kernel: &Kernel, patches: &Patches) -> f32 {
    let mut all = super::judge::Columns::new(kernel, Pool::Evidence).evidence(patches);
    all.sort_by(f32::total_cmp);
    all.get(all.len().saturating_sub(patches.len())).copied().unwrap_or(0.0)
}

/// Adds the table of detectors as the convolution computes them and as the engine plays them.
fn on_engine(run: &mut Run<'_, '_>, task: &Task, _: u64, kernel: &Kernel, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    let cases: &[(f64, usize, u64)] = match run.asked.full {
        true => &[(PUBLISHED, 64, 12), (0.01, 32, 12), (1.0, 20, 2)],
        false => &[(PUBLISHED, 48, 4), (0.01, 24, 4)],
    };
    for (share, side, movies) in cases {
        let (pruned, detector, threshold) = detector(task, kernel, *share, run.asked.threads)?;
        let small = Task { field: Field { height: *side, width: *side, ..task.field }, ..task.clone() };
        let (mut input, mut output, mut differ, mut broken, mut events, mut synapses) = (0, 0, 0, 0, 0, 0);
        for number in 0..run.tested.div_ceil(8).min(*movies) {
            let (movie, _) = small.movie(JUDGED + number)?;
            let fired = convolve::fire(&detector, &movie)?;
            let played = play::play(&detector, &movie, Device::cpu())?;
            let twin = play::play(&with_longer_delay(&detector, most_active_class(&fired))?, &movie, Device::cpu())?;
            (input, output) = (input + movie.count(), output + fired.count());
            differ += differing(&fired, &played.spikes);
            broken += differing(&fired, &twin.spikes);
            (events, synapses) = (events + played.events, played.synapses);
        }
        let answers = run.judge(task, &[(&pruned, Pool::Spikes(threshold))], &[STEP], run.fewer())?;
        let whole = [input, output, differ, broken, events / input.max(1)].map(Cell::Whole);
        let mut row = vec![percent(*share), Cell::text(format!("{side} x {side}")), Cell::Whole(synapses)];
        row.extend(whole);
        row.push(Cell::Percent(answers[0][0].right()));
        rows.push(row);
    }
    let head = vec![
        "weights left",
        "pixels",
        "synapses",
        "events in",
        "events out",
        "differ",
        "differ, a delay longer",
        "arrivals per event",
        "right, 1 step of spikes",
    ];
    let title = format!("Convolution and engine, event for event; right answers of {} movies", run.fewer());
    report.tables.push(Table { title, head, rows });
    Ok(())
}

/// The kernel with one delay a step longer, that of the largest weight of a class: its spikes should differ.
fn with_longer_delay(kernel: &Kernel, class: usize) -> Result<Kernel> {
    let (extent, mut weights) = (kernel.extent(), kernel.weights().data().to_vec());
    let longer = extent.height * extent.width;
    let sooner = &kernel.of(class)[..extent.features() / 2];
    let own = class * extent.features() + argmax(sooner);
    weights.swap(own, own + longer);
    kernel.with_weights(weights, kernel.bias().to_vec())
}

/// The class that fires most often.
fn most_active_class(fired: &Spikes) -> usize {
    let classes = *fired.shape().last().unwrap_or(&1);
    let mut counts = vec![0u64; classes];
    (0..fired.steps()).for_each(|step| fired.firing(0, step).for_each(|unit| counts[unit % classes] += 1));
    argmax(&counts)
}

/// Adds the table of accuracies over the number of movies, with ties and without.
fn over_movies(run: &mut Run<'_, '_>, task: &Task, movies: u64, _: &Kernel, report: &mut Report) -> Result<()> {
    let (largest, tested) = if run.asked.full { (movies, run.tested) } else { (movies / 2, run.fewer()) };
    let mut counts: Vec<u64> = (0..6).map(|half| largest >> half).filter(|&count| count >= largest.min(16)).collect();
    counts.reverse();
    let mut rows = Vec::new();
    for &count in &counts {
        let mut row = vec![Cell::Whole(count)];
        for tied in [true, false] {
            let task = Task { tied, ..task.clone() };
            let kernel = run.learn(&task, count, "learning from fewer movies")?;
            let answers = run.judge(&task, &[(&kernel, Pool::Evidence)], &[WINDOWS[0].1, STEP], tested)?;
            row.extend(answers[0].iter().map(|own| Cell::Percent(own.right())));
        }
        rows.push(row);
        if run.stopped {
            break;
        }
    }
    let head = vec!["movies", "tied: one event", "tied: 1 step", "free: one event", "free: 1 step"];
    let title = format!("Right answers of 36 classes over the number of movies learned from, {tested} others judged");
    report.tables.push(Table { title, head, rows });
    Ok(())
}

/// Adds the table of controls: the accuracy without parts of the method.
fn controls(run: &mut Run<'_, '_>, task: &Task, movies: u64, kernel: &Kernel, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    let mut judge = |run: &mut Run<'_, '_>, name: &str, task: &Task, kernel: &Kernel, pool: Pool| -> Result<()> {
        let answers = run.judge(task, &[(kernel, pool)], &[WINDOWS[0].1, STEP], run.fewer())?;
        let right = answers[0].iter().map(|own| Cell::Percent(own.right()));
        rows.push([vec![Cell::text(name)], right.collect(), vec![Cell::Percent(answers[0][1].speed(12))]].concat());
        Ok(())
    };
    judge(run, "as above", task, kernel, Pool::Evidence)?;
    judge(run, "probabilities are summed instead of evidence", task, kernel, Pool::Probability)?;
    let blind = Task { sight: Sight::Anywhere, ..task.clone() };
    let other = run.learn(&blind, movies, "learning anywhere")?;
    judge(run, "learned and judged anywhere, not at events", &blind, &other, Pool::Evidence)?;
    let flat = Task { extent: Extent { delays: 1, ..task.extent }, ..task.clone() };
    let other = run.learn(&flat, movies, "learning without delays")?;
    judge(run, "one delay", &flat, &other, Pool::Evidence)?;
    let head = vec!["kernel", "36 classes, one event", "36 classes, 1 step", "3 speeds, 1 step"];
    let title = format!("What the answers live on, {} movies judged", run.fewer());
    report.tables.push(Table { title, head, rows });
    Ok(())
}

/// Adds the table of planted kernels, and how much of them is recovered.
fn planted_kernels(run: &mut Run<'_, '_>, task: &Task, movies: u64, _: &Kernel, report: &mut Report) -> Result<()> {
    let (extent, field) = (Extent { delays: 12, height: 9, width: 9 }, Field { height: 32, width: 32, steps: 40 });
    let kernel = planted(4, extent, 12, 0.05, task.seed)?;
    let mut rows = Vec::new();
    for movies in [40, 160, 640].into_iter().filter(|&own| own <= 4 * movies) {
        let learned = taught(&kernel, (field, 0.05, task.seed), (movies, 250), 0.03, run.asked.threads)?;
        let found = found(&kernel, &learned)?;
        let delays = Cell::text(format!("{} of {}", found.delays, found.synapses));
        rows.push(vec![Cell::Whole(movies), Cell::Whole(movies * 250), Cell::Number(found.correlation), delays]);
    }
    let head = vec!["movies", "patches", "correlation with what was planted", "delays found"];
    let title = "A planted kernel: 4 classes of 12 synapses among 12 delays, 9 x 9 pixels, ON and OFF".to_owned();
    report.tables.push(Table { title, head, rows });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::halves;

    #[test]
    fn a_half_that_is_not_found_is_not_called_none_of_the_weights() {
        let said = halves([Some(0.0004), None, Some(0.15)], 436_968.0);
        assert!(said.contains("0.040 % of the weights (175) where the largest are kept"), "{said}");
        assert!(said.contains("was not found where those of the shortest delays are kept"), "{said}");
        let said = halves([None; 3], 436_968.0);
        assert!(!said.contains("published") && said.starts_with("The share of weights"), "{said}");
        assert!(!halves([Some(0.1); 3], 10.0).contains("not found"));
    }
}
