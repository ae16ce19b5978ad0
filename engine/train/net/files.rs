//! A trained network as files that anyone runs: an experiment, and a table of synapses for each projection.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::atomic_write;
use crate::models;
use crate::network::{Perturb, Population};
use crate::tile::Bound;
use crate::time::{Grid, short};
use crate::train::Spikes;
use crate::train::fit::Parameters;
use crate::train::gemm::Float;
use crate::train::layer::Shows;
use crate::train::net::{INPUT, Layer, Net, RecurrentSynapses, play};

/// Files to be written into one folder, each by its name and text.
pub type Files = Vec<(PathBuf, String)>;

/// The files of a trained network, to be run by `neuropil run experiment.toml`: the experiment, its synapses layer by layer
/// as `LAYER.csv`, and the spikes of some samples as `input.csv`, [samples, steps, inputs].
///
/// `about` goes into the experiment as comments.
///
/// # Errors
/// Layers whose neurons differ, which an experiment would have to list; what [`play::network`] refuses.
pub fn files<T: Float>(net: &Net<T>, parameters: &Parameters<T>, input: &Spikes, about: &str) -> Result<Files> {
    let played = play::network(net, parameters, input)?;
    let mut text: String = about.lines().map(|line| format!("# {line}\n")).collect();
    let duration = Grid::new(net.dt()).text(played.length() as u64);
    text += &format!(
        "# Samples of {} steps, the first behind {} steps and the others as far apart.\n[simulation]\ndt = {}\nduration = {duration}\nseed = 1\nprecision = \"f32\"\n\n",
        played.steps,
        played.period,
        net.dt(),
    );
    text += &model_sections(net)?;
    text += &format!("[[population]]\nname = \"{INPUT}\"\nsize = {}\nmodel = \"parrot_neuron\"\n", net.inputs());
    let mut files = Files::new();
    let mut before = INPUT;
    for layer in net.layers() {
        text += &layer_sections(net, (layer, before), parameters, &mut files)?;
        before = &layer.population.name;
    }
    text += &format!(
        "\n[[stimulus]]\ntype = \"spike_generator\"\nto = \"{INPUT}\"\nfile = \"input.csv\"\nweight = 1.0\ndelay = {}\n",
        net.dt()
    );
    text += &clamp_sections(&played);
    files.push((PathBuf::from("input.csv"), spike_table(input, &played, net.dt())));
    files.push((PathBuf::from("experiment.toml"), text));
    Ok(files)
}

/// The sections of a layer behind the layer called `before`: population, projections and recorder; tables of its synapses are
/// added to `files`.
fn layer_sections<T: Float>(
    net: &Net<T>,
    (layer, before): (&Layer<T>, &str),
    parameters: &Parameters<T>,
    files: &mut Files,
) -> Result<String> {
    let (name, receptor) = (&layer.population.name, layer.receptor());
    let mut text = population_section(&layer.population)?;
    let projection = |from: &str, table: &str| {
        format!("\n[[projection]]\nfrom = {from:?}\nto = {name:?}\nfile = {table:?}\nreceptor = {receptor:?}\n")
    };
    let table = format!("{}.csv", file_name(name));
    text += &projection(before, &table);
    files.push((PathBuf::from(table), synapse_table(net, layer, parameters)?));
    if let Some(among) = &layer.among {
        let table = format!("{}-among.csv", file_name(name));
        text += &projection(name, &table);
        files.push((PathBuf::from(table), recurrent_table(net, among, parameters)?));
    }
    let (what, interval) = match layer.neurons.shows() {
        Shows::Spikes => ("spikes".to_owned(), String::new()),
        Shows::State(variable) => (variable.clone(), format!("interval = {}\n", net.dt())),
    };
    text += &format!("\n[[record]]\nwhat = {what:?}\nfrom = {name:?}\n{interval}");
    Ok(text)
}

/// The tables `[model.NAME]` of models that are not built in, each once.
fn model_sections<T: Float>(net: &Net<T>) -> Result<String> {
    let mut written: Vec<&str> = Vec::new();
    let mut text = String::new();
    for layer in net.layers() {
        let model = &layer.population.model;
        let name = model.declaration().name;
        if written.contains(&name) {
            continue;
        }
        let place = format!("layer '{}' ({name})", layer.population.name);
        match model.text() {
            _ if models::is_built_in(name) => {
                if models::named(name, &place)?.digest() != model.digest() {
                    let problem =
                        "its model is another than the built-in one of this name, which an experiment would take";
                    return Err(Error::invalid(place, format!("{problem}; give it a name of its own")));
                }
            }
            Some(own) => text += &format!("{}\n", own.to_toml()),
            None => {
                let problem = "its model is written in Rust, which an experiment does not hold; write it as text";
                return Err(Error::invalid(place, problem));
            }
        }
        written.push(name);
    }
    Ok(text)
}

