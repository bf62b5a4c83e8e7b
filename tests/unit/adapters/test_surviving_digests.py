"""A digest that more joins while the real-time store goes away and comes back tells of all of it, once."""

from random import Random

import pytest
from tests.unit.adapters.test_surviving import Program

from tokenfilter.domain.delivery import digest_of, joined
from tokenfilter.domain.notification import FoldReason
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON


def alert(number):
    about = examples.stamped(examples.heard(f"e{number}", about=examples.token(number)))
    return examples.alert(1, about=about)


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_becomes_of_the_store_a_digest_reads_as_it_was_revised_last(seed):
    random, program = Random(seed), Program()
    await program.begin()
    digest = digest_of((alert(1),), FoldReason.TOO_MANY, now=NOON)
    await program.outbox.put(digest)
    if random.random() < 0.5:
        await soon(program.outbox.take(5))
    for number in range(2, 40):
        digest = joined(digest, (alert(number),), FoldReason.TOO_MANY)
        assert await program.outbox.revise([digest]) == [True]
        if random.random() < 0.3:
            if program.survival.is_up and not program.store.is_away:
                await program.goes_away(random)
            else:
                await program.comes_back(wiped=random.random() < 0.5)
    await program.comes_back(wiped=False)
    assert await program.outbox.length() == 1
    program.outbox.abandon()
    await program.store.outbox.redeliver()
    assert list(await soon(program.outbox.take(5))) == [digest]
    await program.outbox.finish([examples.ended(digest)])
    program.returning.cancel()
    assert await program.store.outbox.length() == 0


async def test_what_ended_meanwhile_can_be_revised_neither_here_nor_there():
    program = Program()
    await program.begin()
    digest = digest_of((alert(1),), FoldReason.TOO_MANY, now=NOON)
    more = joined(digest, (alert(2),), FoldReason.TOO_MANY)
    await program.outbox.put(digest)
    program.store.is_away, program.probe.state = True, None
    await program.outbox.finish([examples.ended(digest)])
    assert await program.outbox.revise([more]) == [False]
    await program.comes_back(wiped=False)
    assert await program.outbox.revise([more]) == [False]
    program.returning.cancel()
    assert await program.outbox.length() == 0
