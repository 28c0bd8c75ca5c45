//! Environments: a specification becomes a lock, and the lock a cached prefix.
