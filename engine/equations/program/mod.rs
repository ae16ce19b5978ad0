//! Programs: functions as instructions that go over columns of numbers, item by item of a population.
//!
//! `choices` removes compound conditions where it can. `select` finds the instructions, of which some do two operations
//! of the graph, rounding after each. `lower` allocates few slots for intermediate results, so that those of a tile
//! stay in the nearest cache. [`Program::run`] runs them. What may not live here: memory, vectors.

mod choices;
mod code;
mod lower;
mod select;

use crate::equations::{Function, Graph, Id, Op};
use crate::number::Number;
use crate::simd::Workspace;
use crate::simd::machine::Codes;
pub use code::{Code, Constant};
use lower::{Lowering, Place, Placed, Target};

/// An instruction; operands and result are places in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// What is done.
    pub code: Code,
    /// The bits of a shift; of [`Code::Begin`] the turns, of [`Code::Again`] the instruction to go back to.
    pub by: u32,
    /// The place of the result; of loop control the number of the loop.
    pub to: u32,
    /// The places of the operands; zero beyond their number.
    pub operands: [u32; 4],
}

/// A function as instructions. The places of its table are, in this order, its constants, its slots, the inputs, and
/// those outputs that are not written over an input.
///
/// ```
/// use neuropil::equations::{Program, Traced, trace};
/// use neuropil::number::Real;
///
/// let step = trace(vec!["V_m".into(), "input".into()], |x| vec![("V_m".into(), x[0] * Traced::of(0.5) + x[1])]);
/// let program = Program::step(&step, 0, 1);
/// let mut workspace = program.workspace::<f32>(Program::tile::<f32>());
/// let (mut v, input) = ([4.0; 7], [1.0; 7]);
/// let mut table = workspace.table(7);
/// table.write(&mut v);
/// table.read(&input);
/// program.run(&mut table);
/// assert_eq!(v, [3.0; 7]);
/// ```
#[derive(Debug, Clone)]
pub struct Program {
    instructions: Vec<Instruction>,
    constants: Vec<Constant>,
    slots: u32,
    loops: u32,
    columns: u32,
    /// Its machine code, made when it is first needed.
    codes: Codes,
}

impl PartialEq for Program {
    fn eq(&self, other: &Program) -> bool {
        self.instructions == other.instructions
            && self.constants == other.constants
            && (self.slots, self.loops, self.columns) == (other.slots, other.loops, other.columns)
    }
}

impl Eq for Program {}

impl Program {
    /// The program of `function`. `over` gives for each output the input over which it is written, or `None`; outputs
    /// beyond its end are written over none. No two outputs may be written over the same input. An input is read by all
    /// instructions before it is written over.
    pub fn new(function: &Function, over: &[Option<u32>]) -> Program {
        let inputs = function.inputs.len() as u32;
        let mut apart = 0;
        let targets: Vec<Target> = (0..function.outputs.len())
            .map(|output| match over.get(output).copied().flatten() {
                Some(input) => Target { place: Place::Input(input), over: Some(input) },
                None => {
                    apart += 1;
                    Target { place: Place::Output(apart - 1), over: None }
                }
            })
            .collect();
        let mut lowering = Lowering::default();
        let places: Vec<Place> = (0..inputs).map(Place::Input).collect();
        lowering.function(function, &places, &targets);
        let Lowering { instructions, constants, slots, loops, .. } = lowering;
        let first_input = constants.len() as u32 + slots;
        let place = |place: Place| match place {
            Place::Constant(k) => k,
            Place::Slot(k) => constants.len() as u32 + k,
            Place::Input(k) => first_input + k,
            Place::Output(k) => first_input + inputs + k,
        };
        let mut begun = vec![0; loops as usize];
        let mut all = Vec::new();
        for placed in &instructions {
            all.push(resolve_places(placed, all.len() as u32, &mut begun, place));
        }
        Program { instructions: all, slots, loops, columns: inputs + apart, constants, codes: Codes::default() }
    }

    /// The program of a step of a model with `state` state variables: they are inputs from place `first` on, and the
    /// first outputs, which are written over them.
    pub fn step(function: &Function, first: usize, state: usize) -> Program {
        let over: Vec<Option<u32>> = (0..state).map(|k| Some((first + k) as u32)).collect();
        Program::new(function, &over)
    }

