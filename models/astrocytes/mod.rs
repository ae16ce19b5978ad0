//! Astrocytes, which are written as text, in the form that users write: `<name>.toml` each, read when it is first asked
//! for.
//!
//! Names are NEST's. What may not live here: Rust of a given model.

use std::sync::{Arc, OnceLock};

use crate::equations::text;
use crate::error::{Error, Result};
use crate::tile::{Interpreted, Model};

/// A model, its text, and what was read of it.
static LR_1994: (&str, &str) = ("astrocyte_lr_1994", include_str!("astrocyte_lr_1994.toml"));
static READ: OnceLock<Arc<dyn Model>> = OnceLock::new();

/// The names of all.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once(LR_1994.0)
}

/// The model of this name, if it is one of an astrocyte.
pub(crate) fn named(name: &str) -> Option<Result<Arc<dyn Model>>> {
    (name == LR_1994.0).then(|| match READ.get() {
        Some(model) => Ok(model.clone()),
        None => {
            let model = read(LR_1994)?;
            Ok(READ.get_or_init(|| model).clone())
        }
    })
}

fn read((name, text): (&str, &str)) -> Result<Arc<dyn Model>> {
    let place = format!("model '{name}'");
    let model = text::Model::of_file(&place, text)?.into_iter().next();
    let model = model.ok_or_else(|| Error::invalid(place, "there is no model in its text"))?;
    Ok(Arc::new(Interpreted::new(model)?))
}
