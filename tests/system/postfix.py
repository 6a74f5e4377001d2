"""Postfix as mail servers run it, started on loopback in a temporary folder; it needs the superuser and Debian's package."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """
compatibility_level = 3.6
queue_directory = {place}/spool
data_directory = {place}/data
maillog_file_prefixes = {place}
maillog_file = {place}/log
myhostname = mail.example.org
mydestination =
inet_interfaces = 127.0.0.1
smtpd_peername_lookup = no
smtputf8_enable = yes
smtpd_tls_security_level = encrypt
smtpd_tls_received_header = yes
smtpd_tls_cert_file = {place}/server.pem
smtpd_tls_key_file = {place}/server.pem
message_size_limit = {limit}
virtual_mailbox_limit = 0
virtual_mailbox_domains = example.org
virtual_mailbox_base = {place}/mail
virtual_mailbox_maps = texthash:{place}/etc/people
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_recipient_restrictions = reject_unauth_destination, reject_unlisted_recipient
"""


@dataclass
class Postfix:
    """A running server."""

    port: int
    place: Path

    def mailbox(self, name: str, count: int = 1) -> list[bytes]:
        """Give the messages in somebody's mailbox, as soon as there are so many."""
        folder = self.place / "mail" / name / "new"
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = sorted(folder.glob("*"))
            if len(found) >= count:
                return [path.read_bytes() for path in found]
            time.sleep(0.05)
        raise AssertionError(f"{name} has no mail:\n{(self.place / 'log').read_text()}")


def missing() -> str:
    """Say why it cannot run here; empty when it can."""
    if shutil.which("postfix", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        return "no Postfix"
    return "" if os.geteuid() == 0 else "Postfix is started by the superuser only"


@contextmanager
def postfix(certificate: Path, people: Sequence[str], *, limit: int = 10_000_000) -> Iterator[Postfix]:  # fmt: skip
    """Run a server that takes mail for some people of example.org and asks for STARTTLS."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Its processes give up the superuser's rights, and must reach the folder still.
    # A command that another test typed in this process has left a umask for the owner only.
    before = os.umask(0o022)
    place = Path(tempfile.mkdtemp(prefix="reportkit-postfix-", dir="/tmp"))
    place.chmod(0o755)
    own = pwd.getpwnam("postfix")
    for name in ("etc", "spool", "data", "mail"):
        (place / name).mkdir()
    for name in ("data", "mail"):
        os.chown(place / name, own.pw_uid, own.pw_gid)
    shutil.copy(certificate, place / "server.pem")
    (place / "etc" / "people").write_text("".join(f"{one}@example.org {one}/\n" for one in people), encoding="utf-8")  # fmt: skip
    (place / "etc" / "master.cf").write_text(MASTER.format(port=port))
    (place / "etc" / "main.cf").write_text(MAIN.format(place=place, limit=limit, uid=own.pw_uid, gid=own.pw_gid))  # fmt: skip
    command = ["/usr/sbin/postfix", "-c", str(place / "etc")]
    try:
        done = subprocess.run([*command, "start"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        yield Postfix(port, place)
    finally:
        os.umask(before)
        subprocess.run([*command, "stop"], capture_output=True, check=False)
        shutil.rmtree(place, ignore_errors=True)
