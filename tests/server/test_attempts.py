"""Guessing passwords is slow; nobody else notices."""

from __future__ import annotations

import pytest

from server.attempts import KEPT, PERSON, PERSON_AT_PLACE, PLACE, Attempts
from server.errors import Fault, Problem

SOKHA, DARA = "sokha@kampot.example", "dara@kampot.example"
HOME, CAFE = "192.168.1.5", "192.168.1.9"


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(clock)


def guess(attempts: Attempts, email: str = SOKHA, place: str = HOME, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(Problem), attempts.counted(email, place):
            raise Problem("401.2")


def enter(attempts: Attempts, email: str = SOKHA, place: str = HOME) -> None:
    with attempts.counted(email, place):
        pass


def is_paused(attempts: Attempts, email: str = SOKHA, place: str = HOME) -> bool:
    try:
        enter(attempts, email, place)
    except Fault as fault:
        assert fault.code == "auth.paused"
        return True
    return False


def test_after_ten_wrong_passwords_even_the_right_one_waits(attempts: Attempts, clock: Clock) -> None:
    guess(attempts, times=PERSON_AT_PLACE.times)
    with pytest.raises(Fault) as paused:
        enter(attempts)
    assert paused.value.values["minutes"] == 15
    assert "15 នាទី" in paused.value.text("km")
    clock.now_s += PERSON_AT_PLACE.rest_s
    enter(attempts)


def test_the_right_password_begins_the_count_anew(attempts: Attempts) -> None:
    guess(attempts, times=PERSON_AT_PLACE.times - 1)
    enter(attempts)
    guess(attempts, times=PERSON_AT_PLACE.times - 1)
    enter(attempts)


def test_slips_of_different_days_do_not_add_up(attempts: Attempts, clock: Clock) -> None:
    for _day in range(3):
        guess(attempts, times=PERSON_AT_PLACE.times - 1)
        clock.now_s += 86_400
    enter(attempts)


def test_a_colleague_on_the_same_device_and_the_same_person_elsewhere_go_on(attempts: Attempts) -> None:
    guess(attempts, times=PERSON_AT_PLACE.times)
    enter(attempts, DARA, HOME)
    enter(attempts, SOKHA, CAFE)


def test_many_places_cannot_try_one_person_by_turns(attempts: Attempts) -> None:
    for n in range(PERSON.times):
        guess(attempts, SOKHA, f"10.0.0.{n}")
    assert is_paused(attempts, SOKHA, "10.0.1.1")


def test_one_place_cannot_try_many_persons_by_turns(attempts: Attempts) -> None:
    for n in range(PLACE.times):
        guess(attempts, f"p{n}@kampot.example", CAFE)
    assert is_paused(attempts, DARA, CAFE)


def test_strangers_keep_nobody_out_where_they_were_let_in_before(attempts: Attempts) -> None:
    enter(attempts, SOKHA, HOME)
    for n in range(PERSON.times):
        guess(attempts, SOKHA, f"10.0.0.{n}")
    assert not is_paused(attempts, SOKHA, HOME)


def test_from_the_hubs_own_computer_nobody_stands_for_all(attempts: Attempts) -> None:
    for n in range(PLACE.times):
        guess(attempts, f"p{n}@kampot.example", "127.0.0.1")
    assert not is_paused(attempts, DARA, "127.0.0.1")
    guess(attempts, SOKHA, "127.0.0.1", PERSON_AT_PLACE.times)
    assert is_paused(attempts, SOKHA, "127.0.0.1")


def test_letters_of_another_case_are_the_same_person(attempts: Attempts) -> None:
    guess(attempts, SOKHA.upper(), times=PERSON_AT_PLACE.times)
    assert is_paused(attempts, SOKHA)


def test_counting_takes_no_more_memory_than_it_may(attempts: Attempts) -> None:
    for n in range(KEPT):
        guess(attempts, f"p{n}@kampot.example", f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(attempts._counts) <= KEPT


def test_what_breaks_otherwise_is_no_wrong_password(attempts: Attempts) -> None:
    for _ in range(PERSON_AT_PLACE.times):
        with pytest.raises(Problem), attempts.counted(SOKHA, HOME):
            raise Problem("400.3")
    enter(attempts)
