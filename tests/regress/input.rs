//! Lists and tables that come with an experiment.
