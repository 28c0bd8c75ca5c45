//! Infrastructure as code: plans, how far their steps are, and what stacks manage.

pub mod plan;
pub mod resource;
pub mod step;
