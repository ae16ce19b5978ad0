//! A body as instructions: what all items share is made once, then the vectors of items are gone over one after the other, and
//! what does not fill one at the end.

use std::collections::HashMap;

use crate::simd::Vectors;
use crate::simd::machine::assembler::{ANY, Assembler, END, MASK, OFFSET, When};
use crate::simd::machine::body::{Body, SECOND, Step, Value};
use crate::simd::machine::turns::Turn;
use crate::simd::machine::writer::{Described, Home, REST, Writer};

/// No more steps are translated: distances shall be short, and instructions stay in the cache.
const MOST_STEPS: usize = 20_000;

/// For longer bodies not much is tried: it takes its time, and registers are short whatever is done.
const LONG: usize = 1000;

/// Instructions, and the bytes of the frame that they need.
#[derive(Debug)]
pub struct Translated {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Of the frame.
    pub frame: usize,
}

/// Steps of a body that are done one after the other.
struct List {
    steps: Vec<Value>,
    /// Which of them read each value.
    uses: Vec<Vec<u32>>,
    /// Of each loop, where in the list it begins and ends.
    loops: Vec<(u32, u32)>,
}

/// What does not depend on how registers are shared out.
struct Sketch<'a> {
    body: &'a Body,
    level: Vectors,
    width: usize,
    described: Described,
    /// What is done once for all items.
    once: List,
    /// What is done with a vector of items, and with two side by side where that is worth it.
    one: List,
    two: Option<List>,
    /// What columns have for the item, as values.
    loads: HashMap<u32, Value>,
    /// Columns that are read or written item by item, those first that are so most often.
    columns: Vec<u32>,
}

/// A body as instructions; none for what no instructions are made of.
pub fn translate(body: &Body, level: Vectors, width: usize, described: Described) -> Option<Translated> {
    let best = |sketch: &Sketch<'_>| {
        // As many constants stay in registers as are worth it: of what is tried, that which has least to do with memory.
        let most = if level == Vectors::Avx512 { 24 } else { 6 };
        let counts: &[usize] = if body.steps().len() > LONG { &[most / 3] } else { &[0, most / 3, 2 * most / 3, most] };
        let tried = counts.iter().map(|&pinned| sketch.written(pinned));
        tried.min_by_key(|(touched, _)| *touched)
    };
    let (touched, one) = best(&Sketch::new(body, level, width, described, None)?)?;
    // A step waits for the one before: two vectors side by side take little longer than one, if there are registers for both.
    let (twice, second) = body.twice();
    let sketch = Sketch::new(&twice, level, width, described, Some(&second));
    let two = sketch.as_ref().and_then(best).filter(|(both, _)| 4 * both <= 9 * touched + 16);
    Some(two.map_or(one, |(_, two)| two))
}

impl<'a> Sketch<'a> {
    /// Of a body in which some steps, if so, are those of a second vector.
    fn new(
        body: &'a Body,
        level: Vectors,
        width: usize,
        described: Described,
        second: Option<&[bool]>,
    ) -> Option<Sketch<'a>> {
        let steps = body.steps();
        let shared = body.shared();
        if steps.len() > MOST_STEPS {
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
        let one = List::new(body, each.iter().copied().filter(first).collect())?;
        let two = if second.is_some() { Some(List::new(body, each)?) } else { None };
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
        let mut once = List::new(body, once)?;
        // What is read for each item has to last to the end.
        for &value in once.steps.iter().filter(|&&value| !all.uses[value as usize].is_empty()) {
            once.uses[value as usize].push(once.steps.len() as u32);
        }
        Some(Sketch { body, level, width, described, once, one, two, loads, columns })
    }

    /// What is done with as many vectors of items as there are at most.
    fn most(&self) -> &List {
        self.two.as_ref().unwrap_or(&self.one)
    }

    /// With so many values that all items share in registers throughout; how often memory is touched at a time.
    fn written(&self, pinned: usize) -> (usize, Translated) {
        let loops = self.one.loops.len();
        let mut writer = Writer::new(self.body, self.level, self.width, self.described, loops);
        let pushed = writer.enter(&self.columns);
        self.shared(&mut writer);
        writer.region(self.most().uses.clone());
        for value in self.worth_pinning().into_iter().take(pinned) {
            writer.pin(value);
        }
        let bytes = Assembler::vector_bytes(self.level) as i32;
        let before = writer.code.touched;
        let mut touched = 0;
        if let Some(two) = &self.two {
            let (head, out) = (writer.code.label(), writer.code.label());
            writer.code.align();
            writer.code.here(head);
            writer.code.copy_general(ANY, OFFSET);
            writer.code.add(ANY, 2 * bytes);
            writer.code.compare(ANY, END);
            writer.code.jump(When::Above, out);
            self.items(&mut writer, two);
            writer.code.add(OFFSET, 2 * bytes);
            writer.code.jump(When::Always, head);
            writer.code.here(out);
            touched = writer.code.touched - before;
        }
        let (items, rest, done) = (writer.code.label(), writer.code.label(), writer.code.label());
        writer.code.compare(OFFSET, END);
        writer.code.jump(When::Zero, rest);
        writer.code.align();
        writer.code.here(items);
        self.items(&mut writer, &self.one);
        if self.two.is_none() {
            touched = writer.code.touched - before;
        }
        writer.code.add(OFFSET, bytes);
        writer.code.compare(OFFSET, END);
        writer.code.jump(When::Below, items);
        writer.code.here(rest);
        writer.code.test(MASK);
        writer.code.jump(When::Zero, done);
        if self.level == Vectors::Avx512 {
            writer.code.copy_general(ANY, MASK);
            writer.code.mask(REST, ANY);
        }
        writer.some = true;
        self.items(&mut writer, &self.one);
        writer.code.here(done);
        pushed.iter().rev().for_each(|&register| writer.code.pop(register));
        writer.code.give_back();
        let frame = writer.frame();
        let constants = std::mem::take(&mut writer.constants);
        (touched, Translated { bytes: writer.code.finish(&constants), frame })
    }

