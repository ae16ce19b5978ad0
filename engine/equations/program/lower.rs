//! Allocates places for values: each instruction gets places for its operands and its result.

use std::collections::HashSet;

use crate::equations::graph::ById;
use crate::equations::program::choices::by_comparisons;
use crate::equations::program::code::{Code, Constant};
use crate::equations::program::select::{Draft, Operand, Selection, operand};
use crate::equations::{Function, Id, Op, Repeat};
use crate::simd::machine::find_or_push;

/// The place of a number in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// That of an input of the program.
    Input(u32),
    /// That of an output that is not written over an input.
    Output(u32),
    /// That of a constant.
    Constant(u32),
    /// That of an intermediate result, see [`Workspace`](crate::simd::Workspace).
    Slot(u32),
}

/// An instruction whose operands and result have places; see [`Instruction`](super::Instruction).
#[derive(Debug, Clone)]
pub struct Placed {
    /// What is done.
    pub code: Code,
    /// The bits of a shift, or the turns of a loop.
    pub by: u32,
    /// The place of the result; of loop control the number of the loop, as a slot.
    pub to: Place,
    /// The places of the operands.
    pub operands: Vec<Place>,
}

/// Where an output of a function goes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its place.
    pub place: Place,
    /// The input whose place that is, if it is one's.
    pub over: Option<u32>,
}

/// A program that is being made, repetitions included.
#[derive(Debug, Default)]
pub struct Lowering {
    /// The instructions so far.
    pub instructions: Vec<Placed>,
    /// The constants that they read.
    pub constants: Vec<Constant>,
    /// How many slots there are.
    pub slots: u32,
    /// How many loops there are.
    pub loops: u32,
    /// Slots that hold nothing needed any more.
    free: Vec<u32>,
}

/// The places of the values of one function.
struct Scope<'a> {
    function: &'a Function,
    /// For each value, the last draft that reads it; for outputs one behind all drafts.
    last: ById<usize>,
    /// The places of the values that have been made.
    places: ById<Place>,
    /// For each value whose slot is to be freed after its last use, that slot.
    own: ById<u32>,
}

impl Lowering {
    /// Appends the instructions of a function from inputs at the places `inputs` to outputs at `targets`. An input over
    /// which an output is written is read by all instructions before that.
    pub fn function(&mut self, function: &Function, inputs: &[Place], targets: &[Target]) {
        let function = &by_comparisons(&function.pruned());
        let drafts = Selection::of(function);
        let mut scope =
            Scope { function, last: last_reads(function, &drafts), places: ById::default(), own: ById::default() };
        for (id, op) in function.graph.ops().iter().enumerate() {
            if let Op::Input(place) = *op {
                scope.places.insert(id as Id, inputs[place as usize]);
            }
        }
        let direct = scope.direct_targets(&drafts, targets);
        for (time, draft) in drafts.iter().enumerate() {
            match draft {
                Draft::Instruction { id, code, by, operands } => {
                    let places = operands.iter().map(|&operand| self.place(&scope, operand)).collect();
                    self.release_slots(&mut scope, operands, time);
                    let to = direct.get(id).map(|&output| targets[output].place);
                    let to = to.unwrap_or_else(|| self.own_slot(&mut scope, *id));
                    scope.places.insert(*id, to);
                    self.instructions.push(Placed { code: *code, by: *by, to, operands: places });
                }
                Draft::Repeat(id, place) => {
                    self.repeat(&mut scope, *id, &function.graph.repeats()[*place as usize], time);
                }
            }
        }
        let written: HashSet<usize> = direct.into_values().collect();
        self.copy_outputs(&scope, targets, &written);
        let mut slots: Vec<u32> = scope.own.into_values().collect();
        slots.sort_unstable();
        self.free.extend(slots);
    }

    /// Appends copies for the outputs, other than those in `written`, that no instruction has written to their targets.
    /// Inputs that become outputs are read before any of them is written over.
    fn copy_outputs(&mut self, scope: &Scope<'_>, targets: &[Target], written: &HashSet<usize>) {
        let (mut moves, mut between) = (Vec::new(), Vec::new());
        for (output, target) in targets.iter().enumerate().filter(|(output, _)| !written.contains(output)) {
            let operand = operand(scope.function, scope.function.outputs[output].1);
            let mut from = self.place(scope, operand);
            if from == target.place {
                continue;
            }
            if targets.iter().any(|target| target.place == from) && scope.is_input(operand) {
                let slot = self.free_slot();
                between.push(slot);
                self.copy(from, Place::Slot(slot));
                from = Place::Slot(slot);
            }
            moves.push((from, target.place));
        }
        for (from, to) in moves {
            self.copy(from, to);
        }
        self.free.extend(between);
    }

