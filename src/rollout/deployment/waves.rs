//! How far the rollout is: its wave, the regions of that, the zones of those, and what is kept of every wave.
//!
//! Only counts what is under way. Which hosts that means, and when it happens, is not known here.

use crate::ids::{IdVec, RegionId, WaveId, ZoneId};
use crate::rollout::context::Context;
use crate::rollout::launch::WaveTimes;

/// Progress of the rollout through its waves.
#[derive(Debug)]
pub struct Waves {
    id: WaveId,
    /// Next region to start, as an offset in the wave.
    next_region: usize,
    /// Regions under way, or waiting for their window.
    active: u32,
    /// Regions among them that wait for their window.
    waiting: u32,
    /// Regions among those whose window never opens.
    grounded: u32,
    /// Since when all of them do.
    idle_since_ms: Option<u64>,
    /// Bake time on the critical path so far.
    path_bake_ms: u64,
    regions: IdVec<RegionId, RegionState>,
    records: Vec<WaveRecord>,
}

/// Progress of one region in the current wave.
#[derive(Debug, Clone, Copy, Default)]
struct RegionState {
    /// Next zone to start, as an offset in the region.
    next_zone: u32,
    /// Zones under way.
    active: u32,
    /// Bake time on the path that led to it, while it waits for its window.
    path_bake_ms: u64,
}

/// What is kept of a wave that started.
#[derive(Debug, Clone, Copy)]
struct WaveRecord {
    /// Number of its first batch.
    first_batch: usize,
    start_ms: u64,
    /// None while it is under way.
    end_ms: Option<u64>,
    /// Bake time on the path before it.
    baked_before_ms: u64,
    /// Bake time on the path to its end.
    bake_ms: u64,
    /// Time in which all its regions waited for their windows.
    closed_ms: u64,
    /// When its own bake is over; none before that begins.
    baked_at_ms: Option<u64>,
}

impl Default for Waves {
    /// Before the first wave.
    fn default() -> Self {
        Self {
            id: WaveId::new(0),
            next_region: 0,
            active: 0,
            waiting: 0,
            grounded: 0,
            idle_since_ms: None,
            path_bake_ms: 0,
            regions: IdVec::default(),
            records: Vec::new(),
        }
    }
}

impl Waves {
    /// Before the first wave; keeps the memory.
    pub fn reset(&mut self, regions: usize) {
        let Self { regions: mut states, mut records, .. } = std::mem::take(self);
        states.reset(regions, RegionState::default());
        records.clear();
        *self = Self { regions: states, records, ..Self::default() };
    }

    /// The wave in progress; the first one before that starts.
    #[inline]
    pub fn id(&self) -> WaveId {
        self.id
    }

    /// Bake time on the critical path so far.
    pub fn path_bake_ms(&self) -> u64 {
        self.path_bake_ms
    }

    /// A wave starts now; its first batch will have that number.
    pub fn start(&mut self, wave: WaveId, now_ms: u64, first_batch: usize) {
        self.records.push(WaveRecord {
            first_batch,
            start_ms: now_ms,
            end_ms: None,
            baked_before_ms: self.path_bake_ms,
            bake_ms: 0,
            closed_ms: 0,
            baked_at_ms: None,
        });
        self.id = wave;
        self.next_region = 0;
        self.active = 0;
    }

    /// The next region to look at, while the wave has room.
    pub fn next_region(&mut self, ctx: &Context) -> Option<RegionId> {
        let wave = ctx.wave(self.id);
        if !wave.regions_at_once.has_room(self.active, wave.regions.len()) {
            return None;
        }
        let region = *wave.regions.get(self.next_region)?;
        self.next_region += 1;
        self.regions[region] = RegionState::default();
        Some(region)
    }

    /// A region is under way, or waits for its window.
    pub fn region_starts(&mut self) {
        self.active += 1;
    }

    /// A region waits for its window.
    pub fn region_waits(&mut self, region: RegionId, path_bake_ms: u64) {
        self.regions[region].path_bake_ms = path_bake_ms;
        self.waiting += 1;
    }

    /// A region waits for a window that never opens.
    pub fn region_waits_forever(&mut self, region: RegionId, path_bake_ms: u64) {
        self.region_waits(region, path_bake_ms);
        self.grounded += 1;
    }

