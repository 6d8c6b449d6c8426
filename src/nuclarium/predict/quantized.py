"""The network of a model file in 8-bit integers, which the file may carry beside the one in floats.

It lies in the file's metadata, so that a model stays one file with one hash, any tool for ONNX
still finds the network in single precision, and training can go on from that one.
"""

from __future__ import annotations

import base64
import binascii
import zlib

from nuclarium.core.errors import ModelError
from nuclarium.predict.onnx_metadata import read_network_metadata

INT8_KEY = "nuclarium.int8"


def packed(network: bytes) -> str:
    """Text for the metadata of a model file, of the ONNX file of its 8-bit network."""
    return base64.b64encode(zlib.compress(network, 9)).decode("ascii")


def has_int8_network(model_file: bytes) -> bool:
    """Whether a model file carries an 8-bit network; what is no ONNX file does not."""
    try:
        return INT8_KEY in read_network_metadata(model_file)
    except ValueError:
        return False


def int8_network(model_file: bytes) -> bytes | None:
    """ONNX file of the 8-bit network that a model file carries, if it does.

    Raises
    ------
    ModelError
        If the file carries one that cannot be unpacked.
    """
    try:
        text = read_network_metadata(model_file).get(INT8_KEY)
        return None if text is None else zlib.decompress(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, zlib.error) as error:
        raise ModelError(
            f"The 8-bit network of this model file cannot be unpacked ({error}). Make it again "
            "with `nuclarium quantize`, or take a shipped model."
        ) from error
