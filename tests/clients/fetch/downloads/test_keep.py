"""Where a download goes, and what it is called."""

import hashlib
import os
import stat

from tests.clients.fetch.downloads.origin import URL, Case, Origin
from tnet.clients.fetch.downloads import download
from tnet.errors import CannotWrite, ChecksumMismatch, HttpStatusRefused, ReceiveFailed, TooLarge
from tnet.events.kinds import TransferEnded


class Places(Case):
    def keep(self, origin, **plan):
        """The name that a body gets."""
        client = self.client(origin, **plan)
        path = self.done(download(client, tuple(client.origins), 1))
        return os.path.relpath(path, self.folder)

    def test_the_name_of_the_url(self):
        """Case 23: that of the one which was asked for, wherever it led."""
        self.assertEqual(self.keep(Origin(b"x")), "body.bin")

    def test_the_name_that_the_answer_gives(self):
        """Case 21: the last part of it, and never a place outside of the folder."""
        for given, name in (
            (b'attachment; filename="report.pdf"', "report.pdf"),
            (b'attachment; filename="../../.bashrc"', "bashrc"),
            (b"attachment; filename*=UTF-8''..%2F..%2F%C3%A4", "ä"),
        ):
            self.assertEqual(self.keep(Origin(b"x", content_disposition=given)), name)
        self.assertEqual(sorted(os.listdir(os.path.dirname(self.folder))), [os.path.basename(self.folder)])

    def test_a_name_that_is_taken(self):
        """Case 24: the next free one."""
        self.write(b"old")
        self.assertEqual(self.keep(Origin(b"x")), "body-1.bin")
        self.assertEqual(self.keep(Origin(b"x")), "body-2.bin")
        self.assertEqual([event.chosen for event in self.world.recorder.of(TransferEnded)], [False, False])
        self.assertEqual(self.content(), b"old")

    def test_a_name_of_ones_own_choice(self):
        """Case 24: it is replaced, by a rename, whatever the answer calls the body; its narrower mode stays."""
        self.write(b"old", "mine")
        os.chmod(self.path("mine"), 0o600)
        origin = Origin(b"new", content_disposition=b"attachment; filename=theirs")
        self.assertEqual(self.keep(origin, path="mine"), "mine")
        self.assertEqual((self.names, self.content("mine")), (["mine"], b"new"))
        self.assertTrue(self.world.recorder.of(TransferEnded)[0].chosen)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("mine")).st_mode), 0o600)

    def test_a_path_without_a_folder(self):
        """It is what it says."""
        path = self.path("own")
        self.assertEqual(self.keep(Origin(b"x"), path=path, folder=None), "own")

    def test_a_device(self):
        """Case 24: it is written to as it is, and stays what it is."""
        client = self.client(Origin(b"x" * 5000), path="/dev/null", folder=None)
        self.assertEqual(self.done(download(client, (URL,), 1)), "/dev/null")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))
        self.assertEqual(self.world.recorder.of(TransferEnded)[0].done_bytes, 5000)

    def test_a_full_device(self):
        """Case 29: exit 23, and no second try."""
        client = self.client(Origin(b"x"), path="/dev/full", folder=None, retry=3)
        self.fails(download(client, (URL,), 1), CannotWrite)
        self.assertEqual(len(client.asked), 1)
        self.assertEqual(self.world.recorder.of(TransferEnded)[0].outcome, "failed")

    def test_a_device_and_its_checksum(self):
        """Case 28: it is told that it is another, though what is written is written."""
        client = self.client(Origin(b"x"), path="/dev/null", folder=None, checksum=("md5", "0" * 32))
        error = self.fails(download(client, (URL,), 1), ChecksumMismatch)
        self.assertEqual((error.path, error.found), ("/dev/null", hashlib.md5(b"x").hexdigest()))

    def test_a_device_and_a_limit(self):
        """Case 36: what comes is counted."""
        client = self.client(Origin(b"x" * 5000), path="/dev/null", folder=None, most_bytes=4999)
        self.fails(download(client, (URL,), 1), TooLarge)

    def test_a_device_has_half_of_it(self):
        """That cannot be taken back: it is not tried again."""
        origin = Origin(b"x" * 5000)
        origin.cut = [3000]
        client = self.client(origin, path="/dev/null", folder=None, retry=3)
        self.fails(download(client, (URL,), 1), ReceiveFailed)
        self.assertEqual(len(client.asked), 1)

    def test_a_device_and_an_error(self):
        """It is refused where that was asked for."""
        client = self.client(Origin(b"x"), path="/dev/null", folder=None, plan={"fail": True})
        client.origins[URL].bend = lambda head: type(head)(head.version, 404, head.reason, head.fields)
        self.fails(download(client, (URL,), 1), HttpStatusRefused)
