"""What a result cube is: the names, dims, units and vocabularies that every part agrees on."""

# The names below are the public interface of the project. A study may add a dim to a variable; it renames
# none.

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from clipsafe_utils.metrics.bin_errors import BIN_ERRORS
from clipsafe_utils.registry.groups import GROUPS

Kind = Literal["count", "number", "text"]

SCHEMA_VERSION = 1
"""Raised where a cube that was written before can no longer be read as it was meant."""

HEADLINE_FACTORS = (
    *("pose", "background", "pattern", "color", "smaller"),
    *("shape", "partial_view", "subcategory", "texture", "larger"),
)
"""The ten most frequent top factors of ImageNet-X; that the paper used these ten is an inference."""

OTHER_FACTORS = ("darker", "object_blocking", "person_blocking", "style", "brighter", "multiple_objects")
OVERALL = "overall"
FACTORS = (*HEADLINE_FACTORS, *OTHER_FACTORS, OVERALL)

CUE_CLASSES = (
    *("airplane", "bear", "bicycle", "bird", "boat", "bottle", "car", "cat"),
    *("chair", "clock", "dog", "elephant", "keyboard", "knife", "oven", "truck"),
)
DECISIONS = ("shape", "texture", "other")

EVIDENCE = ("measured", "proxy")
"""Whether a study's cubes speak of real models on real data, or of a stand-in for them."""


LEFT_OUT = "left_out"
"""Attribute of a cube `models`: the sources that a study was built without."""

NUMBERED = ("draw", "bin", "score_bin", "subset", "image", "width")
"""Dims whose labels may be whole numbers; those of all others are names."""


@dataclass(frozen=True)
class Variable:
    """One variable of a cube, and the values that are allowed."""

    name: str
    dims: tuple[str, ...]
    kind: Kind
    long_name: str
    units: str = "1"
    minimum: float = float("-inf")
    maximum: float = float("inf")
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class CubeSchema:
    """One cube: what it holds, and which coordinate values its dims may take or must have."""

    name: str
    title: str
    variables: tuple[Variable, ...]
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: tuple[Variable, ...] = ()
    """Variables that a study may leave out; where they are there, they are checked like the others."""

    @property
    def dims(self) -> tuple[str, ...]:
        """Dims that every cube of the kind has, in the order in which its variables name them."""
        return tuple(dict.fromkeys(dim for variable in self.variables for dim in variable.dims))


def _count(name: str, dims: tuple[str, ...], long_name: str) -> Variable:
    return Variable(name, dims, "count", long_name, minimum=0)


def _share(name: str, dims: tuple[str, ...], long_name: str) -> Variable:
    return _at_most_1(name, dims, long_name, 0)


def _at_most_1(name: str, dims: tuple[str, ...], long_name: str, minimum: float = -1) -> Variable:
    return Variable(name, dims, "number", long_name, minimum=minimum, maximum=1)


def _text(name: str, long_name: str, choices: tuple[str, ...] = ()) -> Variable:
    return Variable(name, ("model",), "text", long_name, units="", choices=choices)


def _positive(name: str, dims: tuple[str, ...], long_name: str, units: str = "1") -> Variable:
    return Variable(name, dims, "number", long_name, units, minimum=0)


_MODELS = CubeSchema(
    "models",
    "Who the models are",
    (
        _text("group", "group of models", tuple(GROUPS)),
        _text("training_source", "data that the network was trained on"),
        _positive("training_images", ("model",), "images in the training source"),
        _positive("samples_seen", ("model",), "images seen during training, repeats counted"),
        _text("architecture", "architecture of the image encoder"),
        _text("family", "unit of independence: models of one family share a design, a source or a run"),
        _text("checkpoint", "name of the weights: two rows with the same checkpoint are one network"),
        _positive("parameters", ("model",), "parameters of the network"),
        _positive("image_size", ("model",), "side of the square input image", "pixel"),
        _text("pretraining", "what the network was trained on before its last training, or none"),
        _text("fine_tuning", "what a CLIP model was fine-tuned on, or none"),
        _text("reference", "where the row comes from"),
    ),
)

