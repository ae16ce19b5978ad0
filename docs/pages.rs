//! The pages whose examples in Rust are compiled and run by the documentation tests.

macro_rules! pages {
    ($($(#[$when:meta])* $name:ident = $page:literal;)*) => {
        $($(#[$when])* #[doc = include_str!($page)] struct $name;)*
    };
}

pages! {
    Readme = "../README.md";
    ConnectionRules = "guide/connection-rules.md";
    LongRuns = "guide/long-runs.md";
    #[cfg(feature = "pictures")]
    Recording = "guide/recording.md";
    #[cfg(all(feature = "train", feature = "formats"))]
    Nir = "train/nir.md";
    #[cfg(feature = "train")]
    Tasks = "train/tasks.md";
    #[cfg(feature = "train")]
    EarlyExit = "train/early-exit.md";
    #[cfg(feature = "train")]
    Reservoirs = "train/reservoirs.md";
    #[cfg(feature = "train")]
    Motion = "train/motion.md";
    #[cfg(feature = "train")]
    Diffusion = "train/diffusion.md";
    #[cfg(feature = "train")]
    Language = "train/language.md";
    Sequence = "train/sequence.md";
    #[cfg(feature = "train")]
    Elm = "train/elm.md";
    #[cfg(feature = "train")]
    Synchrony = "train/synchrony.md";
    Regimes = "train/regimes.md";
    #[cfg(feature = "train")]
    Pruning = "train/pruning.md";
    #[cfg(feature = "train")]
    Control = "train/control.md";
    FromNest = "tutorials/from-nest.md";
    Sweeps = "tutorials/sweeps.md";
    Step = "why/step.md";
    #[cfg(feature = "train")]
    Gradients = "train/gradients.md";
}
