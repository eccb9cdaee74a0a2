"""Images to predictions: many models over many data sets, in one process."""

from collections.abc import Sequence

from clipsafe_engine.predict.interfaces import DatasetReference, ModelReference
from clipsafe_engine.predict.jobs import WHOLE, Part, outstanding, rounds
from clipsafe_engine.predict.run import Advance, Run, Settings, Summary, lacking_classifiers, silent
from clipsafe_engine.predict.store import PredictionStore


def predict(
    models: Sequence[ModelReference],
    datasets: Sequence[DatasetReference],
    store: PredictionStore,
    settings: Settings,
    part: Part = WHOLE,
    advance: Advance = silent,
) -> Summary:
    """Write the predictions that the store lacks. Killed at any moment, it goes on at the shard it was at.

    Parameters
    ----------
    models, datasets : sequences of references
        Every model sees every data set.
    store : PredictionStore
        Where predictions go, and what is there already.
    settings : Settings
        How to run.
    part : Part
        Which share of the shards.
    advance : callable
        Told of every batch.

    Returns
    -------
    Summary
        What was done now.

    Raises
    ------
    ClipsafeError
        If weights or files cannot be read, more images of a shard than allowed are broken, a model gives
        values that are not finite, or the disk is full. Shards that were finished stay.
    """
    run = Run(store, settings, advance)
    images = [dataset.open() for dataset in datasets]
    for group in rounds(models, settings.parameters_at_once):
        jobs = list(outstanding(store, group, images, settings.shard_images, part))
        lacking = [model for model in group if lacking_classifiers(store, model, settings)]
        needed = {model for job in jobs for model in job.models} | set(lacking)
        loaded = {model: model.load() for model in group if model in needed}
        for model in lacking:
            run.classifiers(model, loaded[model])
        run.shards(jobs, loaded)
        del loaded  # Before the next group is loaded: the two need not fit together.
    return run.summary
