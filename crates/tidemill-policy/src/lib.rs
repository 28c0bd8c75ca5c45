//! Who may do what: actions, scopes and the decision. Pure.