SELECTIONS: Mapping[str, str] = {
    "top": "the one factor in which an image departs most from its class; the factors part the images",
    "multi": "every factor in which an image departs from its class",
    "alone_typical": "sets of their own, plain but for one factor; textures typical of the class",
    "alone_random": "sets of their own, plain but for one factor; textures that say nothing of the class",
}
"""How factors were given to images. `overall` is all images that were asked about, or the plain set."""

ALONE = ("alone_typical", "alone_random")
"""Selections whose factors are no parts of the images of `overall`."""

LABEL_RULES: Mapping[str, str] = {
    "class": "the class under which ImageNet files the image",
    "real": "any label of the image in ReaL (Beyer et al. 2020); an image without labels is never right",
    "metaclass": "any class of the same group of classes; all classes outside of named groups are one",
}
"""What counts as right. A cube without the dim `label_rule` counts the class alone."""

LABEL_RULE = "class"
"""What counts as right wherever nothing else is asked for."""

_FACTOR_DIMS = ("selection", "model", "factor")
_FACTORS = CubeSchema(
    "factors",
    "Correct answers on the images of each visual factor",
    (
        _count("hits", _FACTOR_DIMS, "images classified correctly"),
        _count("images", _FACTOR_DIMS, "images that carry the factor"),
    ),
    {"selection": tuple(SELECTIONS), "factor": FACTORS, "label_rule": tuple(LABEL_RULES)},
    optional=(
        _count(
            "hits_inside",
            ("metaclass", "model", "factor"),
            "images classified correctly, of one group of classes, by top factor",
        ),
        _count(
            "images_inside",
            ("metaclass", "factor"),
            "images of one group of classes by top factor, the same for all models",
        ),
    ),
)

CLASS_MEANS, CLASS_TOP, SIXTEEN_NAMES = "1,000 classes, mean", "1,000 classes, top-1", "16 names"
MULTIPLE_CHOICE, ASKED = "multiple choice", "asked"
READ_OUTS = (CLASS_MEANS, CLASS_TOP, SIXTEEN_NAMES, MULTIPLE_CHOICE, ASKED)
"""How an answer among sixteen classes was had: merged from ImageNet's, by name, by letter, in person."""

NO_PROMPTS, PROMPTS_NOT_STATED = "none", "not stated"

_READ_OUT = _text("read_out", "how an answer among sixteen classes was had", READ_OUTS)
_PROMPT_SET = _text("prompt_set", "prompts by which a zero-shot network was asked, or none")
_SHAPE_BIAS = CubeSchema(
    "shape_bias",
    "Decisions on images whose shape and texture disagree, by class of the shape",
    (_count("count", ("model", "cue_class", "decision"), "images decided by this cue"),),
    {"decision": DECISIONS},
    optional=(
        _count("draw_count", ("draw", "model", "decision"), "images decided, as often as they are drawn"),
        _READ_OUT,
        _PROMPT_SET,
    ),
)

_SKILL_DIMS = ("model", "set")
_SIXTEEN_WAY = CubeSchema(
    "sixteen_way",
    "Correct answers among sixteen classes on images that keep little but shape",
    (
        _count("hits", _SKILL_DIMS, "images classified correctly"),
        _count("images", _SKILL_DIMS, "images of the set that the observer saw"),
    ),
    optional=(_READ_OUT,),
)

_SHIFT_DIMS = ("model", "condition")
_SHIFTS = CubeSchema(
    "shifts",
    "Correct answers under each distribution shift and on the same-class subsets of ImageNet",
    (
        _count("hits", _SHIFT_DIMS, "images classified correctly"),
        _count("images", _SHIFT_DIMS, "images of the condition"),
    ),
    optional=(
        _count(
            "draw_hits", ("draw", *_SHIFT_DIMS), "images classified correctly, as often as they are drawn"
        ),
        _count("draw_images", ("draw", "condition"), "images drawn, the same for all models"),
        _PROMPT_SET,
    ),
)

