"""What everything costs in US dollars, and the balance it is paid from. Prices are those of the global pages.

Of older models no price was found: they cost what the newer ones do.
"""

from gateway.emulator.refusals import poor

HD_PER_MILLION, TURBO_PER_MILLION = 100.0, 60.0
CLONE_USD, DESIGN_USD = 1.5, 3.0
"""Once for each voice, when it first speaks."""


def model_per_million(model: str) -> float:
    return TURBO_PER_MILLION if "turbo" in model else HD_PER_MILLION


def speech_usd(characters: int, per_million: float) -> float:
    return dollars(characters * per_million / 1e6)


def dollars(usd: float) -> float:
    """Without the noise of floats."""
    return round(usd, 6)


class Balance:
    """`left` in dollars; None never ends."""

    def __init__(self) -> None:
        self.left: float | None = None

    def require(self, usd: float) -> None:
        """Raises `Refusal` when that is more than is left."""
        if self.left is not None and (usd > self.left or self.left <= 0):
            raise poor()

    def draw(self, usd: float) -> None:
        if self.left is not None:
            self.left = dollars(self.left - usd)
