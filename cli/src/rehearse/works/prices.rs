//! Prices, periods and credit values that look like real ones and follow from a seed.

/// 招标控制价 in 分.
pub const CONTROL_PRICE_FEN: u64 = 4_860_000_000;

/// A source of numbers. It decides nothing in a tender: what is drawn there comes from the contributions.
#[derive(Clone, Debug)]
pub struct Prices(u64);

impl Prices {
    /// The numbers of `seed`.
    pub fn new(seed: u64) -> Prices {
        Prices(seed)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// A price between 87 % and 97 % of the control price.
    pub fn price_fen(&mut self) -> u64 {
        let basis_points = self.between(8_700, 9_700);
        CONTROL_PRICE_FEN / 10_000 * basis_points + self.between(0, 499_999)
    }

    /// A somewhat higher price, for a bid that is replaced later.
    pub fn higher_fen(&mut self, price_fen: u64) -> u64 {
        CONTROL_PRICE_FEN.min(price_fen + self.between(10_000_000, 60_000_000))
    }

    /// A construction period.
    pub fn period_days(&mut self) -> u64 {
        self.between(300, 360)
    }

    /// A credit value out of 100, one decimal.
    pub fn credit(&mut self) -> String {
        let tenths = self.between(720, 985);
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::{CONTROL_PRICE_FEN, Prices};

    #[test]
    fn a_seed_gives_the_same_prices_again_below_the_control_price() {
        let (mut first, mut second) = (Prices::new(7), Prices::new(7));
        for _ in 0..1000 {
            let price = first.price_fen();
            assert_eq!(price, second.price_fen());
            assert!(price < CONTROL_PRICE_FEN && price > CONTROL_PRICE_FEN / 100 * 86);
            assert!(first.clone().higher_fen(price) > price);
        }
        assert_ne!(Prices::new(7).price_fen(), Prices::new(8).price_fen());
    }
}
