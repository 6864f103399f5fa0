"""Devices and FIFOs."""

import hashlib
import os
import stat

from tests.clients.fetch.downloads.origin import Case
from tnet.clients.fetch.downloads.device import Device


class Devices(Case):
    def test_what_is_none(self):
        """A file, a folder and a name that is free."""
        self.write(b"old")
        for path in (self.path(), self.folder, self.path("free")):
            self.assertIsNone(Device.at(path))

    def test_a_device_is_written_to_as_it_is(self):
        """It stays what it is, and what is written has a checksum."""
        device = Device.at("/dev/null", "sha256")
        device.write(0, [b"hel", b"lo"])
        device.write(5, [b"!"])
        device.save(None)
        device.close()
        self.assertEqual(device.digest, hashlib.sha256(b"hello!").hexdigest())
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_a_full_device(self):
        """The system's reason is told."""
        device = Device.at("/dev/full")
        self.addCleanup(device.close)
        self.assertEqual(self.assertRaises(OSError, device.write, 0, [b"x"]).strerror, "No space left on device")

    def test_a_fifo_without_a_reader(self):
        """Whoever read it has gone."""
        os.mkfifo(self.path())
        reading = os.open(self.path(), os.O_RDONLY | os.O_NONBLOCK)
        device = Device.at(self.path())
        self.addCleanup(device.close)
        os.close(reading)
        self.assertRaises(BrokenPipeError, device.write, 0, [b"x"])

    def test_a_late_thread(self):
        """What comes when everything is over does nothing, whoever has the descriptor's number by then."""
        device = Device.at("/dev/full")
        device.close()
        device.close()
        device.write(0, [b"late"])
