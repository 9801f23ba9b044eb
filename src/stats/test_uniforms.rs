//! Uniforms for the coverage experiments of this folder's tests: fixed, so that a pass never flaps.

/// A 64-bit Weyl sequence through the SplitMix64 mixer.
pub(super) struct Uniforms(pub u64);

impl Uniforms {
    /// The next uniform in (0, 1).
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 12) as f64 / (1_u64 << 52) as f64 + 1e-17
    }
}
