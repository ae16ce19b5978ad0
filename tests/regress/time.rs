//! Times on and off the grid.
