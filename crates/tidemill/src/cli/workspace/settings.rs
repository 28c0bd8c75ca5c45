//! Options of `az ml workspace create` and `update` that say how a workspace of the cloud is made: kept with it, of no effect here.

use clap::Args;
use tidemill_spec::yaml::Override;

use crate::document;

/// Taken for scripts of `az ml`, so that help does not show them; in YAML they are fields of their own.
#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    #[arg(long, hide = true)]
    kind: Option<String>,
    #[arg(long, hide = true)]
    hub_id: Option<String>,
    #[arg(long, hide = true)]
    default_resource_group: Option<String>,
    #[arg(long, short = 's', hide = true)]
    storage_account: Option<String>,
    #[arg(long, short = 'k', hide = true)]
    key_vault: Option<String>,
    #[arg(long, short = 'a', hide = true)]
    application_insights: Option<String>,
    #[arg(long, short = 'c', hide = true)]
    container_registry: Option<String>,
    #[arg(long, short = 'i', hide = true)]
    image_build_compute: Option<String>,
    #[arg(long, hide = true)]
    public_network_access: Option<String>,
    #[arg(long, short = 'm', hide = true)]
    managed_network: Option<String>,
    #[arg(long, hide = true)]
    system_datastores_auth_mode: Option<String>,
    #[arg(long, short = 'p', hide = true)]
    primary_user_assigned_identity: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "true")]
    enable_data_isolation: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "true")]
    provision_network_now: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "true")]
    allow_roleassignment_on_rg: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "true")]
    hbi_workspace: Option<String>,
    /// Says what to do with things of the cloud that are not here.
    #[arg(long, short = 'u', hide = true)]
    update_dependent_resources: bool,
}

impl Settings {
    /// As changes of fields.
    pub fn changes(self) -> Vec<Override> {
        let Self {
            kind,
            hub_id,
            default_resource_group,
            storage_account,
            key_vault,
            application_insights,
            container_registry,
            image_build_compute,
            public_network_access,
            managed_network,
            system_datastores_auth_mode,
            primary_user_assigned_identity,
            enable_data_isolation,
            provision_network_now,
            allow_roleassignment_on_rg,
            hbi_workspace,
            update_dependent_resources: _,
        } = self;
        let fields = [
            ("kind", kind),
            ("hub_id", hub_id),
            ("default_resource_group", default_resource_group),
            ("storage_account", storage_account),
            ("key_vault", key_vault),
            ("application_insights", application_insights),
            ("container_registry", container_registry),
            ("image_build_compute", image_build_compute),
            ("public_network_access", public_network_access),
            ("managed_network.isolation_mode", managed_network),
            ("system_datastores_auth_mode", system_datastores_auth_mode),
            ("primary_user_assigned_identity", primary_user_assigned_identity),
            ("enable_data_isolation", enable_data_isolation),
            ("provision_network_now", provision_network_now),
            ("allow_roleassignment_on_rg", allow_roleassignment_on_rg),
            ("hbi_workspace", hbi_workspace),
        ];
        fields
            .into_iter()
            .filter_map(|(field, value)| Some(document::option(field, value?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn settings_of_the_cloud_become_the_fields_of_the_yaml() {
        let line = Line::parse_from([
            "x",
            "-k",
            "vault",
            "--managed-network",
            "allow_internet_outbound",
            "--enable-data-isolation",
            "-u",
        ]);
        let said: Vec<String> = line
            .settings
            .changes()
            .into_iter()
            .map(|change| format!("{}={}", change.path, change.value))
            .collect();
        assert_eq!(
            said,
            [
                r#"key_vault="vault""#,
                r#"managed_network.isolation_mode="allow_internet_outbound""#,
                r#"enable_data_isolation="true""#,
            ]
        );
    }
}
