"""What a reader may change in each chapter: names, types, ranges, defaults, and the help beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from reprlib import Repr
from types import SimpleNamespace
from typing import Literal, NoReturn

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS, OTHER_FACTORS
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.groups import GROUPS

_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 3, 80, 80
Kind = Literal["integer", "number", "text", "list of text"]


@dataclass(frozen=True)
class Parameter:
    """One thing that a reader may change in a chapter.

    Parameters
    ----------
    name : str
        Name of the variable in the cell tagged ``parameters``.
    kind : {"integer", "number", "text", "list of text"}
        Type of the value. An integer passes for a number.
    default : int, float, str or tuple of str
        What the published page runs on.
    help : str
        The comment after the assignment; short, so that both fit on one line.
    choices : tuple of str
        Values that text, or each entry of a list of text, may take; empty for any text.
    shorthands : mapping of str to tuple of str
        Entries of a list that stand for several choices, as ``all`` does.
    numbers : tuple of int
        Values that an integer may take; empty for any in its range.
    minimum, maximum : float
        Range of a number, both ends included.
    slot : str
        Word that each entry of a list has once, unless the list is the default; empty for none.
    """

    name: str
    kind: Kind
    default: int | float | str | tuple[str, ...]
    help: str
    choices: tuple[str, ...] = ()
    shorthands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: tuple[int, ...] = ()
    minimum: float = float("-inf")
    maximum: float = float("inf")
    slot: str = ""

    def problem(self, value: object) -> str | None:
        """Say in one sentence what is wrong with a value, or return None.

        Examples
        --------
        >>> SEED.problem(7)
        >>> SEED.problem("seven")
        "Parameter 'seed' is 'seven'; it takes an integer from 0 to 4,294,967,295."
        """
        if self.kind == "list of text":
            return self._problem_of_list(value)
        if self._fits(value):
            return None
        return f"Parameter '{self.name}' is {_shown(value)}; it takes {self._expectation()}."

    def expand(self, entries: Sequence[str]) -> list[str]:
        """Return the entries of a list with each shorthand replaced by what it stands for.

        Examples
        --------
        >>> Parameter("x", "list of text", ("all",), "", ("a", "b"), {"all": ("a", "b")}).expand(["all"])
        ['a', 'b']
        """
        return [choice for entry in entries for choice in self.shorthands.get(entry, (entry,))]

    def _fits(self, value: object) -> bool:
        if self.kind == "text":
            return isinstance(value, str) and (not self.choices or value in self.choices)
        types = int if self.kind == "integer" else int | float
        if isinstance(value, bool) or not isinstance(value, types):
            return False
        return self.minimum <= value <= self.maximum and (not self.numbers or value in self.numbers)

    def _expectation(self) -> str:
        if self.kind == "text":
            return f"one of {', '.join(self.choices)}" if self.choices else "text"
        if self.numbers:
            return f"one of {', '.join(map(str, self.numbers))}"
        noun = "an integer" if self.kind == "integer" else "a number"
        if self.maximum == float("inf"):
            return noun if self.minimum == float("-inf") else f"{noun}, {self.minimum:g} or more"
        return f"{noun} from {self.minimum:,.10g} to {self.maximum:,.10g}"

    def _problem_of_list(self, value: object) -> str | None:
        where = f"Parameter '{self.name}'"
        if not isinstance(value, list | tuple):
            return f"{where} is {_shown(value)}; write a list as {{{self.name}: [{self._example(value)}]}}."
        if not value:
            return f"{where} is an empty list; it needs at least one entry."
        wrong = [entry for entry in value if not isinstance(entry, str)]
        if wrong:
            return f"{where} holds {_shown(wrong[0])}; each entry must be text."
        known = (*self.shorthands, *self.choices)
        unknown = [entry for entry in value if known and entry not in known]
        if unknown:
            return f"{where} holds {_shown(unknown[0])}; the choices are {', '.join(known)}."
        unfilled = [entry for entry in value if self.slot and entry.split().count(self.slot) != 1]
        if unfilled and tuple(value) != self.default:
            return f"{where} holds {_shown(unfilled[0])}; each entry has one {self.slot} as a word."
        entries = self.expand(value)
        twice = [entry for entry in entries if entries.count(entry) > 1]
        if twice:
            return f"{where} holds {_shown(twice[0])} more than once."
        return None

    def _example(self, value: object) -> str:
        """Give what stands between the brackets: the reader's own words where they make sense."""
        words = value.strip("[]() ").replace("'", "").replace('"', "") if isinstance(value, str) else ""
        entries = [word.strip() for word in words.split(",") if word.strip()]
        if entries and (not self.choices or {*entries} <= {*self.choices, *self.shorthands}):
            return ", ".join(entries)
        return ", ".join(self.choices[:2]) or "first, second"


