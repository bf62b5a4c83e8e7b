"""Options come from the file, then the environment, then the command line; whatever cannot be is named."""

from typing import get_args

import pytest

from tokenfilter.settings import ROLES, SECRETS, FeedName, InvalidSettingsError, Settings, load
from tokenfilter.settings_checks import is_loopback

TOKEN = "123456:secret-of-the-bot"


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "tokenfilter.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(path=None, overrides=None, **environ):
    """What is said of a configuration that cannot be."""
    with pytest.raises(InvalidSettingsError) as refused:
        load(path, overrides, environ=environ)
    return str(refused.value)


def test_without_anything_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(environ={}) == Settings()
    assert Settings().sandboxed
    assert Settings().use.feeds == ("simulator",)


def test_a_file_beside_the_program_is_read(written, monkeypatch):
    monkeypatch.chdir(written("[simulator]\nseed = 5").parent)
    assert load(environ={}).simulator.seed == 5


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(written):
    path = written("[simulator]\nseed = 5\nrate = 2\npre_roll_days = 3")
    environ = {"TOKENFILTER_SIMULATOR__SEED": "6", "TOKENFILTER_SIMULATOR__RATE": "4"}
    found = load(path, {"simulator__seed": 7, "http__address": None}, environ=environ).simulator
    assert (found.seed, found.rate, found.pre_roll_days) == (7, 4, 3)


def test_other_variables_of_the_environment_mean_nothing():
    assert load(environ={"PATH": "/bin", "TOKENFILTER_": "x", "TOKENFILTER_RECORDED": "/data"}) == Settings()


def test_feeds_are_listed_in_the_environment_with_commas():
    assert load(environ={"TOKENFILTER_USE__FEEDS": "replay,simulator"}).use.feeds == ("replay", "simulator")


def test_without_a_role_one_process_does_everything():
    assert Settings().run.everything
    assert load(environ={"TOKENFILTER_RUN__ROLES": ",".join(ROLES)}).run.everything


@pytest.mark.parametrize(
    ("roles", "alone"),
    [("match", False), ("ingest,match,deliver", True), ("ingest,match,deliver,bot", True), ("deliver,ingest", False)],
)
def test_only_who_hears_judges_and_tells_can_go_on_without_redis(roles, alone):
    environ = {"TOKENFILTER_RUN__ROLES": roles, "TOKENFILTER_TELEGRAM__TOKEN": TOKEN}
    found = load(environ=environ).run
    assert (found.everything, found.goes_on_alone) == (False, alone)


def test_who_shares_the_work_shares_the_stores():
    assert refusal(TOKENFILTER_RUN__ROLES="match", TOKENFILTER_USE__STATE="memory").startswith("run.roles: sharing")


@pytest.mark.parametrize("role", ["deliver", "bot"])
def test_who_talks_to_telegram_without_the_sandbox_needs_to_know_where_it_is(role):
    assert "telegram.base_url" in refusal(TOKENFILTER_RUN__ROLES=role)
    at = {"TOKENFILTER_TELEGRAM__BASE_URL": "http://127.0.0.1:8080/sandbox/bot"}
    assert not load(environ={"TOKENFILTER_RUN__ROLES": role, **at}).hosts_sandbox
    assert load(environ={"TOKENFILTER_RUN__ROLES": f"{role},web"}).hosts_sandbox


def test_a_role_nobody_knows_is_refused_with_those_there_are():
    said = refusal(TOKENFILTER_RUN__ROLES="mach")
    assert "run.roles" in said
    assert "'match'" in said


def test_a_secret_is_read_from_the_file_that_the_environment_names(tmp_path):
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    found = load(environ={"TOKENFILTER_TELEGRAM__TOKEN_FILE": str(tmp_path / "token")})
    assert found.telegram.token.get_secret_value() == TOKEN
    assert not found.sandboxed


def test_the_option_that_is_a_file_is_not_taken_for_a_file_of_secrets():
    assert load(environ={"TOKENFILTER_FEEDS__REPLAY__FILE": "feed.jsonl"}).feeds.replay.file == "feed.jsonl"


def test_a_file_of_secrets_that_is_not_there_is_named():
    assert "TOKENFILTER_HTTP__TOKEN_FILE: No such file" in refusal(TOKENFILTER_HTTP__TOKEN_FILE="/nowhere")


