//! Optimisers as PyTorch defines them, with its names and defaults: SGD, Adam, AdamW.
//!
//! Rates and powers are computed in `f64`, moments and values in the type of the parameters; nothing depends on how
//! many threads there are.

use serde::{Deserialize, Serialize};

use super::parameter::Parameter;
use super::parameters::Parameters;
use super::schedule::Rate;
use crate::error::{Error, Result};
use crate::number::{Number, math};
use crate::simd::{Level, Work, vectorised};

/// Stochastic gradient descent (`torch.optim.SGD`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sgd {
    /// Learning rate.
    pub lr: f64,
    /// The share of the last step that is added to the next.
    pub momentum: f64,
    /// The share of the gradient that does not enter the momentum.
    pub dampening: f64,
    /// How much of the weight is added to the gradient.
    pub weight_decay: f64,
    /// Whether it looks ahead by the momentum (Nesterov).
    pub nesterov: bool,
}

impl Default for Sgd {
    fn default() -> Sgd {
        Sgd { lr: 1e-3, momentum: 0.0, dampening: 0.0, weight_decay: 0.0, nesterov: false }
    }
}

/// Adam (`torch.optim.Adam`; Kingma & Ba 2015, "Adam: a method for stochastic optimization").
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adam {
    /// Learning rate.
    pub lr: f64,
    /// How much is kept of the means of the gradient and of its square.
    pub betas: [f64; 2],
    /// What is added to the root of the mean square.
    pub eps: f64,
    /// How much of the weight is added to the gradient.
    pub weight_decay: f64,
    /// Whether it divides by the largest mean square so far (Reddi et al. 2018).
    pub amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.0, amsgrad: false }
    }
}

/// AdamW (`torch.optim.AdamW`; Loshchilov & Hutter 2019, "Decoupled weight decay regularization"): as [`Adam`], but
/// weight decay is applied to the weights directly and not through the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamW {
    /// Learning rate.
    pub lr: f64,
    /// How much is kept of the means of the gradient and of its square.
    pub betas: [f64; 2],
    /// What is added to the root of the mean square.
    pub eps: f64,
    /// How fast weights shrink: by the share `lr * weight_decay` a step.
    pub weight_decay: f64,
    /// Whether it divides by the largest mean square so far.
    pub amsgrad: bool,
}

impl Default for AdamW {
    fn default() -> AdamW {
        let Adam { lr, betas, eps, amsgrad, .. } = Adam::default();
        AdamW { lr, betas, eps, weight_decay: 1e-2, amsgrad }
    }
}

/// The method of an optimiser, with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Method {
    /// See [`Sgd`].
    #[serde(rename = "SGD")]
    Sgd(Sgd),
    /// See [`Adam`].
    Adam(Adam),
    /// See [`AdamW`].
    AdamW(AdamW),
}

impl Method {
    /// The learning rate.
    pub fn lr(&self) -> f64 {
        match self {
            Method::Sgd(Sgd { lr, .. }) | Method::Adam(Adam { lr, .. }) | Method::AdamW(AdamW { lr, .. }) => *lr,
        }
    }

