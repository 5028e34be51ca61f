//! Models of prices.

use evaluation::Money;
use evaluation::draw::Stream;
use evaluation::simulate::{FieldError, FieldModel, standard_seed};

use super::dice::money;

fn draw(model: &str, count: usize) -> Vec<Money> {
    let model: FieldModel = model.parse().expect("a model");
    let mut stream = Stream::new(&standard_seed(), "test:field");
    model
        .draw(money("10000000.00"), count, &mut stream)
        .expect("prices")
}

#[test]
fn prices_lie_inside_and_ascend() {
    for model in [
        "n=5,low=0.85,high=0.98",
        "n=5,low=0.85,high=0.98,shape=triangular,mode=0.93",
        "n=5,low=0.9,high=0.9",
        "mode=0.85, high=0.98, low=0.85, n=5",
    ] {
        let prices = draw(model, 2_000);
        assert!(prices.is_sorted());
        assert!(prices.first() >= Some(&money("8500000.00")), "{model}");
        assert!(prices.last() <= Some(&money("9800000.00")), "{model}");
    }
}

#[test]
fn a_triangle_is_highest_at_its_mode() {
    let prices = draw("n=5,low=0.8,high=1.0,mode=0.95", 20_000);
    let within = |low: &str, high: &str| {
        let range = money(low)..money(high);
        prices.iter().filter(|price| range.contains(price)).count()
    };
    // Density rises to the mode and falls from there: by areas 1/12, and 1/4 on the last stretch.
    let (first, around, last) = (
        within("8000000.00", "8500000.00"),
        within("9300000.00", "9700000.00"),
        within("9500000.00", "10000000.01"),
    );
    assert!((1_500..1_850).contains(&first), "{first}");
    assert!((6_300..7_500).contains(&around), "{around}");
    assert!((4_700..5_300).contains(&last), "{last}");
}

#[test]
fn decimals_make_whole_steps() {
    let prices = draw("n=5,low=0.85,high=0.98,decimals=0", 200);
    assert!(prices.iter().all(|price| price.fen() % 100 == 0));
}

#[test]
fn wrong_models_say_what_is_wrong() {
    let error = |text: &str| {
        text.parse::<FieldModel>()
            .expect_err("no model")
            .to_string()
    };
    assert!(error("n=0,low=0.8,high=0.9").contains("from 1 to 10000"));
    assert!(error("n=5,low=0.9,high=0.8").contains("must not descend"));
    assert!(error("n=5,low=0.8").contains("high"));
    assert!(error("n=5,low=0.8,high=0.9,shape=normal").contains("triangular"));
    assert!(error("n=5,low=0.8,high=0.9,shape=triangular").contains("mode"));
    assert!(error("thirty").contains("name=value"));
    assert_eq!(
        "n=5,size=3".parse::<FieldModel>(),
        Err(FieldError::Unknown("size".to_owned()))
    );
}
