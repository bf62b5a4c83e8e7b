"""What a digest keeps of an alert is all that its row says, once for all digests, and little."""

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.telegram.digest import digest
from tokenfilter.domain.brief import brief, shared
from tokenfilter.domain.notification import CallAlert, Digest, FoldReason
from tokenfilter.domain.plain.evidence import evidence_from_plain, evidence_to_plain
from tokenfilter.domain.plain.text import dumps
from tokenfilter.testing.examples import NOON
from tokenfilter.testing.strategies.stored import stored_evidence

alerts = st.builds(CallAlert, evidence=stored_evidence(), filters=st.just(("One",)))


def row(alert):
    return digest(Digest(alerts=(alert,), reason=FoldReason.TOO_MANY), now=NOON, zone="Asia/Tokyo")


@given(alerts)
def test_a_digest_reads_the_same_of_what_is_brief(alert):
    assert row(brief(alert)) == row(alert)
    assert (brief(alert).token, brief(alert).filters) == (alert.token, alert.filters)
    assert brief(alert).evidence.event.id == alert.evidence.event.id


@given(alerts)
def test_what_is_brief_is_stored_exactly_and_is_no_briefer_the_second_time(alert):
    short = brief(alert)
    assert brief(short) == short
    assert evidence_from_plain(evidence_to_plain(short.evidence)) == short.evidence
    assert len(dumps(evidence_to_plain(short.evidence))) <= len(dumps(evidence_to_plain(alert.evidence)))


@given(alerts)
def test_what_is_brief_is_held_once_and_nothing_else_is_changed_for_it(alert):
    assert shared(alert) == alert
    read = CallAlert(evidence=evidence_from_plain(evidence_to_plain(brief(alert).evidence)), filters=alert.filters)
    assert shared(read).evidence is shared(brief(alert)).evidence
