"""Real servers that go over to TLS when they are asked to: each in a folder of its own, as a user without rights."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from tests.certificates import Pems, write_pair
from tests.end_to_end.real_world import free_port

SECONDS = 20.0

EXIM = """
exim_user = {user}
exim_group = {group}
admin_groups = {group}
trusted_groups = {group}
keep_environment =
primary_hostname = mail.example
spool_directory = {folder}/spool
log_file_path = {folder}/log-%slog
pid_file_path = {folder}/pid
host_lookup =
acl_smtp_rcpt = deny
tls_advertise_hosts = {tls}
tls_certificate = {folder}/server.crt
tls_privatekey = {folder}/server.key
"""
DOVECOT = """
protocols = {protocol}
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = {tls}
ssl_cert = <{folder}/server.crt
ssl_key = <{folder}/server.key
mail_location = maildir:{folder}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password=unguessed
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}
}}
service anvil {{
  chroot =
}}
service {protocol}-login {{
  chroot =
  inet_listener {protocol} {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener {protocol}s {{
    port = 0
  }}
}}
"""
SLAPD = """
pidfile {folder}/pid
argsfile {folder}/args
{tls}TLSCertificateFile {folder}/server.crt
{tls}TLSCertificateKeyFile {folder}/server.key
database config
"""
VSFTPD = """
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
run_as_launching_user=YES
seccomp_sandbox=NO
anonymous_enable=YES
anon_root={folder}
secure_chroot_dir={folder}
xferlog_enable=NO
ssl_enable={tls}
allow_anon_ssl=YES
ssl_ciphers=HIGH
rsa_cert_file={folder}/server.crt
rsa_private_key_file={folder}/server.key
"""
PROSODY = """
data_path = "{folder}"
pidfile = "{folder}/pid"
modules_enabled = {{ "saslauth"{tls} }}
modules_disabled = {{ "s2s", "offline" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ }}
s2s_ports = {{ }}
s2s_direct_tls_ports = {{ }}
http_ports = {{ }}
https_ports = {{ }}
certificates = "{folder}"
authentication = "internal_hashed"
ssl = {{ certificate = "{folder}/server.crt", key = "{folder}/server.key" }}
log = {{ error = "*console" }}
VirtualHost "localhost"
"""

# What is run, how it is told where its settings are, those settings, and what makes TLS of them, or none.
SERVERS = {
    "smtp": ("exim4", "-bdf -oX 127.0.0.1.{port} -C {path}", EXIM, ("*", "")),
    "imap": ("dovecot", "-F -c {path}", DOVECOT, ("yes", "no")),
    "pop3": ("dovecot", "-F -c {path}", DOVECOT, ("yes", "no")),
    "ldap": ("slapd", "-h ldap://127.0.0.1:{port}/ -f {path} -d 0", SLAPD, ("", "#")),
    "ftp": ("vsftpd", "{path}", VSFTPD, ("YES", "NO")),
    "xmpp": ("prosody", "-F --config {path}", PROSODY, (', "tls"', "")),
}


class StartTlsPeer:
    """A server of `dialect` on a port of loopback until the test is over; without TLS where `tls` is false."""

    def __init__(self, test: TestCase, dialect: str, pems: Pems, *, tls: bool = True) -> None:
        name, words, settings, switch = SERVERS[dialect]
        program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
        if program is None:
            raise SkipTest(f"{name} is not installed")
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="tnet-starttls-"))
        test.addCleanup(shutil.rmtree, self._folder, ignore_errors=True)
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        path = self._folder / "settings.cfg.lua"
        facts = {
            "user": user.pw_name,
            "group": grp.getgrgid(user.pw_gid).gr_name,
            "folder": self._folder,
            "port": self.port,
            "path": path,
            "protocol": dialect,
            "tls": switch[0] if tls else switch[1],
        }
        path.write_text(settings.format(**facts))
        write_pair(self._folder, pems)
        as_user = (
            {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [user.pw_gid]} if os.geteuid() == 0 else {}
        )
        if as_user:
            for each in (self._folder, *self._folder.iterdir()):
                os.chown(each, user.pw_uid, user.pw_gid)
        with (self._folder / "said").open("wb") as said:
            self._process = subprocess.Popen(
                [program, *words.format(**facts).split()],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                **as_user,  # type: ignore[call-overload]  # who it is to be, if it may be anybody
            )
        test.addCleanup(self._end)
        self._wait()

    def _wait(self) -> None:
        """Until it listens, as the system tells; nobody connects to find that out."""
        wanted = f"0100007F:{self.port:04X}"
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            table = Path("/proc/net/tcp").read_text("ascii")
            if any(line.split()[1:4:2] == [wanted, "0A"] for line in table.splitlines()):
                return
            time.sleep(0.02)
        raise AssertionError(f"it does not listen, but says: {(self._folder / 'said').read_text('utf-8', 'replace')}")

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