    /// The method's name, as PyTorch has it.
    pub fn name(&self) -> &'static str {
        match self {
            Method::Sgd(_) => "SGD",
            Method::Adam(_) => "Adam",
            Method::AdamW(_) => "AdamW",
        }
    }

    /// The names, as PyTorch has them, of the arrays that the optimiser keeps for each parameter.
    fn memory_names(&self) -> &'static [&'static str] {
        match self {
            Method::Sgd(Sgd { momentum, .. }) if *momentum == 0.0 => &[],
            Method::Sgd(_) => &["momentum_buffer"],
            Method::Adam(Adam { amsgrad, .. }) | Method::AdamW(AdamW { amsgrad, .. }) => match amsgrad {
                true => &["exp_avg", "exp_avg_sq", "max_exp_avg_sq"],
                false => &["exp_avg", "exp_avg_sq"],
            },
        }
    }

    /// Checks the arguments.
    ///
    /// # Errors
    /// An argument out of its range.
    pub fn check(&self) -> Result<()> {
        let wrong = |name: &str, value: f64, rule: &str| {
            Err(Error::invalid(self.name(), format!("{name} = {value} must be {rule}")))
        };
        let at_least_0 = |name: &str, value: f64| match value >= 0.0 && value.is_finite() {
            true => Ok(()),
            false => wrong(name, value, "a finite number of at least 0"),
        };
        at_least_0("lr", self.lr())?;
        match *self {
            Method::Sgd(Sgd { momentum, dampening, weight_decay, nesterov, .. }) => {
                at_least_0("momentum", momentum)?;
                at_least_0("weight_decay", weight_decay)?;
                if nesterov && (momentum == 0.0 || dampening != 0.0) {
                    return Err(Error::invalid("SGD", "nesterov needs a momentum and no dampening"));
                }
                if dampening.is_finite() { Ok(()) } else { wrong("dampening", dampening, "a finite number") }
            }
            Method::Adam(Adam { betas, eps, weight_decay, .. })
            | Method::AdamW(AdamW { betas, eps, weight_decay, .. }) => {
                at_least_0("eps", eps)?;
                at_least_0("weight_decay", weight_decay)?;
                match betas.iter().find(|beta| !(0.0..1.0).contains(*beta)) {
                    Some(&beta) => wrong("one of betas", beta, "at least 0 and below 1"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// An optimiser with its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimiser<T> {
    method: Method,
    /// Updates so far.
    steps: u64,
    /// For each name of [`Method::memory_names`], the numbers kept for each parameter; none for those that are not
    /// trained.
    memory: Vec<Vec<Vec<T>>>,
}

impl<T: Number> Optimiser<T> {
    /// An optimiser of `parameters` before its first update.
    ///
    /// # Errors
    /// As [`Method::check`].
    pub fn new(method: Method, parameters: &Parameters<T>) -> Result<Optimiser<T>> {
        method.check()?;
        let empty = |parameter: &Parameter<T>| {
            let places = if parameter.is_trained() { parameter.value().data().len() } else { 0 };
            vec![T::of(0.0); places]
        };
        let memory = method.memory_names().iter().map(|_| parameters.iter().map(empty).collect()).collect();
        Ok(Optimiser { method, steps: 0, memory })
    }

    /// The method and its arguments.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The number of updates so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The arrays that the optimiser keeps for each trained parameter: (PyTorch's name, place of the parameter,
    /// numbers).
    pub fn memory(&self) -> impl Iterator<Item = (&'static str, usize, &[T])> {
        let named = self.method.memory_names().iter().zip(&self.memory);
        let all =
            named.flat_map(|(name, all)| all.iter().enumerate().map(|(place, own)| (*name, place, own.as_slice())));
        all.filter(|(_, _, own)| !own.is_empty())
    }

    /// Sets the optimiser to the state of another one after `steps` updates; `find` gives the numbers for each item of
    /// [`Optimiser::memory`], by PyTorch's name, the place of the parameter, and the length.
    ///
    /// # Errors
    /// The error of `find`; the optimiser is then unchanged.
    pub fn remember(&mut self, steps: u64, find: impl Fn(&str, usize, usize) -> Result<Vec<T>>) -> Result<()> {
        let mut memory = self.memory.clone();
        for (name, all) in self.method.memory_names().iter().zip(&mut memory) {
            for (place, own) in all.iter_mut().enumerate().filter(|(_, own)| !own.is_empty()) {
                *own = find(name, place, own.len())?;
            }
        }
        (self.steps, self.memory) = (steps, memory);
        Ok(())
    }

    /// Updates all trained parameters once by their gradients, whose masked places are set to 0 first; then masks,
    /// signs and bounds are restored, see [`Parameter::hold`].
    pub fn update(&mut self, parameters: &mut Parameters<T>, rate: Rate) {
        let first = self.steps == 0;
        self.steps += 1;
        for (place, parameter) in parameters.iter_mut().enumerate().filter(|(_, parameter)| parameter.is_trained()) {
            parameter.mask_gradient();
            let (lr, penalised) = (rate.lr * parameter.rate(), parameter.is_penalised());
            let mut memory = self.memory.iter_mut().filter_map(|all| all.get_mut(place));
            let (value, gradient) = parameter.value_mut_and_gradient();
            match self.method {
                Method::Sgd(sgd) => {
                    let momentum = rate.momentum.filter(|_| sgd.momentum > 0.0).unwrap_or(sgd.momentum);
                    let decay = if penalised { sgd.weight_decay } else { 0.0 };
                    let sgd = Sgd { lr, momentum, weight_decay: decay, ..sgd };
                    sgd_step(sgd, value, gradient, memory.next().map(|own| (own.as_mut_slice(), first)));
                }
                Method::Adam(Adam { betas, eps, weight_decay, .. })
                | Method::AdamW(AdamW { betas, eps, weight_decay, .. }) => {
                    let decoupled = matches!(self.method, Method::AdamW(_));
                    let decay = if penalised { weight_decay } else { 0.0 };
                    let betas = [rate.momentum.unwrap_or(betas[0]), betas[1]];
                    let step = AdamStep { lr, betas, eps, decay, decoupled, steps: self.steps };
                    if let (Some(mean), Some(square)) = (memory.next(), memory.next()) {
                        let largest = memory.next().map(Vec::as_mut_slice);
                        step.apply(value, gradient, (mean, square, largest));
                    }
                }
            }
            parameter.hold();
        }
    }
}

/// A step of gradient descent; with a momentum, `buffer` is its buffer and whether this is the first step.
fn sgd_step<T: Number>(sgd: Sgd, value: &mut [T], gradient: &[T], buffer: Option<(&mut [T], bool)>) {
    let (lr, decay) = (T::of(sgd.lr), T::of(sgd.weight_decay));
    let Some((buffer, first)) = buffer else {
        for (value, &gradient) in value.iter_mut().zip(gradient) {
            *value = *value - lr * (gradient + decay * *value);
        }
        return;
    };
    let (momentum, damped) = (T::of(sgd.momentum), T::of(1.0 - sgd.dampening));
    for ((value, &gradient), buffer) in value.iter_mut().zip(gradient).zip(buffer) {
        let gradient = gradient + decay * *value;
        *buffer = if first { gradient } else { momentum * *buffer + damped * gradient };
        let step = if sgd.nesterov { gradient + momentum * *buffer } else { *buffer };
        *value = *value - lr * step;
    }
}

struct AdamStep {
    /// The arguments of a step of Adam or AdamW.
    lr: f64,
    betas: [f64; 2],
    eps: f64,
    /// Weight decay.
    decay: f64,
    /// Whether weights decay directly, as for AdamW.
    decoupled: bool,
    /// The number of updates, including this one.
    steps: u64,
}

/// Means of a gradient and of its square, and for `amsgrad` the largest mean square so far.
type Means<'a, T> = (&'a mut [T], &'a mut [T], Option<&'a mut [T]>);

impl AdamStep {
    /// Updates the values of a parameter, and the means.
    fn apply<T: Number>(&self, value: &mut [T], gradient: &[T], means: Means<'_, T>) {
        vectorised(ApplyAdam { step: self, value, gradient, means });
    }
}

/// The work of [`AdamStep::apply`].
struct ApplyAdam<'a, T> {
    step: &'a AdamStep,
    value: &'a mut [T],
    gradient: &'a [T],
    means: Means<'a, T>,
}

impl<T: Number> Work for ApplyAdam<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let ApplyAdam { step, value, gradient, means: (mean, square, largest) } = self;
        let factors = Factors::<T>::new(step);
        let all = value.iter_mut().zip(gradient).zip(mean.iter_mut().zip(square.iter_mut()));
        match largest {
            None => all.for_each(|((value, &gradient), means)| factors.update(value, gradient, means, |square| square)),
            Some(largest) => all.zip(largest).for_each(|(((value, &gradient), means), largest)| {
                factors.update(value, gradient, means, |square| {
                    *largest = if square.above(*largest) { square } else { *largest };
                    *largest
                });
            }),
        }
    }
}

