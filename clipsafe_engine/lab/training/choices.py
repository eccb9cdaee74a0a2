"""The words that a recipe may use; here, so that reading a recipe needs no torch."""

ARCHITECTURES = ("resnet_xs", "resnet_s", "convnext_s", "vit_s")
"""Image encoders; timm knows each as `clipsafe_<name>`."""

LOSSES = ("clip", "labels", "caption_labels", "contrastive", "average")
"""CLIP's loss; cross-entropy on true labels, or on labels read off the captions; SimCLR's loss; no training
at all, but the average of the weights of two models."""
