// The shard that a dispatch works on.
struct Shard {
    // Its first neuron, its neurons, and input accumulators of a slot.
    first: u32,
    neurons: u32,
    accumulators: u32,
    // Tiles of neurons.
    tiles: u32,
    // Which pass notes where epochs lie in the list of spikes: 1 propagate_stored, 2 propagate_procedural, 0 neither of this shard.
    notes: u32,
    // 1 where rows are stored.
    stored: u32,
    // Workgroups that share a bundle of rows at most, so that each has some to add.
    parts: u32,
    unused: u32,
}
@group(0) @binding(3) var<uniform> shard: Shard;
