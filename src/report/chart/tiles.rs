//! Regions by zones as tiles: how likely a bad change impairs hosts of each zone, in the order in which waves reach them.

use super::canvas::{Canvas, Font};
use super::pen::Mark;
use super::plot::Legend;
use super::theme::Ink;
use super::{Frame, Picture, SMALL, fitted, nothing_to_draw, of_replays};
use crate::ids::{RegionId, ZoneId};
use crate::plan::Plan;
use crate::report::text;
use crate::study::unfolding::{Unfolding, ZoneRisk, first_waves};

const ROW: i32 = 24;
/// Width of the names of regions, and of a tile.
const NAMES: i32 = 150;
const TILE: (i32, i32) = (7, 46);
/// From column to column.
const GAP: i32 = 22;
/// Most columns, and rows below which one more is not begun.
const MOST_COLUMNS: i32 = 4;
const FEW_ROWS: usize = 14;
/// Ends of the classes of risk and how strongly each is inked.
const CLASSES: [(f64, f64, &str); 6] = [
    (0.0, 0.0, "never seen"),
    (0.001, 0.10, "below 0.1 %"),
    (0.01, 0.22, "below 1 %"),
    (0.05, 0.38, "below 5 %"),
    (0.2, 0.58, "below 20 %"),
    (1.0, 0.88, "20 % or more"),
];

/// A line of the picture.
enum TileLine {
    Wave(String),
    Region(RegionId),
}

/// The chart of one strategy (an index).
#[must_use]
pub fn picture(plan: &Plan, unfolding: &Unfolding, strategy: usize) -> Picture {
    let lines = lines(plan, strategy);
    let risks = &unfolding.strategies[strategy].zones;
    let most_zones = plan.fleet.regions.iter().map(|region| region.zones.len()).max().unwrap_or(1) as i32;
    let total = 1140;
    let wanted = NAMES + most_zones * TILE.1 + GAP;
    let by_rows = lines.len().div_ceil(FEW_ROWS) as i32;
    let columns = (total / wanted).clamp(1, MOST_COLUMNS).min(by_rows.max(1));
    let width = (total - GAP * (columns - 1)) / columns;
    let tile = ((width - NAMES) / most_zones.max(1)).clamp(TILE.0, TILE.1);
    let rows = lines.len().div_ceil(columns as usize);
    let has_bad = risks.iter().any(|risk| risk.impaired.is_some());
    let frame = Frame {
        id: "tiles".to_owned(),
        title: title(plan, strategy, risks),
        subtitle: format!(
            "Probability that a bad change impairs hosts of each zone with {}, by region (rows, tiles are zones) and the wave that reaches it first; {} replayed trials",
            plan.strategies[strategy].name,
            text::count(unfolding.trials)
        ),
        notes: vec![
            "A tile says the estimate; point at it for the interval and the impaired host-minutes. \"Never seen\" is of these trials: what is rarer than about one in a hundred bad changes may not be among them."
                .to_owned(),
        ],
        provenance: of_replays(plan, unfolding.trials),
        description: String::new(),
    };
    frame.picture(ROW * rows as i32 + 40, |canvas, area| {
        if !has_bad {
            return nothing_to_draw(canvas, area, "Nothing to draw: no change is bad.");
        }
        legend(canvas, area.1 + 12);
        for (index, line) in lines.iter().enumerate() {
            let (column, row) = ((index / rows) as i32, (index % rows) as i32);
            let left = 30 + column * (width + GAP);
            let y = area.1 + 30 + ROW * row;
            match line {
                TileLine::Wave(name) => {
                    let (name, _) = fitted(name, "", width - 10);
                    canvas.text((left, y + 16), &name, Font::new(SMALL).bold(), Ink::Muted);
                    canvas.line(&[(left, y + 22), (left + width, y + 22)], Ink::Grid, 1);
                }
                TileLine::Region(region) => {
                    draw(canvas, (plan, risks, *region), (left, y), tile);
                }
            }
        }
    })
}

fn lines(plan: &Plan, strategy: usize) -> Vec<TileLine> {
    let first = first_waves(plan, strategy);
    let wave_of = |region: RegionId| {
        let zones = plan.fleet.regions[region].zones.clone();
        zones.filter_map(|zone: ZoneId| first[zone.index()]).min()
    };
    let waves = &plan.strategies[strategy].waves;
    let mut lines = Vec::new();
    for wave in (0..waves.len()).map(Some).chain([None]) {
        let here = |region: &RegionId| wave_of(*region) == wave;
        let mut regions: Vec<RegionId> = plan.fleet.regions.ids().filter(here).collect();
        if regions.is_empty() {
            continue;
        }
        match wave {
            Some(wave) => {
                let order = |region: &RegionId| waves[wave].regions.iter().position(|own| own == region);
                regions.sort_by_key(order);
                lines.push(TileLine::Wave(format!("wave {}: {}", wave + 1, waves[wave].name)));
            }
            None => lines.push(TileLine::Wave("in no wave".to_owned())),
        }
        lines.extend(regions.into_iter().map(TileLine::Region));
    }
    lines
}

