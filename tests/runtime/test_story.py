"""The runtime's idea of a story is the view's."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.plans.output import OutputPlan
from tnet.runtime import story
from tnet.view.choose import choose


class StoryTests(TestCase):
    """The seam between runtime and view."""

    def test_the_view_has_everything(self) -> None:
        """What the view chooses has each attribute and method that the runtime calls."""
        told = choose(OutputPlan(), "fetch")
        wanted = {name for name in (*vars(story.Story), *story.Story.__annotations__) if not name.startswith("_")}
        self.assertGreater(len(wanted), 6)
        self.assertEqual({name for name in wanted if not hasattr(told, name)}, set())
