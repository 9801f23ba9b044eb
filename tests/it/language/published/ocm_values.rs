//! Open Cluster Management: what its texts mean.

use super::{number, plan, refusal, region, rows, told, zones_started};

#[test]
fn sizes_are_read_as_published() {
    for row in rows("ocm", "size") {
        let text = super::kubefleet::text(number(&row, "clusters"), &row["max_concurrency"]);
        if row["error"] == true {
            assert!(refusal(&text).contains("regions-at-once"), "{row}");
        } else {
            let told = told(&plan(&text));
            let at_start = zones_started(&told).iter().filter(|(at_ms, _)| *at_ms == 0).count();
            assert_eq!(at_start as u32, number(&row, "expected"), "{row}");
        }
    }
}

#[test]
fn deadlines_are_read_as_published() {
    for row in rows("ocm", "timeout") {
        let written = row["text"].as_str().unwrap();
        // No deadline is a key that is not there.
        let key =
            if written.is_empty() { String::new() } else { format!("progress-deadline = \"{written}\"\n") };
        let text =
            format!("{}[[strategy]]\nname = \"s\"\n{key}wave = [{{ regions = \"all\" }}]\n", region(1));
        if row["error"] == true {
            assert!(refusal(&text).contains("duration"), "{row}");
        } else {
            let found = plan(&text).strategies[0].progress_deadline_ms;
            assert_eq!(found.map(|ms| ms / super::SECOND), row["seconds"].as_u64(), "{row}");
        }
    }
}
