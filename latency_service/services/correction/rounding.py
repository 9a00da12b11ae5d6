"""Rounding: numbers of a correction to as many digits as every machine's linear algebra agrees on."""

#: Libraries differ from about the twelfth digit on; nobody's factor is known to more than three.
SIGNIFICANT_DIGITS = 6


def rounded(value: float) -> float:
    """Return a number to SIGNIFICANT_DIGITS."""
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
