//! Tasks that are ready to be learned, by their names: data, network and settings.

mod room;

use std::path::{Path, PathBuf};

use crate::connectomes::networks;
use crate::equations::derivative::Surrogate;
use crate::error::{Error, Result};
use crate::models;
use crate::network::{Latency, Population, Value};
use crate::quote;
use crate::random::{Draws, Purpose, stream};
use crate::seed::Seed;
use crate::train::fit::{
    Adam, AdamW, Clip, Initial, Method, OneCycle, Parameters, Samples, Schedule, Settings, Sgd, Split,
};
use crate::train::gemm::Float;
use crate::train::layer::{Options, Shows};
use crate::train::net::{Classify, Code, ListedSynapse, Net};
use crate::train::tape::Steps;

/// A ready-made task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// 1,797 handwritten digits of 8 x 8 pixels, which come with the library.
    Digits,
    /// MNIST in latency code: a spike for each pixel, the earlier the brighter.
    MnistLatency,
    /// MNIST in rate code: random spikes, the more the brighter.
    MnistRate,
    /// The digits, with a network that is wired as the nervous system of C. elegans.
    Worm,
}

impl Task {
    /// All tasks.
    pub const ALL: [Task; 4] = [Task::Digits, Task::MnistLatency, Task::MnistRate, Task::Worm];

    /// The task's name.
    pub fn name(self) -> &'static str {
        match self {
            Task::Digits => "digits",
            Task::MnistLatency => "mnist",
            Task::MnistRate => "mnist-rate",
            Task::Worm => "worm",
        }
    }

    /// The task of this name.
    ///
    /// # Errors
    /// [`Error::Unknown`], with the nearest known name.
    pub fn named(name: &str, place: &str) -> Result<Task> {
        let found = Task::ALL.into_iter().find(|task| task.name() == name);
        found.ok_or_else(|| Error::unknown("task", name, place, &Task::ALL.map(Task::name)))
    }

    /// A phrase on the task.
    pub fn about(self) -> &'static str {
        match self {
            Task::Digits => "1,797 handwritten digits of 8 x 8 pixels (Alpaydin & Kaynak 1998); the data come along",
            Task::MnistLatency => {
                "MNIST (LeCun et al. 1998), one spike a pixel, the earlier the brighter; needs --data"
            }
            Task::MnistRate => "MNIST (LeCun et al. 1998), spikes at random, the more the brighter; needs --data",
            Task::Worm => {
                "the digits, by the 302 neurons of C. elegans: its connections with their signs, weights and delays are learned"
            }
        }
    }
}

/// The options of a task; for those that are not given it uses its own values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// The folder of the data, for tasks whose data do not come with the library.
    pub data: Option<PathBuf>,
    /// The largest number of samples to learn from.
    pub samples: Option<usize>,
    /// How many times all samples are learned from.
    pub epochs: Option<u32>,
    /// Samples of a batch.
    pub batch_size: Option<u32>,
    /// The largest learning rate.
    pub lr: Option<f64>,
    /// The longest that gradients may be; longer ones are cut to this. None are cut unless it is given.
    pub clip: Option<f64>,
    /// What turns gradients into updates, with a learning rate in place of its own; AdamW unless given.
    pub optimiser: Option<Method>,
    /// How the learning rate changes; by one cycle unless given.
    pub schedule: Option<Schedule>,
    /// Neurons of the hidden layer.
    pub hidden: Option<u32>,
    /// The number of steps for which a sample is shown.
    pub steps: Option<usize>,
    /// The largest shift of images during training, pixels.
    pub shift: Option<u32>,
    /// The seed of weights, of the order of samples, and of spikes.
    pub seed: Option<u64>,
    /// The share of the samples to learn from that is set apart for calibration.
    pub calibration: f64,
}

