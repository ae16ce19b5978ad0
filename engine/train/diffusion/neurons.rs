//! What stands before the convolutions of a [`super::UNet`]: spiking neurons, or a ReLU.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::equations::derivative::Surrogate;
use crate::error::{Error, Result};
use crate::models;
use crate::network::Population;
use crate::seed::Seed;
use crate::train::gemm::Float;
use crate::train::layer::{self, Neurons, Options, Shows};
use crate::train::tape::{Curve, Pointwise, Tape, Value};

/// What a tape does in the place of the neurons of a layer, by its name: what is convolved, and the height of a spike.
pub(super) type Fire<T> = dyn Fn(&mut Tape<T>, &str, Value) -> Result<(Value, f64)> + Send + Sync;

/// A ReLU.
pub(super) fn relu<T: Float>() -> Arc<Fire<T>> {
    Arc::new(|tape, _, x| Ok((tape.apply(Pointwise(Curve::Relu), &[x])?, 1.0)))
}

/// The model `if_neuron`, in layers of these numbers of units: each step adds what arrives to the potential, and a spike sets it
/// to 0. Its derivative is that of an arctangent with α = 2 (Fang et al. 2021), the reset detached.
pub(super) fn spiking<T: Float>(units: impl Iterator<Item = usize>, threshold: f64) -> Result<Arc<Fire<T>>> {
    let options = Options {
        surrogate: Surrogate::Atan(2.0),
        attached: false,
        receptors: vec!["in".into()],
        shows: Shows::Spikes,
    };
    let mut layers = BTreeMap::new();
    for units in units {
        let size = u32::try_from(units).map_err(|_| Error::invalid("U-Net", "it has 2³² neurons or more; use less"))?;
        let mut population = Population::new("neurons", size, models::named("if_neuron", "U-Net")?)?;
        population.set("V_th", threshold)?;
        layers.insert(units, Arc::new(Neurons::<T>::new(&population, 1.0, Seed(1), &options)?));
    }
    Ok(Arc::new(move |tape, _, x| {
        let units: usize = tape.datum(x).shape().iter().skip(2).product();
        let neurons = layers.get(&units);
        let neurons = neurons.ok_or_else(|| Error::Internal(format!("U-Net: no layer of {units} neurons")))?;
        Ok((tape.apply(layer::Steps::new(Arc::clone(neurons)), &[x])?, 1.0))
    }))
}
