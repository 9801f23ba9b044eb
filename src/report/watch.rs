//! A rollout on a terminal: what one instant of a film looks like in so many columns and lines. Pure: the same film, instant and size
//! give the same text. Needs neither colours nor letters beyond ASCII.

use super::document::{RichText, Terminal, Tone};
use super::fleet_film::{FilmMoment, FilmState, FilmWave, FleetFilm, MomentKind};
use super::text;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Moments that are shown at most.
const MOST_MOMENTS: usize = 4;
/// Columns that the cell of a zone may have, best first.
const CELLS: [usize; 6] = [8, 6, 4, 3, 2, 1];
/// Columns of a region's name at most.
const MOST_NAME: usize = 20;
/// Real seconds that a rollout is played in, unless told otherwise; and those of them that a short incident gets.
const SECONDS: f64 = 20.0;
const INCIDENT_SECONDS: f64 = 8.0;
/// An incident that is a smaller part of the film is played slower than the rest.
const SHORT: f64 = 0.25;

/// A terminal to draw on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchSize {
    /// Columns.
    pub width: usize,
    /// Lines.
    pub height: usize,
    /// Whether to use ANSI colours.
    pub color: bool,
}

/// The instant `at_ms` of a film, in at most as many lines and columns as there are. `title` says what is played, `footer` what
/// one can do.
#[must_use]
pub fn frame(film: &FleetFilm, title: &str, at_ms: u64, footer: &str, size: WatchSize) -> Vec<String> {
    let now = film.state_at(at_ms);
    let mut lines = head(film, title, at_ms, &now, size.width);
    let moments = film.moments.len().min(MOST_MOMENTS);
    // A blank line, the moments, the legend and the footer.
    let rest = moments + 3;
    let room = size.height.saturating_sub(lines.len() + rest).max(1);
    lines.push("".into());
    lines.extend(regions(film, &now, size.width, room));
    let passed = film.moments.iter().filter(|moment| moment.at_ms <= at_ms);
    let mut told: Vec<RichText> = passed
        .map(|moment| {
            let tone = match moment.kind {
                MomentKind::Onset | MomentKind::Rollback | MomentKind::Stop => Tone::Bad,
                MomentKind::Alarm => Tone::Doubtful,
                MomentKind::Mitigated | MomentKind::Complete => Tone::Good,
                MomentKind::Other => Tone::Plain,
            };
            RichText::from(format!("{}  ", text::clock(moment.at_ms))).then(tone, moment.words.as_str())
        })
        .collect();
    told = told.split_off(told.len().saturating_sub(moments));
    told.resize(moments, "".into());
    lines.extend(told);
    lines.push("# updated + partly ! impaired . not yet".into());
    lines.push(footer.into());
    // Of a terminal with few lines the last one stays: it says how to leave.
    let footer = lines.pop().unwrap_or_else(|| "".into());
    lines.truncate(size.height.saturating_sub(1));
    lines.push(footer);
    let terminal = Terminal { width: size.width, color: size.color };
    lines.iter().map(|line| terminal.line(&cut(line, size.width))).collect()
}

/// Clock, hosts, and where in which wave.
fn head(film: &FleetFilm, title: &str, at_ms: u64, now: &[FilmState], width: usize) -> Vec<RichText> {
    let day = film
        .start_utc_ms
        .map_or(String::new(), |start| format!(" ({} UTC)", text::time_of_day(start + at_ms)));
    let hosts: u64 = film.zones.iter().map(|zone| u64::from(zone.hosts)).sum();
    let updated: u64 = now.iter().map(|zone| u64::from(zone.updated)).sum();
    let impaired: u64 = now.iter().map(|zone| u64::from(zone.impaired)).sum();
    let counts = format!("{} of {} updated", text::count(updated), text::counted(hosts, "host"));
    let counts = RichText::from(counts).then(
        if impaired > 0 { Tone::Bad } else { Tone::Plain },
        format!(", {} impaired", text::count(impaired)),
    );
    let columns = width.min(100);
    let column = column_of(film, at_ms, columns);
    let strip: String = (0..columns).map(|column| strip_letter(film, column, columns)).collect();
    let words = wave_words(film, at_ms);
    let cursor = if column + 2 + words.width() <= columns {
        format!("{}^ {words}", " ".repeat(column))
    } else {
        let before = column.saturating_sub(words.width() + 1);
        format!("{}{words} ^", " ".repeat(before))
    };
    vec![
        RichText::toned(Tone::Strong, format!("{}{day}", text::clock(at_ms)))
            .then(Tone::Plain, format!("  {title}")),
        counts,
        strip.into(),
        cursor.into(),
    ]
}