_RECIPES = CubeSchema(
    "recipes",
    "One network fine-tuned by many recipes: correct answers, and the recipe of each run",
    (
        _count("hits", _SHIFT_DIMS, "images classified correctly"),
        _count("images", _SHIFT_DIMS, "images of the condition"),
        _positive("learning_rate", ("model",), "highest learning rate"),
        _positive("weight_decay", ("model",), "weight decay"),
        _positive("mixup", ("model",), "strength of mixup, 0 for none"),
        _share("label_smoothing", ("model",), "label smoothing"),
        _count("epochs", ("model",), "epochs of fine-tuning"),
        _count("augmentation_magnitude", ("model",), "magnitude of RandAugment"),
        _count("augmentation_operations", ("model",), "operations of RandAugment on each image"),
    ),
)

_OOD_DIMS = ("draw", "model", "score", "ood_set")
ID_SET = "id"
"""Label of the in-distribution images among the sets whose scores are counted."""

_OOD = CubeSchema(
    "ood",
    "How well each score tells in-distribution images from others",
    (
        _share("auroc", _OOD_DIMS, "area under the ROC curve, ties count half"),
        _share("aupr", _OOD_DIMS, "average precision, in-distribution positive"),
        _share("fpr95_id_positive", _OOD_DIMS, "share of OOD images accepted at 95 % recall of ID images"),
        _share("fpr95_ood_positive", _OOD_DIMS, "share of ID images rejected at 95 % recall of OOD images"),
    ),
    optional=(
        _count("id_images", ("ood_set",), "in-distribution images"),
        _count("ood_images", ("ood_set",), "images of the set"),
        # Where some of the models alone have a score of every image, draws would be missing of the others.
        *(
            _share(f"{name}_error", _OOD_DIMS[1:], f"standard error of {name} over draws of the images")
            for name in ("auroc", "aupr", "fpr95_id_positive", "fpr95_ood_positive")
        ),
        # Few models have a score of every image, so they stand on a dim of their own.
        _count(
            "score_count", ("scored_model", "image_set", "score_bin"), "images whose score lies in the bin"
        ),
        Variable("score_from", ("scored_model", "score_bin"), "number", "lower end of the bin"),
        Variable("counted_score", ("scored_model",), "text", "score that is counted", ""),
    ),
)

_CALIBRATION_DIMS = ("draw", "model", "condition", "scaling")
_BIN_DIMS = ("model", "condition", "scaling", "bin")
_FIRST_BIN_ERRORS = ("ece", "ece_debiased", "ece_rms")
"""Those that every cube has."""


def _bin_error(name: str) -> Variable:
    return _at_most_1(name, _CALIBRATION_DIMS, BIN_ERRORS[name].long_name, BIN_ERRORS[name].minimum)


_CALIBRATION = CubeSchema(
    "calibration",
    "Calibration before and after temperature scaling",
    (
        _share("accuracy", _CALIBRATION_DIMS, "accuracy"),
        _positive("nll", _CALIBRATION_DIMS, "mean negative log-likelihood", "nat"),
        Variable("brier", _CALIBRATION_DIMS, "number", "Brier score, summed over classes", "1", 0, 2),
        _bin_error("ece"),
        _share("ece_equal_mass", _CALIBRATION_DIMS, "expected calibration error, 15 bins of equal mass"),
        _share("ece_classwise", _CALIBRATION_DIMS, "class-wise expected calibration error"),
        _bin_error("ece_debiased"),
        _bin_error("ece_rms"),
        _share(
            "ece_floor", _CALIBRATION_DIMS, "ECE expected of a perfectly calibrated model of the same size"
        ),
        _positive("temperature", ("draw", "model"), "temperature that minimises NLL on the fitting half"),
        _count("bin_count", _BIN_DIMS, "images in the bin"),
        _share("bin_confidence", _BIN_DIMS, "mean confidence in the bin"),
        _count("bin_hits", _BIN_DIMS, "images of the bin classified correctly"),
    ),
    {"scaling": ("before", "after")},
    optional=(
        *(_bin_error(name) for name in BIN_ERRORS if name not in _FIRST_BIN_ERRORS),
        _share("mean_confidence", _CALIBRATION_DIMS, "mean confidence; where there are bins, theirs"),
    ),
)

