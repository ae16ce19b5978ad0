//! Nets as safetensors files: weights, and the design as JSON under one key of the metadata.

use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::model::Design;
use super::reader::Model;
use crate::error::{Error, Result};
use crate::files::{Input, Limit};
use crate::quote;
use crate::train::Array;
use crate::train::array::same_shape;

/// The key in a file's metadata under which the design stands.
const KEY: &str = "neuropil.language";

impl Model {
    /// The net as the bytes of a safetensors file of 32-bit numbers.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let internal = |reason: String| Error::Internal(format!("weights: {reason}"));
        let bytes = |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let all: Vec<_> = self
            .parameters()
            .iter()
            .map(|own| (own.name(), own.value().shape().to_vec(), bytes(own.value().data())))
            .collect();
        let views = all.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
            view.map(|view| (*name, view)).map_err(|reason| internal(format!("{reason:?}")))
        });
        let views = views.collect::<Result<Vec<_>>>()?;
        let design = serde_json::to_string(self.design()).map_err(|reason| internal(reason.to_string()))?;
        safetensors::serialize(views, Some([(KEY.to_owned(), design)].into_iter().collect()))
            .map_err(|reason| internal(format!("{reason:?}")))
    }

    /// The net in a file that holds the bytes of [`Model::to_bytes`].
    ///
    /// # Errors
    /// A file that cannot be read, is damaged or of another kind.
    pub fn load(path: &Path) -> Result<Model> {
        let limit = Limit { bytes: 1 << 30, raise: "name a file of weights" };
        let content = Input::open(path, limit, "a file of weights")?.whole()?;
        Model::from_bytes(&content, &quote::path(path))
    }

    /// The net in the bytes of [`Model::to_bytes`]; `place` names their origin in messages.
    ///
    /// # Errors
    /// Bytes that are damaged or of another kind.
    pub fn from_bytes(content: &[u8], place: &str) -> Result<Model> {
        let wrong = |problem: &str| Error::invalid(place, problem.to_owned());
        let other = "name language.safetensors of `neuropil train language`";
        let tensors = SafeTensors::deserialize(content)
            .map_err(|_| wrong(&format!("it is no whole safetensors file; {other}")))?;
        let (_, metadata) =
            SafeTensors::read_metadata(content).map_err(|_| wrong("its head is damaged; take a whole copy"))?;
        let design = metadata.metadata().as_ref().and_then(|all| all.get(KEY));
        let design = design.ok_or_else(|| wrong(&format!("it does not say what its weights are of; {other}")))?;
        let design: Design = serde_json::from_str(design)
            .map_err(|reason| wrong(&format!("what it says of its weights is not understood: {reason}")))?;
        // Checked before memory is reserved for the numbers.
        if design.parameter_count().saturating_mul(4) > content.len() as u64 {
            return Err(wrong("it holds fewer numbers than its net has; take a whole copy"));
        }
        let parameters = design.parameters_from(|name, shape, _, _| {
            let view = tensors.tensor(name).map_err(|_| wrong(&format!("it has no array '{name}'")))?;
            if view.dtype() != Dtype::F32 {
                return Err(wrong(&format!("'{name}' is {:?}, and F32 is needed", view.dtype())));
            }
            same_shape(name, shape, view.shape())?;
            let numbers: Vec<f32> = view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
            if numbers.iter().any(|number| !number.is_finite()) {
                return Err(wrong("it holds numbers that are not finite; take a whole copy"));
            }
            Array::new(name, shape, numbers)
        })?;
        if let Some(name) = tensors.names().into_iter().find(|name| parameters.named(name).is_err()) {
            return Err(wrong(&format!("it has an array '{}', which is none of the net's", quote::name(name))));
        }
        Model::new(design, parameters)
    }
}
