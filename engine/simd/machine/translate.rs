//! Translates a body to instructions: values that all items share are made once, then a loop runs over the vectors of
//! items, and the items that do not fill one come last.

use std::collections::HashMap;

use crate::simd::Vectors;
use crate::simd::machine::ColumnLayout;
use crate::simd::machine::assembler::{Assembler, Condition, END, MASK, OFFSET, SCRATCH};
use crate::simd::machine::body::{Body, SECOND, Step, Value};
use crate::simd::machine::home::Home;
use crate::simd::machine::loops::OpenLoop;
use crate::simd::machine::writer::{REST, Writer};

/// The most steps that are translated: distances have to be short, and instructions to stay in the cache.
const MAX_STEPS: usize = 20_000;

/// From this many steps on, few ways are tried: trying takes time, and there are too few registers in any case.
const LONG: usize = 1000;

/// A body as instructions, and the size of the frame that they need.
#[derive(Debug)]
pub struct Translated {
    /// The instructions and their constants.
    pub bytes: Vec<u8>,
    /// The bytes of the frame.
    pub frame: usize,
}

/// Steps of a body that are done one after the other.
struct StepList {
    /// The steps, in order.
    steps: Vec<Value>,
    /// For each value of the body, the places in the list of the steps that read it, rising.
    uses: Vec<Vec<u32>>,
    /// For each loop, the places in the list where it begins and ends.
    loops: Vec<(u32, u32)>,
}

/// What is known of a translation before registers are allocated.
struct Sketch<'a> {
    body: &'a Body,
    level: Vectors,
    width: usize,
    layout: ColumnLayout,
    /// The steps that are done once for all items.
    once: StepList,
    /// The steps that are done with each vector of items, and those with two side by side where that is tried.
    one: StepList,
    two: Option<StepList>,
    /// For each column, the value that is loaded from it for the items.
    loads: HashMap<u32, Value>,
    /// Columns that are read or written item by item, the most used first.
    columns: Vec<u32>,
}

/// Translates `body` for vectors `level`, numbers of `width` bytes, and columns described in `layout`. `None` if the
/// body is too long, writes a column within a loop, or has a loop without an end.
pub fn translate(body: &Body, level: Vectors, width: usize, layout: ColumnLayout) -> Option<Translated> {
    // Some numbers of pinned registers are tried; the translation with the fewest operands in memory is best.
    let most = if level == Vectors::Avx512 { 24 } else { 6 };
    let counts: &[usize] = if body.steps().len() > LONG { &[most / 3] } else { &[0, most / 3, 2 * most / 3, most] };
    fn best<'b>(sketch: &'b Sketch<'_>, counts: &[usize]) -> Option<(usize, Writer<'b>)> {
        counts.iter().map(|&pinned| sketch.write_widest(pinned)).min_by_key(|(operands, _)| *operands)
    }
    let one = Sketch::new(body, level, width, layout, None)?;
    let (alone, writer) = best(&one, counts)?;
    // Each step waits for the one before: two vectors side by side take little longer than one, if there are registers
    // for both.
    let (twice, second) = body.twice();
    let two = Sketch::new(&twice, level, width, layout, Some(&second));
    let pair = two.as_ref().and_then(|two| best(two, counts).zip(Some(two)));
    Some(match pair.filter(|((both, _), _)| 4 * both <= 9 * alone + 16) {
        Some(((_, writer), two)) => two.finish(writer),
        None => one.finish(writer),
    })
}

