//! MLflow's filter grammar, ordering and page tokens, read into a tree. Pure.
