//! Making a plan: what is decided before synapses are laid out, then shards and their rows.

use std::sync::Arc;

use crate::error::Result;
use crate::network::Network;
use crate::number::Fixed;
use crate::plan::connectivity::explicit;
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::cost::budget;
use crate::plan::resolve::Resolved;
use crate::plan::storage::weigh::LayoutConstraints;
use crate::plan::storage::{choose, csr, partition};
use crate::plan::{CouplingPlan, Plan, PlanOptions, SourceLayout, SynapseFormat};
use crate::plan::{fixed_point, plastic, populations};

impl<F: Fixed> Plan<F> {
    /// The plan of `network` with `seed`.
    ///
    /// # Errors
    /// Parameters or draws out of bounds, weights that no receptor takes, options that cannot be met, more memory than
    /// there is (predicted before it is allocated).
    pub fn new(network: &Network, seed: u64, options: &PlanOptions) -> Result<Plan<F>> {
        let network = Resolved::new(network)?;
        let (mut plan, connectivity, needs) = Plan::prepare(&network, seed, options)?;
        budget::check(&network, &plan, &connectivity, &needs, options)?;
        plan.lay_out(&network, connectivity, options)?;
        Ok(plan)
    }

    /// Checks that `network` can be laid out; nothing is allocated for stored synapses.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn check(network: &Network, seed: u64, options: &PlanOptions) -> Result<()> {
        let network = Resolved::new(network)?;
        let (plan, connectivity, needs) = Plan::<F>::prepare(&network, seed, options)?;
        budget::check(&network, &plan, &connectivity, &needs, options)
    }

    /// A plan without shards, the connectivity to make them from, and what the choice of its layout depended on.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub(crate) fn prepare(
        network: &Resolved<'_>,
        seed: u64,
        options: &PlanOptions,
    ) -> Result<(Plan<F>, Connectivity<F>, LayoutConstraints)> {
        if let Some(block) = options.block {
            budget::checked_block(block.into(), "plan")?;
        }
        budget::check_lists(network, options)?;
        let pairs = explicit::all(network, seed);
        let units = fixed_point::units::<F>(network, seed, &pairs)?;
        let plastic = plastic::plans(network, seed, &units.units, &pairs)?;
        let mut connectivity = Connectivity::<F>::new(network, seed, &units.units, pairs)?;
        let sum_width = choose::sum_width::<F>(&units, options)?;
        let (needs, choice) = choose::choose_storage(network, &mut connectivity, options, &units, sum_width)?;
        let (channels, delays) = (needs.channels as u32, needs.delays);
        let source_layouts = choose::source_layouts(&connectivity, network.populations.len());
        // Wide words have room for the accumulator of any channel, and the GPU reads them without a source layout.
        let keep = needs.one_channel && choice.encoding.format != SynapseFormat::Wide;
        let source_layouts = source_layouts.into_iter();
        let source_layouts = source_layouts
            .map(|w| SourceLayout { channel: w.channel.filter(|_| keep), weight: w.weight.unwrap_or_default() });
        let mut populations = populations(network, units.units, seed)?;
        let couplings = CouplingPlan::new(network, &mut populations, seed)?;
        let plan = Plan {
            dt: network.grid.dt(),
            seed,
            run_seed: seed,
            neurons: network.neurons,
            synapses: connectivity.synapses(),
            encoding: choice.encoding,
            sum_width,
            channels,
            source_layouts: source_layouts.collect(),
            connectivity: None,
            choice,
            group: choice.group,
            skip_idle: options.skip_idle,
            block: choice.block,
            blocks: (delays.1 - delays.0) / choice.block + 1,
            min_delay: delays.0,
            max_delay: delays.1,
            populations,
            couplings,
            shards: Vec::new(),
            poisson: network.poisson(seed),
            currents: network.currents(),
            changes: network.changes(),
            waves: network.waves(),
            probes: network.probes.clone(),
            plastic,
            span: needs.span,
            largest_weight: units.largest,
            weight_error: units.error,
        };
        Ok((plan, connectivity, needs))
    }

    /// Cuts the network into shards and fills them; cuts it again where synapses are spread more unevenly than
    /// expected.
    ///
    /// # Errors
    /// As [`Plan::new`].
    fn lay_out(&mut self, network: &Resolved<'_>, connectivity: Connectivity<F>, options: &PlanOptions) -> Result<()> {
        let mut shards = self.choice.shards;
        let (all, cuts, rows) = loop {
            let all = partition::cuts(network, &connectivity, shards, self.choice.most, &options.cost);
            let own = options.part.map_or(0..all.len(), |part| part.range(all.len()));
            let cuts = all[own].to_vec();
            if let (Some(part), true) = (options.part, cuts.is_empty()) {
                return Err(budget::no_shard_for(part, all.len()));
            }
            let populations: Vec<(u32, u32)> = self.populations.iter().map(|p| (p.first, p.size)).collect();
            let layout = csr::RowBuilder {
                connectivity: &connectivity,
                populations: &populations,
                neurons: self.neurons,
                encoding: self.encoding,
                blocks: self.blocks,
                min_delay: self.min_delay,
                owned: cuts.first().map_or(0, |cut| cut.start)..cuts.last().map_or(0, |cut| cut.end),
                cuts: &cuts,
                source_layouts: &self.source_layouts,
                threads: options.threads,
            };
            let rows = layout.build()?;
            let largest = rows.iter().map(|r| r.len() as u64 * 4).max().unwrap_or(0);
            if largest <= options.shard_bytes {
                break (all.len(), cuts, rows);
            }
            // Players that cut for themselves would not own all neurons between them.
            if all.len() as u64 >= u64::from(self.neurons) || options.part.is_some() {
                return Err(budget::no_shard(largest, options.shard_bytes));
            }
            shards = (all.len() as u64 + 1).max(shards.saturating_mul(largest) / options.shard_bytes);
        };
        let stored = rows.iter().map(|r| r.len() as u64).sum::<u64>();
        if options.part.is_none() {
            self.synapses = self.synapses - connectivity.stored_synapses() + stored;
        }
        self.choice.shards = all as u64;
        self.shards = partition::shards(network, self, cuts, rows, options.threads)?;
        self.add_listed_weight_error();
        self.connectivity = connectivity.any_procedural().then(|| Arc::new(connectivity));
        self.find_cuts(network);
        Ok(())
    }
}
