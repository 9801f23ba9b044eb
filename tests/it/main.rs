//! Integration tests: one binary, one module a topic.

mod alarms;
mod cli;
mod estimators;
mod expect;
mod formats;
mod gate;
mod git;
mod horizon;
mod incidents;
mod mechanisms;
mod memory;
mod oracles;
mod pipeline;
mod pipeline_study;
mod promtool;
mod properties;
mod reference;
mod regressions;
mod report;
mod rollouts;
mod rules;
mod scaling;
mod scenario;
mod support;
mod tidy;
mod two_sample;