def _shown(value: object) -> str:
    """Show a value of a reader's in a message, cut where it is long."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits.
        return f"a value of the type {type(value).__name__} that is too long to show"


class CheckedParameters(SimpleNamespace):
    """The values of one run of a chapter, read as attributes. They cannot be set.

    Examples
    --------
    >>> CheckedParameters(seed=0).seed
    0
    """

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: what a chapter ran on must be what its first cell says."""
        raise AttributeError(f"Parameter '{name}' is set in the cell tagged 'parameters'.")


def _choice(name: str, choices: tuple[str, ...], comment: str) -> Parameter:
    """Give a parameter that takes one of some words, by default the first."""
    return Parameter(name, "text", choices[0], comment, choices)


def _several(name: str, choices: tuple[str, ...], comment: str) -> Parameter:
    """Give a parameter that takes some of many words, by default all."""
    return Parameter(name, "list of text", ("all",), comment, choices, {"all": choices})


_ALL_FACTORS = (*HEADLINE_FACTORS, *OTHER_FACTORS)
_LAST_SEED = 2**32 - 1
"""Of Mersenne Twister, and of every generator since."""

SEED = Parameter("seed", "integer", 0, "start of the random numbers", minimum=0, maximum=_LAST_SEED)
_COMMON = (
    Parameter("studies", "list of text", ("published", "miniature"), "studies to show: names, or folders"),
    _several("groups", tuple(GROUPS), "groups of models to show"),
    Parameter("confidence", "number", 0.95, "level of every interval", minimum=0.5, maximum=0.999),
    SEED,
)
_TRAINING_SOURCES = Parameter(
    "training_sources", "list of text", ("main",), "sources of CLIP: main, all, or names"
)

KNOB_NAMES = ("texture_correlation", "wrong", "background_correlation", "rotation_sd", "images", "batch")
"""Knobs of the laboratory that a chapter can show."""

PROPERTY_NAMES = (
    "shape_bias",
    "accuracy",
    "accuracy_shifts",
    "auroc",
    "ece_debiased_before_natural",
    "temperature",
)
"""Properties of a training that a chapter can show."""