fn draw(
    canvas: &mut Canvas,
    (plan, risks, region): (&Plan, &[ZoneRisk], RegionId),
    (left, y): (i32, i32),
    tile: i32,
) {
    let place = &plan.fleet.regions[region];
    let (name, font) = fitted(&place.name, "", NAMES - 12);
    canvas.text((left + NAMES - 8, y + 16), &name, font.ending(), Ink::Text);
    for (column, zone) in place.zones.clone().enumerate() {
        let risk = &risks[zone.index()];
        let Some(share) = risk.impaired else { continue };
        let x = left + NAMES + tile * column as i32;
        let (_, opacity, _) = class_of(share.value);
        let host_minutes = risk.host_ms.map_or(String::new(), |mean| {
            let said = text::estimate(mean.value, " ", mean.interval, text::host_minutes);
            format!("; {said} impaired host-minutes per bad change")
        });
        let words = format!(
            "{}: {} of bad changes{host_minutes}",
            plan.fleet.zone_name(zone),
            text::estimate(share.value, " ", share.interval, text::percent)
        );
        canvas.mark(Mark { words, data: Vec::new() }, |canvas| {
            let corners = ((x + 1, y + 1), (x + tile - 1, y + ROW - 2));
            canvas.rect(corners.0, corners.1, Ink::Shade, 1.0);
            canvas.rect(corners.0, corners.1, Ink::Harm, opacity);
            let said = short(share.value);
            if Font::new(SMALL).width(&said) + 4 <= tile {
                let ink = if opacity > 0.7 { Ink::Paper } else { Ink::Text };
                canvas.text((x + tile / 2, y + 16), &said, Font::new(SMALL).centered(), ink);
            }
        });
    }
}

/// A share in the few letters that a tile has room for.
fn short(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0".to_owned(),
        percent if percent < 0.1 => "<.1".to_owned(),
        percent if percent < 10.0 => format!("{percent:.1}"),
        percent if percent > 99.0 && percent < 100.0 => ">99".to_owned(),
        percent => format!("{percent:.0}"),
    }
}

fn class_of(share: f64) -> (f64, f64, &'static str) {
    let is_in = |(end, ..): &(f64, f64, &str)| if *end == 0.0 { share <= 0.0 } else { share < *end };
    CLASSES.into_iter().find(is_in).unwrap_or(CLASSES[CLASSES.len() - 1])
}

fn legend(canvas: &mut Canvas, y: i32) {
    let mut legend = Legend { left: 30, y, indent: 30, gap: 22 };
    for (_, opacity, words) in CLASSES {
        legend.entry(canvas, words, |canvas, x| {
            canvas.rect((x, y - 12), (x + 24, y + 3), Ink::Shade, 1.0);
            canvas.rect((x, y - 12), (x + 24, y + 3), Ink::Harm, opacity);
        });
    }
    canvas.text((legend.left, y), "numbers: percent", Font::new(SMALL), Ink::Muted);
}

fn title(plan: &Plan, strategy: usize, risks: &[ZoneRisk]) -> String {
    let name = &plan.strategies[strategy].name;
    let shares = || plan.fleet.zones.ids().filter_map(|zone| Some((zone, risks[zone.index()].impaired?)));
    let Some((zone, share)) = shares().max_by(|a, b| a.1.value.total_cmp(&b.1.value)) else {
        return format!("No change is bad: no place is at risk with {name}");
    };
    if share.value == 0.0 {
        return format!("No replayed bad change impaired a host with {name}");
    }
    let rare = shares().filter(|(_, share)| share.value < 0.01).count();
    format!(
        "With {name} the riskiest place is {}, at {} of bad changes; {rare} of {} are below 1 %",
        plan.fleet.zone_name(zone),
        text::estimate(share.value, " ", share.interval, text::percent),
        text::counted(risks.len() as u64, "zone")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Theme;
    use crate::study::Nobody;
    use crate::study::unfolding::unfolded;

    #[test]
    fn every_zone_is_a_tile_below_its_wave_and_the_riskiest_is_named() {
        let plan = Plan::load("scenarios/small.toml").expect("a valid scenario");
        let unfolding = unfolded(&plan, 60, &Nobody).unwrap();
        let picture = super::picture(&plan, &unfolding, 0);
        let svg = picture.svg(Theme::Light);
        for zone in plan.fleet.zones.ids() {
            assert!(svg.contains(&format!("{}:", plan.fleet.zone_name(zone))));
        }
        let at = |words: &str| svg.find(words).unwrap_or_else(|| panic!("{words}"));
        assert!(at("wave 1: small") < at(">ap-south<") && at(">ap-south<") < at("wave 2: medium"));
        assert!(picture.title().contains("the riskiest place is"), "{}", picture.title());
    }

    #[test]
    fn classes_and_numbers_in_tiles() {
        assert_eq!(
            [0.0, 0.0005, 0.005, 0.3].map(|share| class_of(share).2),
            ["never seen", "below 0.1 %", "below 1 %", "20 % or more"]
        );
        let shares = [0.0, 0.0005, 0.034, 0.62, 0.9994, 1.0];
        assert_eq!(shares.map(short), ["0", "<.1", "3.4", "62", ">99", "100"]);
    }
}
