"""What must be true of a machine on which docs/deploy.md was done: each look is a sentence."""

import json
import re
import subprocess
import time
from collections.abc import Callable
from typing import Any

from tests.deploy.machine import Machine
from tests.deploy.mailbox import Mailbox
from tests.install import eventually

SITE = "https://comments.example"
STORY = "https://news.example/en/night-ferry"
OPERATOR = "you@news.example"
READER = "ada@mail.example"
CODE = re.compile(r"\b\d{4}-\d{4}\b")
API_KEY = re.compile(r"^API key +(\S+)", re.MULTILINE)
SERVICES = (
    *("colloquy-web", "colloquy-live", "colloquy-worker-screening", "colloquy-worker-network"),
    *("colloquy-worker", "colloquy-beat", "colloquy-metrics"),
)


class Looks:
    """Somebody before a running machine, who has read what the page's commands printed."""

    def __init__(self, machine: Machine, mailbox: Mailbox, said: str) -> None:
        self.machine, self.mailbox = machine, mailbox
        key = API_KEY.search(said)
        assert key, "create_site printed no key"
        self.api_key = key[1]
        self.token = ""
        self.thread = ""

    def all(self) -> list[Callable[[], None]]:
        """In their order: some need what an earlier one has done."""
        return [
            *(self.nothing_has_failed, self.nothing_runs_as_root, self.metrics_are_told),
            *(self.pages_come_over_http_2, self.plain_http_leads_to_https),
            *(self.certificates_can_be_renewed, self.the_operator_is_mailed_a_code),
            *(self.an_article_is_taken, self.a_reader_signs_up_by_mail),
            *(self.a_comment_is_told_live_and_decided_by_a_worker,),
            *(self.nobody_notices_a_reload, self.nobody_notices_that_web_was_killed),
            *(self.a_backup_is_made, self.the_watch_finds_every_queue_moving),
            *(self.all_stops_and_starts_again, self.the_machine_loses_power),
        ]

    # -- looks ---------------------------------------------------------------------------------
    def nothing_has_failed(self) -> None:
        """Every service runs, none was started twice, and systemd has nothing to complain of."""
        for service in SERVICES:
            asked = ("show", service, "--property=ActiveState,NRestarts")
            told = self.machine.run("systemctl", *asked).split()
            assert sorted(told) == ["ActiveState=active", "NRestarts=0"], (service, told)
        assert not self.machine.run("systemctl", "--failed", "--plain", "--no-legend")

    def nothing_runs_as_root(self) -> None:
        """All of Colloquy's processes are the account's, and may change no file of the release."""
        for service in SERVICES:
            pid = self._main_pid(service)
            assert self.machine.run("ps", "-o", "user=", "-p", pid).strip() == "colloquy"
            inside = ["nsenter", f"--target={pid}", "--mount", "findmnt", "-no", "OPTIONS"]
            assert "ro" in self.machine.run(*inside, "--target", "/opt/colloquy/0.1.0").split(",")

    def metrics_are_told(self) -> None:
        """Prometheus would be answered."""
        patiently = ("--retry", "10", "--retry-delay", "1", "--retry-all-errors")
        assert "colloquy_build_info{" in self._curl("http://127.0.0.1:9100/metrics", *patiently)

    def pages_come_over_http_2(self) -> None:
        """The widget's script and the docs come over HTTP/2, at a name the certificate knows."""
        for path in ("/widget/colloquy.js", "/api/docs", "/readyz"):
            asked = ("--output", "/dev/null", "--write-out", "%{http_version} %{http_code}")
            assert self._curl(f"{SITE}{path}", *asked) == "2 200", path

    def plain_http_leads_to_https(self) -> None:
        """Who comes over HTTP is sent on."""
        asked = ("--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}")
        assert self._curl("http://comments.example/x", *asked) == f"301 {SITE}/x"

    def certificates_can_be_renewed(self) -> None:
        """An authority that looks for its proof over HTTP finds it behind our nginx.conf too."""
        proof = "var/www/html/.well-known/acme-challenge/proof"
        (self.machine.root / proof).parent.mkdir(parents=True, exist_ok=True)
        (self.machine.root / proof).write_text("mine")
        for host in ("comments.example", "live.example"):
            assert self._curl(f"http://{host}/.well-known/acme-challenge/proof") == "mine"

    def the_operator_is_mailed_a_code(self) -> None:
        """The first operator, who has no password, can sign in."""
        self._app("auth/code/request", {"email": OPERATOR})
        assert CODE.search(self._mailed(OPERATOR))

    def an_article_is_taken(self) -> None:
        """The key that was printed sends an article, whose conversation is found by its address."""
        self._curl(
            f"{SITE}/api/v1/publisher/articles/night-ferry",
            *("--request", "PUT", "--header", f"Authorization: Bearer {self.api_key}"),
            *self._sending(
                {"editions": [{"locale": "en", "url": STORY, "title": "The night ferry returns"}]}
            ),
        )
        found = json.loads(self._curl(f"{SITE}/api/v1/threads/lookup?url={STORY}"))
        self.thread = found["thread"]["id"]

    def a_reader_signs_up_by_mail(self) -> None:
        """A code comes by mail and is worth a token."""
        begun = self._app("auth/signup", {"email": READER, "name": "Ada"})
        code = CODE.search(self._mailed(READER))
        assert code
        token = begun["meta"]["session_token"]
        done = self._app("auth/email/verify", {"key": code[0]}, token)
        self.token = done["meta"].get("session_token", token)

    def a_comment_is_told_live_and_decided_by_a_worker(self) -> None:
        """An open page hears of a new comment, and its count is what it should be."""
        stream = subprocess.Popen(
            self.machine.command(
                *("curl", "--silent", "--no-buffer", "--max-time", "20"),
                f"https://live.example/stream?thread={self.thread}:0",
            ),
            stdout=subprocess.PIPE,
            text=True,
        )
        posted = json.loads(
            self._curl(
                f"{SITE}/api/v1/threads/{self.thread}/comments",
                *("--header", f"Authorization: Bearer {self.token}"),
                *self._sending({"body": "It was on time."}),
            )
        )
        assert posted["status"] == "published", posted
        assert stream.stdout
        told = ""
        for line in stream.stdout:
            told += line
            if '"comment_count":1' in line.replace(" ", ""):
                break
        else:
            raise AssertionError(f"nothing was told of the comment: {told}")
        stream.kill()
        stream.wait()
        eventually(
            lambda: (
                self._sql("SELECT count(*) FROM comments_verdict WHERE final") == "1"
                and self._sql("SELECT count(*) FROM outbox_outboxrow WHERE done_at IS NULL") == "0"
            ),
            within=20,
            what="a worker has decided on the comment, and no work is left",
        )

    def nobody_notices_a_reload(self) -> None:
        """While web's processes are replaced, every request is answered."""
        before = self._processes_of_web()
        failed = self._asking_while("systemctl", "reload", "colloquy-web")
        eventually(
            lambda: not before & self._processes_of_web(),
            within=60,
            what="every process of web is another",
        )
        assert not failed, failed

    def nobody_notices_that_web_was_killed(self) -> None:
        """Who knocks while web is started anew waits, and is answered."""
        failed = self._asking_while("systemctl", "kill", "--signal=KILL", "colloquy-web")
        assert len(failed) <= 1, failed  # the request that was being answered

    def a_backup_is_made(self) -> None:
        """The nightly service leaves a file that is whole."""
        self.machine.run("systemctl", "start", "colloquy-backup.service")
        folder = "/var/lib/colloquy/backups"
        [file] = self.machine.run("ls", folder).split()
        assert "is whole" in self.machine.run("colloquy", "restore", "--check", f"{folder}/{file}")

    def the_watch_finds_every_queue_moving(self) -> None:
        """The service that its timer starts ends well, and has restarted nothing."""
        before = self._main_pid("colloquy-worker")
        self.machine.run("systemctl", "start", "colloquy-watch.service")
        assert self._main_pid("colloquy-worker") == before

    def all_stops_and_starts_again(self) -> None:
        """One command ends every process, without complaints, another starts them."""
        self.machine.run("systemctl", "stop", "colloquy.target")
        eventually(
            lambda: "colloquy" not in self.machine.run("ps", "-e", "-o", "user=").split(),
            within=30,
            what="every process has ended",
        )
        assert not self.machine.run("systemctl", "--failed", "--plain", "--no-legend")
        self.machine.run("systemctl", "start", "colloquy.target")
        self._find_what_was_written()

    def the_machine_loses_power(self) -> None:
        """After that it starts by itself, and what was written is there."""
        self.machine.end()
        self.machine.start()
        self._find_what_was_written()

    def _find_what_was_written(self) -> None:
        self._curl(f"{SITE}/readyz", "--retry", "60", "--retry-delay", "1", "--retry-all-errors")
        page = json.loads(self._curl(f"{SITE}/api/v1/threads/{self.thread}/comments"))
        assert [each["author"]["name"] for each in page["results"]] == ["Ada"]

    # -- hands ---------------------------------------------------------------------------------
    def _curl(self, url: str, *more: str) -> str:
        always = ("--silent", "--show-error", "--fail-with-body", "--max-time", "20")
        return self.machine.run("curl", *always, *more, url)

    @staticmethod
    def _sending(body: Any) -> tuple[str, ...]:
        return ("--header", "Content-Type: application/json", "--data", json.dumps(body))

    def _app(self, path: str, body: Any, token: str = "") -> Any:
        """Ask as an app does; its first answers are 401, with what comes next in them."""
        known = ("--header", f"X-Session-Token: {token}") if token else ()
        return json.loads(
            self.machine.run(
                *("curl", "--silent", "--show-error", "--max-time", "20"),
                *(*known, *self._sending(body), f"{SITE}/_allauth/app/v1/{path}"),
            )
        )

    def _mailed(self, address: str) -> str:
        mails = eventually(lambda: self.mailbox.to(address), within=20, what=f"mail to {address}")
        return str(mails[-1].get_content())

    def _main_pid(self, service: str) -> str:
        told = self.machine.run("systemctl", "show", service, "--property=MainPID", "--value")
        return told.strip()

    def _processes_of_web(self) -> set[str]:
        """Those that answer."""
        told = self.machine.run("pgrep", "--full", "--uid", "colloquy", "spawn_main")
        return set(told.split())

    def _sql(self, statement: str) -> str:
        asked = ("runuser", "-u", "colloquy", "--", "psql", "-tA", "-c", statement, "colloquy")
        return self.machine.run(*asked).strip()

    def _asking_while(self, *command: str) -> list[str]:
        """Ask a hundred times, meanwhile run a command; give what failed."""
        asked = "for i in $(seq 100); do curl -s -m 60 -o /dev/null -w '%{http_code}\\n' "
        asking = subprocess.Popen(
            self.machine.command("sh", "-c", f"{asked} {SITE}/readyz; sleep 0.05; done"),
            stdout=subprocess.PIPE,
            text=True,
        )
        time.sleep(1)
        self.machine.run(*command)
        told, _ = asking.communicate()
        return [each for each in told.split() if each != "200"]
