//! The hidden units before the convolutions of a [`super::UNet`]: spiking neurons, or ReLUs.

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

/// A function that applies the hidden units of a layer, given the tape, the layer's name and its input [samples, steps,
/// channels, rows, columns]: their output, of the same shape, and the height that a spike in it stands for.
pub(super) type Fire<T> = dyn Fn(&mut Tape<T>, &str, Value) -> Result<(Value, f64)> + Send + Sync;

/// ReLUs.
pub(super) fn relu<T: Float>() -> Arc<Fire<T>> {
    Arc::new(|tape, _, x| Ok((tape.apply(Pointwise(Curve::Relu), &[x])?, 1.0)))
}

/// Neurons of the model `if_neuron` with this threshold, mV, for layers whose numbers of units are in `units`: each
/// step adds the input to the potential, and a spike sets it to 0. The surrogate derivative is that of an arctangent
/// with α = 2 (Fang et al. 2021), the reset detached.
///
/// # Errors
/// A layer of 2³² neurons or more; a threshold that the model refuses.
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
