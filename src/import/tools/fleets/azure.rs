//! Azure's resources that say how something is rolled out, and who reads them. It reads none itself.

use super::arm::{self, Resource};
use super::{azure_fleet, azure_hosts};
use crate::import::cursor::Cursor;
use crate::import::draft::Draft;

type ResourceReader = fn(&Resource<'_>, &[Resource<'_>], &mut Draft);

const READERS: [(&str, ResourceReader); 5] = [
    ("microsoft.containerservice/fleets/updatestrategies", azure_fleet::resource),
    ("microsoft.containerservice/fleets/updateruns", azure_fleet::resource),
    ("microsoft.compute/virtualmachinescalesets", azure_hosts::scale_set),
    ("microsoft.web/sites", azure_hosts::site),
    ("microsoft.web/sites/config", azure_hosts::site),
];

fn reader(kind: &str) -> Option<ResourceReader> {
    READERS.iter().find(|(known, _)| *known == kind).map(|(_, reader)| *reader)
}

pub(super) fn knows(cursor: &Cursor<'_>) -> bool {
    arm::kinds(cursor).iter().any(|kind| reader(kind).is_some())
}

pub(super) fn read(cursor: &Cursor<'_>, draft: &mut Draft) {
    let all = arm::resources(cursor);
    for resource in &all {
        match reader(&resource.kind) {
            Some(read) => read(resource, &all, draft),
            // What a policy needs of it the policy's reader takes.
            None => super::take_all_but(&resource.at, &["resources", "copy", "condition"]),
        }
    }
    cursor.beside_the_point(&[
        "$schema",
        "contentVersion",
        "metadata",
        "outputs",
        "functions",
        "languageVersion",
        "parameters",
        "variables",
    ]);
}
