//! A monitor of Azure's: data compared with a reference, at times. What has no counterpart here is refused by its name.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::VariantAccess;
use serde::{Deserialize, Deserializer, Serialize};

use super::Input;
use crate::de::{Shape, Shaped, deserialize_shaped, folded, tagged_union};

/// What is watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Monitor {
    /// A Spark machine of the cloud; of no effect here.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub compute: IndexMap<String, serde_json::Value>,
    /// The model that it is about; kept.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub monitoring_target: IndexMap<String, serde_json::Value>,
    /// The signals by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub monitoring_signals: IndexMap<String, MonitorSignal>,
    /// Who is written to; of no effect here: alarms are events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_notification: Option<serde_json::Value>,
}

/// One thing that is watched; the field `type` says which.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MonitorSignal {
    /// Whether columns have drifted.
    DataDrift(Box<DriftSignal>),
    /// Whether predictions have drifted.
    PredictionDrift(Box<DriftSignal>),
    /// Whether values are missing.
    DataQuality(Box<QualitySignal>),
}

tagged_union!(MonitorSignal, "a monitoring signal", {
    "data_drift" => DataDrift, "prediction_drift" => PredictionDrift, "data_quality" => DataQuality
}, refuse refused);

fn refused(tag: &str) -> Option<String> {
    match folded(tag).as_str() {
        "featureattributiondrift"
        | "modelperformance"
        | "custom"
        | "generationsafetyquality"
        | "generationtokenstatistics" => Some(format!(
            "a signal of type `{tag}` is not supported\nsupported are `data_drift`, `prediction_drift` and `data_quality`"
        )),
        _ => None,
    }
}

/// Data beside a reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftSignal {
    /// What is watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production_data: Option<MonitoredData>,
    /// What it is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_data: Option<MonitoredData>,
    /// Whether a column that has drifted fails the run; it does where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_enabled: Option<bool>,
    /// The columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Features>,
    /// From which distance on a column has drifted.
    #[serde(default)]
    pub metric_thresholds: DriftThresholds,
    /// Facts about it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub properties: IndexMap<String, serde_json::Value>,
}

/// Values that are missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualitySignal {
    /// What is watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production_data: Option<MonitoredData>,
    /// What it is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_data: Option<MonitoredData>,
    /// Whether it fails the run; it does where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_enabled: Option<bool>,
    /// The columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Features>,
    /// How many values may be missing.
    #[serde(default)]
    pub metric_thresholds: QualityThresholds,
    /// Facts about it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub properties: IndexMap<String, serde_json::Value>,
}

/// Data, and which of its columns mean something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitoredData {
    /// The data; a label such as `azureml:flights@latest` is looked up each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_data: Option<Input>,
    /// What it was for: `training`, `test`, `model_inputs`, …; kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_context: Option<String>,
    /// `prediction`, `target_column` and others, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub data_column_names: IndexMap<String, String>,
}

/// Which columns.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Features {
    /// `all_features`
    Word(String),
    /// These.
    These(Vec<String>),
    /// The most important ones; here all of them.
    Top(TopFeatures),
}

/// The most important columns. How important one is, is not known here: all are looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopFeatures {
    /// So many.
    pub top_n_feature_importance: u32,
}

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        deserialize_shaped(d)
    }
}

impl<'de> Shaped<'de> for Features {
    const EXPECTED: &'static str = "`all_features`, a list of columns, or `top_n_feature_importance`";

    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error> {
        match shape {
            Shape::Text => content.newtype_variant().map(|word| Some(Self::Word(word))),
            Shape::List => content.newtype_variant().map(|list| Some(Self::These(list))),
            Shape::Map => content.newtype_variant().map(|top| Some(Self::Top(top))),
            Shape::Null | Shape::Number | Shape::Boolean => Ok(None),
        }
    }
}

/// From which distance on a column has drifted; what is not named does not count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftThresholds {
    /// Of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerical: Option<NumericalDrift>,
    /// Of categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categorical: Option<CategoricalDrift>,
}

/// Distances of numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumericalDrift {
    /// Jensen–Shannon distance, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jensen_shannon_distance: Option<f64>,
    /// Wasserstein's distance in standard deviations of the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalized_wasserstein_distance: Option<f64>,
    /// Population stability index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population_stability_index: Option<f64>,
    /// A p-value, below which a column has drifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub two_sample_kolmogorov_smirnov_test: Option<f64>,
}

/// Distances of categories.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoricalDrift {
    /// Jensen–Shannon distance, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jensen_shannon_distance: Option<f64>,
    /// Population stability index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population_stability_index: Option<f64>,
    /// A p-value, below which a column has drifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pearsons_chi_squared_test: Option<f64>,
}

/// How many values may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualityThresholds {
    /// Of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerical: Option<QualityRates>,
    /// Of categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categorical: Option<QualityRates>,
}

/// Rates, 0 to 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualityRates {
    /// Of values that are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null_value_rate: Option<f64>,
    /// Of values of another type; refused, for a column has one type here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type_error_rate: Option<f64>,
    /// Of values that the reference does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_bounds_rate: Option<f64>,
}
