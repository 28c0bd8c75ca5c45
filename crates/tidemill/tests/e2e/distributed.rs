//! Distributed commands as local processes, with the variables that each framework reads.

use crate::support::{ENVIRONMENT, Mill};

#[test]
fn each_framework_finds_its_variables() {
    let mill = Mill::start();
    mill.write(
        "code/show.py",
        r#"
import json, os
for name in ("RANK", "LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT",
             "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"):
    if name in os.environ: print(name + "=" + os.environ[name])
if "TF_CONFIG" in os.environ:
    config = json.loads(os.environ["TF_CONFIG"])
    print("worker", config["task"]["index"], "of", len(config["cluster"]["worker"]), config["task"]["type"])
"#,
    );
    let job = |name: &str, distribution: &str, nodes: u32| {
        let yaml = format!(
            "command: python show.py\ncode: code\n{ENVIRONMENT}\ndistribution: {distribution}\nresources: {{instance_count: {nodes}}}\n"
        );
        mill.stream(name, &yaml).ends(0).text()
    };
    let text = job("torch", "{type: pytorch, process_count_per_instance: 2}", 2);
    for rank in 0..4 {
        assert!(
            text.contains(&format!(" RANK={rank}\n")) || text.contains(&format!("\nRANK={rank}\n")),
            "{text}"
        );
    }
    assert_eq!(text.matches("WORLD_SIZE=4").count(), 4, "{text}");
    assert_eq!(text.matches("NODE_RANK=1").count(), 2, "{text}");
    assert_eq!(text.matches("LOCAL_RANK=1").count(), 2, "{text}");
    assert_eq!(text.matches("MASTER_ADDR=127.0.0.1").count(), 4, "{text}");

    let text = job("tf", "{type: tensorflow, worker_count: 2}", 2);
    for worker in ["worker 0 of 2 worker", "worker 1 of 2 worker"] {
        assert!(text.contains(worker), "{text}");
    }

    let text = job("mpi", "{type: mpi, process_count_per_instance: 3}", 1);
    assert_eq!(text.matches("OMPI_COMM_WORLD_SIZE=3").count(), 3, "{text}");
    assert!(text.contains("OMPI_COMM_WORLD_RANK=2"), "{text}");
}

#[test]
fn one_process_that_fails_ends_the_others() {
    let mill = Mill::start();
    mill.write("code/run.sh", "test $RANK = 1 && exit 9\nsleep 600\n");
    mill.stream(
        "torch",
        &format!(
            "command: bash run.sh\ncode: code\n{ENVIRONMENT}\n\
             distribution: {{type: pytorch, process_count_per_instance: 2}}\n"
        ),
    )
    .ends(1);
    assert_eq!(mill.show("torch")["exit_code"], 9);
    mill.until("no process is left", || mill.processes().is_empty().then_some(()));
}
