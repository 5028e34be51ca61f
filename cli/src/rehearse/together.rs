//! Many things at once: the server groups what arrives together into one batch.

use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::failure::Failure;

/// Does `work` on every item, at most `at_once` of them at a time; results in the order of the items. After a
/// failure no further item is begun.
///
/// # Errors
/// The first failure that was met.
pub fn together<T: Send, R: Send>(
    at_once: usize,
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> Result<R, Failure> + Sync,
) -> Result<Vec<R>, Failure> {
    let items: Vec<T> = items.into_iter().collect();
    let workers = at_once.clamp(1, items.len().max(1));
    let mut done: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let queue = Mutex::new(items.into_iter().zip(done.iter_mut()));
    let failed = Mutex::new(None);
    let has_failed = || lock(&failed).is_some();
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while !has_failed() {
                    let Some((item, place)) = lock(&queue).next() else {
                        return;
                    };
                    match work(item) {
                        Ok(result) => *place = Some(result),
                        Err(failure) => {
                            lock(&failed).get_or_insert(failure);
                        }
                    }
                }
            });
        }
    });
    drop(queue);
    match lock(&failed).take() {
        Some(failure) => Err(failure),
        None => Ok(done.into_iter().flatten().collect()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::together;
    use crate::failure::Failure;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let doubled = together(3, 0..20, |number| Ok(number * 2));
        assert_eq!(doubled, Ok((0..20).map(|number| number * 2).collect()));
        assert_eq!(together(3, Vec::<u8>::new(), Ok), Ok(vec![]));
    }

    #[test]
    fn a_failure_ends_the_whole() {
        let refuse = |number: u32| match number {
            7 => Err(Failure::failed("seven", "seven is refused")),
            other => Ok(other),
        };
        let failure = together(2, 0..1000, refuse).map_err(|failure| failure.code);
        assert_eq!(failure, Err("seven".to_owned()));
    }
}
