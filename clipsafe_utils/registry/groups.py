"""The groups that models are in."""

from collections.abc import Mapping

GROUPS: Mapping[str, str] = {
    "clip_zero_shot": "CLIP, zero-shot",
    "clip_fine_tuned": "CLIP, fine-tuned",
    "standard": "Standard (labels only)",
    "contrastive": "Self-supervised",
    "more_data": "Trained on more data",
    "robust_intervention": "Robustness intervention",
    "control": "Control",
    "human": "People",
    "other": "Other",
}
"""Groups of models and the names under which figures show them."""
