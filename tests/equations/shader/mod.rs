//! WGSL executed through naga: structs, pointers, ifs, loops and calls, over values of whatever meaning.

mod numbers;
mod symbols;

use std::collections::HashMap;

use wgpu::naga::{
    self, BinaryOperator, Expression, Function, GlobalVariable, Handle, Literal, MathFunction, Module, ScalarKind,
    Statement, TypeInner, UnaryOperator,
};

pub use numbers::{Number, Numbers};
pub use symbols::{Symbol, Symbols, normal};

/// What the operations of a shader mean.
pub trait Meaning {
    type Value: Clone + PartialEq + std::fmt::Debug;
    fn literal(&mut self, literal: Literal) -> Self::Value;
    fn unary(&mut self, op: UnaryOperator, a: Self::Value) -> Self::Value;
    fn binary(&mut self, op: BinaryOperator, a: Self::Value, b: Self::Value) -> Self::Value;
    fn select(&mut self, which: Self::Value, yes: Self::Value, no: Self::Value) -> Self::Value;
    fn math(&mut self, function: MathFunction, arguments: Vec<Self::Value>) -> Self::Value;
    fn cast(&mut self, kind: ScalarKind, convert: bool, a: Self::Value) -> Self::Value;
    /// A function that is not entered.
    fn call(&mut self, name: &str, arguments: &[Val<Self::Value>]) -> Option<Self::Value>;
    /// What a truth is, if it is known.
    fn decided(&self, truth: &Self::Value) -> Option<bool>;
}

/// A value in a shader.
#[derive(Debug, Clone, PartialEq)]
pub enum Val<V> {
    One(V),
    Parts(Vec<Val<V>>),
    /// A variable, and the way to a part of it.
    Pointer(usize, Vec<usize>),
    Nothing,
}

impl<V: Clone + std::fmt::Debug> Val<V> {
    pub fn one(&self) -> V {
        let Val::One(value) = self else { panic!("{self:?} is not one value") };
        value.clone()
    }

    fn part(&mut self, path: &[usize]) -> &mut Val<V> {
        match (path, self) {
            ([], value) => value,
            ([first, rest @ ..], Val::Parts(parts)) => parts[*first].part(rest),
            (_, value) => panic!("{value:?} has no part {path:?}"),
        }
    }
}

/// What a statement leads to.
enum Flow<V> {
    On,
    Break,
    Return(Val<V>),
}

/// A shader in execution.
pub struct Run<'a, M: Meaning> {
    module: &'a Module,
    pub meaning: M,
    variables: Vec<Val<M::Value>>,
    /// Variables of the module by their handle, but uniforms.
    own: HashMap<Handle<GlobalVariable>, usize>,
}

/// A call of a function.
struct Frame<'a, V> {
    function: &'a Function,
    arguments: Vec<Val<V>>,
    /// Where its variables begin.
    first: usize,
    values: Vec<Val<V>>,
}

