"""The channels of a connection that has logged in, with a bound on each thing that a peer may ask for.

Source: RFC 4254.
"""

from __future__ import annotations

import struct
from typing import Any

from twisted.conch.error import ConchError
from twisted.conch.ssh import connection as conch
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.transport import DISCONNECT_BY_APPLICATION

from tnet.escape import excerpt
from tnet.events.kinds import SshChannelChanged
from tnet.protocols.ssh.channel import Channel
from tnet.protocols.ssh.wire import Malformed, Reader

MOST_CHANNELS = 10


class Connection(conch.SSHConnection):
    """Opens channels as the avatar allows, at most `MOST_CHANNELS` at a time."""

    transport: Any

    def serviceStarted(self) -> None:
        self._leaving = False
        self.transport.drained = self._flush_all
        super().serviceStarted()

    def serviceStopped(self) -> None:
        self.transport.drained = None
        super().serviceStopped()

    @property
    def is_paused(self) -> bool:
        """Whether the peer reads slower than we send."""
        return bool(self.transport.is_paused)

    def goodbye(self, text: str) -> bool:
        """Give each session a last line and its end; false when there is none."""
        self._leaving = bool(self.channels)
        for channel in tuple(self.channels.values()):
            channel.goodbye(text)
        return self._leaving

    def report(self, channel: Any, action: str, detail: str = "") -> None:
        """Report what happened to a channel."""
        name = f"{(channel.name or b'channel').decode()} {channel.id}"
        self.transport.trace.emit(SshChannelChanged, channel=name, action=action, detail=detail)

    # ── windows ──

    def adjustWindow(self, channel: Channel, bytesToAdd: int) -> None:
        """Let the peer send more, unless the channel has enough to do."""
        if not channel.is_full:
            super().adjustWindow(channel, bytesToAdd)

    def refill(self, channel: Channel) -> None:
        """Open a window that was left to shrink while the channel was full."""
        if channel in self.channelsToRemoteChannel and channel.localWindowLeft < channel.localWindowSize // 2:
            self.adjustWindow(channel, channel.localWindowSize - channel.localWindowLeft)

    def _flush_all(self) -> None:
        for channel in tuple(self.channels.values()):
            channel.flush()

    # ── messages ──

    def ssh_CHANNEL_OPEN(self, packet: bytes) -> None:
        """Open a channel, or say why not."""
        fields = Reader(packet)
        kind, sender, window, most = fields.string(), fields.number(), fields.number(), fields.number()
        try:
            channel = self._admit(kind, window, most, fields.rest())
        except ConchError as error:
            # Conch raises it with code and text in either order.
            code, text = sorted(error.args, key=lambda part: isinstance(part, str))
            self._refuse(sender, kind, code, text)
            return
        channel.id = self.localChannelID
        self.localChannelID += 1
        self.channels[channel.id] = channel
        self.channelsToRemoteChannel[channel] = sender
        self.localToRemoteChannel[channel.id] = sender
        numbers = struct.pack(">4L", sender, channel.id, channel.localWindowSize, channel.localMaxPacket)
        self.transport.sendPacket(conch.MSG_CHANNEL_OPEN_CONFIRMATION, numbers + channel.specificData)
        self.report(channel, "open")

    def _admit(self, kind: bytes, window: int, most: int, data: bytes) -> Any:
        if self._leaving:
            raise ConchError(conch.OPEN_ADMINISTRATIVELY_PROHIBITED, "the server is stopping")
        if len(self.channels) >= MOST_CHANNELS:
            raise ConchError(conch.OPEN_RESOURCE_SHORTAGE, f"at most {MOST_CHANNELS} channels at a time")
        return self.getChannel(kind, window, most, data)

    def _refuse(self, sender: int, kind: bytes, code: int, text: str) -> None:
        refusal = struct.pack(">2L", sender, code) + NS(text) + NS(b"")
        self.transport.sendPacket(conch.MSG_CHANNEL_OPEN_FAILURE, refusal)
        self.transport.trace.emit(SshChannelChanged, channel=excerpt(kind, 64), action="refused", detail=text)

    def ssh_CHANNEL_OPEN_CONFIRMATION(self, packet: bytes) -> None:
        """The peer opened a channel for us, which must be one that we asked for."""
        self._must_be_opening(packet)
        super().ssh_CHANNEL_OPEN_CONFIRMATION(packet)

    def ssh_CHANNEL_OPEN_FAILURE(self, packet: bytes) -> None:
        """The peer would not open a channel for us, which must be one that we asked for."""
        self._must_be_opening(packet)
        super().ssh_CHANNEL_OPEN_FAILURE(packet)

    def _must_be_opening(self, packet: bytes) -> None:
        if Reader(packet).number() in self.localToRemoteChannel:
            raise Malformed("that channel is open already")

    def ssh_CHANNEL_REQUEST(self, packet: bytes) -> None:
        """Ask the channel; what it wants to do after it said yes is done after the peer was told."""
        fields = Reader(packet)
        channel = self.channels[fields.number()]
        name, wants_reply = fields.string(), fields.boolean()
        if channel.localClosed:
            return
        answer = channel.requestReceived(name, fields.rest())
        if wants_reply:
            number = conch.MSG_CHANNEL_SUCCESS if answer else conch.MSG_CHANNEL_FAILURE
            self.transport.sendPacket(number, struct.pack(">L", self.channelsToRemoteChannel[channel]))
        if callable(answer):
            answer()

    def channelClosed(self, channel: Any) -> None:
        if channel in self.channelsToRemoteChannel:
            self.report(channel, "close")
        super().channelClosed(channel)
        if self._leaving and not self.channels:
            self.transport.sendDisconnect(DISCONNECT_BY_APPLICATION, b"the server is stopping")
