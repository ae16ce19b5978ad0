//! Functions as instructions that go over columns of numbers, one item of a population beside the other.
//!
//! `choices` does away with truths where it can, `select` finds the instructions, of which some do two operations of the
//! graph, rounding after each; `lower` keeps the values between them in few slots, so that those of a tile stay in the nearest
//! cache; [`Program::run`] plays them. What may not live here: memory, vectors.

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
    /// Bits of a shift; of a loop, how often, or back to which instruction.
    pub by: u32,
    /// Where the result goes; of a loop, which it is.
    pub to: u32,
    /// The operands; those it has none of are zero.
    pub operands: [u32; 4],
}

/// A function as instructions. The places of its table are its constants, its slots, the inputs, and those outputs that are not
/// written over an input.
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
    /// The machine code of what it says, made as it is needed.
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
    /// A function as instructions. `over` says for each output over which input it is written, if over one; for what is beyond
    /// its end, over none. No two may be written over the same, and an input is read by all before it is written over.
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

    /// A step of a model: its state comes after `first` other inputs, and first of the outputs, which are written over it.
    pub fn step(function: &Function, first: usize, state: usize) -> Program {
        let over: Vec<Option<u32>> = (0..state).map(|k| Some((first + k) as u32)).collect();
        Program::new(function, &over)
    }

    /// The instructions.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// Numbers that all items share, which are the first places of its table.
    pub fn constants(&self) -> &[Constant] {
        &self.constants
    }

    /// The place of the first column that is bound.
    pub fn first_column(&self) -> usize {
        self.constants.len() + self.slots as usize
    }

    /// Its machine code.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// How many loops there are.
    pub fn loops(&self) -> usize {
        self.loops as usize
    }

    /// How many columns are to be bound: the inputs, then the outputs that are not written over one.
    pub fn columns(&self) -> usize {
        self.columns as usize
    }

    /// Room to run it over at most so many items at once. As many as [`Program::tile`] says are fastest.
    pub fn workspace<R: Number>(&self, most: usize) -> Workspace<R> {
        let constant = |&constant: &Constant| match constant {
            Constant::Number(bits) => R::of(f64::from_bits(bits)),
            Constant::Word(value) => R::of_bits(R::word(value)),
        };
        let constants: Vec<R> = self.constants.iter().map(constant).collect();
        Workspace::new(&constants, self.slots as usize, most)
    }

    /// Items that are best run over at once: 512 in `f32`, 256 in `f64`. With fewer, finding out what to do costs more than
    /// doing it; with more, what is in between does not stay in the nearest cache.
    pub const fn tile<R>() -> usize {
        2048 / size_of::<R>()
    }
}

/// The instruction with columns of the table for its places; the end of a loop gets the loop's beginning.
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

/// A reset of items whose margin is not below zero, which comes as a last input; the others keep their state, which is the
/// last of the inputs of `reset` and all of its outputs.
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
