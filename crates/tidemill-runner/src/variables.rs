//! The variables of a job's processes, from the machine's to the user's; a later one wins.

use crate::work::Work;
use indexmap::IndexMap;
use tidemill_api::runner::Assignment;
use tidemill_env::Prefix;
use tidemill_process::{MARKER, is_passed_on};

/// Libraries that would start a thread for each core of the machine, however few the job may use.
const THREADS: &[&str] = &[
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
];

/// A job whose variables hold this one is given the path of this program in it, and may start it.
pub(crate) const PROGRAM: &str = "TIDEMILL_PROGRAM";

/// What the references of a command stand for: `${{inputs.x}}` and `${{outputs.x}}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    /// Literals and paths of inputs, by name.
    pub(crate) inputs: IndexMap<String, String>,
    /// Which of them are data, not literals.
    pub(crate) data: Vec<String>,
    /// Paths of outputs, by name.
    pub(crate) outputs: IndexMap<String, String>,
}

/// All variables of the job's processes. Nothing else of this process is inherited.
pub(crate) fn variables(
    assignment: &Assignment,
    prefix: Option<&Prefix>,
    texts: &Texts,
    work: &Work,
    machine: impl Iterator<Item = (String, String)>,
) -> IndexMap<String, String> {
    let mut all: IndexMap<String, String> = machine.filter(|(name, _)| is_passed_on(name)).collect();
    for (name, value) in [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "C.UTF-8"),
        ("HOME", "/tmp"),
    ] {
        all.entry(name.into()).or_insert_with(|| value.into());
    }
    if let Some(prefix) = prefix {
        let own = prefix.process_variables(all.get("PATH").map_or("", String::as_str));
        for name in own.unset {
            all.shift_remove(&name);
        }
        all.extend(own.set);
    }
    all.insert("TMPDIR".into(), work.temp.display().to_string());
    // Lines reach the log when they are printed, not when 8 KiB have come together.
    all.insert("PYTHONUNBUFFERED".into(), "1".into());
    cards(assignment, &mut all);
    if let Some(cores) = assignment.limits.cores {
        all.extend(THREADS.iter().map(|name| ((*name).to_owned(), cores.to_string())));
    }
    for name in &texts.data {
        let path = texts.inputs.get(name).cloned().unwrap_or_default();
        all.insert(format!("AZUREML_DATAREFERENCE_{name}"), path.clone());
        all.insert(format!("AZURE_ML_INPUT_{name}"), path);
    }
    for (name, path) in &texts.outputs {
        all.insert(format!("AZUREML_DATAREFERENCE_{name}"), path.clone());
        all.insert(format!("AZURE_ML_OUTPUT_{name}"), path.clone());
    }
    for (name, value) in &assignment.environment_variables {
        let mut value = value.clone();
        crate::command::fill_in(&mut value, &assignment.job, texts);
        all.insert(name.clone(), value);
    }
    // A step of the platform itself runs by this program.
    if let (true, Ok(program)) = (all.contains_key(PROGRAM), std::env::current_exe()) {
        all.insert(PROGRAM.into(), program.display().to_string());
    }
    // By this a sweep finds them, so nobody may set it otherwise.
    all.insert(
        MARKER.into(),
        format!(
            "{}/{}/{}",
            assignment.workspace, assignment.job, assignment.attempt
        ),
    );
    all
}

/// A job sees the cards that it was given and, on a machine with cards, no other.
fn cards(assignment: &Assignment, all: &mut IndexMap<String, String>) {
    if !assignment.gpus.is_empty() || std::path::Path::new("/dev/nvidia0").exists() {
        let indices: Vec<String> = assignment.gpus.iter().map(u32::to_string).collect();
        all.insert("CUDA_VISIBLE_DEVICES".into(), indices.join(","));
        all.insert("AZ_BATCHAI_NUM_GPUS".into(), indices.len().to_string());
    }
}
