//! Models played by their equations: every spike and state is that of the Rust.

use std::sync::Arc;

use neuropil::equations::{Function, Op};
use neuropil::models::{Equations, Model};
use neuropil::prelude::*;
use neuropil::tile::Programs;

use crate::support::altered::Altered;
use crate::support::neurons::{outcome, random_of};

/// A model without its Rust.
fn by_equations(inner: &Arc<dyn Model>, equations: &Equations) -> Arc<dyn Model> {
    let programs = Programs::new(inner.declaration(), equations);
    Arc::new(Altered { programs: Some(programs), ..Altered::new(inner) })
}

#[test]
fn models_by_their_equations_are_the_same_as_in_rust() {
    for model in neuropil::models::native() {
        let name = model.declaration().name;
        let played = random_of(&by_equations(&model, model.equations()));
        let native = random_of(&model);
        for device in [Device::cpu().threads(1), Device::cpu().threads(2).precision(Precision::F64)] {
            let expected = outcome(&native, device.clone(), 40.0);
            assert!(!expected.0.is_empty(), "{name} is silent");
            assert!(outcome(&played, device, 40.0) == expected, "{name}");
        }
    }
}

/// With the sides of its last sum in the other order, where there is a sum of sums.
fn reordered(function: &Function) -> Function {
    let mut changed = function.clone();
    let ops = function.graph.ops();
    let sum = (0..ops.len()).rev().find_map(|id| match ops[id] {
        Op::Add(ab, c) => match ops[ab as usize] {
            Op::Add(a, b) => Some((id as u32, a, b, c)),
            _ => None,
        },
        _ => None,
    });
    let (id, a, b, c) = sum.expect("a sum of three");
    let bc = changed.graph.push(Op::Add(b, c));
    let other = changed.graph.push(Op::Add(a, bc));
    // The sum is chosen behind a condition, so that all that is made of it must be made again.
    let mut new: Vec<u32> = (0..ops.len() as u32).collect();
    new[id as usize] = other;
    for (place, op) in ops.iter().enumerate().skip(id as usize + 1) {
        new[place] = changed.graph.push(op.map(|argument| new[argument as usize]));
    }
    changed.outputs.iter_mut().for_each(|(_, value)| *value = new[*value as usize]);
    changed
}

#[test]
fn another_order_of_a_sum_is_noticed() {
    let model = neuropil::models::named("iaf_psc_exp", "test").unwrap();
    let Equations { step, reset } = model.equations().clone();
    let equations = Equations { step: reordered(&step), reset };
    let expected = outcome(&random_of(&model), Device::cpu(), 40.0);
    assert!(outcome(&random_of(&by_equations(&model, &equations)), Device::cpu(), 40.0).1 != expected.1);
}
