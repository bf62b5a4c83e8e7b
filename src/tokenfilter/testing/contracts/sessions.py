"""What any store of half-finished input must keep."""

from datetime import timedelta

from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.sessions import FORGOTTEN_AFTER, Asked, Sessions
from tokenfilter.testing.examples import NOON

ANNE, BERT = ChatId(1), ChatId(2)
NAME = Asked(question="name", message_id=7, about={"filter": "1.2", "odd": "<b>: ü"})
BOUND = Asked(question="bound", message_id=8)


class SessionsContract:
    """Fixtures: `sessions`, without a question."""

    async def test_nobody_was_asked_before_a_question_is_opened(self, sessions: Sessions) -> None:
        assert await sessions.asked(ANNE, now=NOON) is None

    async def test_a_question_is_open_for_the_chat_that_was_asked_and_no_other(self, sessions: Sessions) -> None:
        await sessions.open(ANNE, NAME, now=NOON)
        assert await sessions.asked(ANNE, now=NOON) == NAME
        assert await sessions.asked(BERT, now=NOON) is None

    async def test_a_question_is_forgotten_after_five_minutes_and_not_before(self, sessions: Sessions) -> None:
        await sessions.open(ANNE, NAME, now=NOON)
        assert await sessions.asked(ANNE, now=NOON + FORGOTTEN_AFTER - timedelta(milliseconds=1)) == NAME
        assert await sessions.asked(ANNE, now=NOON + FORGOTTEN_AFTER) is None

    async def test_a_new_question_takes_the_place_of_the_old_one_and_lives_from_then(self, sessions: Sessions) -> None:
        later = NOON + FORGOTTEN_AFTER - timedelta(seconds=1)
        await sessions.open(ANNE, NAME, now=NOON)
        await sessions.open(ANNE, BOUND, now=later)
        assert await sessions.asked(ANNE, now=NOON + FORGOTTEN_AFTER) == BOUND
        assert await sessions.asked(ANNE, now=later + FORGOTTEN_AFTER) is None

    async def test_opening_one_question_leaves_those_of_others(self, sessions: Sessions) -> None:
        await sessions.open(ANNE, NAME, now=NOON)
        await sessions.open(BERT, BOUND, now=NOON + timedelta(minutes=1))
        assert await sessions.asked(ANNE, now=NOON + timedelta(minutes=1)) == NAME

    async def test_a_closed_question_is_not_open_and_closing_twice_is_safe(self, sessions: Sessions) -> None:
        await sessions.open(ANNE, NAME, now=NOON)
        await sessions.open(BERT, BOUND, now=NOON)
        await sessions.close(ANNE)
        await sessions.close(ANNE)
        assert await sessions.asked(ANNE, now=NOON) is None
        assert await sessions.asked(BERT, now=NOON) == BOUND
