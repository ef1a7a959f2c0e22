"""A token bucket: so many calls a second, and a few at once after a pause. The caller brings the clock and sleeps."""


class Bucket:
    """`rate` tokens a second, at most `burst` kept."""

    def __init__(self, rate: float, burst: float = 1.0) -> None:
        self.rate, self.burst = rate, burst
        self._left, self._at = burst, float("-inf")

    def take(self, now: float) -> float:
        """Take a token at `now` (seconds of any clock that only goes forward); seconds to wait before using it."""
        passed = max(0.0, now - self._at)
        self._left = min(self.burst, self._left + passed * self.rate) - 1
        self._at = max(self._at, now)
        return max(0.0, -self._left / self.rate)
