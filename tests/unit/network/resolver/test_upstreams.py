"""Who is asked when."""

import pytest

from dockyard.network.resolver.upstreams import ILL_SECONDS, ROUND_SECONDS, ROUNDS, STAGGER_SECONDS, Upstreams
from dockyard.network.resolver.values import Server

A, B, C = Server("192.0.2.1"), Server("192.0.2.2"), Server("127.0.0.53", from_host=True)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def order(upstreams: Upstreams, *servers: Server) -> list[Server]:
    plan = upstreams.plan(servers)
    return [attempt.server for attempt in plan[: len(plan) // ROUNDS]]


def test_in_the_given_order_one_after_another_twice(clock: Clock) -> None:
    plan = Upstreams(clock).plan((A, B, A, C))
    assert [attempt.server for attempt in plan] == [A, B, C] * ROUNDS
    times = [attempt.after_seconds for attempt in plan]
    assert times[:3] == pytest.approx([0, STAGGER_SECONDS, 2 * STAGGER_SECONDS])
    assert times[3:6] == pytest.approx([ROUND_SECONDS + time for time in times[:3]])
    assert times == sorted(times)


def test_no_server_no_plan(clock: Clock) -> None:
    assert Upstreams(clock).plan(()) == []


def test_many_servers_are_asked_within_the_round(clock: Clock) -> None:
    plan = Upstreams(clock).plan([Server(f"192.0.2.{number}") for number in range(200)])
    times = [attempt.after_seconds for attempt in plan]
    assert times == sorted(times)
    assert len(plan) <= 12


def test_who_is_silent_twice_comes_last(clock: Clock) -> None:
    upstreams = Upstreams(clock)
    upstreams.was_silent(A)
    assert order(upstreams, A, B, C) == [A, B, C]
    upstreams.was_silent(A)
    assert order(upstreams, A, B, C) == [B, C, A]
    upstreams.answered(A)
    assert order(upstreams, A, B, C) == [A, B, C]


def test_after_a_while_it_gets_one_more_chance(clock: Clock) -> None:
    upstreams = Upstreams(clock)
    upstreams.was_silent(A)
    upstreams.was_silent(A)
    clock.now += ILL_SECONDS
    assert order(upstreams, A, B) == [A, B]
    upstreams.was_silent(A)
    assert order(upstreams, A, B) == [B, A]


def test_when_all_are_ill_the_order_counts_again(clock: Clock) -> None:
    upstreams = Upstreams(clock)
    for server in (B, A, B, A):
        upstreams.was_silent(server)
    assert order(upstreams, A, B) == [A, B]
