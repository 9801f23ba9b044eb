//! Integration tests: one binary, one module a topic.

mod oracles;
mod properties;
mod reference;
mod support;
