"""Names with brackets, and the JSON documents that they make."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage
from tnet.plans.nested import MOST_INDEX, MOST_STEPS, nested_json


def made(*pairs):
    """The document that names and values make."""
    return json.loads(nested_json((name, json.dumps(value)) for name, value in pairs))


def ways(tree, name=""):
    """The names and values that make `tree` again, depth first; empty objects and arrays are values."""
    if isinstance(tree, dict) and tree:
        for key, member in tree.items():
            text = "".join("\\" + character if character in "[]\\" else character for character in key)
            text = "\\" + text if re.fullmatch("[0-9]+", text) else text
            yield from ways(member, f"{name}[{text}]" if name else text)
    elif isinstance(tree, list) and tree:
        for at, element in enumerate(tree):
            yield from ways(element, f"{name}[{at}]")
    else:
        yield name, tree


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="-"), min_size=1, max_size=6)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


class Ways(TestCase):
    def test_members_and_elements(self):
        """A key in brackets is a member, a number an element, and nothing one more element."""
        self.assertEqual(made(("a[b][c]", 1), ("a[d]", 2)), {"a": {"b": {"c": 1}, "d": 2}})
        self.assertEqual(made(("a[]", 1), ("a[]", 2), ("a[0]", 3)), {"a": [3, 2]})
        self.assertEqual(made(("a[][x]", 1), ("a[][x]", 2)), {"a": [{"x": 1}, {"x": 2}]})
        self.assertEqual(made(("a[0][1]", 1)), {"a": [[None, 1]]})

    def test_an_array_has_no_holes(self):
        """What is missing before an element is null, and may come later."""
        self.assertEqual(made(("a[2]", 1), ("a[1][b]", 2)), {"a": [None, {"b": 2}, 1]})

    def test_the_document_may_be_an_array(self):
        """When the first name begins with a bracket."""
        self.assertEqual(made(("[]", 1), ("[]", 2), ("[3][a]", 3)), [1, 2, None, {"a": 3}])
        self.assertEqual(made(), {})

    def test_brackets_as_text(self):
        """A backslash makes text of a bracket or backslash, and of a number in brackets; others stay."""
        self.assertEqual(made((r"a\[b\]", 1), (r"c[d\]e]", 2)), {"a[b]": 1, "c": {"d]e": 2}})
        self.assertEqual(made((r"a\\", 1), (r"b\c", 2), (r"d\\[e]", 3)), {"a\\": 1, r"b\c": 2, "d\\": {"e": 3}})
        self.assertEqual(made((r"a[\1]", 1), ("2", 2), (r"a[x\1]", 3)), {"a": {"1": 1, r"x\1": 3}, "2": 2})

    def test_what_is_no_way_is_refused(self):
        """And the place where it goes wrong is told."""
        for name, at in (("a[b", 4), ("a]", 2), ("a[]b", 4), ("a[-1]", 3), ("[a]", 2), ("[", 2), ("a[b[c]", 4)):
            with self.assertRaises(BadUsage, msg=name) as caught:
                made((name, 1))
            self.assertIn(f"at character {at}", str(caught.exception))

    def test_an_object_is_no_array_and_text_is_neither(self):
        """Two names that want different things of one place do not fit together."""
        for first, second, said in (
            (("a", "x"), "a[b]", "'a' is a string already, and would have to be an object"),
            (("a", 1), "a[]", "'a' is a number already, and would have to be an array"),
            (("a", True), "a[]", "a boolean"),
            (("a[b]", 1), "a[]", "'a' is an object"),
            (("a[b][]", 1), "a[b][c]", "'a[b]' is an array"),
            (("a", 1), "[]", "the document is an object"),
            (("[]", 1), "a", "the document is an array"),
        ):
            with self.assertRaises(BadUsage, msg=second) as caught:
                made(first, (second, 1))
            self.assertIn(said, str(caught.exception))

    def test_the_last_of_equal_names_wins(self):
        """Whatever was there before."""
        self.assertEqual(made(("a[b]", 1), ("a", 2)), {"a": 2})

    def test_a_document_has_bounds(self):
        """One item does not fill the memory."""
        self.assertEqual(len(made((f"a[{MOST_INDEX}]", 1))["a"]), MOST_INDEX + 1)
        for name in (f"a[{MOST_INDEX + 1}]", f"a[{'9' * 5000}]", "a" + "[b]" * MOST_STEPS):
            with self.assertRaises(BadUsage, msg=name[:20]):
                made((name, 1))


class Sources(TestCase):
    def test_a_value_stays_as_it_was_written(self):
        """Its digits, escapes and duplicates."""
        source = '{"x": 1.10, "x":1e400, "y": "\\u00e9"}'
        self.assertEqual(nested_json([("a[]", source)]), '{"a": [' + source + "]}")

    def test_a_name_reaches_into_a_value(self):
        """Only the levels that it passes are written anew."""
        pairs = [("a", '{ "x" : 1.10, "y":[ {"q":1,"q":2.0} , 3 ] }'), ("a[y][]", '"z"'), ("b", "[]"), ("b[]", "{ }")]
        self.assertEqual(
            nested_json([*pairs, ("b[0][c]", "4")]),
            '{"a": {"x": 1.10, "y": [{"q":1,"q":2.0}, 3, "z"]}, "b": [{"c": 4}]}',
        )

    def test_null_gives_way(self):
        """There is nothing in it that could be lost."""
        self.assertEqual(made(("a", None), ("a[b]", 1)), {"a": {"b": 1}})

    def test_a_value_that_is_too_deep_to_be_taken_apart(self):
        """It is a mistake of whoever wrote it, and no crash."""
        with self.assertRaises(BadUsage):
            nested_json([("a", '{"b": ' + "[" * 100000 + "]" * 100000 + "}"), ("a[c]", "1")])

    @given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4))
    def test_any_document_can_be_made(self, tree):
        """Name by name, leaf by leaf."""
        self.assertEqual(made(*ways(tree)), tree)

    @given(
        st.lists(st.tuples(st.text("[]\\ab01-", min_size=1, max_size=9), st.sampled_from(["1", "{}", "[2]", '"x"'])))
    )
    def test_any_names_make_json_or_a_usage_error(self, pairs):
        """Nothing else is raised, and what comes out is JSON."""
        try:
            json.loads(nested_json(pairs))
        except BadUsage:
            pass
