"""What a server tells its clients that they may do."""

from h2.events import RemoteSettingsChanged
from h2.settings import SettingCodes
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.http2.client import Client
from tnet.protocols.http1.heads import HeadLimits
from tnet.protocols.http2.settings import CONNECTION_WINDOW, MOST_STREAMS, STREAM_WINDOW, serving_connection


class Told(SynchronousTestCase):
    def test_the_limits(self):
        """Streams, windows and headers are bounded, and the client knows."""
        client = Client().hears(serving_connection(HeadLimits())[0].data_to_send())
        (event,) = client.of(RemoteSettingsChanged)
        told = {code: change.new_value for code, change in event.changed_settings.items()}
        self.assertEqual(told[SettingCodes.MAX_CONCURRENT_STREAMS], MOST_STREAMS)
        self.assertEqual(told[SettingCodes.INITIAL_WINDOW_SIZE], STREAM_WINDOW)
        self.assertEqual(told[SettingCodes.MAX_HEADER_LIST_SIZE], 32768)
        self.assertEqual(client.h2.outbound_flow_control_window, CONNECTION_WINDOW)
