"""What an operator and other programs reach over HTTP."""

import json

DASHBOARD = {
    "now", "healthy", "reasons", "started_at", "version", "simulated", "feeds", "queue", "outbox", "rates", "history",
    "latency_ms", "subscribers", "verdicts", "failures", "dead_letters", "loop_lag_ms",
    "neighbours", "alarms", "journal", "memory", "stores", "caches",
}  # fmt: skip
EVENT = {
    "type": "token",
    "token": {"address": "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN", "symbol": "LAMB"},
    "market": {"market_cap_usd": "164197.20", "liquidity_usd": "38000"},
    "observed_at": "2026-11-23T10:04:02Z",
}
SECRET = {"authorization": "Bearer push-secret"}


async def test_the_dashboard_says_everything_it_promises(web):
    figures = (await web.get("/dashboard.json")).json()
    assert set(figures) == DASHBOARD
    assert figures["healthy"] is True
    page = (await web.get("/")).text
    assert '"healthy": true' in page
    assert "{{first}}" not in page


async def test_health_and_metrics_answer(web):
    assert (await web.get("/healthz")).status_code == 200
    assert (await web.get("/readyz")).json() == {"ready": True, "reasons": []}
    assert "tokenfilter_events_settled_total" in (await web.get("/metrics")).text


async def test_a_pushed_event_is_judged(web, ada):
    await ada.say("/start")
    await ada.sees("not advice")
    await ada.say("/filters")
    body = json.dumps(EVENT) + "\n" + json.dumps({"type": "news"})
    answer = await web.post("/v1/events", content=body, headers=SECRET)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "ignored": 1})


async def test_a_push_without_the_token_or_with_nonsense_is_refused_and_takes_nothing(web):
    assert (await web.post("/v1/events", json=EVENT)).status_code == 401
    bad = await web.post("/v1/events", json=[EVENT, {**EVENT, "observed_at": "yesterday"}], headers=SECRET)
    assert bad.status_code == 422
    assert bad.json()["line"] == 2
    assert bad.json()["field"] == "observed_at"
    assert (await web.post("/v1/events", content=b"[", headers=SECRET)).status_code == 400


async def test_another_name_that_points_here_is_not_answered(web):
    assert (await web.get("/dashboard.json", headers={"host": "evil.example"})).status_code == 400
