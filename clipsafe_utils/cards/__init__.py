"""A card of one model: what the study can say of it, beside the models of the record."""
