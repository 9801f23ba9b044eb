//! `[[strategy]]`, its waves and its patches as written.

use super::gate::{GateSpec, RampSpec, StepSpec};
use super::response::{OperatorsSpec, ResponseSpec};
use crate::plan::{Batching, FailuresPer, RollbackScope, RollbackTarget};
use crate::scenario::reader::{Node, Read, Reader, Written};
use crate::scenario::table::{Inherit, spec};
use crate::scenario::value::{
    AtOnce, DistributionText, Duration, HostCount, HostLimit, Int, Name, Names, Percent, Several, Text,
    schema,
};
use crate::scenario::words::words;
use schemars::json_schema;
use toml::de::DeValue;

spec! {
    /// A strategy: ordered waves, the procedure within a zone, and what a rollback does.
    pub struct StrategySpec {
        /// Unique name.
        required name: Name,
        /// One sentence for reports.
        optional description: Text,
        /// Where the numbers come from.
        optional source: Text,
        /// Only to be extended, never run. Default: false.
        own template: bool,
        /// Strategy to inherit every key from that is not set here; `one-box`, `response`,
        /// `operators` and `rollback` merge key by key.
        optional extends: Name,
        /// Alarms to listen to. Default: all of the scenario.
        optional alarms: Vec<Written<Name>>,
        /// First hosts of each zone, deployed alone: a table or "none". Default: "none".
        merged one_box: WrittenOneBox,
        /// Hosts per batch: a count or a share of the zone, or a list of them, of which the last repeats. Default: "100%".
        optional batch: Several<HostCount>,
        /// Hosts of a zone that may be out of service at once; caps batches and the one-box. A share is rounded
        /// down; 0 only beside `max-surge`. Default: "100%", beside `max-surge` 0.
        optional max_unavailable: HostLimit,
        /// Hosts of the new version that may come beside those of the zone while it is deployed to: a count or a
        /// share, rounded up. A batch is at most these and `max-unavailable`, and only the rest of it leaves
        /// service. Default: 0, hosts are replaced where they are.
        optional max_surge: HostLimit,
        /// When the next hosts start: when the last one of a "barrier" of `batch` hosts is done, or, "sliding", as soon as one
        /// of them is. Default: "barrier".
        optional batches: Batching,
        /// Wait after each batch but the last of a zone, after each host where they slide. Default: "0s".
        optional batch_bake: Duration,
        /// Wait after the last batch of each zone. Default: "0s".
        optional zone_bake: Duration,
        /// The same in the first zone of each region, to watch it longer. Default: as `zone-bake`.
        optional first_zone_bake: Duration,
        /// Zones of one region deployed to at once: a count, a share or "all". Default: 1.
        optional zones_at_once: AtOnce,
        /// Regions of one wave deployed to at once: a count, a share or "all". Default: 1.
        optional regions_at_once: AtOnce,
        /// Share of a zone's hosts at which its deployment counts as done; stragglers beyond it are waited
        /// for. Default: "100%".
        optional complete_at: Percent,
        /// Time that one host takes to move to the new version on this strategy's channel. Default: as
        /// `[change]`.
        optional deploy_time: DistributionText,
        /// Time that one host takes to move back. Default: as `deploy-time` here, or as `[change]`.
        optional rollback_time: DistributionText,
        /// How long of its move a host is out of service. Default: as `[change]`.
        optional downtime: Duration,
        /// Hosts that get the change past the waves, and that no pipeline stops. Default: none.
        optional bypass: BypassSpec,
        /// Time from one region to the next, in the order of the waves, in which what triggers a dormant
        /// defect arrives; a stop of the rollout stops it. Default: "0s", everywhere at once.
        optional trigger_step: Duration,
        /// How many hosts may fail to take the change. Default: any number; it goes on without them.
        merged failures: FailuresSpec,
        /// Longest time in which no host of a zone becomes ready while hosts are under way there; then it reacts as to an
        /// alarm. Default: any.
        optional progress_deadline: Duration,
        /// What the pipeline does by itself when an alarm fires. Default: it rolls back.
        merged response: ResponseSpec,
        /// What people do. Default: nobody comes.
        merged operators: OperatorsSpec,
        /// How hosts go back.
        merged rollback: RollbackSpec,
        /// The waves in order; at least one, own or inherited. Own waves replace inherited ones.
        optional wave: Vec<Written<WaveSpec>>,
        /// Changes to named inherited waves.
        own patch: Vec<Written<PatchSpec>>,
    }

    /// One wave. The keys of the procedure override the strategy's for this wave; `one-box` merges
    /// with it key by key.
    pub struct WaveSpec {
        /// Name for reports and patches. Default: "wave 1", "wave 2", …
        optional name: Name,
        /// Regions: names, "rest" (all that no earlier wave selected), "all", or a table.
        required regions: Selector,
        /// Hosts of each zone on the new version when the wave is done: a share or a count, counted
        /// from the first wave on. Default: "100%".
        optional hosts: HostCount,
        /// Zones of each of its regions that the wave reaches, the first ones: a count or a share, rounded up, counted from
        /// the first wave on. Default: "100%".
        optional zones: HostCount,
        /// Share of each zone's requests that its hosts on the new version are sent, from when those of the wave are
        /// done there until those of the next wave are. "0%": a preview without customers. Default: as many as they
        /// are of all hosts.
        optional traffic: Percent,
        /// The same as a share of users: the same ones throughout, with all of their requests. Excludes `traffic`.
        optional users: Percent,
        /// Wait after the wave's last region. Default: "0s".
        optional bake: Duration,
        /// What must hold before the next wave begins, beside the bake. Default: nothing.
        optional gates: Vec<Written<GateSpec>>,
        /// The ladder that its regions climb together, step by step; in place of `hosts`, `bake` and `gates`.
        optional steps: Vec<Written<StepSpec>>,
        /// The same by a rule; in place of `hosts`. After its last step come the wave's `bake` and `gates`.
        optional ramp: RampSpec,
        /// Alarms that are listened to in this wave. Default: those of the strategy.
        optional alarms: Vec<Written<Name>>,
        /// First hosts of each zone, deployed alone: a table or "none". Default: as the strategy.
        merged one_box: WrittenOneBox,
        /// Hosts per batch: a count or a share of the zone, or a list of them, of which the last repeats. Default: as the strategy.
        optional batch: Several<HostCount>,
        /// Hosts of a zone that may be out of service at once. Default: as the strategy.
        optional max_unavailable: HostLimit,
        /// Hosts of the new version that may come beside those of the zone. Default: as the strategy.
        optional max_surge: HostLimit,
        /// When the next hosts start. Default: as the strategy.
        optional batches: Batching,
        /// Wait after each batch but the last of a zone. Default: as the strategy.
        optional batch_bake: Duration,
        /// Wait after the last batch of each zone. Default: as the strategy.
        optional zone_bake: Duration,
        /// The same in the first zone of each region, to watch it longer. Default: as the strategy.
        optional first_zone_bake: Duration,
        /// Zones of one region deployed to at once: a count, a share or "all". Default: as the strategy.
        optional zones_at_once: AtOnce,
        /// Regions of the wave deployed to at once: a count, a share or "all". Default: as the strategy.
        optional regions_at_once: AtOnce,
        /// Calendar of the pipeline that it needs open to begin there, or several of which one is enough. Default: the
        /// pipeline's `wave-calendar`.
        optional calendar: Names,
    }

    /// A change to an inherited wave: any key of a wave except its name.
    pub struct PatchSpec {
        /// Name of the inherited wave to change.
        required wave: Name,
        /// Regions: names, "rest" (all that no earlier wave selected), "all", or a table. Default: as
        /// inherited.
        optional regions: Selector,
        /// Hosts of each zone on the new version when the wave is done: a share or a count, counted from
        /// the first wave on. Default: as inherited.
        optional hosts: HostCount,
        /// Zones of each of its regions that the wave reaches, the first ones: a count or a share, counted from the first
        /// wave on. Default: as inherited.
        optional zones: HostCount,
        /// Share of each zone's requests that its hosts on the new version are sent, in place of `users` too. Default: as
        /// inherited.
        optional traffic: Percent,
        /// The same as a share of users, in place of `traffic` too. Default: as inherited.
        optional users: Percent,
        /// Wait after the wave's last region. Default: as inherited.
        optional bake: Duration,
        /// What must hold before the next wave begins. Default: as inherited.
        optional gates: Vec<Written<GateSpec>>,
        /// The ladder that its regions climb. Default: as inherited.
        optional steps: Vec<Written<StepSpec>>,
        /// The same by a rule. Default: as inherited.
        optional ramp: RampSpec,
        /// Alarms that are listened to in this wave. Default: as inherited.
        optional alarms: Vec<Written<Name>>,
        /// First hosts of each zone, deployed alone: a table, merged key by key, or "none". Default: as
        /// inherited.
        merged one_box: WrittenOneBox,
        /// Hosts per batch: a count or a share of the zone, or a list of them, of which the last repeats. Default: as inherited.
        optional batch: Several<HostCount>,
        /// Hosts of a zone that may be out of service at once. Default: as inherited.
        optional max_unavailable: HostLimit,
        /// Hosts of the new version that may come beside those of the zone. Default: as inherited.
        optional max_surge: HostLimit,
        /// When the next hosts start. Default: as inherited.
        optional batches: Batching,
        /// Wait after each batch but the last of a zone. Default: as inherited.
        optional batch_bake: Duration,
        /// Wait after the last batch of each zone. Default: as inherited.
        optional zone_bake: Duration,
        /// The same in the first zone of each region, to watch it longer. Default: as inherited.
        optional first_zone_bake: Duration,
        /// Zones of one region deployed to at once: a count, a share or "all". Default: as inherited.
        optional zones_at_once: AtOnce,
        /// Regions of the wave deployed to at once: a count, a share or "all". Default: as inherited.
        optional regions_at_once: AtOnce,
        /// Calendar of the pipeline that it needs open to begin there, or several of which one is enough. Default: as
        /// inherited.
        optional calendar: Names,
    }

    /// The one-box stage.
    pub struct OneBoxSpec {
        /// Hosts in the one-box: a count or a share of the zone. Default: 1.
        optional hosts: HostCount,
        /// Wait after its last host. Default: "0s".
        optional bake: Duration,
        /// Cohorts of which it has at least one host each, as far as it has room. Default: as chance has it.
        optional covers: Vec<Written<Name>>,
    }

    /// A channel beside the waves: hosts take the change by themselves.
    pub struct BypassSpec {
        /// Hosts of each zone: a count or a share.
        required hosts: HostCount,
        /// Time from the rollout's start until such a host has the new version.
        required time: DistributionText,
    }

    /// Hosts whose deployment fails stay on the old version; beyond what is allowed the rollout reacts as to an alarm. It is
    /// checked at the end of each batch, before the next one starts.
    pub struct FailuresSpec {
        /// Most hosts that may fail, a count or a share; more are too many. Default: any number.
        optional allowed: HostLimit,
        /// Among which hosts they are counted: those of a "batch", a "zone", a "region", of the regions of a "wave" or of the
        /// whole "rollout". Default: "batch".
        optional per: FailuresPer,
        /// How often hosts that failed are tried again, together, when their batch is done; on the way back as well. Default: 0.
        optional retries: Int<0, 100>,
    }

    /// How hosts go back.
    pub struct RollbackSpec {
        /// Which hosts go back. Whatever it is, nothing new starts. Default: "everything".
        optional scope: RollbackScope,
        /// Hosts per rollback batch in each zone: a count or a share. Default: "100%".
        optional batch: HostCount,
        /// Delay from the alarm to the stop and the start of the rollback. Default: "0s".
        optional reaction_delay: Duration,
        /// Which version hosts go back to: the "previous" one, or the "last-blessed", which after the first
        /// wave's bake is the change itself. Default: "previous".
        optional to: RollbackTarget,
        /// Time until requests that a wave routes (`traffic`) go to the old version again; its hosts follow. Default: "0s".
        optional switch_time: DistributionText,
        /// Probability that the rollout's own rollback is broken in a rollout: it stops, and takes no host back; people can.
        /// Default: "0%".
        optional broken: Percent,
    }

    /// Selects among the regions that no earlier wave selected: by label, then in an order, then the
    /// first few.
    pub struct SelectSpec {
        /// Only regions with this label. Default: all.
        optional label: Name,
        /// Order in which they are taken and deployed to. Default: "listed".
        optional order: Order,
        /// Take this many. Not together with `percent`. Default: all.
        optional count: Int<1, 1_000_000>,
        /// Take this share, rounded down to whole regions but at least 1. Default: "100%".
        optional percent: Percent,
    }
}

