#!/usr/bin/env python3
"""Evaluates a kaibiao-case/1 as a careful evaluator would script it: Python's decimal and fractions, nothing else.

    evaluate.py CASE.json              prints the result (benchmark, winner, tied, bids) as JSON
    evaluate.py --time RUNS CASE.json  prints {"seconds": the shortest of RUNS evaluations, "winner", "benchmark"};
                                       reading and writing JSON is not counted

`-` reads standard input. It knows every method with the parameters of DESIGN's table, price scores, plain technical
scores and linear credit: what is measured by `ops/bench evaluation`, which runs it beside the crate and compares the
winners. It is no judge of anything else.
"""

import json
import sys
import time
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

HUNDRED = Decimal(100)


def rounded(value, decimals):
    """Half away from zero. A fraction is divided last, with far more digits than any tie could hide behind."""
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def mean(prices):
    return Fraction(sum(prices)) / len(prices)


def average_a(prices):
    """Rules of Jiangsu: a fifth off each end, ties across the cut stay; the highest off; the second lowest."""
    n = len(prices)
    if n >= 7:
        cut = (2 * n + 5) // 10
        low = high = 0
        if cut:
            low, high = cut, cut
            while low and prices[low - 1] == prices[cut]:
                low -= 1
            while high and prices[n - high] == prices[n - cut - 1]:
                high -= 1
        return mean(prices[low:n - high])
    if n >= 4:
        return mean(prices[:-1])
    return Fraction(prices[min(1, n - 1)])


def trimmed(prices, trim_from):
    return mean(prices[1:-1] if len(prices) >= trim_from else prices)


def abc(prices, control, drawn):
    edge = (mean(prices) * Fraction(7, 10) + Fraction(control) * Fraction(3, 10)) * Fraction(3, 4)
    a = control * (1 - Decimal(drawn["delta"]))
    in_range = [price for price in prices if price >= edge]
    lowest = in_range[0]
    others = [price for price in in_range if price != lowest]
    high, middle, low = (a * Decimal(part) for part in ("0.95", "0.92", "0.89"))
    pool = [price for price in others if price < low]
    for name, start, end in (("band1", middle, high), ("band2", low, middle)):
        band = [price for price in others if start <= price < end]
        if band:
            pool.append(band[drawn[name]])
    pool = sorted(pool) or others
    b = pool[drawn["B"]]
    return Fraction(a * Decimal("0.5") + b * Decimal("0.3") + lowest * Decimal("0.2")) * Fraction(drawn["K"])


def second_means(prices):
    first = mean(prices)
    below = [price for price in prices if price < first]
    return first, mean(below) if below else first


def benchmark(case, prices):
    """The exact benchmark; `prices` are evaluated prices in ascending order."""
    rule = case["benchmark"]
    method, drawn, fixed = rule["method"], rule.get("drawn", {}), rule.get("fixed", {})
    control = Decimal(case["control_price"]) if "control_price" in case else None
    if method == "jiangsu-1":
        return average_a(prices) * Fraction(drawn["K"])
    if method == "jiangsu-2":
        k1, q1, k2 = Fraction(drawn["K1"]), Fraction(drawn["Q1"]), Fraction(fixed["K2"])
        return average_a(prices) * k1 * q1 + Fraction(control) * k2 * (1 - q1)
    if method == "jiangsu-3":
        return Fraction(prices[min(1, len(prices) - 1)])
    if method == "jiangsu-4":
        return average_a(prices) * Fraction(fixed["K"])
    if method == "jiangsu-5":
        return abc(prices, control, drawn)
    if method == "mean-trim-one":
        return trimmed(prices, rule["trim_from"]) * Fraction(drawn.get("K", "1"))
    if method == "limit-mean-blend":
        budget = Decimal(case["budget_price"])
        within = [price for price in prices if budget * Decimal("0.85") <= price <= budget * Decimal("0.90")]
        ceiling, c = Fraction(control) * Fraction(drawn["K"]), Fraction(drawn["C"])
        return ceiling * (1 - c) + mean(within) * c if within else ceiling
    if method == "second-mean":
        return second_means(prices)[1]
    if method == "third-mean":
        first, second = second_means(prices)
        between = [price for price in prices if second < price < first]
        return (Fraction(sum(between)) + first + second) / (len(between) + 2)
    if method == "mean-float":
        return trimmed(prices, 5) * (1 - Fraction(drawn["float"]))
    if method == "lowest-ratio":
        return Fraction(prices[0])
    raise SystemExit(f"evaluate.py: no benchmark in {method}")


