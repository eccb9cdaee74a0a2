"""The networks of the record, and one model beside them: who is compared with whom."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clipsafe_utils.cards.measured import Column, Columns, accuracies, measured
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.metrics.arguments import Array


@dataclass(frozen=True, eq=False)
class Pool:
    """All columns, and accuracy on ImageNet by checkpoint; rows of `own` checkpoints draw no line."""

    columns: Columns
    accuracy: pd.Series
    own: frozenset[str] = frozenset()

    def is_own(self, column: Column) -> NDArray[np.bool_]:
        """Return a mask of the rows of a column that are not the record's."""
        return column.rows["checkpoint"].isin(self.own).to_numpy()

    def accuracy_of(self, column: Column) -> Array:
        """Return the accuracy on ImageNet of each row; NaN where it is not known."""
        return column.rows["checkpoint"].map(self.accuracy).to_numpy(float)


def pool_of(study: Study) -> Pool:
    """Read the networks of a study."""
    columns = measured(study)
    return Pool(columns, accuracies(study, columns))


def with_own(record: Pool, own: Pool, checkpoint: str, same: frozenset[str]) -> Pool:
    """Put one model beside the record, without what the record has of it.

    Parameters
    ----------
    record, own : Pool
        Of the record, and of the study that has the model.
    checkpoint : str
        The model.
    same : frozenset of str
        Checkpoints of the record that are the same network.
    """
    left_out = {checkpoint, *same}
    columns: Columns = {
        key: _rows(column, ~column.rows["checkpoint"].isin(left_out).to_numpy())
        for key, column in record.columns.items()
    }
    for key, column in own.columns.items():
        mine = _rows(column, (column.rows["checkpoint"] == checkpoint).to_numpy())
        if len(mine.rows):
            columns[key] = _joined(columns[key], mine) if key in columns else mine
    accuracy = pd.concat(
        [record.accuracy.drop(list(left_out), errors="ignore"), own.accuracy.filter([checkpoint])]
    )
    return replace(record, columns=columns, accuracy=accuracy, own=frozenset([checkpoint]))


def _rows(column: Column, kept: NDArray[np.bool_]) -> Column:
    return Column(column.rows[kept].reset_index(drop=True), column.draws[:, kept])


def _joined(record: Column, own: Column) -> Column:
    draws = [len(one.draws) for one in (record, own)]
    # Draw by draw the weights of an image are the same in both, however many draws each has.
    shared = min(draws) or max(draws)
    parts = [_padded(one, shared) for one in (record, own)]
    return Column(pd.concat([record.rows, own.rows], ignore_index=True), np.concatenate(parts, axis=1))


def _padded(column: Column, draws: int) -> Array:
    return column.draws[:draws] if len(column.draws) else np.full((draws, len(column.rows)), np.nan)
