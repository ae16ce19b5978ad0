//! A hash of what a function computes.

use crate::equations::{Function, Op};

/// The hash FNV-1a (Fowler, Noll & Vo) of the bytes so far.
struct Hash(u64);

impl Hash {
    /// Hashes one more line, its end included.
    fn add(&mut self, text: &str) {
        // With the line's end the lines "1", "12" differ from "11", "2".
        for byte in text.bytes().chain([b'\n']) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
}

impl Function {
    /// A hash of what it computes, the same on every machine and in every version: of its operations in their order,
    /// not of names. Functions with the same digest give the same bits, but for collisions; another order of a sum
    /// gives another digest.
    pub fn digest(&self) -> u64 {
        let mut hash = Hash(0xCBF2_9CE4_8422_2325);
        hash.add(&format!("inputs {}", self.inputs.len()));
        for op in self.graph.ops() {
            hash.add(&format!("{op:?}"));
            if let Op::Repeat(place) = *op {
                let repeat = &self.graph.repeats()[place as usize];
                let body = repeat.body.digest();
                hash.add(&format!("{} times {body:x} from {:?} with {:?}", repeat.times, repeat.start, repeat.fixed));
            }
        }
        for (_, id) in &self.outputs {
            hash.add(&format!("output {id}"));
        }
        hash.0
    }
}
