//! A scoring server as its users meet it: scripts that are good, bad and ugly, over real sockets and real Python.

mod ahead;
mod bodies;
mod contract;
mod death;
mod load;
mod oip;
mod reload;
mod start;
mod support;