/// A task that is ready to be learned.
#[derive(Debug, Clone)]
pub struct Ready<T> {
    /// Which task it is.
    pub task: Task,
    /// The network.
    pub net: Net<T>,
    /// The initial weights.
    pub parameters: Parameters<T>,
    /// All samples; those of `split.validation` are the test set.
    pub samples: Samples,
    /// Which samples are learned from, judged on, or set apart.
    pub split: Split,
    /// How samples are encoded as spikes.
    pub code: Code,
    /// The number of steps for which a sample is shown.
    pub steps: usize,
    /// How the last layer is read out.
    pub readout: Steps,
    /// The largest shift of images during training, pixels.
    pub shift: u32,
    /// The settings of the training.
    pub settings: Settings,
}

impl<T: Float> Ready<T> {
    /// The task of training the network, on `threads` threads.
    ///
    /// # Errors
    /// As [`Classify::new`] and [`Classify::with_shifts`].
    pub fn learning(&self, threads: usize) -> Result<Classify<'_, T>> {
        Classify::new((&self.net, &self.samples), (self.code, self.steps), self.readout.clone(), threads)?
            .with_shifts(self.shift)
    }
}

/// The values in which tasks differ; see [`Asked`] and [`Ready`].
struct Recipe {
    hidden: u32,
    steps: usize,
    code: Code,
    epochs: u32,
    batch_size: u32,
    lr: f64,
    shift: u32,
    /// Time constants of hidden neurons and of the readout, ms.
    tau: [f64; 2],
}

/// The task's own values.
fn recipe(task: Task) -> Recipe {
    match task {
        Task::Digits => Recipe {
            hidden: 200,
            steps: 25,
            code: Code::Rate(1.0),
            epochs: 25,
            batch_size: 16,
            lr: 1e-2,
            shift: 0,
            tau: [10.0, 20.0],
        },
        Task::MnistLatency => Recipe {
            hidden: 350,
            steps: 30,
            code: Code::Latency(Latency { tau: 10.0, threshold: 0.2, linear: true, clip: true }),
            epochs: 18,
            batch_size: 128,
            lr: 2e-3,
            shift: 1,
            tau: [20.0, 20.0],
        },
        Task::MnistRate => Recipe {
            hidden: 350,
            steps: 25,
            code: Code::Rate(0.5),
            epochs: 12,
            batch_size: 128,
            lr: 2e-3,
            shift: 1,
            tau: [10.0, 20.0],
        },
        Task::Worm => Recipe {
            hidden: 302,
            steps: 25,
            code: Code::Rate(1.0),
            epochs: 20,
            batch_size: 32,
            lr: 5e-3,
            shift: 0,
            tau: [10.0, 20.0],
        },
    }
}

/// The chemical connections of C. elegans as the preset of this name has them, with a small weight of their sign and a delay
/// of 1 to 4 steps.
fn worm(seed: u64) -> Result<Vec<ListedSynapse>> {
    let network = networks::named("c-elegans")?.network(&networks::PresetOptions::default())?;
    let (mut synapses, mut draws) = (Vec::new(), Draws::new(seed, stream(Purpose::Initial, u32::MAX), 0));
    for projection in network.projections() {
        let listed = projection.rule.explicit_pairs();
        let listed = listed.ok_or_else(|| Error::Internal("the worm's connections are not listed".into()))?;
        for (k, (source, target)) in listed.sources.iter().zip(listed.targets.iter()).enumerate() {
            let weight = match &projection.synapse.weight {
                Value::Each(weights) => weights.get(k).copied(),
                Value::Constant(weight) => Some(*weight),
                Value::Random { .. } => None,
            };
            let weight = weight.ok_or_else(|| Error::Internal("the worm's weights are not listed".into()))?;
            let (source, target) = (projection.from.id(*source), projection.to.id(*target));
            let delay = 1.0 + f64::from(draws.below(4));
            synapses.push(ListedSynapse { source, target, weight: 0.1 * weight.signum(), delay });
        }
    }
    Ok(synapses)
}

