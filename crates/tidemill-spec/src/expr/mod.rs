//! The expression language: `${{inputs.x}}` and its kin, and `$[[ … ]]` blocks that may be dropped.

mod reference;
mod secret;
mod template;

pub use reference::Ref;
pub use secret::{replace_secrets, secrets};
pub use template::{ExprError, RenderError, Template};
