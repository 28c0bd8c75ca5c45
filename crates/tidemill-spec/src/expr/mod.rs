//! The expression language: `${{inputs.x}}` and its kin, and `$[[ … ]]` blocks that may be dropped.

mod reference;
mod template;

pub use reference::Ref;
pub use template::{ExprError, RenderError, Template};