impl<'a> Sketch<'a> {
    /// The sketch of a body; `second`, if given, says for each step whether it is of the second of two vectors.
    fn new(
        body: &'a Body,
        level: Vectors,
        width: usize,
        layout: ColumnLayout,
        second: Option<&[bool]>,
    ) -> Option<Sketch<'a>> {
        let steps = body.steps();
        let shared = body.shared();
        if steps.len() > MAX_STEPS {
            return None;
        }
        let in_memory = |step: Step| match step {
            Step::Number(_) => true,
            Step::Same(_) => level == Vectors::Avx512,
            _ => false,
        };
        let all = (0..steps.len()).map(|value| value as Value);
        let once = all.clone().filter(|&k| shared[k as usize] && !in_memory(steps[k as usize])).collect();
        let each: Vec<Value> = all.filter(|&k| !shared[k as usize]).collect();
        let first = |&k: &Value| second.is_none_or(|second| !second[k as usize]);
        let one = StepList::new(body, each.iter().copied().filter(first).collect())?;
        let two = if second.is_some() { Some(StepList::new(body, each)?) } else { None };
        let all = two.as_ref().unwrap_or(&one);
        let stored = |k: u32| matches!(steps[all.steps[k as usize] as usize], Step::Store(..));
        if all.loops.iter().any(|&(begin, end)| (begin..end).any(stored)) {
            return None;
        }
        let (mut loads, mut counts) = (HashMap::new(), HashMap::<u32, u32>::new());
        for (value, step) in (0..).zip(steps) {
            if let Step::Load(column) | Step::Store(column, _) = *step {
                *counts.entry(column & !SECOND).or_default() += 1;
            }
            if let Step::Load(column) = *step {
                loads.insert(column, value);
            }
        }
        let mut columns: Vec<u32> = counts.keys().copied().collect();
        columns.sort_unstable_by_key(|column| (std::cmp::Reverse(counts[column]), *column));
        let mut once = StepList::new(body, once)?;
        // Values that are read for each item have to last to the end.
        for &value in once.steps.iter().filter(|&&value| !all.uses[value as usize].is_empty()) {
            once.uses[value as usize].push(once.steps.len() as u32);
        }
        Some(Sketch { body, level, width, layout, once, one, two, loads, columns })
    }

    /// The steps of the widest loop: those for two vectors, or else those for one.
    fn widest(&self) -> &StepList {
        self.two.as_ref().unwrap_or(&self.one)
    }

    /// Writes the beginning of the translation that keeps `pinned` values that all items share in registers throughout,
    /// as far as its widest loop. How many operands in memory a turn of that has, and the writer.
    fn write_widest(&self, pinned: usize) -> (usize, Writer<'_>) {
        let loops = self.one.loops.len();
        let mut writer = Writer::new(self.body, self.level, self.width, self.layout, loops);
        writer.write_prologue(&self.columns);
        self.write_shared(&mut writer);
        writer.begin_list(&self.widest().uses);
        for value in self.worth_pinning().into_iter().take(pinned) {
            writer.pin(value);
        }
        let operands = match &self.two {
            Some(two) => self.write_pair_loop(&mut writer, two),
            None => self.write_vector_loop(&mut writer),
        };
        (operands, writer)
    }

    /// The translation whose beginning, as far as the widest loop, `writer` has written.
    fn finish<'b>(&'b self, mut writer: Writer<'b>) -> Translated {
        if self.two.is_some() {
            self.write_vector_loop(&mut writer);
        }
        self.write_rest(&mut writer);
        writer.write_epilogue();
        let frame = writer.frame();
        let constants = std::mem::take(&mut writer.constants);
        Translated { bytes: writer.code.finish(&constants), frame }
    }

    /// Writes the loop over pairs of vectors, as long as there are two; returns how many operands in memory a turn has.
    fn write_pair_loop<'b>(&'b self, writer: &mut Writer<'b>, two: &'b StepList) -> usize {
        let bytes = Assembler::vector_bytes(self.level) as i32;
        let before = writer.code.memory_operands;
        let (head, out) = (writer.code.label(), writer.code.label());
        writer.code.align();
        writer.code.place_label(head);
        writer.code.copy_general(SCRATCH, OFFSET);
        writer.code.add(SCRATCH, 2 * bytes);
        writer.code.compare(SCRATCH, END);
        writer.code.jump(Condition::Above, out);
        self.write_items(writer, two);
        writer.code.add(OFFSET, 2 * bytes);
        writer.code.jump(Condition::Always, head);
        writer.code.place_label(out);
        writer.code.memory_operands - before
    }

    /// Writes the loop over single vectors; returns how many operands in memory a turn has.
    fn write_vector_loop<'b>(&'b self, writer: &mut Writer<'b>) -> usize {
        let bytes = Assembler::vector_bytes(self.level) as i32;
        let before = writer.code.memory_operands;
        let (items, out) = (writer.code.label(), writer.code.label());
        writer.code.compare(OFFSET, END);
        writer.code.jump(Condition::Zero, out);
        writer.code.align();
        writer.code.place_label(items);
        self.write_items(writer, &self.one);
        let memory_operands = writer.code.memory_operands - before;
        writer.code.add(OFFSET, bytes);
        writer.code.compare(OFFSET, END);
        writer.code.jump(Condition::Below, items);
        writer.code.place_label(out);
        memory_operands
    }

    /// Writes what is done with the items behind those that fill vectors, by a mask, if there are any.
    fn write_rest<'b>(&'b self, writer: &mut Writer<'b>) {
        let done = writer.code.label();
        writer.code.test_zero(MASK);
        writer.code.jump(Condition::Zero, done);
        if self.level == Vectors::Avx512 {
            writer.code.copy_general(SCRATCH, MASK);
            writer.code.load_mask(REST, SCRATCH);
        }
        writer.partial = true;
        self.write_items(writer, &self.one);
        writer.code.place_label(done);
    }

    /// Writes the steps that are done once for all items; constants and shared columns get their homes.
    fn write_shared<'b>(&'b self, writer: &mut Writer<'b>) {
        for (value, step) in self.body.steps().iter().enumerate() {
            writer.homes[value] = match *step {
                Step::Number(bits) => writer.constant_home(bits),
                Step::Same(column) => Home::Shared(column),
                _ => continue,
            };
        }
        writer.begin_list(&self.once.uses);
        for (now, &value) in (0..).zip(&self.once.steps) {
            writer.now = now;
            let step = self.body.steps()[value as usize];
            match step {
                Step::Same(_) => {
                    // AVX2 has no operand that all lanes get from one number: it is loaded into all lanes once.
                    let home = writer.homes[value as usize];
                    let register = writer.result_register(value, step);
                    writer.load(register, home);
                    writer.homes[value as usize] = Home::Nowhere;
                }
                _ if self.once.uses[value as usize].is_empty() => {}
                _ => {
                    writer.lock_registers(step.arguments());
                    writer.operation(value, step);
                }
            }
            writer.end_step();
            if self.once.uses[value as usize].is_empty() {
                writer.release(value);
            }
        }
        for &value in self.once.steps.iter().filter(|&&value| !self.widest().uses[value as usize].is_empty()) {
            if let Some(register) = writer.register(value) {
                writer.spill(value, register);
            }
            if let Home::Slot(slot) = writer.homes[value as usize] {
                writer.reserved[slot as usize] = true;
            }
        }
    }

    /// The values that all items share and that are read for each item, the most read first.
    fn worth_pinning(&self) -> Vec<Value> {
        let shared = self.body.shared();
        let reads = |value: Value| self.widest().uses[value as usize].len();
        let all = (0..shared.len() as Value).filter(|&value| shared[value as usize] && reads(value) > 0);
        let mut all: Vec<Value> = all.collect();
        all.sort_by_key(|&value| std::cmp::Reverse(reads(value)));
        all
    }

    /// Writes the steps of a list for the items at [`OFFSET`].
    fn write_items<'b>(&'b self, writer: &mut Writer<'b>, list: &'b StepList) {
        list.steps.iter().for_each(|&value| writer.homes[value as usize] = Home::Nowhere);
        for (&column, &value) in &self.loads {
            writer.homes[value as usize] = Home::Item(column);
        }
        writer.begin_list(&list.uses);
        let mut turns: Vec<OpenLoop> = Vec::new();
        for (now, &value) in (0..).zip(&list.steps) {
            writer.now = now;
            match self.body.steps()[value as usize] {
                Step::Begin(times) => {
                    let number = list.loops.iter().position(|&(begin, _)| begin == now).unwrap_or_default();
                    let carried: Vec<Value> = list.steps[now as usize + 1..].to_vec();
                    let is_carried = |&value: &Value| matches!(self.body.steps()[value as usize], Step::Carried(_));
                    let carried: Vec<Value> = carried.into_iter().take_while(is_carried).collect();
                    turns.push(writer.begin_loop(times, number, &carried, list.loops[number].1));
                }
                Step::Again => {
                    if let Some(turn) = turns.pop() {
                        writer.end_loop(&turn, self.body.carried(value), self.body.rests(value));
                    }
                }
                Step::Store(column, stored) => {
                    writer.store_items(column, stored, self.loads.get(&column).copied());
                    writer.mark_read([stored].into_iter());
                }
                Step::Carried(_) | Step::Load(_) => {}
                step if list.uses[value as usize].is_empty() => writer.mark_read(step.arguments()),
                step => {
                    writer.lock_registers(step.arguments());
                    writer.operation(value, step);
                }
            }
            writer.end_step();
        }
    }
}

