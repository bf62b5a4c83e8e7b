"""What is read of stored evidence for one filter is judged as the whole is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.backtest import Backtest
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.matching import matches
from tokenfilter.domain.plain.evidence import evidence_to_plain
from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.judging import Parts, evidence_read
from tokenfilter.domain.plain.text import dumps
from tokenfilter.domain.reads import reads_of
from tokenfilter.testing import examples, strategies
from tokenfilter.testing.strategies.filters import filters_near


def parts_of(evidence):
    plain = evidence_to_plain(evidence)
    heard = plain["event"]["heard"]
    rest = [heard["market"], heard["facts"], heard["calls"], plain["calls"]]
    return Parts(
        at=evidence.at,
        token=str(evidence.event.token),
        event=evidence.event.id,
        flags=dumps(heard["flags"]),
        stats=dumps(plain["stats"]),
        rest=dumps(rest),
    )


@st.composite
def histories_and_filters(draw):
    seen = draw(strategies.histories()).evidence()
    wanted = filters_near(draw(st.sampled_from(seen))) if seen else strategies.filters()
    return seen, draw(st.one_of(strategies.filters(), wanted))


@given(drawn=histories_and_filters())
def test_what_is_read_for_a_filter_is_judged_as_the_whole_is(drawn):
    seen, wanted = drawn
    reads, whole, read = reads_of(wanted), Backtest(wanted), Backtest(wanted)
    for evidence in seen:
        part = evidence_read(parts_of(evidence), reads)
        assert matches(wanted, part) == matches(wanted, evidence)
        assert (part.calls, part.at, part.event.id) == (evidence.calls, evidence.at, evidence.event.id)
        assert (part.missing, part.missing_stats) == (evidence.missing, evidence.missing_stats)
        assert (read.see(part) is None) == (whole.see(evidence) is None)


@pytest.mark.parametrize(
    "rest", ["", "{}", "[]", "[{},{},[]]", "[[],{},[],[]]", '[{"mcap":1},{},[],[]]', "[{},{},[],[{}]]"]
)
def test_what_is_not_of_the_form_is_refused(rest):
    parts = parts_of(examples.evidence_of(examples.stamped(examples.heard(mcap=1))))
    with pytest.raises(NotStoredFormError):
        evidence_read(parts._replace(rest=rest), reads_of(parse_filter("mcap >= 1")))
