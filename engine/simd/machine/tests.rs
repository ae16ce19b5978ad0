use crate::number::Number;
use crate::random::Draws;
use crate::simd::machine::assembler::{Address, Assembler, Masked, Opcode, Operand};
use crate::simd::machine::translate::translate;
use crate::simd::machine::{Body, Code, Codes, ColumnLayout, ColumnSet, Step, Value};
use crate::simd::{Vectors, Workspace, found};

/// The levels of this machine for which code is made.
fn levels() -> impl Iterator<Item = Vectors> {
    [Vectors::Avx2, Vectors::Avx512].into_iter().filter(|&level| level <= found())
}

/// A number type whose bits are looked at.
trait Bits: Number {
    fn to(self) -> u64;
    fn from(bits: u64) -> Self;
}
impl Bits for f32 {
    fn to(self) -> u64 {
        self.to_bits().into()
    }
    fn from(bits: u64) -> f32 {
        f32::from_bits(bits as u32)
    }
}
impl Bits for f64 {
    fn to(self) -> u64 {
        self.to_bits()
    }
    fn from(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
}

/// What a body makes of one item of each column: the plainest meaning of its steps.
fn plain<R: Bits>(body: &Body, columns: &mut [R]) {
    let mut values = vec![R::default(); body.steps().len()];
    let (mut at, mut begun): (usize, Vec<(usize, u32)>) = (0, Vec::new());
    while at < values.len() {
        let of = |value: Value| values[value as usize];
        let word = |word: R::Word| R::of_bits(word);
        values[at] = match body.steps()[at] {
            Step::Load(column) | Step::Same(column) => columns[column as usize],
            Step::Number(bits) => R::from(bits),
            Step::Sqrt(a) => of(a).sqrt(),
            Step::Add(a, b) => of(a) + of(b),
            Step::Sub(a, b) => of(a) - of(b),
            Step::Mul(a, b) => of(a) * of(b),
            Step::Div(a, b) => of(a).over(of(b)),
            Step::Choose([a, b, c, d]) => R::choose(of(a).above(of(b)), of(c), of(d)),
            Step::Plus(a, b) => word(R::plus(of(a).bits(), of(b).bits())),
            Step::Minus(a, b) => word(R::minus(of(a).bits(), of(b).bits())),
            Step::Both(a, b) => word(R::both(of(a).bits(), of(b).bits())),
            Step::Left(a, by) => word(R::left(of(a).bits(), by)),
            Step::Right(a, by) => word(R::right(of(a).bits(), by)),
            Step::Carried(start) => of(start),
            Step::Store(column, value) => {
                columns[column as usize] = of(value);
                R::default()
            }
            Step::Begin(times) => {
                begun.push((at, times - 1));
                R::default()
            }
            Step::Again => {
                let next: Vec<(Value, R)> = body.carried(at as Value).iter().map(|&(c, next)| (c, of(next))).collect();
                let (begin, left) = begun.pop().unwrap();
                if left > 0 {
                    begun.push((begin, left - 1));
                    next.iter().for_each(|&(carried, value)| values[carried as usize] = value);
                    at = begin + next.len() + 1;
                    continue;
                }
                R::default()
            }
        };
        at += 1;
    }
}

/// Columns that a body reads, of which the last is one number for all items, and one that it writes.
const READ: usize = 4;

/// Random numbers, some of them odd.
fn number<R: Bits>(draws: &mut Draws) -> R {
    let odd = [0.0, -0.0, f64::INFINITY, 1.0, -1e-30, 3e30];
    match draws.below(8) {
        0 => R::of(odd[draws.below(6) as usize]),
        _ => R::of(20.0 * draws.uniform() - 10.0),
    }
}

/// A body of many values that are needed later, with a loop that carries some if there is one.
fn random_body<R: Bits>(draws: &mut Draws, count: usize, carries: usize) -> Body {
    let mut body = Body::default();
    let mut all: Vec<Value> = (0..READ as u32 - 1).map(|column| body.push(Step::Load(column))).collect();
    all.push(body.push(Step::Same(READ as u32 - 1)));
    all.push(body.push(Step::Number(number::<R>(draws).to())));
    let more = |body: &mut Body, all: &mut Vec<Value>, draws: &mut Draws, count: usize| {
        for _ in 0..count {
            let mut one = || all[draws.below(all.len() as u32) as usize];
            let (a, b, c, d) = (one(), one(), one(), one());
            let by = 1 + draws.below(31);
            let steps = [
                Step::Add(a, b),
                Step::Sub(a, b),
                Step::Mul(a, b),
                Step::Div(a, b),
                Step::Sqrt(a),
                Step::Choose([a, b, c, d]),
                Step::Choose([a, b, a, b]),
                Step::Choose([a, b, b, a]),
                Step::Plus(a, b),
                Step::Minus(a, b),
                Step::Both(a, b),
                Step::Left(a, by),
                Step::Right(a, by),
            ];
            let step = steps[draws.below(13) as usize];
            // The bits of what is no number are not held to anything: it becomes one.
            let value = body.push(step);
            let low = body.push(Step::Number(R::of(-1e20).to()));
            all.push(body.push(Step::Choose([value, low, value, low])));
        }
    };
    more(&mut body, &mut all, draws, count);
    if carries > 0 {
        body.push(Step::Begin(3));
        let start: Vec<Value> = (0..carries).map(|k| all[k % all.len()]).collect();
        let carried: Vec<Value> = start.iter().map(|&start| body.push(Step::Carried(start))).collect();
        all.extend(&carried);
        more(&mut body, &mut all, draws, 10);
        // Some change places, some become what was made last.
        let next = |k: usize| if k % 3 == 2 { all[all.len() - 1 - k % 7] } else { carried[(k + 1) % carries] };
        let next: Vec<(Value, Value)> = carried.iter().enumerate().map(|(k, &c)| (c, next(k))).collect();
        body.end_loop(next.clone(), Vec::new());
        all.extend(next.into_iter().map(|(_, next)| next));
    }
    let sum = all.iter().rev().fold(all[0], |sum, &value| {
        let sum = body.push(Step::Sub(value, sum));
        let low = body.push(Step::Number(R::of(-1e20).to()));
        body.push(Step::Choose([sum, low, sum, low]))
    });
    body.push(Step::Store(0, sum));
    body.push(Step::Store(READ as u32, all[1]));
    body
}

/// Runs a body over `count` items of random columns: how many come out otherwise than by its plainest meaning.
fn differing<R: Bits>(body: &Body, level: Vectors, count: usize, draws: &mut Draws) -> usize {
    let mut columns: Vec<Vec<R>> = (0..=READ).map(|_| (0..count).map(|_| number(draws)).collect()).collect();
    let shared = number::<R>(draws);
    columns[READ - 1].fill(shared);
    let mut expected = columns.clone();
    for item in 0..count {
        let mut one: Vec<R> = columns.iter().map(|column| column[item]).collect();
        plain(body, &mut one);
        expected.iter_mut().zip(one).for_each(|(column, value)| column[item] = value);
    }
    let mut workspace = Workspace::<R>::new(&[], 0, count);
    let mut table = workspace.table(count);
    let mut each = columns.iter_mut();
    table.write(each.next().unwrap());
    each.by_ref().take(READ - 2).for_each(|column| table.read(column));
    table.share(shared);
    table.write(each.nth(1).unwrap());
    assert!(table.play(&Codes::default(), level, |_| Some(body.clone())));
    let same = |a: R, b: R| a.to() == b.to() || !(a.value() == a.value() || b.value() == b.value());
    (0..count).filter(|&item| (0..=READ).any(|k| !same(columns[k][item], expected[k][item]))).count()
}

fn random<R: Bits>(graphs: u64) {
    for level in levels() {
        for graph in 0..graphs {
            let mut draws = Draws::new(5, size_of::<R>() as u32, graph);
            let (count, carries) = (draws.below(60) as usize, [0, 3, 40][graph as usize % 3]);
            let body = random_body::<R>(&mut draws, count, carries);
            let items = if graph % 10 == 0 { 512 } else { 1 + graph as usize % 70 };
            assert_eq!(differing::<R>(&body, level, items, &mut draws), 0, "{level:?} {graph} {:#?}", body.steps());
        }
    }
}

#[test]
fn bodies_with_more_values_than_registers_have_the_bits_of_their_steps() {
    random::<f32>(120);
    random::<f64>(120);
}

/// A body that carries column 0 so many times, each time by one more where column 1 is above zero or, if `always`,
/// anyway; column 1 loses one each time where it is above zero. The loop may be left once it is so nowhere.
fn resting<R: Bits>(times: u32, always: bool) -> Body {
    let mut body = Body::default();
    let [own, left] = [0, 1].map(|column| body.push(Step::Load(column)));
    let [zero, one] = [0.0, 1.0].map(|value| body.push(Step::Number(R::of(value).to())));
    body.push(Step::Begin(times));
    let [own, left] = [own, left].map(|start| body.push(Step::Carried(start)));
    let (more, less) = (body.push(Step::Add(own, one)), body.push(Step::Sub(left, one)));
    let next = if always { more } else { body.push(Step::Choose([left, zero, more, own])) };
    let rest = body.push(Step::Choose([left, zero, less, left]));
    body.end_loop(vec![(own, next), (left, rest)], vec![rest]);
    body.push(Step::Store(0, next));
    body
}

/// What the body leaves in column 0 of zeros, with this column 1.
fn rested<R: Bits>(body: &Body, level: Vectors, left: &[R]) -> Vec<f64> {
    let mut workspace = Workspace::<R>::new(&[], 0, left.len());
    let mut own = vec![R::default(); left.len()];
    let mut table = workspace.table(left.len());
    table.write(&mut own);
    table.read(left);
    assert!(table.play(&Codes::default(), level, |_| Some(body.clone())));
    own.into_iter().map(R::value).collect()
}

fn leaves<R: Bits>() {
    for level in levels() {
        let mut draws = Draws::new(5, size_of::<R>() as u32, 2);
        for items in 1..70 {
            let left: Vec<f64> = (0..items).map(|_| <f64 as From<u32>>::from(draws.below(14)) - 2.0).collect();
            let expected: Vec<f64> = left.iter().map(|left| left.clamp(0.0, 9.0)).collect();
            let left: Vec<R> = left.into_iter().map(R::of).collect();
            assert_eq!(rested(&resting::<R>(9, false), level, &left), expected, "{level:?} {items}");
        }
        // Where turns did something all the same, it would be seen how many there were: as few as the items need.
        for items in [1, 5, 16, 32, 69] {
            let (none, some) = (vec![R::of(-1.0); items], vec![R::of(3.0); items]);
            assert_eq!(rested(&resting::<R>(9, true), level, &none), vec![1.0; items], "{level:?} {items}");
            assert_eq!(rested(&resting::<R>(9, true), level, &some), vec![3.0; items], "{level:?} {items}");
        }
        let mut one = vec![R::of(-1.0); 64];
        one[13] = R::of(5.0);
        let turns = rested(&resting::<R>(9, true), level, &one);
        assert!(turns[13] == 5.0 && turns[63] == 1.0, "{level:?} {turns:?}");
    }
}

#[test]
fn loops_are_left_once_no_item_has_anything_to_do() {
    leaves::<f32>();
    leaves::<f64>();
}

#[test]
fn operands_in_another_order_are_seen() {
    for level in levels() {
        let mut draws = Draws::new(5, 1, 0);
        let bodies = [Step::Sub(0, 1), Step::Sub(1, 0)].map(|step| {
            let mut body = Body::default();
            (0..2).for_each(|column| assert_eq!(body.push(Step::Load(column)), column));
            let difference = body.push(step);
            body.push(Step::Store(0, difference));
            body
        });
        let [right, wrong] = bodies.map(|body| translate(&body, level, 4, layout()).unwrap().bytes);
        assert_ne!(right, wrong);
        // A subtraction that adds, in the middle of the instruction.
        let at = right.iter().position(|&byte| byte == 0x5C).unwrap();
        let mut broken = right.clone();
        broken[at] = 0x58;
        for bytes in [wrong, broken] {
            let (mut own, other): (Vec<f32>, Vec<f32>) = (0..70).map(|_| (number::<f32>(&mut draws), 3.5)).unzip();
            let expected: Vec<f32> = own.iter().zip(&other).map(|(a, b)| a - b).collect();
            run_bytes(&bytes, level, &mut own, &other);
            assert!(own.iter().zip(&expected).filter(|(a, b)| a.to_bits() != b.to_bits()).count() > 30);
        }
        let (mut own, other) = (vec![1.25f32; 70], vec![3.5f32; 70]);
        run_bytes(&right, level, &mut own, &other);
        assert_eq!(own, [-2.25; 70]);
    }
}

/// A description of a column that is nothing but its address.
fn layout() -> ColumnLayout {
    ColumnLayout { size: 8, at: 0, value: 0 }
}

fn run_bytes(bytes: &[u8], level: Vectors, own: &mut [f32], other: &[f32]) {
    let code = Code::of_bytes(bytes, level, 4).unwrap();
    let columns = [own.as_mut_ptr().cast_const(), other.as_ptr()];
    // SAFETY: it reads both columns and writes the first, and needs no frame.
    unsafe { code.run(columns.as_ptr().cast(), std::ptr::null_mut(), own.len()) };
}

#[test]
fn instructions_are_the_bytes_of_the_manual() {
    let number = |byte, wide| Opcode { map: 1, prefix: u8::from(wide), wide, byte };
    let second = |map, wide, byte| Opcode { map, prefix: 1, wide, byte };
    let all = Masked::default();
    let bytes = |level, width, write: &dyn Fn(&mut Assembler)| {
        let mut code = Assembler::new(level, width);
        write(&mut code);
        code.bytes().to_vec()
    };
    let wide = |width, write: &dyn Fn(&mut Assembler)| bytes(Vectors::Avx512, width, write);
    let short = |width, write: &dyn Fn(&mut Assembler)| bytes(Vectors::Avx2, width, write);
    let item = |base, distance| Operand::Memory(Address::Item(base, distance));
    assert_eq!(
        wide(4, &|code| code.vector(number(0x58, false), (1, 2, Operand::Register(3)), all, None)),
        [0x62, 0xF1, 0x6C, 0x48, 0x58, 0xCB] // vaddps zmm1, zmm2, zmm3
    );
    assert_eq!(
        wide(8, &|code| code.vector(number(0x5C, true), (17, 30, item(13, 64)), all, None)),
        [0x62, 0xC1, 0x8D, 0x40, 0x5C, 0x4C, 0x0D, 0x01] // vsubpd zmm17, zmm30, [r13 + rcx + 64]
    );
    assert_eq!(
        wide(4, &|code| code.vector(number(0x59, false), (9, 20, Operand::Broadcast(Address::At(7, 8))), all, None)),
        [0x62, 0x71, 0x5C, 0x50, 0x59, 0x4F, 0x02] // vmulps zmm9, zmm20, [rdi + 8]{1to16}
    );
    assert_eq!(
        wide(4, &|code| code.vector(number(0x11, false), (8, 0, item(12, 0)), Masked { mask: 7, zero: false }, None)),
        [0x62, 0x51, 0x7C, 0x4F, 0x11, 0x04, 0x0C] // vmovups [r12 + rcx]{k7}, zmm8
    );
    assert_eq!(
        wide(4, &|code| code.vector(number(0xC2, false), (3, 25, Operand::Register(4)), all, Some(0x1E))),
        [0x62, 0xF1, 0x34, 0x40, 0xC2, 0xDC, 0x1E] // vcmpps k3, zmm25, zmm4, greater
    );
    assert_eq!(wide(4, &|code| code.test_mask(1)), [0xC5, 0xF8, 0x98, 0xC9]); // kortestw k1, k1
    assert_eq!(
        short(4, &|code| code.vector(
            Opcode { prefix: 0, ..number(0x50, false) },
            (0, 0, Operand::Register(15)),
            all,
            None
        )),
        [0xC4, 0xC1, 0x7C, 0x50, 0xC7] // vmovmskps eax, ymm15
    );
    assert_eq!(
        wide(8, &|code| code.broadcast(16, Address::At(7, 16))),
        [0x62, 0xE2, 0xFD, 0x48, 0x19, 0x47, 0x02] // vbroadcastsd zmm16, [rdi + 16]
    );
    assert_eq!(
        short(8, &|code| code.vector(number(0x5C, true), (9, 14, item(13, 32)), all, None)),
        [0xC4, 0x41, 0x0D, 0x5C, 0x4C, 0x0D, 0x20] // vsubpd ymm9, ymm14, [r13 + rcx + 32]
    );
    assert_eq!(
        short(4, &|code| code.vector(second(3, false, 0x4A), (3, 2, Operand::Register(1)), all, Some(0xF0))),
        [0xC4, 0xE3, 0x6D, 0x4A, 0xD9, 0xF0] // vblendvps ymm3, ymm2, ymm1, ymm15
    );
    assert_eq!(
        short(8, &|code| code.vector(second(2, false, 0x2F), (4, 15, item(9, 0)), all, None)),
        [0xC4, 0xC2, 0x05, 0x2F, 0x24, 0x09] // vmaskmovpd [r9 + rcx], ymm15, ymm4
    );
}

#[test]
fn what_a_body_takes_for_shared_and_what_it_writes_are_held_against_the_table() {
    let Some(level) = levels().last() else { return };
    let mut body = Body::default();
    let (same, own) = (body.push(Step::Same(0)), body.push(Step::Load(1)));
    let sum = body.push(Step::Add(same, own));
    body.push(Step::Store(1, sum));
    let mut workspace = Workspace::<f32>::new(&[], 0, 9);
    let (mut own, other) = ([1.0; 9], [2.0; 9]);
    // Two numbers where the body says one, and a column that is only read.
    for (is_shared, is_written) in [(false, true), (true, false)] {
        let mut table = workspace.table(9);
        if is_shared {
            table.share(2.0)
        } else {
            table.read(&other)
        }
        if is_written {
            table.write(&mut own)
        } else {
            table.read(&other)
        }
        assert!(!table.play(&Codes::default(), level, |_| Some(body.clone())));
    }
    let codes = Codes::default();
    for turn in 0..3 {
        let mut table = workspace.table(9);
        table.share(2.0);
        table.write(&mut own);
        // It is asked for once.
        assert!(table.play(&codes, level, |_| (turn == 0).then(|| body.clone())));
    }
    assert_eq!(own, [7.0; 9]);
    assert_eq!(other, [2.0; 9]);
    let mut beyond = Body::default();
    beyond.push(Step::Load(7));
    assert!(Code::of(&beyond, (level, 4, ColumnSet::default()), 7, layout()).is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn no_page_is_written_and_executed() {
    let Some(level) = levels().last() else { return };
    let mut body = Body::default();
    let own = body.push(Step::Load(0));
    body.push(Step::Store(0, own));
    let code = Code::of(&body, (level, 4, ColumnSet::default()), 1, layout()).unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let rights = |line: &str| line.split(' ').nth(1).unwrap_or_default().to_owned();
    assert!(maps.lines().all(|line| !(rights(line).contains('w') && rights(line).contains('x'))));
    let start = format!("{:x}-", code.start().addr());
    let own = maps.lines().find(|line| line.trim_start_matches('0').starts_with(&start)).unwrap();
    assert_eq!(rights(own), "r-xp");
}
