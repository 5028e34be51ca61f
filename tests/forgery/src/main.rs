//! `forgery`: looks at as many mutants as one likes, or prints the list of forgeries.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use clap::Parser;
use forgery::forgeries;
use forgery::mutants::{all, chosen, sounds};
use forgery::page::page;

/// Bends sound bundles and says what the verifier missed.
#[derive(Parser)]
struct Arguments {
    /// Which mutants are looked at, and in which order.
    #[arg(long, default_value = "")]
    seed: String,
    /// How many mutants at most; without it, all of them.
    #[arg(long)]
    count: Option<usize>,
    /// How many are verified side by side.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Prints the forgeries as Markdown and makes nothing.
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        print!("{}", page());
        return ExitCode::SUCCESS;
    }
    let mut broken: Vec<String> = forgeries::all()
        .filter_map(|row| row.judge().err())
        .collect();
    println!(
        "{} forgeries, {} not as expected",
        forgeries::all().count(),
        broken.len()
    );
    broken.extend(mutants(&arguments));
    broken.iter().for_each(|what| println!("\n{what}"));
    ExitCode::from(u8::from(!broken.is_empty()))
}

fn mutants(arguments: &Arguments) -> Vec<String> {
    let sounds = sounds();
    let every = all(&sounds, &arguments.seed);
    let made = every.len();
    let looked_at = chosen(every, arguments.count.unwrap_or(made), &arguments.seed);
    let (count, next) = (looked_at.len(), Mutex::new(looked_at.into_iter()));
    let broken = Mutex::new(Vec::new());
    let named = Mutex::new(BTreeMap::<String, usize>::new());
    let work = || {
        loop {
            let mutant = next.lock().expect("no thread panics").next();
            let Some(mutant) = mutant else { return };
            match mutant.judge(&sounds) {
                Err(what) => broken.lock().expect("no thread panics").push(what),
                Ok(said) => {
                    let name = said
                        .named
                        .map_or("survives, as listed".to_owned(), |(check, code)| {
                            format!("{check} {code}")
                        });
                    *named
                        .lock()
                        .expect("no thread panics")
                        .entry(name)
                        .or_default() += 1;
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..arguments.threads.max(1) {
            scope.spawn(work);
        }
    });
    let broken = broken.into_inner().expect("no thread panics");
    println!(
        "{count} of {made} mutants (seed {:?}), {} not as expected",
        arguments.seed,
        broken.len()
    );
    for (name, count) in named.into_inner().expect("no thread panics") {
        println!("{count:8}  {name}");
    }
    broken
}
