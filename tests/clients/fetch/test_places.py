"""Places to write to."""

import os

from tests.clients.fetch.whole import OK, WholeFetch
from tnet.errors import CannotWrite
from tnet.plans.fetch import Keeping, Memory, Showing


class Places(WholeFetch):
    """What a plan names, before anything is sent."""

    def refused(self, path, **plan):
        """Nobody was asked, and the error names the place."""
        before = len(self.wire.dialled)
        self.start(**plan)
        self.assertEqual((self.error(CannotWrite).path, len(self.wire.dialled)), (path, before))

    def test_where_no_file_can_be(self):
        """In no folder, in a file, in the place of a folder."""
        self.keep("file", b"")
        os.mkdir(self.path("folder"))
        for name in ("nowhere/x", "file/x", "folder"):
            path = os.path.abspath(self.path(name))
            self.refused(path, showing=Showing(har=path))
            self.refused(path, memory=Memory(cookie_jar=path))
            self.refused(path, keeping=Keeping(path=path))
        path = os.path.abspath(self.path("nowhere/x"))
        self.refused(path, memory=Memory(hsts=path))

    def test_a_session_makes_its_folders(self):
        """Unless they cannot be; one that is only read needs none."""
        self.keep("file", b"")
        path = os.path.abspath(self.path("file/session"))
        self.refused(path, memory=Memory(session=path))
        for name, read_only in (("new/folder/session", False), ("none/session", True)):
            self.start(memory=Memory(session=self.path(name), session_read_only=read_only), headers=(("A", "b"),))
            self.answer(OK)
            self.ok()
        self.assertEqual(self.files, ["file", "new"])

    def test_a_folder_for_bodies(self):
        """It is made, with those that it is in, unless something else is there."""
        for keeping in ({"remote_name": True}, {"path": "x"}):
            self.start(keeping=Keeping(folder=self.path("new/folder"), **keeping))
            self.answer(OK)
            self.ok()
        self.assertEqual(sorted(os.listdir(self.path("new/folder"))), ["x"])
        self.keep("file", b"")
        self.refused(self.path("file"), keeping=Keeping(folder=self.path("file"), remote_name=True))

    def test_what_is_sent_nowhere_is_written_nowhere(self):
        """A dry run makes no folder, and neither does a request for a head alone look for one."""
        self.start(dry="offline", keeping=Keeping(folder=self.path("new"), remote_name=True))
        self.ok()
        self.assertEqual(self.files, [])
        self.start(method="HEAD", keeping=Keeping(path=self.path("nowhere/x")))
        self.answer(OK)
        self.ok()

    def test_what_is_no_file(self):
        """A device is written to, whatever may be made beside it."""
        self.start(showing=Showing(har=os.devnull), keeping=Keeping(path=os.devnull))
        self.answer(OK)
        self.ok()
