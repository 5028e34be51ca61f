//! An input as a row of choices. Past its end every choice is the first one, so that any bytes are a valid input.

pub struct Choices<'a>(pub &'a [u8]);

impl<'a> Choices<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    pub fn number(&mut self) -> u32 {
        u32::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// A place below `count`; 0 if there is none.
    pub fn below(&mut self, count: usize) -> usize {
        let wide = count > usize::from(u8::MAX);
        let choice = if wide {
            self.number() as usize
        } else {
            usize::from(self.byte())
        };
        choice.checked_rem(count).unwrap_or(0)
    }

    pub fn of<'b, T>(&mut self, from: &'b [T]) -> &'b T {
        &from[self.below(from.len())]
    }

    /// Up to 255 bytes: a length, then so many.
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }
}
