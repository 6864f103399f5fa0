"""Tests for what is shown of the bodies of requests."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols.masked_bodies import mask_body

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


class BodyTests(SynchronousTestCase):
    """`mask_body`."""

    def masked(self, text: str, media_type: str = "application/json") -> str:
        """Some text as it is shown."""
        return mask_body(text.encode(), media_type).decode()

    def test_forms(self) -> None:
        """In the coding of URLs."""
        kind = "Application/X-WWW-Form-Urlencoded; charset=utf-8"
        self.assertEqual(self.masked("user=u&password=s3cret&x=é", kind), "user=u&password=***&x=é")

    def test_parts(self) -> None:
        """Of multipart/form-data, whatever other headers they have."""
        part = '--b\r\nContent-Disposition: form-data; name="{}"\r\nContent-Type: text/plain\r\n\r\n{}\r\n'
        body = part.format("api_key", "s3\r\ncret") + part.format("user", "u") + part.format("token", "t") + "--b--\r\n"
        shown = part.format("api_key", "***") + part.format("user", "u") + part.format("token", "***") + "--b--\r\n"
        self.assertEqual(self.masked(body, "multipart/form-data; boundary=b"), shown)

    def test_json(self) -> None:
        """Values of secret names are masked, of any kind and however deep; the rest stays as it was written."""
        for text, shown in {
            '{"user": "u",  "password" : "s\\"3,cret"}': '{"user": "u",  "password" : "***"}',
            '{"token":12.50,"n":1.0}': '{"token":"***","n":1.0}',
            '[{"secret": {"a": ["x", {"b": 1}]}, "c": 2}]': '[{"secret": {"***": ["***", {"***": "***"}]}, "c": 2}]',
            '{"code": "1"}\n{"codes": "1"}': '{"code": "***"}\n{"codes": "1"}',
            '"token"': '"token"',
        }.items():
            self.assertEqual(self.masked(text, "application/vnd.api+json"), shown)

    def test_the_beginning(self) -> None:
        """What is cut off in the middle of a secret shows none of it."""
        self.assertEqual(self.masked('{"token": "s3cr'), '{"token": "***"')
        self.assertEqual(self.masked('{"token": ["s3cret", "a'), '{"token": ["***", "***"')

    def test_others(self) -> None:
        """Bodies of other kinds stay as they are."""
        self.assertEqual(self.masked("password=x", "text/plain"), "password=x")

    @given(_VALUES)
    def test_any_json(self, value: Any) -> None:
        """Under a secret name nothing is left, and what follows is as it was."""
        hidden = self.masked(json.dumps({"token": value, "after": 7}))
        self.assertEqual(json.loads(hidden)["after"], 7)
        self.assertLessEqual(set(_leaves(json.loads(hidden)["token"])), {"***"})


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for pair in value.items() for each in pair for leaf in _leaves(each)]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]
