//! What machine code does with each item, as a list of steps.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// A step, and the value that it makes, by its place in the list.
pub type Value = u32;

/// The bit that a column has in a step that reads or writes the items one vector further on, see [`Body::twice`].
#[cfg(all(target_arch = "x86_64", unix))]
pub(super) const SECOND: u32 = 1 << 31;

/// A step, as a rule one that makes a value. Each is rounded once; none is left out or fused with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The number that a column has for the item.
    Load(u32),
    /// The number that a column has for all items.
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
    /// Of the bits as integers: a + b, wrapping.
    Plus(Value, Value),
    /// Of the bits as integers: a - b, wrapping.
    Minus(Value, Value),
    /// The bits that a and b share.
    Both(Value, Value),
    /// The bits of a shifted left.
    Left(Value, u32),
    /// The bits of a shifted right, with copies of the sign.
    Right(Value, u32),
    /// A value that a loop carries, right behind the loop's beginning: this value in the first turn, then what
    /// [`Body::end_loop`] says.
    Carried(Value),
    /// Writes the value to a column, for the item; makes no value.
    Store(u32, Value),
    /// Begins a loop of this many turns, at least one, that ends with the next step [`Step::Again`] of the same depth.
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

    /// The same step on other values: `of` gives the one in place of each.
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

    /// Whether its value depends on its arguments alone, so that equal steps are made once.
    fn is_plain(self) -> bool {
        !matches!(self, Step::Carried(_) | Step::Store(..) | Step::Begin(_) | Step::Again)
    }
}

/// What is done with each item of a table's columns.
#[derive(Debug, Clone, Default)]
pub struct Body {
    steps: Vec<Step>,
    /// The values of the plain steps that there are.
    known: HashMap<Step, Value, FixedState>,
    /// By the step that ends a loop, the pairs of a step [`Step::Carried`] and its value in the next turn.
    carried: HashMap<Value, Vec<(Value, Value)>>,
    /// By the step that ends a loop, values of the next turn: it is the last turn if none of them is above zero for any
    /// item.
    rests: HashMap<Value, Vec<Value>>,
    /// Loops that have no end yet.
    open: usize,
}

impl Body {
    /// Appends a step, unless an equal one is there whose value can be used; returns its value.
    ///
    /// # Panics
    /// If its arguments are not there yet, if it is [`Step::Again`], or if it is [`Step::Carried`] and not at the
    /// beginning of a loop.
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

    /// Ends the loop that was begun last. `carried` pairs each [`Step::Carried`] of it with its value in the next turn.
    /// `rests` are some of these values: unless it is empty, the turn is the last if none of them is above zero for any
    /// item.
    ///
    /// # Panics
    /// If no loop is open, or if a value is not there yet.
    pub fn end_loop(&mut self, carried: Vec<(Value, Value)>, rests: Vec<Value>) {
        assert!(self.open > 0, "no loop has begun");
        let there = |value: Value| (value as usize) < self.steps.len();
        assert!(carried.iter().all(|&(value, next)| there(value) && there(next)), "a value that is not there yet");
        self.open -= 1;
        self.carried.insert(self.steps.len() as Value, carried);
        self.rests.insert(self.steps.len() as Value, rests);
        self.steps.push(Step::Again);
    }

    /// The steps, in the order in which they are done but for loops.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Of the loop that ends with step `end`, the pairs of a carried value and its value in the next turn.
    pub fn carried(&self, end: Value) -> &[(Value, Value)] {
        self.carried.get(&end).map_or(&[], Vec::as_slice)
    }

    /// The values that decide whether the loop that ends with step `end` has another turn, see [`Body::end_loop`].
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

    /// The steps at which each loop begins and ends; `None` if one has no end.
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

    /// A body that does the same with two neighbouring vectors of items, step by step, and for each of its steps
    /// whether it is of the second vector.
    #[cfg(all(target_arch = "x86_64", unix))]
    pub(super) fn twice(&self) -> (Body, Vec<bool>) {
        let shared = self.shared();
        let mut all = Body::default();
        // For each of the two vectors, the new value of each value of this body.
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
                all.end_loop(carried, rests);
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

/// The place of `item` in `list`, to which it is appended unless it is there.
pub(crate) fn find_or_push<T: PartialEq>(list: &mut Vec<T>, item: T) -> u32 {
    let known = list.iter().position(|known| *known == item);
    let place = known.unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    });
    place as u32
}