/// The constants of a step of Adam, in the type of the numbers.
struct Factors<T> {
    /// The learning rate over the bias correction of the first moment.
    step: T,
    /// The root of the bias correction of the second moment.
    root: T,
    /// β₂.
    kept: T,
    /// 1 - β₂.
    fresh: T,
    /// 1 - β₁.
    towards: T,
    eps: T,
    /// Weight decay that is added to the gradient.
    added: T,
    /// What weights are multiplied by, 1 but for AdamW.
    shrunk: T,
}

impl<T: Number> Factors<T> {
    /// The constants of a step with these arguments.
    fn new(step: &AdamStep) -> Factors<T> {
        let AdamStep { lr, betas, eps, decay, decoupled, steps } = *step;
        // Beyond 2³² steps the power of any sensible beta is negligible beside 1.
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        let [first, second] = betas.map(|beta| 1.0 - math::powi(beta, steps));
        let (added, shrunk) = if decoupled { (0.0, 1.0 - lr * decay) } else { (decay, 1.0) };
        Factors {
            step: T::of(lr / first),
            root: T::of(second.sqrt()),
            kept: T::of(betas[1]),
            fresh: T::of(1.0 - betas[1]),
            towards: T::of(1.0 - betas[0]),
            eps: T::of(eps),
            added: T::of(added),
            shrunk: T::of(shrunk),
        }
    }

    /// Updates one number; `over` maps the mean square to the number whose root the step is divided by.
    #[inline(always)]
    fn update(&self, value: &mut T, gradient: T, (mean, square): (&mut T, &mut T), over: impl FnOnce(T) -> T) {
        let held = *value * self.shrunk;
        let gradient = gradient + self.added * held;
        *mean = *mean + self.towards * (gradient - *mean);
        *square = self.kept * *square + self.fresh * gradient * gradient;
        *value = held - self.step * mean.over(over(*square).sqrt().over(self.root) + self.eps);
    }
}