/// An order of regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As in the fleet.
    Listed,
    /// Least mean traffic first.
    LowTrafficFirst,
    /// Most mean traffic first.
    HighTrafficFirst,
}

/// A one-box stage, or the explicit lack of one.
#[derive(Debug, Clone)]
pub enum WrittenOneBox {
    /// No one-box.
    None,
    /// A one-box.
    Stage(OneBoxSpec),
}

impl Inherit for WrittenOneBox {
    /// Two stages merge key by key; the lack of one is the whole of it.
    fn inherit_from(&mut self, parent: &Self) {
        if let (Self::Stage(own), Self::Stage(base)) = (self, parent) {
            own.inherit_from(base);
        }
    }
}

impl Read for WrittenOneBox {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::String(text) if text == "none" => Some(Self::None),
            DeValue::Table(_) => OneBoxSpec::read(node, reader).map(Self::Stage),
            _ => {
                let help = "write { hosts = 1, bake = \"1h\" } or \"none\"";
                reader.wrong_type(node, "a table or \"none\"", help)
            }
        }
    }
}

schema! {
    WrittenOneBox, "OneBoxOrNone", by name: |generator| {
        let stage = generator.subschema_for::<OneBoxSpec>();
        json_schema!({ "anyOf": [stage, { "const": "none" }] })
    }
}

