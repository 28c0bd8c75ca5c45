//! What a job needs before its command starts: its environment, its code, its inputs, and places for its outputs.

mod code;
mod environment;
mod guard;
mod input;
mod place;
mod stores;
mod url;

pub(crate) use code::lay_code;
pub(crate) use environment::{Bench, prepare_environment};
pub(crate) use input::lay_inputs;
pub(crate) use place::{Placed, Where, place_outputs};
pub(crate) use stores::{Stores, counter};