fn column_of(film: &FleetFilm, at_ms: u64, columns: usize) -> usize {
    let column = u128::from(at_ms) * columns as u128 / u128::from(film.end_ms.max(1));
    (column as usize).min(columns.saturating_sub(1))
}

/// The number of the wave that deploys in a column of the strip, a dash while it bakes, a dot while none is on its way.
fn strip_letter(film: &FleetFilm, column: usize, columns: usize) -> char {
    // The middle of the column.
    let at_ms = ((column * 2 + 1) as u128 * u128::from(film.end_ms) / (2 * columns.max(1)) as u128) as u64;
    let on_its_way = film.waves.iter().enumerate().rfind(|(_, w)| w.from_ms <= at_ms && at_ms < w.to_ms);
    match on_its_way {
        Some((_, wave)) if at_ms >= wave.bake_ms => '-',
        Some((number, _)) => char::from(b'0' + ((number + 1) % 10) as u8),
        None => '.',
    }
}

fn wave_words(film: &FleetFilm, at_ms: u64) -> String {
    let begun = film.waves.iter().enumerate().rfind(|(_, wave)| wave.from_ms <= at_ms);
    let Some((number, wave)) = begun else { return "no wave yet".to_owned() };
    let FilmWave { name, bake_ms, to_ms, .. } = wave;
    let stops = |moment: &&FilmMoment| matches!(moment.kind, MomentKind::Rollback | MomentKind::Stop);
    let stopped = film.moments.iter().find(stops).is_some_and(|moment| moment.at_ms <= at_ms);
    let doing = match () {
        () if at_ms >= *to_ms && stopped => "stopped",
        () if at_ms >= *to_ms && number + 1 == film.waves.len() => "over",
        () if at_ms >= *to_ms => "done",
        () if at_ms >= *bake_ms => "bakes",
        () => "deploys",
    };
    format!("wave {}, {name}: {doing}", number + 1)
}

/// One region: its name, and its zones as indices.
struct RegionCells<'f> {
    name: &'f str,
    zones: std::ops::Range<usize>,
}

/// Regions by their zones, in cells as large as fit into `room` lines; of too many the first.
fn regions(film: &FleetFilm, now: &[FilmState], width: usize, room: usize) -> Vec<RichText> {
    let mut all: Vec<RegionCells> = Vec::new();
    for (index, zone) in film.zones.iter().enumerate() {
        match all.last_mut() {
            Some(last) if last.name == zone.region => last.zones.end = index + 1,
            _ => all.push(RegionCells { name: &zone.region, zones: index..index + 1 }),
        }
    }
    let names = all.iter().map(|region| region.name.width()).max().unwrap_or(0).min(MOST_NAME).min(width / 3);
    let most = all.iter().map(|region| region.zones.len()).max().unwrap_or(1);
    let block = |cell: usize| names + 1 + most * cell + if cell > 1 { most - 1 } else { 0 };
    let lines = |cell: usize| all.len().div_ceil(((width + 2) / (block(cell) + 2)).max(1));
    let fits = |cell: &usize| block(*cell) <= width && lines(*cell) <= room;
    // A row of one region has room for its counts, too.
    let counts = all.iter().map(|region| region.counts_width(film)).max().unwrap_or(0);
    let with_counts = |cell: &usize| {
        let is_alone = (width + 2) / (block(*cell) + 2) < 2;
        fits(cell) && (!is_alone || block(*cell) + counts <= width)
    };
    let fitting = CELLS.into_iter().find(with_counts).or_else(|| CELLS.into_iter().find(fits));
    let cell = fitting.unwrap_or(1);
    let across = ((width + 2) / (block(cell) + 2)).max(1);
    let mut rows: Vec<RichText> = all
        .chunks(across)
        .map(|together| {
            together.iter().enumerate().fold(RichText::from(""), |row, (index, region)| {
                let row = if index > 0 { row.then(Tone::Plain, "  ") } else { row };
                let is_last = index + 1 == together.len();
                region.add_to(
                    row,
                    film,
                    now,
                    RowLayout { names, cell, pad: if is_last { 0 } else { most }, across },
                )
            })
        })
        .collect();
    if rows.len() > room {
        let left = all.len() - room.saturating_sub(1) * across;
        rows.truncate(room.saturating_sub(1));
        rows.push(
            format!("and {} more: a higher terminal shows them", text::counted(left as u64, "region")).into(),
        );
    }
    rows
}