    /// Appends a repetition, the value `id` of draft `time`: it carries values in slots of its own, over which its body
    /// writes.
    fn repeat(&mut self, scope: &mut Scope<'_>, id: Id, repeat: &Repeat, time: usize) {
        let start: Vec<Operand> = repeat.start.iter().map(|&id| operand(scope.function, id)).collect();
        let fixed: Vec<Operand> = repeat.fixed.iter().map(|&id| operand(scope.function, id)).collect();
        let mut carried = Vec::new();
        for &value in &start {
            let slot = self.free_slot();
            let from = self.place(scope, value);
            self.copy(from, Place::Slot(slot));
            carried.push(slot);
        }
        let mut inputs: Vec<Place> = carried.iter().map(|&slot| Place::Slot(slot)).collect();
        let target = |(k, &place): (usize, &Place)| Target { place, over: Some(k as u32) };
        let targets: Vec<Target> = inputs.iter().enumerate().map(target).collect();
        inputs.extend(fixed.iter().map(|&value| self.place(scope, value)));
        let this = self.loops;
        self.loops += 1;
        let mark = |code, by, operands| Placed { code, by, to: Place::Slot(this), operands };
        self.instructions.push(mark(Code::Begin, repeat.times, Vec::new()));
        self.function(&repeat.body, &inputs, &targets);
        if let Some(k) = repeat.rests {
            self.instructions.push(mark(Code::Rest, 0, vec![Place::Slot(carried[k as usize])]));
        }
        self.instructions.push(mark(Code::Again, 0, Vec::new()));
        self.release_slots(scope, &start, time);
        self.release_slots(scope, &fixed, time);
        for (k, slot) in carried.into_iter().enumerate() {
            match scope.result_value(id, k as u32) {
                Some(result) => {
                    scope.places.insert(result, Place::Slot(slot));
                    scope.own.insert(result, slot);
                }
                None => self.free.push(slot),
            }
        }
    }

    /// Appends an instruction that copies a value from one place to another.
    fn copy(&mut self, from: Place, to: Place) {
        self.instructions.push(Placed { code: Code::Copy, by: 0, to, operands: vec![from] });
    }

    /// A slot that holds nothing needed any more, or a new one.
    fn free_slot(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.slots += 1;
            self.slots - 1
        })
    }

    /// A slot for the value `id`, to be freed after its last use.
    fn own_slot(&mut self, scope: &mut Scope<'_>, id: Id) -> Place {
        let slot = self.free_slot();
        scope.own.insert(id, slot);
        Place::Slot(slot)
    }

    /// Frees the slots of operands that draft `time` reads for the last time.
    fn release_slots(&mut self, scope: &mut Scope<'_>, operands: &[Operand], time: usize) {
        for operand in operands {
            if let Operand::Value(id) = operand
                && scope.last.get(id) == Some(&time)
            {
                self.free.extend(scope.own.remove(id));
            }
        }
    }

    /// The place of an operand; constants get theirs at their first use.
    fn place(&mut self, scope: &Scope<'_>, operand: Operand) -> Place {
        match operand {
            Operand::Value(id) => scope.places[&id],
            Operand::Constant(constant) => Place::Constant(find_or_push(&mut self.constants, constant)),
        }
    }
}

impl Scope<'_> {
    /// Whether an operand is an input of the function.
    fn is_input(&self, operand: Operand) -> bool {
        matches!(operand, Operand::Value(id) if matches!(self.function.graph.ops()[id as usize], Op::Input(_)))
    }

    /// The value that is result `k` of a repetition, if something reads it.
    fn result_value(&self, repeat: Id, k: u32) -> Option<Id> {
        let place = self.function.graph.ops().iter().position(|&op| op == Op::Result(repeat, k));
        place.map(|place| place as Id).filter(|id| self.last.contains_key(id))
    }

    /// The values that can be written to the target of an output, given by its place, as soon as they are made: nothing
    /// reads what is there any more.
    fn direct_targets(&self, drafts: &[Draft], targets: &[Target]) -> ById<usize> {
        let mut direct = ById::default();
        let mut made = ById::default();
        for (time, draft) in drafts.iter().enumerate() {
            if let Draft::Instruction { id, .. } = draft {
                made.insert(*id, time);
            }
        }
        // For each input, the last draft that reads it.
        let mut read: ById<usize> = ById::default();
        for (id, op) in self.function.graph.ops().iter().enumerate() {
            if let (Op::Input(place), Some(&time)) = (*op, self.last.get(&(id as Id))) {
                read.insert(place, time);
            }
        }
        for (output, target) in targets.iter().enumerate() {
            let Operand::Value(id) = operand(self.function, self.function.outputs[output].1) else { continue };
            let Some(&time) = made.get(&id) else { continue };
            let free = target.over.and_then(|input| read.get(&input)).is_none_or(|&last| last <= time);
            if free {
                direct.entry(id).or_insert(output);
            }
        }
        direct
    }
}

/// For each value, the last draft that reads it; outputs are read after all drafts.
fn last_reads(function: &Function, drafts: &[Draft]) -> ById<usize> {
    let mut last = ById::default();
    let mut read = |operand: Operand, time: usize| {
        if let Operand::Value(id) = operand {
            last.insert(id, time);
        }
    };
    for (time, draft) in drafts.iter().enumerate() {
        match draft {
            Draft::Instruction { operands, .. } => operands.iter().for_each(|&operand| read(operand, time)),
            Draft::Repeat(id, _) => {
                function.graph.arguments(*id).for_each(|id| read(operand(function, id), time));
            }
        }
    }
    for &(_, id) in &function.outputs {
        read(operand(function, id), drafts.len());
    }
    last
}
