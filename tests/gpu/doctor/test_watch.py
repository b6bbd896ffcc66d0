import json
import threading
from http.client import HTTPConnection
from pathlib import Path

from ai_platform.gpu.doctor.expectation import own_expectation
from ai_platform.gpu.doctor.recording import load_recording
from ai_platform.gpu.doctor.verdict import judge
from ai_platform.gpu.doctor.watch import Watch, server_of


def looked(name, **changes):
    reading = load_recording(Path(__file__).parent / "recordings" / f"{name}.json").reading
    return reading, judge(reading, own_expectation(reading)).model_copy(update={"pool": "h100", **changes})


def watching(*looks):
    lines: list[str] = []
    left = iter(looks)
    return Watch(lambda: next(left), 300, lines.append), lines


def test_metrics_have_a_line_for_every_check_so_that_alerts_end():
    watch, _ = watching(looked("p5.48xlarge-sick"))
    watch.look_once()
    status, text = watch.answer("/metrics", 0)
    assert status == 200
    assert 'ai_platform_node_findings{pool="h100",check="gpu_lost",grade="failure"} 1' in text
    assert 'ai_platform_node_findings{pool="h100",check="driver",grade="failure"} 0' in text
    assert 'ai_platform_node_gpus{pool="h100"} 7' in text
    assert text.endswith("\n")


def test_a_line_is_written_at_first_and_when_the_findings_change():
    sick, fine = looked("p5.48xlarge-sick"), looked("p5.48xlarge")
    watch, lines = watching(fine, fine, sick, sick, fine)
    for _ in range(5):
        watch.look_once()
    assert [json.loads(line)["grade"] for line in lines] == ["ok", "failure", "ok"]
    assert json.loads(lines[1])["findings"][0]["fix"]


def test_a_text_that_moves_is_no_new_finding():
    reading, verdict = looked("p5.48xlarge-sick")
    hotter = tuple(one.model_copy(update={"got": "hotter"}) for one in verdict.findings)
    watch, lines = watching((reading, verdict), (reading, verdict.model_copy(update={"findings": hotter})))
    watch.look_once()
    watch.look_once()
    assert len(lines) == 1


def test_a_pod_is_ready_where_nothing_failed_and_alive_while_it_looks():
    watch, _ = watching(looked("p5.48xlarge"), looked("p5.48xlarge-sick"))
    assert watch.answer("/readyz", 0)[0] == 503
    watch.look_once()
    assert watch.answer("/readyz", 0)[0] == 200
    watch.look_once()
    assert watch.answer("/readyz", 0)[0] == 503
    assert watch.answer("/livez", 0)[0] == 200
    assert watch.answer("/livez", 2**40)[0] == 503
    assert watch.answer("/", 0)[0] == 404


def test_it_answers_over_http_and_ends_when_told():
    watch, _ = watching(looked("p5.48xlarge"))
    watch.stop()
    watch.run()
    server = server_of(watch, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        connection = HTTPConnection("127.0.0.1", server.server_port)
        for path, status in (("/metrics", 200), ("/nothing", 404)):
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == status
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            answer.read()
        connection.close()
    finally:
        server.shutdown()
        server.server_close()