/// Where things stand in a row of regions.
#[derive(Clone, Copy)]
struct RowLayout {
    /// Columns of a name.
    names: usize,
    /// Columns of a zone.
    cell: usize,
    /// Zones to fill up to, so that the next region stands under others.
    pad: usize,
    /// Regions side by side.
    across: usize,
}

impl RegionCells<'_> {
    /// Columns of `  12/36 12!` at most.
    fn counts_width(&self, film: &FleetFilm) -> usize {
        let hosts: u64 = film.zones[self.zones.clone()].iter().map(|zone| u64::from(zone.hosts)).sum();
        3 * hosts.to_string().len() + "  / !".len()
    }

    fn add_to(&self, row: RichText, film: &FleetFilm, now: &[FilmState], layout: RowLayout) -> RichText {
        let name = cut(&self.name.into(), layout.names);
        let gap = " ".repeat(layout.names - name.width() + 1);
        let mut row = row.then(Tone::Plain, name.plain()).then(Tone::Plain, gap);
        for (index, zone) in self.zones.clone().enumerate() {
            if index > 0 && layout.cell > 1 {
                row = row.then(Tone::Plain, " ");
            }
            row = cell_of(row, now[zone], film.zones[zone].hosts, layout.cell);
        }
        let missing = layout.pad.saturating_sub(self.zones.len());
        let width = layout.cell + usize::from(layout.cell > 1);
        row = row.then(Tone::Plain, " ".repeat(missing * width));
        if layout.across > 1 {
            return row;
        }
        let sum =
            |of: fn(&FilmState) -> u32| now[self.zones.clone()].iter().map(|z| u64::from(of(z))).sum::<u64>();
        let hosts: u64 = film.zones[self.zones.clone()].iter().map(|zone| u64::from(zone.hosts)).sum();
        let (updated, impaired) = (sum(|zone| zone.updated), sum(|zone| zone.impaired));
        let row = row.then(Tone::Plain, format!("  {updated}/{hosts}"));
        if impaired > 0 { row.then(Tone::Bad, format!(" {impaired}!")) } else { row }
    }
}

/// A zone in so many columns: impaired hosts, then others on the new version, then the old one. Any host that is impaired, or has
/// the new version, shows.
fn cell_of(row: RichText, now: FilmState, hosts: u32, columns: usize) -> RichText {
    let part = |of: u32| (columns as u64 * u64::from(of)).div_ceil(u64::from(hosts.max(1))) as usize;
    let impaired = part(now.impaired).min(columns);
    let partly = now.updated > 0 && now.updated < hosts;
    if columns == 1 {
        return match (impaired > 0, partly, now.updated > 0) {
            (true, ..) => row.then(Tone::Bad, "!"),
            (false, true, _) => row.then(Tone::Good, "+"),
            (false, false, true) => row.then(Tone::Good, "#"),
            (false, false, false) => row.then(Tone::Plain, "."),
        };
    }
    let updated = part(now.updated).min(if partly { columns - 1 } else { columns });
    let well = updated.saturating_sub(impaired);
    let old = columns - impaired - well;
    let row = row.then(Tone::Bad, "!".repeat(impaired)).then(Tone::Good, "#".repeat(well));
    row.then(Tone::Plain, ".".repeat(old))
}

/// The text as far as it fits into so many columns.
fn cut(text: &RichText, columns: usize) -> RichText {
    let mut left = columns;
    let mut cut = RichText::from("");
    for (tone, words) in text.runs() {
        let fitting = |letter: &char| {
            let width = letter.width().unwrap_or(0);
            let fits = width <= left;
            left = if fits { left - width } else { 0 };
            fits
        };
        cut = cut.then(tone, words.chars().take_while(fitting).collect::<String>());
    }
    cut
}

/// How fast a film is played: simulated milliseconds for each real one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    rate: f64,
    /// An incident that is played at a rate of its own.
    incident: Option<(u64, u64, f64)>,
}

