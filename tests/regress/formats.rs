//! Known by its bytes: what a file is, whatever it is called.
