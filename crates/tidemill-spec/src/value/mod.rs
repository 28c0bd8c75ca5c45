//! Small values that specs are made of.

mod byte_size;
mod cpu;
mod iso_duration;
mod literal;
mod name;
mod scalar;

pub use byte_size::ByteSize;
pub use cpu::CpuAmount;
pub use iso_duration::iso_seconds;
pub use literal::Literal;
pub use name::{NAME_RULE, is_component_name, is_safe_name};
