//! What a machine has to give to jobs.

use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// What a compute has to give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Cores that this process may use.
    pub cores: u32,
    /// Memory, in bytes: the machine's, or less where a control group holds less.
    pub memory_bytes: u64,
    /// Graphics cards, by the index that `CUDA_VISIBLE_DEVICES` takes.
    pub gpus: Vec<Gpu>,
}

/// A graphics card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// Its index.
    pub index: u32,
    /// What it is, when the driver's own tool tells.
    pub name: Option<String>,
}

impl Inventory {
    /// Looks at this machine. Starts `nvidia-smi` only where there are NVIDIA devices.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        Self {
            cores: u32::try_from(cores).unwrap_or(u32::MAX),
            memory_bytes: memory_bytes(),
            gpus: gpus(Path::new("/dev")),
        }
    }
}

fn memory_bytes() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    });
    let held = [
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    ]
    .iter()
    .filter_map(|file| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok())
    .min();
    let machine = machine.unwrap_or(0) * 1024;
    held.map_or(
        machine,
        |held| if machine == 0 { held } else { held.min(machine) },
    )
}

fn gpus(devices: &Path) -> Vec<Gpu> {
    let mut indices: Vec<u32> = fs::read_dir(devices)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("nvidia")?.parse().ok())
        .collect();
    indices.sort_unstable();
    if indices.is_empty() {
        return Vec::new();
    }
    let names = names();
    indices
        .into_iter()
        .map(|index| Gpu {
            index,
            name: names
                .iter()
                .find(|(known, _)| *known == index)
                .map(|(_, name)| name.clone()),
        })
        .collect()
}

fn names() -> Vec<(u32, String)> {
    let output = std::process::Command::new("nvidia-smi")
        .args(["--query-gpu=index,name", "--format=csv,noheader"])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (index, name) = line.split_once(',')?;
            Some((index.trim().parse().ok()?, name.trim().to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_cores_and_memory() {
        let inventory = Inventory::of_this_machine();
        assert!(inventory.cores >= 1 && inventory.memory_bytes > 64 << 20);
    }

    #[test]
    fn cards_are_the_numbered_devices() {
        let devices = tempfile::tempdir().expect("a folder");
        for name in ["nvidia1", "nvidia0", "nvidiactl", "nvidia-uvm", "null"] {
            fs::write(devices.path().join(name), "").expect("a file");
        }
        let indices: Vec<u32> = gpus(devices.path()).iter().map(|gpu| gpu.index).collect();
        assert_eq!(indices, [0, 1]);
    }
}
