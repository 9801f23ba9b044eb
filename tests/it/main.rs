//! Integration tests, one module a topic, in a single binary.

mod scenario;
