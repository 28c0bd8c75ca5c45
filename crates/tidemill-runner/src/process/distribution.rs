//! How many processes a job has, and the variables by which each finds its place among them.

use crate::failure::Failure;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::TcpListener;
use tidemill_api::runner::Distribution;

const HERE: &str = "127.0.0.1";

/// One process of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rank {
    /// Its name among the others, such as `rank_3`, `worker_0`, or `main` when it is alone.
    pub(crate) name: String,
    /// The log that takes its output.
    pub(crate) log: String,
    /// Its own variables; they win over those of the job.
    pub(crate) variables: BTreeMap<String, String>,
    /// False for a parameter server: the job has ended when all others have.
    pub(crate) counts: bool,
}

/// The processes of a job on `nodes` nodes, all of them on this machine.
pub(crate) fn ranks(distribution: Option<&Distribution>, nodes: u32) -> Result<Vec<Rank>, Failure> {
    let nodes = nodes.max(1);
    let mut ranks = match distribution {
        None => vec![rank("main".into(), [])],
        Some(Distribution::Pytorch {
            process_count_per_instance,
        }) => pytorch(nodes, (*process_count_per_instance).max(1), free_ports(1)?),
        Some(Distribution::Mpi {
            process_count_per_instance,
        }) => mpi(nodes, (*process_count_per_instance).max(1), free_ports(1)?),
        Some(Distribution::Tensorflow {
            worker_count,
            parameter_server_count,
        }) => {
            let workers = if *worker_count == 0 { nodes } else { *worker_count };
            tensorflow(
                workers,
                *parameter_server_count,
                free_ports(workers + parameter_server_count)?,
            )
        }
    };
    let alone = ranks.len() == 1;
    for (index, rank) in ranks.iter_mut().enumerate() {
        rank.log = match alone {
            true => "user_logs/std_log.txt".into(),
            false => format!("user_logs/std_log_process_{index:02}.txt"),
        };
    }
    Ok(ranks)
}

fn rank<const N: usize>(name: String, variables: [(&str, String); N]) -> Rank {
    let mut variables: BTreeMap<String, String> = variables
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    variables.insert("AZUREML_PROCESS_NAME".into(), name.clone());
    Rank {
        name,
        log: String::new(),
        variables,
        counts: true,
    }
}

fn pytorch(nodes: u32, per_node: u32, ports: Vec<u16>) -> Vec<Rank> {
    let port = first(&ports);
    (0..nodes * per_node)
        .map(|index| {
            rank(
                format!("rank_{index}"),
                [
                    ("MASTER_ADDR", HERE.into()),
                    ("MASTER_PORT", port.clone()),
                    ("WORLD_SIZE", (nodes * per_node).to_string()),
                    ("NODE_RANK", (index / per_node).to_string()),
                    ("RANK", index.to_string()),
                    ("LOCAL_RANK", (index % per_node).to_string()),
                    ("LOCAL_WORLD_SIZE", per_node.to_string()),
                    ("AZUREML_CR_NODE_RANK", (index / per_node).to_string()),
                    ("AZUREML_NODE_COUNT", nodes.to_string()),
                    ("AZ_BATCH_HOST_LIST", HERE.into()),
                    ("AZ_BATCHAI_MPI_MASTER_NODE", HERE.into()),
                ],
            )
        })
        .collect()
}

fn mpi(nodes: u32, per_node: u32, ports: Vec<u16>) -> Vec<Rank> {
    let port = first(&ports);
    (0..nodes * per_node)
        .map(|index| {
            rank(
                format!("rank_{index}"),
                [
                    ("OMPI_COMM_WORLD_RANK", index.to_string()),
                    ("OMPI_COMM_WORLD_SIZE", (nodes * per_node).to_string()),
                    ("OMPI_COMM_WORLD_LOCAL_RANK", (index % per_node).to_string()),
                    ("OMPI_COMM_WORLD_LOCAL_SIZE", per_node.to_string()),
                    ("OMPI_COMM_WORLD_NODE_RANK", (index / per_node).to_string()),
                    ("OMPI_UNIVERSE_SIZE", (nodes * per_node).to_string()),
                    ("AZ_BATCH_MASTER_NODE", format!("{HERE}:{port}")),
                    ("AZ_BATCHAI_MPI_MASTER_NODE", HERE.into()),
                    ("AZ_BATCH_HOST_LIST", HERE.into()),
                    ("AZUREML_CR_NODE_RANK", (index / per_node).to_string()),
                    ("AZUREML_NODE_COUNT", nodes.to_string()),
                ],
            )
        })
        .collect()
}