    /// Its instructions, in the order in which they run but for loops.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// The constants, which are the first places of its table.
    pub fn constants(&self) -> &[Constant] {
        &self.constants
    }

    /// The place in its table of the first bound column.
    pub fn first_column(&self) -> usize {
        self.constants.len() + self.slots as usize
    }

    /// Its machine code, in each kind that has been asked for.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The number of its loops.
    pub fn loops(&self) -> usize {
        self.loops as usize
    }

    /// The number of columns to be bound to a table: the inputs, then the outputs that are not written over an input.
    pub fn columns(&self) -> usize {
        self.columns as usize
    }

    /// A workspace for running it over at most `max_items` items at once; [`Program::tile`] items are fastest.
    pub fn workspace<R: Number>(&self, max_items: usize) -> Workspace<R> {
        let constant = |&constant: &Constant| match constant {
            Constant::Number(bits) => R::of(f64::from_bits(bits)),
            Constant::Word(value) => R::of_bits(R::word(value)),
        };
        let constants: Vec<R> = self.constants.iter().map(constant).collect();
        Workspace::new(&constants, self.slots as usize, max_items)
    }

    /// The number of items that a program is best run over at once: 512 in `f32`, 256 in `f64`. With fewer, decoding
    /// instructions costs more than executing them; with more, intermediate results do not stay in the nearest cache.
    pub const fn tile<R>() -> usize {
        2048 / size_of::<R>()
    }
}

/// The instruction number `at`, with places of the table, which `place` gives. `begun` holds for each loop its first
/// instruction, to which its end goes back.
fn resolve_places(placed: &Placed, at: u32, begun: &mut [u32], place: impl Fn(Place) -> u32) -> Instruction {
    let mut operands = [0; 4];
    for (operand, &from) in operands.iter_mut().zip(&placed.operands) {
        *operand = place(from);
    }
    match (placed.code, placed.to) {
        (Code::Begin, Place::Slot(this)) => {
            begun[this as usize] = at + 1;
            Instruction { code: Code::Begin, by: placed.by, to: this, operands }
        }
        (Code::Again, Place::Slot(this)) => {
            Instruction { code: Code::Again, by: begun[this as usize], to: this, operands }
        }
        (Code::Rest, Place::Slot(this)) => Instruction { code: Code::Rest, by: 0, to: this, operands },
        (code, to) => Instruction { code, by: placed.by, to: place(to), operands },
    }
}

/// `reset` with the margin as one more input, the last: items whose margin is below zero keep their state. The state is
/// the last inputs of `reset` and all of its outputs.
pub fn masked(reset: &Function) -> Function {
    let mut function = reset.clone();
    let first = reset.inputs.len() - reset.outputs.len();
    let margin = function.graph.push(Op::Input(reset.inputs.len() as u32));
    function.inputs.push("margin".to_owned());
    let zero = function.graph.constant(0.0);
    let below = function.graph.push(Op::Above(zero, margin));
    for (k, (_, id)) in function.outputs.iter_mut().enumerate() {
        let old = function.graph.push(Op::Input((first + k) as u32));
        if *id != old {
            *id = function.graph.push(Op::Choose(below, old, *id));
        }
    }
    function
}

/// A step and, of items whose margin is not below zero, the reset behind it: the state, and last the margin, which `step` gives
/// last.
pub fn with_reset(step: &Function, reset: &Function) -> Function {
    let (fields, inputs) = (reset.outputs.len(), step.inputs.len());
    let derived = reset.inputs.len() - fields;
    let mut graph = Graph::default();
    let inputs: Vec<Id> = (0..inputs).map(|place| graph.push(Op::Input(place as u32))).collect();
    let state = step.call(&mut graph, &inputs);
    let given: Vec<Id> = inputs[..derived].iter().chain(&state).copied().collect();
    let after = masked(reset).call(&mut graph, &given);
    let names = step.outputs.iter().map(|(name, _)| name.clone());
    let outputs = names.zip(after.into_iter().chain(state.last().copied())).collect();
    Function { inputs: step.inputs.clone(), graph, outputs }.pruned()
}
