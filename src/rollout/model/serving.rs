//! How many of a region's hosts serve, and which share of its requests they turn away for want of capacity. Knows nothing
//! of why a host is down.

/// How a region's hosts serve.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Serving {
    /// Hosts that serve nothing.
    pub down: u64,
    /// Who serves what, where requests are routed; none: all hosts that are up share them.
    pub pools: Option<Pools>,
}

/// Hosts on the new and on the old version that requests are routed to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pools {
    /// Share of the region's requests that the new version is sent.
    pub new_share: f64,
    /// Hosts on the new version that serve.
    pub new_up: u64,
    /// Hosts on the old version that serve.
    pub old_up: u64,
}

impl Serving {
    /// Whether every host serves its own share.
    #[inline]
    pub fn is_whole(self) -> bool {
        self.down == 0 && self.pools.is_none()
    }

    /// Share of `rate` requests that is turned away by a region of `hosts`, of which each can serve `capacity`.
    pub fn turned_away(self, rate: f64, hosts: u64, capacity: f64) -> f64 {
        let serves = |up: u64| if up > 0 { up as f64 * capacity } else { 0.0 };
        let Some(Pools { new_share, new_up, old_up }) = self.pools else {
            let capacity = serves(hosts.saturating_sub(self.down));
            return if rate > capacity { 1.0 - capacity / rate } else { 0.0 };
        };
        let refused = |share: f64, up: u64| (rate * share - serves(up)).max(0.0);
        if rate > 0.0 { (refused(new_share, new_up) + refused(1.0 - new_share, old_up)) / rate } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_either_pool_cannot_serve_is_turned_away() {
        // Ten hosts of 10 each, 80 wanted.
        let of = |new_share, new_up, old_up| {
            Serving { down: 0, pools: Some(Pools { new_share, new_up, old_up }) }.turned_away(80.0, 10, 10.0)
        };
        assert!((of(0.5, 2, 8) - 0.25).abs() < 1e-12, "40 for two hosts: 20 of 80 too many");
        assert_eq!(of(0.2, 2, 8), 0.0);
        assert!((of(0.0, 2, 7) - 0.125).abs() < 1e-12, "the old ones have to serve all");
        let down = |down| Serving { down, pools: None }.turned_away(80.0, 10, 10.0);
        assert_eq!((down(2), down(10)), (0.0, 1.0));
        assert!((down(4) - 0.25).abs() < 1e-12);
    }
}
