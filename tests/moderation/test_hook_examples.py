"""The servers that docs/hook.md shows, run as they stand there."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from ipaddress import ip_network

import pytest

from common import outbound, webhooks
from common.outbound import BadStatus
from operations.development import PROJECT
from tests.common.hook_server import closed_port

NODE = shutil.which("node") or shutil.which("node", path=str(PROJECT / ".venv/bin"))
COMMANDS = {"python": [sys.executable], "js": [NODE]}
SECRET = webhooks.new_secret()


@pytest.fixture(
    params=["python", pytest.param("js", marks=pytest.mark.skipif(not NODE, reason="no Node"))]
)
def example(request, tmp_path, settings):
    """The address of a running example, in one language."""
    settings.OUTBOUND_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    page = (PROJECT / "docs/hook.md").read_text()
    (code,) = re.findall(rf"^```{request.param}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    file = tmp_path / {"python": "hook.py", "js": "hook.mjs"}[request.param]
    file.write_text(code)
    port = closed_port()
    environment = {**os.environ, "HOOK_SECRET": SECRET, "PORT": str(port)}
    command = [*COMMANDS[request.param], file]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}/"
        process.terminate()


def wait_for(port, process):
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at and process.poll() is None:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    pytest.fail("it does not listen")


def ask(url, text, *, keys=(SECRET,), age=0, body_sent=None):
    body = json.dumps({"comment": {"text": text}}).encode()
    sent_at = int(time.time()) - age
    signed = webhooks.headers(delivery="msg_1", sent_at=sent_at, body=body, keys=keys)
    return outbound.post(url, body=body_sent or body, headers=signed, seconds=10)


def test_the_examples_take_what_we_sign_and_nothing_else(example):
    assert ask(example, "A fine bridge.").status == 204
    assert json.loads(ask(example, "Best CASINO!").body)["outcome"] == "hold"
    assert ask(example, "Fine.", keys=[webhooks.new_secret(), SECRET]).status == 204

    for lie in ({"keys": [webhooks.new_secret()]}, {"age": 301}, {"body_sent": b"{}"}):
        with pytest.raises(BadStatus, match="answered 401"):
            ask(example, "A fine bridge.", **lie)