impl Pace {
    /// So fast; without a speed so that the film takes some twenty seconds, of which a short incident gets eight.
    #[must_use]
    pub fn new(film: &FleetFilm, speed: Option<f64>) -> Self {
        if let Some(rate) = speed {
            return Self { rate, incident: None };
        }
        let end = film.end_ms as f64;
        let even = Self { rate: end / SECONDS / 1_000.0, incident: None };
        let of_harm = |kind: &MomentKind| !matches!(kind, MomentKind::Complete);
        let mut harm = film.moments.iter().filter(|moment| of_harm(&moment.kind)).map(|moment| moment.at_ms);
        let (Some(first), Some(last)) = (harm.clone().next(), harm.next_back()) else { return even };
        let lead = (last - first) / 8 + 1;
        let (from_ms, to_ms) = (first.saturating_sub(lead), (last + lead).min(film.end_ms));
        let length = to_ms.saturating_sub(from_ms) as f64;
        if length > end * SHORT {
            return even;
        }
        let rate = (end - length) / (SECONDS - INCIDENT_SECONDS) / 1_000.0;
        Self { rate, incident: Some((from_ms, to_ms, length / INCIDENT_SECONDS / 1_000.0)) }
    }

    /// How fast it is played at an instant of the film.
    #[must_use]
    pub fn rate_at(&self, at_ms: f64) -> f64 {
        match self.incident {
            Some((from_ms, to_ms, rate)) if (from_ms as f64..to_ms as f64).contains(&at_ms) => rate,
            Some(_) | None => self.rate,
        }
    }

    /// Where the film is after so many more real milliseconds. Never jumps over the beginning of an incident.
    #[must_use]
    pub fn advance(&self, at_ms: f64, real_ms: f64) -> f64 {
        let next = at_ms + real_ms * self.rate_at(at_ms);
        match self.incident {
            Some((from_ms, ..)) if at_ms < from_ms as f64 && next > from_ms as f64 => from_ms as f64,
            Some((_, to_ms, _)) if at_ms < to_ms as f64 && next > to_ms as f64 => to_ms as f64,
            Some(_) | None => next,
        }
    }
}

