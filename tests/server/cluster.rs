//! A real cluster: exact numbers over all of its nodes, slots that move, nodes that fail, and what the commands say of it.

mod commands;
mod failing;
mod moving;
mod servers;
mod truth;
