//! ChaCha8's block function, of one stream or of four at once.
//!
//! A block is a pure function of (key, stream, position): eight draws of 64 bits. Most streams of a rollout give a
//! handful of draws, so a block is all that is ever computed of them, and those of four neighbours cost little
//! more than one: the lanes of a vector do the same. Integers only, so every processor gives the same bits.
//! Source: D. J. Bernstein, "ChaCha, a variant of Salsa20", 2008; 64-bit counter and stream as in rand_chacha,
//! which the tests compare with. Knows nothing of purposes or entities.

use std::ops::{BitOr, BitXor, Shl, Shr};
use wide::u32x4;

/// Draws of a block.
pub(super) const DRAWS: usize = 8;

/// Streams whose blocks are computed together.
pub const LANES: usize = 4;

/// "expand 32-byte k", the constant first row.
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// A word of the state, or the same word of several streams.
trait Word:
    Copy + BitXor<Output = Self> + BitOr<Output = Self> + Shl<u32, Output = Self> + Shr<u32, Output = Self>
{
    fn splat(word: u32) -> Self;
    fn plus(self, other: Self) -> Self;
}

impl Word for u32 {
    fn splat(word: u32) -> Self {
        word
    }

    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
}

impl Word for u32x4 {
    fn splat(word: u32) -> Self {
        Self::splat(word)
    }

    fn plus(self, other: Self) -> Self {
        self + other
    }
}

/// Draws `DRAWS * block ..` of the stream.
pub(super) fn block(key: &[u32; 8], stream: u64, block: u64) -> [u64; DRAWS] {
    let words = permuted(state(key, block, stream as u32, (stream >> 32) as u32));
    std::array::from_fn(|draw| joined(words[2 * draw], words[2 * draw + 1]))
}

/// The first block of four streams.
pub(super) fn first_blocks(key: &[u32; 8], streams: [u64; LANES]) -> [[u64; DRAWS]; LANES] {
    let low = u32x4::new(streams.map(|stream| stream as u32));
    let high = u32x4::new(streams.map(|stream| (stream >> 32) as u32));
    let words = permuted(state(key, 0, low, high)).map(u32x4::to_array);
    std::array::from_fn(|lane| {
        std::array::from_fn(|draw| joined(words[2 * draw][lane], words[2 * draw + 1][lane]))
    })
}

fn joined(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

#[inline(always)]
fn state<W: Word>(key: &[u32; 8], block: u64, stream_low: W, stream_high: W) -> [W; 16] {
    let [c0, c1, c2, c3] = CONSTANTS.map(W::splat);
    let [k0, k1, k2, k3, k4, k5, k6, k7] = key.map(W::splat);
    let (low, high) = (W::splat(block as u32), W::splat((block >> 32) as u32));
    [c0, c1, c2, c3, k0, k1, k2, k3, k4, k5, k6, k7, low, high, stream_low, stream_high]
}

/// Eight rounds, and the start added.
#[inline(always)]
fn permuted<W: Word>(start: [W; 16]) -> [W; 16] {
    let mut s = start;
    for _ in 0..4 {
        quarter(&mut s, 0, 4, 8, 12);
        quarter(&mut s, 1, 5, 9, 13);
        quarter(&mut s, 2, 6, 10, 14);
        quarter(&mut s, 3, 7, 11, 15);
        quarter(&mut s, 0, 5, 10, 15);
        quarter(&mut s, 1, 6, 11, 12);
        quarter(&mut s, 2, 7, 8, 13);
        quarter(&mut s, 3, 4, 9, 14);
    }
    std::array::from_fn(|word| s[word].plus(start[word]))
}

#[inline(always)]
fn quarter<W: Word>(s: &mut [W; 16], a: usize, b: usize, c: usize, d: usize) {
    s[a] = s[a].plus(s[b]);
    s[d] = rotated(s[d] ^ s[a], 16);
    s[c] = s[c].plus(s[d]);
    s[b] = rotated(s[b] ^ s[c], 12);
    s[a] = s[a].plus(s[b]);
    s[d] = rotated(s[d] ^ s[a], 8);
    s[c] = s[c].plus(s[d]);
    s[b] = rotated(s[b] ^ s[c], 7);
}

#[inline(always)]
fn rotated<W: Word>(word: W, bits: u32) -> W {
    word << bits | word >> (32 - bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn reference(key: &[u32; 8], stream: u64, first_draw: u64) -> ChaCha8Rng {
        let mut bytes = [0; 32];
        bytes
            .chunks_exact_mut(4)
            .zip(key)
            .for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_le_bytes()));
        let mut generator = ChaCha8Rng::from_seed(bytes);
        generator.set_stream(stream);
        generator.set_word_pos(u128::from(first_draw) * 2);
        generator
    }

    #[test]
    fn chacha8_is_the_published_cipher() {
        // Key bytes 0..31, stream 77, block 5: checked against an independent implementation.
        let key =
            std::array::from_fn(|word| u32::from_le_bytes([0, 1, 2, 3].map(|byte| 4 * word as u8 + byte)));
        let draws = block(&key, 77, 5);
        assert_eq!(draws[..2], [0xdd16_5d3a_11fc_ca2d, 0xa29f_e87d_3791_cc14]);
    }

    #[test]
    fn blocks_are_those_of_rand_chacha() {
        let key = [1, u32::MAX, 0, 0xdead_beef, 5, 6, 7, 8];
        for stream in [0, 1, u64::from(u32::MAX), u64::MAX, 0x0123_4567_89ab_cdef] {
            // The counter's upper word counts too.
            for at in [0, 1, 2, 1000, u64::from(u32::MAX), 1 << 32, 1 << 40] {
                let mut reference = reference(&key, stream, at * DRAWS as u64);
                assert_eq!(
                    block(&key, stream, at),
                    std::array::from_fn(|_| reference.next_u64()),
                    "{stream} {at}"
                );
            }
        }
    }

    #[test]
    fn four_streams_at_once_are_those_one_by_one() {
        let key = [9, 8, 7, 6, 5, 4, 3, u32::MAX];
        let streams = [0, u64::MAX, 0xcbf2_9ce4_8422_2325, 3];
        assert_eq!(first_blocks(&key, streams), streams.map(|stream| block(&key, stream, 0)));
    }
}
