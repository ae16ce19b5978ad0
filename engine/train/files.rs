//! A network whose synapses are listed as files that anyone runs: an experiment, and a table of each projection.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::atomic_write;
use crate::models;
use crate::network::{
    AllToAll, Delay, Drive, Network, OneToOne, Perturb, Perturbation, Population, Probe, Projection, Receptor,
    Recorder, Rule, Selection, SpikeGenerator, Stimulus, Value,
};
use crate::tile::Bound;
use crate::time::short;

/// Files to be written into one folder, each by its name and text.
pub type Files = Vec<(PathBuf, String)>;

/// The most synapses of a projection that are listed.
const MOST_SYNAPSES: u128 = 1 << 27;

/// The files of a network, to be run for `steps` steps by `neuropil run experiment.toml`: the experiment, the last of
/// them, the synapses of each projection as `TARGET.csv` (`TARGET-among.csv` where they lead back to their sources),
/// the parameters of neurons that differ as `POPULATION-neurons.csv`, and listed spikes as `TARGET.csv`.
///
/// `about` goes into the experiment as comments.
///
/// # Errors
/// What is drawn, synapses that learn, neurons with names or positions, couplings; stimuli but listed spikes,
/// perturbations but clamps, recorders but those of spikes and state variables; models written in Rust that are not
/// built in.
pub fn files(network: &Network, steps: u64, about: &str) -> Result<Files> {
    if !network.couplings().is_empty() {
        let problem = "it has continuous couplings, which are not written; take them out";
        return Err(Error::invalid("experiment of a network", problem));
    }
    let mut writer = Writer { network, text: about.lines().map(comment).collect(), files: Files::new() };
    writer.text += &format!(
        "[simulation]\ndt = {:?}\nduration = {}\nseed = 1\nprecision = \"f32\"\n",
        network.dt(),
        network.grid().text(steps)
    );
    writer.add_models()?;
    network.populations().iter().try_for_each(|population| writer.add_population(population))?;
    network.projections().iter().try_for_each(|projection| writer.add_projection(projection))?;
    network.stimuli().iter().try_for_each(|stimulus| writer.add_stimulus(stimulus))?;
    network.perturbations().iter().try_for_each(|perturbation| writer.add_perturbation(perturbation))?;
    network.recorders().iter().try_for_each(|recorder| writer.add_recorder(recorder))?;
    let Writer { text, mut files, .. } = writer;
    files.push((PathBuf::from("experiment.toml"), text));
    Ok(files)
}

/// Writes files into a folder, each whole or not at all, the experiment last.
///
/// # Errors
/// A folder that cannot be made, or written to.
pub fn write(files: &Files, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|reason| Error::io(folder, reason))?;
    files.iter().try_for_each(|(name, text)| atomic_write(&folder.join(name), |file| file.write_all(text.as_bytes())))
}

/// All synapses of a projection: index of the source, index of the target, weight, and delay in steps of each. `place`
/// names the projection in errors.
///
/// # Errors
/// Synapses that learn or are drawn, or that are too many to be listed.
pub(in crate::train) fn synapses(
    network: &Network,
    projection: &Projection,
    place: &str,
) -> Result<Vec<(u32, u32, f64, u32)>> {
    let wrong = |problem: &str| Err(Error::invalid(place, problem));
    let synapse = &projection.synapse;
    if projection.learns() {
        return wrong("its synapses learn, and only static ones are listed; write their weights as static synapses");
    }
    let Delay::Value(delay) = &synapse.delay else {
        return wrong("its delays are those of distances; list them in ms");
    };
    let drawn = |value: &Value| matches!(value, Value::Random { .. });
    if drawn(delay) || drawn(&synapse.weight) {
        return wrong("its weights or delays are drawn; list them one by one");
    }
    let (from, to) = (projection.from.len(), projection.to.len());
    let count = projection.rule.synapses_at_most(from.into(), to.into());
    if count > MOST_SYNAPSES {
        return wrong(&format!("{count} synapses are more than the {MOST_SYNAPSES} that can be listed; take fewer"));
    }
    let pairs: Vec<(u32, u32)> = match projection.rule.explicit_pairs() {
        Some(list) => list.sources.iter().copied().zip(list.targets.iter().copied()).collect(),
        None if projection.rule == Rule::from(OneToOne) => (0..from).map(|i| (i, i)).collect(),
        None if projection.rule == Rule::from(AllToAll) => {
            (0..from).flat_map(|i| (0..to).map(move |j| (i, j))).collect()
        }
        None => return wrong("its pairs are drawn by a rule; list them one by one"),
    };
    let at = |value: &Value, index: usize| match value {
        Value::Each(values) => values.get(index).copied().unwrap_or(0.0),
        Value::Constant(value) => *value,
        Value::Random { .. } => f64::NAN,
    };
    let listed = pairs.into_iter().enumerate().map(|(index, (source, target))| {
        Ok((source, target, at(&synapse.weight, index), network.delay_steps(at(delay, index), place)?))
    });
    listed.collect()
}

