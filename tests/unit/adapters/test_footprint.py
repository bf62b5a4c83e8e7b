"""The memory of this process is known, and what it is measured against."""

from tokenfilter.adapters.system.footprint import footprint, memory_limit


def test_the_process_holds_some_memory_and_more_after_taking_more():
    before = footprint(None)
    taken = bytearray(b"x" * 50_000_000)
    after = footprint(1_000)
    assert before.limit is None
    assert after.limit == 1_000
    assert after.used - before.used > len(taken) / 2


def test_a_limit_that_is_given_counts_and_else_what_the_machine_has():
    assert memory_limit(5) == 5
    assert memory_limit(None) > footprint(None).used
