"""The one comment on a pull request, against servers that behave as the two APIs do."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from ai_platform import comment
from ai_platform.cli import main as cli
from ai_platform.comment import CommentError, upsert
from ai_platform.comment_place import place_from
from ai_platform.components.errors import InvalidInput
from ai_platform.report.markdown import markdown
from ai_platform.report.model import Report
from tests.report.samples import sample

TOKEN = "token-of-nobody"
BODY = markdown(sample())
MARKER = BODY.splitlines()[0]


class Api:
    """Comments of one request, kept and answered as GitHub or GitLab does."""

    def __init__(self, gitlab: bool = False) -> None:
        self.gitlab = gitlab
        self.me: str | None = "report-bot" if gitlab else None
        self.comments: list[dict] = []
        self.calls: list[tuple[str, str]] = []
        self.failures: list[tuple[str, int]] = []
        """Method and status of answers that go wrong, each once; -1 makes the change and loses the answer."""
        self.location = ""
        api = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                status, body = api.answer(self.command, self.path, self.headers, self.rfile.read(length))
                text = json.dumps(body).encode()
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", api.location)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815 - named by http.server

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def write(self, author: str, body: str) -> dict:
        who = {"author": {"username": author}} if self.gitlab else {"user": {"login": author}}
        made = {"id": len(self.comments) + 1, "body": body, **who}
        self.comments.append(made)
        return made

    def answer(self, method, path, headers, data):
        address = urlsplit(path)
        self.calls.append((method, address.path))
        sent = headers.get("PRIVATE-TOKEN") if self.gitlab else headers.get("Authorization")
        if sent != (TOKEN if self.gitlab else f"Bearer {TOKEN}"):
            return 401, {"message": "Bad credentials"}
        lost = False
        for failure in self.failures:
            if failure[0] == method:
                self.failures.remove(failure)
                if failure[1] > 0:
                    return failure[1], {"message": f"no, {TOKEN}"}
                lost = True
                break
        status, body = self.done(method, address, json.loads(data) if data else None)
        return (502, {"message": "lost"}) if lost else (status, body)

    def done(self, method, address, data):
        if address.path == "/user":
            if self.me is None:
                return 403, {"message": "Resource not accessible by integration"}
            return 200, {"username" if self.gitlab else "login": self.me}
        author = self.me or "github-actions[bot]"
        many = (
            "/projects/7/merge_requests/12/notes"
            if self.gitlab
            else "/repos/acme/platform/issues/12/comments"
        )
        one = many if self.gitlab else "/repos/acme/platform/issues/comments"
        if address.path == many and method == "POST":
            if len(data["body"]) > 65_536:
                return 422, {"message": "Body is too long (maximum is 65536 characters)"}
            return 201, self.write(author, data["body"])
        if address.path == many:
            query = parse_qs(address.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, self.comments[(page - 1) * size : page * size]
        if address.path.startswith(f"{one}/") and method == ("PUT" if self.gitlab else "PATCH"):
            number = int(address.path.rpartition("/")[2])
            found = [entry for entry in self.comments if entry["id"] == number]
            if not found:
                return 404, {"message": "Not Found"}
            found[0]["body"] = data["body"]
            return 200, found[0]
        return 404, {"message": "Not Found"}

    @property
    def env(self) -> dict[str, str]:
        if self.gitlab:
            return {
                "GITLAB_CI": "true",
                "CI_API_V4_URL": self.url,
                "CI_PROJECT_ID": "7",
                "CI_MERGE_REQUEST_IID": "12",
                "GITLAB_TOKEN": TOKEN,
            }
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.url,
            "GITHUB_REPOSITORY": "acme/platform",
            "GITHUB_REF": "refs/pull/12/merge",
            "GITHUB_TOKEN": TOKEN,
        }


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setattr(comment, "_OPENER", comment.opener({}))


@pytest.fixture(params=[False, True], ids=["github", "gitlab"])
def api(request):
    made = Api(gitlab=request.param)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def put(api: Api, body: str = BODY) -> str:
    return upsert(place_from(api.env), body, pause=lambda _: None)


def bodies(api: Api) -> list[str]:
    return [entry["body"] for entry in api.comments]


def test_the_first_report_is_a_new_comment_and_the_next_takes_its_place(api):
    assert put(api) == "made"
    later = f"{BODY}later\n"
    assert put(api, later) == "changed"
    assert bodies(api) == [later]


def test_it_is_found_behind_hundreds_of_others(api):
    for number in range(250):
        api.write("someone", f"comment {number}")
    ours = api.write(api.me or "github-actions[bot]", f"{MARKER}\r\n\r\nold")
    api.write("someone", "last")
    assert put(api) == "changed"
    assert ours["body"] == BODY
    assert len(api.comments) == 252


def test_reports_of_other_titles_have_comments_of_their_own(api):
    put(api)
    other = markdown(Report(title="dev"))
    assert put(api, other) == "made"
    assert bodies(api) == [BODY, other]


def test_a_comment_of_someone_else_is_never_touched_whatever_its_first_line_says(api):
    api.write("mallory", f"{MARKER}\nmine")
    assert put(api) == "made"
    assert bodies(api) == [f"{MARKER}\nmine", BODY]


def test_a_comment_that_was_deleted_meanwhile_is_made_again(api):
    put(api)
    api.failures = [("PUT" if api.gitlab else "PATCH", 404)]
    assert put(api) == "made"


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_busy_api_is_asked_again(api, status):
    api.failures = [("GET", status), ("POST", status)]
    assert put(api) == "made"
    assert bodies(api) == [BODY]


def test_a_comment_whose_answer_was_lost_is_not_made_twice(api):
    api.failures = [("POST", -1)]
    assert put(api) == "changed"
    assert bodies(api) == [BODY]


def test_it_gives_up_after_four_times_and_waits_longer_each_time(api):
    waits: list[float] = []
    api.failures = [("GET", 503)] * 20
    with pytest.raises(CommentError, match="answers 503; tried 4 times"):
        upsert(place_from(api.env), BODY, pause=waits.append)
    assert waits == [1, 2, 4]


@pytest.mark.parametrize(("status", "fix"), [(403, "may not write comments"), (404, "does not see")])
def test_a_refusal_says_what_to_do_and_never_the_token(api, status, fix):
    api.failures = [("POST", status)]
    with pytest.raises(CommentError, match=fix) as caught:
        put(api)
    assert TOKEN not in str(caught.value)
    assert "[secret]" in str(caught.value)
    assert TOKEN not in repr(place_from(api.env))


def test_a_report_that_is_too_long_says_so():
    made = Api()
    threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    with pytest.raises(CommentError, match="maximum is 65536 characters"):
        put(made, BODY + "x" * 70_000)
    made.server.shutdown()
    made.server.server_close()


def test_a_redirect_does_not_carry_the_token_away(api):
    api.failures = [("GET", 302)]
    api.location = f"{api.url}/elsewhere"
    with pytest.raises(CommentError, match="has moved"):
        put(api)
    assert [path for _, path in api.calls] == ["/user"]


def test_a_wrong_token_is_said(api):
    env = api.env | {"GITHUB_TOKEN": "other", "GITLAB_TOKEN": "other"}
    with pytest.raises(CommentError, match="token is wrong or has run out"):
        upsert(place_from(env), BODY, pause=lambda _: None)


def test_nobody_answers(api):
    env = api.env | {"GITHUB_API_URL": "http://127.0.0.1:1", "CI_API_V4_URL": "http://127.0.0.1:1"}
    with pytest.raises(CommentError, match="tried 4 times"):
        upsert(place_from(env), BODY, pause=lambda _: None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN"),
        ({"GITHUB_TOKEN": "a\nb"}, "not printable"),
        ({"GITHUB_REF": "refs/heads/main"}, "pull_request"),
        ({"GITHUB_API_URL": "http://api.example"}, "https"),
        ({"GITHUB_API_URL": "file:///etc/passwd"}, "https"),
    ],
)
def test_what_is_missing_in_a_workflow_is_said(change, said):
    made = Api()
    made.server.server_close()
    with pytest.raises(InvalidInput, match=said) as caught:
        place_from(made.env | change)
    assert TOKEN not in str(caught.value)


def test_outside_of_a_pipeline_it_says_what_it_needs():
    with pytest.raises(InvalidInput, match="CI_MERGE_REQUEST_IID"):
        place_from({})


def test_the_command_puts_the_report_there(api, tmp_path, monkeypatch, capsys):
    for name in ("GITHUB_ACTIONS", "GITHUB_REPOSITORY", "GITLAB_CI", "CI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in api.env.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "report.md"
    file.write_text(BODY, encoding="utf-8")
    assert cli.main(["comment", "--file", str(file)]) == 0
    assert capsys.readouterr().err == "comment made\n"
    assert bodies(api) == [BODY]
    api.failures = [("GET", 400)]
    assert cli.main(["comment", "--file", str(file)]) == 1
    assert capsys.readouterr().err.startswith("error: GET ")


@pytest.mark.parametrize("text", ["# a report of someone else\n", "", None])
def test_what_is_no_report_is_refused(text, tmp_path, capsys):
    file = tmp_path / "report.md"
    if text is not None:
        file.write_text(text)
    assert cli.main(["comment", "--file", str(file)]) == 2
    assert "ai-platform report --format markdown" in capsys.readouterr().err


def test_reports_of_other_stacks_go_to_the_one_comment_that_has_the_name(api, tmp_path, monkeypatch, capsys):
    for key, value in api.env.items():
        monkeypatch.setenv(key, value)
    file = tmp_path / "report.md"
    for title in ("dev", "dev, prod"):
        file.write_text(markdown(Report(title=title)))
        assert cli.main(["comment", "--file", str(file), "--name", "what the change touches"]) == 0
    [entry] = api.comments
    assert [line for line in entry["body"].splitlines() if line][:2] == [
        "<!-- ai-platform report: what the change touches -->",
        "## AI platform: dev, prod",
    ]
    file.write_text("The change touches no environment.\n")
    update = ["comment", "--file", str(file), "--name", "what the change touches", "--update"]
    assert cli.main(update) == 0
    assert api.comments[0]["body"].endswith("-->\nThe change touches no environment.\n")


def test_a_comment_that_is_only_to_be_updated_is_not_made(api, tmp_path, monkeypatch, capsys):
    for key, value in api.env.items():
        monkeypatch.setenv(key, value)
    (tmp_path / "text").write_text("nothing\n")
    assert cli.main(["comment", "--file", str(tmp_path / "text"), "--name", "a", "--update"]) == 0
    assert api.comments == []
    assert "comment not needed" in capsys.readouterr().err
