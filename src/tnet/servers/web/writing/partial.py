"""One request's share of an upload that may take several of them.

Everything here may block: it runs in a worker.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.writing.digests import PIECE_BYTES, Checked
from tnet.servers.web.writing.staging import Staged, is_unfinished, temporary
from tnet.servers.web.writing.targets import Made, Naming, Target
from tnet.servers.web.writing.unfinished import Register, Unfinished

COMPLETE = {b"Upload-Complete": b"?1"}
INCOMPLETE = {b"Upload-Complete": b"?0"}


@dataclass(frozen=True, slots=True)
class Share:
    """What a request brings: bytes from `offset` on, None for wherever the upload is; whether they are the last.

    `complete` None leaves that to the length of the upload. `fresh` begins the upload. `length` is what is said of the
    whole of it, `limit_bytes` what it must not go over.
    """

    offset: int | None
    complete: bool | None
    fresh: bool
    length: int | None
    limit_bytes: int


class Partial:
    """Appends to `upload`, whose hidden file stands beside the name of `target`."""

    def __init__(
        self, target: Target, upload: Unfinished, share: Share, register: Register, naming: Naming, digest: Checked
    ) -> None:
        self._target = target
        self._upload = upload
        self._share = share
        self._register = register
        self._naming = naming
        self._digest = digest
        self._staged: Staged | None = None
        self._began = 0

    @property
    def size(self) -> int:
        """How much of the upload is there."""
        return self._staged.size if self._staged is not None else 0

    def take(self, data: bytes) -> None:
        """Write some of the body.

        Raises: Refusal.
        """
        staged = self.open()
        try:
            self._judge(staged.size + len(data))
            total = max(self._upload.length or 0, staged.size + len(data))
            self._upload.claim.reach(total, self._target.directory.fd, written=staged.size)
            staged.write(data)
        except Refusal:
            self._drop(staged)
            raise
        self._digest.update(data)

    def commit(self) -> Made:
        """All of this request has come: let the file appear, if that was the rest.

        Raises: Refusal.
        """
        staged = self.open()
        try:
            self._digest.judge()
        except Refusal:
            staged.cut(self._began)
            raise
        complete = self._share.complete
        if complete or (complete is None and self._upload.length in (None, staged.size)):
            return self._complete(staged)
        self._upload.claim.settle(staged.size)
        return Made(())

    def release(self) -> None:
        """Keep what there is for the next request, unless it cannot be gone on with."""
        if self._staged is not None:
            self._staged.release()
            self._upload.claim.settle(self._staged.size)
        self._target.close()

    discard = release

    def open(self) -> Staged:
        """The file, once it is sure that it is where this request goes on.

        Raises: Refusal, 409 when the upload goes on somewhere else.
        """
        if self._staged is None:
            staged = Staged(self._target.directory.fd, self._upload.token, resume=not self._share.fresh)
            if self._share.offset not in (None, staged.size):
                staged.release()
                raise elsewhere(staged.size)
            self._staged, self._began = staged, staged.size
            if self._share.length is not None:
                self._upload.length = self._share.length
        return self._staged

    def _judge(self, size: int) -> None:
        if self._upload.length is not None and size > self._upload.length:
            raise Refusal(400, "the upload is longer than was said")
        if size > self._share.limit_bytes:
            raise Refusal(413, f"at most {self._share.limit_bytes} bytes are taken")

    def _complete(self, staged: Staged) -> Made:
        size = staged.size
        try:
            if self._upload.length not in (None, size):
                raise Refusal(400, f"the upload has {size} bytes instead of {self._upload.length}")
            self._check_whole(staged)
            made = self._naming.give(staged, self._target, self._upload.terms)
        except Refusal as refusal:
            self._drop(staged)
            raise Refusal(refusal.status, refusal.reason, refusal.fields | COMPLETE) from refusal
        self._register.complete(self._upload.token, size)
        self._target.keep()
        return made

    def _check_whole(self, staged: Staged) -> None:
        whole = Checked(self._upload.digest)
        at = 0
        while whole.asked and (data := staged.read(at, PIECE_BYTES)):
            whole.update(data)
            at += len(data)
        whole.judge()

    def _drop(self, staged: Staged) -> None:
        self._staged = None
        staged.discard()
        self._register.forget(self._upload.token)


def elsewhere(size: int) -> Refusal:
    """The answer to a request that would go on anywhere else but where the upload is."""
    return Refusal(409, f"the upload goes on at {size}", INCOMPLETE | {b"Upload-Offset": b"%d" % size})


def written(target: Target, token: bytes) -> os.stat_result | None:
    """How much of an upload is there, and since when; None when there is none."""
    try:
        status = os.stat(temporary(token), dir_fd=target.directory.fd, follow_symlinks=False)
    except OSError:
        return None
    return status if is_unfinished(status) else None
