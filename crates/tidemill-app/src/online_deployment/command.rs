//! The command of an instance: lays the model where scripts look for it, and starts the scoring server.

use super::InstancePlan;

/// The most bytes of a body, of a request or an answer: what the gateway lets through.
const MOST_BYTES: u64 = 256 << 20;

/// The command line of an instance, for `bash`. `port` is where it listens on loopback.
///
/// Its runner gives `TMPDIR`, `AZURE_ML_INPUT_model`, `TIDEMILL_PROGRAM` and a `PATH` that begins with the environment.
pub(crate) fn command(plan: &InstancePlan, deployment: &str, port: u16) -> String {
    let mut lines = vec![
        "set -e".to_owned(),
        "models=\"$TMPDIR/azureml-models\"".to_owned(),
        "mkdir -p \"$models\"".to_owned(),
    ];
    let mut words = vec!["exec \"$TIDEMILL_PROGRAM\" serve".to_owned()];
    let mut option = |name: &str, value: String| words.push(format!("--{name} {value}"));
    if let Some(script) = &plan.entry_script {
        option("entry-script", quoted(script));
        option("code-dir", "\"$PWD\"".into());
    }
    if let Some(model) = &plan.model {
        // Files of its own: MLflow loads neither a folder nor files that are links to elsewhere. A disk that can share the
        // blocks of copies does so.
        let place = format!("\"$models\"/{}", quoted(&model.name));
        lines.push(format!(
            "rm -rf {place}; given=$(realpath \"$AZURE_ML_INPUT_model\"); \
             if [ -d \"$given\" ]; then cp -rL --reflink=auto \"$given\" {place}; else ln -s \"$given\" {place}; fi"
        ));
    }
    match &plan.model {
        // A script finds the folder of its model under `AZUREML_MODEL_DIR`; without one the model itself is what is served.
        Some(model) if plan.entry_script.is_none() => {
            // A single file is given with the folder that it lies in.
            let folder = match model.kind.as_str() {
                "onnx" => "\"$models\"",
                _ => "\"$AZURE_ML_INPUT_model\"",
            };
            option("model-dir", folder.into());
            option("model-type", quoted(&model.kind));
        }
        _ => option("model-dir", "\"$models\"".into()),
    }
    option("python", "\"$(command -v python || command -v python3)\"".into());
    option("workers", plan.workers.to_string());
    option("listen", format!("127.0.0.1:{port}"));
    option("request-timeout-ms", plan.request_timeout_ms.to_string());
    option("max-body", MOST_BYTES.to_string());
    option("name", quoted(deployment));
    lines.push(words.join(" "));
    lines.join("\n")
}

/// A word that a shell takes as it is.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_reaches_the_program_as_it_is() {
        for word in ["score.py", "it's", "a b", "$(true)", "`x`"] {
            let done = std::process::Command::new("bash")
                .args(["-c", &format!("printf %s {}", quoted(word))])
                .output()
                .expect("bash");
            assert_eq!(String::from_utf8_lossy(&done.stdout), word);
        }
    }
}
