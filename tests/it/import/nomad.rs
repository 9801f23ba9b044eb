//! Nomad's jobs.

use super::{lost, moving_in, of_files, of_files_given, plan_of_text, scenario_of};
use crate::language::published::{
    MINUTE, batches, done_at, hosts_done, number, rows, started, told, trial, wave_starts,
};
use wavetank::import::Fate;

/// A job of one group with this `update`.
fn job(count: u32, update: &str) -> String {
    format!(
        "job \"web\" {{\n  group \"web\" {{\n    count = {count}\n    update {{\n{update}    }}\n  }}\n}}\n"
    )
}

#[test]
fn an_evaluation_replaces_what_is_published() {
    let mut said = 0;
    for row in rows("nomad", "evaluations") {
        let (count, canary) = (number(&row, "count"), number(&row, "canary"));
        let grows = count != number(&row, "old_allocs") + row["new_allocs"].as_u64().unwrap_or(0) as u32
            && row.get("prev_version_healthy_allocs").is_none();
        if grows || row["deployment"] == "paused" {
            // A job that grows in mid-update, and one that somebody paused: no file says it.
            continue;
        }
        said += 1;
        let update = format!(
            "      max_parallel = {}\n      canary = {canary}\n      min_healthy_time = \"0s\"\n",
            number(&row, "max_parallel")
        );
        let text = scenario_of(&[("web.nomad.hcl", &job(count, &update))]);
        let expected = |key: &str| row["expected"][key].as_u64().map(|number| number as u32);
        if canary > 0 {
            let told = told(&plan_of_text(&text));
            if row["promoted"] == true {
                let start_ms = wave_starts(&told, 1).unwrap();
                let next = started(&told).iter().find(|(at_ms, _)| *at_ms >= start_ms).unwrap().1;
                assert_eq!(Some(next), expected("destructive"), "{row}");
                assert_eq!(Some(done_at(&told, start_ms)), expected("stop"), "{row}");
                assert_eq!(Some(count - next), expected("ignore"), "{row}");
            } else {
                assert_eq!(Some(batches(&told)[0]), expected("place"), "{row}");
                assert_eq!(wave_starts(&told, 1), Some(61 * MINUTE), "{row}: it waits to be promoted");
            }
        } else if let Some(healthy) = row["new_healthy"].as_u64() {
            // Some of those under way are done, and so many others take their places.
            let plan = plan_of_text(&moving_in(&text, "{ exponential = { mean = \"5m\" } }"));
            let told = trial(&plan, 0).0;
            let at_ms = match healthy {
                0 => 0,
                _ => hosts_done(&told).iter().find(|(_, done)| u64::from(*done) == healthy).unwrap().0,
            };
            let before = started(&told).into_iter().filter(|(start_ms, _)| *start_ms <= at_ms);
            let more = before.map(|(_, hosts)| hosts).sum::<u32>() - number(&row, "new_allocs");
            assert_eq!(
                (Some(more), Some(count - more)),
                (expected("destructive"), expected("ignore")),
                "{row}"
            );
        } else {
            let first = batches(&told(&plan_of_text(&text)))[0];
            assert_eq!(
                (Some(first), Some(count - first)),
                (expected("destructive"), expected("ignore")),
                "{row}"
            );
        }
    }
    assert_eq!(said, 7);
}

#[test]
fn an_update_says_how_it_goes_on_and_back() {
    let update = "      max_parallel = 2\n      canary = 1\n      auto_promote = true\n      auto_revert = true\n      \
                  progress_deadline = \"15m\"\n      healthy_deadline = \"4m\"\n      min_healthy_time = \"20s\"\n";
    let text = scenario_of(&[("web.nomad.hcl", &job(4, update))]);
    for line in [
        "hosts-per-zone = 4 # web.nomad.hcl:3 count = 4",
        "progress-deadline = \"15m\" # web.nomad.hcl:9 progress_deadline = \"15m\"",
        "failing-time = \"4m\" # web.nomad.hcl:10 healthy_deadline = \"4m\"",
        "response = { on-alarm = \"rollback\" } # web.nomad.hcl:8 auto_revert = true",
        "traffic = \"20%\" # of all allocations, as the old ones stay beside",
        "batch-bake = \"20s\" # web.nomad.hcl:11 min_healthy_time = \"20s\"",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("approval"), "{text}");
    let by_default = scenario_of(&[("web.nomad.hcl", &job(4, ""))]);
    for line in [
        "response = { on-alarm = \"freeze\" } # Nomad's default",
        "batch = 1 # Nomad's default",
        "batch-bake = \"10s\" # Nomad's default",
        "progress-deadline = \"10m\" # Nomad's default",
    ] {
        assert!(by_default.contains(line), "{line}\n{by_default}");
    }
}

