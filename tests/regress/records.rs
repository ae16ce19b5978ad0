//! What was not recorded is not told as nothing.
