"""What kind of thing a file is, for the eye: its icon, and how it is shown."""

from __future__ import annotations

from enum import StrEnum

from tnet.servers.web.files.media import media_type


class Kind(StrEnum):
    """Named as the icons are."""

    ARCHIVE = "archive"
    AUDIO = "audio"
    CODE = "code"
    DOCUMENT = "document"
    FILE = "file"
    IMAGE = "image"
    VIDEO = "video"


_CODE_ENDINGS = frozenset(
    b"asm bash bat c cc clj cmake cpp cs css csv dart diff ex fs go gradle graphql h hpp hs html ini java jl js json "
    b"jsonl jsx kt less lisp lua m mjs ml nix patch php pl ps1 py r rb rs scala scss sh sql svelte swift tcl tf toml "
    b"ts tsx vim vue xml yaml yml zig".split()
)
_ARCHIVES = frozenset(b"7z bz2 deb gz iso jar rar rpm tar tgz whl xz zip zst".split())
_DOCUMENTS = frozenset(b"adoc doc docx epub log md markdown odp ods odt pdf ppt pptx rst rtf tex txt xls xlsx".split())
_SHOWN_AS_PICTURES = frozenset(
    b"image/" + name for name in b"avif bmp gif jpeg png svg+xml vnd.microsoft.icon webp x-icon".split()
)


def kind_of(name: bytes) -> Kind:
    """The kind that a file's name promises."""
    ending = ending_of(name)
    for kind, endings in ((Kind.CODE, _CODE_ENDINGS), (Kind.ARCHIVE, _ARCHIVES), (Kind.DOCUMENT, _DOCUMENTS)):
        if ending in endings:
            return kind
    family = media_type(name).partition(b"/")[0]
    return {b"image": Kind.IMAGE, b"audio": Kind.AUDIO, b"video": Kind.VIDEO, b"text": Kind.DOCUMENT}.get(
        family, Kind.FILE
    )


def is_picture(name: bytes) -> bool:
    """Whether browsers show it as a picture."""
    return media_type(name).partition(b";")[0] in _SHOWN_AS_PICTURES


def ending_of(name: bytes) -> bytes:
    """What follows the last dot, in small letters; nothing for a name that only begins with one."""
    stem, dot, ending = name.rpartition(b".")
    return ending.lower() if stem and dot else b""
