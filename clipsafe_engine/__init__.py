"""What makes predictions, and cubes from them: models, data sets, and the laboratory with its drawn world.

It imports `clipsafe_utils`, never the other way. Without the extra `models` it lists models and data sets,
and reads, changes and describes the drawn world; what runs a network names the extra in a sentence.
"""
