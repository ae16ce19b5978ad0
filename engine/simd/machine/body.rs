//! What is done with each item, as a list of steps.

use std::collections::HashMap;

/// A step, or the value it makes, by its place in the list.
pub type Value = u32;

/// Marks a column of which the items one vector further on are meant.
#[cfg(all(target_arch = "x86_64", unix))]
pub(super) const SECOND: u32 = 1 << 31;

/// A step. Each is rounded once, and none is left out or put together with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// What a column has for the item.
    Load(u32),
    /// What a column has for all items.
    Same(u32),
    /// A number, by its bits.
    Number(u64),
    /// √a
    Sqrt(Value),
    /// a + b
    Add(Value, Value),
    /// a - b
    Sub(Value, Value),
    /// a · b
    Mul(Value, Value),
    /// a / b
    Div(Value, Value),
    /// c where a > b, else d
    Choose([Value; 4]),
    /// Of the bits as integers: a + b
    Plus(Value, Value),
    /// a - b
    Minus(Value, Value),
    /// What a and b share.
    Both(Value, Value),
    /// a shifted left.
    Left(Value, u32),
    /// a shifted right, its sign drawn along.
    Right(Value, u32),
    /// Of a loop, right behind its beginning: first this value, then what [`Body::again`] says.
    Carried(Value),
    /// The value becomes what a column has for the item; no value itself.
    Store(u32, Value),
    /// What follows is done so many times, at least once, up to the next step [`Step::Again`] of the same depth.
    Begin(u32),
    /// The end of a loop.
    Again,
}

impl Step {
    /// The values it is made of, in order.
    pub fn arguments(self) -> impl Iterator<Item = Value> {
        use Step::*;
        let places = match self {
            Load(_) | Same(_) | Number(_) | Begin(_) | Again => [None; 4],
            Sqrt(a) | Left(a, _) | Right(a, _) | Carried(a) | Store(_, a) => [Some(a), None, None, None],
            Add(a, b) | Sub(a, b) | Mul(a, b) | Div(a, b) | Plus(a, b) | Minus(a, b) | Both(a, b) => {
                [Some(a), Some(b), None, None]
            }
            Choose(all) => all.map(Some),
        };
        places.into_iter().flatten()
    }

    /// The same of other values.
    #[cfg(all(target_arch = "x86_64", unix))]
    fn map(self, mut of: impl FnMut(Value) -> Value) -> Step {
        use Step::*;
        match self {
            Load(_) | Same(_) | Number(_) | Begin(_) | Again => self,
            Sqrt(a) => Sqrt(of(a)),
            Left(a, by) => Left(of(a), by),
            Right(a, by) => Right(of(a), by),
            Carried(a) => Carried(of(a)),
            Store(column, a) => Store(column, of(a)),
            Add(a, b) => Add(of(a), of(b)),
            Sub(a, b) => Sub(of(a), of(b)),
            Mul(a, b) => Mul(of(a), of(b)),
            Div(a, b) => Div(of(a), of(b)),
            Plus(a, b) => Plus(of(a), of(b)),
            Minus(a, b) => Minus(of(a), of(b)),
            Both(a, b) => Both(of(a), of(b)),
            Choose(all) => Choose(all.map(of)),
        }
    }

    /// Whether it is a value that depends on its arguments alone, so that it is made once.
    fn is_plain(self) -> bool {
        !matches!(self, Step::Carried(_) | Step::Store(..) | Step::Begin(_) | Step::Again)
    }
}

/// What is done with each item of a table's columns.
#[derive(Debug, Clone, Default)]
pub struct Body {
    steps: Vec<Step>,
    known: HashMap<Step, Value>,
    /// Of each loop, what is carried to its next turn: the step [`Step::Carried`] and the value.
    again: HashMap<Value, Vec<(Value, Value)>>,
    /// Of each loop, values that are carried on: there is no other turn if none of them is above zero for any item.
    rests: HashMap<Value, Vec<Value>>,
    /// Loops that have no end yet.
    open: usize,
}