/// The next instant at which something changes or is told; none after the last.
#[must_use]
pub fn next_change(film: &FleetFilm, at_ms: u64) -> Option<u64> {
    let changes = film.changes.iter().map(|change| change.at_ms).find(|at| *at > at_ms);
    let moments = film.moments.iter().map(|moment| moment.at_ms).find(|at| *at > at_ms);
    let waves = film.waves.iter().flat_map(|wave| [wave.from_ms, wave.bake_ms, wave.to_ms]);
    let waves = waves.filter(|at| *at > at_ms).min();
    [changes, moments, waves].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fleet_film::{FilmZone, ZoneChange};

    fn film(regions: usize) -> FleetFilm {
        let zone = |index: usize| FilmZone {
            region: format!("region-{}", index / 3 + 1),
            name: ["a", "b", "c"][index % 3].to_owned(),
            hosts: 12,
        };
        let change = |at_ms, zone, updated, impaired| ZoneChange {
            at_ms,
            zone,
            now: FilmState { updated, impaired, traffic_ppm: 0 },
        };
        let wave =
            |name: &str, from_ms, bake_ms, to_ms| FilmWave { name: name.to_owned(), from_ms, bake_ms, to_ms };
        let moment = |at_ms, kind, words: &str| FilmMoment { at_ms, kind, words: words.to_owned() };
        FleetFilm {
            end_ms: 36_000_000,
            start_utc_ms: Some(7 * 3_600_000),
            zones: (0..3 * regions).map(zone).collect(),
            changes: vec![
                change(600_000, 0, 1, 0),
                change(1_200_000, 0, 12, 0),
                change(4_000_000, 1, 6, 0),
                change(5_000_000, 0, 12, 5),
                change(5_000_000, 1, 7, 1),
                change(9_000_000, 0, 0, 0),
                change(9_000_000, 1, 0, 0),
            ],
            waves: vec![
                wave("one", 0, 1_200_000, 3_600_000),
                wave("rest <b>", 3_600_000, 6_000_000, 6_000_000),
            ],
            moments: vec![
                moment(5_000_000, MomentKind::Onset, "first host impaired"),
                moment(5_400_000, MomentKind::Alarm, "alarm zone-errors fires"),
                moment(6_000_000, MomentKind::Rollback, "rollback: 19 hosts go back"),
                moment(9_000_000, MomentKind::Mitigated, "the last impaired host is healed"),
            ],
        }
    }

    fn shown(film: &FleetFilm, at_ms: u64, width: usize, height: usize) -> String {
        let size = WatchSize { width, height, color: false };
        let lines = frame(film, "careful, trial 17", at_ms, "q quit", size);
        lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_instant_is_what_the_film_says_of_it() {
        insta::assert_snapshot!(shown(&film(2), 5_500_000, 60, 20), @r"
    0d 01:31:40 (08:31 UTC)  careful, trial 17
    19 of 72 hosts updated, 6 impaired
    11----2222..................................................
             ^ wave 2, rest <b>: deploys

    region-1 !!!!#### !####... ........  19/36 6!
    region-2 ........ ........ ........  0/36
    0d 01:23:20  first host impaired
    0d 01:30:00  alarm zone-errors fires


    # updated + partly ! impaired . not yet
    q quit
    ");
    }

    #[test]
    fn forty_columns_do() {
        insta::assert_snapshot!(shown(&film(3), 6_000_000, 40, 16), @r"
    0d 01:40:00 (08:40 UTC)  careful, trial
    19 of 108 hosts updated, 6 impaired
    1---222.................................
          ^ wave 2, rest <b>: stopped

    region-1 !!!### !###.. ......  19/36 6!
    region-2 ...... ...... ......  0/36
    region-3 ...... ...... ......  0/36
    0d 01:23:20  first host impaired
    0d 01:30:00  alarm zone-errors fires
    0d 01:40:00  rollback: 19 hosts go back

    # updated + partly ! impaired . not yet
    q quit
    ");
    }

    #[test]
    fn no_line_is_wider_and_no_frame_higher_than_the_terminal() {
        for (regions, width, height) in
            [(1, 40, 10), (34, 80, 24), (34, 40, 24), (34, 20, 8), (200, 120, 30), (3, 200, 60), (1, 1, 1)]
        {
            let film = film(regions);
            for at_ms in [0, 600_000, 5_000_000, 5_500_000, 36_000_000, u64::from(u32::MAX)] {
                for color in [false, true] {
                    let size = WatchSize { width, height, color };
                    let lines = frame(&film, "careful, trial 17", at_ms, "space pause  q quit", size);
                    assert!(lines.len() <= height.max(1), "{} lines on {height}", lines.len());
                    for line in lines {
                        let bare = line.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
                        let bare = ["31", "32", "33"]
                            .iter()
                            .fold(bare, |bare, code| bare.replace(&format!("\u{1b}[{code}m"), ""));
                        assert!(bare.width() <= width, "{width}: {bare}");
                    }
                }
            }
        }
    }

    #[test]
    fn one_impaired_host_and_one_new_one_always_show() {
        let cell = |updated, impaired, columns| {
            let now = FilmState { updated, impaired, traffic_ppm: 0 };
            cell_of("".into(), now, 1_000, columns).plain()
        };
        assert_eq!(cell(0, 0, 4), "....");
        assert_eq!(cell(1, 0, 4), "#...");
        assert_eq!(cell(999, 0, 4), "###.");
        assert_eq!(cell(1_000, 1, 4), "!###");
        assert_eq!(cell(1_000, 1_000, 4), "!!!!");
        assert_eq!(
            [cell(0, 0, 1), cell(1, 0, 1), cell(1_000, 0, 1), cell(1_000, 1, 1)],
            [".", "+", "#", "!"]
        );
    }

    #[test]
    fn a_short_incident_is_played_slower_and_the_whole_takes_twenty_seconds() {
        let mut film = film(1);
        let seconds = |pace: Pace, end: u64| {
            let (mut at, mut real) = (0.0, 0.0);
            while at < end as f64 {
                at = pace.advance(at, 50.0);
                real += 0.05;
            }
            real
        };
        for end_ms in [36_000_000, 10_000_000] {
            film.end_ms = end_ms;
            let took = seconds(Pace::new(&film, None), end_ms);
            assert!((19.5..=20.5).contains(&took), "{took}");
        }
        film.end_ms = 36_000_000;
        let pace = Pace::new(&film, None);
        assert!(pace.rate_at(5_000_000.0) < pace.rate_at(0.0) / 2.0);
        assert_eq!(Pace::new(&film, Some(600.0)).advance(0.0, 1_000.0), 600_000.0);
        film.moments.clear();
        assert_eq!(Pace::new(&film, None).rate_at(5_000_000.0), 1_800.0);
    }

    #[test]
    fn a_step_goes_to_whatever_comes_next() {
        let film = film(1);
        let steps: Vec<u64> = std::iter::successors(Some(0), |at| next_change(&film, *at)).collect();
        let expected =
            [0, 600_000, 1_200_000, 3_600_000, 4_000_000, 5_000_000, 5_400_000, 6_000_000, 9_000_000];
        assert_eq!(steps, expected);
    }
}
