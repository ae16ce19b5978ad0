//! Reads NPZ archives: arrays by their names.

use std::io::{Cursor, Read};
use std::path::Path;

use super::arrays::{Array, parse_npy};
use crate::error::{Error, Result};
use crate::files::{Input, Limit};

impl Array {
    /// Reads the arrays of these names from an NPZ archive.
    ///
    /// # Errors
    /// A file that cannot be read or is no NPZ archive; an array that is missing, with the names of those in the
    /// archive.
    pub fn read_npz<const N: usize>(path: &Path, names: [&str; N]) -> Result<[Array; N]> {
        let wrong = |problem: String| Error::file(path, problem);
        let limit = Limit::list()?;
        let content = Input::open(path, limit, "an NPZ file")?.whole()?;
        let broken = |reason| wrong(format!("it is no whole NPZ archive ({reason}); save it again with numpy.savez"));
        let mut zip = zip::ZipArchive::new(Cursor::new(content)).map_err(|reason| broken(reason.to_string()))?;
        let there = |name: &String| !name.is_empty() && !name.contains('/');
        let members = zip.file_names().filter_map(|name| Some(name.ok()?.strip_suffix(".npy")?.to_owned()));
        let members: Vec<String> = members.filter(there).collect();
        let mut arrays = Vec::with_capacity(N);
        for name in names {
            if !members.iter().any(|member| member == name) {
                return Err(Error::unknown("array", name, crate::quote::path(path), &members));
            }
            let mut member = zip.by_name(&format!("{name}.npy")).map_err(|reason| broken(reason.to_string()))?;
            let mut content = Vec::new();
            let taken = (&mut member).take(limit.bytes.saturating_add(1)).read_to_end(&mut content);
            match taken {
                Ok(bytes) if bytes as u64 > limit.bytes => return Err(super::unpacks_to_more(path, limit)),
                Ok(_) => {}
                Err(reason) => return Err(broken(reason.to_string())),
            }
            arrays.push(parse_npy(&content).map_err(|problem| wrong(format!("array '{name}': {problem}")))?);
        }
        arrays.try_into().map_err(|_| Error::Internal("arrays of an archive".into()))
    }
}
