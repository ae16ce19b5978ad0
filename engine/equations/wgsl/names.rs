//! Names in WGSL: a user's names, changed where WGSL or a shader gives them another meaning.

/// Keywords of WGSL, words that it reserves (W3C, "WebGPU Shading Language", section 15), and three that older
/// compilers reserve.
const RESERVED: &str = "alias break case const const_assert continue continuing default diagnostic discard else enable \
    false fn for if let loop override requires return struct switch true var while NULL Self abstract active alignas \
    alignof as asm asm_fragment async attribute auto await become binding_array cast catch class co_await co_return \
    co_yield coherent column_major common compile compile_fragment concept const_cast consteval constexpr constinit \
    crate debugger decltype delete demote demote_to_helper do dynamic_cast enum explicit export extends extern external \
    fallthrough filter final finally friend from fxgroup get goto groupshared highp impl implements import inline \
    instanceof interface layout lowp macro macro_rules match mediump meta mod module move mut mutable namespace new nil \
    noexcept noinline nointerpolation non_coherent noncoherent noperspective null nullptr of operator package packoffset \
    partition pass patch pixelfragment precise precision premerge priv protected pub public readonly ref regardless \
    register reinterpret_cast require resource restrict self set shared sizeof smooth snorm static static_assert \
    static_cast std subroutine super target template this thread_local throw trait try type typedef typeid typename \
    typeof union unless unorm unsafe unsized use using varying virtual volatile wgsl where with writeonly yield \
    in out inout";

/// Names that the text of a function uses itself.
const TAKEN: &str =
    "add mul div root exponential logarithm select bitcast keep step f32 i32 u32 bool ptr function array";

/// The name, in WGSL, of a field of `Derived` or `State` that a user calls `name`. Different names stay different; most
/// stay as they are.
pub fn field(name: &str) -> String {
    avoid(name, |base| RESERVED.split_whitespace().any(|word| word == base))
}

/// The name, in WGSL, of an argument of a function that a user calls `name`.
pub(super) fn argument(name: &str) -> String {
    let words = || RESERVED.split_whitespace().chain(TAKEN.split_whitespace());
    avoid(name, |base| words().any(|word| word == base) || ends_in_number(base))
}

/// Whether a name ends with an underscore and a number, as the names of values within a function do.
fn ends_in_number(name: &str) -> bool {
    let digits = name.rsplit_once('_').map_or("", |(_, digits)| digits);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name with one more underscore at its end if it is `refused` without the underscores there, so that no two names
/// become one. A name that WGSL cannot spell is spelt out behind `n_0`.
fn avoid(name: &str, refused: impl Fn(&str) -> bool) -> String {
    let spelt = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.starts_with("n_0");
    if begins && name.chars().all(spelt) {
        let more = if refused(name.trim_end_matches('_')) { "_" } else { "" };
        return format!("{name}{more}");
    }
    let letters = name.chars().map(|c| match c {
        'u' => "u75_".to_owned(),
        c if spelt(c) => c.to_string(),
        c => format!("u{:x}_", u32::from(c)),
    });
    format!("n_0{}", letters.collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{argument, field};

    #[test]
    fn different_names_stay_different() {
        let names = [
            "in", "in_", "in__", "V_m", "n_V_m_", "n_in", "n_0", "n_0n_0", "_x", "__x", "x_", "2x", "τ", "u3c4_", "_τ",
            "_u3c4_", "n_0u3c4_", "v'", "vu27_", "d", "s", "select", "select_", "add", "add_", "a_1", "a_1_", "a_",
            "a", "",
        ];
        for of in [field, argument] {
            let safe: HashSet<String> = names.iter().map(|name| of(name)).collect();
            assert_eq!(safe.len(), names.len(), "{safe:?}");
        }
    }

    #[test]
    fn usual_names_are_left_as_they_are() {
        for name in ["V_m", "I_syn_ex", "d", "s", "select", "refractory", "P22", "n_spikes"] {
            assert_eq!(field(name), name);
        }
        assert_eq!([field("type"), field("in"), argument("select"), argument("x")], ["type_", "in_", "select_", "x"]);
    }
}
