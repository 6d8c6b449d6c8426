"""The metadata of an ONNX file, read without starting the network or loading the onnx package.

An ONNX file is one protobuf message; its field 14 holds key-value pairs [1]_.

References
----------
.. [1] https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, ModelProto.metadata_props
"""

from __future__ import annotations

from collections.abc import Iterator

METADATA_PROPS = 14
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def read_network_metadata(network: bytes) -> dict[str, str]:
    """Return the key-value pairs that an ONNX file carries.

    Raises
    ------
    ValueError
        If the bytes are no protobuf message.
    """
    pairs = (dict(_fields(value)) for number, value in _fields(network) if number == METADATA_PROPS)
    return {pair[1].decode(): pair.get(2, b"").decode() for pair in pairs}


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each field that has a length; others are passed over."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            _, position = _varint(message, position)
        elif kind == _LENGTH:
            length, position = _varint(message, position)
            if position + length > len(message):
                raise ValueError("it ends in the middle of a field")
            yield number, message[position : position + length]
            position += length
        elif kind in (_FIXED64, _FIXED32):
            position += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("it is not an ONNX file")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(message) or shift > 63:
            raise ValueError("it is not an ONNX file, or it is truncated")
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
