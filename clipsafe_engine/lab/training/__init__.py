"""The zoo: small open_clip models and timm classifiers, trained from scratch in the drawn world."""
