//! Fields that a server writes and a reader drops, by the name of the struct they stand in.

/// The read-only fields of a struct: what `show` prints and people paste back.
pub(crate) fn read_only(name: &str) -> &'static [&'static str] {
    match name {
        "CommandJob" | "CommandNode" => &["id", "creation_context", "status", "log_files", "parameters"],
        "PipelineJob" => &["id", "creation_context", "status", "log_files"],
        "CommandComponent" | "PipelineComponent" => &["creation_context", "latest_version"],
        "Environment" => &["creation_context", "latest_version", "intellectual_property"],
        "Data" => &["creation_context", "latest_version", "properties"],
        "Model" => &[
            "id",
            "utc_time_created",
            "creation_context",
            "job_name",
            "latest_version",
            "intellectual_property",
        ],
        "AzureBlob" | "AzureFile" | "AzureDataLakeGen1" | "AzureDataLakeGen2" | "OneLake" | "LocalFolder"
        | "S3" | "Gcs" | "Http" => &["id"],
        "AmlCompute" | "ComputeInstance" | "KubernetesCompute" | "VirtualMachine" | "SynapseSpark"
        | "LocalCompute" => &[
            "id",
            "provisioning_errors",
            "created_on",
            "provisioning_state",
            "state",
            "last_operation",
            "services",
            "os_image_metadata",
            "compute_location",
            "node_family",
            "node_size",
            "node_count",
            "spark_version",
        ],
        "Workspace" => &["id", "mlflow_tracking_uri", "associated_workspaces"],
        "OnlineEndpoint" => &["id", "kind", "provisioning_state", "scoring_uri", "openapi_uri"],
        "OnlineDeployment" => &["id", "creation_context", "provisioning_state"],
        "InlineModel" => &[
            "id",
            "utc_time_created",
            "creation_context",
            "job_name",
            "latest_version",
            "intellectual_property",
        ],
        "Schedule" => &["id", "creation_context", "is_enabled", "provisioning_state"],
        "Service" => &["endpoint", "status", "error_message"],
        "NetworkSettings" => &["public_ip_address", "private_ip_address"],
        "ResourceIdentity" => &["principal_id", "tenant_id"],
        "InstanceSshSettings" => &["admin_username", "ssh_port"],
        "AutoScaleSettings" => &["min_node_count", "max_node_count", "auto_scale_enabled"],
        "AutoPauseSettings" => &["delay_in_minutes", "auto_pause_enabled"],
        "ManagedNetwork" => &["network_id", "status"],
        "PrivateEndpointRule" | "ServiceTagRule" | "FqdnRule" => &["parent_rule_names", "category", "status"],
        "ComputeStartStop" => &["schedule_id", "provisioning_state"],
        _ => &[],
    }
}
