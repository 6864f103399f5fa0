"""Tests of `tnet.protocols.websocket`."""
