//! Derivatives of functions, as functions: adjoints (reverse mode) and tangents (forward mode), exact but for rounding.
//!
//! A comparison has no derivative; what it chooses has. [`Op::Spike`] has that of its [`Surrogate`]. Words have none,
//! and a wanted input that flows into one is refused. A derivative is a graph like any other, so whatever plays a
//! function plays its derivatives too.

mod adjoint;
mod repeat;
mod step;
mod surrogate;
mod tangent;

pub use adjoint::adjoint;
pub use step::whole_step;
pub use surrogate::Surrogate;
pub use tangent::tangent;

use super::graph::{Function, Id, Op, Repeat};
use crate::error::{Error, Result};

/// A wanted input, by its place, on which a value depends through numbers, not through comparisons; `None` if there is
/// none.
type Dependence = Option<u32>;

/// Which values of a function depend on wanted inputs.
struct Activity {
    /// For each value.
    values: Vec<Dependence>,
    /// For each repetition, that within it.
    repeats: Vec<Option<Repeated>>,
}

/// Which values within a repetition depend on wanted inputs.
struct Repeated {
    /// For each input of its body: carried values, and then fixed ones.
    inputs: Vec<Dependence>,
    /// For the values of its body.
    body: Activity,
}

impl Activity {
    /// Which values of `function` depend on wanted inputs, where its inputs depend on them as `inputs` says.
    ///
    /// # Errors
    /// The wanted input that flows into a word.
    fn new(function: &Function, inputs: &[Dependence]) -> Result<Activity, u32> {
        let graph = &function.graph;
        let mut values: Vec<Dependence> = Vec::with_capacity(graph.ops().len());
        let mut repeats: Vec<Option<Repeated>> = graph.repeats().iter().map(|_| None).collect();
        for (id, op) in graph.ops().iter().enumerate() {
            let dependence = match *op {
                Op::Input(place) => inputs[place as usize],
                Op::Above(..) | Op::And(..) | Op::Or(..) | Op::Not(_) => None,
                Op::Choose(_, yes, no) => values[yes as usize].or(values[no as usize]),
                Op::Bits(a) => match values[a as usize] {
                    Some(input) => return Err(input),
                    None => None,
                },
                Op::Repeat(place) => {
                    let given = graph.arguments(id as Id).map(|a| values[a as usize]).collect();
                    let found = repeated(&graph.repeats()[place as usize], given)?;
                    let any = found.inputs.iter().find_map(|&dependence| dependence);
                    repeats[place as usize] = Some(found);
                    any
                }
                Op::Result(repeat, k) => match graph.ops()[repeat as usize] {
                    Op::Repeat(place) => repeats[place as usize].as_ref().and_then(|r| r.inputs[k as usize]),
                    _ => None,
                },
                _ => op.arguments().find_map(|a| values[a as usize]),
            };
            values.push(dependence);
        }
        Ok(Activity { values, repeats })
    }

    /// Whether a value depends on a wanted input.
    fn is_active(&self, id: Id) -> bool {
        self.values[id as usize].is_some()
    }

    /// The activity within the repetition at `place` whose value is `id`, if that depends on a wanted input.
    fn repeated(&self, id: Id, place: u32) -> Option<&Repeated> {
        self.repeats[place as usize].as_ref().filter(|_| self.is_active(id))
    }
}

/// The activity within a repetition whose start and fixed values depend on wanted inputs as `inputs` says. A carried
/// value depends on what its start depends on, and on whatever an earlier turn has made it of.
///
/// # Errors
/// The wanted input that flows into a word.
fn repeated(repeat: &Repeat, mut inputs: Vec<Dependence>) -> Result<Repeated, u32> {
    loop {
        let body = Activity::new(&repeat.body, &inputs)?;
        let mut grown = false;
        for (k, (_, id)) in repeat.body.outputs.iter().enumerate() {
            if inputs[k].is_none() && body.is_active(*id) {
                inputs[k] = body.values[*id as usize];
                grown = true;
            }
        }
        if !grown {
            return Ok(Repeated { inputs, body });
        }
    }
}

/// Which values of `function` depend on the inputs at the places `wanted`.
fn activity(function: &Function, wanted: &[usize]) -> Result<Activity> {
    let count = function.inputs.len();
    let mut inputs = vec![None; count];
    for &place in wanted {
        let problem = match inputs.get(place) {
            None => format!("there is no input {place}: the function has {count}, counted from 0"),
            Some(Some(_)) => format!("input {place} is asked for twice: name each once"),
            Some(None) => {
                inputs[place] = Some(place as u32);
                continue;
            }
        };
        return Err(no_derivative("derivative", problem));
    }
    Activity::new(function, &inputs).map_err(|input| {
        let name = &function.inputs[input as usize];
        let problem = "it flows into the bits of a number, which have no derivative; \
                       use exp, ln, sqrt and + - * / on its way, or do not ask for this derivative";
        no_derivative(&format!("derivative by {name}"), problem.to_owned())
    })
}

/// The error of a function that has no derivative here.
fn no_derivative(place: &str, problem: String) -> Error {
    Error::invalid(place, problem)
}
