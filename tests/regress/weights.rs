//! Signs, receptors and ranges.
