//! Astrocyte models, which are written as text in the form that users write: `<name>.toml` each, read when it is first
//! needed.
//!
//! Names are NEST's. What may not live here: Rust of a given model.

use std::sync::{Arc, OnceLock};

use crate::equations::text;
use crate::error::{Error, Result};
use crate::tile::{Interpreted, Model};

/// The name of a model, and its text.
static LR_1994: (&str, &str) = ("astrocyte_lr_1994", include_str!("astrocyte_lr_1994.toml"));
/// The model, once it has been read.
static READ: OnceLock<Arc<dyn Model>> = OnceLock::new();

/// The names of all astrocyte models.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once(LR_1994.0)
}

/// The astrocyte model of this name; `None` if there is none.
pub(crate) fn named(name: &str) -> Option<Result<Arc<dyn Model>>> {
    (name == LR_1994.0).then(|| match READ.get() {
        Some(model) => Ok(model.clone()),
        None => {
            let model = read(LR_1994)?;
            Ok(READ.get_or_init(|| model).clone())
        }
    })
}

/// Reads the model `name` from its text.
fn read((name, text): (&str, &str)) -> Result<Arc<dyn Model>> {
    let place = format!("model '{name}'");
    let model = text::Model::of_file(&place, text)?.into_iter().next();
    let model = model.ok_or_else(|| Error::invalid(place, "there is no model in its text"))?;
    Ok(Arc::new(Interpreted::new(model)?))
}
