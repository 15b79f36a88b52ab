"""How sure a count of rare things is: the exact interval of a Poisson rate (Garwood 1936), without scipy."""

import math
from collections.abc import Callable


def poisson_interval(count: int, exposure: float) -> tuple[float, float]:
    """95 % interval of the rate per unit of exposure (above 0), after `count` events.

    >>> [round(end, 3) for end in poisson_interval(0, 100)]
    [0.0, 0.037]
    """
    low = 0.0 if count == 0 else solve(lambda mean: 1 - chance_up_to(count - 1, mean), 0.025, count)
    high = solve(lambda mean: 1 - chance_up_to(count, mean), 0.975, count)
    return low / exposure, high / exposure


def chance_up_to(count: int, mean: float) -> float:
    """Chance of at most `count` events where `mean` are expected."""
    if mean == 0:
        return 1.0
    return math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))


def solve(rising: Callable[[float], float], goal: float, count: int) -> float:
    """Where a rising function of the mean reaches the goal, by halving."""
    low, high = 0.0, count + 10 * math.sqrt(count + 1) + 10
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < goal else (low, middle)
    return (low + high) / 2
