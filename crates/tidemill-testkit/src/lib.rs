//! A server in a test, builders, and fakes of what is outside.