/// The files of a network that are being made.
struct Writer<'a> {
    network: &'a Network,
    /// The experiment.
    text: String,
    /// The tables.
    files: Files,
}

impl Writer<'_> {
    /// Adds the tables `[model.NAME]` of models that are not built in, each once.
    fn add_models(&mut self) -> Result<()> {
        let mut written: Vec<&str> = Vec::new();
        for population in self.network.populations() {
            let model = &population.model;
            let name = model.declaration().name;
            if written.contains(&name) {
                continue;
            }
            let place = format!("population '{}' ({name})", population.name);
            match model.text() {
                _ if models::is_built_in(name) => {
                    if models::named(name, &place)?.digest() != model.digest() {
                        let problem =
                            "its model is another than the built-in one of this name, which an experiment would take";
                        return Err(Error::invalid(place, format!("{problem}; give it a name of its own")));
                    }
                }
                Some(own) => self.text += &format!("\n{}", own.to_toml()),
                None => {
                    let problem = "its model is written in Rust, which an experiment does not hold; write it as text";
                    return Err(Error::invalid(place, problem));
                }
            }
            written.push(name);
        }
        Ok(())
    }

    /// Adds a table to the files, and gives its name: `name` with only ASCII letters, digits, `-` and `_`, and with a
    /// number where another file is called so.
    fn add_table(&mut self, name: &str, text: String) -> String {
        let name = free_name(&self.files, name, ".csv");
        self.files.push((PathBuf::from(&name), text));
        name
    }

    /// The neurons of a selection as a value of TOML.
    fn selected(&self, selection: &Selection) -> String {
        let names = selection.parts().iter().filter_map(|part| {
            let population = self.network.populations().get(part.population)?;
            let first = part.first - population.first;
            Some(match part.count == population.size {
                true => quoted(&population.name),
                false => quoted(&format!("{}[{first}..{}]", population.name, first + part.count)),
            })
        });
        let names: Vec<String> = names.collect();
        match names.as_slice() {
            [one] => one.clone(),
            _ => format!("[{}]", names.join(", ")),
        }
    }

    /// Adds the `[[population]]` of a population, with a table of what differs from neuron to neuron.
    fn add_population(&mut self, population: &Population) -> Result<()> {
        let declared = population.model.declaration();
        let wrong = |problem: String| Error::invalid(format!("population '{}'", population.name), problem);
        if population.names.is_some() || population.positions.is_some() {
            return Err(wrong("its neurons have names or positions, which are not written; take them out".to_owned()));
        }
        let name = quoted(&population.name);
        self.text +=
            &format!("\n[[population]]\nname = {name}\nsize = {}\nmodel = {:?}\n", population.size, declared.name);
        let parameters = declared.parameters.iter().zip(&population.parameters);
        let parameters = parameters.map(|(own, value)| ("params", own.name, own.bound == Bound::Flag, value));
        let starts = declared.state.iter().zip(&population.start);
        let starts = starts.filter_map(|(own, value)| Some(("initial", own.name, false, value.as_ref()?)));
        let mut columns: Vec<(&str, &[f64])> = Vec::new();
        for (table, name, flag, value) in parameters.chain(starts) {
            let _ = match value {
                Value::Constant(value) if flag => writeln!(self.text, "{table}.{name} = {}", *value != 0.0),
                Value::Constant(value) => writeln!(self.text, "{table}.{name} = {value:?}"),
                Value::Each(values) => {
                    columns.push((name, values));
                    Ok(())
                }
                Value::Random { .. } => return Err(wrong(format!("{name} is drawn; list its values one by one"))),
            };
        }
        if !columns.is_empty() {
            let table =
                self.add_table(&format!("{}-neurons", population.name), neuron_table(&columns, population.size));
            self.text += &format!("neurons = {table:?}\n");
        }
        Ok(())
    }

    /// Adds the `[[projection]]` of a projection, and the table of its synapses.
    fn add_projection(&mut self, projection: &Projection) -> Result<()> {
        let (from, to) = (&projection.from, &projection.to);
        let mut text = String::from("source,target,weight,delay_ms\n");
        for (source, target, weight, steps) in synapses(self.network, projection, &projection.place(self.network))? {
            let _ = writeln!(text, "{source},{target},{weight:?},{}", self.network.grid().text(steps.into()));
        }
        let target = self.network.describe(to);
        let table = self.add_table(&if from == to { format!("{target}-among") } else { target }, text);
        let (from, to) = (self.selected(from), self.selected(to));
        self.text += &format!("\n[[projection]]\nfrom = {from}\nto = {to}\nfile = {table:?}\n");
        self.add_receptor(&projection.synapse.receptor);
        Ok(())
    }

    /// Adds the key of a receptor that is named.
    fn add_receptor(&mut self, receptor: &Receptor) {
        if let Some(name) = receptor.name() {
            self.text += &format!("receptor = {}\n", quoted(name));
        }
    }

    /// Adds the `[[stimulus]]` of listed spikes, and their table.
    fn add_stimulus(&mut self, stimulus: &Stimulus) -> Result<()> {
        let (grid, place) = (self.network.grid(), stimulus.place(self.network));
        let wrong = |problem: String| Error::invalid(&place, problem);
        let (Drive::Spikes(SpikeGenerator { spikes }), Value::Constant(weight)) =
            (&stimulus.drive, &stimulus.synapse.weight)
        else {
            return Err(wrong("only listed spikes of one weight are written; take it out".to_owned()));
        };
        let mut text = String::from("neuron,time_ms\n");
        for (neuron, ms) in spikes.iter() {
            let between = || wrong(format!("a spike at {} ms lies between two steps; round it", short(*ms)));
            let time = grid.text(grid.on(*ms).ok_or_else(between)?);
            let neurons = neuron.map_or(0..stimulus.to.len(), |neuron| neuron..neuron + 1);
            text.extend(neurons.map(|neuron| format!("{neuron},{time}\n")));
        }
        let table = self.add_table(&self.network.describe(&stimulus.to), text);
        let delay = grid.text(stimulus.delay_steps(self.network)?.into());
        self.text += &stimulus_table(&self.selected(&stimulus.to), &table, *weight, &delay);
        self.add_receptor(&stimulus.synapse.receptor);
        Ok(())
    }

    /// Adds the `[[perturb]]` of a clamp.
    fn add_perturbation(&mut self, perturbation: &Perturbation) -> Result<()> {
        let of = self.selected(&perturbation.of);
        let Perturb::Clamp { variable, value } = &perturbation.what else {
            let place = format!("perturbation of {}", self.network.describe(&perturbation.of));
            return Err(Error::invalid(place, "only clamps are written; take it out"));
        };
        self.text +=
            &format!("\n[[perturb]]\nwhat = \"clamp\"\nof = {of}\nvariable = {variable:?}\nvalue = {value:?}\n");
        self.add_times(perturbation.start, perturbation.stop);
        Ok(())
    }

    /// Adds the `[[record]]` of a recorder of spikes or of a state variable.
    fn add_recorder(&mut self, recorder: &Recorder) -> Result<()> {
        let (what, interval) = match &recorder.probe {
            Probe::Spikes => ("spikes", String::new()),
            Probe::Variable(variable) => {
                let steps = u64::from(recorder.interval_steps(self.network)?);
                (variable.name.as_str(), format!("interval = {}\n", self.network.grid().text(steps)))
            }
            _ => {
                let place = format!("recorder of {}", self.network.describe(&recorder.from));
                return Err(Error::invalid(place, "only spikes and state variables are written; take it out"));
            }
        };
        self.text += &format!("\n[[record]]\nwhat = {what:?}\nfrom = {}\n{interval}", self.selected(&recorder.from));
        self.add_times(recorder.start, recorder.stop);
        Ok(())
    }

    /// Adds the keys of a beginning and an end, ms, where there are such.
    fn add_times(&mut self, start: f64, stop: f64) {
        if start > 0.0 {
            self.text += &format!("start = {}\n", short(start));
        }
        if stop.is_finite() {
            self.text += &format!("stop = {}\n", short(stop));
        }
    }
}

