//! The pages whose examples in Rust are compiled and run by the documentation tests.

macro_rules! pages {
    ($($name:ident = $page:literal;)*) => {
        $(#[doc = include_str!($page)] struct $name;)*
    };
}

pages! {
    Readme = "../README.md";
    ConnectionRules = "guide/connection-rules.md";
    LongRuns = "guide/long-runs.md";
    Recording = "guide/recording.md";
    FromNest = "tutorials/from-nest.md";
    Sweeps = "tutorials/sweeps.md";
    Step = "why/step.md";
}