impl Body {
    /// Another step; its value. What is there already is not made again.
    ///
    /// # Panics
    /// If it is made of values that come later.
    pub fn push(&mut self, step: Step) -> Value {
        let next = self.steps.len() as Value;
        assert!(step.arguments().all(|value| value < next), "a value that is not there yet");
        assert!(step != Step::Again, "a loop ends with what it carries");
        let behind = matches!(self.steps.last(), Some(Step::Begin(_) | Step::Carried(_)));
        assert!(behind || !matches!(step, Step::Carried(_)), "what is carried comes at the beginning of a loop");
        if step.is_plain() {
            if let Some(&known) = self.known.get(&step) {
                return known;
            }
            self.known.insert(step, next);
        }
        self.open += usize::from(matches!(step, Step::Begin(_)));
        self.steps.push(step);
        next
    }

    /// Ends the loop that was begun last: with each [`Step::Carried`] of it, what it is in the next turn, and with those of
    /// these values, if any, of which one has to be above zero for some item if there shall be another turn.
    ///
    /// # Panics
    /// If there is no loop.
    pub fn again(&mut self, carried: Vec<(Value, Value)>, rests: Vec<Value>) {
        assert!(self.open > 0, "no loop has begun");
        let there = |value: Value| (value as usize) < self.steps.len();
        assert!(carried.iter().all(|&(value, next)| there(value) && there(next)), "a value that is not there yet");
        self.open -= 1;
        self.again.insert(self.steps.len() as Value, carried);
        self.rests.insert(self.steps.len() as Value, rests);
        self.steps.push(Step::Again);
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What the loop that ends with a step carries.
    pub fn carried(&self, end: Value) -> &[(Value, Value)] {
        self.again.get(&end).map_or(&[], Vec::as_slice)
    }

    /// Values that tell whether the loop that ends with a step has another turn.
    pub fn rests(&self, end: Value) -> &[Value] {
        self.rests.get(&end).map_or(&[], Vec::as_slice)
    }

    /// For each step, whether its value is the same for all items.
    pub fn shared(&self) -> Vec<bool> {
        let mut shared: Vec<bool> = Vec::with_capacity(self.steps.len());
        for &step in &self.steps {
            let own = match step {
                Step::Load(_) | Step::Carried(_) | Step::Store(..) | Step::Begin(_) | Step::Again => false,
                _ => step.arguments().all(|value| shared[value as usize]),
            };
            shared.push(own);
        }
        shared
    }

    /// Where each loop begins and ends; none if one has no end.
    pub fn loops(&self) -> Option<Vec<(Value, Value)>> {
        let (mut begun, mut loops) = (Vec::new(), Vec::new());
        for (place, step) in (0..).zip(&self.steps) {
            match step {
                Step::Begin(_) => begun.push(place),
                Step::Again => loops.push((begun.pop()?, place)),
                _ => {}
            }
        }
        begun.is_empty().then_some(loops)
    }

    /// The same for two vectors of items side by side, and which steps are of the second.
    #[cfg(all(target_arch = "x86_64", unix))]
    pub(super) fn twice(&self) -> (Body, Vec<bool>) {
        let shared = self.shared();
        let mut all = Body::default();
        // Where each value of this body is in the other.
        let mut new: [Vec<Value>; 2] = Default::default();
        let mut second = Vec::new();
        for (value, &step) in self.steps.iter().enumerate() {
            if step == Step::Again {
                let own = self.carried(value as Value).iter();
                let both = |&(a, b): &(Value, Value)| [0, 1].map(|k| (new[k][a as usize], new[k][b as usize]));
                let carried = own.flat_map(both).collect();
                let own = self.rests(value as Value).iter();
                let rests = own.flat_map(|&rest| [0, 1].map(|k| new[k][rest as usize])).collect();
                new.iter_mut().for_each(|new| new.push(all.steps.len() as Value));
                all.again(carried, rests);
            } else if shared[value] || matches!(step, Step::Begin(_)) {
                let id = all.push(step.map(|argument| new[0][argument as usize]));
                new.iter_mut().for_each(|new| new.push(id));
            } else {
                for (k, new) in new.iter_mut().enumerate() {
                    let own = match step.map(|argument| new[argument as usize]) {
                        Step::Load(column) if k == 1 => Step::Load(column | SECOND),
                        Step::Store(column, value) if k == 1 => Step::Store(column | SECOND, value),
                        own => own,
                    };
                    second.resize(all.steps.len(), false);
                    let id = all.push(own);
                    second.resize(all.steps.len(), k == 1);
                    new.push(id);
                }
            }
        }
        second.resize(all.steps.len(), false);
        (all, second)
    }
}