/// The table of a neurons file: parameters and state variables, with a value for each of `size` neurons.
fn neuron_table(columns: &[(&str, &[f64])], size: u32) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut text = format!("index,{}\n", names.join(","));
    for neuron in 0..size as usize {
        let _ = write!(text, "{neuron}");
        for value in columns.iter().filter_map(|(_, values)| values.get(neuron)) {
            let _ = write!(text, ",{value:?}");
        }
        text.push('\n');
    }
    text
}

/// The `[[stimulus]]` of the spikes in a table onto neurons, which are a value of TOML; its delay in ms.
pub(in crate::train) fn stimulus_table(to: &str, table: &str, weight: f64, delay: &str) -> String {
    format!(
        "\n[[stimulus]]\ntype = \"spike_generator\"\nto = {to}\nfile = {table:?}\nweight = {weight:?}\ndelay = {delay}\n"
    )
}

/// A line as a comment of TOML.
pub(in crate::train) fn comment(line: &str) -> String {
    format!("{}\n", format!("# {line}").trim_end())
}

/// A text as TOML writes it.
pub(in crate::train) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A name for a file that none of `files` has on any system: `name`, of which all but ASCII letters, digits and `-`
/// become `_`, with a number where one is called so, and `ending`.
pub(in crate::train) fn free_name(files: &Files, name: &str, ending: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    let name: String = name.chars().map(plain).collect();
    let names = std::iter::once(format!("{name}{ending}")).chain((2u64..).map(|i| format!("{name}-{i}{ending}")));
    let taken = |name: &str| files.iter().any(|(other, _)| other.to_string_lossy().eq_ignore_ascii_case(name));
    names.into_iter().find(|name| !taken(name)).unwrap_or(name)
}
