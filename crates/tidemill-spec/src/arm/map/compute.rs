//! `Microsoft.MachineLearningServices/workspaces/computes`.

use serde_json::{Map, Value, json};

use super::{Fields, last, made, number, outer, tags};
use crate::arm::Resource;
use crate::arm::error::{ArmError, Result};
use crate::arm::place::{is_guid, of_id};
use crate::value::iso_seconds;

pub(super) fn compute(fields: &mut Fields<'_>) -> Result<Option<Resource>> {
    let (workspace, name) = (
        outer(&fields.flat.name)?.to_owned(),
        last(&fields.flat.name).to_owned(),
    );
    let word = fields
        .text("computeType")
        .ok_or_else(|| ArmError::new(format!("compute `{name}` has no computeType")))?;
    let mut spec = Map::new();
    let r#type = match word.to_ascii_lowercase().as_str() {
        "amlcompute" => "amlcompute",
        "computeinstance" => "computeinstance",
        "kubernetes" | "aks" => "kubernetes",
        "virtualmachine" => "virtualmachine",
        "synapsespark" => "synapsespark",
        _ => {
            fields.note("", &format!("nothing runs on a compute of type {word} here"));
            return Ok(None);
        }
    };
    spec.insert("type".into(), r#type.into());
    for (property, field) in [("description", "description"), ("resourceId", "resource_id")] {
        if let Some(text) = fields.text(property) {
            spec.insert(field.into(), text.into());
        }
    }
    let location = fields
        .text("computeLocation")
        .or_else(|| fields.top("location").and_then(Value::as_str).map(str::to_owned));
    if let Some(location) = location {
        spec.insert("location".into(), location.into());
    }
    if let Some(tags) = tags(fields.top("tags")) {
        spec.insert("tags".into(), tags);
    }
    if fields.top("identity").is_some() {
        fields.note("identity", "jobs act as whoever submitted them");
    }
    fields.rest(
        &[
            "computeType",
            "description",
            "resourceId",
            "computeLocation",
            "properties",
        ],
        "there is no such setting here",
    );
    let inner = fields
        .property("properties")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let inner = Inner {
        given: inner,
        used: Vec::new(),
    };
    match r#type {
        "amlcompute" => cluster(fields, inner, &mut spec)?,
        "computeinstance" => instance(fields, inner, &mut spec),
        "kubernetes" => {
            let mut inner = inner;
            let namespace = inner.text("namespace").unwrap_or_else(|| "default".into());
            spec.insert("namespace".into(), namespace.into());
            inner.rest(fields);
        }
        "virtualmachine" => machine(fields, inner, &mut spec),
        _ => inner.rest(fields),
    }
    Ok(Some(made("compute", Some(workspace), &name, spec)))
}

/// `properties.properties`, and which of them were understood.
struct Inner {
    given: Map<String, Value>,
    used: Vec<&'static str>,
}

impl Inner {
    fn get(&mut self, name: &'static str) -> Option<Value> {
        self.used.push(name);
        self.given.get(name).filter(|value| !value.is_null()).cloned()
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        let found = self.get(name)?.as_str().map(str::to_owned);
        found.filter(|text| !text.is_empty())
    }

    /// Notes what was not understood.
    fn rest(self, fields: &mut Fields<'_>) {
        for (name, value) in &self.given {
            let says = !value.is_null() && value.as_str() != Some("");
            if says && !self.used.contains(&name.as_str()) {
                fields.note(
                    &format!("properties.properties.{name}"),
                    "there is no such setting here",
                );
            }
        }
    }
}