/// A task, ready to be learned, with these options.
///
/// # Errors
/// Data that are missing or invalid; numbers out of their range.
pub fn ready<T: Float>(task: Task, asked: &Asked) -> Result<Ready<T>> {
    let recipe = recipe(task);
    let seed = asked.seed.unwrap_or(1);
    let (samples, split) = data(task, asked, seed)?;
    let (hidden, steps) = (hidden(task, asked, &recipe)?, asked.steps.unwrap_or(recipe.steps));
    let sizes = [samples.units() as u64, hidden.into(), samples.classes().into()];
    room::check(task.name(), sizes, steps as u64, size_of::<T>() as u64)?;
    let mut parameters = Parameters::new();
    let mut net = Net::new(1.0, samples.units())?;
    let options = |shows: Shows| Options {
        surrogate: Surrogate::Atan(2.0),
        attached: false,
        receptors: vec!["in".into()],
        shows,
    };
    for (name, model, units, tau, gain, shows) in [
        ("hidden", "lif_neuron", hidden, recipe.tau[0], 2.0, Shows::Spikes),
        ("readout", "li_readout", samples.classes(), recipe.tau[1], 0.5, Shows::State("V_m".into())),
    ] {
        let mut population = Population::new(name, units, models::named(model, name)?)?;
        population.set("tau_m", tau)?;
        let fan_in = net.layers().last().map_or(samples.units(), |layer| layer.neurons.units()) as u32;
        let initial = Initial::Kaiming { fan_in, gain };
        net.layer(population, (1, &options(shows)), initial, (&mut parameters, Seed(seed)))?;
        if (task, name) == (Task::Worm, "hidden") {
            net.join(&worm(seed)?, &mut parameters)?;
        }
    }
    let shift = asked.shift.unwrap_or(recipe.shift);
    let settings = Settings {
        model: identity(task, &recipe, (steps, shift), &samples),
        epochs: asked.epochs.unwrap_or(recipe.epochs),
        batch_size: asked.batch_size.unwrap_or(recipe.batch_size),
        seed,
        optimiser: optimiser(asked, recipe.lr),
        schedule: asked.schedule.unwrap_or(Schedule::OneCycle(OneCycle::default())),
        clip: asked.clip.map(Clip::Norm),
        ..Settings::default()
    };
    let (code, readout) = (recipe.code, Steps::Mean);
    Ok(Ready { task, net, parameters, samples, split, code, steps, readout, shift, settings })
}

/// The number of hidden neurons.
fn hidden(task: Task, asked: &Asked, recipe: &Recipe) -> Result<u32> {
    match (task, asked.hidden) {
        (Task::Worm, Some(other)) if other != recipe.hidden => {
            let problem = format!("the worm has {} neurons, not {other}; leave the number to it", recipe.hidden);
            Err(Error::invalid("task 'worm'", problem))
        }
        (_, hidden) => Ok(hidden.unwrap_or(recipe.hidden)),
    }
}

/// The optimiser, with the learning rate that is asked for, or `own`.
fn optimiser(asked: &Asked, own: f64) -> Method {
    let lr = asked.lr.unwrap_or(own);
    match asked.optimiser.unwrap_or(Method::AdamW(AdamW::default())) {
        Method::AdamW(adamw) => Method::AdamW(AdamW { lr, ..adamw }),
        Method::Adam(adam) => Method::Adam(Adam { lr, ..adam }),
        Method::Sgd(sgd) => Method::Sgd(Sgd { lr, ..sgd }),
    }
}

/// What tells a task from others whose parameters have the same shapes: a checkpoint of one goes on with no other.
fn identity(task: Task, recipe: &Recipe, (steps, shift): (usize, u32), samples: &Samples) -> String {
    let shifted = if shift > 0 { format!(", shifted by {shift}") } else { String::new() };
    let [hidden, readout] = recipe.tau;
    format!(
        "{}, {:?}{shifted}, {steps} steps, tau_m {hidden} and {readout} ms, data {:08x}",
        task.name(),
        recipe.code,
        samples.checksum()
    )
}

