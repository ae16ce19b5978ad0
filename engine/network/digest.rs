//! The digest of a network, which distinguishes it from others: a checksum over names and bits, in a stated order.
//!
//! Models enter by their NEST names and a digest of their equations, parameters by their names, texts behind their
//! length, numbers by the bits of their `f64`, counts as 64 bits, little-endian. How the source code names or orders
//! its own types does not matter. What is written here is part of the format of checkpoints (`checkpoint::FORMAT`).

use crate::balloon::Balloon;
use crate::files::Checksum;
use crate::network::{
    AcGenerator, Bold, GammaSupGenerator, NoiseGenerator, OuConductanceGenerator, OuCurrentGenerator,
};
use crate::network::{Coupling, Couplings, Delay, Drive, Explicit, Network, Pattern, Plasticity, Population, Probe};
use crate::network::{Domains, Perturb, Perturbation, Pool, Value};
use crate::network::{Projection, Receptor, Recorder, Rule, Selection, Shape, Static, Stimulus, Synapse, SynapseModel};

impl Network {
    /// CRC-32 of all that describes the network.
    pub fn digest(&self) -> u32 {
        let mut digest = Digest::default();
        digest.number(self.dt);
        digest.list(&self.populations, Digest::population);
        digest.list(&self.projections, Digest::projection);
        digest.list(&self.stimuli, Digest::stimulus);
        digest.list(&self.recorders, Digest::recorder);
        // The digest of networks without them is that of the time before there were couplings and perturbations.
        if !self.couplings.is_empty() {
            digest.list(&self.couplings, Digest::couplings);
        }
        if !self.perturbations.is_empty() {
            digest.list(&self.perturbations, Digest::perturbation);
        }
        digest.0.sum()
    }
}

/// A checksum that takes in parts of a network.
#[derive(Default)]
struct Digest(Checksum);

impl Digest {
    /// Takes in a length as 64 bits, the same on all machines.
    fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    /// Takes in a number of 32 bits.
    fn index(&mut self, index: u32) {
        self.0.update(&index.to_le_bytes());
    }

    /// Takes in the bits of a number.
    fn number(&mut self, number: f64) {
        self.0.update(&number.to_bits().to_le_bytes());
    }

    /// Takes in a text behind its length, so that two texts never run together.
    fn word(&mut self, word: &str) {
        self.count(word.len());
        self.0.update(word.as_bytes());
    }

    /// Takes in a word and its numbers.
    fn entry(&mut self, word: &str, numbers: &[f64]) {
        self.word(word);
        numbers.iter().for_each(|&number| self.number(number));
    }