#[test]
fn deadlines_shorter_than_a_usual_start_are_kept() {
    let text = scenario_of(&[(
        "web.nomad.hcl",
        &job(3, "      progress_deadline = \"3s\"\n      min_healthy_time = \"1s\"\n"),
    )]);
    assert!(text.contains("progress-deadline = \"3s\""), "{text}");
    assert!(text.contains("deploy-time = \"1s500ms\" # <--"), "{text}");
    plan_of_text(&text);
}

#[test]
fn canaries_of_all_allocations_are_blue_green() {
    let text = scenario_of(&[("web.nomad.hcl", &job(3, "      canary = 3\n"))]);
    assert!(text.contains("traffic = \"50%\""), "{text}");
    assert!(text.contains("traffic = \"100%\" # promoted: the old ones are stopped"), "{text}");
    assert_eq!(batches(&told(&plan_of_text(&text))), [3]);
    let more = scenario_of(&[("web.nomad.hcl", &job(3, "      canary = 7\n"))]);
    assert!(more.contains("hosts = 3") && more.contains("traffic = \"70%\""), "{more}");
}

#[test]
fn groups_are_updated_together_where_they_are_alike() {
    let group = |name: &str, count: u32, update: &str| {
        format!("  group \"{name}\" {{\n    count = {count}\n{update}  }}\n")
    };
    let job = |groups: &[String]| {
        format!("job \"web\" {{\n  update {{\n    max_parallel = 2\n  }}\n{}}}\n", groups.concat())
    };
    let alike = scenario_of(&[("web.nomad", &job(&[group("api", 4, ""), group("jobs", 6, "")]))]);
    assert!(
        alike.contains("regions-at-once = \"all\" # groups of a job are updated at the same time"),
        "{alike}"
    );
    assert_eq!(alike.matches("[[strategy.wave]]").count(), 2, "one of its own, one to compare with");
    let slow = "    update {\n      max_parallel = 1\n    }\n";
    let differing = job(&[group("api", 4, ""), group("jobs", 6, slow)]);
    let imported = of_files(&[("web.nomad", &differing)]);
    assert!(lost(&imported, Fate::Approximated)[0].contains("one after the other"));
    let text = imported.scenario("wavetank import");
    assert!(text.contains("regions = [\"jobs\"]") && text.contains("batch = 1 # web.nomad:11"), "{text}");
    plan_of_text(&text);
}

#[test]
fn regions_of_a_job_follow_each_other() {
    let text = "job \"web\" {\n  multiregion {\n    strategy {\n      max_parallel = 1\n      on_failure = \"fail_all\"\n    }\n    \
                region \"west\" {\n      count = 2\n      datacenters = [\"w1\"]\n    }\n    region \"east\" {\n      count = 5\n    }\n  }\n  \
                group \"web\" {\n    count = 1\n    update {\n      max_parallel = 1\n    }\n  }\n}\n";
    let scenario = scenario_of(&[("web.nomad.hcl", text)]);
    assert!(
        scenario.contains("name = \"west\"\nhosts-per-zone = 2 # web.nomad.hcl:8 count = 2"),
        "{scenario}"
    );
    assert!(scenario.contains("regions-at-once = 1 # web.nomad.hcl:4 max_parallel = 1"), "{scenario}");
    assert!(!scenario.contains("scope = \"region\""), "{scenario}");
    assert_eq!(batches(&told(&plan_of_text(&scenario))).len(), 7);
}

