//! Kinds of Azure ML that are recognised and refused with one clear sentence.

use crate::de::folded;

const AUTOML: &str =
    "it needs the cloud service `Azure AutoML`, which is not here; write the training as a command job";

/// Why a kind, named as its schema names it without `.schema.json`, is not accepted; `None` for words that are not known.
pub fn refusal(schema: &str) -> Option<String> {
    let word = folded(schema);
    let not_yet = |what: &str| Some(format!("{what} is not supported yet"));
    match word.as_str() {
        "sweepjob" => not_yet("a sweep job"),
        "sparkjob" => not_yet("a Spark job"),
        "paralleljob" => not_yet("a parallel job"),
        "importjob" => not_yet("an import job"),
        "sparkcomponent" => not_yet("a Spark component"),
        "parallelcomponent" => not_yet("a parallel component"),
        "sweepcomponent" => not_yet("a sweep component"),
        "importcomponent" => not_yet("an import component"),
        "datatransfercomponent" | "datatransfercopycomponent" | "datatransferimportcomponent" => {
            not_yet("a data transfer component")
        }
        "monitor" => not_yet("a monitor that is no schedule"),
        "batchendpoint" => not_yet("a batch endpoint"),
        "batchdeployment" | "modelbatchdeployment" | "pipelinecomponentbatchdeployment" => {
            not_yet("a batch deployment")
        }
        "registry" => not_yet("a registry"),
        "workspaceconnection" | "connection" => not_yet("a connection"),
        "modelpackage" => not_yet("a model package"),
        "mltable" => Some("an MLTable file is data, not an asset of its own; name its folder with `type: mltable`".into()),
        "dataimport" | "importdata" => not_yet("a data import"),
        "featurestore" | "featureset" | "featurestoreentity" => not_yet("a feature store"),
        "dataindex" | "index" => not_yet("a data index"),
        "serverlessendpoint" | "marketplacesubscription" => {
            Some("a serverless endpoint needs the cloud service `Azure AI model catalog`, which is not here".into())
        }
        "finetuningjob" | "custommodelfinetuningjob" | "finetuning" => {
            Some("a fine-tuning job needs the cloud service `Azure AI fine-tuning`, which is not here; write it as a command job".into())
        }
        "azureopenaifinetuningjob" => {
            Some("a fine-tuning job of Azure OpenAI needs the cloud service `Azure OpenAI`, which is not here".into())
        }
        "distillationjob" | "distillation" => {
            Some("a distillation job needs the cloud service `Azure AI model distillation`, which is not here".into())
        }
        "capabilityhost" => not_yet("a capability host"),
        "flow" | "promptflow" => not_yet("a prompt flow"),
        _ if word.starts_with("automl") => Some(format!("an AutoML job is not supported: {AUTOML}")),
        _ => None,
    }
}

/// Why a `type` of a job is not accepted.
pub(crate) fn job(tag: &str) -> Option<String> {
    match folded(tag).as_str() {
        "sweep" => refusal("sweepJob"),
        "spark" => refusal("sparkJob"),
        "parallel" => refusal("parallelJob"),
        "import" => refusal("importJob"),
        "automl" => refusal("autoMLJob"),
        "finetuning" => refusal("finetuningJob"),
        "distillation" => refusal("distillationJob"),
        _ => None,
    }
}

/// Why a `type` of a step is not accepted.
pub(crate) fn node(tag: &str) -> Option<String> {
    match folded(tag).as_str() {
        "automl" => Some(format!("an AutoML step is not supported: {AUTOML}")),
        "sweep" | "spark" | "parallel" | "import" | "datatransfer" | "copydata" | "importdata"
        | "exportdata" | "promptflowparallel" => Some(format!(
            "a step of type `{tag}` is not supported yet\nsupported are `command`, `pipeline`, `validate`, `validate_model`, `transform`, `if_else`, `do_while` and `parallel_for`"
        )),
        _ => None,
    }
}

/// Why a `type` of a component is not accepted.
pub(crate) fn component(tag: &str) -> Option<String> {
    match folded(tag).as_str() {
        "automl" => Some(format!("an AutoML component is not supported: {AUTOML}")),
        "sweep" | "spark" | "parallel" | "import" | "datatransfer" | "promptflow" | "promptflowparallel" => {
            Some(format!(
                "a component of type `{tag}` is not supported yet\nsupported are `command` and `pipeline`"
            ))
        }
        _ => None,
    }
}
