//! Units of values: powers of ms, mV, pA, uM and mm, in which NEST's units are coherent (nS = pA/mV, pF = pA·ms/mV).

/// Words of the language, which cannot be names.
pub(crate) const RESERVED: [&str; 10] = ["if", "else", "and", "or", "not", "from", "to", "send", "holds", "at"];

/// The error of a unit with powers that no quantity has.
pub(crate) const TOO_HIGH: &str = "the powers of this unit are higher than those of any quantity";

/// The highest power of a base unit.
const HIGHEST: i32 = 30;

/// The base units, in the order of [`Unit::powers`].
const BASES: [&str; 5] = ["ms", "mV", "pA", "uM", "mm"];

/// A unit: `scale` times the product of powers of ms, mV, pA, uM and mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// Its size in the product of base units.
    pub scale: f64,
    /// The powers of ms, mV, pA, uM, mm.
    pub powers: [i8; 5],
}

impl Unit {
    /// The unit of plain numbers.
    pub const ONE: Unit = Unit { scale: 1.0, powers: [0; 5] };
    /// ms
    pub const MS: Unit = Unit { scale: 1.0, powers: [1, 0, 0, 0, 0] };
    /// mV
    pub const MV: Unit = Unit { scale: 1.0, powers: [0, 1, 0, 0, 0] };
    /// pA
    pub const PA: Unit = Unit { scale: 1.0, powers: [0, 0, 1, 0, 0] };

    /// Whether both measure the same quantity, of whatever size they are.
    pub fn fits(self, other: Unit) -> bool {
        self.powers == other.powers
    }

    /// The product of two units; `None` if its powers are too high.
    pub fn times(self, other: Unit) -> Option<Unit> {
        let mut powers = self.powers;
        for (power, more) in powers.iter_mut().zip(other.powers) {
            *power = checked_power(i32::from(*power) + i32::from(more))?;
        }
        checked_unit(self.scale * other.scale, powers)
    }

    /// The quotient of two units; `None` if its powers are too high.
    pub fn over(self, other: Unit) -> Option<Unit> {
        self.times(other.power(-1)?)
    }

    /// The unit to the power `n`; `None` if its powers are too high.
    pub fn power(self, n: i32) -> Option<Unit> {
        let mut powers = self.powers;
        for power in &mut powers {
            *power = checked_power(i32::from(*power).checked_mul(n)?)?;
        }
        checked_unit(self.scale.powi(n), powers)
    }

    /// The square root of the unit; `None` if a power is odd.
    pub fn root(self) -> Option<Unit> {
        let even = self.powers.iter().all(|power| power % 2 == 0);
        even.then(|| Unit { scale: self.scale.sqrt(), powers: self.powers.map(|power| power / 2) })
    }

    /// The quantity, as the unit that a reader would write for it: "nS", "uM/ms", "a plain number". The scale is left
    /// out.
    pub fn words(self) -> String {
        if self.powers == [0; 5] {
            return "a plain number".into();
        }
        // The known unit of scale 1: sizes do not matter where units are checked.
        let same = |(_, unit): &&(&str, Unit)| unit.powers == self.powers && unit.scale == 1.0;
        match UNITS.iter().find(same) {
            Some((name, _)) => (*name).to_owned(),
            None => product_words(self.powers),
        }
    }
}

/// `power` in the type of powers; `None` if it is beyond [`HIGHEST`].
fn checked_power(power: i32) -> Option<i8> {
    (power.abs() <= HIGHEST).then_some(power as i8)
}

/// The unit of this scale and these powers; `None` if the scale is beyond any of use.
fn checked_unit(scale: f64, powers: [i8; 5]) -> Option<Unit> {
    (1e-30..=1e30).contains(&scale).then_some(Unit { scale, powers })
}

/// Powers of the base units as text, such as `pA*ms/mV`.
fn product_words(powers: [i8; 5]) -> String {
    let part = |sign: i8| {
        let parts = BASES.iter().zip(powers).filter(move |(_, power)| power * sign > 0);
        parts.map(|(name, power)| if power.abs() == 1 { (*name).to_owned() } else { format!("{name}^{}", power.abs()) })
    };
    let above: Vec<String> = part(1).collect();
    let above = if above.is_empty() { "1".into() } else { above.join("*") };
    part(-1).fold(above, |words, below| words + "/" + &below)
}

