"""The play clock while nobody hears, and when somebody is back."""

from gateway.session.clock import PlayClock


def begun() -> PlayClock:
    """A second was handed over at 100.0."""
    clock = PlayClock()
    clock.receive(1, 3000.0)
    clock.hand(1, 1000.0, 100.0)
    return clock


def test_while_nobody_hears_it_stands():
    clock = begun()
    clock.stop("detached", 100.5)
    assert (clock.played_ms(1, 160.0), clock.ahead_ms(160.0), clock.unheard_ms(160.0)) == (500.0, 500.0, 2500.0)
    assert clock.sounds(1, 160.0)


def test_what_was_not_played_plays_when_the_owner_is_back():
    clock = begun()
    clock.stop("detached", 100.5)
    clock.go("detached", 160.0)
    assert (clock.played_ms(1, 160.0), clock.played_ms(1, 160.25)) == (500.0, 750.0)


def test_what_had_not_arrived_is_handed_again_and_counts_once():
    clock = begun()
    clock.hand(1, 1000.0, 100.0)
    clock.stop("detached", 100.5)
    clock.take_back(1, 1000.0)
    clock.go("detached", 160.0)
    assert (clock.sent_ms(1), clock.ahead_ms(160.0)) == (1000.0, 500.0)
    clock.hand(1, 1000.0, 160.0)
    assert (clock.sent_ms(1), clock.ahead_ms(160.0), clock.unheard_ms(160.0)) == (2000.0, 1500.0, 2500.0)
