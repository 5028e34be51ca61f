//! Where in a batch the acts stand among the noise.

use record::log::leaf::random_salt;
use record::log::padding;

use super::SequencerError;

/// The log indexes of `acts` acts in a batch that begins at `size`, ascending, and the size after the batch.
///
/// The places are random among the batch's leaves: otherwise the index in a receipt would show how many acts came
/// before it (protocol section 6). Uniform enough for hiding; nothing is decided by it.
pub fn places(size: u64, acts: usize) -> Result<(Vec<u64>, u64), SequencerError> {
    let acts = acts as u64;
    let end = size + acts + padding(acts, size + acts);
    let mut places = Vec::new();
    let mut wanted = acts;
    for index in size..end {
        let salt = random_salt().map_err(|_| SequencerError::Randomness)?;
        let [a, b, c, d, ..] = salt.0;
        let draw = u64::from(u32::from_be_bytes([a, b, c, d])) % (end - index);
        if draw < wanted {
            places.push(index);
            wanted -= 1;
        }
    }
    Ok((places, end))
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn every_act_has_a_place_and_batches_end_at_multiples_of_eight() {
        for size in [0, 8, 64] {
            for acts in [0, 1, 7, 8, 9, 100] {
                let (places, end) = places(size, acts).unwrap();
                assert_eq!(places.len(), acts);
                assert_eq!(end % 8, 0);
                assert!(end > size && places.iter().all(|index| (size..end).contains(index)));
                assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }
}