/// Writes files into a folder, each whole or not at all, the experiment last.
///
/// # Errors
/// A folder that cannot be made, or written to.
pub fn write(files: &Files, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|reason| Error::io(folder, reason))?;
    files.iter().try_for_each(|(name, text)| atomic_write(&folder.join(name), |file| file.write_all(text.as_bytes())))
}

/// The `[[population]]` section of a population, with the value of each of its parameters.
fn population_section(population: &Population) -> Result<String> {
    if !population.uniform() || population.start.iter().any(Option::is_some) {
        let place = format!("layer '{}'", population.name);
        return Err(Error::invalid(place, "its neurons differ, and an experiment takes one value of each parameter"));
    }
    let declared = population.model.declaration();
    let mut text = format!(
        "\n[[population]]\nname = {:?}\nsize = {}\nmodel = {:?}\n",
        population.name, population.size, declared.name
    );
    for (parameter, value) in declared.parameters.iter().zip(population.parameters_of(0, 0)?) {
        let flag = parameter.bound == Bound::Flag;
        let value = if flag { (value != 0.0).to_string() } else { format!("{value:?}") };
        let _ = writeln!(text, "params.{} = {value}", parameter.name);
    }
    Ok(text)
}

/// The CSV table of the synapses onto a layer from the layer before it, one on each line.
fn synapse_table<T: Float>(net: &Net<T>, layer: &Layer<T>, parameters: &Parameters<T>) -> Result<String> {
    let weights = play::parameter_values(parameters, layer.weights)?;
    let (units, delay) = (layer.neurons.units(), Grid::new(net.dt()).text(layer.delay as u64));
    let mut text = String::from("source,target,weight,delay_ms\n");
    for (source, row) in weights.chunks(units.max(1)).enumerate() {
        for (target, weight) in row.iter().enumerate() {
            let _ = writeln!(text, "{source},{target},{weight:?},{delay}");
        }
    }
    Ok(text)
}

/// The CSV table of the synapses among the neurons of a layer, one on each line.
fn recurrent_table<T: Float>(net: &Net<T>, among: &RecurrentSynapses, parameters: &Parameters<T>) -> Result<String> {
    let (grid, connections) = (Grid::new(net.dt()), among.synapses.connections());
    let (weights, delays) =
        (play::parameter_values(parameters, among.weights)?, play::parameter_values(parameters, among.delays)?);
    let mut text = String::from("source,target,weight,delay_ms\n");
    for source in 0..connections.sources() {
        for synapse in connections.row(source) {
            let (target, delay) = (connections.target()[synapse], grid.text(delays[synapse].round_ties_even() as u64));
            let _ = writeln!(text, "{source},{target},{:?},{delay}", weights[synapse]);
        }
    }
    Ok(text)
}

/// The CSV table of the input's spikes, one on each line, at their times in the run that `played` describes; `dt` in
/// ms.
fn spike_table(input: &Spikes, played: &play::Played, dt: f64) -> String {
    let grid = Grid::new(dt);
    let mut text = String::from("neuron,time_ms\n");
    for sample in 0..input.samples() {
        for step in 0..input.steps() {
            let time = grid.text(played.before(sample, step) as u64);
            for unit in input.firing(sample, step) {
                let _ = writeln!(text, "{unit},{time}");
            }
        }
    }
    text
}

/// The `[[perturb]]` sections of the clamps that hold the layers at their start between samples.
fn clamp_sections(played: &play::Played) -> String {
    let mut text = String::new();
    for perturbation in played.network.perturbations() {
        let Perturb::Clamp { variable, value } = &perturbation.what else { continue };
        let (of, start, stop) =
            (played.network.describe(&perturbation.of), short(perturbation.start), short(perturbation.stop));
        text += &format!(
            "\n[[perturb]]\nwhat = \"clamp\"\nof = {of:?}\nvariable = {variable:?}\nvalue = {value:?}\nstart = {start}\nstop = {stop}\n"
        );
    }
    text
}

/// A name as that of a file: all but ASCII letters, digits and `-` become `_`.
fn file_name(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' }).collect()
}
