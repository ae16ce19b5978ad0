//! Where values are kept: each instruction gets places for its operands and its result.

use std::collections::{HashMap, HashSet};

use crate::equations::program::choices::by_comparisons;
use crate::equations::program::code::{Code, Constant};
use crate::equations::program::select::{Draft, Operand, Selection, operand};
use crate::equations::{Function, Id, Op, Repeat};

/// Where a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// An input of the program.
    Input(u32),
    /// An output of the program.
    Output(u32),
    /// A constant.
    Constant(u32),
    /// A slot.
    Slot(u32),
}

/// An instruction whose operands and result have a place.
#[derive(Debug, Clone)]
pub struct Placed {
    pub code: Code,
    pub by: u32,
    pub to: Place,
    pub operands: Vec<Place>,
}

/// An output of a function: its place, and the input whose place that is.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub place: Place,
    pub over: Option<u32>,
}

/// What is known so far of a program, repetitions included.
#[derive(Debug, Default)]
pub struct Lowering {
    pub instructions: Vec<Placed>,
    pub constants: Vec<Constant>,
    pub slots: u32,
    pub loops: u32,
    free: Vec<u32>,
}

/// Where the values of one function are.
struct Scope<'a> {
    function: &'a Function,
    /// The last draft that reads a value; beyond all for outputs.
    last: HashMap<Id, usize>,
    places: HashMap<Id, Place>,
    /// Slots that values of this function alone are in.
    own: HashMap<Id, u32>,
}

impl Lowering {
    /// The instructions of a function, from inputs at some places to its outputs. An input over which an output is
    /// written is read before that.
    pub fn function(&mut self, function: &Function, inputs: &[Place], targets: &[Target]) {
        let function = &by_comparisons(&function.pruned());
        let drafts = Selection::of(function);
        let mut scope =
            Scope { function, last: last_reads(function, &drafts), places: HashMap::new(), own: HashMap::new() };
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

    /// Outputs that no instruction has written where they belong. Inputs that are passed on are read before any of them
    /// is written over.
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

    /// A repetition: what it carries lies in slots of its own, over which its body writes.
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

    /// A slot for the result of an instruction, freed after its last use.
    fn own_slot(&mut self, scope: &mut Scope<'_>, id: Id) -> Place {
        let slot = self.free_slot();
        scope.own.insert(id, slot);
        Place::Slot(slot)
    }

    /// Frees the slots of operands that are read for the last time.
    fn release_slots(&mut self, scope: &mut Scope<'_>, operands: &[Operand], time: usize) {
        for operand in operands {
            if let Operand::Value(id) = operand
                && scope.last.get(id) == Some(&time)
            {
                self.free.extend(scope.own.remove(id));
            }
        }
    }

    /// Where an operand lies; constants get their place at their first use and are kept once.
    fn place(&mut self, scope: &Scope<'_>, operand: Operand) -> Place {
        match operand {
            Operand::Value(id) => scope.places[&id],
            Operand::Constant(constant) => {
                let known = self.constants.iter().position(|&known| known == constant);
                Place::Constant(known.unwrap_or_else(|| {
                    self.constants.push(constant);
                    self.constants.len() - 1
                }) as u32)
            }
        }
    }
}

impl Scope<'_> {
    /// Whether an operand is an input, which lies outside the slots.
    fn is_input(&self, operand: Operand) -> bool {
        matches!(operand, Operand::Value(id) if matches!(self.function.graph.ops()[id as usize], Op::Input(_)))
    }

    /// The value of a result of a repetition, if something reads it.
    fn result_value(&self, repeat: Id, k: u32) -> Option<Id> {
        let place = self.function.graph.ops().iter().position(|&op| op == Op::Result(repeat, k));
        place.map(|place| place as Id).filter(|id| self.last.contains_key(id))
    }

    /// Values that are written where an output belongs as they are made: nothing reads what lies there any more.
    fn direct_targets(&self, drafts: &[Draft], targets: &[Target]) -> HashMap<Id, usize> {
        let mut direct = HashMap::new();
        let mut made = HashMap::new();
        for (time, draft) in drafts.iter().enumerate() {
            if let Draft::Instruction { id, .. } = draft {
                made.insert(*id, time);
            }
        }
        // The last reading of an input, by its place.
        let mut read: HashMap<u32, usize> = HashMap::new();
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

/// Which draft reads each value last; outputs are read after all.
fn last_reads(function: &Function, drafts: &[Draft]) -> HashMap<Id, usize> {
    let mut last = HashMap::new();
    let mut read = |operand: Operand, time: usize| {
        if let Operand::Value(id) = operand {
            last.insert(id, time);
        }
    };
    for (time, draft) in drafts.iter().enumerate() {
        match draft {
            Draft::Instruction { operands, .. } => operands.iter().for_each(|&operand| read(operand, time)),
            Draft::Repeat(id, _) => {
                function.graph.arguments(*id).into_iter().for_each(|id| read(operand(function, id), time));
            }
        }
    }
    for &(_, id) in &function.outputs {
        read(operand(function, id), drafts.len());
    }
    last
}