fn tensorflow(workers: u32, servers: u32, ports: Vec<u16>) -> Vec<Rank> {
    let addresses: Vec<String> = ports.iter().map(|port| format!("{HERE}:{port}")).collect();
    let (worker, server) = addresses.split_at((workers as usize).min(addresses.len()));
    let mut cluster = json!({ "worker": worker });
    if servers > 0 {
        cluster["ps"] = json!(server);
    }
    let tasks = (0..workers)
        .map(|index| ("worker", index))
        .chain((0..servers).map(|index| ("ps", index)));
    tasks
        .map(|(kind, index)| {
            let config = json!({
                "cluster": cluster,
                "task": { "type": kind, "index": index },
                "environment": "cloud",
            });
            let mut rank = rank(format!("{kind}_{index}"), [("TF_CONFIG", config.to_string())]);
            rank.counts = kind == "worker";
            rank
        })
        .collect()
}

fn first(ports: &[u16]) -> String {
    ports.first().copied().unwrap_or_default().to_string()
}

/// Ports that were free a moment ago, all different.
fn free_ports(count: u32) -> Result<Vec<u16>, Failure> {
    let listeners: Result<Vec<TcpListener>, _> = (0..count).map(|_| TcpListener::bind((HERE, 0))).collect();
    let listeners = listeners.map_err(|error| Failure::io("find free ports for the processes", error))?;
    listeners
        .iter()
        .map(|listener| listener.local_addr().map(|address| address.port()))
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::io("find free ports for the processes", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(rank: &'a Rank, name: &str) -> &'a str {
        rank.variables.get(name).map_or("", String::as_str)
    }

    #[test]
    fn a_job_alone_is_main() {
        let ranks = ranks(None, 1).expect("no ports wanted");
        assert_eq!(ranks.len(), 1);
        assert_eq!(value(&ranks[0], "AZUREML_PROCESS_NAME"), "main");
        assert_eq!(ranks[0].log, "user_logs/std_log.txt");
    }

    #[test]
    fn pytorch_counts_over_nodes() {
        let kind = Distribution::Pytorch {
            process_count_per_instance: 2,
        };
        let ranks = ranks(Some(&kind), 2).expect("ports");
        let places: Vec<_> = ranks
            .iter()
            .map(|rank| {
                (
                    value(rank, "RANK"),
                    value(rank, "NODE_RANK"),
                    value(rank, "LOCAL_RANK"),
                )
            })
            .collect();
        assert_eq!(
            places,
            [("0", "0", "0"), ("1", "0", "1"), ("2", "1", "0"), ("3", "1", "1")]
        );
        assert!(ranks.iter().all(|rank| value(rank, "WORLD_SIZE") == "4"));
        assert_eq!(ranks[3].log, "user_logs/std_log_process_03.txt");
    }

    #[test]
    fn tensorflow_has_a_cluster_and_servers_do_not_count() {
        let kind = Distribution::Tensorflow {
            worker_count: 2,
            parameter_server_count: 1,
        };
        let ranks = ranks(Some(&kind), 1).expect("ports");
        assert_eq!(
            ranks.iter().map(|rank| rank.counts).collect::<Vec<_>>(),
            [true, true, false]
        );
        let config: serde_json::Value = serde_json::from_str(value(&ranks[2], "TF_CONFIG")).expect("JSON");
        assert_eq!(config["task"], json!({ "type": "ps", "index": 0 }));
        assert_eq!(config["cluster"]["worker"].as_array().map(Vec::len), Some(2));
        assert_eq!(config["cluster"]["ps"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn mpi_speaks_as_open_mpi_does() {
        let kind = Distribution::Mpi {
            process_count_per_instance: 2,
        };
        let ranks = ranks(Some(&kind), 1).expect("ports");
        assert_eq!(value(&ranks[1], "OMPI_COMM_WORLD_RANK"), "1");
        assert_eq!(value(&ranks[1], "OMPI_COMM_WORLD_LOCAL_SIZE"), "2");
    }
}