/// The samples of a task, and their split.
fn data(task: Task, asked: &Asked, seed: u64) -> Result<(Samples, Split)> {
    let (samples, mut split) = match task {
        Task::Digits | Task::Worm => {
            if asked.data.is_some() {
                let problem = "its data come along, and it takes no others; leave --data out";
                return Err(Error::invalid(format!("task '{}'", task.name()), problem));
            }
            let samples = Samples::digits()?;
            let split = Split::new(samples.labels(), 0.2, 0.8 * asked.calibration, seed)?;
            (samples, split)
        }
        Task::MnistLatency | Task::MnistRate => {
            let (samples, mut split) = mnist(task.name(), asked.data.as_deref())?;
            let learned = split.train.len() as f64 * (1.0 - asked.calibration.clamp(0.0, 1.0));
            split.calibration = split.train.split_off(learned.round() as usize);
            (samples, split)
        }
    };
    if let Some(most) = asked.samples {
        split.train.truncate(most);
    }
    Ok((samples, split))
}

/// The names of MNIST's files without their ending: images and labels of the training set, and of the test set.
const MNIST: [[&str; 2]; 2] =
    [["train-images-idx3-ubyte", "train-labels-idx1-ubyte"], ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]];
/// The endings of names of files of images, and of their labels.
const PARTS: [&str; 2] = ["-images-idx3-ubyte", "-labels-idx1-ubyte"];

/// The samples and split of MNIST, or of another data set in files of the same names: the training set, which is
/// learned from, and then the test set, for validation. Where a folder has neither, but one file of images with its
/// labels, such as `some-images-idx3-ubyte.gz`, every fifth image is for validation and the others are learned from.
/// `task` names the task in messages.
///
/// # Errors
/// No folder, or one without these files; invalid files.
pub fn mnist(task: &str, folder: Option<&Path>) -> Result<(Samples, Split)> {
    let needs = "download train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and \
                 t10k-labels-idx1-ubyte.gz of MNIST into a folder, and name it by --data";
    let place = format!("task '{task}'");
    let Some(folder) = folder else {
        return Err(Error::invalid(place, format!("its data do not come along; {needs}")));
    };
    let found = |name: &str| {
        ["", ".gz"].map(|ending| folder.join(format!("{name}{ending}"))).into_iter().find(|path| path.exists())
    };
    if MNIST.iter().all(|[images, _]| found(images).is_none())
        && let Some([images, labels]) = only_pair(folder)?
    {
        let samples = Samples::arrays(&images, &labels, Some(10))?;
        let (validation, train) = (0..samples.len() as u32).partition(|number| number % 5 == 4);
        return Ok((samples, Split { train, validation, ..Split::default() }));
    }
    let file = |name: &str| {
        found(name).ok_or_else(|| {
            let problem = format!("there is no {name}.gz in {}; {needs}", quote::path(folder));
            Error::invalid(place.clone(), problem)
        })
    };
    let [train, test] = MNIST.map(|[images, labels]| Samples::arrays(&file(images)?, &file(labels)?, Some(10)));
    let (train, test) = (train?, test?);
    let first = train.len() as u32;
    let samples = train.and(test)?;
    let split =
        Split { train: (0..first).collect(), validation: (first..samples.len() as u32).collect(), ..Split::default() };
    Ok((samples, split))
}

/// The files of images and labels of a folder that has only one pair of them; `None` without any.
///
/// # Errors
/// Two pairs or more.
fn only_pair(folder: &Path) -> Result<Option<[PathBuf; 2]>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(None) };
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let pair = |name: &String| {
        let labels = name.replace(PARTS[0], PARTS[1]);
        (*name != labels && names.contains(&labels)).then(|| [folder.join(name), folder.join(labels)])
    };
    let pairs: Vec<[PathBuf; 2]> = names.iter().filter_map(pair).collect();
    match pairs.len() {
        0 | 1 => Ok(pairs.into_iter().next()),
        many => {
            let problem = format!("{many} files of images are there, and none is called {}", MNIST[0][0]);
            Err(Error::invalid(quote::path(folder), format!("{problem}; keep one of them with its labels")))
        }
    }
}
