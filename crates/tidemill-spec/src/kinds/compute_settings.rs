//! The settings that computes have in the cloud.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::VariantAccess;
use serde::{Deserialize, Deserializer, Serialize};

use crate::de::{Shape, Shaped, deserialize_shaped, tagged_union};

/// How to reach the machines of a cluster by SSH.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComputeSshSettings {
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_username: Option<String>,
    /// The password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_password: Option<String>,
    /// The public key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_key_value: Option<String>,
}

/// How to reach a compute instance by SSH.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceSshSettings {
    /// The public key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_key_value: Option<String>,
}

/// How to reach a virtual machine by SSH.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineSshSettings {
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_username: Option<String>,
    /// The password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_password: Option<String>,
    /// The port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_port: Option<u16>,
    /// The file of the private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_private_key_file: Option<String>,
}

/// The network that a compute is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkSettings {
    /// The network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vnet_name: Option<String>,
    /// The part of the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet: Option<String>,
}

/// For whom a compute instance is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateOnBehalfOf {
    /// The tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_tenant_id: Option<String>,
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_object_id: Option<String>,
}

/// When a compute instance starts and stops.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComputeSchedules {
    /// The times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compute_start_stop: Vec<ComputeStartStop>,
}

/// One time at which a compute instance starts or stops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComputeStartStop {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// What.
    pub action: StartStop,
    /// Whether it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ScheduleState>,
}

/// What happens to a compute instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StartStop {
    /// It starts.
    Start,
    /// It stops.
    Stop,
}

/// Whether a schedule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleState {
    /// It does.
    Enabled,
    /// It does not.
    Disabled,
}

/// When something happens; the field `type` says how it is written.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Trigger {
    /// As cron writes it.
    Cron(CronTrigger),
    /// Every so often.
    Recurrence(RecurrenceTrigger),
    /// When there is a new version of data (a Tidemill extension; for schedules alone).
    DataVersion(DataTrigger),
    /// When columns of data alarm, because they have drifted in several versions in a row (a Tidemill extension; for schedules alone).
    DriftAlarm(DataTrigger),
}

tagged_union!(Trigger, "a trigger", {
    "cron" => Cron, "recurrence" => Recurrence, "data_version" => DataVersion, "drift_alarm" => DriftAlarm
});

/// Something that happens to data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataTrigger {
    /// `azureml:` and the name of the data asset.
    pub data: String,
    /// The input of the job that is given the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
}

/// A time as cron writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CronTrigger {
    /// From when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// In which time zone, by its Windows name; UTC where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Five fields: minute, hour, day, month, day of the week.
    pub expression: String,
}

/// Every so often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecurrenceTrigger {
    /// From when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// In which time zone, by its Windows name; UTC where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The unit.
    pub frequency: RecurrenceFrequency,
    /// How many units.
    pub interval: u32,
    /// At which times of the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<RecurrencePattern>,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecurrenceFrequency {
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
}

/// Times of a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecurrencePattern {
    /// Hours.
    pub hours: OneOrMany<u32>,
    /// Minutes.
    pub minutes: OneOrMany<u32>,
    /// Days of the week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_days: Option<OneOrMany<WeekDay>>,
    /// Days of the month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month_days: Option<OneOrMany<u32>>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeekDay {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// One value or a list of them; always a list once it is read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        deserialize_shaped(d)
    }
}

impl<'de, T: Deserialize<'de>> Shaped<'de> for OneOrMany<T> {
    const EXPECTED: &'static str = "a value or a list of values";

    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error> {
        match shape {
            Shape::List => content.newtype_variant().map(|many| Some(Self(many))),
            Shape::Null | Shape::Map => Ok(None),
            _ => content.newtype_variant().map(|one| Some(Self(vec![one]))),
        }
    }
}

/// An application on a compute instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomApplication {
    /// Its name.
    pub name: String,
    /// How it runs.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub application_type: Option<CustomApplicationType>,
    /// Its image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<CustomApplicationImage>,
    /// Its ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<CustomApplicationEndpoint>,
    /// The variables that it sees.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub environment_variables: IndexMap<String, String>,
    /// The folders that it sees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bind_mounts: Vec<BindMount>,
}

/// How an application runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomApplicationType {
    /// In Docker.
    Docker,
}

/// The image of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomApplicationImage {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// A port of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomApplicationEndpoint {
    /// Inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<u16>,
    /// Outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<u16>,
}

/// A folder that an application sees.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BindMount {
    /// Outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// What runs when a compute instance is made or started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupScripts {
    /// When it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_script: Option<ScriptReference>,
    /// When it is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub startup_script: Option<ScriptReference>,
}

/// A script.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptReference {
    /// Its path on the compute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// After how many minutes it is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_minutes: Option<u32>,
}

/// How a Spark pool grows: all of it is read-only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoScaleSettings {}

/// When a Spark pool rests: all of it is read-only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoPauseSettings {}