    /// What all items share: constants get their places, and what is made of them is made.
    fn shared(&self, writer: &mut Writer<'_>) {
        for (value, step) in self.body.steps().iter().enumerate() {
            writer.homes[value] = match *step {
                Step::Number(bits) => writer.constant(bits),
                Step::Same(column) => Home::Shared(column),
                _ => continue,
            };
        }
        writer.region(self.once.uses.clone());
        for (now, &value) in (0..).zip(&self.once.steps) {
            writer.now = now;
            let step = self.body.steps()[value as usize];
            match step {
                Step::Same(_) => {
                    // There is no operand of this kind: it is brought into all lanes once.
                    let home = writer.homes[value as usize];
                    let register = writer.result(value, step);
                    writer.load(register, home);
                    writer.homes[value as usize] = Home::Nowhere;
                }
                _ if self.once.uses[value as usize].is_empty() => {}
                _ => {
                    writer.lock(step.arguments());
                    writer.operation(value, step);
                }
            }
            writer.unlock();
            if self.once.uses[value as usize].is_empty() {
                writer.release(value);
            }
        }
        for &value in self.once.steps.iter().filter(|&&value| !self.most().uses[value as usize].is_empty()) {
            if let Some(register) = writer.register(value) {
                writer.keep(value, register);
            }
            if let Home::Slot(slot) = writer.homes[value as usize] {
                writer.kept[slot as usize] = true;
            }
        }
    }

    /// Values that all items share, those first that are read most often.
    fn worth_pinning(&self) -> Vec<Value> {
        let shared = self.body.shared();
        let reads = |value: Value| self.most().uses[value as usize].len();
        let all = (0..shared.len() as Value).filter(|&value| shared[value as usize] && reads(value) > 0);
        let mut all: Vec<Value> = all.collect();
        all.sort_by_key(|&value| std::cmp::Reverse(reads(value)));
        all
    }

    /// The steps of a list.
    fn items(&self, writer: &mut Writer<'_>, list: &List) {
        list.steps.iter().for_each(|&value| writer.homes[value as usize] = Home::Nowhere);
        for (&column, &value) in &self.loads {
            writer.homes[value as usize] = Home::Item(column);
        }
        writer.region(list.uses.clone());
        let mut turns: Vec<Turn> = Vec::new();
        for (now, &value) in (0..).zip(&list.steps) {
            writer.now = now;
            match self.body.steps()[value as usize] {
                Step::Begin(times) => {
                    let number = list.loops.iter().position(|&(begin, _)| begin == now).unwrap_or_default();
                    let carried: Vec<Value> = list.steps[now as usize + 1..].to_vec();
                    let is_carried = |&value: &Value| matches!(self.body.steps()[value as usize], Step::Carried(_));
                    let carried: Vec<Value> = carried.into_iter().take_while(is_carried).collect();
                    turns.push(writer.begin(times, number, &carried, list.loops[number].1));
                }
                Step::Again => {
                    if let Some(turn) = turns.pop() {
                        writer.again(&turn, self.body.carried(value), self.body.rests(value));
                    }
                }
                Step::Store(column, stored) => {
                    writer.store_item(column, stored, self.loads.get(&column).copied());
                    writer.read([stored].into_iter());
                }
                Step::Carried(_) | Step::Load(_) => {}
                step if list.uses[value as usize].is_empty() => writer.read(step.arguments()),
                step => {
                    writer.lock(step.arguments());
                    writer.operation(value, step);
                }
            }
            writer.unlock();
        }
    }
}

impl List {
    /// Of these steps; none if a loop has no end.
    fn new(body: &Body, steps: Vec<Value>) -> Option<List> {
        let place: HashMap<Value, u32> = steps.iter().copied().zip(0..).collect();
        let all = body.loops()?;
        let loops: Vec<(u32, u32)> =
            all.iter().filter_map(|(begin, end)| Some((*place.get(begin)?, *place.get(end)?))).collect();
        let uses = uses(body, &steps, &loops);
        Some(List { steps, uses, loops })
    }
}

/// For each value, which steps of a list read it. A value from before a loop that is read in it is so in each turn.
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
            // All at the beginning.
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
