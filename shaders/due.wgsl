// What is due in an epoch: (spike, delay block) whose first delay arrives in it. The windows of steps that blocks ask for
// lie one behind the other; an epoch of which a window takes a part is looked through as a whole.
import step;
import spikes;

struct Due {
    due: bool,
    source: u32,
    block: u32,
    // When the first delay of the block arrives.
    arrival: u32,
}

// Per block, where its stretch of the list starts and how many items lie before it; and how many there are in all.
var<workgroup> due_starts: array<u32, BLOCKS>;
var<workgroup> due_before: array<u32, BLOCKS>;
var<workgroup> due_count: u32;

// Steps low + 1 ..= high, whose spikes' block `block` is due; none where high is low.
fn due_window(block: u32) -> vec2<u32> {
    let delay = MIN_DELAY + block * BLOCK;
    let low = max(step.first, delay) - delay;
    let high = max(step.first + step.steps, delay) - delay;
    return vec2<u32>(low, high);
}

var<workgroup> due_tail: u32;

// Where the list of spikes ends (all threads together, of which one asks: thousands that ask for one word wait for it).
fn due_end(local: u32) -> u32 {
    if local == 0u {
        due_tail = atomicLoad(&spikes[SPIKES_TAIL]);
    }
    return workgroupUniformLoad(&due_tail);
}

// How many items there are (all `size` threads together).
fn due_items(local: u32, size: u32, tail: u32) -> u32 {
    for (var block = local; block < BLOCKS; block += size) {
        let window = due_window(block);
        var stretch = Stretch(0u, 0u);
        if window.y > window.x {
            stretch = spikes_between(window.x, window.y, tail);
        }
        due_starts[block] = stretch.start;
        due_before[block] = stretch.end - stretch.start;
    }
    workgroupBarrier();
    if local == 0u {
        var count = 0u;
        for (var block = 0u; block < BLOCKS; block++) {
            let own = due_before[block];
            due_before[block] = count;
            count += own;
        }
        due_count = count;
    }
    return workgroupUniformLoad(&due_count);
}

// Item `at`; due_items has been called.
fn due_item(at: u32) -> Due {
    if at >= due_count {
        return Due(false, 0u, 0u, 0u);
    }
    // The last block that begins at or before it.
    var block = 0u;
    var end = BLOCKS;
    while end - block > 1u {
        let middle = (block + end) / 2u;
        if due_before[middle] <= at {
            block = middle;
        } else {
            end = middle;
        }
    }
    let window = due_window(block);
    let place = SPIKES_LIST + 2u * ((due_starts[block] + at - due_before[block]) & (SPIKES_CAPACITY - 1u));
    let fired = atomicLoad(&spikes[place]);
    let due = fired > window.x && fired <= window.y;
    return Due(due, atomicLoad(&spikes[place + 1u]), block, fired + MIN_DELAY + block * BLOCK);
}