    /// Whether all that the wave has under way waits for windows that never open.
    pub fn is_grounded(&self) -> bool {
        self.grounded > 0 && self.grounded == self.active
    }

    /// Its window opens; says the bake time on the path that led to it.
    pub fn region_opens(&mut self, region: RegionId) -> u64 {
        self.waiting -= 1;
        self.regions[region].path_bake_ms
    }

    /// A region is done.
    pub fn region_ends(&mut self) {
        self.active -= 1;
    }

    /// Whether every region of the wave is done.
    pub fn is_done(&self, ctx: &Context) -> bool {
        self.active == 0 && self.next_region == ctx.wave(self.id).regions.len()
    }

    /// The region's next zone to look at, while it has room.
    #[inline]
    pub fn next_zone(&mut self, ctx: &Context, region: RegionId) -> Option<ZoneId> {
        let wave = ctx.wave(self.id);
        let zones = wave.zones_of(&ctx.plan.fleet, region);
        let state = &mut self.regions[region];
        if !wave.procedure.zones_at_once.has_room(state.active, zones.len()) {
            return None;
        }
        let next = zones.at(state.next_zone as usize)?;
        state.next_zone += 1;
        Some(next)
    }

    /// A zone of the region is under way.
    #[inline]
    pub fn zone_starts(&mut self, region: RegionId) {
        self.regions[region].active += 1;
    }

    /// A zone of the region is done.
    #[inline]
    pub fn zone_ends(&mut self, region: RegionId) {
        self.regions[region].active -= 1;
    }

    /// Whether no zone of the region is under way.
    #[inline]
    pub fn is_idle(&self, region: RegionId) -> bool {
        self.regions[region].active == 0
    }

    /// Keeps how long a wave waits for nothing but windows; to be called when what it waits for has changed.
    pub fn account_windows(&mut self, now_ms: u64) {
        let idle = self.waiting > 0 && self.waiting == self.active;
        match self.idle_since_ms {
            None if idle => self.idle_since_ms = Some(now_ms),
            Some(since_ms) if !idle => {
                self.idle_since_ms = None;
                if let Some(wave) = self.records.last_mut() {
                    wave.closed_ms += now_ms - since_ms;
                }
            }
            None | Some(_) => {}
        }
    }

    /// The wave's own bake begins, which is over then; so much is on the path to its end.
    pub fn bakes(&mut self, path_bake_ms: u64, over_ms: u64) {
        self.path_bake_ms = path_bake_ms;
        if let Some(record) = self.records.last_mut() {
            record.baked_at_ms = Some(over_ms);
        }
    }

    /// The wave's bake is over; says which wave comes next, if any does. So many waves are passed over: they begin and end now,
    /// and their first batch would have that number.
    pub fn end(&mut self, ctx: &Context, passed_over: usize, first_batch: usize) -> Option<WaveId> {
        if let Some(record) = self.records.last_mut() {
            record.end_ms = Some(ctx.now_ms());
            record.bake_ms = self.path_bake_ms - record.baked_before_ms;
        }
        for _ in 0..passed_over {
            self.start(self.id, ctx.now_ms(), first_batch);
            if let Some(record) = self.records.last_mut() {
                record.end_ms = Some(ctx.now_ms());
            }
        }
        let next = self.id.index() + 1 + passed_over;
        (next < ctx.strategy.waves.len()).then(|| WaveId::new(next))
    }

    /// Numbers of the first batches of the waves that started.
    pub fn first_batches(&self) -> Vec<usize> {
        self.records.iter().map(|wave| wave.first_batch).collect()
    }

    /// The waves that started, in order; one that was cut off ends at `over_ms`.
    pub fn times(&self, over_ms: u64) -> Vec<WaveTimes> {
        let times = |wave: &WaveRecord| {
            let end_ms = wave.end_ms.map_or(over_ms, |end_ms| end_ms.min(over_ms));
            WaveTimes {
                start_ms: wave.start_ms,
                end_ms,
                bake_ms: wave.bake_ms,
                gate_ms: wave.baked_at_ms.map_or(0, |baked_at_ms| end_ms.saturating_sub(baked_at_ms)),
                closed_ms: wave.closed_ms,
            }
        };
        self.records.iter().map(times).collect()
    }
}
