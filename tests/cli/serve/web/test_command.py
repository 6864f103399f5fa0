"""`tnet serve web`: argv in, plan out."""

from __future__ import annotations

import os

from twisted.trial.unittest import TestCase

from tests.cli.serve.planned import plan
from tests.cli.test_main import said
from tnet.cli.main import parse
from tnet.plans.web import WebPlan, parse_acl, parse_bin, parse_proxy


class WebTests(TestCase):
    """Its own options."""

    def test_defaults(self) -> None:
        """Without options the plan is the default one, of here."""
        asked = plan("web")
        self.assertEqual(asked, WebPlan(listen=asked.listen))

    def test_flags(self) -> None:
        """Each flag changes the one field that it is about."""
        for flag, field, value in (
            ("--hidden", "hidden", True),
            ("--follow-symlinks", "follow_symlinks", True),
            ("--spa", "spa", True),
            ("--no-archive", "archives", False),
            ("--upload", "upload", True),
            ("--cors", "cors", True),
            ("--no-compress", "compress", False),
            ("--live-reload", "live_reload", True),
            ("--inspect", "inspect", True),
            ("--qr", "qr", True),
            ("--open", "open_browser", True),
        ):
            asked = plan("web", flag)
            self.assertEqual(asked, WebPlan(listen=asked.listen, **{field: value}), flag)

    def test_no_listing(self) -> None:
        """What may not be seen cannot be had as a whole either."""
        asked = plan("web", "--no-listing")
        self.assertEqual((asked.listing, asked.archives), (False, False))

    def test_values(self) -> None:
        """Sizes, names and rules are parsed."""
        web = plan(
            "web", "/srv", "--index", "a", "--max-body", "5MiB", "--quota", "1G", "--min-free", "0", "--rate", "1k"
        )
        self.assertEqual((web.root, web.index, web.max_body_bytes), ("/srv", ("a",), 5 << 20))
        self.assertEqual((web.quota_bytes, web.min_free_bytes, web.rate_bytes), (10**9, 0, 1000))
        rules = "/docs=@staff:lrw,*:r"
        web = plan("web", "--acl", rules, "--acl", "/=+:all", "--users", "htpasswd:x")
        self.assertEqual((web.acl, web.users), (parse_acl(rules) + parse_acl("/=+:all"), "htpasswd:x"))
        web = plan("web", "--proxy", "/api=http://h:1", "--bin", "/hook:status=202", "--header", "X-A: b")
        self.assertEqual((web.proxies, web.bins), ((parse_proxy("/api=http://h:1"),), (parse_bin("/hook:status=202"),)))
        self.assertEqual(web.fields, (("X-A", "b"),))
        self.assertEqual(plan("web", "--cache-control", "max-age=60").cache_control, "max-age=60")
        modifying = plan("web", "--modify")
        self.assertEqual((modifying.upload, modifying.modify), (True, True))
        self.assertEqual(str(plan("web", "--fault", "bandwidth=1KiB").faults[0]), "bandwidth=1KiB")

    def test_variable_of_several_lines(self) -> None:
        """A variable holds one header, bin or rule on each line, as they may hold spaces."""
        self.patch(os, "environ", os.environ | {"TNET_SERVE_WEB_HEADER": "X-A: b c\nX-D: e"})
        self.assertEqual(plan("web").fields, (("X-A", "b c"), ("X-D", "e")))

    def test_access_log(self) -> None:
        """The access log is a matter of how the story is told."""
        asked = parse(["serve", "web", "--access-log", "log", "--access-log-format", "json"])
        assert asked is not None
        self.assertEqual((asked.output.access_log, asked.output.access_log_format), ("log", "json"))
        self.assertEqual(asked.plan, plan("web"))
        status, _, err = said(["serve", "web", "--access-log", "-", "--events", "-"])
        self.assertEqual(status, 2)
        self.assertIn("--access-log", err)

    def test_refused(self) -> None:
        """What cannot be meant is refused in one line that names the option."""
        for argv, field in (
            (("--acl", "x"), "--acl"),
            (("--proxy", "/api"), "--proxy"),
            (("--proxy", "/api=ftp://h"), "http:// and https:// can be asked"),
            (("--bin", "hook"), "--bin"),
            (("--header", "X"), "--header"),
            (("--cache-control", "a\nb"), "--cache-control"),
            (("--fault", "rain=1"), "--fault"),
            (("--bin", "/a", "--bin", "/a"), "--bin"),
        ):
            status, out, err = said(["serve", "web", *argv])
            self.assertEqual((status, out), (2, ""), argv)
            self.assertIn(field, err)
