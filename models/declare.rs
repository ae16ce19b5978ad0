//! The `neuron!` macro: one declaration becomes the Rust struct, its defaults, the stored columns and the tables that
//! experiment files and docs are made from.

/// Declares a struct of numbers that is stored as columns, see [`Columns`](crate::models::Columns).
#[macro_export]
macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident),* $(,)? }) => {
        $(#[$doc])*
        #[allow(non_snake_case)]
        #[derive(Debug, Clone, Copy)]
        pub struct $name<R> { $($(#[$fdoc])* pub $field: R),* }

        impl<R: Copy> $crate::models::Columns<R> for $name<R> {
            const COUNT: usize = <[&str]>::len(&[$(stringify!($field)),*]);
            #[inline(always)]
            #[allow(unused_assignments, unused_variables, unused_mut, non_snake_case)]
            fn gather(columns: &[R], stride: usize, i: usize) -> Self {
                let mut at = i;
                $(let $field = columns[at]; at += stride;)*
                Self { $($field),* }
            }
            #[inline(always)]
            #[allow(unused_assignments, unused_variables, unused_mut)]
            fn scatter(self, columns: &mut [R], stride: usize, i: usize) {
                let mut at = i;
                $(columns[at] = self.$field; at += stride;)*
            }
            fn list(self) -> Vec<R> {
                vec![$(self.$field),*]
            }
            #[inline(always)]
            #[allow(unused_assignments, unused_variables, unused_mut, non_snake_case)]
            fn load(from: &$crate::simd::Fields<'_, R::Number>, items: $crate::simd::Items) -> Self
            where
                R: $crate::simd::Vector,
            {
                let mut field = 0;
                $(let $field = from.load(field, items); field += 1;)*
                Self { $($field),* }
            }
            #[inline(always)]
            #[allow(unused_assignments, unused_variables, unused_mut)]
            fn store(self, to: &mut $crate::simd::FieldsMut<'_, R::Number>, items: $crate::simd::Items)
            where
                R: $crate::simd::Vector,
            {
                let mut field = 0;
                $(to.store(field, items, self.$field); field += 1;)*
            }
            #[inline(always)]
            #[allow(unused_assignments, unused_variables, unused_mut, non_snake_case)]
            fn splat(values: &[R::Number]) -> Self
            where
                R: $crate::simd::Vector,
            {
                let mut at = 0;
                $(let $field = R::splat(values[at]); at += 1;)*
                Self { $($field),* }
            }
        }
    };
}

/// Declares a neuron model, in this crate or another; see `models/iaf_psc_exp/mod.rs` for the pattern.
///
/// The GPU's `advance`, `margin` and `reset` are made of what the Rust does, so nothing is written twice. The macro
/// makes `Derived` and `State` too, so a module holds one model.
#[macro_export]
macro_rules! neuron {
    (
        $(#[$doc:meta])*
        $name:ident = $nest:literal, $about:literal;
        parameters { $($parameter:ident : $unit:literal = $default:expr, $bound:ident, $pabout:literal;)* }
        state { $($variable:ident : $sunit:literal = $start:expr, $relative:expr, $sbound:ident, $sabout:literal;)* }
        derived { $($derived:ident),* $(,)? }
        channels { $($channel:literal : $cunit:literal, $takes:ident;)* }
        multiple = $multiple:literal;
        $(#[$imeta:meta])*
        impl { $($body:tt)* }
    ) => {
        $(#[$doc])*
        #[allow(non_snake_case)]
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name { $(#[doc = concat!($pabout, " (", $unit, "), default ", stringify!($default))] pub $parameter: f64),* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($parameter: $default),* }
            }
        }

        impl $crate::models::Parameters for $name {
            #[allow(non_snake_case)]
            fn of(values: &[f64]) -> Self {
                let [$($parameter),*] = std::array::from_fn(|i| values[i]);
                Self { $($parameter),* }
            }
            fn list(self) -> Vec<f64> {
                vec![$(self.$parameter),*]
            }
        }

        $crate::columns! {
            /// Values derived from the parameters and dt when the network is built.
            Derived { $(#[doc = concat!("`", stringify!($derived), "`, see `derive`.")] $derived),* }
        }
        $crate::columns! {
            /// State of one neuron.
            State { $(#[doc = concat!($sabout, " (", $sunit, ")")] $variable),* }
        }

        $(#[$imeta])*
        impl $crate::models::Neuron for $name {
            const DECLARATION: $crate::models::Declaration = $crate::models::Declaration {
                name: $nest,
                about: $about,
                parameters: &[$($crate::models::Parameter {
                    name: stringify!($parameter),
                    unit: $unit,
                    default: $default,
                    bound: $crate::models::Bound::$bound,
                    about: $pabout,
                }),*],
                state: &[$($crate::models::Variable {
                    name: stringify!($variable),
                    unit: $sunit,
                    start: $start,
                    relative_to: $relative,
                    bound: $crate::models::Bound::$sbound,
                    about: $sabout,
                }),*],
                derived: &[$(stringify!($derived)),*],
                channels: &[$($crate::models::Channel {
                    name: $channel,
                    unit: $cunit,
                    takes: $crate::models::Takes::$takes,
                }),*],
                multiple: $multiple,
                draws: &[],
                max_spikes: Self::MAX_SPIKES,
            };
            type Derived<R: $crate::number::Real> = Derived<R>;
            type State<R: $crate::number::Real> = State<R>;
            $($body)*
        }
    };
}