impl<'a, M: Meaning> Run<'a, M> {
    pub fn new(module: &'a Module, meaning: M) -> Run<'a, M> {
        let mut run = Run { module, meaning, variables: Vec::new(), own: HashMap::new() };
        for (handle, variable) in module.global_variables.iter() {
            if variable.space == naga::AddressSpace::Private {
                let zero = run.zero(variable.ty);
                run.own.insert(handle, run.variables.len());
                run.variables.push(zero);
            }
        }
        run
    }

    /// A variable, and a pointer to it.
    pub fn variable(&mut self, value: Val<M::Value>) -> Val<M::Value> {
        self.variables.push(value);
        Val::Pointer(self.variables.len() - 1, Vec::new())
    }

    pub fn read(&mut self, pointer: &Val<M::Value>) -> Val<M::Value> {
        let Val::Pointer(variable, path) = pointer else { panic!("{pointer:?} is no pointer") };
        self.variables[*variable].part(path).clone()
    }

    pub fn named(&mut self, name: &str, arguments: Vec<Val<M::Value>>) -> Val<M::Value> {
        let found = self.module.functions.iter().find(|(_, f)| f.name.as_deref() == Some(name));
        let (handle, _) = found.unwrap_or_else(|| panic!("no function is called {name}"));
        self.enter(handle, arguments)
    }

    fn enter(&mut self, handle: Handle<Function>, arguments: Vec<Val<M::Value>>) -> Val<M::Value> {
        let function = &self.module.functions[handle];
        if let Some(value) = self.meaning.call(function.name.as_deref().unwrap_or(""), &arguments) {
            return Val::One(value);
        }
        let first = self.variables.len();
        for (_, local) in function.local_variables.iter() {
            let zero = self.zero(local.ty);
            self.variables.push(zero);
        }
        let values = vec![Val::Nothing; function.expressions.len()];
        let mut frame = Frame { function, arguments, first, values };
        for (handle, expression) in function.expressions.iter() {
            if expression.needs_pre_emit() || matches!(expression, Expression::ZeroValue(_)) {
                frame.values[handle.index()] = self.expression(&frame, expression);
            }
        }
        for (handle, local) in function.local_variables.iter() {
            if let Some(start) = local.init {
                self.variables[first + handle.index()] = self.constant(&frame, start);
            }
        }
        match self.block(&mut frame, &function.body) {
            Flow::Return(value) => value,
            _ => Val::Nothing,
        }
    }

    /// The value of a variable at its start, which is never emitted.
    fn constant(&mut self, frame: &Frame<'a, M::Value>, handle: Handle<Expression>) -> Val<M::Value> {
        match &frame.function.expressions[handle] {
            Expression::Compose { components, .. } => {
                Val::Parts(components.iter().map(|&part| self.constant(frame, part)).collect())
            }
            expression => self.expression(frame, expression),
        }
    }

    fn zero(&mut self, ty: Handle<naga::Type>) -> Val<M::Value> {
        match &self.module.types[ty].inner {
            TypeInner::Struct { members, .. } => Val::Parts(members.iter().map(|m| self.zero(m.ty)).collect()),
            TypeInner::Scalar(scalar) => Val::One(match scalar.kind {
                ScalarKind::Float => self.meaning.literal(Literal::F32(0.0)),
                ScalarKind::Sint => self.meaning.literal(Literal::I32(0)),
                ScalarKind::Bool => self.meaning.literal(Literal::Bool(false)),
                _ => self.meaning.literal(Literal::U32(0)),
            }),
            TypeInner::Vector { size, .. } => {
                let zero = self.meaning.literal(Literal::F32(0.0));
                Val::Parts(vec![Val::One(zero); *size as usize])
            }
            other => panic!("{other:?} has no zero here"),
        }
    }

    fn block(&mut self, frame: &mut Frame<'a, M::Value>, block: &'a naga::Block) -> Flow<M::Value> {
        for statement in block.iter() {
            match self.statement(frame, statement) {
                Flow::On => {}
                other => return other,
            }
        }
        Flow::On
    }

    fn statement(&mut self, frame: &mut Frame<'a, M::Value>, statement: &'a Statement) -> Flow<M::Value> {
        match statement {
            Statement::Emit(range) => {
                for handle in range.clone() {
                    frame.values[handle.index()] = self.expression(frame, &frame.function.expressions[handle]);
                }
            }
            Statement::Block(block) => return self.block(frame, block),
            Statement::If { condition, accept, reject } => {
                let which = frame.values[condition.index()].one();
                return match self.meaning.decided(&which) {
                    Some(true) => self.block(frame, accept),
                    Some(false) => self.block(frame, reject),
                    None => self.both(frame, which, accept, reject),
                };
            }
            Statement::Loop { body, continuing, break_if } => loop {
                match self.block(frame, body) {
                    Flow::On => {}
                    Flow::Break => break,
                    other => return other,
                }
                self.block(frame, continuing);
                assert!(break_if.is_none(), "break if");
            },
            Statement::Break => return Flow::Break,
            Statement::Store { pointer, value } => {
                let Val::Pointer(variable, path) = frame.values[pointer.index()].clone() else { panic!("no pointer") };
                *self.variables[variable].part(&path) = frame.values[value.index()].clone();
            }
            Statement::Call { function, arguments, result } => {
                let given = arguments.iter().map(|a| frame.values[a.index()].clone()).collect();
                let value = self.enter(*function, given);
                if let Some(result) = result {
                    frame.values[result.index()] = value;
                }
            }
            Statement::Return { value } => {
                return Flow::Return(value.map_or(Val::Nothing, |value| frame.values[value.index()].clone()));
            }
            other => panic!("{other:?} is not executed here"),
        }
        Flow::On
    }

    /// Both sides of an unknown truth: each variable is chosen between what they leave in it.
    fn both(
        &mut self,
        frame: &mut Frame<'a, M::Value>,
        which: M::Value,
        accept: &'a naga::Block,
        reject: &'a naga::Block,
    ) -> Flow<M::Value> {
        let before = self.variables.clone();
        let yes = self.block(frame, accept);
        let accepted = std::mem::replace(&mut self.variables, before);
        let no = self.block(frame, reject);
        let rejected = std::mem::take(&mut self.variables);
        for (k, no) in rejected.into_iter().enumerate() {
            let merged = match accepted.get(k) {
                Some(yes) => self.merge(&which, yes, &no),
                None => no,
            };
            self.variables.push(merged);
        }
        match (yes, no) {
            (Flow::On, Flow::On) => Flow::On,
            // At the end of a function both sides return.
            (Flow::Return(yes), Flow::Return(no)) => Flow::Return(self.merge(&which, &yes, &no)),
            _ => panic!("a side that leaves"),
        }
    }

    fn merge(&mut self, which: &M::Value, yes: &Val<M::Value>, no: &Val<M::Value>) -> Val<M::Value> {
        match (yes, no) {
            (yes, no) if yes == no => yes.clone(),
            (Val::One(yes), Val::One(no)) => Val::One(self.meaning.select(which.clone(), yes.clone(), no.clone())),
            (Val::Parts(yes), Val::Parts(no)) => {
                Val::Parts(yes.iter().zip(no).map(|(yes, no)| self.merge(which, yes, no)).collect())
            }
            other => panic!("{other:?} do not merge"),
        }
    }

    fn expression(&mut self, frame: &Frame<'a, M::Value>, expression: &Expression) -> Val<M::Value> {
        let at = |handle: &Handle<Expression>| frame.values[handle.index()].clone();
        match expression {
            Expression::Literal(literal) => Val::One(self.meaning.literal(*literal)),
            Expression::Constant(constant) => {
                let start = self.module.constants[*constant].init;
                let Expression::Literal(literal) = self.module.global_expressions[start] else { return Val::Nothing };
                Val::One(self.meaning.literal(literal))
            }
            Expression::FunctionArgument(place) => frame.arguments[*place as usize].clone(),
            Expression::LocalVariable(local) => Val::Pointer(frame.first + local.index(), Vec::new()),
            // The only other one is the step, whose fields are zero.
            Expression::GlobalVariable(handle) => {
                self.own.get(handle).map_or(Val::Nothing, |&variable| Val::Pointer(variable, Vec::new()))
            }
            Expression::ZeroValue(ty) => self.zero(*ty),
            Expression::AccessIndex { base, index } => match at(base) {
                Val::Pointer(variable, mut path) => {
                    path.push(*index as usize);
                    Val::Pointer(variable, path)
                }
                Val::Parts(parts) => parts[*index as usize].clone(),
                other => other,
            },
            Expression::Load { pointer } => match at(pointer) {
                Val::Nothing => Val::One(self.meaning.literal(Literal::U32(0))),
                pointer => self.read(&pointer),
            },
            Expression::Compose { components, .. } => Val::Parts(components.iter().map(at).collect()),
            Expression::Unary { op, expr } => Val::One(self.meaning.unary(*op, at(expr).one())),
            Expression::Binary { op, left, right } => {
                Val::One(self.meaning.binary(*op, at(left).one(), at(right).one()))
            }
            Expression::Select { condition, accept, reject } => {
                Val::One(self.meaning.select(at(condition).one(), at(accept).one(), at(reject).one()))
            }
            Expression::Math { fun, arg, arg1, arg2, .. } => {
                let given = [Some(*arg), *arg1, *arg2].into_iter().flatten().map(|a| at(&a).one()).collect();
                Val::One(self.meaning.math(*fun, given))
            }
            Expression::As { expr, kind, convert } => {
                Val::One(self.meaning.cast(*kind, convert.is_some(), at(expr).one()))
            }
            Expression::CallResult(_) => Val::Nothing,
            other => panic!("{other:?} is not executed here"),
        }
    }
}

/// The text with `import` lines as comments, before it what it imports and the structs of the given fields, validated.
pub fn module(text: &str, derived: &[&str], state: &[&str], channels: usize) -> Module {
    parsed(&source(text, derived, state, channels)).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub fn parsed(source: &str) -> Result<Module, String> {
    let module = naga::front::wgsl::parse_str(source).map_err(|e| e.emit_to_string(source))?;
    let flags = naga::valid::ValidationFlags::all();
    let mut validator = naga::valid::Validator::new(flags, naga::valid::Capabilities::empty());
    validator.validate(&module).map_err(|e| e.emit_to_string(source))?;
    Ok(module)
}

fn source(text: &str, derived: &[&str], state: &[&str], channels: usize) -> String {
    let structure = |name: &str, fields: &[&str]| {
        let none = if fields.is_empty() { "none: f32, " } else { "" };
        let fields: String = fields.iter().map(|f| format!("{}: f32, ", neuropil::equations::wgsl::field(f))).collect();
        format!("struct {name} {{ {none}{fields} }}\n")
    };
    let imported = [
        include_str!("../../../shaders/exact.wgsl"),
        include_str!("../../../shaders/division.wgsl"),
        include_str!("../golden/conductances.wgsl"),
        text,
    ];
    let imported: String = imported
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| if line.starts_with("import ") { format!("// {line}\n") } else { format!("{line}\n") })
        .collect();
    format!(
        "struct Step {{ zero: u32 }}\n@group(0) @binding(0) var<uniform> step: Step;\nconst CHANNELS: u32 = {}u;\n{}{}{imported}",
        channels.max(1),
        structure("Derived", derived),
        structure("State", state)
    )
}