/// A unit by its scale and powers.
const fn unit(scale: f64, powers: [i8; 5]) -> Unit {
    Unit { scale, powers }
}

/// All units by name; of several for one quantity, errors show the first of scale 1.
const UNITS: [(&str, Unit); 44] = [
    ("steps", unit(1.0, [0; 5])),
    ("spikes", unit(1.0, [0; 5])),
    ("ms", unit(1.0, [1, 0, 0, 0, 0])),
    ("s", unit(1e3, [1, 0, 0, 0, 0])),
    ("us", unit(1e-3, [1, 0, 0, 0, 0])),
    ("min", unit(6e4, [1, 0, 0, 0, 0])),
    ("h", unit(3.6e6, [1, 0, 0, 0, 0])),
    ("kHz", unit(1.0, [-1, 0, 0, 0, 0])),
    ("Hz", unit(1e-3, [-1, 0, 0, 0, 0])),
    ("mV", unit(1.0, [0, 1, 0, 0, 0])),
    ("V", unit(1e3, [0, 1, 0, 0, 0])),
    ("uV", unit(1e-3, [0, 1, 0, 0, 0])),
    ("pA", unit(1.0, [0, 0, 1, 0, 0])),
    ("fA", unit(1e-3, [0, 0, 1, 0, 0])),
    ("nA", unit(1e3, [0, 0, 1, 0, 0])),
    ("uA", unit(1e6, [0, 0, 1, 0, 0])),
    ("mA", unit(1e9, [0, 0, 1, 0, 0])),
    ("nS", unit(1.0, [0, -1, 1, 0, 0])),
    ("pS", unit(1e-3, [0, -1, 1, 0, 0])),
    ("uS", unit(1e3, [0, -1, 1, 0, 0])),
    ("mS", unit(1e6, [0, -1, 1, 0, 0])),
    ("S", unit(1e9, [0, -1, 1, 0, 0])),
    ("GOhm", unit(1.0, [0, 1, -1, 0, 0])),
    ("MOhm", unit(1e-3, [0, 1, -1, 0, 0])),
    ("kOhm", unit(1e-6, [0, 1, -1, 0, 0])),
    ("Ohm", unit(1e-9, [0, 1, -1, 0, 0])),
    ("pF", unit(1.0, [1, -1, 1, 0, 0])),
    ("fF", unit(1e-3, [1, -1, 1, 0, 0])),
    ("nF", unit(1e3, [1, -1, 1, 0, 0])),
    ("uF", unit(1e6, [1, -1, 1, 0, 0])),
    ("fC", unit(1.0, [1, 0, 1, 0, 0])),
    ("pC", unit(1e3, [1, 0, 1, 0, 0])),
    ("nC", unit(1e6, [1, 0, 1, 0, 0])),
    ("uM", unit(1.0, [0, 0, 0, 1, 0])),
    ("pM", unit(1e-6, [0, 0, 0, 1, 0])),
    ("nM", unit(1e-3, [0, 0, 0, 1, 0])),
    ("mM", unit(1e3, [0, 0, 0, 1, 0])),
    ("M", unit(1e6, [0, 0, 0, 1, 0])),
    ("mm", unit(1.0, [0, 0, 0, 0, 1])),
    ("nm", unit(1e-6, [0, 0, 0, 0, 1])),
    ("um", unit(1e-3, [0, 0, 0, 0, 1])),
    ("cm", unit(10.0, [0, 0, 0, 0, 1])),
    ("m", unit(1e3, [0, 0, 0, 0, 1])),
    ("km", unit(1e6, [0, 0, 0, 0, 1])),
];

/// The unit of this name, if there is one.
pub(crate) fn named(name: &str) -> Option<Unit> {
    UNITS.iter().find(|(known, _)| *known == name).map(|(_, unit)| *unit)
}

/// The names of all units.
pub(crate) fn names() -> Vec<String> {
    UNITS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The name of an input of functions, and its unit.
pub(crate) type Name = (String, Unit);
