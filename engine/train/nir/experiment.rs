//! A graph as files that anyone runs: an experiment, and a table of each projection.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::engine_play::{Asked, latest};
use super::network::{Exported, Placed, Tells};
use super::play::Signals;
use crate::error::Result;
use crate::train::files::{Files, files, free_name, quoted, stimulus_table};

impl Exported {
    /// The files of an experiment of `steps` steps of the graph, with `inputs` as [`Exported::play`] takes them, and
    /// with recorders of the outputs and of the nodes in `watched`; to be written by [`crate::train::files::write`].
    ///
    /// `neuropil run` gives the values of [`Exported::play`], bit for bit: comments in the experiment, which begin with
    /// `about`, say at which times, and how potentials become the values of nodes.
    ///
    /// # Errors
    /// As [`Exported::play`] and [`files`].
    pub fn files(mut self, steps: usize, inputs: &Signals, watched: &[&str], about: &str) -> Result<Files> {
        let asked = self.ask(steps, inputs, watched)?;
        let mut text = format!("{about}\n");
        let mut tables = Files::new();
        for asked in &asked {
            self.explain(asked, &mut text, &mut tables);
        }
        for placed in
            self.populations.iter().filter(|placed| self.is_input(placed) && !inputs.contains_key(&placed.name))
        {
            text += &self.silent(placed);
        }
        tables.extend(files(&self.network, steps as u64 + u64::from(latest(&asked)), &text)?);
        Ok(tables)
    }

    /// Adds to `text` where a run has the values of an output or a node; a table of factors is added to `tables` where
    /// they differ from neuron to neuron.
    fn explain(&self, asked: &Asked, text: &mut String, tables: &mut Files) {
        let Asked { name, placed, later, .. } = asked;
        let (dt, population) = (self.network.dt(), quoted(&placed.name));
        let what = if placed.tells == Tells::Spikes { "its spikes" } else { "v, from V_m," };
        let _ = writeln!(
            text,
            "{}: {what} of step k (from 1) are those of population {population} at (k + {later}) x {dt} ms.",
            quoted(name)
        );
        if placed.tells == Tells::Spikes {
            return;
        }
        let same = |values: &[f64]| values.iter().all(|value| Some(value) == values.first());
        let _ = match (placed.scale.first(), placed.leak.first()) {
            (Some(scale), Some(leak)) if same(&placed.scale) && same(&placed.leak) => {
                writeln!(text, "v = V_m x {scale:?} + {leak:?}")
            }
            _ => {
                let table = free_name(tables, &placed.name, ".potential.csv");
                let rows = placed.scale.iter().zip(&placed.leak).enumerate();
                let rows = rows.map(|(unit, (scale, leak))| format!("{unit},{scale:?},{leak:?}\n"));
                tables.push((PathBuf::from(&table), format!("unit,scale,leak\n{}", rows.collect::<String>())));
                writeln!(text, "v = V_m x scale + leak, neuron by neuron as in {table}")
            }
        };
    }

    /// How spikes are given to an input that has none.
    fn silent(&self, placed: &Placed) -> String {
        let (grid, name) = (self.network.grid(), quoted(&placed.name));
        let table = free_name(&Files::new(), &placed.name, ".csv");
        let first = grid.text(placed.later.into());
        format!(
            "The input {name} is silent. To let it spike, write {table} with the columns neuron (from 0) and time_ms, {first} for the\n\
             first step and a step more for each later one, and take the comment marks off these lines:\n{}",
            stimulus_table(&name, &table, 1.0, &grid.text(1)).trim_start()
        )
    }
}
