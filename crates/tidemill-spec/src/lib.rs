//! What people write: the YAML kinds, their references and their expressions. Pure.