@pytest.mark.parametrize(("section", "name"), SECRETS)
def test_a_secret_in_the_file_is_refused_with_the_variable_to_set(written, section, name):
    said = refusal(written(f'[{section}]\n{name} = "{TOKEN}"'))
    assert f"TOKENFILTER_{section}__{name}".upper() in said
    assert TOKEN not in said


@pytest.mark.parametrize(("section", "name"), SECRETS)
def test_a_secret_is_never_printed(section, name):
    found = load(None, {f"{section}__{name}": TOKEN}, environ={})
    assert TOKEN not in repr(found)
    assert TOKEN not in found.model_dump_json()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[simulator]\nseeds = 5", "simulator.seeds: no option of that name; did you mean seed?"),
        ("[simulators]\nseed = 5", "simulators: no option of that name; did you mean simulator?"),
        ("[logs]\nxyzzy = 5", "logs.xyzzy: no option of that name; known here: level, json_lines"),
        ("[simulator]\nseed = 'x'", "simulator.seed: input should be a valid integer"),
        ("[delivery]\nat_once = 0", "delivery.at_once: input should be greater than or equal to 1"),
        ("[use]\nstate = 'redis-server'", "use.state: input should be 'redis' or 'memory'"),
        ("[use]\nfeeds = ['nothing']", "use.feeds.0: input should be 'simulator'"),
        ("[use]\nfeeds = 'simulator'", "use.feeds: input should be a valid tuple"),
        ("simulator = 5", "simulator: "),
        ("[simulator", "tokenfilter.toml: "),
        ("[http]\naddress = 'localhost'", "http.address: expected host:port"),
        ("[http]\naddress = '127.0.0.1:x'", "http.address: expected host:port"),
        ("[http]\naddress = '127.0.0.1:70000'", "http.address: expected a port"),
    ],
)
def test_what_cannot_be_is_refused_by_the_options_name_with_what_was_expected(written, text, said):
    assert said in refusal(written(text))


def test_a_file_that_was_named_must_be_there_and_be_text(tmp_path):
    assert "No such file" in refusal(tmp_path / "nowhere.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    assert "bytes.toml" in refusal(tmp_path / "bytes.toml")


def test_a_value_that_stands_where_a_section_belongs_is_named(written):
    assert refusal(written("simulator = 5"), TOKENFILTER_SIMULATOR__SEED="6") == "simulator is a section, not a value"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_only_this_machine_reaches_a_loopback_address(host):
    assert is_loopback(host)
    load(environ={"TOKENFILTER_HTTP__ADDRESS": f"[{host}]:0"})


@pytest.mark.parametrize("host", ["0.0.0.0", "", "192.168.1.2", "::", "example.org"])
def test_the_sandbox_is_refused_beyond_this_machine(host):
    assert not is_loopback(host)
    assert "the sandbox is for this machine only" in refusal(TOKENFILTER_HTTP__ADDRESS=f"{host}:8080")


def test_beyond_this_machine_the_web_server_needs_a_token():
    environ = {"TOKENFILTER_HTTP__ADDRESS": "0.0.0.0:8080", "TOKENFILTER_TELEGRAM__TOKEN": TOKEN}
    assert "http.token: needed" in refusal(**environ)
    assert load(environ={**environ, "TOKENFILTER_HTTP__TOKEN": "x"}).host_and_port == ("0.0.0.0", 8080)


@pytest.mark.parametrize(
    ("options", "sandboxed"),
    [
        ({}, True),
        ({"telegram__token": TOKEN}, False),
        ({"telegram__token": TOKEN, "sandbox__enabled": True}, True),
        ({"sandbox__enabled": False}, False),
        ({"use__messenger": "memory"}, False),
        ({"use__messenger": "memory", "sandbox__enabled": True}, False),
    ],
)
def test_the_sandbox_stands_in_for_telegram_while_there_is_no_token_unless_said_otherwise(options, sandboxed):
    assert load(None, options, environ={}).sandboxed is sandboxed


def test_every_feed_can_be_chosen():
    for name in get_args(FeedName):
        assert load(None, {"use__feeds": (name,)}, environ={}).use.feeds == (name,)
