// Tiles of neighbouring neurons of a shard that may be at rest. Word `tile` is the last step in which it was known not to
// be; behind these, per slot of the ring, the step that input last arrived for. Steps only grow, so nothing is cleared.
@group(0) @binding(2) var<storage, read_write> tiles: array<atomic<u32>>;

// Input arrives at `neuron` of the shard in step `arrival`.
fn tiles_touch(neuron: u32, arrival: u32, count: u32) {
    if SKIPS_IDLE {
        let at = count * (1u + (arrival & (SLOTS - 1u))) + neuron / TILE;
        if atomicLoad(&tiles[at]) != arrival {
            atomicStore(&tiles[at], arrival);
        }
    }
}

// Whether input arrives at a tile in an epoch.
fn tiles_touched(tile: u32, first: u32, steps: u32, count: u32) -> bool {
    var touched = false;
    for (var k = 1u; k <= steps; k++) {
        let at = count * (1u + ((first + k) & (SLOTS - 1u))) + tile;
        touched = touched || atomicLoad(&tiles[at]) == first + k;
    }
    return touched;
}
