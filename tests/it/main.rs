//! Integration tests: one binary, one module a topic.

mod alarms;
mod cli;
mod estimators;
mod expect;
mod formats;
mod gate;
mod git;
mod incidents;
mod mechanisms;
mod oracles;
mod properties;
mod reference;
mod regressions;
mod report;
mod scaling;
mod scenario;
mod support;
mod tidy;