CHAPTER_PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "factor-robustness": (
        *_COMMON,
        Parameter(
            "factors",
            "list of text",
            ("headline",),
            "visual factors to show",
            _ALL_FACTORS,
            {"headline": HEADLINE_FACTORS, "all": _ALL_FACTORS},
        ),
        _choice("selection", ("top", "multi"), "top factor of each image, or multi: all"),
        Parameter("baseline_group", "text", "standard", "group that draws the line", tuple(GROUPS)),
        _choice("axes", ("raw", "probit"), "scale of accuracy: raw or probit"),
        _choice("reference_accuracy", ("overall", "without_factor"), "x axis: overall or without_factor"),
        _choice("fit", ("huber", "least_squares", "local"), "line: huber, least_squares or local"),
    ),
    "shape-bias": (
        *_COMMON,
        Parameter("cue_classes", "list of text", ("all",), "classes of the shapes to count: all, or names"),
        _choice("decision_rule", ("mean", "max", "sum"), "over a class's indices: mean, max, sum"),
    ),
    "distribution-shift": (*_COMMON, _TRAINING_SOURCES),
    "ood-correlation": (
        *_COMMON,
        _choice(
            "score",
            ("maximum_softmax", "maximum_concept_matching", "maximum_logit", "energy", "negative_entropy"),
            "score that detects unknown images",
        ),
        Parameter("ood_sets", "list of text", ("all",), "sets of unknown images: all, or names"),
        _TRAINING_SOURCES,
        _choice("positive", ("id", "ood"), "95 % recall is of id or ood images"),
    ),
    "calibration": (
        *_COMMON,
        Parameter("n_bins", "integer", 15, "bins of confidence: 15, 5 or 3", numbers=(15, 5, 3)),
        _choice("binning", ("equal_width", "equal_mass"), "bins: equal_width or equal_mass"),
        Parameter("conditions", "list of text", ("all",), "sets of images to show, by name"),
        _several("scaling", ("before", "after"), "confidences before or after scaling"),
        replace(SEED, name="split_seed", help="halves the digits that are held out"),
    ),
    "prompts": (
        *_COMMON,
        Parameter(
            "prompts",
            "list of text",
            ("none",),
            "your prompts, with {} for the class: none, or a list",
            slot="{}",
        ),
        Parameter("n_subsets", "integer", 20, "random subsets of the templates", minimum=2, maximum=200),
    ),
    "causes": (
        *_COMMON,
        Parameter("knob", "text", "images", "what is turned in the figure of dose and response", KNOB_NAMES),
        _choice("property", PROPERTY_NAMES, "what the figure of the ladder shows"),
    ),
    "claims": _COMMON,
    "what-we-cannot-say": _COMMON,
    "against-the-record": _COMMON,
    "student-laboratory": (
        Parameter("studies", "list of text", ("miniature",), "studies to show: names, or folders"),
        *_COMMON[1:],
        _choice("train", ("no", "yes"), "whether to train a CLIP here: no, or yes"),
        _choice("knob", KNOB_NAMES, "what you change in the world"),
        Parameter("level", "number", 0.9, "where you put it"),
        _choice("captions", ("wit", "laion", "labels"), "whose images and captions to begin with"),
    ),
    "miniature-world": (
        Parameter("studies", "list of text", ("miniature",), "studies to show: names, or folders"),
        *_COMMON[1:],
        Parameter("sources", "list of text", ("labels", "wit", "laion"), "training sources in the tables"),
    ),
    "full-study": (
        Parameter("studies", "list of text", ("field",), "studies to show: names, or folders"),
        *_COMMON[1:],
    ),
}
"""Parameters of each chapter in the order of its cell; a chapter that is not here has none."""


def check_parameters(chapter: str, values: Mapping[str, object]) -> CheckedParameters:
    """Check the values for one run of a chapter, and add the defaults of those not given.

    Parameters
    ----------
    chapter : str
        Name of the chapter, as in ``shape-bias``.
    values : mapping of str to object
        Values by parameter name.

    Returns
    -------
    CheckedParameters
        Every parameter of the chapter as an attribute; each shorthand is replaced by what it stands for.

    Raises
    ------
    ClipsafeError
        With one sentence for each value that is wrong or not known.

    Examples
    --------
    >>> check_parameters("shape-bias", {"seed": 3}).decision_rule
    'mean'
    >>> check_parameters("shape-bias", {"seed": -1})
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: Parameter 'seed' is -1; it takes an integer from 0 to 4,294,967,295.
    """
    parameters = CHAPTER_PARAMETERS.get(chapter, ())
    problems = _unknown_names(chapter, values, [parameter.name for parameter in parameters])
    given = [(parameter, values.get(parameter.name, parameter.default)) for parameter in parameters]
    problems += [problem for parameter, value in given if (problem := parameter.problem(value))]
    if problems:
        raise ClipsafeError(" ".join(problems))
    return CheckedParameters(
        **{
            parameter.name: parameter.expand(value) if isinstance(value, list | tuple) else value
            for parameter, value in given
        }
    )


def parameters_of(chapter: str, names: Mapping[str, object]) -> CheckedParameters:
    """Check the parameters that a page's first cell sets.

    Parameters
    ----------
    chapter : str
        Name of the chapter, as in ``shape-bias``.
    names : mapping of str to object
        What the page has set: its ``globals()``.

    Returns
    -------
    CheckedParameters
        As in `check_parameters`.

    Raises
    ------
    ClipsafeError
        With one sentence for each value that is wrong.

    Examples
    --------
    >>> seed = 3
    >>> parameters_of("shape-bias", globals()).seed
    3
    """
    known = [parameter.name for parameter in CHAPTER_PARAMETERS.get(chapter, ())]
    return check_parameters(chapter, {name: names[name] for name in known if name in names})


def _unknown_names(chapter: str, values: Mapping[str, object], valid: Sequence[str]) -> list[str]:
    what_is_valid = f"the parameters are {', '.join(valid)}" if valid else "it has no parameters"
    return [
        f"Chapter '{chapter}' has no parameter {_shown(name)}; {what_is_valid}."
        for name in values
        if name not in valid
    ]