_PROMPT_DIMS = ("draw", "model", "prompt_set", "subset")
_PROMPTS = CubeSchema(
    "prompts",
    "The same image embeddings under other prompts",
    (
        _share("accuracy", _PROMPT_DIMS, "accuracy"),
        _share("ece", _PROMPT_DIMS, "expected calibration error, 15 equal-width bins"),
        _positive("nll", _PROMPT_DIMS, "mean negative log-likelihood", "nat"),
        _positive("temperature", _PROMPT_DIMS, "temperature that minimises NLL on the fitting half"),
        _count("hits", (*_PROMPT_DIMS, "factor"), "images with the factor classified correctly"),
    ),
    optional=(
        _share("auroc", (*_PROMPT_DIMS, "score", "ood_set"), "area under the ROC curve, ties count half"),
        _count("images", ("draw", "factor"), "images with the factor, as often as they are drawn"),
        _at_most_1("ece_debiased", _PROMPT_DIMS, "debiased expected calibration error"),
    ),
)

_RETRIEVAL_DIMS = ("model", "set", "direction")
_RETRIEVAL = CubeSchema(
    "retrieval",
    "Images found for a text, and texts for an image",
    (
        _share("recall_at_1", _RETRIEVAL_DIMS, "share of queries whose match comes first"),
        _share("recall_at_5", _RETRIEVAL_DIMS, "share of queries whose match is among the first five"),
        _count("queries", _RETRIEVAL_DIMS, "queries"),
    ),
    {"direction": ("image_for_text", "text_for_image")},
)

_CAUSES = CubeSchema(
    "causes",
    "One number a property of each model, and the one thing in which its training departs from others",
    (
        Variable("value", ("draw", "model", "property"), "number", "value of the property"),
        _text("rung", "rung of the ladder from labels to captions, or none"),
        _text("knob", "what is varied, or none"),
        Variable("level", ("model",), "number", "where the knob stands"),
        Variable("seed", ("model",), "number", "seed of the initial weights", minimum=0),
        _text("loss", "what the training minimised"),
        _text("source", "training source and captions, as the recipe names them"),
    ),
)

_EMBEDDINGS = CubeSchema(
    "embeddings",
    "Image embeddings of CLIPs, so that another prompt costs no image",
    (
        _at_most_1("embedding", ("model", "image", "width"), "image embedding, unit norm"),
        _at_most_1("classifier", ("model", "class", "width"), "class embedding, unit norm"),
        _positive("logit_scale", ("model",), "what cosine similarities are multiplied by to give logits"),
        Variable("set", ("image",), "text", "test set of the image", ""),
        Variable("label", ("image",), "number", "place of its class, -1 out of distribution", "1", -1),
        _count("place", ("image",), "place of the image in its test set"),
    ),
    optional=(
        _at_most_1(
            "template_embedding",
            ("model", "template", "class", "width"),
            "text embedding of a single template with the name of a class in it, unit norm",
        ),
        Variable("template_set", ("template",), "text", "first set of prompts that holds the template", ""),
    ),
)

_SUBSET_DIMS = ("model", "pool", "size")
_TEMPLATES = CubeSchema(
    "templates",
    "CLIPs under templates drawn from two pools: single ones, and averages of several",
    (
        _share("mean", ("draw", *_SUBSET_DIMS, "property"), "mean over subsets of equal size"),
        _share("subset_value", (*_SUBSET_DIMS, "subset", "property"), "under the mean of one subset"),
        _share("usual", ("draw", "model", "property"), "under the usual set of templates"),
        Variable("template", ("pool", "subset"), "text", "the template of a subset of one", ""),
    ),
)

_ALL = (
    *(_MODELS, _FACTORS, _SHAPE_BIAS, _SIXTEEN_WAY, _SHIFTS, _OOD, _CALIBRATION, _PROMPTS, _RETRIEVAL),
    *(_RECIPES, _CAUSES, _EMBEDDINGS, _TEMPLATES),
)
SCHEMAS: Mapping[str, CubeSchema] = {schema.name: schema for schema in _ALL}
"""All cubes by name."""