fn cluster(fields: &mut Fields<'_>, mut inner: Inner, spec: &mut Map<String, Value>) -> Result<()> {
    if let Some(size) = inner.text("vmSize") {
        spec.insert("size".into(), size.into());
    }
    match inner
        .text("vmPriority")
        .map(|word| word.to_ascii_lowercase())
        .as_deref()
    {
        Some("lowpriority") => drop(spec.insert("tier".into(), "low_priority".into())),
        Some("dedicated") => drop(spec.insert("tier".into(), "dedicated".into())),
        Some(word) => fields.note(
            "properties.properties.vmPriority",
            &format!("`{word}` has no meaning here"),
        ),
        None => {}
    }
    if let Some(scale) = inner.get("scaleSettings") {
        for (property, field) in [
            ("minNodeCount", "min_instances"),
            ("maxNodeCount", "max_instances"),
        ] {
            if let Some(count) = scale.get(property).filter(|count| !count.is_null()) {
                spec.insert(field.into(), number(count)?.into());
            }
        }
        let known = ["minNodeCount", "maxNodeCount", "nodeIdleTimeBeforeScaleDown"];
        let given = scale.as_object().into_iter().flatten();
        for (name, _) in given.filter(|(name, value)| !value.is_null() && !known.contains(&name.as_str())) {
            fields.note(
                &format!("properties.properties.scaleSettings.{name}"),
                "there is no such setting here",
            );
        }
        if let Some(idle) = scale.get("nodeIdleTimeBeforeScaleDown").and_then(Value::as_str) {
            spec.insert("idle_time_before_scale_down".into(), seconds(idle)?.into());
        }
    }
    if let Some(user) = inner.get("userAccountCredentials") {
        let text = |property: &str| {
            user.get(property)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let mut ssh = Map::new();
        for (property, field) in [
            ("adminUserName", "admin_username"),
            ("adminUserSshPublicKey", "ssh_key_value"),
        ] {
            if let Some(text) = text(property) {
                ssh.insert(field.into(), text.into());
            }
        }
        // A secret that nothing needs is better not kept.
        let password = text("adminUserPassword").is_some();
        if !ssh.is_empty() {
            spec.insert("ssh_settings".into(), Value::Object(ssh));
            fields.note(
                "properties.properties.userAccountCredentials",
                "kept with the compute; its nodes are processes of the server, and nobody signs in to them",
            );
        }
        if password {
            fields.note(
                "properties.properties.userAccountCredentials.adminUserPassword",
                "not kept: nobody signs in to a node",
            );
        }
    }
    network(fields, &mut inner, spec);
    match inner
        .text("remoteLoginPortPublicAccess")
        .map(|word| word.to_ascii_lowercase())
        .as_deref()
    {
        Some("enabled") => drop(spec.insert("ssh_public_access_enabled".into(), true.into())),
        Some("disabled") => drop(spec.insert("ssh_public_access_enabled".into(), false.into())),
        _ => {}
    }
    if let Some(public) = inner.get("enableNodePublicIp").as_ref().and_then(Value::as_bool) {
        spec.insert("enable_node_public_ip".into(), public.into());
    }
    if inner
        .text("osType")
        .is_some_and(|os| !os.eq_ignore_ascii_case("linux"))
    {
        fields.note("properties.properties.osType", "jobs run on Linux");
    }
    inner.rest(fields);
    Ok(())
}

fn instance(fields: &mut Fields<'_>, mut inner: Inner, spec: &mut Map<String, Value>) {
    if let Some(size) = inner.text("vmSize") {
        spec.insert("size".into(), size.into());
    }
    network(fields, &mut inner, spec);
    if let Some(ssh) = inner.get("sshSettings") {
        if let Some(key) = ssh
            .get("adminPublicKey")
            .and_then(Value::as_str)
            .filter(|key| !key.is_empty())
        {
            spec.insert("ssh_settings".into(), json!({ "ssh_key_value": key }));
        }
        let open = ssh.get("sshPublicAccess").and_then(Value::as_str);
        if let Some(open) = open.map(|word| word.eq_ignore_ascii_case("enabled")) {
            spec.insert("ssh_public_access_enabled".into(), open.into());
        }
    }
    if let Some(public) = inner.get("enableNodePublicIp").as_ref().and_then(Value::as_bool) {
        spec.insert("enable_node_public_ip".into(), public.into());
    }
    if let Some(idle) = inner.text("idleTimeBeforeShutdown") {
        spec.insert("idle_time_before_shutdown".into(), idle.into());
    }
    if let Some(schedules) = inner.get("schedules") {
        let all = schedules.get("computeStartStop").and_then(Value::as_array);
        let times: Vec<Value> = all
            .into_iter()
            .flatten()
            .filter_map(|one| start_stop(fields, one))
            .collect();
        if !times.is_empty() {
            spec.insert("schedules".into(), json!({ "compute_start_stop": times }));
        }
    }
    if let Some(user) = inner.get("personalComputeInstanceSettings") {
        let assigned = &user["assignedUser"];
        let text = |field: &str| assigned.get(field).and_then(Value::as_str);
        if let Some(object) = text("objectId") {
            let mut whom = Map::new();
            whom.insert("user_object_id".into(), object.into());
            if let Some(tenant) = text("tenantId") {
                whom.insert("user_tenant_id".into(), tenant.into());
            }
            spec.insert("create_on_behalf_of".into(), Value::Object(whom));
            if is_guid(object) {
                fields.note(
                    "properties.properties.personalComputeInstanceSettings",
                    "kept as a word: ids of Azure's users are not known here. Give the name of a user as objectId, and the instance is theirs alone",
                );
            }
        }
    }
    inner.rest(fields);
}

/// A time at which an instance starts or stops.
fn start_stop(fields: &mut Fields<'_>, one: &Value) -> Option<Value> {
    const AT: &str = "properties.properties.schedules.computeStartStop";
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let action = text(one, "action").map(|word| word.to_ascii_lowercase());
    let is_on = |word: String| !word.eq_ignore_ascii_case("disabled");
    let state = if text(one, "status").is_none_or(is_on) {
        "enabled"
    } else {
        "disabled"
    };
    // `triggerType` says which of the two counts; older templates have both.
    let which = text(one, "triggerType").map(|word| word.to_ascii_lowercase());
    let (kind, given) = match (which.as_deref(), one.get("cron"), one.get("recurrence")) {
        (Some("recurrence"), _, Some(given)) | (None, None, Some(given)) => ("recurrence", given),
        (_, Some(given), _) => ("cron", given),
        _ => {
            fields.note(AT, "a time without cron and recurrence has no meaning");
            return None;
        }
    };
    let mut trigger = Map::new();
    trigger.insert("type".into(), kind.into());
    for (property, field) in [
        ("startTime", "start_time"),
        ("timeZone", "time_zone"),
        ("expression", "expression"),
    ] {
        if let Some(text) = text(given, property).filter(|text| !text.is_empty()) {
            trigger.insert(field.into(), text.into());
        }
    }
    if kind == "recurrence" {
        let frequency = text(given, "frequency").unwrap_or_default().to_ascii_lowercase();
        trigger.insert("frequency".into(), frequency.into());
        trigger.insert(
            "interval".into(),
            given.get("interval").cloned().unwrap_or_else(|| 1.into()),
        );
        if let Some(schedule) = given.get("schedule").filter(|schedule| schedule.is_object()) {
            let mut pattern = Map::new();
            for (property, field) in [
                ("hours", "hours"),
                ("minutes", "minutes"),
                ("monthDays", "month_days"),
            ] {
                if let Some(value) = schedule.get(property).filter(|value| !value.is_null()) {
                    pattern.insert(field.into(), value.clone());
                }
            }
            let days = schedule.get("weekDays").and_then(Value::as_array);
            let days: Vec<Value> = days
                .into_iter()
                .flatten()
                .filter_map(|day| day.as_str().map(|day| day.to_ascii_lowercase().into()))
                .collect();
            if !days.is_empty() {
                pattern.insert("week_days".into(), days.into());
            }
            trigger.insert("schedule".into(), Value::Object(pattern));
        }
    }
    Some(json!({ "action": action.unwrap_or_default(), "state": state, "trigger": trigger }))
}

fn machine(fields: &mut Fields<'_>, mut inner: Inner, spec: &mut Map<String, Value>) {
    let mut ssh = Map::new();
    if let Some(account) = inner.get("administratorAccount") {
        if let Some(text) = account
            .get("username")
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
        {
            ssh.insert("admin_username".into(), text.into());
        }
        if account
            .get("password")
            .is_some_and(|password| !password.is_null())
        {
            fields.note(
                "properties.properties.administratorAccount.password",
                "not kept: nobody signs in to a node",
            );
        }
    }
    if let Some(port) = inner.get("sshPort").as_ref().and_then(Value::as_u64) {
        ssh.insert("ssh_port".into(), port.into());
    }
    if !ssh.is_empty() {
        spec.insert("ssh_settings".into(), Value::Object(ssh));
    }
    inner.rest(fields);
}

/// The subnet, as the names that its id holds.
fn network(fields: &mut Fields<'_>, inner: &mut Inner, spec: &mut Map<String, Value>) {
    let Some(id) = inner
        .get("subnet")
        .and_then(|subnet| subnet.get("id").and_then(Value::as_str).map(str::to_owned))
    else {
        return;
    };
    if id.is_empty() {
        return;
    }
    let names = of_id(&id).map(|(_, name)| name).unwrap_or_else(|| id.clone());
    let (vnet, subnet) = names.split_once('/').unwrap_or(("", names.as_str()));
    let mut settings = Map::new();
    if !vnet.is_empty() {
        settings.insert("vnet_name".into(), vnet.into());
    }
    settings.insert("subnet".into(), subnet.into());
    spec.insert("network_settings".into(), Value::Object(settings));
    fields.note(
        "properties.properties.subnet",
        "kept with the compute; its nodes are in the network of the server",
    );
}

/// A time of ISO 8601, such as `PT120S`, as seconds.
fn seconds(text: &str) -> Result<u64> {
    iso_seconds(text).ok_or_else(|| ArmError::new(format!("`{text}` is no time such as PT120S")))
}
