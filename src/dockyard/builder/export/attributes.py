"""Attributes of exporters: `--output type=image,name=x,push=true`. Read before the build begins, unknown ones refused.

https://github.com/moby/buildkit/tree/v0.25.1#output and exporter/containerimage/exptypes/keys.go there
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dockyard.builder.export.annotations import Annotations, take_annotations
from dockyard.errors import InvalidParameter
from dockyard.store.content.compression import Compression

TRUE: Final = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE: Final = frozenset(("0", "f", "F", "FALSE", "false", "False"))
_COMPRESSIONS: Final = {
    "uncompressed": Compression.NONE,
    "gzip": Compression.GZIP,
    "zstd": Compression.ZSTD,
}
_LEVELS: Final = {Compression.NONE: range(-1, 1), Compression.GZIP: range(-1, 10), Compression.ZSTD: range(23)}


class Attributes:
    """What was given, taken piece by piece; what is left at the end is unknown. `exporter`: for messages."""

    def __init__(self, exporter: str, given: Mapping[str, str]) -> None:
        self._exporter = exporter
        self._left = dict(given)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """A boolean as Go reads it; present without a value is true."""
        text = self._left.pop(key, None)
        if text is None:
            return default
        if text == "" or text in TRUE:
            return True
        if text in _FALSE:
            return False
        raise InvalidParameter(
            f'non-bool value specified for {key}: strconv.ParseBool: parsing "{text}": invalid syntax'
        )

    def optional_flag(self, key: str) -> bool | None:
        """The same, None when it isn't there."""
        return self.flag(key) if key in self._left else None

    def text(self, key: str, default: str = "") -> str:
        """A text."""
        return self._left.pop(key, default)

    def number(self, key: str) -> int | None:
        """A whole number; None when it isn't there or empty."""
        text = self._left.pop(key, "")
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise InvalidParameter(f"non-integer value {text} specified for {key}") from None

    def annotations(self) -> Annotations:
        """All `annotation….<key>`."""
        found, self._left = take_annotations(self._left)
        return found

    def end(self, *, ignored: tuple[str, ...] = ()) -> None:
        """Refuse what nobody took; `ignored` are those that clients send for themselves."""
        unknown = sorted(set(self._left) - set(ignored))
        if unknown:
            raise InvalidParameter(f"unknown attribute {unknown[0]!r} for exporter {self._exporter}".replace("'", '"'))


@dataclass(frozen=True, slots=True)
class LayerForm:
    """How layers' blobs are compressed. `force`: also those that exist in another form; `level` None: ours."""

    compression: Compression = Compression.GZIP
    level: int | None = None
    force: bool = False


def take_layer_form(attributes: Attributes) -> LayerForm:
    """`compression`, `compression-level`, `force-compression`."""
    name = attributes.text("compression", "gzip")
    if name == "estargz":
        raise InvalidParameter("compression=estargz is not supported: use gzip, zstd or uncompressed")
    compression = _COMPRESSIONS.get(name)
    if compression is None:
        raise InvalidParameter(f"unsupported layer compression type: {name}")
    level = attributes.number("compression-level")
    if level is not None and level not in _LEVELS[compression]:
        raise InvalidParameter(f"compression-level {level} is out of range for compression={name}")
    return LayerForm(compression, level, attributes.flag("force-compression"))


@dataclass(frozen=True, slots=True)
class ImageForm:
    """What exporters of images have in common: names, and how manifests and layers are written.

    `oci`: OCI media types, Docker's when False, None: whatever the exporter does by default. `artifact`: attestations
    are OCI artifacts. `epoch_seconds`: no time in the image is later.
    """

    names: tuple[str, ...] = ()
    layers: LayerForm = field(default_factory=LayerForm)
    oci: bool | None = None
    artifact: bool = False
    annotations: Annotations = field(default_factory=Annotations)
    epoch_seconds: int | None = None
    inline_attestations: bool = False
    rewrite_timestamp: bool = False


def take_image_form(attributes: Attributes, *, inline_attestations: bool) -> ImageForm:
    """The common attributes. Raises InvalidParameter for those that contradict each other."""
    form = ImageForm(
        names=tuple(filter(None, attributes.text("name").split(","))),
        layers=take_layer_form(attributes),
        oci=attributes.optional_flag("oci-mediatypes"),
        artifact=attributes.flag("oci-artifact"),
        annotations=attributes.annotations(),
        epoch_seconds=take_epoch(attributes),
        inline_attestations=attributes.flag("attestation-inline", default=inline_attestations),
        rewrite_timestamp=attributes.flag("rewrite-timestamp"),
    )
    if attributes.flag("prefer-nondist-layers"):
        raise InvalidParameter("prefer-nondist-layers is not supported: all layers are distributable here")
    if form.oci is False and form.layers.compression is Compression.ZSTD:
        raise InvalidParameter('exporter option "compression=zstd" conflicts with "oci-mediatypes=false"')
    if form.oci is False and form.artifact:
        raise InvalidParameter('exporter option "oci-artifact=true" conflicts with "oci-mediatypes=false"')
    return form


def take_epoch(attributes: Attributes) -> int | None:
    """`source-date-epoch`, seconds since 1970."""
    text = attributes.text("source-date-epoch")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 11:
        raise InvalidParameter(f'invalid source-date-epoch: strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)
