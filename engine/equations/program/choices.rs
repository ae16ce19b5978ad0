//! Turns choices by compound conditions into nested choices by single comparisons, which need no column for a truth.

use crate::equations::{Function, Graph, Id, Op};

/// The same function, where a choice by "a and b" is a choice by b within one by a, and so on for "or" and "not". A
/// compound condition that has other uses, too, stays as it is.
pub fn by_comparisons(function: &Function) -> Function {
    let ops = function.graph.ops();
    let mut uses = vec![0; ops.len()];
    for id in 0..ops.len() {
        for argument in function.graph.arguments(id as Id) {
            uses[argument as usize] += 1;
        }
    }
    let mut choices = Choices { ops, uses, graph: Graph::default(), new: Vec::new() };
    for (id, &op) in ops.iter().enumerate() {
        let new = match op {
            Op::Choose(which, yes, no) => {
                let [yes, no] = [yes, no].map(|id| choices.new[id as usize]);
                choices.choose_branch(which, yes, no)
            }
            _ => choices.graph.copy(&function.graph, id as Id, &choices.new),
        };
        choices.new.push(new);
    }
    let outputs = function.outputs.iter().map(|(name, id)| (name.clone(), choices.new[*id as usize])).collect();
    Function { inputs: function.inputs.clone(), graph: choices.graph, outputs }.pruned()
}

/// A function that is being rewritten.
struct Choices<'a> {
    /// The operations of the old graph.
    ops: &'a [Op],
    /// For each of them, how many others read it.
    uses: Vec<u32>,
    /// The new graph.
    graph: Graph,
    /// For each value of the old graph, its value in the new one.
    new: Vec<Id>,
}

impl Choices<'_> {
    /// The choice between two values of the new graph by the truth `which` of the old one.
    fn choose_branch(&mut self, which: Id, yes: Id, no: Id) -> Id {
        let alone = self.uses[which as usize] == 1;
        match self.ops[which as usize] {
            Op::Not(which) => self.choose_branch(which, no, yes),
            Op::And(a, b) if alone => {
                let both = self.choose_branch(b, yes, no);
                self.choose_branch(a, both, no)
            }
            Op::Or(a, b) if alone => {
                let other = self.choose_branch(b, yes, no);
                self.choose_branch(a, yes, other)
            }
            _ => self.graph.push(Op::Choose(self.new[which as usize], yes, no)),
        }
    }
}
