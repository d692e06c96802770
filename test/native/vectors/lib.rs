//! Empty on purpose: this package only names source packages, see Cargo.toml.
