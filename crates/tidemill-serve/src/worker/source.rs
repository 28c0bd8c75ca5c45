//! The Python side of a worker, as it is sent to one: no file of it is laid on disk.

/// What `python -c` runs.
pub(super) const BOOT: &str = include_str!("../../worker/boot.py");

/// The modules of the package `tidemill_worker`.
pub(super) const MODULES: &[(&str, &str)] = &[
    ("answer", include_str!("../../worker/answer.py")),
    ("flasks", include_str!("../../worker/flasks.py")),
    ("inputs", include_str!("../../worker/inputs.py")),
    ("logs", include_str!("../../worker/logs.py")),
    ("main", include_str!("../../worker/main.py")),
    ("names", include_str!("../../worker/names.py")),
    ("pyfunc", include_str!("../../worker/pyfunc.py")),
    ("request", include_str!("../../worker/request.py")),
    ("schema", include_str!("../../worker/schema.py")),
    ("schema_numpy", include_str!("../../worker/schema_numpy.py")),
    ("schema_pandas", include_str!("../../worker/schema_pandas.py")),
    ("schema_types", include_str!("../../worker/schema_types.py")),
    ("script", include_str!("../../worker/script.py")),
    ("swagger", include_str!("../../worker/swagger.py")),
    ("wire", include_str!("../../worker/wire.py")),
];
