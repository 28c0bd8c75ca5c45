//! One line of `/proc/<pid>/stat`, read into its fields.

use std::fs;

/// Whether a process still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessState {
    /// It runs, sleeps, or is stopped.
    Alive,
    /// It has ended and nobody has asked for its exit status yet.
    Zombie,
}

/// What the kernel says of a process in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Process number.
    pub pid: i32,
    /// Name of the program, at most 15 bytes.
    pub name: String,
    /// Whether it still runs.
    pub state: ProcessState,
    /// Process number of its parent.
    pub parent: i32,
    /// Start time in clock ticks since boot.
    pub start_ticks: u64,
    /// Resident memory in pages.
    pub resident_pages: u64,
    /// Processor time of the process so far, in ticks of the clock; what its children took is not in it.
    pub cpu_ticks: u64,
    /// Exit status as `wait` would give it; only meaningful for a zombie, and 0 when the reader may not see it.
    pub wait_status: i32,
}

impl Stat {
    /// Reads the line of one process; `None` when there is no such process.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        let line = fs::read(format!("/proc/{pid}/stat")).ok()?;
        Self::parse(&String::from_utf8_lossy(&line))
    }

    /// Reads a line. The name stands in parentheses and may itself hold spaces and parentheses.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let open = line.find('(')?;
        let close = line.rfind(')')?;
        let pid = line.get(..open)?.trim().parse().ok()?;
        let name = line.get(open + 1..close)?.to_owned();
        let rest: Vec<&str> = line.get(close + 1..)?.split_ascii_whitespace().collect();
        let number = |index: usize| rest.get(index).and_then(|text| text.parse::<i64>().ok());
        let state = match *rest.first()? {
            "Z" | "X" | "x" => ProcessState::Zombie,
            _ => ProcessState::Alive,
        };
        Some(Self {
            pid,
            name,
            state,
            parent: i32::try_from(number(1)?).ok()?,
            start_ticks: rest.get(19)?.parse().ok()?,
            resident_pages: u64::try_from(number(21)?).unwrap_or(0),
            cpu_ticks: u64::try_from(number(11)? + number(12)?).unwrap_or(0),
            wait_status: number(49)
                .and_then(|status| i32::try_from(status).ok())
                .unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn this_process_is_alive_and_has_a_parent() {
        let me = Stat::of(std::process::id().cast_signed()).expect("this process exists");
        assert_eq!(me.state, ProcessState::Alive);
        assert!(me.parent > 0 && me.start_ticks > 0 && me.resident_pages > 0);
    }

    #[test]
    fn a_name_may_hold_parentheses_and_spaces() {
        let line = "7 (a) b (c)) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 99 0 0 0 0 0 0 0 0 0 0 0 0 0 \
                    17 0 0 0 0 0 0 0 0 0 0 0 0 0 256";
        let stat = Stat::parse(line).expect("a whole line");
        assert_eq!(
            (stat.name.as_str(), stat.parent, stat.start_ticks),
            ("a) b (c)", 1, 4242)
        );
        assert_eq!((stat.resident_pages, stat.wait_status), (99, 256));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in ".*") {
            let _ = Stat::parse(&line);
        }
    }
}
