//! What a text is made of, counted in one pass: every log is looked through for it, and each look costs.

/// Bytes looked at together.
const LANES: usize = 64;

/// So many times before a lane's count is full.
const ROUNDS: usize = 255;

/// What a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Census {
    /// Whether there is any byte that is not ASCII.
    pub(super) foreign: bool,
    /// Whether there is any zero byte.
    pub(super) zero: bool,
    /// Line feeds.
    pub(super) ends: u64,
}

impl Census {
    /// Counts what is in `text`.
    pub(super) fn of(text: &[u8]) -> Self {
        text.chunks(LANES * ROUNDS).map(count).fold(Self::default(), |all, part| Self {
            foreign: all.foreign || part.foreign,
            zero: all.zero || part.zero,
            ends: all.ends + part.ends,
        })
    }
}

/// The same of at most [`LANES`] * [`ROUNDS`] bytes. Compiled for what the processor at hand can do.
#[multiversion::multiversion(targets("x86_64+avx+avx2", "x86_64+sse4.1"))]
fn count(text: &[u8]) -> Census {
    let (mut all, mut zeros, mut ends) = ([0_u8; LANES], [0_u8; LANES], [0_u8; LANES]);
    let (whole, rest) = text.as_chunks::<LANES>();
    for bytes in whole {
        for lane in 0..LANES {
            all[lane] |= bytes[lane];
            zeros[lane] |= u8::from(bytes[lane] == 0);
            // At most once a round.
            ends[lane] = ends[lane].wrapping_add(u8::from(bytes[lane] == b'\n'));
        }
    }
    let any = |lanes: &[u8]| lanes.iter().fold(0, |any, lane| any | lane);
    Census {
        foreign: !any(&all).is_ascii() || !rest.is_ascii(),
        zero: any(&zeros) != 0 || rest.contains(&0),
        ends: ends.map(u64::from).iter().sum::<u64>() + rest.iter().filter(|byte| **byte == b'\n').count() as u64,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plainly(text: &[u8]) -> Census {
        Census {
            foreign: !text.is_ascii(),
            zero: text.contains(&0),
            ends: text.iter().filter(|byte| **byte == b'\n').count() as u64,
        }
    }

    #[test]
    fn no_count_is_lost_in_a_text_of_line_ends_alone() {
        for length in [0, 1, LANES, LANES * ROUNDS, LANES * (ROUNDS + 1) + 1, 3 * LANES * ROUNDS + 7] {
            let text = vec![b'\n'; length];
            assert_eq!(Census::of(&text), plainly(&text), "{length}");
        }
    }

    #[test]
    fn one_odd_byte_is_seen_wherever_it_stands() {
        for at in 0..LANES * 3 + 5 {
            for odd in [0, 0x7f, 0x80, 0xff] {
                let mut text = vec![b'a'; LANES * 3 + 5];
                text[at] = odd;
                assert_eq!(Census::of(&text), plainly(&text), "{odd} at {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn counts_what_a_plain_look_counts(text in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert_eq!(Census::of(&text), plainly(&text));
        }
    }
}
