//! What is known of the terminal.

use std::io::IsTerminal;

/// The columns of the terminal that standard output goes to; `COLUMNS` where it is set; `None` where there is none.
pub fn width() -> Option<u16> {
    let given = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|width| *width > 0);
    if !std::io::stdout().is_terminal() {
        return None;
    }
    given.or_else(|| {
        rustix::termios::tcgetwinsize(std::io::stdout())
            .ok()
            .map(|size| size.ws_col)
            .filter(|width| *width > 0)
    })
}

/// True where people read what goes to standard error.
pub fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}
