//! Infrastructure as code: plans, how far their steps are, what people and tests said of them, and what stacks manage.

pub mod plan;
pub mod resource;
pub mod step;
pub mod test;
pub mod vote;
