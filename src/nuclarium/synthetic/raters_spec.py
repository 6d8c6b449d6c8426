"""What a synthetic rating study is: its fields, its raters by group, its arms."""

from __future__ import annotations

from dataclasses import dataclass, fields

from nuclarium.core.errors import SettingsError
from nuclarium.synthetic.raters_classes import NUCLS, NucleusClass

NO_NUCLEUS, UNDETECTED = "no nucleus", "undetected"
"""What stands in the planted table of confusions where nothing is, and where nothing was marked."""


@dataclass(frozen=True, slots=True)
class Group:
    """Raters of one kind; each rater's own numbers are drawn around these.

    Parameters
    ----------
    name : str
    count : int
    accuracy : float
        Median over raters of the probability to name the class of a detected nucleus rightly, in a
        class of ease 0.
    spread : float
        Standard deviation over raters of the logit of accuracy, misses and false alarms.
    bias : float
        Standard deviation of the logarithm of how gladly a rater errs towards a class.
    miss : float
        Median probability not to mark a nucleus.
    false_alarm : float
        Median probability to mark something that only looks like a nucleus.
    spurious : float
        Marks a field at places where nothing is, on average.
    jitter : float
        Standard deviation of an edge of a drawn box, in lengths of the box.
    coverage : float
        Share of fields that a rater looks at.
    anchoring : float
        Probability to take a suggestion as it is: mark, class and outline.
    seconds : float
        Median time for a mark that is drawn; an accepted outline takes a third.
    """

    name: str
    count: int
    accuracy: float
    spread: float = 0.35
    bias: float = 0.4
    miss: float = 0.1
    false_alarm: float = 0.15
    spurious: float = 0.3
    jitter: float = 0.06
    coverage: float = 0.9
    anchoring: float = 0.3
    seconds: float = 4.0


@dataclass(frozen=True, slots=True)
class Arm:
    """A condition under which all raters work, with or without suggestions.

    Parameters
    ----------
    name : str
    suggested : float
        Share of nuclei with a suggestion; 0 for an arm without suggestions.
    accuracy : float
        Probability that the suggested class is right.
    good_outline : float
        Probability that the suggested outline is good.
    false_suggestion : float
        Share of things that only look like a nucleus that are suggested as one.
    repeats : str
        Name of an earlier arm that this one repeats on part of the fields, or "".
    """

    name: str
    suggested: float = 0.0
    accuracy: float = 1.0
    good_outline: float = 1.0
    false_suggestion: float = 0.0
    repeats: str = ""


GROUPS = (
    Group("SP", 3, 0.84, spread=0.25, bias=0.25, miss=0.07, jitter=0.05, anchoring=0.15),
    Group("JP", 4, 0.78, spread=0.30, bias=0.35, miss=0.09, jitter=0.06, anchoring=0.25),
    Group(
        "NP",
        18,
        0.62,
        spread=0.50,
        bias=0.60,
        miss=0.14,
        false_alarm=0.25,
        spurious=0.6,
        jitter=0.08,
        coverage=0.75,
        anchoring=0.40,
        seconds=5.0,
    ),
)
"""Senior and junior pathologists and non-pathologists, as in the multi-rater part of NuCLS."""

ARMS = (
    Arm("U-control"),
    Arm("B-control", 0.55, accuracy=0.60, good_outline=0.40, false_suggestion=0.5),
    Arm("E", 0.90, accuracy=0.82, good_outline=0.80, false_suggestion=0.25),
    Arm("U-control-again", repeats="U-control"),
)


@dataclass(frozen=True, slots=True)
class StudySpec:
    """A rating study.

    Parameters
    ----------
    fields : int
        Fields of view.
    groups : tuple of Group
    arms : tuple of Arm
    classes : tuple of NucleusClass
    size_px : int
        Side of a field.
    nuclei : float
        Nuclei a field, on average.
    mixing : float
        How alike fields are in their classes: concentration of a Dirichlet distribution around the
        shares.
    lookalikes : float
        Things a field, on average, that only look like a nucleus.
    difficulty, visibility : float
        Standard deviation over nuclei of what is taken from the logit of everybody's accuracy and
        detection; 0 if all nuclei are alike. Planted rates are averages over nuclei all the same.
    common_error : float
        Share of errors that go to the one class that the nucleus looks like to everybody.
    inside : float
        Share of errors that stay inside a super class.
    memory : float
        Probability that a rater judges a nucleus in a later arm as in the first, apart from
        suggestions.
    repeated : float
        Share of fields that are seen again in an arm that repeats another.
    accept_good, accept_bad : float
        Probability to accept a good and a bad outline where it is judged.
    points : float
        Share of marks that are points, by a slip.
    """

    fields: int = 53
    groups: tuple[Group, ...] = GROUPS
    arms: tuple[Arm, ...] = ARMS
    classes: tuple[NucleusClass, ...] = NUCLS
    size_px: int = 320
    nuclei: float = 28.0
    mixing: float = 4.0
    lookalikes: float = 3.0
    difficulty: float = 1.2
    visibility: float = 1.2
    common_error: float = 0.4
    inside: float = 0.65
    memory: float = 0.5
    repeated: float = 0.3
    accept_good: float = 0.9
    accept_bad: float = 0.2
    points: float = 0.002

    def __post_init__(self) -> None:
        for what, least in (("fields", 1), ("size_px", 64), ("nuclei", 1)):
            if getattr(self, what) < least:
                raise SettingsError(
                    f"A rating study needs {what} of at least {least}, but got "
                    f"{getattr(self, what)}."
                )
        _check_shares(self, _STUDY_SHARES)
        for group in self.groups:
            _check_shares(group, _GROUP_SHARES)
        for arm in self.arms:
            _check_shares(arm, ("suggested", "accuracy", "good_outline", "false_suggestion"))
        self._check_names()

    def _check_names(self) -> None:
        if sum(max(0, group.count) for group in self.groups) < 1:
            raise SettingsError("A rating study needs at least one rater, but no group has any.")
        for what in ("groups", "arms", "classes"):
            names = [part.name for part in getattr(self, what)]
            if not names or len(set(names)) < len(names) or "" in names:
                raise SettingsError(
                    f"A rating study needs {what} with different names, but got {names}."
                )
        for i, arm in enumerate(self.arms):
            if arm.repeats and arm.repeats not in [other.name for other in self.arms[:i]]:
                raise SettingsError(
                    f"Arm {arm.name!r} must repeat an arm that comes before it, but got "
                    f"{arm.repeats!r}."
                )


_STUDY_SHARES = (
    "common_error",
    "inside",
    "memory",
    "repeated",
    "accept_good",
    "accept_bad",
    "points",
)
_GROUP_SHARES = ("accuracy", "miss", "false_alarm", "coverage", "anchoring")


def _check_shares(spec: object, names: tuple[str, ...]) -> None:
    known = {f.name for f in fields(spec)}  # type: ignore[arg-type]
    for name in names:
        value = getattr(spec, name)
        if name in known and not 0 <= value <= 1:
            raise SettingsError(f"{name} of a rating study must be from 0 to 1, but got {value}.")
