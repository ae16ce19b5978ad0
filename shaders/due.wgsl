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

var<workgroup> due_count: u32;

// Steps low + 1 ..= high, whose spikes' block `block` is due; none where high is 0.
fn due_window(block: u32) -> vec2<u32> {
    let delay = MIN_DELAY + block * BLOCK;
    let low = max(step.first, delay) - delay;
    let high = max(step.first + step.steps, delay) - delay;
    return vec2<u32>(low, high);
}

// How many items there are (all threads together).
fn due_items(local: u32, tail: u32) -> u32 {
    if local == 0u {
        var count = 0u;
        for (var block = 0u; block < BLOCKS; block++) {
            let window = due_window(block);
            if window.y > window.x {
                let stretch = spikes_between(window.x, window.y, tail);
                count += stretch.end - stretch.start;
            }
        }
        due_count = count;
    }
    return workgroupUniformLoad(&due_count);
}

fn due_item(at: u32, tail: u32) -> Due {
    var rest = at;
    for (var block = 0u; block < BLOCKS; block++) {
        let window = due_window(block);
        if window.y <= window.x {
            continue;
        }
        let stretch = spikes_between(window.x, window.y, tail);
        let count = stretch.end - stretch.start;
        if rest < count {
            let place = SPIKES_LIST + 2u * ((stretch.start + rest) & (SPIKES_CAPACITY - 1u));
            let fired = atomicLoad(&spikes[place]);
            let due = fired > window.x && fired <= window.y;
            return Due(due, atomicLoad(&spikes[place + 1u]), block, fired + MIN_DELAY + block * BLOCK);
        }
        rest -= count;
    }
    return Due(false, 0u, 0u, 0u);
}
