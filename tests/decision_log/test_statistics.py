"""What rows come to, counted in windows and with quiet senders as one, is what looking at every sender and day comes to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codesafety.decision_log.statistics import Counted, rates, signals
from codesafety.decision_log.tripwire import Count, Signal, look

DAYS = st.sampled_from([1, 2, 30, 60, 90, 110, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130])
"""Of a hundred and thirty, with each window's edge among them."""
SENT = st.lists(
    st.tuples(st.sampled_from("ABCDEF"), st.sampled_from("xy"), DAYS, st.integers(1, 40), st.integers(0, 40)), max_size=60
)


@given(SENT, st.sampled_from([127, 129, 130]))
def test_signals_are_those_of_every_sender_and_day(sent: list[tuple[str, str, int, int, int]], day: int) -> None:
    counted = Counted()
    for sender, service, about, of, hits in sent:
        counted.sent[sender, service, about] += of
        if hits:
            counted.fired["a/rule"][sender, service, about] += min(hits, of)
    days = {(sender, about) for sender, _, about in counted.sent}

    def total(numbers: dict[tuple[str, str, int], int], sender: str, about: int) -> int:
        return sum(numbers.get((sender, service, about), 0) for service in "xy")

    plain = [Count(s, d, total(counted.fired.get("a/rule", {}), s, d), total(counted.sent, s, d)) for s, d in days]
    wanted = look(plain, day, false_a_year=100) if "a/rule" in counted.fired else []

    def ordered(found: list[Signal]) -> list[tuple[str, str, int, int, int, int, int]]:
        return sorted((s.sender, s.against, s.days, s.hits, s.of, s.their_hits, s.their_of) for s in found)

    assert ordered([one for _, one in signals(counted, day, 100)]) == ordered(wanted)


def test_rates_are_of_the_messages_of_each_and_the_highest_come_first() -> None:
    counted = Counted()
    for sender, service, of, hits in (("A", "x", 10, 1), ("B", "x", 10, 5), ("B", "y", 30, 0)):
        counted.sent[sender, service, 1] = of
        if hits:
            counted.fired["a/rule"][sender, service, 1] = hits
    assert list(rates(counted, "sender")) == [("B", "a/rule", 5, 40), ("A", "a/rule", 1, 10)]
    assert list(rates(counted, "service")) == [("x", "a/rule", 6, 20)]
    assert list(rates(counted, "rule")) == [("", "a/rule", 6, 50)]
