"""Usage as Prometheus recorded it."""

from __future__ import annotations

import datetime
import json
import threading
import urllib.parse
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ai_platform.finops.prometheus import Prometheus, PrometheusError
from ai_platform.finops.prometheus_usage import read_usage_from
from ai_platform.finops.usage import WorkKind

DAY = datetime.date(2026, 11, 2)
MIDNIGHT = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC).timestamp()
HOUR = 3600


class Recorded:
    """A server that answers range queries as Prometheus does, from series by a part of the query."""

    def __init__(self) -> None:
        self.series: dict[str, list[tuple[dict[str, str], dict[float, str]]]] = {}
        self.asked: list[tuple[str, float, float, float]] = []
        self.tokens: list[str | None] = []
        self.answer: tuple[int, bytes] | None = None
        self.location = ""
        self.url = ""

    def reply(self, query: str, start: float, end: float, step: float) -> tuple[int, bytes]:
        self.asked.append((query, start, end, step))
        if self.answer:
            return self.answer
        found = [row for part, rows in self.series.items() if part in query for row in rows]
        result = [
            {
                "metric": labels,
                "values": [[at, text] for at, text in sorted(values.items()) if start <= at <= end],
            }
            for labels, values in found
        ]
        result = [row for row in result if row["values"]]
        body = {"status": "success", "data": {"resultType": "matrix", "result": result}}
        return 200, json.dumps(body).encode()


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    known = Recorded()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = dict(urllib.parse.parse_qsl(text))
            known.tokens.append(self.headers["Authorization"])
            code, body = known.reply(
                given["query"], float(given["start"]), float(given["end"]), float(given["step"])
            )
            self.send_response(code)
            if known.location:
                self.send_header("Location", known.url + known.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    known.url = f"http://127.0.0.1:{server.server_port}"
    yield known
    server.shutdown()
    thread.join()
    server.server_close()


def nodes(pool: str, *counts: str) -> tuple[dict[str, str], dict[float, str]]:
    return {"pool": pool}, {MIDNIGHT + HOUR * (at + 1): count for at, count in enumerate(counts)}


def usage(recorded: Recorded, last: datetime.date = DAY):
    return read_usage_from(Prometheus(recorded.url, "secret-token"), "prod", DAY, last)


def test_an_hour_is_what_was_recorded_up_to_its_end(recorded):
    recorded.series["nodes:running"] = [nodes("l40s", "2", "2.5")]
    held = {
        "team": "red",
        "pool": "l40s",
        "kind": "serving",
        "workload": "chat",
        "resource": "nvidia.com/gpu",
    }
    recorded.series["devices:held"] = [(held, {MIDNIGHT + 2 * HOUR: "1.5"})]
    first, second = usage(recorded).hours
    assert (first.start.hour, first.nodes, first.held) == (0, Decimal(2), ())
    assert (second.start.hour, second.nodes) == (1, Decimal("2.5"))
    (row,) = second.held
    assert (row.team, row.kind, row.workload, row.devices) == (
        "red",
        WorkKind.SERVING,
        "chat",
        Decimal("1.5"),
    )


def test_tokens_are_those_of_who_asked_and_the_rest_is_the_owner_s(recorded):
    recorded.series["nodes:running"] = [nodes("l40s", "1")]
    midnight = MIDNIGHT + 24 * HOUR
    recorded.series["tokens_per_second"] = [
        ({"team": "red", "workload": "chat", "direction": "input"}, {midnight: "1000.4"}),
        ({"team": "red", "workload": "chat", "direction": "output"}, {midnight: "500"}),
    ]
    recorded.series["litellm_input"] = [({"team_alias": "blue", "model": "red/chat"}, {midnight: "400"})]
    recorded.series["litellm_output"] = [({"team_alias": "blue", "model": "red/chat"}, {midnight: "600"})]
    found = {row.consumer: (row.input_tokens, row.output_tokens) for row in usage(recorded).tokens}
    assert found == {"blue": (400, 500), None: (600, 0)}


def served(*counts: str) -> tuple[dict[str, str], dict[float, str]]:
    labels = {
        "team": "red",
        "pool": "l40s",
        "kind": "serving",
        "workload": "chat",
        "resource": "nvidia.com/gpu",
    }
    return labels, {MIDNIGHT + HOUR * (at + 1): count for at, count in enumerate(counts)}


def test_where_the_gateway_tells_of_more_than_the_endpoint_all_who_asked_bear_their_part(recorded):
    recorded.series["nodes:running"] = [nodes("l40s", "1")]
    midnight = MIDNIGHT + 24 * HOUR
    recorded.series["tokens_per_second"] = [
        ({"team": "red", "workload": "chat", "direction": "input"}, {midnight: "100"}),
    ]
    recorded.series["litellm_input"] = [
        ({"team_alias": team, "model": "red/chat"}, {midnight: "100"}) for team in ("blue", "green")
    ]
    found = {row.consumer: row.input_tokens for row in usage(recorded).tokens}
    assert found == {"blue": 50, "green": 50}


def test_an_own_endpoint_that_told_nothing_for_a_day_is_none_of_somebody_else_s(recorded):
    recorded.series["nodes:running"] = [nodes("l40s", "1")]
    recorded.series["devices:held"] = [served("1")]
    midnight = MIDNIGHT + 24 * HOUR
    recorded.series["litellm_output"] = [({"team_alias": "blue", "model": "red/chat"}, {midnight: "7"})]
    recorded.series["litellm_spend"] = [({"team_alias": "blue", "model": "red/chat"}, {midnight: "3"})]
    found = usage(recorded)
    assert found.hosted == ()
    (row,) = found.tokens
    assert (row.endpoint, row.consumer, row.output_tokens) == ("chat", "blue", 7)


def test_minutes_that_nobody_measured_are_counted(recorded):
    recorded.series["nodes:running"] = [nodes("l40s", "1", "0.5", "1")]
    counts = {MIDNIGHT + HOUR: "60", MIDNIGHT + 2 * HOUR: "30", MIDNIGHT + 3 * HOUR: "59"}
    recorded.series["node:gpus"] = [({}, counts)]
    assert usage(recorded).unmeasured_minutes == 30


def test_models_that_others_host_come_with_what_the_gateway_put_down(recorded):
    recorded.series["nodes:running"] = [nodes("l40s", "1")]
    labels = {"team_alias": "blue", "model": "elsewhere/large-2"}
    midnight = MIDNIGHT + 24 * HOUR
    recorded.series["litellm_input"] = [(labels, {midnight: "9"})]
    recorded.series["litellm_spend"] = [(labels, {midnight: "1.25"})]
    (row,) = usage(recorded).hosted
    assert (row.day, row.team, row.provider, row.usd) == (DAY, "blue", "elsewhere", Decimal("1.25"))


def test_a_long_period_is_asked_for_in_parts(recorded):
    recorded.series["nodes:running"] = [nodes("l40s", "1")]
    usage(recorded, DAY + datetime.timedelta(days=500))
    spans = [(start, end, step) for query, start, end, step in recorded.asked if "nodes:running" in query]
    assert len(spans) == 2
    assert all((end - start) / step < 11_000 for start, end, step in spans)
    assert spans[1][0] == spans[0][1] + HOUR


def test_the_token_is_sent(recorded):
    recorded.series["nodes:running"] = [nodes("l40s", "1")]
    usage(recorded)
    assert set(recorded.tokens) == {"Bearer secret-token"}


def test_the_token_goes_to_no_other_server(recorded):
    recorded.answer = (302, b"")
    recorded.location = "/elsewhere"
    with pytest.raises(PrometheusError, match="refused: 302"):
        usage(recorded)
    assert len(recorded.tokens) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, b"<html>"), "is not Prometheus"),
        ((200, b'{"status": "error", "error": "query timed out"}'), "query timed out"),
        ((400, b'{"status": "error", "error": "parse error"}'), "refused: parse error"),
        ((503, b"down"), "refused: 503"),
        ((200, b'{"status": "success", "data": {"result": []}}'), "recorded no node of a pool"),
    ],
)
def test_what_goes_wrong_is_said_without_the_token(recorded, answer, said):
    recorded.answer = answer
    with pytest.raises(PrometheusError, match=said) as error:
        usage(recorded)
    assert "secret-token" not in str(error.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "file:///etc/passwd", "http://["])
def test_an_address_that_does_not_answer_is_an_error(url):
    with pytest.raises(PrometheusError):
        read_usage_from(Prometheus(url), "prod", DAY, DAY)
