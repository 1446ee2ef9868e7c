//! A real cluster: exact numbers on all nodes, slot migration, failing nodes, and the commands.

mod commands;
mod failing;
mod moving;
mod servers;
mod truth;