impl StepList {
    /// The list of these steps of `body`; `None` if a loop has no end.
    fn new(body: &Body, steps: Vec<Value>) -> Option<StepList> {
        // The steps of a list are in the order of the body.
        let place = |value: Value| steps.binary_search(&value).ok().map(|place| place as u32);
        let all = body.loops()?;
        let loops: Vec<(u32, u32)> =
            all.iter().filter_map(|&(begin, end)| Some((place(begin)?, place(end)?))).collect();
        let uses = uses(body, &steps, &loops);
        Some(StepList { steps, uses, loops })
    }
}

/// For each value, the places of the steps of `list` that read it, rising. A value from before a loop that is read in
/// it counts as read at the loop's end, too, since each turn reads it.
fn uses(body: &Body, list: &[Value], loops: &[(u32, u32)]) -> Vec<Vec<u32>> {
    let steps = body.steps();
    let mut uses: Vec<Vec<u32>> = vec![Vec::new(); steps.len()];
    let mut made: Vec<u32> = vec![0; steps.len()];
    let mut begin = 0;
    for (now, &value) in (0..).zip(list) {
        let step = steps[value as usize];
        made[value as usize] = now + 1;
        match step {
            Step::Begin(_) => begin = now,
            // The carried values are all read at the beginning of the loop.
            Step::Carried(start) => uses[start as usize].push(begin),
            Step::Again => body.carried(value).iter().for_each(|&(_, next)| uses[next as usize].push(now)),
            _ => step.arguments().for_each(|argument| uses[argument as usize].push(now)),
        }
    }
    for &(begin, end) in loops {
        for (uses, &made) in uses.iter_mut().zip(&made) {
            if made <= begin && uses.iter().any(|&at| begin < at && at <= end) {
                uses.push(end);
            }
        }
    }
    for uses in &mut uses {
        uses.sort_unstable();
        uses.dedup();
    }
    uses
}
