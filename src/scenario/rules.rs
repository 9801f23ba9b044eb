//! The rules of `check`, as the code names them. What a rule says, why and how it looks is its page in `docs/rules`,
//! which is part of the program; nothing of it is repeated here. Identifiers are never reused.

use crate::diagnostic::{Rule, Severity};

/// Defines each rule as a static with its page, and the list of them.
macro_rules! rules {
    ($($rule:ident = $severity:ident $page:literal)*) => {
        $(
            #[doc = include_str!(concat!("../../docs/rules/", $page, ".md"))]
            pub static $rule: Rule = Rule::new(
                $page,
                Severity::$severity,
                include_str!(concat!("../../docs/rules/", $page, ".md")),
            );
        )*

        static ALL: &[&Rule] = &[$(&$rule),*];
    };
}

rules! {
    // Single values.
    SYNTAX = Error "WT001-syntax"
    UNKNOWN_KEY = Error "WT002-unknown-key"
    MISSING_KEY = Error "WT003-missing-key"
    WRONG_TYPE = Error "WT004-wrong-type"
    BAD_DURATION = Error "WT005-bad-duration"
    BAD_PERCENTAGE = Error "WT006-bad-percentage"
    OUT_OF_RANGE = Error "WT007-out-of-range"
    UNKNOWN_WORD = Error "WT008-unknown-word"
    BAD_TIME = Error "WT009-bad-time-of-day"
    BAD_DATAPOINTS = Error "WT010-bad-datapoints"
    BAD_SEED = Error "WT011-bad-seed"
    CONFLICTING_KEYS = Error "WT012-conflicting-keys"
    BAD_CURVE = Error "WT013-bad-curve"
    BAD_NAME = Error "WT014-bad-name"
    UNREADABLE_FILE = Error "WT015-unreadable-file"
    INCLUDE_CYCLE = Error "WT016-include-cycle"
    BAD_PRECISION = Error "WT017-bad-precision"
    HIDDEN_LETTER = Error "WT018-hidden-letter"
    LOOK_ALIKE = Error "WT019-look-alike"

    // Names and what they refer to.
    DUPLICATE_NAME = Error "WT020-duplicate-name"
    UNKNOWN_REGION = Error "WT021-unknown-region"
    UNKNOWN_LABEL = Error "WT022-unknown-label"
    UNKNOWN_ALARM = Error "WT023-unknown-alarm"
    UNKNOWN_STRATEGY = Error "WT024-unknown-strategy"
    UNKNOWN_WAVE = Error "WT025-unknown-wave"
    UNKNOWN_METRIC = Error "WT026-unknown-metric"
    UNKNOWN_TIMEZONE = Error "WT027-unknown-timezone"
    EXTENDS_CYCLE = Error "WT028-extends-cycle"
    NOT_COMPARED = Error "WT029-strategy-not-compared"

    // The scenario as a whole: what cannot be simulated.
    NO_REGION = Error "WT030-no-region"
    NO_STRATEGY = Error "WT031-no-strategy"
    NO_WAVE = Error "WT032-no-wave"
    EMPTY_WAVE = Error "WT033-empty-wave"
    REGION_LEFT_OUT = Error "WT034-region-left-out"
    NO_GROWTH = Error "WT035-share-does-not-grow"
    HOSTS_LEFT_OUT = Error "WT036-hosts-left-out"
    ZONE_COUNT = Error "WT037-zone-count"
    NO_DEFECT = Error "WT038-no-defect"
    THRESHOLD_UNIT = Error "WT039-threshold-unit"
    TOO_LARGE = Error "WT040-too-large"
    NO_TRAFFIC = Warning "WT041-no-traffic"
    ONE_BOX_TOO_SHORT = Error "WT042-one-box-too-short"
    TOO_FEW_TRIALS = Error "WT043-too-few-trials"
    GUARDED_MAXIMUM = Error "WT044-guarded-maximum"
    UNKNOWN_RULE = Error "WT045-unknown-rule"

    // The scenario as a whole: what is allowed and hardly meant.
    ONE_BOX_TIGHT = Warning "WT050-one-box-tight"
    NO_ONE_BOX = Warning "WT051-no-one-box"
    SHORT_WATCH = Warning "WT052-short-watch"
    FEW_REQUESTS = Warning "WT053-few-requests"
    CAPPED = Warning "WT054-capped"
    UNUSED_ALARM = Warning "WT055-unused-alarm"
    UNUSED_TEMPLATE = Warning "WT056-unused-template"
    FEWER_REGIONS = Warning "WT057-fewer-regions"
    IDLE_WAVE = Warning "WT058-idle-wave"
    IDLE_ALLOW = Warning "WT059-idle-allow"

    // What a plan will do, computed before anything is simulated: the lints.
    BLIND_FIRST_WAVE = Warning "WT060-blind-first-wave"
    LATE_REACTION = Warning "WT061-late-reaction"
    DILUTED = Warning "WT062-diluted"
    FALSE_ALARMS = Warning "WT063-false-alarms"
    TOGETHER = Warning "WT064-together"
    SHORT_LAST_BAKE = Warning "WT065-short-last-bake"
    LATE_CLASS = Warning "WT066-late-class"
    LEFT_BEHIND = Warning "WT067-left-behind"
    UNSTABLE_PIPELINE = Warning "WT068-unstable-pipeline"
    BARE_MILLIONTHS = Warning "WT069-bare-millionths"
    NOTHING_STOPS_IT = Warning "WT070-nothing-stops-it"
    UNCOUNTED_HARM = Warning "WT071-uncounted-harm"
    TRIGGER_UNSEEN = Warning "WT072-trigger-beyond-observation"
    TRIGGER_UNSUSPECTED = Warning "WT073-trigger-beyond-suspicion"
    REPAIR_WITHOUT_TIME = Warning "WT074-repair-without-time"
    STEP_WITHOUT_TRIGGER = Warning "WT075-step-without-trigger"
    UNWATCHED_ONE_BOX = Warning "WT076-unwatched-one-box"
    NO_WAY_TO_MEND = Warning "WT077-no-way-to-mend"
    COSTLY = Warning "WT078-costly"

    // Defects, capacity and operators.
    UNKNOWN_COHORT = Error "WT080-unknown-cohort"
    NO_CAPACITY = Error "WT081-no-capacity"
    NOBODY_COMES = Error "WT082-nobody-comes"

    // Expectations.
    WHOSE_EXPECTATION = Error "WT090-whose-expectation"
    SHARE_HAS_A_MEAN = Error "WT091-share-has-a-mean"
    NO_ROOM_AROUND_ZERO = Error "WT092-no-room-around-zero"

    // Pipelines.
    UNKNOWN_CALENDAR = Error "WT100-unknown-calendar"
    UNKNOWN_DEFECT = Error "WT101-unknown-defect"
    NO_LOCAL_HOURS = Error "WT102-no-local-hours"
    COMPONENT_UNDER_STUDY = Error "WT105-component-under-study"
    COMPONENT_WAVES = Error "WT106-component-waves"

    // Files of other tools.
    FOREIGN_SYNTAX = Error "WT110-foreign-syntax"
    FOREIGN_VALUE = Error "WT111-foreign-value"
    UNKNOWABLE = Error "WT112-known-when-deployed"
    UNKNOWN_FORMAT = Error "WT113-unknown-format"
    FOREIGN_MISFIT = Error "WT114-foreign-misfit"

    // Claims.
    NOTHING_AT_PATH = Error "WT120-nothing-at-path"
    UNSOUND_VARIANT = Error "WT121-unsound-variant"
    UNKNOWN_VARIANT = Error "WT122-unknown-variant"
    UNKNOWN_STAGE = Error "WT123-unknown-stage"
    CLAIM_SENTENCE = Error "WT124-claim-sentence"
    CLAIM_WITHOUT_PROOF = Error "WT125-claim-without-proof"
    UNUSED_VARIANT = Warning "WT126-unused-variant"
}

/// Every rule, by identifier.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().copied()
}

/// The rule with this identifier (`WT002`) or name (`unknown-key`), in any case; none if there is no such rule.
#[must_use]
pub fn find(wanted: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id.eq_ignore_ascii_case(wanted) || rule.name.eq_ignore_ascii_case(wanted))
}
