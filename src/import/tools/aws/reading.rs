//! What every service's reader works with: the resources, the alarms as far as they were read, and the draft.

use super::account::AwsAccount;
use super::alarms::WatchedAlarms;
use super::value::AwsValue;
use crate::import::desk::Desk;
use crate::import::draft::Draft;

/// All that is known while the documents are read.
pub(super) struct AwsReading<'a, 'd> {
    /// The resources.
    pub account: &'a AwsAccount<'d>,
    /// The alarms.
    pub alarms: WatchedAlarms,
    /// What they become.
    pub draft: &'a mut Draft,
    desk: &'d Desk<'d>,
}

impl<'a, 'd> AwsReading<'a, 'd> {
    /// Nothing was read yet.
    pub fn new(account: &'a AwsAccount<'d>, draft: &'a mut Draft, desk: &'d Desk<'d>) -> Self {
        Self { account, alarms: WatchedAlarms::default(), draft, desk }
    }

    /// The desk.
    pub fn desk(&self) -> &'d Desk<'d> {
        self.desk
    }

    /// The alarms that values of a document name, as the scenario calls them; `hosts` is how many they look at.
    pub fn alarms_of(&mut self, document: usize, names: &[AwsValue<'_>], hosts: u64) -> Vec<String> {
        let mut alarms = Vec::new();
        for name in names {
            for alarm in self.alarms.of(name, document, hosts, self.account, self.draft) {
                if !alarms.contains(&alarm) {
                    alarms.push(alarm);
                }
            }
        }
        alarms
    }
}
