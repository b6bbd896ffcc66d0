"""The real engine with its state in a bucket of moto, with no more rights than the policies give."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import boto3
import pytest
import requests

from ai_platform.cli.engine import Engine
from ai_platform.cli.workplace import EngineError, Workplace, settings
from ai_platform.components.aws.state import bootstrap, state_of
from ai_platform.components.state_spec import StateSpec
from ai_platform.local.toolchain import Tool
from ai_platform.local.tools import ensure

pytestmark = pytest.mark.engine

REGION = "eu-central-1"
SECRET = "a-password-of-a-database"
PROGRAM = """\
import pulumi

pulumi.export("password", pulumi.Config().require_secret("password"))
"""
DENIED = {
    "s3": b"<Error><Code>AccessDenied</Code><Message>not allowed</Message></Error>",
    "kms": b'{"__type": "AccessDeniedException", "message": "not allowed"}',
}
HOP_HEADERS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}


@dataclass
class Front:
    """Loopback in front of moto that lets pass what the policy allows."""

    url: str = ""
    key_arn: str = ""
    policy: dict | None = None
    calls: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, action: str, resource: str) -> bool:
        """Whether the policy allows the call, which is noted."""
        self.calls.append((action, resource))
        if self.policy is None:
            return True
        from moto.iam.access_control import IAMPolicy, PermissionResult

        policy = IAMPolicy({"policy_document": json.dumps(self.policy)})
        return policy.is_action_permitted(action, resource) is PermissionResult.PERMITTED


def rights_of(method, path, headers, key_arn):
    """What AWS would ask for: actions with their resources."""
    if target := headers.get("X-Amz-Target"):
        return [(f"kms:{target.partition('.')[2]}", key_arn)]
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    arn = f"arn:aws:s3:::{bucket}"
    if not key:
        return [("s3:ListBucket", arn)]
    actions = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
    needed = [(f"s3:{actions[method]}", f"{arn}/{key}")]
    if source := headers.get("X-Amz-Copy-Source"):
        needed.append(("s3:GetObject", f"arn:aws:s3:::{unquote(source).lstrip('/')}"))
    return needed


@pytest.fixture
def front(monkeypatch):
    """moto on loopback."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    found = Front()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            service = "kms" if "X-Amz-Target" in self.headers else "s3"
            with found.lock:
                needed = rights_of(self.command, urlsplit(self.path).path, self.headers, found.key_arn)
                if all(found.allows(action, resource) for action, resource in needed):
                    headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_HEADERS}
                    address = f"https://{service}.{REGION}.amazonaws.com{self.path}"
                    said = requests.request(
                        self.command, address, headers=headers, data=body, timeout=10, stream=True
                    )
                    content = b"" if self.command == "HEAD" else said.content
                    status, answer = said.status_code, dict(said.headers)
                else:
                    status, answer, content = 403, {}, DENIED[service]
            self.send_response(status)
            for name, value in answer.items():
                if name.lower() not in HOP_HEADERS:
                    self.send_header(name, value)
            length = answer.get("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", length or str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on  # noqa: N815

        def log_message(self, *_):
            pass

    from moto import mock_aws

    with mock_aws(), ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


def test_init_then_login_a_stack_with_a_secret_and_previews_with_fewer_rights(front, tmp_path, monkeypatch):
    session = boto3.session.Session(region_name=REGION)
    backend = bootstrap(session, state_of(session, "ai-platform"), lambda _: None, dry_run=False)
    preview, apply = backend.rights.values()
    front.key_arn = session.client("kms").describe_key(KeyId="alias/ai-platform-state")["KeyMetadata"]["Arn"]
    s3 = session.client("s3")
    # moto reads no conditions of a bucket's policy: it would refuse requests by TLS too.
    s3.delete_bucket_policy(Bucket=backend.backend.removeprefix("s3://").partition("?")[0])
    monkeypatch.setenv("AWS_ENDPOINT_URL", front.url)
    bucket, _, query = backend.backend.partition("?")
    state = StateSpec(
        backend=f"{bucket}?endpoint={front.url}&s3ForcePathStyle=true&{query}",
        secrets_provider=backend.secrets_provider,
    )
    tools = {t.value: p for t, p in ensure([Tool.PULUMI, Tool.PULUMI_PYTHON]).items()}

    def checkout(name):
        root = tmp_path / name
        root.mkdir()
        (root / "__main__.py").write_text(PROGRAM)
        (root / "Pulumi.yaml").write_text(
            "name: ai-platform\n"
            f"runtime: {{name: python, options: {{virtualenv: {sys.prefix}, toolchain: pip}}}}\n"
            "stackConfigDir: .ai-platform/config\n"
        )
        return Workplace(root)

    def pulumi(place, *arguments):
        environment = os.environ | settings(place, tools, state)
        command = [str(tools["pulumi"]), *arguments, "--non-interactive", "--color", "never"]
        return subprocess.run(command, cwd=place.root, env=environment, capture_output=True, text=True)

    def denied(place, *arguments):
        done = pulumi(place, *arguments)
        return done.returncode != 0 and "AccessDenied" in done.stderr

    # With the rights to apply: login, a stack with its secret, an update.
    front.policy = apply
    author = checkout("author")
    login = pulumi(author, "login", state.backend)
    assert login.returncode == 0, login.stderr
    made = pulumi(author, "stack", "init", "dev", "--secrets-provider", state.secrets_provider)
    assert made.returncode == 0, made.stderr
    done = pulumi(author, "config", "set", "--secret", "password", SECRET, "--stack", "dev")
    assert done.returncode == 0, done.stderr
    Engine("dev", author, tools, lambda _: None, state).up()

    # The state is in the bucket, and neither it nor the stack's file shows the secret.
    name = bucket.removeprefix("s3://")
    keys = [row["Key"] for row in s3.list_objects_v2(Bucket=name)["Contents"]]
    texts = [s3.get_object(Bucket=name, Key=key)["Body"].read().decode() for key in keys]
    assert ".pulumi/stacks/ai-platform/dev.json" in keys
    assert not [key for key in keys if not key.startswith(".pulumi/")]
    assert not [key for key, text in zip(keys, texts, strict=True) if SECRET in text]
    stack_file = (author.config / "Pulumi.dev.yaml").read_text()
    assert SECRET not in stack_file
    assert "awskms://" in stack_file

    # Another checkout with no more than the rights to preview.
    front.policy = preview
    front.calls.clear()
    reviewer = checkout("reviewer")
    reviewer.config.mkdir(parents=True)
    (reviewer.config / "Pulumi.dev.yaml").write_text(stack_file)
    looked = Engine("dev", reviewer, tools, lambda _: None, state).record_preview(tmp_path, lambda _: None)
    assert looked.code == 0, looked.errors
    assert {action for action, _ in front.calls} == {"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}
    shown = pulumi(reviewer, "stack", "output", "password", "--show-secrets", "--stack", "dev")
    assert shown.stdout.strip() == SECRET, shown.stderr
    with pytest.raises(EngineError, match="AccessDenied"):
        Engine("dev", reviewer, tools, lambda _: None, state).up()
    assert denied(reviewer, "stack", "init", "mine", "--secrets-provider", state.secrets_provider)

    # A checkout without the stack's file still finds the key, which the state names.
    front.policy = apply
    front.calls.clear()
    third = checkout("third")
    (third.root / "__main__.py").write_text('import pulumi\npulumi.export("b", pulumi.Output.secret("x"))\n')
    Engine("dev", third, tools, lambda _: None, state).up()
    shown = pulumi(third, "stack", "output", "b", "--show-secrets", "--stack", "dev")
    assert shown.stdout.strip() == "x", shown.stderr
    assert not third.passphrase.exists()
