// The pass `propagate_procedural`: the rows that are drawn again at each spike, into the ring. Twin of engine/plan/connectivity/{procedural,generate_row,permutation,quantiles}.rs,
// integers only. Word by word, `connectivity` is laid out by engine/device/gpu/procedural.rs.
import step;
import spikes;
import due;
import random;
import tiles;
import shard;

@group(0) @binding(4) var<storage, read> connectivity: array<u32>;
@group(0) @binding(5) var<storage, read_write> ring: array<atomic<i32>>;

// A row to draw: projection, index of the source in it, the source, when the first delay of the block arrives, that delay.
struct Job {
    projection: u32,
    index: u32,
    source: u32,
    arrival: u32,
    first_delay: u32,
    length: u32,
    kind: u32,
    start: u32,
}
var<workgroup> job: Job;
var<workgroup> sums: array<u32, WORKGROUP>;

// Sums that reach this are beyond every row.
const BEYOND = 0x7fffffffu;

fn word(projection: u32, field: u32) -> u32 {
    return connectivity[projection + field];
}

// How many of the `count` rising numbers from word `at` on are at or below `word`.
fn reached(at: u32, count: u32, word: u32) -> u32 {
    var low = 0u;
    var high = count;
    while low < high {
        let middle = (low + high) / 2u;
        if connectivity[at + middle] <= word {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    return low;
}

fn below(words: vec2<u32>, n: u32) -> u32 {
    let carry = random_high(words.y, n);
    let sum = words.x * n + carry;
    return random_high(words.x, n) + select(0u, 1u, sum < carry);
}

// The value of a table of quantiles that belongs to a word: CELLS of them, the first and the last cut into CELLS again.
fn quantile(table: u32, word: u32) -> i32 {
    let cell = word >> FRACTION_BITS;
    var edge = table;
    var rest = word;
    if cell == 0u {
        edge += CELLS + 1u;
        rest = word << CELL_BITS;
    } else if cell == CELLS - 1u {
        edge += 2u * (CELLS + 1u);
        rest = word << CELL_BITS;
    }
    let at = edge + (rest >> FRACTION_BITS);
    let fraction = rest & ((1u << FRACTION_BITS) - 1u);
    let width = connectivity[at + 1u] - connectivity[at];
    let product = width * fraction;
    let rounded = product + (1u << (FRACTION_BITS - 1u));
    let high = random_high(width, fraction) + select(0u, 1u, rounded < product);
    return bitcast<i32>(connectivity[at] + ((high << CELL_BITS) | (rounded >> FRACTION_BITS)));
}

fn scramble(x: u32) -> u32 {
    var h = x * 0x9E3779B1u;
    h ^= h >> 15u;
    h *= 0x85EBCA77u;
    return h ^ (h >> 13u);
}

// Where `x` goes in the permutation of a projection.
fn permuted(projection: u32, x: u32) -> u32 {
    let size = word(projection, PERMUTATION);
    let low_bits = word(projection, PERMUTATION + 1u);
    let low_mask = (1u << low_bits) - 1u;
    let high_mask = (1u << word(projection, PERMUTATION + 2u)) - 1u;
    var at = x;
    loop {
        var low = at & low_mask;
        var high = at >> low_bits;
        for (var round = 0u; round < ROUNDS; round += 2u) {
            low ^= scramble(high + word(projection, PERMUTATION + 3u + round)) & low_mask;
            high ^= scramble(low + word(projection, PERMUTATION + 4u + round)) & high_mask;
        }
        at = (high << low_bits) | low;
        if at < size {
            break;
        }
    }
    return at;
}

// The synapse of the job to target `t`; `words` decide weight and delay.
fn push(own: Job, t: u32, words: vec2<u32>) {
    let p = own.projection;
    var delay = word(p, DELAY_FIRST);
    if word(p, DELAY_COUNT) > 0u {
        delay += reached(word(p, DELAY_TABLE), word(p, DELAY_COUNT), words.y);
    }
    let within = delay - own.first_delay;
    if within >= BLOCK {
        return;
    }
    var targets = word(p, TARGET_RANGES);
    for (var i = 1u; i < word(p, TARGET_RANGE_COUNT) && connectivity[targets + TARGET_RANGE_WORDS + RANGE_INDEX] <= t; i++) {
        targets += TARGET_RANGE_WORDS;
    }
    let target_id = connectivity[targets + RANGE_FIRST] + (t - connectivity[targets + RANGE_INDEX]);
    let neuron = target_id - shard.first;
    let arrival = own.arrival + within;
    if neuron >= shard.neurons || arrival <= step.to || (target_id == own.source && word(p, AUTAPSES) == 0u) {
        return;
    }
    var channel = connectivity[targets + RANGE_CHANNEL];
    var weight = bitcast<i32>(connectivity[targets + RANGE_WEIGHT]);
    if connectivity[targets + RANGE_STEPS] != NONE {
        let values = connectivity[targets + RANGE_TABLE] + connectivity[targets + RANGE_STEPS];
        let value = values + 2u * reached(connectivity[targets + RANGE_TABLE], connectivity[targets + RANGE_STEPS], words.x);
        weight = bitcast<i32>(connectivity[value]);
        channel = connectivity[value + 1u];
    } else if connectivity[targets + RANGE_TABLE] != NONE {
        weight = quantile(connectivity[targets + RANGE_TABLE], words.x);
        if weight < 0i && connectivity[targets + RANGE_NEGATIVE_TABLE] != NONE {
            weight = quantile(connectivity[targets + RANGE_NEGATIVE_TABLE], words.x);
            channel = connectivity[targets + RANGE_NEGATIVE_CHANNEL];
            if connectivity[targets + RANGE_MAGNITUDE] == 1u {
                weight = -weight;
            }
        }
    }
    let to = channel * shard.neurons + neuron;
    atomicAdd(&ring[(arrival & (SLOTS - 1u)) * shard.accumulators + to], weight);
    tiles_touch(neuron, arrival, shard.tiles);
}

// Synapse `number` of the job.
fn synapse(own: Job, number: u32) {
    let p = own.projection;
    var words = vec4<u32>(0u);
    if word(p, NEEDS_WORDS) == 1u {
        let key = vec2<u32>(word(p, KEY), word(p, KEY + 1u));
        words = random_philox(vec4<u32>(number, own.index, 0u, word(p, STREAM)), key);
    }
    var t = number;
    if own.kind == ONE_TO_ONE {
        t = own.index;
    } else if own.kind == EACH {
        t = below(vec2<u32>(words.x, words.w), word(p, TARGETS));
    } else if own.kind == INPUTS {
        t = permuted(p, own.start + number) / word(p, TARGETS);
    }
    push(own, t, words.yz);
}

// The gap before success `number` of a row, and the words that belong to it.
fn gap(own: Job, number: u32) -> vec3<u32> {
    let p = own.projection;
    let key = vec2<u32>(word(p, KEY), word(p, KEY + 1u));
    let count = word(p, GAP_COUNT);
    var sum = 0u;
    for (var attempt = 0u; sum < word(p, TARGETS); attempt++) {
        let words = random_philox(vec4<u32>(number, own.index, attempt, word(p, STREAM)), key);
        let found = reached(word(p, GAP_TABLE), count, words.x);
        sum += found;
        if found < count {
            return vec3<u32>(sum, words.yz);
        }
    }
    return vec3<u32>(BEYOND - 1u, 0u, 0u);
}

// All successes of a row, as many at once as there are threads (all threads together).
fn gaps(own: Job, local: u32) {
    let targets = word(own.projection, TARGETS);
    var next = 0u;
    for (var first = 0u; next < BEYOND; first += WORKGROUP) {
        let found = gap(own, first + local);
        sums[local] = found.x + 1u;
        for (var reach = 1u; reach < WORKGROUP; reach *= 2u) {
            workgroupBarrier();
            var sum = sums[local];
            if local >= reach {
                sum = min(BEYOND, sum + sums[local - reach]);
            }
            workgroupBarrier();
            sums[local] = sum;
        }
        let t = min(BEYOND, next + sums[local] - 1u);
        if t < targets {
            push(own, t, found.yz);
        }
        workgroupBarrier();
        next = min(BEYOND, next + workgroupUniformLoad(&sums[WORKGROUP - 1u]));
        if next >= targets {
            next = BEYOND;
        }
    }
}

// The row that belongs to place `slot` of the list of projections of what is due at `at`.
fn job_of(at: u32, slot: u32) -> Job {
    var own = Job(0u, 0u, 0u, 0u, 0u, 0u, NO_ROW, 0u);
    let item = due_item(at);
    if !item.due {
        return own;
    }
    var population = 0u;
    while population + 1u < connectivity[0] && connectivity[HEADER_WORDS + POPULATION_WORDS * (population + 1u)] <= item.source {
        population++;
    }
    let list = HEADER_WORDS + POPULATION_WORDS * population;
    if slot >= connectivity[list + 2u] {
        return own;
    }
    let entry = connectivity[list + 1u] + 3u * slot;
    if item.block < connectivity[entry] || item.block > connectivity[entry + 1u] {
        return own;
    }
    let p = connectivity[entry + 2u];
    var index = 0u;
    var inside = false;
    for (var i = 0u; i < word(p, FROM_COUNT) && !inside; i++) {
        let part = word(p, FROM) + 2u * i;
        let place = item.source - connectivity[part];
        inside = place < connectivity[part + 1u];
        index += select(connectivity[part + 1u], place, inside);
    }
    if !inside {
        return own;
    }
    own = Job(p, index, item.source, item.arrival, MIN_DELAY + item.block * BLOCK, word(p, LENGTH), word(p, KIND), 0u);
    if own.kind == INPUTS {
        own.start = connectivity[word(p, ROWS) + index];
        own.length = connectivity[word(p, ROWS) + index + 1u] - own.start;
    } else if word(p, ROWS) != NONE {
        own.length = connectivity[word(p, ROWS) + index];
    }
    return own;
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let tail = due_end(local);
    if shard.notes == 2u && group.x == 0u {
        spikes_note(local, tail);
    }
    let slots = MAX_PROJECTIONS;
    let items = due_items(local, WORKGROUP, tail) * slots;
    let parts = clamp(groups.x / max(1u, items), 1u, 64u);
    for (var work = group.x; work < items * parts; work += groups.x) {
        if local == 0u {
            job = job_of(work / parts / slots, (work / parts) % slots);
        }
        let own = workgroupUniformLoad(&job);
        let part = work % parts;
        if own.kind == GAPS {
            if part == 0u {
                gaps(own, local);
            }
        } else {
            for (var number = part * WORKGROUP + local; number < own.length; number += parts * WORKGROUP) {
                synapse(own, number);
            }
        }
        workgroupBarrier();
    }
}