/// The regions of a wave.
#[derive(Debug, Clone)]
pub enum Selector {
    /// These.
    Names(Vec<Written<Name>>),
    /// All that no earlier wave selected.
    Rest,
    /// All of the fleet.
    All,
    /// By label, order and count.
    Table(SelectSpec),
}

impl Read for Selector {
    fn read(node: Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value {
            DeValue::String(text) if text == "rest" => Some(Self::Rest),
            DeValue::String(text) if text == "all" => Some(Self::All),
            DeValue::String(text) => {
                let wanted = "names in brackets, \"rest\", \"all\" or a table";
                reader.wrong_type(node, wanted, format!("write [\"{text}\"] for the region of that name"))
            }
            DeValue::Array(_) => Vec::read(node, reader).map(Self::Names),
            DeValue::Table(_) => SelectSpec::read(node, reader).map(Self::Table),
            _ => {
                let help = "write [\"eu-west-1\"] or \"rest\"";
                reader.wrong_type(node, "names, \"rest\", \"all\" or a table", help)
            }
        }
    }
}

schema! {
    Selector, "Regions", by name: |generator| {
        let name = generator.subschema_for::<Name>();
        let table = generator.subschema_for::<SelectSpec>();
        json_schema!({
            "description": "Regions: names, \"rest\", \"all\", or { label, order, count or percent }.",
            "anyOf": [{ "type": "array", "items": name }, { "enum": ["rest", "all"] }, table],
        })
    }
}

words! {
    FailuresPer { Batch, Zone, Region, Wave, Rollout }
    Batching { Barrier, Sliding }
    Order { Listed, LowTrafficFirst, HighTrafficFirst }
    RollbackTarget { Previous, LastBlessed }
    RollbackScope { Deployment, Region, Wave, Everything }
}