def price_score(rule, base, price):
    """Points for a deviation from the rounded benchmark. Divides once, last."""
    full, decimals = Decimal(rule["full"]), rule.get("deviation_decimals")
    away = (price - base) * HUNDRED
    rate = Decimal(rule["up"] if away > 0 else rule["down"])
    if decimals is None:
        points = (full * base - abs(away) * rate) / base
    else:
        points = full - abs(rounded(away / base, decimals)) * rate
    return rounded(max(points, Decimal(rule.get("floor", "0"))), rule["score_decimals"])


def technical(rule, scores):
    scores = sorted(map(Decimal, scores))
    if rule["aggregate"] == "drop-extremes":
        scores = scores[1:-1]
    return rounded(sum(scores) / len(scores), rule["decimals"])


def credit(rule, value):
    full = Decimal(rule["full"])
    return rounded(min(Decimal(value), full) * Decimal(rule["weight"]) / full, rule["decimals"])


def evaluated_price(case, bid):
    price = Decimal(bid["price"])
    method = case["benchmark"]["method"]
    if method == "lowest-ratio":
        return price * (1 - Decimal(bid.get("deduction", "0")))
    if method == "lowest-evaluated":
        return price + sum(map(Decimal, bid.get("adjustments", [])))
    return price


def evaluate(case):
    method = case["benchmark"]["method"]
    limit = Decimal(case["control_price"]) if "control_price" in case and method != "floor-rate-lowest" else None
    result, ranked = {}, []
    bids = []
    for bid in case["bids"]:
        price = Decimal(bid["price"])
        out = limit is not None and price > limit
        bids.append((bid, price, None if out else evaluated_price(case, bid)))
    prices = sorted(price for _, _, price in bids if price is not None)
    rule = case.get("price_score", {})
    if not prices:
        pass
    elif method in ("lowest-evaluated", "floor-rate-lowest", "fixed-price"):
        if method == "floor-rate-lowest":
            floor = Decimal(case["estimated_price"]) * Decimal(case["benchmark"]["fixed"]["rate_percent"]) / HUNDRED
            ranked = [((price, price), bid, {}) for bid, price, _ in bids if price >= floor]
        elif method == "lowest-evaluated":
            ranked = [((own, price), bid, {"evaluated_price": str(rounded(own, 2))}) for bid, price, own in bids if own is not None]
        else:
            award = rounded(limit * (1 - Decimal(case["benchmark"]["fixed"]["float"])), 2)
            result["award_price"] = str(award)
            ranked = [((), bid, {}) for bid, price, _ in bids if price == award]
    else:
        exact = benchmark(case, prices)
        base = rounded(exact, 2 if method == "lowest-ratio" else rule["benchmark_decimals"])
        result["benchmark"] = str(base)
        full = Decimal(rule["full"])
        for bid, price, own in bids:
            if own is None:
                continue
            if method == "lowest-ratio":
                points = rounded(prices[0] * full / own, rule["score_decimals"])
            else:
                points = price_score(rule, base, own)
            shown, total = {"price_score": str(points)}, points
            for name, score in (("technical", technical), ("credit", credit)):
                if name in case:
                    part = score(case[name], bid[name])
                    shown[name] = str(part)
                    total += part
            total = rounded(total, 2)
            shown["total"] = str(total)
            ranked.append(((-total, price), bid, shown))
    ranked.sort(key=lambda entry: entry[0])
    shown, place, before = {}, 0, None
    for position, (key, bid, entry) in enumerate(ranked, start=1):
        place, before = (place if key == before else position), key
        shown[bid["bidder"]] = {"bidder": bid["bidder"], **entry, "rank": place}
    first = sorted(name for name, entry in shown.items() if entry["rank"] == 1)
    result["winner"] = first[0] if len(first) == 1 else None
    if len(first) > 1:
        result["tied"] = first
    result["bids"] = [shown.get(bid["bidder"], {"bidder": bid["bidder"], "rank": None}) for bid, _, _ in bids]
    return result


def main(arguments):
    runs = None
    if arguments[:1] == ["--time"]:
        runs, arguments = int(arguments[1]), arguments[2:]
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    with open(0 if arguments[0] == "-" else arguments[0], encoding="utf-8") as file:
        case = json.load(file)
    with localcontext() as context:
        context.prec = 60
        if runs is None:
            print(json.dumps(evaluate(case)))
            return
        best = None
        for _ in range(runs):
            start = time.perf_counter()
            result = evaluate(case)
            elapsed = time.perf_counter() - start
            best = elapsed if best is None else min(best, elapsed)
        print(json.dumps({"seconds": best, "winner": result["winner"], "benchmark": result.get("benchmark")}))


if __name__ == "__main__":
    main(sys.argv[1:])
