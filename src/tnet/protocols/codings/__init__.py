"""Content codings undone in bounded steps: however much a body claims to hold, little of it is held at once."""

from tnet.protocols.codings.decoder import ACCEPTED, Decoder, decoder

__all__ = ["ACCEPTED", "Decoder", "decoder"]