    /// Takes in a list behind its length.
    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Digest, &T)) {
        self.count(items.len());
        items.iter().for_each(|item| each(self, item));
    }

    /// Takes in a population: its model by name and digest, its parameters and starting state by name.
    fn population(&mut self, population: &Population) {
        let declaration = population.model.declaration();
        self.word(&population.name);
        self.index(population.size);
        self.word(declaration.name);
        self.0.update(&population.model.digest().to_le_bytes());
        for (parameter, value) in declaration.parameters.iter().zip(&population.parameters) {
            self.word(parameter.name);
            self.value(value);
        }
        for (variable, start) in declaration.state.iter().zip(&population.start) {
            self.word(variable.name);
            match start {
                None => self.word("default"),
                Some(value) => self.value(value),
            }
        }
        self.list(population.names.as_deref().unwrap_or_default(), |digest, name| digest.word(name));
        self.list(population.positions.as_deref().unwrap_or_default(), |digest, position| {
            position.iter().for_each(|&coordinate| digest.number(coordinate));
        });
    }

    /// Takes in which neurons are selected.
    fn selection(&mut self, selection: &Selection) {
        self.list(selection.parts(), |digest, part| {
            digest.count(part.population);
            digest.index(part.first);
            digest.index(part.count);
        });
    }

    /// Takes in a projection.
    fn projection(&mut self, projection: &Projection) {
        self.selection(&projection.from);
        self.selection(&projection.to);
        self.rule(&projection.rule);
        let Synapse { weight, delay, receptor, model } = &projection.synapse;
        self.synapse(model, weight, delay, receptor);
    }

    /// Takes in couplings.
    fn couplings(&mut self, couplings: &Couplings) {
        self.selection(&couplings.from);
        self.selection(&couplings.to);
        self.rule(&couplings.rule);
        self.word(couplings.coupling.name());
        self.value(couplings.coupling.weight());
        if !couplings.coupling.is_undelayed() {
            self.value(couplings.coupling.delay());
        }
        match &couplings.coupling {
            Coupling::GapJunction(junction) => {
                self.entry("symmetric", &[f64::from(junction.symmetric)]);
                if !junction.is_electrical() {
                    self.word(&junction.variable);
                }
            }
            Coupling::Graded(graded) => self.entry(&graded.variable, &[graded.half, graded.slope]),
            Coupling::Sic(_) => {}
        }
    }

    /// Takes in a rule with its arguments; of explicit synapses all ends.
    fn rule(&mut self, rule: &Rule) {
        self.word(rule.name());
        self.entry("allow", &[f64::from(rule.autapses), f64::from(rule.multapses)]);
        match &rule.pattern {
            Pattern::OneToOne | Pattern::AllToAll => {}
            Pattern::Bernoulli(p) => self.number(*p),
            Pattern::Indegree(degree) | Pattern::Outdegree(degree) => self.index(*degree),
            Pattern::Total(total) => self.0.update(&total.to_le_bytes()),
            Pattern::Explicit(Explicit { sources, targets }) => {
                self.list(sources, |digest, &source| digest.index(source));
                self.list(targets, |digest, &target| digest.index(target));
            }
            Pattern::Third(third) => {
                self.index(third.projection);
                self.number(third.factor.p);
                match third.factor.pool {
                    Pool::Random(size) => self.entry("random", &[size.into()]),
                    Pool::Block(size) => self.entry("block", &[size.into()]),
                }
            }
        }
    }

    /// Takes in a synapse: its model, weight, delay and receptor.
    fn synapse(&mut self, model: &SynapseModel, weight: &Value, delay: &Delay, receptor: &Receptor) {
        self.word(model.name());
        if let Some(plasticity) = model.plasticity() {
            self.plasticity(plasticity);
        }
        self.value(weight);
        match delay {
            Delay::Value(value) => self.value(value),
            Delay::Distance { velocity, offset } => self.entry("distance", &[*velocity, *offset]),
        }
        match receptor {
            Receptor::BySign => self.word("by sign"),
            Receptor::Named(name) => {
                self.word("receptor");
                self.word(name);
            }
        }
    }

    /// Takes in a rule of plasticity: a digest of its equations, its parameters and initial states by name, the bound
    /// of weights, and the third factor.
    fn plasticity(&mut self, plasticity: &Plasticity) {
        let text = plasticity.rule.text();
        self.0.update(&plasticity.rule.digest().to_le_bytes());
        for (parameter, value) in text.parameters.iter().zip(&plasticity.parameters) {
            self.word(&parameter.name);
            self.value(value);
        }
        for (variable, start) in text.state.iter().zip(&plasticity.start) {
            self.word(&variable.name);
            match start {
                None => self.word("default"),
                Some(value) => self.value(value),
            }
        }
        self.number(plasticity.most.unwrap_or(f64::INFINITY));
        if let Some(modulator) = &plasticity.modulator {
            self.selection(&modulator.from);
            self.number(modulator.delay);
            self.domains(&modulator.domains);
        }
    }

    /// Takes in domains; nothing for a single one, as it was before there were more.
    fn domains(&mut self, domains: &Domains) {
        match domains {
            Domains::All => {}
            Domains::Block => self.word("block"),
            Domains::Listed(Explicit { sources, targets }) => {
                self.word("listed");
                self.list(sources, |digest, &modulator| digest.index(modulator));
                self.list(targets, |digest, &target| digest.index(target));
            }
        }
    }

    /// Takes in a stimulus: its targets and its parameters.
    fn stimulus(&mut self, stimulus: &Stimulus) {
        self.selection(&stimulus.to);
        match &stimulus.drive {
            Drive::Poisson(drive) => self.entry("poisson_generator", &[drive.rate, drive.start, drive.stop]),
            Drive::Sinusoidal(drive) => {
                let own = u8::from(drive.individual_spike_trains).into();
                let numbers = [drive.rate, drive.amplitude, drive.frequency, drive.phase, own, drive.start, drive.stop];
                self.entry("sinusoidal_poisson_generator", &numbers);
            }
            Drive::Inhomogeneous(drive) => {
                self.entry("inhomogeneous_poisson_generator", &[drive.start, drive.stop]);
                self.list(&drive.rate_times, |digest, &time| digest.number(time));
                self.list(&drive.rate_values, |digest, &rate| digest.number(rate));
            }
            Drive::Mip(drive) => {
                self.entry("mip_generator", &[drive.rate, drive.p_copy, drive.start, drive.stop]);
            }
            Drive::GammaSup(GammaSupGenerator { rate, gamma_shape, n_proc, start, stop }) => {
                let numbers = [*rate, f64::from(*gamma_shape), f64::from(*n_proc), *start, *stop];
                self.entry("gamma_sup_generator", &numbers);
            }
            Drive::Pulsepacket(drive) => {
                let numbers = [drive.activity.into(), drive.sdev, drive.start, drive.stop];
                self.entry("pulsepacket_generator", &numbers);
                self.list(&drive.pulse_times, |digest, &time| digest.number(time));
            }
            Drive::Dc(drive) => self.entry("dc_generator", &[drive.amplitude, drive.start, drive.stop]),
            Drive::Ac(AcGenerator { amplitude, offset, frequency, phase, start, stop }) => {
                self.entry("ac_generator", &[*amplitude, *offset, *frequency, *phase, *start, *stop]);
            }
            Drive::Noise(NoiseGenerator { mean, std, dt, std_mod, frequency, phase, start, stop }) => {
                self.entry("noise_generator", &[*mean, *std, *dt, *std_mod, *frequency, *phase, *start, *stop]);
            }
            Drive::Ou(OuCurrentGenerator { mean, std, tau, start, stop }) => {
                self.entry("ou_current_generator", &[*mean, *std, *tau, *start, *stop]);
            }
            Drive::OuConductance(OuConductanceGenerator { mean, std, tau, start, stop }) => {
                self.entry("ou_conductance_generator", &[*mean, *std, *tau, *start, *stop]);
            }
            Drive::Spikes(drive) => {
                self.word("spike_generator");
                self.list(&drive.spikes, |digest, &(target, time)| {
                    digest.0.update(&target.map_or(u64::MAX, u64::from).to_le_bytes());
                    digest.number(time);
                });
            }
            Drive::Current(drive) => {
                self.word("step_current_generator");
                self.list(&drive.times, |digest, &time| digest.number(time));
                self.list(&drive.amplitudes, |digest, &amplitude| digest.number(amplitude));
            }
        }
        let Static { weight, delay, receptor } = &stimulus.synapse;
        self.synapse(&SynapseModel::Static, weight, delay, receptor);
    }

    /// Takes in a perturbation: its neurons, kind, times and values.
    fn perturbation(&mut self, perturbation: &Perturbation) {
        self.selection(&perturbation.of);
        self.entry(perturbation.what.name(), &[perturbation.start, perturbation.stop]);
        match &perturbation.what {
            Perturb::Silence | Perturb::Ablate => {}
            Perturb::Disconnect(to) => self.selection(to),
            Perturb::Clamp { variable, value } => self.entry(variable, &[*value]),
            Perturb::Drive(amplitude) => self.number(*amplitude),
            Perturb::Set { parameter, value } => {
                self.word(parameter);
                self.value(value);
            }
        }
    }

    /// Takes in a recorder: its neurons, probe and times.
    fn recorder(&mut self, recorder: &Recorder) {
        self.selection(&recorder.from);
        match &recorder.probe {
            Probe::Spikes => self.word("spikes"),
            Probe::Variable(variable) => {
                self.word("variable");
                self.entry(&variable.name, &[variable.interval]);
            }
            Probe::Rate(rate) => self.entry("rate", &[rate.interval]),
            Probe::Lfp(lfp) => self.entry("lfp", &[lfp.interval, lfp.delay_ex, lfp.delay_in, lfp.weight]),
            Probe::Bold(Bold { balloon, bin, interval }) => {
                let Balloon { gain, kappa, gamma, tau, alpha, E_0, V_0, k_1, k_2, k_3 } = *balloon;
                self.entry("bold", &[*bin, *interval, gain, kappa, gamma, tau, alpha, E_0, V_0, k_1, k_2, k_3]);
            }
            Probe::Weights(weights) => {
                self.word("weights");
                self.count(weights.projection);
                self.number(weights.interval);
                self.list(weights.to.as_slice(), Digest::selection);
                if weights.up_to_date {
                    self.word("up_to_date");
                }
            }
            Probe::Sends(sends) => {
                self.word("sends");
                self.count(sends.projection);
                self.list(sends.to.as_slice(), Digest::selection);
            }
        }
        self.entry("between", &[recorder.start, recorder.stop]);
    }

    /// Takes in a value, a list of them, or a distribution.
    fn value(&mut self, value: &Value) {
        match value {
            Value::Constant(value) => self.entry("constant", &[*value]),
            Value::Each(values) => {
                self.word("each");
                self.list(values, |digest, &value| digest.number(value));
            }
            Value::Random { shape, min, max, factor } => {
                self.shape(shape);
                self.entry("within", &[*min, *max, *factor]);
            }
        }
    }

    /// Takes in a distribution by its name and parameters.
    fn shape(&mut self, shape: &Shape) {
        match *shape {
            Shape::Normal { mean, sd } => self.entry("normal", &[mean, sd]),
            Shape::Lognormal { mean, sd } => self.entry("lognormal", &[mean, sd]),
            Shape::Uniform { low, high } => self.entry("uniform", &[low, high]),
            Shape::Exponential { mean } => self.entry("exponential", &[mean]),
            Shape::Gamma { order, scale } => self.entry("gamma", &[order, scale]),
            // Whole numbers up to 2²⁴, exact.
            Shape::Binomial { n, p } => self.entry("binomial", &[n as f64, p]),
            Shape::UniformInt { low, high } => self.entry("uniform_int", &[low as f64, high as f64]),
        }
    }
}
