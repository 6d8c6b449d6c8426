"""Names of NuCLS fields: slide, place on the slide, and who annotated it for which set."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box

_NAME = re.compile(
    r"(?:(?P<participant>.+?)_#_(?P<evalset>.+?)_#_)?"
    r"(?:ANCHFOV-\d+_)?(?P<slide>.+?)(?:_id-(?P<girder_id>[0-9a-fA-F]{24}))?"
    r"_left-(?P<left>-?\d{1,9})_top-(?P<top>-?\d{1,9})"
    r"_bottom-(?P<bottom>-?\d{1,9})_right-(?P<right>-?\d{1,9})(?P<rest>_(?!#_).*)?",
    re.DOTALL,
)
_PARTS = re.compile(r"_#_|_id-[0-9a-fA-F]{24}|_(?:left|top|bottom|right)--?\d")
_TCGA = re.compile(r"TCGA-([0-9A-Z]{2})-([0-9A-Z]{4})(?:-.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FieldName:
    """What the name of a field says.

    Parameters
    ----------
    text : str
        The name without its ending, as it stands.
    slide : str
        Such as ``TCGA-A2-A0CM-DX1``; the whole text where a name is not of NuCLS's form. The number
        that sets of many raters put before it (``ANCHFOV-12_``) is left out.
    girder_id : str or None
        24 hexadecimal digits: the slide on the server that the annotations came from.
    extent : Box or None
        Place on the slide in pixels of its base magnification.
    participant, evalset : str or None
        Of the raw data of many raters only, such as ``SP.3`` and ``U-control``.
    """

    text: str
    slide: str
    girder_id: str | None = None
    extent: Box | None = None
    participant: str | None = None
    evalset: str | None = None

    @property
    def hospital(self) -> str | None:
        """Code of the hospital, the second part of a TCGA barcode; None for other slides."""
        found = _TCGA.fullmatch(self.slide)
        return found[1] if found else None

    @property
    def short_slide(self) -> str:
        """Slide as folds and tables of one rater name it, without the barcode's middle parts.

        ``TCGA-A1-A0SP-01Z-00-DX1`` of the sets of many raters is ``TCGA-A1-A0SP-DX1``.
        """
        patient, last = self.patient, self.slide.rpartition("-")[2]
        return f"{patient}-{last}" if patient and last.upper().startswith("DX") else self.slide

    @property
    def patient(self) -> str | None:
        """The first three parts of a TCGA barcode; None for other slides."""
        found = _TCGA.fullmatch(self.slide)
        return self.slide[: found.end(2)] if found else None


def parse_field_name(text: str) -> FieldName:
    """Return what the name of a field (a file name without its ending) says.

    A name with no part of NuCLS's form is taken as the name of a slide, so that users can name
    fields as they like.

    Raises
    ------
    SettingsError
        If the name has some parts of NuCLS's form but not that form.

    Examples
    --------
    >>> name = parse_field_name(
    ...     "SP.3_#_U-control_#_TCGA-A2-A0CM-DX1_id-5ea40963ddda5f8398979473"
    ...     "_left-20308_top-57208_bottom-57233_right-20331"
    ... )
    >>> name.slide, name.hospital, name.patient, name.participant
    ('TCGA-A2-A0CM-DX1', 'A2', 'TCGA-A2-A0CM', 'SP.3')
    >>> name.extent
    Box(y0=57208, x0=20308, y1=57233, x1=20331)
    """
    found = _NAME.fullmatch(text)
    if found is None:
        if _PARTS.search(text):
            raise SettingsError(
                f"The name of a field must be [participant_#_evalset_#_]slide[_id-24 hexadecimal "
                f"digits]_left-…_top-…_bottom-…_right-…, but got '{text}'. Correct it, or use a "
                "name without these parts."
            )
        return FieldName(text, text)
    left, top, bottom, right = (int(found[k]) for k in ("left", "top", "bottom", "right"))
    if right < left or bottom < top:
        raise SettingsError(
            f"The name of a field must have left ≤ right and top ≤ bottom, but got '{text}'."
        )
    return FieldName(
        text,
        found["slide"],
        found["girder_id"],
        Box(top, left, bottom, right),
        found["participant"],
        found["evalset"],
    )


def field_name(
    slide: str,
    extent: Box,
    *,
    girder_id: str | None = None,
    participant: str | None = None,
    evalset: str | None = None,
) -> FieldName:
    """Make the name of a field of its parts; parsing it gives them back.

    Raises
    ------
    SettingsError
        If a part cannot stand in such a name, or only one of participant and set is given.
    """
    if (participant is None) != (evalset is None):
        raise SettingsError(
            "The name of a field must have both participant and set or none of them, but got "
            f"{participant!r} and {evalset!r}."
        )
    prefix = "" if participant is None else f"{participant}_#_{evalset}_#_"
    girder = "" if girder_id is None else f"_id-{girder_id}"
    text = (
        f"{prefix}{slide}{girder}_left-{extent.x0}_top-{extent.y0}"
        f"_bottom-{extent.y1}_right-{extent.x1}"
    )
    name = FieldName(text, slide, girder_id, extent, participant, evalset)
    if parse_field_name(text) != name or set(text) & set('/\\:*?"<>|'):
        raise SettingsError(f"The parts of a field's name must be told apart in it, not '{text}'.")
    return name
