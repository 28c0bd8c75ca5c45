//! The inference data plane.
