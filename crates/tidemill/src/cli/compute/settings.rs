//! Options of `az ml compute create` that say how a machine of the cloud is made: kept with the compute, of no effect here.

use clap::Args;
use serde_json::{Value, json};
use tidemill_spec::yaml::Override;

use crate::document;

/// Taken for scripts of `az ml`, so that help does not show them; in YAML they are fields of their own.
#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    #[arg(long, hide = true)]
    identity_type: Option<String>,
    /// With a comma between them.
    #[arg(long, hide = true, value_delimiter = ',')]
    user_assigned_identities: Vec<String>,
    #[arg(long, hide = true)]
    admin_username: Option<String>,
    #[arg(long, hide = true)]
    admin_password: Option<String>,
    #[arg(long, hide = true)]
    ssh_key_value: Option<String>,
    #[arg(long, hide = true)]
    vnet_name: Option<String>,
    #[arg(long, hide = true)]
    subnet: Option<String>,
    #[arg(long, hide = true)]
    ssh_public_access_enabled: Option<String>,
    #[arg(long, hide = true)]
    enable_node_public_ip: Option<String>,
    #[arg(long, hide = true)]
    ssh_port: Option<u16>,
    #[arg(long, hide = true)]
    resource_id: Option<String>,
    #[arg(long, hide = true)]
    namespace: Option<String>,
    #[arg(long, hide = true)]
    user_object_id: Option<String>,
    #[arg(long, hide = true)]
    user_tenant_id: Option<String>,
    #[arg(long, hide = true)]
    idle_time_before_shutdown: Option<String>,
    #[arg(long, hide = true)]
    idle_time_before_shutdown_minutes: Option<u32>,
    #[arg(long, hide = true)]
    enable_sso: Option<String>,
    #[arg(long, hide = true)]
    enable_root_access: Option<String>,
    #[arg(long, hide = true)]
    enable_os_patching: Option<String>,
    #[arg(long, hide = true)]
    release_quota_on_stop: Option<String>,
}

impl Settings {
    /// As changes of fields.
    pub fn changes(self) -> Vec<Override> {
        let Self {
            identity_type,
            user_assigned_identities,
            admin_username,
            admin_password,
            ssh_key_value,
            vnet_name,
            subnet,
            ssh_public_access_enabled,
            enable_node_public_ip,
            ssh_port,
            resource_id,
            namespace,
            user_object_id,
            user_tenant_id,
            idle_time_before_shutdown,
            idle_time_before_shutdown_minutes,
            enable_sso,
            enable_root_access,
            enable_os_patching,
            release_quota_on_stop,
        } = self;
        let fields = [
            ("identity.type", identity_type),
            ("ssh_settings.admin_username", admin_username),
            ("ssh_settings.admin_password", admin_password),
            ("ssh_settings.ssh_key_value", ssh_key_value),
            ("network_settings.vnet_name", vnet_name),
            ("network_settings.subnet", subnet),
            ("ssh_public_access_enabled", ssh_public_access_enabled),
            ("enable_node_public_ip", enable_node_public_ip),
            ("resource_id", resource_id),
            ("namespace", namespace),
            ("create_on_behalf_of.user_object_id", user_object_id),
            ("create_on_behalf_of.user_tenant_id", user_tenant_id),
            ("idle_time_before_shutdown", idle_time_before_shutdown),
            ("enable_sso", enable_sso),
            ("enable_root_access", enable_root_access),
            ("enable_os_patching", enable_os_patching),
            ("release_quota_on_stop", release_quota_on_stop),
        ];
        let given = fields.into_iter();
        let mut changes: Vec<Override> = given
            .filter_map(|(field, value)| Some(document::option(field, value?)))
            .collect();
        let numbers = [
            ("ssh_settings.ssh_port", ssh_port.map(u32::from)),
            (
                "idle_time_before_shutdown_minutes",
                idle_time_before_shutdown_minutes,
            ),
        ];
        changes.extend(
            numbers
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        if !user_assigned_identities.is_empty() {
            let ids = user_assigned_identities.into_iter();
            let all: Vec<Value> = ids.map(|id| json!({ "resource_id": id })).collect();
            changes.push(document::option("identity.user_assigned_identities", all));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_cloud_become_the_fields_of_the_yaml() {
        let settings = Settings {
            identity_type: Some("SystemAssigned".into()),
            user_assigned_identities: vec!["/a".into(), "/b".into()],
            subnet: Some("s".into()),
            ..Settings::default()
        };
        let said: Vec<String> = settings
            .changes()
            .into_iter()
            .map(|change| format!("{}={}", change.path, change.value))
            .collect();
        assert_eq!(
            said,
            [
                r#"identity.type="SystemAssigned""#,
                r#"network_settings.subnet="s""#,
                r#"identity.user_assigned_identities=[{"resource_id":"/a"},{"resource_id":"/b"}]"#,
            ]
        );
    }
}