#[test]
fn other_kinds_of_jobs_have_their_own_pace() {
    let system = "job \"agent\" {\n  type = \"system\"\n  update {\n    max_parallel = 3\n    stagger = \"40s\"\n  }\n  group \"g\" {\n    \
                  task \"t\" {}\n  }\n}\n";
    let text = scenario_of(&[("agent.nomad.hcl", system)]);
    assert!(text.contains("batch-bake = \"40s\" # agent.nomad.hcl:5 stagger = \"40s\""), "{text}");
    assert!(text.contains("hosts-per-zone = 10 # <-- on how many nodes it runs"), "{text}");
    let batch = "job \"sums\" {\n  type = \"batch\"\n  group \"g\" {\n    count = 4\n  }\n}\n";
    let text = scenario_of(&[("sums.nomad.hcl", batch)]);
    assert!(text.contains("batch = \"100%\" # without an `update` Nomad replaces all at once"), "{text}");
}

#[test]
fn the_api_form_says_the_same() {
    let text = "{\"Job\": {\"ID\": \"web\", \"Name\": \"web\", \"Type\": \"service\", \"Datacenters\": [\"dc1\"], \"Update\": null, \
                \"TaskGroups\": [{\"Name\": \"web\", \"Count\": 6, \"Tasks\": [], \"Update\": {\"MaxParallel\": 3, \"MinHealthyTime\": \
                30000000000, \"HealthyDeadline\": 300000000000, \"ProgressDeadline\": 600000000000, \"AutoRevert\": true, \
                \"AutoPromote\": false, \"Canary\": 0, \"Stagger\": 30000000000, \"HealthCheck\": \"checks\"}}]}}";
    let imported = of_files(&[("web.json", text)]);
    assert!(imported.is_sound(), "{}", imported.render(false));
    assert!(lost(&imported, Fate::Dropped).is_empty(), "{:?}", lost(&imported, Fate::Dropped));
    let scenario = imported.scenario("wavetank import");
    for line in
        ["hosts-per-zone = 6 #", "batch = 3 #", "batch-bake = \"30s\" #", "progress-deadline = \"10m\" #"]
    {
        assert!(scenario.contains(line), "{line}\n{scenario}");
    }
}

#[test]
fn variables_are_their_defaults_or_what_the_user_says() {
    let with =
        |variable: &str| format!("{variable}{}", job(4, "").replace("count = 4", "count = var.replicas"));
    let defaulted = scenario_of(&[("web.nomad.hcl", &with("variable \"replicas\" {\n  default = 9\n}\n"))]);
    assert!(defaulted.contains("hosts-per-zone = 9 # web.nomad.hcl:2 default = 9"), "{defaulted}");
    let open = of_files(&[("web.nomad.hcl", &with(""))]).render(false);
    assert!(open.contains("--set var.replicas=VALUE") && open.contains("web.nomad.hcl:3"), "{open}");
    let given = of_files_given(&[("web.nomad.hcl", &with(""))], &[("var.replicas", "5")]);
    assert!(given.is_sound(), "{}", given.render(false));
    assert!(given.scenario("wavetank import").contains("hosts-per-zone = 5"));
}

#[test]
fn what_no_job_can_mean_is_refused_all_at_once() {
    let update = "      max_parallel = -2\n      canary = \"many\"\n      progress_deadline = \"soon\"\n";
    let refused = of_files(&[("web.nomad.hcl", &job(2_000_000, update))]).render(false);
    for found in [
        "at most 1000000",
        "`-2` is not a whole number",
        "`many` is not a whole number",
        "`soon` is not a duration",
    ] {
        assert!(refused.contains(found), "{found}\n{refused}");
    }
    let new = of_files(&[("web.nomad.hcl", &job(3, "      surge = 4\n"))]);
    assert!(lost(&new, Fate::Dropped)[0].contains("surge"), "{:?}", lost(&new, Fate::Dropped));
}
